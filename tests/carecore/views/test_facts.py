"""Forms of the facts about a person."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from carecore.models import Appraisal, Attachment, Honour, ServicePeriod
from tests import build

pytestmark = pytest.mark.django_db
SENT = {
    "appraisals": {"year": "2025", "grade": "优秀"},
    "honours": {"title": "市劳动模范", "level": "市级", "awarded_on": "2025-04-28"},
    "service": {"unit": "甲局", "post": "科员", "starts_on": "2020-01-01"},
}
MODELS = {"appraisals": Appraisal, "honours": Honour, "service": ServicePeriod}


@pytest.fixture
def person(city):
    return build.person(city.a, "李四")


@pytest.fixture
def clerk(client, cast):
    client.force_login(cast.clerk)
    return client


def paper(content=b"%PDF-1.7 scan"):
    return SimpleUploadedFile("决定.pdf", content)


@pytest.mark.parametrize("kind", SENT)
def test_a_fact_is_registered_once_with_its_paper(clerk, person, kind):
    path = f"/people/{person.pk}/{kind}/new/"
    assert clerk.get(path).status_code == 200
    answer = clerk.post(path, {**SENT[kind], "upload": paper()})
    assert answer.headers["Location"] == f"/people/{person.pk}/"
    fact = MODELS[kind].objects.get()
    assert (fact.person, fact.evidence.title, fact.evidence.unit) == (person, "李四佐证材料", person.unit)
    assert f"/attachments/{fact.evidence.pk}/file/" in clerk.get(f"/people/{person.pk}/").content.decode()
    again = clerk.post(path, SENT[kind])
    assert again.status_code == 409 and "该事项已经登记" in again.content.decode()


@pytest.mark.parametrize("kind", SENT)
def test_a_fact_is_corrected(clerk, person, kind):
    clerk.post(f"/people/{person.pk}/{kind}/new/", {**SENT[kind], "upload": paper()})
    fact = MODELS[kind].objects.get()
    path = f"/people/{kind}/{fact.pk}/edit/"
    assert "现有:李四佐证材料" in clerk.get(path).content.decode()
    changed = {"appraisals": {"grade": "称职"}, "honours": {"level": "省级"}, "service": {"post": "科长"}}[
        kind
    ]
    assert clerk.post(path, {**SENT[kind], **changed, "version": 1}).status_code == 302
    kept = MODELS[kind].objects.get()
    ((name, value),) = changed.items()
    assert (getattr(kept, name), kept.evidence, kept.version) == (value, fact.evidence, 2)
    assert clerk.post(path, {**SENT[kind], "version": 1}).status_code == 409


def test_a_refused_fact_leaves_no_paper(clerk, person):
    path = f"/people/{person.pk}/appraisals/new/"
    clerk.post(path, SENT["appraisals"])
    assert clerk.post(path, {"year": "2025", "grade": "称职", "upload": paper()}).status_code == 409
    assert clerk.post(path, {"year": "2024", "grade": "称职", "upload": paper(b"<html>")}).status_code == 409
    assert Appraisal.objects.count() == 1 and not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("appraisals", {"year": "2027"}),
        ("appraisals", {"year": "99999999999"}),
        ("appraisals", {"grade": "良好"}),
        ("honours", {"title": ""}),
        ("honours", {"awarded_on": "去年"}),
        ("service", {"unit": "乙局"}),
        ("service", {"starts_on": "2026-05-12"}),
        ("service", {"starts_on": ""}),
    ],
)
def test_a_fact_that_makes_no_sense_is_a_400(clerk, person, kind, wrong):
    assert clerk.post(f"/people/{person.pk}/{kind}/new/", {**SENT[kind], **wrong}).status_code == 400


def test_facts_of_other_units_do_not_exist(clerk, client, city, cast, person):
    clerk.post(f"/people/{person.pk}/appraisals/new/", SENT["appraisals"])
    fact = Appraisal.objects.get()
    client.force_login(cast.clerk_b)
    assert client.get(f"/people/appraisals/{fact.pk}/edit/").status_code == 404
    client.force_login(cast.lead)
    assert client.get(f"/people/appraisals/{fact.pk}/edit/").status_code == 403
