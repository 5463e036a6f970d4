"""The preset documents: every file is well formed, and says what its source says."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from carecore import policy
from carecore.models import Document, Rule, Severity

FOLDER = Path(policy.__file__).parent / "presets"
PRESETS = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
DOCUMENT = {
    "slug", "name", "number", "issuers", "trial", "based_on", "note", "effective_from", "effective_to"
}  # fmt: skip
RULES = [(slug, rule) for slug, preset in PRESETS.items() for rule in preset["rule"]]


def values(slug):
    """Every checked value of a preset by key."""
    return {rule["key"]: rule["value"] for rule in PRESETS[slug]["rule"] if rule["key"] != "sanatorium.note"}


def labels(value):
    """The names in a catalogue by kind of fund."""
    return {kind: [entry["label"] for entry in entries] for kind, entries in value.items()}


def test_the_documents_are_there():
    stays = {"binzhou-2018", "quzhou-2017", "quzhou-2021", "anhui", "hangzhou-2021", "tianjin-2024"}
    funds = {"binzhou-visits-2018", "lianyungang-2009", "shaoxing-2020", "care-fund-examples", "jift-dues-approval"}
    hardship = {"hardship-form", "hardship-examples", "qingdao-hardship", "anqing-2025"}
    assert set(PRESETS) == stays | funds | hardship | {"shandong-2019"}


@pytest.mark.parametrize("slug", PRESETS)
def test_a_document_has_what_its_row_needs(slug):
    document = PRESETS[slug]["document"]
    assert document["slug"] == slug
    assert set(document) <= DOCUMENT
    assert isinstance(document["effective_from"], date)
    assert document["issuers"]
    Document(
        slug=slug, name=document["name"], number=document["number"], based_on=document["based_on"]
    ).clean_fields(exclude={"unit"})


@pytest.mark.parametrize(("slug", "rule"), RULES, ids=[f"{slug}-{rule['key']}" for slug, rule in RULES])
def test_a_rule_is_one_that_its_key_admits(slug, rule):
    assert set(rule) == {"key", "value", "severity", "clause", "text"}
    assert rule["text"]
    assert rule["severity"] in Severity.values
    policy.validate(rule["key"], rule["value"])
    Rule(**rule, effective_from=date(2026, 1, 1)).clean_fields(exclude={"unit", "document", "follows"})


@pytest.mark.parametrize("slug", PRESETS)
def test_a_key_stands_once_in_a_document(slug):
    keys = [rule["key"] for rule in PRESETS[slug]["rule"] if rule["key"] != "sanatorium.note"]
    assert len(keys) == len(set(keys))


def test_binzhou_says_what_bz_3_to_bz_17_say():
    found = values("binzhou-2018")
    grounds = found.pop("sanatorium.grounds")
    kinds = found.pop("sanatorium.cost_kinds")
    sources, purposes = found.pop("funds.sources"), found.pop("funds.purposes")
    assert found == {
        "sanatorium.places": {"合计": 1000, "机关事业单位": 300, "企业、社区(村)": 700},
        "sanatorium.excellent_years": 2,
        "sanatorium.ranking": ["ground", "never_been", "years_since", "service_years", "number"],
        "sanatorium.days": [5, 7],
        "sanatorium.months": [5, 11],
        "sanatorium.annual_leave": False,
        "sanatorium.union_venue": True,
        "sanatorium.out_of_province": True,
        "sanatorium.cost_person_year": {"省内": 3000, "省外": 5000},
        "sanatorium.fund_source": ["工会经费"],
        "sanatorium.cash_forbidden": True,
        "sanatorium.cash_words": ["现金", "礼品", "发放", "购物卡", "代金券", "礼金", "红包"],
        "sanatorium.care_share": 0.51,
        "sanatorium.confirmed_classes": ["机关事业单位"],
        "sanatorium.notice_required": True,
    }
    assert [(ground["code"], ground["evidence"], ground.get("classes")) for ground in grounds] == [
        ("merit", "attachment", None),
        ("commended", "attachment", None),
        ("excellent", "appraisal", ["机关事业单位"]),
        ("urgent", "attachment", None),
        ("arduous", "attachment", None),
    ]
    assert [kind["code"] for kind in kinds] == ["transport", "board", "training", "medical", "insurance"]
    assert labels(sources) == {"工会经费": ["工会经费", "财政拨付"]}
    assert purposes["工会经费"][:5] == kinds, "the union fund pays what a batch costs (BZ-12, BZ-13)"
    assert labels(purposes)["工会经费"][5:] == ["走访慰问"]


def test_visits_are_paid_from_the_units_own_money_first():
    found = values("binzhou-visits-2018")
    assert labels(found["funds.sources"]) == {"走访慰问": ["公用经费调剂", "工会经费", "商有关部门解决"]}
    assert labels(found["funds.purposes"]) == {"走访慰问": ["慰问金", "慰问品"]}
    assert found["funds.misuse_kinds"] == ["超标准", "超范围", "违规变通", "截留", "挪用", "贪污"]


def test_qingdao_grades_below_and_anqing_up_to_the_same_multiples_of_the_poverty_line():
    qingdao, anqing = values("qingdao-hardship"), values("anqing-2025")
    assert qingdao["visits.grade_multiples"] == anqing["visits.grade_multiples"] == {"深度困难": 1, "相对困难": 2}
    assert (qingdao["visits.below_multiple"], anqing["visits.below_multiple"]) == (True, False)
    assert qingdao["visits.event_loss_share"] == 0.8
    assert "visits.event_loss_share" not in anqing


def test_the_file_of_workers_lists_ten_causes_of_which_three_may_be_further_ones():
    found = values("hardship-form")
    assert [entry["code"] for entry in found["visits.causes"]] == [str(number) for number in range(1, 11)]
    assert found["visits.causes"][5]["label"] == "患重特大疾病"
    assert found["visits.further_causes"] == 3


def test_what_the_essays_say_of_hardship_is_only_a_reference():
    assert {rule["severity"] for rule in PRESETS["hardship-examples"]["rule"]} == {"info"}
    found = values("hardship-examples")
    assert [entry["label"] for entry in found["visits.categories"]] == [
        "老领导", "老军人", "高龄空巢", "重症", "困难遗属", "灾难", "一拖三",
    ]  # fmt: skip
    assert (found["visits.elder_age"], found["visits.verify_months"], found["visits.one_earner_size"]) == (70, 12, 3)


def test_binzhou_leaves_its_list_of_those_in_difficulty_open():
    [rule] = [rule for rule in PRESETS["binzhou-visits-2018"]["rule"] if rule["key"] == "visits.object_kinds"]
    assert (rule["severity"], rule["clause"]) == ("info", "BZ-18")


def test_binzhou_says_when_and_by_whom_people_are_visited():
    found = values("binzhou-visits-2018")
    assert found["visits.campaigns"] == ["元旦", "春节", "七一", "中秋"]
    assert found["visits.occasions"] == ["突发事件", "家庭变故"]
    assert found["visits.visitors"] == {"单位主要负责人": "市委组织部", "市管干部": "所在单位主要负责同志"}
    assert found["visits.resolution"] is True


def test_lianyungang_names_five_occasions_and_who_visits_the_head_of_a_party_organisation():
    found = values("lianyungang-2009")
    assert found["visits.campaigns"] == ["春节", "七一"]
    assert found["visits.occasions"] == ["患病住院", "家庭成员去世", "家庭受灾", "家庭发生意外", "生活遇到特殊困难"]
    assert found["visits.visitors"] == {"党组织负责人": "机关工委"}
    assert found["visits.exclusive"][0]["occasions"] == ["春节", "元旦", "送温暖"]


def test_shandong_caps_what_a_visit_brings_each_time_and_in_a_year():
    assert values("shandong-2019") == {"visits.amount_person_time": 3000, "visits.amount_person_year": 6000}


def test_lianyungang_sets_a_tenth_aside_for_each_of_two_funds_with_their_own_purposes():
    found = values("lianyungang-2009")
    assert found["funds.dues_share"] == {"党员学习培训": 0.1, "生活困难党员帮扶": 0.1}
    assert labels(found["funds.sources"]) == {"党员学习培训": ["党费划拨"], "生活困难党员帮扶": ["党费划拨"]}
    assert labels(found["funds.purposes"]) == {
        "党员学习培训": ["党员学习资料", "党务干部、优秀共产党员培训"],
        "生活困难党员帮扶": ["重大疾病慰问补助", "伤残慰问补助", "重大事故等灾害慰问补助"],
    }
    assert PRESETS["lianyungang-2009"]["document"]["based_on"] == "苏委工〔2008〕20号", "LYG-18"


def test_shaoxing_earmarks_its_dues_for_three_uses_and_asks_for_local_money():
    found = values("shaoxing-2020")
    assert labels(found["funds.sources"]) == {"疫情防控关爱": ["专项党费", "上级下拨", "本级配套"]}
    assert labels(found["funds.purposes"]) == {
        "疫情防控关爱": ["慰问医务工作者和基层党员干部", "购买药品物资", "补助因患病困难的党员群众"]
    }
    assert "300万元" in found["funds.note"]
    assert found["funds.local_match"] == "各地各单位应以最大力度落实配套资金"


def test_funds_of_several_sources_name_each_of_them():
    assert labels(values("care-fund-examples")["funds.sources"]) == {
        "离退休干部帮扶": ["财政预算", "特需费", "党费划拨", "党内捐赠", "工会困难补助"],
        "党内关怀帮扶": ["党费划拨", "部门捐赠", "财政补贴", "党员捐款"],
    }


def test_what_binzhou_puts_softly_warns_and_the_rest_blocks():
    severities = {
        rule["key"]: rule["severity"]
        for rule in PRESETS["binzhou-2018"]["rule"]
        if rule["severity"] != Severity.BLOCK
    }
    assert severities == {
        "sanatorium.ranking": "info",
        "sanatorium.months": "warn",
        "sanatorium.out_of_province": "warn",
        "sanatorium.care_share": "warn",
        "sanatorium.note": "info",
    }


def test_binzhou_names_no_number_of_notice_days():
    assert "sanatorium.notice_days" not in values("binzhou-2018")


def test_every_clause_from_bz_3_to_bz_17_has_its_rule():
    clauses = {part for rule in PRESETS["binzhou-2018"]["rule"] for part in rule["clause"].split("、")}
    assert {f"BZ-{number}" for number in range(3, 18)} <= clauses


def test_other_places_count_in_other_units():
    anhui, early, late = values("anhui"), values("quzhou-2017"), values("quzhou-2021")
    assert anhui["sanatorium.cost_person_day"] == {"省内": 400, "省外": 400}
    assert anhui["sanatorium.self_pay"] is True
    assert anhui["sanatorium.lookback_years"] == {"省外": 3}
    assert anhui["sanatorium.days"] == {"省内": [1, 5], "省外": [1, 7]}
    assert "sanatorium.cost_person_year" not in anhui
    assert (early["sanatorium.cost_person_day"]["省内"], late["sanatorium.cost_person_day"]["省内"]) == (400, 600)
    assert (early["sanatorium.cost_person_year"]["省外"], late["sanatorium.cost_person_year"]["省外"]) == (2000, 3000)
    assert early["sanatorium.local_share"] == 0.5
    assert late["sanatorium.trips_person_year"] == {"本市": 2}
    assert late["sanatorium.days"]["结对地区"] == [1, 7]
    assert values("hangzhou-2021")["sanatorium.cost_person_year"] == {"省内": 3000, "省外": 3000}
    assert (values("tianjin-2024")["sanatorium.age"], values("tianjin-2024")["sanatorium.trips_person_year"]) == (65, 1)


def test_the_later_document_of_a_city_begins_the_day_after_the_earlier_one_ends():
    earlier, later = (PRESETS[f"quzhou-{year}"]["document"] for year in (2017, 2021))
    assert later["effective_from"] - earlier["effective_to"] == timedelta(days=1)


ROSTER_GROUNDS = ["获得记功奖励", "县区级表彰", "连续两年年度考核优秀", "急难险重任务一线", "苦脏累险有毒有害工种"]


@pytest.mark.parametrize("slug", ["binzhou-2018", "quzhou-2021", "anhui", "hangzhou-2021"])
def test_the_grounds_that_rosters_name_are_known(slug):
    names = [
        name
        for ground in values(slug)["sanatorium.grounds"]
        for name in [ground["label"], *ground.get("synonyms", [])]
    ]
    assert set(ROSTER_GROUNDS) <= set(names)
    assert len(names) == len(set(names))
