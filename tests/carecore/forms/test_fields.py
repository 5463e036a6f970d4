"""Fields that choose a unit or a person: only what the user may know of, one row or a plain error."""

import datetime

import pytest
from django import forms
from django.core.exceptions import ValidationError

from carecore.access import Can
from carecore.forms.fields import (
    DayField,
    IdNumberField,
    PersonField,
    PhoneField,
    UnitField,
    person_text,
    unit_text,
)
from tests import build

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["379901", "甲局", "379901 甲局", " 379901 甲局 ", "中共甲局党组"])
def test_a_unit_is_named_by_code_name_or_party_name(city, cast, text):
    city.a.party_name = "中共甲局党组"
    city.a.save()
    assert UnitField().for_user(cast.clerk).clean(text) == city.a


@pytest.mark.parametrize("text", ["379902", "乙局", "没有的单位", "滨海市"])
def test_a_unit_outside_ones_own_is_unknown(city, cast, text):
    with pytest.raises(ValidationError) as caught:
        UnitField().for_user(cast.clerk).clean(text)
    assert caught.value.message == f"没有找到“{text}”,或不在您的管理范围内,请核对单位代码或名称"


def test_units_of_one_name_are_told_apart_by_code(city, cast):
    twin = build.unit("甲局", city.b, code="37990201")
    field = UnitField().for_user(cast.org_officer)
    with pytest.raises(ValidationError) as caught:
        field.clean("甲局")
    assert caught.value.message == "“甲局”对应不止一条:379901 甲局、37990201 甲局,请写明其中之一"
    assert field.clean("37990201") == twin


def test_a_permission_narrows_the_units(city, cast):
    build.appointment(cast.clerk, city.b, "auditor")
    assert UnitField().for_user(cast.clerk).clean("乙局") == city.b
    with pytest.raises(ValidationError):
        UnitField().for_user(cast.clerk, Can.KEEP_PEOPLE).clean("乙局")


def test_a_closed_unit_is_found_only_where_asked_for(city, cast):
    city.a_office.valid_to = datetime.date(2026, 5, 10)
    city.a_office.save()
    with pytest.raises(ValidationError):
        UnitField().for_user(cast.clerk).clean("甲局一所")
    assert UnitField().for_user(cast.clerk, closed=True).clean("甲局一所") == city.a_office


def test_a_person_is_named_by_name_and_namesakes_by_number(city, cast):
    first, second = build.person(city.a, "李四"), build.person(city.a_office, "李四")
    build.person(city.b, "李四")
    field = PersonField().for_user(cast.clerk)
    with pytest.raises(ValidationError) as caught:
        field.clean("李四")
    assert caught.value.message == (
        f"“李四”对应不止一条:李四 #{first.pk}(甲局)、李四 #{second.pk}(甲局一所),请写明其中之一"
    )
    assert field.clean(f"李四 #{second.pk}") == second


def test_a_person_of_another_unit_is_unknown_even_by_number(city, cast):
    foreign = build.person(city.b, "王五")
    for text in ("王五", person_text(foreign)):
        with pytest.raises(ValidationError):
            PersonField().for_user(cast.clerk).clean(text)


def test_an_administrator_chooses_people_of_his_units_only_by_name(city, cast):
    assert PersonField().for_user(cast.admin).clean("经办甲").name == "经办甲"
    with pytest.raises(ValidationError):
        PersonField().for_user(cast.admin, Can.SEE).clean("经办甲")


def test_a_form_shows_and_keeps_the_row_it_began_with(city, cast):
    class Form(forms.Form):
        unit = UnitField()

    form = Form({"unit": "379901 甲局"}, initial={"unit": city.a.pk})
    form.fields["unit"].for_user(cast.clerk)
    assert form["unit"].value() == "379901 甲局"
    assert form.is_valid() and not form.has_changed()
    shown = Form(initial={"unit": city.a})
    shown.fields["unit"].for_user(cast.clerk)
    assert f'value="{unit_text(city.a)}"' in str(shown["unit"])


def test_the_input_asks_the_search_and_carries_no_row(city, cast):
    html = str(type("Form", (forms.Form,), {"unit": UnitField()})()["unit"])
    assert 'hx-post="/units/search/"' in html and '<datalist id="id_unit_options"></datalist>' in html
    assert "<option" not in html


def test_id_numbers_are_put_right_or_refused():
    number = build.id_number()
    assert IdNumberField().clean(f" {number[:6]} {number[6:]}") == number
    with pytest.raises(ValidationError) as caught:
        IdNumberField().clean(number[:-1])
    assert caught.value.message == "身份证号应为18位,现为17位,请核对"
    assert IdNumberField(required=False).clean("") == ""


@pytest.mark.parametrize("text", ["139 0000 1234", "139-0000-1234"])
def test_telephone_numbers_are_digits(text):
    assert PhoneField().clean(text) == "13900001234"


def test_a_telephone_number_of_letters_is_refused():
    with pytest.raises(ValidationError):
        PhoneField().clean("办公室")


@pytest.mark.parametrize("text", ["1899-12-31", "2101-01-01", "9999-12-31", "0001-01-01"])
def test_a_day_far_from_any_life_is_refused(text):
    with pytest.raises(ValidationError) as caught:
        DayField().clean(text)
    assert caught.value.messages == ["日期应在1900年至2100年之间,请核对"]


def test_a_day_within_the_years_of_sheets_is_taken():
    assert DayField().clean("1900-01-01") == datetime.date(1900, 1, 1)
    assert DayField().clean("2100-12-31") == datetime.date(2100, 12, 31)
    assert DayField(required=False).clean("") is None
