"""Files into the funds of a city, by page and command alike."""

import pytest

from carecore.imports import run
from carecore.imports.contract import importer


@pytest.fixture
def bring():
    """Examine a file and commit it."""

    def examine(by, kind, content, name="表.xlsx", **into):
        return run.examine(by=by, importer=importer(kind), content=content, file_name=name, into=into)

    def bring(by, kind, content, name="表.xlsx", **into):
        return run.commit(by=by, examined=examine(by, kind, content, name, **into))

    bring.examine = examine
    return bring
