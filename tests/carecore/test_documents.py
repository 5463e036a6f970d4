"""From the kind and number of a document to its page: named by its app, open to whoever sees the row."""

import pytest

from carecore import documents
from sanatorium.models import Venue
from tests import build


@pytest.fixture
def batch(city, cast):
    plan = build.plan(city.root)
    return build.batch(plan, build.venue(city.root), cast.union_officer)


def test_a_document_leads_to_its_page_for_whoever_sees_it(batch, cast):
    found = documents.link(cast.auditor, "sanatorium.batch", batch.pk)
    assert (str(found), found.url) == (f"批次 {batch.pk}", f"/sanatorium/batches/{batch.pk}/")


@pytest.mark.parametrize(
    ("label", "name"),
    [("sanatorium.venue", Venue._meta.verbose_name), ("visits.gone", "visits.gone"), ("nonsense", "nonsense")],
)
def test_a_kind_without_a_page_is_named_only(db, cast, label, name):
    found = documents.link(cast.auditor, label, 7)
    assert (str(found), found.url) == (f"{name} 7", "")


def test_what_one_does_not_see_has_no_address(batch, treasury):
    """The batch of the city has nobody of 乙局 in it."""
    assert documents.link(treasury.applicant_b, "sanatorium.batch", batch.pk).url == ""


def test_every_document_that_is_named_has_a_page_and_says_who_sees_it():
    assert ("sanatorium.batch", "批次") in documents.kinds()
    for label, route in documents.routes().items():
        model = documents.apps.get_model(label)
        assert hasattr(model._default_manager, "visible_to"), label
        assert documents.reverse(route, args=[1])
