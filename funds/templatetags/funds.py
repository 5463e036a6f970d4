"""What templates of any business that pays through funds may need."""

from typing import Any

from django import template

from carecore.models import Record
from funds import queries

register = template.Library()


@register.inclusion_tag("funds/_vouchers.html", takes_context=True)
def vouchers_of(context: dict[str, Any], document: Record) -> dict[str, Any]:
    """The vouchers that a document caused, each with a link, as far as the user may see them; one query."""
    return {"vouchers": queries.vouchers_of(context["user"], document)}
