"""An upload, its preview and its result in a browser: readable by all, in three widths, with scripts and without."""

import pytest

from carecore.models import Unit
from tests.browser.chromium import DESKTOP, PHONE, SMALL, overflow, resize, violations
from tests.carecore.sheets.workbooks import workbook

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEADER = ("单位代码", "单位名称", "上级单位代码", "单位类别")
ROWS = (HEADER, ("379931", "滨海市重大项目推进服务中心", "3799", "机关"), ("379932", "", "3799", "工厂"))


@pytest.fixture(params=[True, False], ids=["with scripts", "without"])
def page(request, cast, signed_in):
    return signed_in(cast.org_officer, java_script_enabled=request.param), request.param


def look(page):
    """What is wrong with a page; axe itself is a script."""
    found = []
    for size in (PHONE, SMALL, DESKTOP):
        resize(page, size)
        found += overflow(page)
    return found + violations(page)


def test_a_file_is_uploaded_looked_at_and_imported(page, tmp_path):
    page, scripts = page
    path = tmp_path / "单位.xlsx"
    path.write_bytes(workbook(*ROWS))
    page.goto("/units/import/")
    page.locator("[name=file]").set_input_files(path)
    page.get_by_role("button", name="上传并预览").click()
    assert page.get_by_role("heading", level=1).inner_text() == "导入单位目录预览"
    assert page.get_by_role("region", name="不予导入的行").get_by_role("cell").nth(1).inner_text() == "3"
    assert not scripts or look(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="下载问题表").click()
    assert download.value.suggested_filename == "问题-单位.xlsx"
    page.get_by_role("button", name="确认导入").click()
    assert page.get_by_role("heading", level=1).inner_text() == "导入单位目录结果"
    assert not scripts or look(page) == []
    assert Unit.objects.filter(code="379931").exists()


def test_a_file_that_cannot_be_read_says_why_beside_its_field(page, tmp_path):
    page, scripts = page
    path = tmp_path / "别的.csv"
    path.write_text("甲,乙\n1,2", encoding="utf-8")
    page.goto("/units/import/")
    page.locator("[name=file]").set_input_files(path)
    page.get_by_role("button", name="上传并预览").click()
    assert "没有找到表头" in page.locator("#id_file_error").inner_text()
    assert not scripts or look(page) == []
