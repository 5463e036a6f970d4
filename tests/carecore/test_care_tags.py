"""What the shared templates compute: amounts, days, masks, shares, and a control tied to its texts."""

import datetime
import re
from decimal import Decimal

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string

from carecore.templatetags import care


def render(template, **context):
    return Template("{% load care %}" + template).render(Context(context))


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("3000"), "3,000.00"), (Decimal("-0.50"), "-0.50"), (0, "0.00"), (None, ""), ("", "")],
)
def test_money(value, text):
    assert care.money(value) == text


def test_cn_date_of_a_day_and_of_a_moment_in_the_offices_time_zone():
    assert care.cn_date(datetime.date(2026, 5, 1)) == "2026年5月1日"
    assert care.cn_date(datetime.datetime(2026, 5, 1, 16, 5, tzinfo=datetime.UTC)) == "2026年5月2日 00:05"
    assert care.cn_date(None) == ""


def test_masked_keeps_the_ends_only():
    assert care.masked("379999198001010017") == "379***********0017"
    assert care.masked(None) == ""


def test_quantity_writes_amounts_with_two_places_and_counts_without():
    assert (care.quantity(1000), care.quantity(Decimal("1000")), care.quantity(None)) == (
        "1000",
        "1,000.00",
        "",
    )


@pytest.mark.parametrize(
    ("value", "maximum", "share", "level"),
    [
        (0, 300, 0, "open"),
        (269, 300, 89, "open"),
        (270, 300, 90, "near"),
        (299, 300, 99, "near"),
        (300, 300, 100, "full"),
        (301, 300, 100, "over"),
        (9, 8, 112, "over"),
        (0, 0, 0, "full"),
        (Decimal("2999.99"), Decimal("3000.00"), 99, "near"),
        (5, None, 0, "open"),
    ],
)
def test_a_share_is_rounded_down_so_that_only_full_reads_100(value, maximum, share, level):
    assert (care.percent(value, maximum), care.level(value, maximum)) == (share, level)


@pytest.mark.parametrize(
    ("value", "maximum", "words"),
    [
        (212, 300, ["212 / 300人", "余88人 · 70%"]),
        (300, 300, ["已满 · 100%"]),
        (9, 8, ["超出1人 · 112%"]),
        (5, None, ["5人", "不设上限"]),
        (0, 0, ["0 / 0人", "已满"]),
    ],
)
def test_a_meter_says_in_words_what_its_colour_shows(value, maximum, words):
    text = render('{% meter value maximum "机关" "人" %}', value=value, maximum=maximum)

    assert all(word in text for word in words)
    assert ("<svg" in text) == (maximum is not None)


def test_a_meter_never_draws_beyond_its_track():
    assert 'class="care-bar-fill" width="100"' in render("{% meter 9 8 %}")


def test_bars_share_one_scale_and_state_their_numbers():
    rows = [{"label": "甲局", "value": 10, "maximum": 20}, {"label": "乙局", "value": 40, "maximum": 40}]
    bars = care.bar_chart(rows, "名额", "人")["bars"]

    assert [(bar["width"], bar["track"], bar["share"]) for bar in bars] == [(25, 50, 50), (100, 100, 100)]
    text = render('{% bar_chart rows "名额" "人" %}', rows=rows)
    assert re.findall(r'<td class="text-end">(.*?)</td>', text) == ["10", "20", "50%", "40", "40", "100%"]


def test_bars_without_a_maximum_have_no_columns_for_it():
    text = render('{% bar_chart rows "费用" "元" %}', rows=[{"label": "交通", "value": Decimal("0.00")}])

    assert "上限" not in text
    assert "0.00" in text


def test_no_bars_say_so():
    assert "没有可以统计的数据" in render('{% bar_chart rows "费用" %}', rows=[])


def test_a_state_of_unknown_tone_is_neutral():
    assert "care-state-neutral" in render('{% state "草稿" "purple" %}')
    assert "care-state-bad" in render('{% state "不予批准" "bad" %}')


def test_texts_are_escaped():
    assert "<b>" not in render("{% state text %}{% meter 1 2 text %}", text="<b>")


class CostForm(forms.Form):
    days = forms.IntegerField(label="天数", help_text="含首尾两天")
    ground = forms.ChoiceField(label="依据", choices=[("a", "甲"), ("b", "乙")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="已核对", required=False)
    venue = forms.ChoiceField(label="疗休养院", choices=[("1", "青岛")])


def field(name, data=None, **marks):
    form = CostForm(data)
    for mark, value in marks.items():
        setattr(form.fields[name], mark, value)
    return render_to_string("_partials/field.html", {"field": form[name]})


def test_a_limit_stands_beside_its_field_with_its_clause_and_is_read_with_it():
    text = field("days", limit_hint="每期5至7天", clause="BZ-8", clause_title="疗休养意见(试行)")

    assert "每期5至7天" in text
    assert "BZ-8 疗休养意见(试行)" in text
    assert 'aria-describedby="id_days_helptext id_days_limit"' in text
    assert 'id="id_days_limit"' in text


def test_an_error_is_tied_to_its_control():
    text = field("days", {"days": "x"})

    assert 'aria-describedby="id_days_helptext id_days_error"' in text
    assert 'aria-invalid="true"' in text
    assert 'class="form-control is-invalid"' in text


def test_controls_get_the_class_of_their_kind():
    assert 'class="form-select"' in field("venue")
    assert 'class="form-check-input"' in field("agreed")
    assert "<fieldset" in field("ground")
    assert '<label for="id_ground' in field("ground")


def test_every_icon_a_template_names_is_in_the_sprite():
    root = settings.BASE_DIR
    sprite = (root / "static" / care.SPRITE).read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = {
        name
        for path in (root / "templates").rglob("*.html")
        for name in re.findall(r"{% icon [\"']([^\"']+)[\"'] %}", path.read_text())
    }

    assert used
    assert used <= known


def test_no_template_holds_an_inline_script_style_or_handler():
    forbidden = re.compile(
        r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|hx-on|javascript:", re.IGNORECASE
    )
    found = {
        str(path.relative_to(settings.BASE_DIR)): match.group()
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        if (match := forbidden.search(path.read_text()))
    }

    assert found == {}
