"""The demonstration city: each role of the README finds its part on its desk, and verify finds nothing."""

import datetime
import io

import pytest
from django.core.management import call_command

from carecore import clock
from carecore.models import QuotaClass, User
from sanatorium import desk
from sanatorium.models import Nomination, State
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


def test_each_role_finds_its_part_in_the_middle_of_the_year(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    call_command("load_demo", "--force", stdout=io.StringIO())
    with clock.at(datetime.date(2026, 6, 20)):
        users = {name: User.objects.get(username=name) for name in WAITING}
        found = {name: {item.title: item.count for item in desk.nominations(user)} for name, user in users.items()}
        assert found == WAITING
        waiting = Nomination.objects.filter(state=State.SUBMITTED, quota_class=QuotaClass.ORGAN)
        assert len(nominations.confirm(by=User.objects.get(username="zuzhi"), rows=list(waiting))) == 6
        said = io.StringIO()
        call_command("verify", stdout=said)
    assert "没有发现问题" in said.getvalue()
