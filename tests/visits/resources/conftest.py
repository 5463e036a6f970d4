"""Files are brought in as the sheets of the sanatorium year are."""

from tests.sanatorium.resources.conftest import bring, read_sample

__all__ = ["bring", "read_sample"]
