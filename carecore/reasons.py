"""Written reasons: asked for where a verb needs one, and never longer than the column that keeps them."""

from __future__ import annotations

from django.db import models

from carecore.workflow import refuse

MOST = 200  # characters in every column of a reason


def written(reason: str, ask: str, row: models.Model | None = None) -> str:
    """The reason as it is kept; raises Refused with `ask` where there is none, and where it is too long."""
    if not reason.strip():
        raise refuse(ask, key="reason", row=row)
    return fitting(reason, row)


def fitting(reason: str, row: models.Model | None = None) -> str:
    """A reason that may be empty, as it is kept; raises Refused where it is too long."""
    text = reason.strip()
    if len(text) > MOST:
        raise refuse(f"理由共{len(text)}字,请压缩到{MOST}字以内", key="reason", row=row)
    return text
