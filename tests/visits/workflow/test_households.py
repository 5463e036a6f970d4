"""The people of a household, and two files of one household made one."""

from decimal import Decimal

import pytest

from tests import build
from tests.trail import one_event_each, refused
from visits.models import CaseState, HardshipCase, HouseholdMember
from visits.workflow import cases, households
from visits.workflow.files import MemberDraft, index_of

NUMBER = build.id_number("19800105", 11)


def member(case, name="张三之子"):
    return HouseholdMember.objects.select_related("case__unit", "case__person").get(case=case, name=name)


class TestMembers:
    def test_somebody_is_added_corrected_and_dropped_with_a_reason(self, files, cast):
        [row] = files.opened(members=())
        with one_event_each(cast.clerk, "add_member"):
            added = households.add_member(by=cast.clerk, case=row, draft=MemberDraft(name="李四", relation="妻"))
        with one_event_each(cast.clerk, "change_member"):
            households.change_member(by=cast.clerk, member=member(row, "李四"), id_number=NUMBER,
                                     monthly_income=Decimal("900"))  # fmt: skip
        changed = member(row, "李四")
        assert (changed.id_index, changed.monthly_income) == (index_of(NUMBER), Decimal("900.00"))
        with one_event_each(cast.clerk, "drop_member", "分户"):
            households.drop_member(by=cast.clerk, member=changed, reason="分户")
        assert HouseholdMember.objects.get(pk=added.pk).dropped
        with refused("drop_member", cast.clerk, "已移出本户"):
            households.drop_member(by=cast.clerk, member=member(row, "李四"), reason="分户")

    def test_a_number_of_another_household_or_twice_in_one_is_refused(self, files, cast):
        files.opened(person=build.person(files.city.a, "李四", id_number=NUMBER), members=())
        [row] = files.opened()
        wife = MemberDraft(name="李四", relation="妻", id_number=NUMBER)
        with refused("add_member", cast.clerk, "该户有人已列入李四困难档案"):
            households.add_member(by=cast.clerk, case=row, draft=wife)
        own = MemberDraft(name="张三", relation="本人", id_number=row.id_number)
        with refused("add_member", cast.clerk, "该证件号码已在本户中登记"):
            households.add_member(by=cast.clerk, case=row, draft=own)

    def test_a_household_on_its_way_is_not_changed(self, files, cast):
        [row] = files.at(CaseState.REPORTED)
        with refused("change_member", cast.clerk, "现为“已上报”"):
            households.change_member(by=cast.clerk, member=member(row), relation="女")
        with pytest.raises(TypeError):
            households.change_member(by=cast.clerk, member=member(files.opened(None, "李四")[0], "李四之子"), case=row)


class TestMerging:
    def merge(self, cast, row, into, reason="同一家庭"):
        return households.merge_cases(by=cast.clerk, row=row, into=into, relation="妻", reason=reason)

    def test_head_and_people_become_members_of_the_other_file(self, files, cast):
        [into], [row] = files.opened(), files.opened(None, "李四", own_monthly_income=Decimal("2400"))
        with one_event_each(cast.clerk, "merge_cases", "同一家庭") as seen:
            self.merge(cast, row, into)
        assert seen.rows == {"hardshipcase": 1, "householdmember": 2}
        row.refresh_from_db()
        assert (row.state, row.merged_into, row.exit_reason) == (CaseState.MERGED, into, "同一家庭")
        assert [(one.name, one.relation) for one in into.members.all()] == [
            ("张三之子", "子"), ("李四", "妻"), ("李四之子", "李四的子"),
        ]  # fmt: skip
        assert into.members.get(name="李四").monthly_income == Decimal("2400.00")
        cases.report(by=cast.clerk, rows=files.fresh([into]))
        assert HardshipCase.objects.living().get() == into

    def test_whom_the_other_file_holds_already_is_not_taken_over_again(self, files, cast):
        [into] = files.opened(members=(MemberDraft(name="李四", relation="妻"),))
        [row] = files.opened(person=build.person(files.city.a, "李四", id_number=None), members=())
        self.merge(cast, row, into)
        assert into.members.count() == 1

    def test_a_recognised_file_merges_into_a_recognised_one_only(self, files, cast):
        [row], [into] = files.at(CaseState.RECOGNISED), files.opened(None, "李四")
        with refused("merge_cases", cast.clerk, "只能并入另一份已认定的档案"):
            self.merge(cast, row, into)
        with refused("merge_cases", cast.clerk, "不能与自身合并"):
            self.merge(cast, row, row)
        with refused("merge_cases", cast.clerk, "请写明合并的理由"):
            self.merge(cast, into, row, "")
        self.merge(cast, into, row)
