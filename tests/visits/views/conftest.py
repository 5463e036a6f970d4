"""Pages are asked and posted to as those of the sanatorium year are."""

from tests.sanatorium.views.conftest import desk, picked, versioned, words

__all__ = ["desk", "picked", "versioned", "words"]
