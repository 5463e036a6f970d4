"""A clerk leaves: nominations that are not submitted go to the successor, all others stay as they were signed."""

import pytest

from carecore import accounts, audit, clock
from carecore.access import Role
from carecore.workflow import Refused
from sanatorium.models import Nomination
from tests import build

pytestmark = pytest.mark.django_db


def end(cast, successor=None):
    held = cast.clerk.appointments.get()
    return accounts.end_appointment(
        by=cast.admin, appointment=held, ends_on=clock.today(), successor=successor
    )


def owners():
    return dict(Nomination.objects.values_list("name", "nominated_by__username"))


def test_open_nominations_are_handed_over(city, cast, story):
    story.submitted(story.nominated(city.a, "已报送"))
    story.nominated(city.a, "草稿")
    story.on_notice(story.nominated(city.a_office, "公示中", clerk=cast.clerk))
    with pytest.raises(Refused) as refusal:
        end(cast)
    assert refusal.value.findings[0].message == (
        "还有未办事项:未报送的推荐人选2件。请指定接替人,或办结后再终止"
    )
    heir = build.user("heir", city.a, Role.CLERK, name="接替人")
    end(cast, successor=heir)
    assert owners() == {"已报送": "clerk", "草稿": "heir", "公示中": "heir"}
    assert list(audit.check_chain()) == []


def test_without_open_nominations_a_clerk_just_leaves(city, cast, story):
    story.submitted(story.nominated(city.a, "已报送"))
    story.nominated(city.b, "别的单位")
    assert end(cast).ends_on == clock.today()
    assert owners() == {"已报送": "clerk", "别的单位": "clerk_b"}
