"""Presets: every document loads, the same again changes nothing, another city needs no code."""

import datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from carecore import presets, rulekeeping
from carecore.models import AuditEvent, Document, Rule
from carecore.policy import Rulebook, limit
from carecore.workflow import Forbidden, Refused
from tests import build

NAMES = [
    "anhui", "anqing-2025", "binzhou-2018", "binzhou-visits-2018", "care-fund-examples", "hangzhou-2021",
    "hardship-examples", "hardship-form", "jift-dues-approval", "lianyungang-2009", "qingdao-hardship", "quzhou-2017",
    "quzhou-2021", "shandong-2019", "shaoxing-2020", "tianjin-2024",
]  # fmt: skip
MAY = datetime.date(2026, 5, 11)


def test_the_presets_there_are():
    assert presets.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_loads_whole(city, cast, name):
    loaded = presets.load_policy(by=cast.union_lead, preset=name, unit=city.root)
    entries = presets.read(name)["rule"]
    assert (len(loaded.added), loaded.unchanged, loaded.different) == (len(entries), 0, [])
    assert [(rule.key, rule.value, rule.severity) for rule in loaded.added] == [
        (entry["key"], entry["value"], entry["severity"]) for entry in entries
    ]
    assert all(rule.text and rule.clause and rule.document == loaded.document for rule in loaded.added)
    assert loaded.document.slug == name
    assert AuditEvent.objects.count() == len(entries) + 1


@pytest.mark.parametrize("name", NAMES)
def test_the_same_preset_again_changes_nothing(city, cast, name):
    first = presets.load_policy(by=cast.union_lead, preset=name, unit=city.root)
    before = list(Rule.objects.values())
    again = presets.load_policy(by=cast.union_lead, preset=name, unit=city.root, effective_from=MAY)
    assert (again.added, again.unchanged, again.different) == ([], len(first.added), [])
    assert again.document == first.document
    assert list(Rule.objects.values()) == before
    assert AuditEvent.objects.count() == len(first.added) + 1


def test_what_was_followed_since_is_left_alone(city, cast):
    presets.load_policy(by=cast.union_lead, preset="binzhou-2018", unit=city.root)
    old = Rule.objects.get(key="sanatorium.days")
    rulekeeping.follow_rule(
        by=cast.union_lead, rule=old, value=[5, 6], clause="本地决定", document=old.document,
        effective_from=MAY,
    )  # fmt: skip
    again = presets.load_policy(by=cast.union_lead, preset="binzhou-2018", unit=city.root)
    assert (again.added, again.different) == ([], [])
    assert limit("sanatorium.days", city.a, MAY).value == [5, 6]


def test_a_rule_registered_otherwise_is_kept_and_named(city, cast):
    document = rulekeeping.add_document(by=cast.union_lead, unit=city.root, slug="anhui", name="意见")
    own = rulekeeping.add_rule(
        by=cast.union_lead, unit=city.root, key="sanatorium.self_pay", value=False, document=document,
        clause="本地", effective_from=MAY,
    )  # fmt: skip
    loaded = presets.load_policy(by=cast.union_lead, preset="anhui", unit=city.root)
    assert loaded.different == ["sanatorium.self_pay"]
    assert Rule.objects.get(key="sanatorium.self_pay") == own


def test_a_preset_without_the_right_is_refused_whole(city, cast):
    with pytest.raises(Forbidden):
        presets.load_policy(by=cast.clerk, preset="anhui", unit=city.a)
    assert not Document.objects.exists()
    assert AuditEvent.objects.get().action == "refused.load_policy"


def test_an_unknown_preset_is_refused_with_those_there_are(city, cast):
    with pytest.raises(Refused, match="没有名为“beijing”的预置政策,现有:anhui、anqing-2025、binzhou-2018"):
        presets.load_policy(by=cast.union_lead, preset="beijing", unit=city.root)


def test_the_numbers_of_binzhou(city, cast):
    presets.load_policy(by=cast.union_lead, preset="binzhou-2018", unit=city.root)
    book = Rulebook(MAY)
    caps = [book.value("sanatorium.cost_person_year", city.a, case) for case in ("省内", "省外")]
    assert caps == [Decimal("3000.00"), Decimal("5000.00")]
    assert (book.value("sanatorium.days", city.a, "省内"), book.value("sanatorium.months", city.a)) == (
        [5, 7], [5, 11]
    )  # fmt: skip
    assert book.value("sanatorium.places", city.root) == {
        "合计": 1000, "机关事业单位": 300, "企业、社区(村)": 700
    }  # fmt: skip
    assert book.value("sanatorium.notice_required", city.a) is True
    assert book.limit("sanatorium.notice_days", city.a) is None, "公示 without a number of days (BZ-17)"
    assert [rule.clause for rule in book.in_force(city.a) if rule.key == "sanatorium.months"] == ["BZ-8"]


def test_another_city_is_other_rows_only(city, cast):
    """3000 a year in 滨州, 400 a day with the excess self-paid and three years' pause in 安徽."""
    presets.load_policy(by=cast.union_lead, preset="binzhou-2018", unit=city.a)
    presets.load_policy(by=cast.union_lead, preset="anhui", unit=city.b)
    book = Rulebook(MAY)
    asked = ("sanatorium.cost_person_year", "sanatorium.cost_person_day", "sanatorium.lookback_years")
    assert [book.value(key, city.a, "省外") for key in asked] == [Decimal("5000.00"), None, None]
    assert [book.value(key, city.b, "省外") for key in asked] == [None, Decimal("400.00"), 3]
    assert book.value("sanatorium.lookback_years", city.b, "省内") is None
    assert [book.value("sanatorium.self_pay", unit) for unit in (city.a, city.b)] == [None, True]


def test_who_decides_up_to_which_amount(city):
    """LYG-10: every yuan of both funds by a meeting; elsewhere 500 and 2000 part the three who decide."""
    presets.load_policy(by=None, preset="lianyungang-2009", unit=city.a)
    presets.load_policy(by=None, preset="jift-dues-approval", unit=city.b)
    book = Rulebook(MAY)
    assert book.value("funds.decisions", city.a, "党员学习培训") == [{"up_to": None, "by": "meeting"}]
    assert book.value("funds.decisions", city.b, "任何资金") == [
        {"up_to": Decimal(500), "by": "office"}, {"up_to": Decimal(2000), "by": "leader"}, {"up_to": None, "by": "meeting"}
    ]  # fmt: skip
    said = book.limit("funds.decisions", city.b, "任何资金")
    assert str(said).endswith("500.00元以下(含)组织处审定、2000.00元以下(含)分管领导审批、其余书记会议研究决定")


def test_a_city_changes_its_numbers_with_the_years(city, cast):
    for name in ("quzhou-2017", "quzhou-2021"):
        presets.load_policy(by=cast.union_lead, preset=name, unit=city.root)
    key = "sanatorium.cost_person_day"
    days = [datetime.date(2020, 12, 31), datetime.date(2021, 1, 1), MAY]
    assert [limit(key, city.a, day, "省内").value for day in days] == [
        Decimal(400),
        Decimal(600),
        Decimal(600),
    ]
    assert limit("sanatorium.trips_person_year", city.a, MAY, "本市").value == 2
    assert limit("sanatorium.trips_person_year", city.a, MAY, "省内") is None
    assert limit("sanatorium.days", city.a, MAY, "结对地区").value == [1, 7]


def test_a_chosen_day_puts_old_numbers_in_force_for_good(city, cast):
    presets.load_policy(
        by=cast.union_lead, preset="quzhou-2017", unit=city.root, effective_from=datetime.date(2026, 1, 1)
    )
    assert set(Rule.objects.values_list("effective_from", "effective_to")) == {
        (datetime.date(2026, 1, 1), None)
    }  # fmt: skip


# The command ----------------------------------------------------------------------------------------------


def test_the_command_loads_for_the_root_and_counts(city, capsys):
    call_command("load_policy", "binzhou-2018")
    count = len(presets.read("binzhou-2018")["rule"])
    assert capsys.readouterr().out == (
        f"滨海市 《关于进一步加强干部职工疗休养工作的意见(试行)》:新增{count}条,未变0条,已另有取值而保留0条\n"
    )
    assert {event.source for event in AuditEvent.objects.all()} == {"命令 load_policy"}
    call_command("load_policy", "binzhou-2018")
    assert f"新增0条,未变{count}条" in capsys.readouterr().out


def test_the_command_takes_a_unit_and_a_day(city, capsys):
    call_command("load_policy", "anhui", "--unit", "379902", "--from", "2026-06-01")
    assert set(Rule.objects.values_list("unit", "effective_from")) == {(city.b.pk, datetime.date(2026, 6, 1))}


def test_the_command_names_a_rule_that_differs(city, capsys):
    document = Document.objects.create(unit=city.root, slug="anhui", name="意见")
    build.rule(city.root, "sanatorium.self_pay", False, document=document)
    call_command("load_policy", "anhui")
    assert capsys.readouterr().out.splitlines()[1] == (
        "  超出部分由个人自理(sanatorium.self_pay)已登记为不同的取值或条款,如需更改请接续该规则"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["beijing"], "没有名为“beijing”的预置政策"),
        (["anhui", "--unit", "0"], "没有代码为“0”的单位"),
        (["anhui", "--from", "五月"], "日期应写作 2026-06-01"),
    ],
)
def test_the_command_says_what_is_wrong(city, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("load_policy", *arguments)
    assert not Rule.objects.exists()


def test_two_roots_need_a_unit(city):
    build.unit("另一市")
    with pytest.raises(CommandError, match="没有唯一的根单位,请用 --unit 写明单位代码"):
        call_command("load_policy", "anhui")
