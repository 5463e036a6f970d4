from decimal import Decimal

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Q, Sum
from hypothesis import given
from hypothesis import strategies as st

from carecore.money import ZERO, MoneyField, capital, fen, yuan


class Purse(models.Model):
    """A table of this test alone: money under a cap held by the database."""

    spent = MoneyField("已用", default=ZERO)
    cap = MoneyField("上限", null=True)

    class Meta:
        app_label = "tests"
        constraints = [
            models.CheckConstraint(condition=Q(spent__gte=ZERO), name="purse_spent_not_negative"),
            models.CheckConstraint(condition=Q(spent__lte=F("cap") + F("cap")), name="purse_spent_twice_cap"),
            models.CheckConstraint(condition=Q(cap__lte=Decimal("3000.00")), name="purse_cap"),
        ]


@pytest.fixture
def purses(db):
    create, parameters = connection.SchemaEditorClass(connection).table_sql(Purse)
    with connection.cursor() as cursor:
        cursor.execute(create, parameters or None)
    return Purse.objects


@pytest.mark.parametrize(
    ("given_value", "amount"),
    [("3000", "3000.00"), (5, "5.00"), (Decimal("1E+2"), "100.00"), ("-0", "0.00"), ("75561.90", "75561.90")],
)
def test_yuan_has_exactly_two_places(given_value, amount):
    assert str(yuan(given_value)) == amount


@pytest.mark.parametrize(
    "value", ["3000.005", "0.001", "NaN", "Infinity", "1e30", "三千", "", "1000000000000"]
)
def test_yuan_refuses_what_is_no_amount(value):
    with pytest.raises(ValueError, match="金额"):
        yuan(value)


@pytest.mark.parametrize("value", [75561.9, True, None, [1]])
def test_yuan_refuses_floats_whose_noise_nobody_judged(value):
    with pytest.raises(TypeError):
        yuan(value)


@given(st.decimals("-999999999999.99", "999999999999.99", places=2))
def test_every_amount_survives_the_way_to_fen_and_back(amount):
    field = MoneyField()
    assert field.from_db_value(field.get_prep_value(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10", "壹拾元整"),
        ("10.01", "壹拾元零壹分"),
        ("1005.50", "壹仟零伍元伍角整"),
        ("3000", "叁仟元整"),
        ("10010", "壹万零壹拾元整"),
        ("100500", "壹拾万零伍佰元整"),
        ("100005000", "壹亿零伍仟元整"),
        ("200000001", "贰亿零壹元整"),
        ("117328.64", "壹拾壹万柒仟叁佰贰拾捌元陆角肆分"),
        ("1234567890.12", "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分"),
        ("-3.30", "负叁元叁角整"),
    ],
)
def test_capital_numerals(amount, words):
    assert capital(amount) == words


def test_an_amount_is_yuan_in_python_and_fen_in_the_database(purses):
    purse = purses.create(spent=Decimal("2900.01"), cap="3000")
    purse.refresh_from_db()
    assert (purse.spent, purse.cap) == (Decimal("2900.01"), Decimal("3000.00"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT spent, cap FROM tests_purse")
        assert cursor.fetchone() == (290001, 300000)


def test_lookups_take_yuan(purses):
    purses.create(spent=Decimal("2900.01"))
    assert purses.filter(spent=Decimal("2900.01"), spent__gt="2900", spent__in=["2900.01"]).count() == 1
    assert purses.filter(spent__range=("0", "2900")).count() == 0


def test_sums_come_back_as_yuan(purses):
    assert purses.aggregate(total=Sum("spent", default=ZERO))["total"] == ZERO
    purses.create(spent=Decimal("0.10"), cap="10")
    purses.create(spent=Decimal("0.20"), cap="10")
    total = purses.aggregate(total=Sum("spent"), left=Sum(F("cap") - F("spent")), twice=Sum(F("spent") * 2))
    assert {name: str(value) for name, value in total.items()} == {
        "total": "0.30", "left": "19.70", "twice": "0.60"
    }  # fmt: skip


def test_expressions_add_amounts(purses):
    purse = purses.create(spent=Decimal("1.00"), cap="10")
    purses.update(spent=F("spent") + fen("0.50"))
    assert purses.annotate(left=F("cap") - F("spent")).get().left == Decimal("8.50")
    purse.refresh_from_db()
    assert purse.spent == Decimal("1.50")


def test_a_bare_decimal_inside_an_expression_is_refused_not_taken_for_fen(purses):
    purses.create(spent=Decimal("1.00"))
    with pytest.raises(TypeError, match=r"fen\(400\)"):
        purses.update(spent=F("spent") + Decimal("400"))
    with pytest.raises(FieldError):
        list(purses.annotate(more=F("spent") + Decimal("400")))


@pytest.mark.parametrize(
    "change", [{"spent": "-0.01"}, {"cap": "3000.01"}, {"cap": "1000", "spent": "2000.01"}], ids=str
)
def test_the_database_holds_the_limits(purses, change):
    row = {"cap": "3000", "spent": "0"}
    purses.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        purses.update(**change)
    with pytest.raises(ValidationError):
        Purse(**{**row, **change}).full_clean()
    purses.update(cap="3000", spent="3000")


def test_the_form_field_and_the_model_refuse_three_places():
    field = Purse._meta.get_field("spent").formfield()
    assert field.clean("3000.01") == Decimal("3000.01")
    with pytest.raises(ValidationError):
        field.clean("3000.001")
    with pytest.raises(ValidationError, match="金额最多两位小数"):
        Purse(spent="3000.001").full_clean()
