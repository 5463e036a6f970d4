"""The yearly check of files (TX1-4, TX3-1): once a year, copied, adjusted or ended; what is overdue, who had no help."""

import datetime
from decimal import Decimal

from carecore.models import Benefit
from tests import build
from tests.trail import one_event_each, refused
from visits.models import CaseState, HardshipCase, Verification
from visits.workflow import verifying

ADJUSTED = {
    "yearly_income": Decimal("20000"), "rigid_costs": Decimal("0"), "event_losses": Decimal("0"), "size": 2, "earners": 0
}  # fmt: skip


def test_keeping_copies_the_figures_into_the_years_record(files, cast, today):
    rows = files.at(CaseState.RECOGNISED)
    today.move_to("2027-03-01 10:00:00+08:00")
    with one_event_each(cast.clerk, "keep_cases"):
        verifying.keep_cases(by=cast.clerk, rows=rows)
    record = Verification.objects.get()
    assert (record.year, record.outcome, record.grade) == (2027, "保持", "相对困难")
    assert (record.yearly_income, record.rigid_costs, record.size) == (Decimal("36000.00"), Decimal("6000.00"), 2)
    assert str(files.fresh(rows)[0].verified_on) == "2027-03-01"


def test_a_file_is_verified_once_a_year(files, cast):
    rows = files.at(CaseState.RECOGNISED)
    verifying.keep_cases(by=cast.clerk, rows=rows)
    with refused("keep_cases", cast.clerk, "2026年度已核实"):
        verifying.keep_cases(by=cast.clerk, rows=files.fresh(rows))


def test_a_new_line_that_gives_another_grade_needs_a_reason_to_keep_the_old(files, cast):
    rows = files.at(CaseState.RECOGNISED)
    build.rule(files.city.root, "visits.poverty_line", {"滨海市": "1300"}, effective_from="2026-05-02")
    with refused("keep_cases", cast.clerk, "按现行标准测算为“深度困难”,原认定“相对困难”"):
        verifying.keep_cases(by=cast.clerk, rows=rows)
    verifying.keep_cases(by=cast.clerk, rows=rows, reason="支出下降,维持")
    [row] = files.fresh(rows)
    assert (row.grade, row.computed_grade, row.grade_reason, row.grade_by) == (
        "相对困难", "深度困难", "支出下降,维持", cast.clerk,
    )  # fmt: skip


def test_adjusted_figures_go_the_whole_way_again(files, cast):
    rows = files.at(CaseState.RECOGNISED)
    verifying.adjust_case(by=cast.clerk, row=rows[0], reason="配偶失业", **ADJUSTED)
    [row] = files.fresh(rows)
    assert (row.state, row.grade, row.computed_grade, row.opinion_by) == (CaseState.REPORTED, "", "深度困难", None)
    assert [(one.outcome, one.grade, one.note) for one in row.verifications.all()] == [("调整", "深度困难", "配偶失业")]
    for verb in (files.endorse, files.advise, files.recognise):
        verb(files.fresh(rows))
    assert files.fresh(rows)[0].grade == "深度困难"


def test_figures_that_make_no_sense_are_refused(files, cast):
    [row] = files.at(CaseState.RECOGNISED)
    with refused("adjust_case", cast.clerk, "有工资收入3人,多于家庭人口2人"):
        verifying.adjust_case(by=cast.clerk, row=row, reason="核实", **{**ADJUSTED, "earners": 3})


def test_an_exit_keeps_the_history_and_is_that_years_record(files, cast):
    [row] = files.at(CaseState.RECOGNISED)
    with one_event_each(cast.clerk, "exit_case", "子女就业,收入改观") as seen:
        verifying.exit_case(by=cast.clerk, row=row, reason="子女就业,收入改观")
    assert seen.rows == {"hardshipcase": 1, "verification": 1}
    row.refresh_from_db()
    assert (row.state, row.grade, row.exit_reason) == (CaseState.EXITED, "相对困难", "子女就业,收入改观")


def test_an_exit_after_this_years_check_leaves_that_record_as_it_is(files, cast):
    rows = files.at(CaseState.RECOGNISED)
    verifying.keep_cases(by=cast.clerk, rows=rows)
    verifying.exit_case(by=cast.clerk, row=files.fresh(rows)[0], reason="亡故")
    assert [one.outcome for one in Verification.objects.all()] == ["保持"]


def test_a_file_is_overdue_on_the_day_twelve_months_after(files):
    files.at(CaseState.RECOGNISED)
    on = datetime.date(2026, 5, 11)
    assert HardshipCase.objects.unverified_since(on).count() == 1
    assert HardshipCase.objects.unverified_since(on - datetime.timedelta(days=1)).count() == 0


def test_never_helped_counts_help_but_no_stay_and_nothing_reversed(files):
    [row] = files.at(CaseState.RECOGNISED)

    def give(channel, **columns):
        Benefit.objects.create(person=row.person, unit=row.unit, channel=channel, occasion="春节", period="2026",
                               document_kind="x", given_on="2026-02-01", **columns)  # fmt: skip

    give("疗休养")
    give("走访慰问", reversed_on="2026-02-02")
    assert list(HardshipCase.objects.never_helped()) == [row]
    give("专项资金")
    assert not HardshipCase.objects.never_helped().exists()
