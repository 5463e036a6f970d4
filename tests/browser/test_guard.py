"""What watches over the pages in the browser tests finds what it must find."""

import pytest

from tests.browser.chromium import PHONE, overflow, resize, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIGN_IN = "/accounts/login/"


@pytest.fixture
def page(watched):
    return watched().new_page()


def noted(watched, page):
    """What the guard has noted; forgotten, so that the test itself may pass."""
    page.wait_for_load_state("networkidle")
    found, watched.problems[:] = list(watched.problems), []
    return found


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))", "Security Policy"),
        ("console.error('a script complains')", "a script complains"),
        ("setTimeout(() => { throw new Error('a script fails') })", "a script fails"),
        (
            "new Promise((done) => document.body.append("
            "Object.assign(new Image(), {src: '/static/none.png', onerror: () => done()})))",
            "404 GET",
        ),
    ],
    ids=["inline style", "inline script", "console", "exception", "missing file"],
)
def test_the_guard_notes_what_goes_wrong_in_a_page(watched, page, script, words):
    page.goto(SIGN_IN)
    assert noted(watched, page) == []
    page.evaluate(script)
    page.reload()
    assert [words in problem for problem in noted(watched, page)] == [True]


def test_a_page_that_refuses_is_no_problem(watched, page):
    assert page.goto("/nothing/").status == 404
    assert noted(watched, page) == []


def test_axe_finds_an_unnamed_field(page):
    page.goto(SIGN_IN)
    assert violations(page) == []
    page.evaluate("document.querySelector('main form').append(document.createElement('input'))")
    assert [found.split(": ")[1] for found in violations(page)] == ["label"]


def test_a_page_wider_than_the_window_is_found(page):
    resize(page, PHONE)
    page.goto(SIGN_IN)
    assert overflow(page) == []
    page.evaluate("document.querySelector('h1').textContent = 'x'.repeat(200)")
    assert overflow(page) != []
