"""The commands import_sheet and export: the pages' own code from the command line."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command
from python_calamine import CalamineWorkbook

from carecore.models import AuditEvent, Person, Unit
from tests import build
from tests.carecore.sheets.workbooks import workbook

HEADER = ("单位代码", "单位名称", "上级单位代码", "单位类别")
ROWS = (HEADER, ("01", "丁局", "3799", "机关"), ("02", "", "3799", "工厂"), ("合计", "2", "", ""))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "单位.xlsx"
    path.write_bytes(workbook(*ROWS))
    return path


def run(*arguments, **options):
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_import_sheet_prints_its_report_and_changes_nothing(cast, file):
    units = Unit.objects.count()
    report = json.loads(run("import_sheet", "units", str(file), "--user", "org_officer", "--json"))
    assert set(report) == {
        "rows", "accepted", "new", "changed", "unchanged", "rejected", "skipped", "warnings", "sha256", "committed",
    }  # fmt: skip
    assert (report["rows"], report["accepted"], report["new"], report["skipped"]) == (2, 1, 1, 1)
    assert report["committed"] is False
    [entry] = report["rejected"]
    assert (entry["sheet"], entry["row"], entry["column"], entry["code"]) == ("表", 3, "单位名称", "required")
    assert Unit.objects.count() == units


def test_import_sheet_commits_and_says_where_it_came_from(cast, file):
    said = run("import_sheet", "units", str(file), "--user", "org_officer", "--commit")
    assert said.splitlines()[0] == "数据行 2 = 新增 1 + 变更 0 + 无变化 0 + 不予导入 1;另跳过非数据行 1"
    assert "不予导入 表第3行“单位名称”:“单位名称”为空,请填写" in said
    assert said.splitlines()[-1] == "已导入"
    assert Unit.objects.filter(code="01").exists()
    event = AuditEvent.objects.get(action="import_sheet")
    assert (event.source, event.by) == ("命令 import_sheet", cast.org_officer)


def test_import_sheet_takes_targets_beside_the_file(cast, city, tmp_path):
    path = tmp_path / "人员.csv"
    path.write_text("姓名,身份证号\n张三," + build.id_number("19790404", 55), encoding="utf-8")
    with pytest.raises(CommandError, match=r"没有写明单位.*\(unit\)"):
        run("import_sheet", "people", str(path), "--user", "clerk")
    run("import_sheet", "people", str(path), "--user", "clerk", "--into", "unit=甲局一所", "--commit")
    assert Person.objects.get(name="张三").unit == city.a_office


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("units", "没有的文件.xlsx", "--user", "org_officer"), "无法读取文件"),
        (("units", "{file}", "--user", "nobody"), "没有登录名为“nobody”的启用账号"),
        (("nothing", "{file}", "--user", "org_officer"), "没有“nothing”这一类"),
        (("units", "{file}", "--user", "clerk"), "您没有“维护单位目录”权限"),
        (("units", "{file}", "--user", "org_officer", "--into", "year"), "应写作 KEY=VALUE"),
        (("people", "{file}", "--user", "org_officer"), "没有找到表头"),
    ],
)
def test_import_sheet_says_what_is_wrong(cast, file, arguments, said):
    with pytest.raises(CommandError, match=said):
        run("import_sheet", *(argument.format(file=file) for argument in arguments))


def test_export_writes_what_its_user_may_see(cast, city, tmp_path):
    path = tmp_path / "units.csv"
    assert run("export", "units", str(path), "--user", "clerk") == f"单位:2 条,已写入 {path}\n"
    names = [row["单位名称"] for row in csv.DictReader(path.open(encoding="utf-8-sig"))]
    assert sorted(names) == ["甲局", "甲局一所"]
    assert AuditEvent.objects.get(action="export").by == cast.clerk


def test_export_without_a_user_is_the_operators_own(cast, city, tmp_path):
    path = tmp_path / "units.xlsx"
    run("export", "units", str(path))
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert len(rows) == 1 + Unit.objects.count()
    event = AuditEvent.objects.get(action="export")
    assert (event.by, event.source) == (None, "命令 export")


def test_export_takes_the_lists_own_filters(cast, city, tmp_path):
    path = tmp_path / "people.csv"
    build.person(city.a, "张三丰")
    assert run("export", "people", str(path), "--user", "auditor", "--filter", "q=zsf").startswith("人员:1 条")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing", "{path}"), "没有名为“nothing”的列表"),
        (("people", "{path}", "--filter", "qq=zs"), "没有筛选项“qq”"),
        (("people", "{path}", "--filter", "status=没有"), "筛选条件有误"),
        (("people", "{path}/no/file.csv"), "无法写入文件"),
        (("people", "{path}", "--format", "beancount"), "人员不能导出为“beancount”,可用:xlsx、csv"),
    ],
)
def test_export_says_what_is_wrong(cast, tmp_path, arguments, said):
    with pytest.raises(CommandError, match=said):
        run("export", *(argument.format(path=tmp_path / "x.csv") for argument in arguments))
