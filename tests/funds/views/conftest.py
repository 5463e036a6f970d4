"""The same desk as that of the stays: somebody at a page, signed in, asking and posting."""

from tests.sanatorium.views.conftest import desk

__all__ = ["desk"]
