"""A verb on thirty applications runs as many queries as on three: locks, checks, writes and events go in sets."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore import audit
from funds.workflow import applications
from tests import build

FEW, MANY = 3, 30


@pytest.fixture
def counted(treasury, city):
    """How many statements a call runs; what is read once a process is read beforehand."""
    audit.record_access(by=None, action="warm")
    for user in vars(treasury).values():
        assert user.appointments_today

    def count(call, *arguments):
        with CaptureQueriesContext(connection) as queries:
            call(*arguments)
        asked = [query["sql"] for query in queries]
        # An INSERT of many rows that SQLite takes in two parts counts once.
        return [
            sql[:150] for sql, before in zip(asked, ["", *asked], strict=False)
            if not (sql.startswith("INSERT") and sql[:100] == before[:100])
        ]  # fmt: skip

    return count


@pytest.fixture
def crowd(asks, money, city):
    build.rule(city.root, "funds.amount_person_year", {"生活困难党员帮扶": "900"})
    money.come("90000.00")

    def make(how, number):
        return [getattr(asks, how)(amount="10.00", subject=f"申请{index}") for index in range(number)]

    return make


def test_accepting_many(treasury, crowd, counted):
    def accept(rows):
        applications.accept(by=treasury.fund_office, rows=rows)

    few, many = (counted(accept, crowd("applied", number)) for number in (FEW, MANY))
    assert len(few) == len(many), "\n".join(many)


def test_a_meeting_on_many(asks, crowd, counted):
    def meet(number, rows):
        asks.meeting(*((row, "9.00") for row in rows), number=number)

    few, many = (counted(meet, f"第{number}次", crowd("accepted", number)) for number in (FEW, MANY))
    assert len(few) == len(many), "\n".join(many)


def test_an_application_for_many_people(treasury, asks, crowd, counted, city):
    def bring(lines):
        row = asks.draft(*lines)
        row = applications.amend_application(by=treasury.applicant, application=row, subject="改写")
        row = applications.apply(by=treasury.applicant, application=row)
        applications.accept(by=treasury.fund_office, rows=[row])

    few, many = (
        counted(bring, [asks.line(f"人{index}", "10.00") for index in range(number)]) for number in (FEW, MANY)
    )
    assert len(few) == len(many), "\n".join(many)
