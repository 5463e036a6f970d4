"""Somebody at a browser: what a story says they do, done on the page by the words they read there."""

import re
from pathlib import Path

PASSWORD = "Hai-bin-2026"
LONG = 30_000  # milliseconds; an import of a whole city takes a while


class Office:
    """Whoever works in the story: signs in by name, at first with the password they were given."""

    def __init__(self, watched, today, downloads):
        self.watched, self.today, self.downloads = watched, today, downloads
        self.given, self.known, self.page = {}, [], None

    def day(self, text):
        """It is ten in the morning of this day of 2026: 4-13 is 13 April."""
        month, number = text.split("-")
        self.today.move_to(f"2026-{int(month):02}-{int(number):02} 10:00:00+08:00")

    def sign_in(self, username):
        """The desk of this user; whoever sat there before has gone."""
        if self.page is None:
            self.page = self.watched().new_page()
            self.page.set_default_timeout(LONG)
            # What cannot be undone asks first; whoever is in the story means it.
            self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.context.clear_cookies()
        desk = Desk(self.page, self.downloads).open("/accounts/login/")
        given = self.given.pop(username, None)
        desk.fill(username=username, password=given or PASSWORD).press("登录")
        if given is not None:
            desk.fill(old_password=given, new_password1=PASSWORD, new_password2=PASSWORD).press("保存新密码")
            desk.reads("密码已修改")
        assert self.page.locator(".care-menu").count() == 1, f"{username} is not signed in"
        return desk


class Desk:
    """A page on which one user is signed in, at most one page at a time."""

    def __init__(self, page, downloads):
        self.page, self.downloads = page, downloads

    # Going somewhere --------------------------------------------------------------------------------------

    def open(self, path):
        """Go to an address; anything but a page is a failure."""
        answer = self.page.goto(path)
        assert answer.ok, f"{answer.status} {path}"
        return self

    def follow(self, text, *, within="body"):
        """Click a link of these words; the page it leads to has come when this returns."""
        return self._go(self.page.locator(within).get_by_role("link", name=text, exact=True).first)

    def press(self, text, *, within="body"):
        """Click a button of these words; the answer to it has come when this returns."""
        return self._go(self.page.locator(within).get_by_role("button", name=text, exact=True).first)

    def _go(self, target):
        with self.page.expect_navigation():
            target.click()
        return self

    def unfold(self, text):
        """Open a step that asks for something first."""
        self.page.locator("summary", has_text=text).first.click()
        return self

    # Filling in -------------------------------------------------------------------------------------------

    def fill(self, within="main", **fields):
        """Fill in fields by their names: texts, choices by their words, boxes by True or False."""
        for name, value in fields.items():
            self.set(f"{within} [name='{name}']:visible", value)
        return self

    def set(self, selector, value):
        field = self.page.locator(selector).first
        if isinstance(value, bool):
            field.set_checked(value)
        elif isinstance(value, Path):
            field.set_input_files(value)
        elif field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=str(value))
        else:
            field.fill(str(value))

    def pick(self, *names):
        """Pick the rows of a list in which one of these names stands; without names, all of the page."""
        self.page.wait_for_load_state("networkidle")
        if not names:
            self.page.get_by_label("选择本页全部").check()
        for name in names:
            self.row(name).locator("input[name=rows]").check()
        return self

    def row(self, text):
        """The row of the list in which a cell says this."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_text(text, exact=True)).first

    # Reading ----------------------------------------------------------------------------------------------

    def reads(self, *texts):
        """The page says all of this."""
        words = re.sub(r"\s+", "", self.page.locator("main").inner_text())
        missing = [text for text in texts if re.sub(r"\s+", "", text) not in words]
        assert missing == [], f"{self.page.url} does not say {missing}: {words[:1500]}"
        return self

    def facts(self):
        """What the page states as name and value."""
        pairs = self.page.locator("dl.care-facts > div").evaluate_all(
            "all => all.map((e) => [e.querySelector('dt').innerText, e.querySelector('dd').innerText])"
        )
        return dict(pairs)

    def names(self, *, having):
        """The linked names of the rows of a list in which a cell says this."""
        rows = self.page.locator("#listing tbody tr").filter(has_text=having)
        return [name.strip() for name in rows.locator("td a").all_inner_texts()]

    def count(self):
        """How many rows the list says there are."""
        text = self.page.locator(".care-list-count").inner_text()
        return int(re.search(r"\d+", text)[0])

    def fetch(self, text):
        """Click what brings a file, and return where it was saved, under its own name."""
        with self.page.expect_download() as coming:
            self.page.get_by_role("link", name=text, exact=True).or_(
                self.page.get_by_role("button", name=text, exact=True)
            ).first.click()
        target = self.downloads / coming.value.suggested_filename
        coming.value.save_as(target)
        return target
