"""The columns by which every sheet names a person."""

from __future__ import annotations

from carecore.imports.sheet import Cell, Sheet
from carecore.sheets import cells

UNITS = ("单位", "单位名称", "所在单位", "工作单位", "推荐单位", "所属单位", "部门", "科室")
PHONES = ("联系电话", "手机", "手机号码", "手机号", "电话", "联系方式")
POSTS = ("职务(岗位)", "职务", "岗位", "职务/岗位", "工种", "职务职级")


class NamedSheet(Sheet):
    """单位、姓名、身份证号 under the headings that offices use."""

    unit = Cell(*UNITS, fill_down=True)
    name = Cell("姓名", "职工姓名", "人员姓名", "名字", parse=cells.person_name, required=True)
    id_number = Cell(
        "身份证号", "身份证号码", "身份证", "证件号码", "公民身份号码", "居民身份证号", parse=cells.id_number,
        private=True,
    )  # fmt: skip
