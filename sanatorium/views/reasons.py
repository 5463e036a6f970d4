"""The reason that is posted with a verb."""

from __future__ import annotations

from django.http import HttpRequest


def reason_of(request: HttpRequest) -> str:
    """The text of the reason without the one character that no database keeps."""
    return request.POST.get("reason", "").replace("\0", "")
