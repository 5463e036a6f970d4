"""The forms of visits: planning many at once, carrying them out, meeting what was found, paying."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carecore import clock
from carecore.access import Can, scope
from carecore.forms.fields import DayField, PersonField, UnitField
from carecore.forms.limits import show
from carecore.models import Person, Unit, User
from carecore.models.units import within
from carecore.money import MAX_DIGITS, ZERO
from carecore.policy import Rulebook
from visits.forms.campaigns import MoneyFromField, occasion_field
from visits.models import ENDED, Campaign, CampaignState, HardshipCase, VisitForm
from visits.rules.drafts import VisitDraft
from visits.rules.exclusive import EXCLUSIVE
from visits.rules.occasions import CAMPAIGNS, OCCASIONS, labels
from visits.rules.routing import VISITORS
from visits.rules.standards import EACH_TIME, RESOLUTION, YEARLY

MOST = 100  # so many are planned with one form
PERSON, CASE, UNIT = "person", "case", "unit"
KINDS = ((PERSON, "人员"), (CASE, "困难家庭(按困难档案)"), (UNIT, "单位"))
SHOWN = (CAMPAIGNS, OCCASIONS, VISITORS, EACH_TIME, YEARLY, RESOLUTION, EXCLUSIVE)


def _amount(label: str) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=MAX_DIGITS, decimal_places=2, min_value=0, required=False)


def _text(label: str, most: int, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=False, **options)


class CaseField(forms.CharField):
    """A standing hardship file of the user's units, by the name it is about, or by name and number: 张三 #12."""

    def resolve(self, user: User, text: str) -> HardshipCase:
        """The one file that the text names; raises ValidationError for none and for several."""
        name, _, number = text.partition("#")
        rows = HardshipCase.objects.filter(within(scope(user, Can.PLAN_VISITS), "unit__path")).exclude(state__in=ENDED)
        rows = rows.filter(name=name.strip())
        if number.strip():
            number = number.strip()
            rows = rows.filter(pk=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0)
        found = list(rows.select_related("unit", "person__unit")[:2])
        if not found:
            raise ValidationError(f"没有找到“{text}”的困难档案,或不在您的管理范围内", code="unknown")
        if len(found) > 1:
            several = "、".join(f"{row.name} #{row.pk}({row.unit})" for row in found)
            raise ValidationError(f"“{text}”对应不止一份档案:{several},请写明其中之一", code="several")
        return found[0]


class PlanForm(forms.Form):
    """One visit or many alike: whom, why, with how much, by whom."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), label="走访活动", required=False, empty_label="不属于集中走访"
    )
    occasion = forms.CharField(label="走访事由", required=False)
    kind = forms.ChoiceField(label="走访对象类别", choices=KINDS, initial=PERSON)
    targets = forms.CharField(
        label="走访对象", max_length=8000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"每行写一个姓名或单位名称,重名的写“张三 #编号”,最多{MOST}个",
    )  # fmt: skip
    category = _text("慰问类别", 30, help_text="如:重病、困难党员、老党员")
    form = forms.ChoiceField(label="形式", choices=VisitForm)
    event_on = DayField(label="事件日期", required=False)
    visitor = _text("走访人", 100, help_text="不填的按规定拟定")
    money = _amount("慰问金(元)")
    goods = _text("慰问品", 100)
    goods_value = _amount("慰问品折价(元)")
    standard = _amount("党委(党组)确定的标准(元)")
    resolution = _text("党委(党组)决定文号", 60)
    reason = _text("说明理由", 200, help_text="另行安排走访人、同期已有慰问等须写明理由")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"request_id": uuid.uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.user = user
        unit = Unit.objects.get(path=scope(user, Can.PLAN_VISITS)[0])
        book = Rulebook(clock.today(), keys=SHOWN)
        self.fields["campaign"].queryset = Campaign.objects.visible_to(user).filter(state=CampaignState.OPEN)
        names = list(dict.fromkeys([*labels(book, unit, OCCASIONS), *labels(book, unit, CAMPAIGNS)]))
        help_text = "走访活动的不填,以活动节点为准"
        self.fields["occasion"] = occasion_field(names, label="走访事由", required=False, help_text=help_text)
        for field, keys in (
            ("occasion", (OCCASIONS,)), ("visitor", (VISITORS,)), ("money", (YEARLY,)), ("resolution", (RESOLUTION,)),
            ("targets", (EXCLUSIVE,)),
        ):  # fmt: skip
            show(self.fields[field], book, unit, *keys)
        said = book.said(EACH_TIME, unit)[0] or "、".join(
            filter(None, (book.hint(EACH_TIME, unit, case) for case in book.cases(EACH_TIME, unit)))
        )
        self.fields["money"].help_text = said
        self.fields["money"].rule_keys = (*self.fields["money"].rule_keys, EACH_TIME)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("campaign") and not data.get("occasion"):
            self.add_error("occasion", "请选择走访活动或走访事由")
        if "targets" in data and "kind" in data:
            data["found"] = self._found(data["kind"], data["targets"])
        return data

    def _found(self, kind: str, text: str) -> list[Person | HardshipCase | Unit]:
        lines = list(dict.fromkeys(filter(None, map(str.strip, text.splitlines()))))
        if len(lines) > MOST:
            self.add_error("targets", f"共{len(lines)}个,一次最多{MOST}个,请分次安排")
            return []
        found = []
        person, unit = PersonField().for_user(self.user, Can.PLAN_VISITS), UnitField().for_user(self.user, Can.PLAN_VISITS)
        for line in lines:
            try:
                if kind == CASE:
                    found.append(CaseField().resolve(self.user, line))
                else:
                    found.append((person if kind == PERSON else unit).resolve(line))
            except ValidationError as error:
                self.add_error("targets", error)
        return found

    @property
    def drafts(self) -> list[VisitDraft]:
        """A draft for each; the form's one-time number goes with the first."""
        data = self.cleaned_data
        one = VisitDraft(
            target=data["found"][0], occasion=data["occasion"], money=data["money"] or ZERO, goods=data["goods"],
            goods_value=data["goods_value"] or Decimal(0), category=data["category"], form=data["form"],
            event_on=data["event_on"], visitor=data["visitor"], standard=data["standard"],
            resolution=data["resolution"], reason=data["reason"],
        )  # fmt: skip
        drafts = [replace(one, target=target) for target in data["found"]]
        return [replace(drafts[0], request_id=data["request_id"]), *drafts[1:]]


class CarryOutForm(forms.Form):
    """Visits as they were made on one day."""

    done_on = DayField(label="走访日期")
    visitor = _text("走访人", 100, help_text="不填的以安排的走访人为准")
    needs = _text("了解到的需求", 2000, widget=forms.Textarea(attrs={"rows": 3}))
    measure = _text("帮扶措施", 200)
    measure_by = _text("措施责任人", 50)
    measure_due_on = DayField(label="措施完成期限", required=False)
    reason = _text("说明理由", 200, help_text="走访人与规定不同、不在活动期间或逾期的须写明理由")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done_on"].initial = clock.today()
        self.fields["visitor"].rule_keys = (VISITORS,)


class MeetNeedForm(forms.Form):
    """What came of a measure that was promised."""

    done_on = DayField(label="措施完成日期")
    result = forms.CharField(label="办理结果", max_length=200, widget=forms.Textarea(attrs={"rows": 3}))


class PayForm(forms.Form):
    """What visits are paid from; a campaign has its own fund."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    subject = forms.CharField(label="事由", max_length=100)
    purpose = MoneyFromField(label="资金和用途")

    def __init__(self, *args: Any, user: User, campaign: Campaign | None, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "request_id": uuid.uuid4(), "subject": f"{campaign or '走访慰问'}金", "purpose": campaign and campaign.purpose_id
        }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.fields["purpose"].for_user(user)
        self.fields["purpose"].rule_keys = ("fund", "balance", "account")

    @property
    def terms(self) -> dict[str, Any]:
        return {**self.cleaned_data, "fund": self.cleaned_data["purpose"].fund}
