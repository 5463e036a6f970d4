"""What leaves by the printer: a button asks for it, a list begins on the first sheet of paper, borders stay whole."""

import re

import pytest

from tests.browser.city import in_the_middle_of_its_year

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = re.compile(rb"/Type\s*/Page\b")


def test_forms_and_lists_print_on_no_more_paper_than_they_need(signed_in, city, cast, treasury, today):
    shown = in_the_middle_of_its_year(city, cast, treasury, today)
    page = signed_in(cast.union_officer)
    page.add_init_script("window.print = () => { document.title = 'printed'; }")
    for row, things in ((shown.nominations[0], "nominations"), (shown.notices[0], "notices")):
        page.goto(f"/sanatorium/{things}/{row.pk}/print/")
        page.get_by_role("button", name="打印").click()
        assert page.title() == "printed"
        assert len(PAGE.findall(page.pdf(prefer_css_page_size=True))) == 1
    page.goto("/sanatorium/nominations/")
    rows = page.locator("#listing tbody tr").count()
    assert 0 < rows <= 20 and len(PAGE.findall(page.pdf(prefer_css_page_size=True))) == 1
    # A list longer than a sheet goes on from where it stands.
    page.emulate_media(media="print")
    assert page.locator(".card").first.evaluate("card => getComputedStyle(card).breakInside") == "auto"
