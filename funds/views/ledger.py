"""The ledger of the funds that a list shows, whole: what an outsider checks with beancount."""

from __future__ import annotations

from typing import IO

from django.http import QueryDict

from carecore.models import User
from funds.resources import beancount
from funds.views.funds import FundList


class LedgerExport(FundList):
    """No page of its own: `manage.py export ledger FILE`; the filters are those of the list of funds."""

    title, formats = "专项资金账簿", ("beancount",)

    def write_export(self, user: User, params: QueryDict, format: str, stream: IO[bytes]) -> int:
        filterset, _ = self.select(user, params)
        count = beancount.write(stream, self.title, filterset.qs)
        self.record_export(user, params, format, count)
        return count
