"""Shared partials: which verbs become forms, what a finding says, how a refusal asks for a reason."""

import datetime

from django import forms
from django.template.loader import render_to_string

VERB = {"label": "退回", "url": "/n/1/return/", "enabled": True}


def verbs(*given):
    return render_to_string("_partials/verbs.html", {"verbs": given, "version": 7, "csrf_token": "token"})


def test_a_possible_verb_is_a_post_with_the_rows_version():
    text = verbs(VERB)

    assert '<form method="post" action="/n/1/return/">' in text
    assert '<input type="hidden" name="version" value="7">' in text
    assert 'name="csrfmiddlewaretoken" value="token"' in text
    assert "<textarea" not in text


def test_a_verb_that_needs_a_reason_asks_for_it_and_a_dangerous_one_asks_again():
    text = verbs({**VERB, "needs_reason": True, "danger": True})

    assert '<textarea class="form-control" id="verb-reason-1" name="reason"' in text
    assert 'data-confirm="确定要退回吗?"' in text


def test_two_reasons_on_one_page_have_different_ids():
    text = verbs({**VERB, "needs_reason": True}, {**VERB, "needs_reason": True})

    assert text.count('id="verb-reason-1"') == text.count('id="verb-reason-2"') == 1


def test_an_impossible_verb_is_text_that_says_why():
    text = verbs({**VERB, "enabled": False, "why_not": "公示未满5个工作日"})

    assert "不能退回:公示未满5个工作日" in text
    assert "<form" not in text


def test_no_verbs_say_so():
    assert "没有可办理的事项" in verbs()


def test_a_finding_says_severity_message_limit_and_clause():
    finding = {
        "rule": "cost", "severity": "block", "message": "超过上限", "asked": "3000.01元", "limit": "3000.00元",
        "clause": "BZ-11",
    }  # fmt: skip
    text = render_to_string("_partials/findings.html", {"findings": [finding]})

    assert all(part in text for part in ["不予通过", "超过上限", "3000.01元", "3000.00元", "BZ-11"])


def test_each_severity_is_a_word_of_its_own():
    def word(severity):
        return render_to_string(
            "_partials/findings.html", {"findings": [{"severity": severity, "message": "x"}]}
        )

    assert "须说明理由" in word("warn")
    assert "仅提示" in word("info")


def test_a_refusal_for_want_of_a_reason_posts_again_what_was_posted(rf):
    context = {
        "findings": [],
        "needs_reason": True,
        "posted": [("rows", "1:2"), ("rows", "3:4")],
        "back": "/n/",
    }
    text = render_to_string("_partials/refused.html", context)

    assert (
        '<input type="hidden" name="rows" value="1:2"><input type="hidden" name="rows" value="3:4">' in text
    )
    assert 'name="reason"' in text


def test_a_refusal_by_a_rule_offers_no_second_try():
    text = render_to_string("_partials/refused.html", {"findings": [], "needs_reason": False, "back": "/n/"})

    assert "<form" not in text
    assert 'href="/n/"' in text


def test_the_timeline_says_when_who_what_and_why():
    event = {
        "when": datetime.datetime(2026, 5, 11, 1, 30, tzinfo=datetime.UTC), "who": "王五", "what": "退回",
        "reason": "缺佐证",
    }  # fmt: skip
    text = render_to_string("_partials/timeline.html", {"events": [event]})

    assert all(part in text for part in ["2026年5月11日 09:30", "王五", "退回", "理由:缺佐证"])


def test_form_errors_are_summed_up_with_links_to_their_fields():
    class Form(forms.Form):
        days = forms.IntegerField(label="天数")

    text = render_to_string("_partials/form.html", {"form": Form({"days": ""})})

    assert 'role="alert"' in text
    assert '<a href="#id_days">天数</a>' in text
