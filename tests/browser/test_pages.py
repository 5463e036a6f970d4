"""Every page of the product, as each role sees it: no error, nothing blocked, readable by all, and on a phone."""

import re

import pytest
from django.apps import apps

from carecore.management.commands.list_routes import routes
from sanatorium.models import Nomination, State
from tests import build
from tests.browser.chromium import DESKTOP, PHONE, SMALL, overflow, resize, violations
from tests.browser.city import in_the_middle_of_its_year

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROLES = (
    "clerk", "lead", "union_officer", "union_lead", "org_officer", "org_lead", "applicant", "fund_office",
    "meeting_clerk", "cashier", "fund_lead", "auditor", "admin",
)  # fmt: skip
# The kinds of element that a page is made of: another role's page of the same kinds looks no different.
KINDS = re.compile(r'<(\w+)(?:[^>]*?\sclass="([^"]*)")?')
NO_PAGE = {"/jobs/1/file/", "/funds/payments/3/bank_file/"}  # the job left no file, the payment is not with the bank
# Needs an upload first, or is no page of its own.
OTHER = re.compile(r"<str:token>|<path:content_type_id>|\(\?P<|/static/|/jsi18n/|/autocomplete/|object_id>/$")


@pytest.fixture
def shown(city, cast, treasury, today):
    return in_the_middle_of_its_year(city, cast, treasury, today)


def addresses(shown):
    """Every address, with rows that such pages show: the page of a row itself for each, the others for one."""
    paths = [route.path for route in routes() if "GET" in route.methods and not OTHER.search(route.path)]
    for path in paths:
        things, pk, rest = path.partition("<int:pk>/")
        if not pk:
            yield from _admin(path)
            continue
        rows = getattr(shown, things.split("/")[-2])
        for row in rows if not rest else rows[:1]:
            yield f"{things}{row.pk}/{rest}"


def _admin(path):
    """The path itself; of the admin's pages of a row those of the newest row."""
    before, pk, rest = path.partition("<path:object_id>")
    if not pk:
        yield path
    elif row := apps.get_model(*before.split("/")[-3:-1]).objects.order_by("-pk").first():
        yield f"{before}{row.pk}{rest}"


class Walk:
    """Visits pages and notes what is wrong; what looks as it did for an earlier role is not looked at again."""

    def __init__(self):
        self.wrong, self.looked_at, self.answers = [], set(), {}

    def visit(self, page, role, path):
        answer = page.request.get(path)
        self.answers.setdefault(path, set()).add(answer.status)
        if answer.status >= 500:
            self.wrong.append(f"{role}: {answer.status} {path}")
        if answer.status != 200 or "<html" not in answer.text():  # not this role's, a file, a part of a page
            return
        look = path, frozenset(KINDS.findall(answer.text().partition("<main")[2]))
        if look not in self.looked_at:
            self.looked_at.add(look)
            page.goto(path)
            self.look(page, role, path)

    def look(self, page, role, path):
        self.wrong += [f"{role}: {found}" for found in violations(page)]
        for size in (PHONE, SMALL, DESKTOP):
            resize(page, size)
            if wide := overflow(page):
                self.wrong.append(f"{role}: {path} is too wide at {size[0]}: {wide}")

    def unreached(self):
        """What no role could open, besides what the admin keeps to itself: it deletes nothing."""
        return {p for p, answers in self.answers.items() if 200 not in answers and not p.startswith("/admin/")}


def test_every_page_of_every_role(shown, cast, treasury, signed_in):
    walk, everybody = Walk(), {**vars(cast), **vars(treasury)}
    for role in ROLES:
        page = signed_in(everybody[role])
        for path in addresses(shown):
            walk.visit(page, role, path)
        page.context.close()
    assert not walk.wrong, "\n".join(walk.wrong)
    assert walk.unreached() == NO_PAGE


@pytest.mark.parametrize(("path", "status"), [("/nothing/", 404), ("/accounts/users/", 403)])
def test_pages_that_refuse_are_readable_too(path, status, city, cast, signed_in):
    page = signed_in(cast.clerk)
    assert page.goto(path).status == status
    assert violations(page) == []
    resize(page, PHONE)
    assert overflow(page) == []


def test_the_work_is_done_without_javascript(shown, city, cast, watched):
    """A clerk signs in and nominates by plain forms; no script runs."""
    somebody = build.person(city.a, "吴十")
    page = watched(java_script_enabled=False).new_page()
    page.goto("/sanatorium/nominations/new/")
    page.locator("[name=username]").fill("clerk")
    page.locator("[name=password]").fill(build.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.locator("[name=person]").fill(f"吴十 #{somebody.pk}")
    page.locator("[name=ground]").select_option("merit")
    page.get_by_role("button", name="保存").click()
    row = Nomination.objects.get(person=somebody)
    assert page.url.endswith(f"/sanatorium/nominations/{row.pk}/")
    assert (row.state, row.ground, row.nominated_by) == (State.DRAFT, "merit", cast.clerk)
