"""Chromium for the tests: signed-in pages, a guard over everything that goes wrong in them, axe."""

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe-core@4.14.1" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
# Nothing in the background: the tests see only what the pages ask for.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, SMALL, PHONE = (1366, 768), (1024, 768), (390, 844)
RUN_AXE = """() => axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
  preload: false, // it would copy style sheets into the page, which the policy of the pages forbids
})"""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, request, tmp_path_factory):
    """A browser's requests come in threads: SQLite in a file gives each its own connection."""
    browsing = any(item.get_closest_marker("browser") for item in request.session.items)
    database = connections["default"].settings_dict
    if browsing and connections["default"].vendor == "sqlite":
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        # A test's database need not outlive a power failure.
        options = database["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    if CHROMIUM is None:
        pytest.skip("no Chromium found")
    # Playwright keeps an event loop in the thread of the test, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture
def browser_context_args(browser_context_args, live_server):
    width, height = DESKTOP
    return {
        **browser_context_args, "base_url": live_server.url, "locale": "zh-CN", "accept_downloads": True,
        "viewport": {"width": width, "height": height},
    }  # fmt: skip


@pytest.fixture
def watched(new_context):
    """Make a browser context of one's own; the test fails on any problem its pages have."""
    problems = []

    def make(**options):
        context = new_context(**options)
        watch(context, problems)
        return context

    make.problems = problems
    yield make
    assert not problems, "\n".join(problems)


def watch(context, problems):
    """Note errors of scripts and of the policy of the pages, failed parts, and answers from 500 on."""

    def console(message):  # here Chromium also says what the policy blocked
        # What the server answered is judged below, where the address and the kind of request are known.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            problems.append(f"{message.page.url}: {message.text}")

    def response(answer):
        page = answer.request.resource_type in ("document", "xhr", "fetch")
        if answer.status >= (500 if page else 400):
            problems.append(f"{answer.status} {answer.request.method} {answer.url}")

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # a download, or a page left while it was loading
            problems.append(f"{request.failure} {request.url}")

    context.on("console", console)
    context.on("weberror", lambda error: problems.append(f"{error.page.url}: {error.error}"))
    context.on("response", response)
    context.on("requestfailed", failed)


@pytest.fixture
def signed_in(watched, live_server):
    """Give a page on which this user is signed in."""

    def page_of(user, **options):
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context = watched(**options)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        return context.new_page()

    return page_of


@pytest.fixture
def axe():
    """Assert that a page violates none of WCAG 2 A and AA."""

    def check(page):
        assert violations(page) == []

    return check


def violations(page):
    """What axe finds: rule, what is wrong, and the elements."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN_AXE)["violations"]
    return [
        f"{page.url}: {rule['id']}: {rule['help']}: {[node['html'][:160] for node in rule['nodes'][:5]]}"
        for rule in found
    ]


def overflow(page):
    """By how many pixels the document is wider than the window, and which elements stand out."""
    return page.evaluate("""() => {
      const wide = document.documentElement.clientWidth;
      const over = document.documentElement.scrollWidth - wide;
      if (over <= 0) return [];
      const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > wide + 1);
      return [over, ...out.slice(0, 5).map((e) => e.outerHTML.slice(0, 160))];
    }""")


def resize(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
