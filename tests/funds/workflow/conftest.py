"""The two funds of 连云港 that a tenth of the year's dues goes to each."""

from types import SimpleNamespace

import pytest

from carecore import presets
from funds.workflow import funds


@pytest.fixture
def tenths(city, treasury):
    """党员学习培训 and 生活困难党员帮扶 of the city, opened under lianyungang-2009."""
    document = presets.load_policy(by=None, preset="lianyungang-2009", unit=city.root).document
    facts = {"by": treasury.fund_lead, "unit": city.root, "document": document}
    return SimpleNamespace(
        document=document,
        training=funds.open_fund(**facts, name="学习培训专项资金", kind="党员学习培训"),
        aid=funds.open_fund(**facts, name="生活困难党员帮扶资金", kind="生活困难党员帮扶"),
    )
