"""滨海市 from its own workbooks: the units of sample 10 under the rules of 滨州, and whoever imports there."""

from functools import cache
from types import SimpleNamespace

import pytest

from carecore import presets
from carecore.access import Role
from carecore.imports import run
from carecore.imports.contract import importer
from carecore.models import Unit
from carecore.sheets import reader
from tests import build
from tests.carecore.sheets.workbooks import SAMPLES


@cache
def read_sample(number, kind):
    path = next(SAMPLES.glob(f"{number}-*"))
    return reader.read(path.read_bytes(), path.name, importer(kind).sheet.columns())


@pytest.fixture
def bring():
    """Examine a file and commit it; a number stands for a sample, which is read once for all tests."""

    def examine(by, kind, content, name="表.xlsx", **into):
        if isinstance(content, str):
            reading = read_sample(content, kind)
        else:
            reading = reader.read(content, name, importer(kind).sheet.columns())
        return run.examine_reading(by=by, importer=importer(kind), reading=reading, file_name=name, into=into)

    def bring(by, kind, content, name="表.xlsx", **into):
        return run.commit(by=by, examined=examine(by, kind, content, name, **into))

    bring.examine = examine
    return bring


@pytest.fixture
def binhai(db, bring):
    root = build.unit("滨海市", code="3799")

    def appointed(username, role, unit=root):
        return build.user(username, unit, role, person=build.person(unit, username))

    org = appointed("org", Role.ORG_OFFICER)
    bring(org, "units", "10")
    presets.load_policy(by=None, preset="binzhou-2018", unit=root)
    street = Unit.objects.get(name="青山街道办事处")
    return SimpleNamespace(
        root=root, org=org, union=appointed("union", Role.UNION_OFFICER), plan=build.plan(root),
        street=street, street_clerk=appointed("street", Role.CLERK, street),
    )  # fmt: skip


@pytest.fixture
def allotted(binhai, bring):
    bring(binhai.union, "quotas", "09")
    return binhai
