"""Pages of attachments: filed by whoever works, seen within one's units, sent and never shown."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from carecore import papers
from carecore.models import Attachment, AuditEvent

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 scan"


def upload(name="表彰 决定.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def paper(city, cast):
    return papers.attach(by=cast.clerk, unit=city.a, title="表彰决定", purpose="佐证材料", upload=upload())


@pytest.fixture
def clerk(client, cast):
    client.force_login(cast.clerk)
    return client


def test_a_file_is_filed_once(clerk, city):
    assert clerk.get("/attachments/new/").status_code == 200
    sent = {"request_id": str(uuid.uuid4()), "unit": "甲局", "title": "决定", "purpose": "佐证材料"}
    first = clerk.post("/attachments/new/", {**sent, "upload": upload()})
    second = clerk.post("/attachments/new/", {**sent, "upload": upload()})
    paper = Attachment.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == f"/attachments/{paper.pk}/"
    page = clerk.get(f"/attachments/{paper.pk}/").content.decode()
    assert paper.sha256 in page and "上传附件" in page


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"upload": upload("a.exe", b"MZ")}, 409),
        ({"upload": upload("a.pdf", b"")}, 400),
        ({"upload": ""}, 400),
        ({"unit": "乙局"}, 400),
        ({"title": ""}, 400),
        ({"request_id": "x"}, 400),
    ],
)
def test_what_is_no_paper_is_refused(clerk, city, wrong, status):
    sent = {"unit": "甲局", "title": "决定", "purpose": "佐证材料", "upload": upload(), **wrong}
    assert clerk.post("/attachments/new/", sent).status_code == status
    assert not Attachment.objects.exists()


def test_a_file_is_sent_under_its_own_name_and_recorded(clerk, cast, paper):
    answer = clerk.get(f"/attachments/{paper.pk}/file/")
    assert answer.getvalue() == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    name = "%E8%A1%A8%E5%BD%B0%20%E5%86%B3%E5%AE%9A.pdf"
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"
    event = AuditEvent.objects.get(action="download")
    assert (event.by, event.object_id) == (cast.clerk, paper.pk)


def test_a_file_elsewhere_does_not_exist(client, cast, paper):
    client.force_login(cast.clerk_b)
    for path in ("", "file/"):
        assert client.get(f"/attachments/{paper.pk}/{path}").status_code == 404
    assert "表彰决定" not in client.get("/attachments/").content.decode()
    client.force_login(cast.admin)
    assert client.get(f"/attachments/{paper.pk}/file/").status_code == 403


def test_an_auditor_reads_and_files_nothing(client, cast, paper):
    client.force_login(cast.auditor)
    page = client.get("/attachments/").content.decode()
    assert "表彰决定" in page and "/attachments/new/" not in page
    sent = {"unit": "甲局", "title": "决定", "purpose": "佐证材料", "upload": upload()}
    assert client.post("/attachments/new/", sent).status_code == 403


@pytest.mark.parametrize(("query", "found"), [("q=表彰", True), ("q=决定.pdf", True), ("q=没有", False)])
def test_attachments_are_searched(clerk, paper, query, found):
    page = clerk.get(f"/attachments/?{query}").content.decode()
    assert (f"/attachments/{paper.pk}/" in page) == found


def test_queries_do_not_grow_with_the_attachments(clerk, city, cast, paper, queries_of):
    one = queries_of(clerk, "/attachments/")
    for _ in range(2):
        papers.attach(by=cast.lead, unit=city.a_office, title="另一份", purpose="佐证材料", upload=upload())
    assert queries_of(clerk, "/attachments/") == one
