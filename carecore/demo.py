"""The demonstration city's offices: 滨海市 with its units, its staff and the policy it follows.

Everything is told through the verbs that real work uses, on the days on which it happened; only the staff and
their accounts are put in place directly. The people are invented; district code 379999 belongs to no county.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password

from carecore import accounts, audit, clock
from carecore.access import Role
from carecore.imports.contract import importer
from carecore.imports.run import commit, examine
from carecore.models import Appointment, Person, QuotaClass, Severity, Unit, User
from carecore.presets import load_policy
from carecore.rulekeeping import add_rule
from carecore.sheets.identity import check_digit
from carecore.workflow import add, refuse

SAMPLES = settings.BASE_DIR / "docs" / "samples"
PASSWORD = "Binhai-2026-demo"  # noqa: S105 - the demonstration's, refused outside DEBUG
FOUNDED = datetime.date(2026, 1, 4)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
CITY_STAFF = (
    ("admin", Role.ADMINISTRATOR, "管理员"),
    ("zuzhi", Role.ORG_OFFICER, "组织经办"),
    ("zuzhi_lead", Role.ORG_LEAD, "组织负责"),
    ("gonghui", Role.UNION_OFFICER, "工会经办"),
    ("gonghui2", Role.UNION_OFFICER, "工会收件"),
    ("gonghui_lead", Role.UNION_LEAD, "工会负责"),
    ("shenji", Role.AUDITOR, "审计"),
    ("jingfei", Role.FUND_OFFICE, "经费受理"),
    ("huiyi", Role.MEETING_CLERK, "会议记录"),
    ("chuna", Role.CASHIER, "出纳"),
    ("jingfei_lead", Role.FUND_LEAD, "经费负责"),
)


@dataclass
class City:
    """The demonstration while it is being told: its root, its users by sign-in name, its size."""

    root: Unit
    users: dict[str, User] = field(default_factory=dict)
    people: int = 0
    seed: int = 1

    def unit(self, name: str) -> Unit:
        return Unit.objects.get(name=name)

    def clerk(self, unit: Unit) -> User:
        return self.users[f"jb{unit.code}"]

    def lead(self, unit: Unit) -> User:
        return self.users[f"fz{unit.code}"]

    def applicant(self, unit: Unit) -> User:
        return self.users[f"sq{unit.code}"]


def found() -> City:
    """The city's root, its directory of units from the sample workbook, its staff and its rules."""
    with clock.at(FOUNDED):
        accounts.install(username="root", unit_code="3799", unit_name="滨海市")
        city = City(root=Unit.objects.get(code="3799"))
        for number, (username, role, name) in enumerate(CITY_STAFF):
            _appoint(city, username, city.root, role, name, number)
        bring(city, "zuzhi", "units", "10-单位目录.xlsx")
        for number, unit in enumerate(Unit.objects.exclude(pk=city.root.pk).order_by("code")):
            _appoint(city, f"jb{unit.code}", unit, Role.CLERK, f"{SURNAMES[number]}经办", 100 + number)
            _appoint(city, f"fz{unit.code}", unit, Role.UNIT_LEAD, f"{SURNAMES[number]}负责", 200 + number)
            if unit.quota_class == QuotaClass.ORGAN:  # whose party organisations hand up dues, sample 07
                _appoint(city, f"sq{unit.code}", unit, Role.FUND_APPLICANT, f"{SURNAMES[number]}申请", 300 + number)
        _lay_down_rules(city)
        installer = User.objects.get(username="root")
        accounts.set_active(by=city.users["admin"], user=installer, active=False)
    return city


def _appoint(city: City, username: str, unit: Unit, role: Role, name: str, number: int) -> None:
    """Put somebody in office: a person, an account with the demonstration's password, an appointment."""
    with audit.recorded():
        person = Person(
            name=name, unit=unit, id_number=id_number(number), post=role.label, worked_since=None
        )
        [person] = add([person.derive()])
        user = User(username=username, name=name, person=person, must_change_password=False)
        user.password = _hashed()
        [user] = add([user])
        held = add([Appointment(user=user, unit=unit, role=role, starts_on=FOUNDED)])
        audit.record(by=None, action="install", rows=[person, user, *held])
    city.users[username] = user


@cache
def _hashed() -> str:
    """The demonstration's password, hashed once for all its accounts."""
    return make_password(PASSWORD)


def id_number(number: int) -> str:
    """A number that nobody has: its district belongs to no county."""
    body = f"37999919700101{number:03d}"
    return body + check_digit(body)


def _lay_down_rules(city: City) -> None:
    """滨州's policy, and what it leaves open by local decision."""
    lead = city.users["gonghui_lead"]
    load_policy(by=lead, preset="binzhou-2018", unit=city.root)
    local = (
        ("sanatorium.notice_days", 5, Severity.BLOCK, "公示不少于5个工作日"),
        ("sanatorium.lookback_years", 3, Severity.WARN, "三年内参加过的一般不再安排"),
        ("sanatorium.venue_review_score", 80, Severity.BLOCK, "考察得分80分以上方可准入"),
    )
    for key, value, severity, text in local:
        add_rule(
            by=lead, unit=city.root, key=key, value=value, severity=severity,
            clause="本地决定 滨海工发〔2026〕1号(演示)", text=text, effective_from=FOUNDED,
        )  # fmt: skip


def bring(city: City, username: str, kind: str, file: str, into: Mapping[str, str] | None = None) -> None:
    """Import a sample workbook as this user; raises Refused where nothing of it is accepted."""
    found = importer(kind)
    path: Path = SAMPLES / file
    if found is None:
        raise LookupError(kind)
    by = city.users[username]
    examined = examine(by=by, importer=found, content=path.read_bytes(), file_name=file, into=into or {})
    if not examined.report.accepted:
        raise refuse(f"{file}没有可导入的行")
    commit(by=by, examined=examined)
