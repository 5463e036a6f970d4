"""The list of attachments."""

from __future__ import annotations

import django_tables2 as tables

from carecore.filters import SearchFilter
from carecore.lists.filters import RegisterFilterSet, SubtreeFilter
from carecore.models import Attachment
from carecore.tables import MomentColumn, NumberColumn, Table


class AttachmentTable(Table):
    title = tables.Column("名称", linkify=("attachment_detail", [tables.A("pk")]), orderable=True)
    purpose = tables.Column("用途")
    unit = tables.Column("单位", accessor="unit__name")
    file_name = tables.Column("文件名")
    size = NumberColumn(verbose_name="大小(字节)")
    uploaded_by = tables.Column("上传人", accessor="uploaded_by__name")
    uploaded_at = MomentColumn(verbose_name="上传时间", orderable=True)

    class Meta(Table.Meta):
        order_by = "-pk"


class AttachmentFilter(RegisterFilterSet):
    q = SearchFilter("名称或文件名")
    unit = SubtreeFilter()

    class Meta:
        model = Attachment
        fields = ["q", "unit"]
