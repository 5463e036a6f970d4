"""The people register as a list; numbers are masked, here and in its export."""

from __future__ import annotations

import django_tables2 as tables

from carecore.filters import SearchFilter, StateFilter
from carecore.lists.filters import RegisterFilterSet, SubtreeFilter
from carecore.models import Person
from carecore.models.people import PersonStatus
from carecore.tables import IdColumn, StateColumn, Table

STATUS_TONES = {
    PersonStatus.IN_POST: "good", PersonStatus.RETIRED: "neutral", PersonStatus.RETIRED_CADRE: "neutral",
    PersonStatus.LEFT: "warn", PersonStatus.DEAD: "neutral",
}  # fmt: skip


class PersonTable(Table):
    name = tables.Column("姓名", linkify=("person_detail", [tables.A("pk")]))
    unit = tables.Column("单位", accessor="unit__name")
    sex = tables.Column("性别", default="")
    post = tables.Column("职务(岗位)", default="")
    id_number = IdColumn(verbose_name="身份证号", default="")
    phone = IdColumn(verbose_name="联系电话", default="")
    status = StateColumn(verbose_name="状态", tones=STATUS_TONES)

    class Meta(Table.Meta):
        order_by = "pinyin"


class PersonFilter(RegisterFilterSet):
    q = SearchFilter("姓名、拼音或首字母")
    unit = SubtreeFilter()
    status = StateFilter("status", choices=PersonStatus)

    class Meta:
        model = Person
        fields = ["q", "unit", "status"]
