"""The form of an upload: the file, and what it may not say itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from carecore.imports.contract import Importer
from carecore.sheets.grids import MEBIBYTE


class UploadForm(forms.Form):
    """A spreadsheet for one importer; its targets may stay empty where the title lines name them."""

    file = forms.FileField(label="表格文件", widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.et,.csv,.txt"}))

    def __init__(self, importer: type[Importer], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = settings.CARE_MAX_UPLOAD // MEBIBYTE
        self.fields["file"].help_text = f"Excel(.xlsx、.xls)或 .csv,不超过 {most} 兆字节"
        for target in importer.targets:
            self.fields[target.key] = forms.CharField(
                label=target.name, required=False, max_length=100,
                help_text=f"标题行已写明(如“{target.example}”)时不用填写",
            )  # fmt: skip

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > settings.CARE_MAX_UPLOAD:
            most = settings.CARE_MAX_UPLOAD // MEBIBYTE
            raise ValidationError(f"文件超过{most}兆字节,请拆分后上传", code="too_large")
        return file

    @property
    def into(self) -> dict[str, str]:
        """The targets that were filled in, by key."""
        return {name: value for name, value in self.cleaned_data.items() if name != "file" and value}
