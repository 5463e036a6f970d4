"""Files are brought in as the sheets of the sanatorium year are; 滨海市 under the rules about hardship."""

import pytest

from carecore import presets
from tests import build
from tests.sanatorium.resources.conftest import binhai, bring, read_sample

__all__ = ["binhai", "bring", "hard", "read_sample"]


@pytest.fixture
def hard(binhai):
    for preset in ("hardship-form", "hardship-examples", "anqing-2025"):
        for rule in presets.read(preset)["rule"]:
            build.rule(binhai.root, rule["key"], rule["value"], severity=rule["severity"], clause=rule["clause"])
    build.rule(binhai.root, "visits.poverty_line", {"滨海市": "900"})
    return binhai
