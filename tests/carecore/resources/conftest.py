"""A city that has only its root, and whoever keeps its units."""

from types import SimpleNamespace

import pytest

from carecore.access import Role
from tests import build


@pytest.fixture
def empty_city(db):
    root = build.unit("滨海市", code="3799")
    keeper = build.user("keeper", root, Role.ORG_OFFICER, person=build.person(root, "组织经办"))
    return SimpleNamespace(root=root, keeper=keeper)
