"""docs/policy.md keeps what it promises: every clause, every key, and tests that exist."""

import re
from pathlib import Path

import pytest

from carecore.policy import KEYS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
CLAUSES = [
    *(f"BZ-{number}" for number in range(1, 30)), "LYG-1", "LYG-2", "LYG-3", "LYG-8", "LYG-9", "LYG-10", "LYG-11",
    "LYG-16", "LYG-18", "SX-4", "TX1-1", "TX1-3", "TX1-4", "TX1-11", "TX1-12", "TX1-13", "TX1-14", "TX1-19", "TX2-1", "TX3-1", "TX3-2", "TX3-3",
    "TX3-11", "TX3-12", "TX3-13",
]  # fmt: skip
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)*)`", TEXT)))
FILES = sorted(set(re.findall(r"`((?:carecore|funds|sanatorium|visits)/[\w/]+\.py)`", TEXT)))


def test_every_clause_has_its_line():
    assert re.findall(r"^\| ([A-Z]+\d?-\d+) \|", TEXT, re.M) == CLAUSES


def test_every_key_is_named_and_none_that_does_not_exist():
    assert set(re.findall(r"`((?:funds|sanatorium|visits)\.[a-z_]+)`", TEXT)) == set(KEYS)


@pytest.mark.parametrize("reference", TESTS)
def test_the_tests_it_names_exist(reference):
    file, *names = reference.split("::")
    code = (ROOT / file).read_text(encoding="utf-8")
    for name in names:
        assert re.search(rf"^\s*(?:def|class) {name}\b", code, re.M), reference


@pytest.mark.parametrize("file", FILES)
def test_the_code_it_names_exists(file):
    assert (ROOT / file).is_file()


def test_what_is_said_to_be_only_shown_is_marked_so():
    shown = {
        key
        for line in TEXT.splitlines()
        if "仅提示" in line
        for key in re.findall(r"`((?:funds|sanatorium|visits)\.\w+)`", line)
    }
    assert shown == {key.name for key in KEYS.values() if not key.checked}
