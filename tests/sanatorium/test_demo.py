"""The demonstration city: each role of the README finds its part on its desk, and verify finds nothing."""

import datetime
import io
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import Count

from carecore import clock
from carecore.models import QuotaClass, User
from carecore.money import ZERO
from funds.models import (
    Account,
    AccountKind,
    Application,
    Grant,
    GrantState,
    LineState,
    PaymentLine,
    Period,
    PeriodState,
)
from sanatorium import desk
from sanatorium.models import Batch, Nomination, State
from sanatorium.workflow import nominations

pytestmark = pytest.mark.django_db
WAITING = {
    "jb379957": {"推荐草稿待公示": 5, "其中缺佐证的草稿": 5},
    "fz379951": {"公示期满人选待报送": 5},
    "zuzhi_lead": {"机关事业单位报送人选待组织人社确认": 6},
    "gonghui": {
        "推荐草稿待公示": 5, "其中缺佐证的草稿": 5, "企业、社区(村)报送人选待工会审核": 15, "已批准人选待编入批次": 8,
    },
    "gonghui_lead": {"候补人选待批准": 20},
}  # fmt: skip


def the_year_of_money():
    """To the fen: what each fund holds, what is held back in it, and what waits for whom (issue 3)."""
    own = Account.objects.filter(kind=AccountKind.FUND).order_by("pk")
    assert [(account.label, account.balance, account.reserved) for account in own] == [
        # 46500 + 180000 + 120000 − four stays of 2396.50; 第3期 holds 3000 for each of its forty people
        ("工会经费", Decimal("336914.00"), Decimal("120000")),
        # a tenth of the dues of sample 07 each, 39026.79; 10700 paid out and 11000 passed down of the first
        ("生活困难党员帮扶专项资金", Decimal("30007.29"), Decimal("6800")),
        ("党员学习培训专项资金", Decimal("38642.19"), ZERO),
        ("青山街道办事处困难党员帮扶资金", Decimal("8000"), ZERO),
    ]  # fmt: skip
    states = Application.objects.order_by("state").values_list("state").annotate(number=Count("pk"))
    assert dict(states) == {"草稿": 1, "已申请": 1, "已受理": 2, "已批准": 1, "支付中": 1, "已支付": 5, "不同意": 1}
    assert list(PaymentLine.objects.filter(state=LineState.RETURNED).values_list("payee", flat=True)) == ["杨明远"]
    assert Grant.objects.get(state=GrantState.SENT).amount == Decimal("3000")
    assert Period.objects.filter(state=PeriodState.CLOSED).count() == 6
    first = Batch.objects.get(number=1)
    assert (first.voucher.total, first.closed_by.username) == (Decimal("9586.00"), "jingfei_lead")


def test_each_role_finds_its_part_in_the_middle_of_the_year(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    call_command("load_demo", "--force", stdout=io.StringIO())
    with clock.at(datetime.date(2026, 6, 20)):
        users = {name: User.objects.get(username=name) for name in WAITING}
        found = {name: {item.title: item.count for item in desk.nominations(user)} for name, user in users.items()}
        assert found == WAITING
        the_year_of_money()
        waiting = Nomination.objects.filter(state=State.SUBMITTED, quota_class=QuotaClass.ORGAN)
        assert len(nominations.confirm(by=User.objects.get(username="zuzhi"), rows=list(waiting))) == 6
        said = io.StringIO()
        call_command("verify", stdout=said)
    assert "没有发现问题" in said.getvalue()
