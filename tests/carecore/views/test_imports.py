"""The import pages: upload → preview → confirm; whose file, which answer to what, what is left in the storage."""

import io
import json

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from carecore.access import Role
from carecore.imports import uploads
from carecore.models import Appointment, AuditEvent, Unit
from tests import build
from tests.carecore.sheets.workbooks import workbook

HEADER = ("单位代码", "单位名称", "上级单位代码", "单位类别")
GOOD, BAD = ("01", "甲局", "3799", "机关"), ("02", "", "3799", "工厂")


@pytest.fixture
def root(db):
    return build.unit("滨海市", code="3799")


@pytest.fixture
def keeper(root, client):
    user = build.user("keeper", root, Role.ORG_OFFICER, person=build.person(root, "组织经办"))
    client.force_login(user)
    return user


def upload(client, *rows, name="单位.xlsx", **headers):
    file = io.BytesIO(workbook(*rows))
    file.name = name
    return client.post(reverse("unit_import"), {"file": file}, headers=headers)


def commit_url(preview):
    return f"{preview.url}commit/"


def test_the_index_offers_what_the_user_may_import(keeper, client, root):
    assert client.get(reverse("import_index")).context["importers"] == [
        ("单位目录", "/units/import/"), ("人员名册", "/people/import/"),
        ("年度考核", "/people/appraisals/import/"), ("荣誉", "/people/honours/import/"),
        ("推荐人选", "/sanatorium/nominations/import/"), ("困难档案", "/visits/cases/import/"),
        ("老党员和生活困难党员名册", "/visits/cases/party/import/"),
        ("走访慰问金发放签领表", "/visits/visits/import/"),
    ]  # fmt: skip
    client.force_login(build.user("auditor", root, Role.AUDITOR))
    assert "您没有可以导入的表格" in client.get(reverse("import_index")).text


def test_the_upload_page_names_the_columns(keeper, client):
    page = client.get(reverse("unit_import"))
    assert page.status_code == 200
    assert "上级单位代码" in page.text and "单位编码、机构代码、代码" in page.text


def test_an_upload_stores_nothing_and_leads_to_its_preview(keeper, client):
    answer = upload(client, HEADER, GOOD, BAD)
    assert (answer.status_code, Unit.objects.count()) == (302, 1)
    page = client.get(answer.url)
    assert page.status_code == 200
    report = page.context["report"]
    assert (report.rows, report.new, len(report.rejected), report.committed) == (2, 1, 1, False)
    assert "“单位名称”为空,请填写" in page.text
    assert page.context["upload"].sample == [["新增", "01", "甲局", "3799", "机关"]]


def test_the_confirmed_preview_is_what_is_committed(keeper, client):
    preview = upload(client, HEADER, GOOD, BAD)
    answer = client.post(commit_url(preview))
    assert (answer.status_code, answer.url) == (302, preview.url)
    assert set(Unit.objects.values_list("code", flat=True)) == {"3799", "01"}
    page = client.get(preview.url)
    assert page.context["report"].committed
    assert "已导入。数据行 2 = 新增 1 + 变更 0 + 无变化 0 + 不予导入 1。" in page.text
    assert commit_url(preview) not in page.text


def test_a_second_click_imports_nothing_more(keeper, client):
    preview = upload(client, HEADER, GOOD)
    client.post(commit_url(preview))
    assert client.post(commit_url(preview)).status_code == 302
    assert AuditEvent.objects.filter(action="import_sheet").count() == 1


def test_what_changed_since_the_preview_is_answered_with_409(keeper, client, root):
    preview = upload(client, HEADER, GOOD)
    build.unit("甲局", root, code="01")
    answer = client.post(commit_url(preview))
    assert answer.status_code == 409
    assert "请重新上传并核对预览" in answer.text
    assert Unit.objects.count() == 2


def test_a_stored_file_that_was_changed_is_answered_with_409(keeper, client):
    preview = upload(client, HEADER, GOOD)
    name = uploads._path(preview.url.rstrip("/").rpartition("/")[2])
    default_storage.delete(name)
    default_storage.save(name, io.BytesIO(workbook(HEADER, GOOD, ("03", "丙局", "3799", "机关"))))
    assert client.post(commit_url(preview)).status_code == 409
    assert Unit.objects.count() == 1


def test_a_right_that_ended_since_the_preview_is_a_403(keeper, client):
    preview = upload(client, HEADER, GOOD)
    Appointment.objects.update(role=Role.AUDITOR)
    assert client.post(commit_url(preview)).status_code == 403
    assert Unit.objects.count() == 1


def test_a_preview_is_its_users_own(keeper, client, root):
    preview = upload(client, HEADER, GOOD)
    client.force_login(build.user("other", root, Role.ORG_OFFICER))
    for url in (preview.url, f"{preview.url}problems/"):
        assert client.get(url).status_code == 404
    assert client.post(commit_url(preview)).status_code == 404


@pytest.mark.parametrize("token", ["x", "..", "20260511-" + "0" * 48, "20260511-" + "0" * 47 + "G"])
def test_an_upload_that_does_not_exist_is_a_404(keeper, client, token):
    assert client.get(f"{reverse('unit_import')}{token}/").status_code == 404


def test_the_problem_workbook_holds_the_refused_rows_with_their_reasons(keeper, client):
    preview = upload(client, ("单位目录",), HEADER, GOOD, BAD)
    answer = client.get(f"{preview.url}problems/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[1] == [*HEADER, "问题"]
    assert rows[2][:4] == ["02", "", "3799", "工厂"]
    assert rows[2][4].startswith("“单位名称”为空,请填写;")
    assert len(rows) == 3
    event = AuditEvent.objects.get(action="export")
    assert json.loads(event.detail)["rows"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "所提交的是空文件"),
        (b"PK\x03\x04 not a workbook", ""),
        ("姓名,电话\n张三,1".encode(), "没有找到表头"),
        (b"\x00\x01\x02\x03", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_a_400_with_a_plain_word(keeper, client, content, said):
    file = io.BytesIO(content)
    file.name = "文件.csv"
    answer = client.post(reverse("unit_import"), {"file": file})
    assert answer.status_code == 400
    assert said in answer.text and "没有保存" in answer.text


def test_no_file_and_too_large_a_file_are_field_errors(keeper, client, settings):
    assert client.post(reverse("unit_import")).status_code == 400
    settings.CARE_MAX_UPLOAD = 100
    answer = upload(client, HEADER, GOOD)
    assert answer.status_code == 400 and "请拆分后上传" in answer.text


def test_json_answers(keeper, client):
    accept = {"accept": "application/json"}
    answer = upload(client, HEADER, GOOD, **accept)
    body = answer.json()
    assert (body["ok"], body["new"], body["committed"]) == (True, 1, False)
    done = client.post(f"{body['url']}commit/", headers=accept).json()
    assert (done["ok"], done["new"], done["committed"]) == (True, 1, True)
    wrong = upload(client, ("甲", "乙"), GOOD, **accept)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "fields")
    assert client.get(reverse("unit_import")).status_code == 200


def test_whoever_may_not_import_gets_a_403_and_a_guest_the_sign_in_page(root, client):
    assert client.get(reverse("unit_import")).url.startswith("/accounts/login/")
    client.force_login(build.user("auditor", root, Role.AUDITOR))
    assert client.get(reverse("unit_import")).status_code == 403


def test_the_bytes_are_removed_once_they_are_imported(keeper, client):
    preview = upload(client, HEADER, GOOD)
    path = uploads._path(preview.url.rstrip("/").rpartition("/")[2])
    assert default_storage.exists(path)
    client.post(commit_url(preview))
    assert not default_storage.exists(path)


def test_files_left_lying_are_removed_after_a_day(keeper, client, today):
    old = upload(client, HEADER, GOOD)
    today.move_to("2026-05-12 10:00:00+08:00")
    client.force_login(keeper)
    kept = upload(client, HEADER, GOOD)
    assert client.get(old.url).status_code == 200
    today.move_to("2026-05-13 10:00:00+08:00")
    client.force_login(keeper)
    upload(client, HEADER, GOOD)
    assert client.get(old.url).status_code == 404
    assert client.get(kept.url).status_code == 200


def test_a_long_file_runs_as_jobs_that_lead_to_the_same_pages(keeper, client, settings):
    settings.CARE_IMPORT_ROWS_AT_ONCE = 1
    answer = upload(client, HEADER, GOOD, ("02", "乙局", "3799", "机关"))
    job = keeper.jobs.get()
    assert answer.url == reverse("job_detail", args=[job.pk])
    assert (job.state, job.message, job.total) == ("完成", "校验完成:2 行,可导入 2 行,不予导入 0 行", 2)
    preview = job.arguments["next"]
    assert client.get(preview).context["report"].new == 2
    assert Unit.objects.count() == 1
    client.post(f"{preview}commit/")
    done = keeper.jobs.first()
    assert (done.state, done.message) == ("完成", "已导入:新增 2 行,变更 0 行,无变化 0 行")
    assert Unit.objects.count() == 3
    assert client.get(done.arguments["next"]).context["report"].committed


def test_a_job_whose_preview_no_longer_holds_fails_with_the_reason(keeper, client, settings, root):
    settings.CARE_IMPORT_ROWS_AT_ONCE = 1
    upload(client, HEADER, GOOD, ("02", "乙局", "3799", "机关"))
    preview = keeper.jobs.get().arguments["next"]
    build.unit("甲局", root, code="01")
    client.post(f"{preview}commit/")
    done = keeper.jobs.first()
    assert done.state == "失败" and "请重新上传并核对预览" in done.message
    assert not Unit.objects.filter(code="02").exists()
