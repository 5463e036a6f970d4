"""Official sheets over the pages: who gets full numbers, what is asked and recorded, what stands in the file."""

import io
import json
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

from carecore.models import AuditEvent
from sanatorium.models import Cost, Nomination, State
from tests import build
from tests.sanatorium.views.conftest import words

PLANS, BATCHES = "/sanatorium/plans/", "/sanatorium/batches/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ASKED = {"recipient": "青岛工人疗养院", "reason": "办理入住"}


def opened(answer):
    assert answer["Content-Type"] == XLSX
    return load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active


def cells(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.fixture
def batch(year, city, cast):
    """Batch 3 at the sea, with two people of 甲局, one of whom has costs, and one of 乙局."""
    batch = build.batch(year.plan, build.venue(city.root), cast.union_officer, number=3)
    people = [(city.a, "张三"), (city.a, "李四"), (city.b, "王五")]
    rows = [
        build.approved(
            year.plan, unit, name, batch=batch, phone="13900001234",
            person_columns={"id_number": build.id_number("19800105", number), "sex": "男", "phone": "13900001234"},
        )
        for number, (unit, name) in enumerate(people)
    ]  # fmt: skip
    Cost.objects.create(
        nomination=rows[0], board="2400.50", transport="599.49", recorded_by=cast.union_officer
    )
    return batch


FULL = [
    ("roster", f"{PLANS}%d/roster/", "2026年度干部职工疗休养花名册", 3),
    ("travellers", f"{BATCHES}%d/travellers/", "干部职工疗休养出团名单(第3期)", 3),
    ("settlement", f"{BATCHES}%d/settlement_sheet/", "疗休养费用结算明细表(第3期 省内)", 1),
]


@pytest.fixture
def address(batch):
    return lambda url: url % (batch.plan_id if url.startswith(PLANS) else batch.pk)


@pytest.mark.parametrize(("name", "url", "title", "people"), FULL)
def test_full_numbers_are_given_to_a_recipient_for_a_reason(desk, cast, address, name, url, title, people):
    page = words(desk.get(cast.union_officer, address(url)))
    assert "本表含完整证件号码。导出须写明提供给谁、作何用途,连同您的姓名和名单记入审计记录。" in page
    last = AuditEvent.objects.count()
    answer = desk.post(cast.union_officer, address(url), 200, **ASKED)
    sheet = opened(answer)
    text = str(cells(sheet))
    assert title in text and text.count("379999") == people
    assert sheet.oddFooter.left.text == "导出人:工会经办"
    assert answer["Content-Disposition"].endswith(quote(f"{title}-20260511.xlsx"))
    [event] = AuditEvent.objects.order_by("seq")[last:]
    detail = json.loads(event.detail)
    assert (event.by, event.action, event.reason) == (cast.union_officer, "export_full", "办理入住")
    assert (detail["sheet"], detail["recipient"]) == (title, "青岛工人疗养院")
    shown = Nomination.objects.order_by("unit__path", "pk").values_list("person_id", flat=True)[:people]
    assert detail["people"] == list(shown)


@pytest.mark.parametrize(("name", "url", "title", "people"), FULL)
@pytest.mark.parametrize("missing", ["recipient", "reason"])
def test_without_recipient_or_reason_nothing_is_given(desk, cast, address, name, url, title, people, missing):
    last = AuditEvent.objects.count()
    answer = desk.post(cast.auditor, address(url), 400, **{**ASKED, missing: " "})
    assert list(answer.context["form"].errors) == [missing]
    body = desk.refused(cast.auditor, address(url), 400, **{**ASKED, missing: ""})
    assert list(body["fields"]) == [missing]
    assert AuditEvent.objects.count() == last


@pytest.mark.parametrize("who", ["clerk", "lead", "org_officer", "org_lead", "admin"])
def test_full_numbers_are_a_right_of_their_own(desk, cast, address, who):
    last = AuditEvent.objects.count()
    for _, url, _, _ in FULL:
        desk.get(getattr(cast, who), address(url), 403)
        desk.post(getattr(cast, who), address(url), 403, **ASKED)
    assert AuditEvent.objects.count() == last


def test_the_right_for_one_unit_gives_nothing_of_the_whole_city(desk, cast, city, address):
    local = build.user("local", city.a, "union_officer", person=build.person(city.a, "区工会经办"))
    desk.get(local, address(f"{PLANS}%d/roster/"), 403)
    desk.post(local, address(f"{BATCHES}%d/travellers/"), 403, **ASKED)


# The sheets without numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "title"), [("quota_sheet", "名额分配表"), ("statistics", "统计表")])
def test_a_sheet_without_numbers_leaves_one_event_and_shows_ones_own(desk, cast, batch, path, title):
    last = AuditEvent.objects.count()
    sheet = opened(desk.get(cast.clerk_b, f"{PLANS}{batch.plan_id}/{path}/"))
    text = str(cells(sheet))
    assert f"2026年度干部职工疗休养{title}" in text
    assert "乙局" in text and "甲局" not in text and "丙公司" not in text and "379999" not in text
    assert sheet.oddFooter.left.text == "导出人:经办乙"
    [event] = AuditEvent.objects.order_by("seq")[last:]
    assert (event.by, event.action) == (cast.clerk_b, "export")
    assert json.loads(event.detail) == {"rows": 1, "sheet": f"2026年度干部职工疗休养{title}"}


def test_the_plan_page_leads_to_its_sheets(desk, cast, batch):
    page = desk.get(cast.union_lead, f"{PLANS}{batch.plan_id}/").content.decode()
    for path in ("quota_sheet", "statistics", "roster"):
        assert f"{PLANS}{batch.plan_id}/{path}/" in page
    assert "/roster/" not in desk.get(cast.clerk, f"{PLANS}{batch.plan_id}/").content.decode()


def test_an_empty_roster_is_a_file_too(desk, cast, year):
    sheet = opened(desk.post(cast.union_officer, f"{PLANS}{year.plan.pk}/roster/", 200, **ASKED))
    assert "2026年度干部职工疗休养花名册" in str(cells(sheet))


def test_who_withdrew_is_on_no_roster(desk, cast, batch):
    Nomination.objects.filter(name="李四").update(state=State.WITHDRAWN, batch=None)
    text = str(cells(opened(desk.post(cast.auditor, f"{PLANS}{batch.plan_id}/roster/", 200, **ASKED))))
    assert "张三" in text and "李四" not in text
