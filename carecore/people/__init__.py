"""The people register: persons, the facts about them, reveals, and numbers registered twice."""

from carecore.people.duplicates import Duplicate, open_duplicates, settle_duplicate
from carecore.people.facts import (
    AppraisalDraft,
    HonourDraft,
    ServiceDraft,
    add_appraisals,
    add_fact,
    add_honours,
    add_service,
    amend_fact,
    judge_facts,
)
from carecore.people.persons import amend_person, reveal, transfer_person
from carecore.people.register import PersonDraft, judge_people, newcomer, register_people

__all__ = [
    "AppraisalDraft", "Duplicate", "HonourDraft", "PersonDraft", "ServiceDraft", "add_appraisals", "add_fact",
    "add_honours", "add_service", "amend_fact", "amend_person", "judge_facts", "judge_people", "newcomer",
    "open_duplicates", "register_people", "reveal", "settle_duplicate", "transfer_person",
]  # fmt: skip
