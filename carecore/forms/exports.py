"""What is asked before a list with full numbers leaves the house."""

from __future__ import annotations

from django import forms


class FullListForm(forms.Form):
    """Why and to whom a list with full numbers is given."""

    recipient = forms.CharField(label="提供给", max_length=100)
    reason = forms.CharField(label="用途", max_length=200)
