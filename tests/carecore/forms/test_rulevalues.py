"""Fields for the value of a rule: what is typed, what is stored, what is shown again."""

import pytest
from django import forms
from django.core.exceptions import ValidationError

from carecore.forms.rulevalues import cleaned_value, value_fields
from carecore.policy import KEYS
from carecore.rulevalues import Key


def form_of(key, data=None, stored=None):
    form = forms.Form(data)
    form.fields |= value_fields(KEYS[key], stored)
    return form


def cleaned(key, text):
    form = form_of(key, {"value": text})
    assert form.is_valid(), form.errors
    return cleaned_value(KEYS[key], form.cleaned_data)


CATALOGUE = '[{"code": "a", "label": "甲", "classes": ["企业"]}, {"code": "b", "label": "乙"}]'


@pytest.mark.parametrize(
    ("key", "text", "stored"),
    [
        ("sanatorium.cost_person_day", "400", "400.00"),
        ("sanatorium.cost_person_day", "400.5", "400.50"),
        ("sanatorium.service_years", "5", 5),
        ("sanatorium.days", "5-7", [5, 7]),
        ("sanatorium.days", "5—7", [5, 7]),
        ("sanatorium.days", "5 至 7", [5, 7]),
        ("sanatorium.days", "6", [6, 6]),
        ("sanatorium.months", "5-11", [5, 11]),
        ("sanatorium.union_venue", "True", True),
        ("sanatorium.union_venue", "False", False),
        ("sanatorium.local_share", "33.3", 0.333),
        ("sanatorium.local_share", "50%", 0.5),
        ("sanatorium.deadline", "11-15", "11-15"),
        ("sanatorium.note", " 厉行节约 ", "厉行节约"),
        ("sanatorium.ranking", "推荐类别\n\n 编号 \n", ["ground", "number"]),
        ("sanatorium.ranking", "ground\n编号", ["ground", "number"]),
        ("sanatorium.places", "合计: 1000\n企业、社区(村):700", {"合计": 1000, "企业、社区(村)": 700}),
        ("sanatorium.fund_source", "工会经费\n福利费", ["工会经费", "福利费"]),
        ("sanatorium.grounds", CATALOGUE,
         [{"code": "a", "label": "甲", "classes": ["企业"]}, {"code": "b", "label": "乙"}]),
    ],
)  # fmt: skip
def test_what_is_typed_is_stored(key, text, stored):
    assert cleaned(key, text) == stored


@pytest.mark.parametrize(
    ("key", "text", "error"),
    [
        ("sanatorium.cost_person_day", "0", "大于或等于0.01"),
        ("sanatorium.cost_person_day", "400.005", "2"),
        ("sanatorium.service_years", "-1", "大于或等于0"),
        ("sanatorium.service_years", "五", "整数"),
        ("sanatorium.days", "7-5", "应写作“5-7”,前小后大"),
        ("sanatorium.days", "5-99999", "应写作“5-7”,前小后大"),
        ("sanatorium.months", "5-13", "应写作“5-7”,前小后大,月份为1至12"),
        ("sanatorium.union_venue", "也许", "也许 不在可用的选项中"),
        ("sanatorium.local_share", "101", "应为0至100的百分数"),
        ("sanatorium.local_share", "一半", "应为0至100的百分数"),
        ("sanatorium.deadline", "13-01", "应为“月-日”,如 11-15"),
        ("sanatorium.ranking", "编号\n编号", "应每行写一项,不重复,可选:推荐类别、从未参加、"),
        ("sanatorium.ranking", "身高", "可选:推荐类别、从未参加、"),
        ("sanatorium.places", "合计 1000", "应每行写一项,如“合计: 1000”"),
        ("sanatorium.places", "合计: 一千", "应每行写一项,如“合计: 1000”"),
        ("sanatorium.grounds", '[{"code": "a"}]', "或写作 JSON"),
        ("sanatorium.grounds", '[{"code": "a", "label": "甲", "x": NaN}]', "或写作 JSON"),
        ("sanatorium.grounds", '[{"code": "a", "label": "\\u0000"}]', "或写作 JSON"),
        ("sanatorium.grounds", '[{"code": "a", "label": "\\ud800"}]', "或写作 JSON"),
        ("sanatorium.grounds", "[" * 5000, "或写作 JSON"),
        ("sanatorium.grounds", "[{", "或写作 JSON"),
        ("sanatorium.grounds", '{"code": "a", "label": "甲"}', "或写作 JSON"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(key, text, error):
    form = form_of(key, {"value": text})
    assert not form.is_valid()
    assert error in form.errors["value"][0]


@pytest.mark.parametrize(
    ("key", "stored", "shown"),
    [
        ("sanatorium.days", [5, 7], "5-7"),
        ("sanatorium.local_share", 0.5, "50"),
        ("sanatorium.local_share", 0.333, "33.3"),
        ("sanatorium.ranking", ["ground", "number"], "推荐类别\n编号"),
        ("sanatorium.places", {"合计": 1000}, "合计: 1000"),
        ("sanatorium.fund_source", ["工会经费"], "工会经费"),
        ("sanatorium.deadline", "11-15", "11-15"),
        ("sanatorium.cost_person_day", 400, 400),
        ("sanatorium.union_venue", False, False),
    ],
)
def test_what_is_stored_is_shown_and_read_back(key, stored, shown):
    bound = form_of(key, stored=stored)["value"]
    assert bound.value() == shown
    again = cleaned(key, str(shown))
    assert again == ("400.00" if stored == 400 else stored)


@pytest.mark.parametrize(
    ("entries", "shown"),
    [
        ([{"code": "a", "label": "甲"}, {"code": "b", "label": "乙(二)"}], "甲(a)\n乙(二)(b)"),
        ([{"code": "乙", "label": "甲"}], None),
        ([{"code": "a", "label": "甲", "classes": ["企业"]}], None),
    ],
)
def test_entries_are_shown_by_line_or_as_json_where_they_hold_more_and_read_back(entries, shown):
    text = form_of("sanatorium.grounds", stored=entries)["value"].value()
    assert text.startswith("[") if shown is None else text == shown
    assert cleaned("sanatorium.grounds", text) == entries


# Who decides up to which amount -----------------------------------------------------------------------------

DECISIONS = Key(
    "funds.decisions", "审批权限", "steps", "exact", open_cases="资金类别",
    options=(("office", "组织处审定"), ("leader", "分管领导审批"), ("meeting", "书记会议研究决定")),
)  # fmt: skip
THREE = [{"up_to": "500", "by": "office"}, {"up_to": "2000.50", "by": "leader"}, {"by": "meeting"}]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("500 组织处审定\n2000.50 分管领导审批\n其余 书记会议研究决定", THREE),
        ("500元以下:组织处审定\n2,000.50元 分管领导审批\n其余:meeting", THREE),
        ("书记会议研究决定", [{"by": "meeting"}]),
    ],
)
def test_steps_are_typed_one_a_line(text, stored):
    field = value_fields(DECISIONS)["value"]
    assert field.clean(text) == stored
    assert field.clean(field.prepare_value(stored)) == stored


@pytest.mark.parametrize(
    "text",
    [
        "500 组织处审定", "2000 分管领导审批\n500 组织处审定\n其余 书记会议研究决定", "其余 主席", "500\n其余 书记会议研究决定",
        "0 组织处审定\n其余 书记会议研究决定", "其余 书记会议研究决定\n500 组织处审定",
    ],
)  # fmt: skip
def test_steps_that_leave_an_amount_open_are_said(text):
    with pytest.raises(ValidationError, match="应每行写一档,由小到大,末行写“其余”,如“500 组织处审定”"):
        value_fields(DECISIONS)["value"].clean(text)


# Cases that the rules themselves name -------------------------------------------------------------------------


def test_each_kind_that_a_rule_names_has_its_fields_and_there_is_room_for_more():
    form = form_of("funds.dues_share", stored={"党员学习培训": 0.1})
    assert {name: field.label for name, field in form.fields.items()} == {
        "value": "从上缴党费中提取的比例",
        "value_0_case": "资金类别1", "value_0": "资金类别1的从上缴党费中提取的比例",
        "value_1_case": "资金类别2", "value_1": "资金类别2的从上缴党费中提取的比例",
        "value_2_case": "资金类别3", "value_2": "资金类别3的从上缴党费中提取的比例",
        "value_3_case": "资金类别4", "value_3": "资金类别4的从上缴党费中提取的比例",
    }  # fmt: skip
    assert [form[name].value() for name in ("value", "value_0_case", "value_0", "value_1")] == [
        None, "党员学习培训", "10", None
    ]  # fmt: skip


def test_kinds_are_added_and_left_out_by_name():
    data = {"value_0_case": "", "value_1_case": "帮扶", "value_1": "10", "value_2_case": "学习", "value_2": "12.5"}
    form = form_of("funds.dues_share", data)
    assert form.is_valid()
    assert cleaned_value(KEYS["funds.dues_share"], form.cleaned_data) == {"帮扶": 0.1, "学习": 0.125}


def test_one_value_for_every_kind():
    assert cleaned("funds.purposes", "困难补助(aid)\n助学") == [{"code": "aid", "label": "困难补助"}, "助学"]


@pytest.mark.parametrize(
    ("data", "field", "error"),
    [
        ({"value_0_case": "帮扶"}, "value_0", "请填写“帮扶”的取值"),
        ({"value_0": "10"}, "value_0_case", "请填写类别名称"),
        ({"value_0_case": "帮扶", "value_0": "10", "value_1_case": "帮扶", "value_1": "5"}, "value_1_case", "重复"),
        ({}, "value", "请填写取值"),
        ({"value": "10", "value_0_case": "帮扶", "value_0": "10"}, "value", "各种情形相同时只填此项"),
    ],
)
def test_a_kind_and_its_value_go_together(data, field, error):
    form = form_of("funds.dues_share", data)
    assert form.is_valid()
    with pytest.raises(ValidationError) as wrong:
        cleaned_value(KEYS["funds.dues_share"], form.cleaned_data)
    assert error in wrong.value.message_dict[field][0]


def test_a_key_with_cases_has_a_field_for_each():
    form = form_of("sanatorium.days", stored={"省内": [5, 7], "结对地区": [1, 7]})
    assert {name: field.label for name, field in form.fields.items()} == {
        "value": "每期天数(天)", "value_0": "其中本市(天)", "value_1": "其中省内(天)", "value_2": "其中省外(天)",
        "value_3": "其中结对地区(天)",
    }  # fmt: skip
    assert [form[name].value() for name in form.fields] == [None, None, "5-7", None, "1-7"]


@pytest.mark.parametrize(
    ("data", "stored"),
    [
        ({"value": [5, 7]}, [5, 7]),
        ({"value_1": [5, 7], "value_2": [5, 6]}, {"省内": [5, 7], "省外": [5, 6]}),
    ],
)
def test_one_value_for_all_cases_or_one_for_each(data, stored):
    assert cleaned_value(KEYS["sanatorium.days"], data) == stored


@pytest.mark.parametrize("data", [{}, {"value": [5, 7], "value_0": [1, 2]}])
def test_neither_none_nor_both(data):
    with pytest.raises(ValidationError):
        cleaned_value(KEYS["sanatorium.days"], data)
