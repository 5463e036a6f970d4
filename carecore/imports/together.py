"""Importers whose rows go in together: what one row does to the others only the verb itself can tell."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar

from carecore.imports.contract import Importer, Outcome, Status
from carecore.imports.rehearsal import rehearse
from carecore.workflow import Refused

D = TypeVar("D")
DONE = {Status.NEW, Status.CHANGED}


class TogetherImport(Importer[D]):
    """The rows that are new or changed are carried out by one verb; what refuses it refuses them all."""

    together: ClassVar[str] = "本表一并登记"

    @abstractmethod
    def compared(self, drafts: Sequence[D]) -> list[Outcome]:
        """What each draft would be by itself, in their order, in a constant number of queries."""

    @abstractmethod
    def carry_out(self, drafts: Sequence[D]) -> None:
        """The verb for the drafts that are new or changed."""

    def check(self, drafts: Sequence[D]) -> list[Outcome]:
        outcomes = self.compared(drafts)
        try:
            rehearse(lambda: self._carry_out(drafts, outcomes))
        except Refused as refusal:
            whole = [replace(f, message=f"{self.together},未通过:{f.message}") for f in refusal.findings]
            return [
                o if o.status == Status.UNCHANGED else Outcome(Status.REJECTED, (*o.findings, *whole)) for o in outcomes
            ]
        return outcomes

    def commit(self, drafts: Sequence[D]) -> list[Outcome]:
        outcomes = self.compared(drafts)
        self._carry_out(drafts, outcomes)
        return outcomes

    def _carry_out(self, drafts: Sequence[D], outcomes: Sequence[Outcome]) -> None:
        wanted = [draft for draft, outcome in zip(drafts, outcomes, strict=True) if outcome.status in DONE]
        if wanted:
            self.carry_out(wanted)
