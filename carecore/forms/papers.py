"""The forms of an attachment."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings

from carecore.forms.fields import UnitField
from carecore.models import User
from carecore.papers import ALLOWED, KINDS


class AttachmentForm(forms.Form):
    """A file with what it is and what it is for."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="单位", help_text="填写单位代码或名称")
    title = forms.CharField(label="名称", max_length=100, help_text="如 市劳动模范表彰决定")
    purpose = forms.CharField(label="用途", max_length=30, initial="佐证材料")
    upload = forms.FileField(label="文件", max_length=150)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, initial={"request_id": uuid.uuid4()}, **kwargs)
        self.fields["unit"].for_user(user)
        self.fields["upload"].help_text = f"{ALLOWED},不超过{settings.CARE_MAX_UPLOAD // 2**20}MB"


class PaperForm(forms.Form):
    """One scanned paper."""

    title = forms.CharField(label="材料名称", max_length=100)
    upload = forms.FileField(
        label="文件", widget=forms.FileInput({"accept": ",".join(KINDS)}), help_text=ALLOWED
    )
