"""Forms of sanatoria and their reviews."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms

from carecore import clock
from carecore.forms.fields import DayField
from carecore.forms.limits import show
from carecore.models import Unit
from carecore.policy import Rulebook
from sanatorium.models import Venue
from sanatorium.models.venues import USUAL_TAGS

PLACES = {"本市": (True, True), "省内": (False, True), "省外": (False, False)}


class VenueForm(forms.Form):
    """What is known of a sanatorium; where it lies decides on days, reasons and caps of its batches."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label="名称", max_length=100)
    address = forms.CharField(label="地址", max_length=200)
    place = forms.ChoiceField(label="所在地", choices=[(place, place) for place in PLACES], initial="省内")
    in_paired_region = forms.BooleanField(label="在结对地区", required=False)
    union_owned = forms.BooleanField(label="工会系统所属", required=False, initial=True)
    tags = forms.MultipleChoiceField(
        label="资源特色", required=False, choices=[(tag, tag) for tag in USUAL_TAGS],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    other_tags = forms.CharField(label="其他特色", required=False, max_length=60, help_text="多项以“、”分隔")
    capacity = forms.IntegerField(label="接待能力(人)", min_value=1, max_value=32767)
    contact = forms.CharField(label="联系人", max_length=50, required=False)
    contact_phone = forms.CharField(label="联系电话", max_length=30, required=False)

    def __init__(self, *args: Any, unit: Unit, venue: Venue | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(venue)
        super().__init__(*args, **kwargs)
        if venue is not None:
            del self.fields["request_id"]
        book = Rulebook(clock.today())
        self.fields["place"].rule_keys = ("in_city", "in_province")
        show(self.fields["place"], book, unit, "sanatorium.out_of_province")
        show(self.fields["union_owned"], book, unit, "sanatorium.union_venue")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        others = re.split(r"[、,,;;\s]+", data.get("other_tags") or "")
        data["all_tags"] = "、".join(dict.fromkeys([*data.get("tags", []), *filter(None, others)]))
        return data

    @property
    def facts(self) -> dict[str, Any]:
        """The cleaned form as the facts that `apply_venue` and `amend_venue` take."""
        data = self.cleaned_data
        in_city, in_province = PLACES[data["place"]]
        names = ("name", "address", "in_paired_region", "union_owned", "capacity", "contact", "contact_phone")
        return {
            **{name: data[name] for name in names},
            "in_city": in_city, "in_province": in_province, "tags": data["all_tags"],
        }  # fmt: skip


def _initial(venue: Venue | None) -> dict[str, Any]:
    if venue is None:
        return {"request_id": uuid.uuid4()}
    names = ("name", "address", "in_paired_region", "union_owned", "capacity", "contact", "contact_phone")
    place = next(name for name, where in PLACES.items() if where == (venue.in_city, venue.in_province))
    usual = [tag for tag in venue.tag_list if tag in USUAL_TAGS]
    others = "、".join(tag for tag in venue.tag_list if tag not in USUAL_TAGS)
    return {
        **{name: getattr(venue, name) for name in names}, "place": place, "tags": usual, "other_tags": others
    }  # fmt: skip


class ReviewForm(forms.Form):
    """A scored inspection, out of 100 (BZ-16)."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    reviewed_on = DayField(label="考察日期")
    score = forms.IntegerField(label="得分", min_value=0, max_value=100, help_text="满分100分")
    reviewers = forms.CharField(label="考察人员", max_length=100)
    opinion = forms.CharField(label="考察意见", max_length=2000, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, venue: Venue, **kwargs: Any) -> None:
        kwargs["initial"] = {"request_id": uuid.uuid4(), "reviewed_on": clock.today()}
        super().__init__(*args, **kwargs)
        show(self.fields["score"], Rulebook(clock.today()), venue.unit, "sanatorium.venue_review_score")
