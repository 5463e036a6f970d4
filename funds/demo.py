"""The demonstration's year of money, told by those whose steps they are, on the days on which they were taken.

It stands in June 2026: the dues of 2025 have fed two party funds, help was decided on, paid and signed for before
the Spring Festival, and something waits for each role.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from carecore import clock
from carecore.demo import FOUNDED, City, bring, id_number
from carecore.models import Document, Person
from carecore.people.register import PersonDraft, register_people
from carecore.presets import load_policy
from carecore.registry import Chapter
from carecore.rulekeeping import add_rule
from funds.models import OPENING, Account, AccountKind, Application, Fund, LineState, Payment
from funds.workflow import applications, budgets, funds, grants, income, payments, periods
from funds.workflow.applications import ApplicationLineDraft, Outcome
from funds.workflow.payments import LineDraft, Result

YEAR = 2026
UNION, HELP, STUDY = "工会经费", "生活困难党员帮扶", "党员学习培训"
NAMES = {UNION: "工会经费", HELP: "生活困难党员帮扶专项资金", STUDY: "党员学习培训专项资金"}
LOCAL = "本地决定 滨海组发〔2026〕2号(演示)"
BANK = "滨海农商银行"
STREET = "青山街道办事处"


@dataclass(frozen=True)
class Ask:
    """What a unit asks of a fund: for what, and for whom how many yuan."""

    unit: str
    fund: str
    purpose: str
    subject: str
    payees: tuple[tuple[str, int], ...]


ILLNESS, DISASTER = "重大疾病慰问补助", "重大事故等灾害慰问补助"
MANY = Ask("市民政局", HELP, ILLNESS, "春节前慰问重病党员", (("郑春生", 1500), ("王秋月", 1500), ("冯冬梅", 1500)))
LOWERED = Ask("市教育局", HELP, ILLNESS, "重病教师党员医疗补助", (("陈长河", 3000), ("褚青松", 3000)))
TURNED_DOWN = Ask("滨海县人民医院", HELP, ILLNESS, "自费体检费用补助", (("杨明远", 2600),))
BY_LEADER = Ask("市财政局", HELP, DISASTER, "家中失火党员临时补助", (("卫海平", 1800),))
BY_OFFICE = Ask("市水利局", HELP, ILLNESS, "住院党员慰问", (("蒋玉兰", 400),))
BOOKS = Ask("市教育局", STUDY, "党员学习资料", "购置党员学习资料", (("滨海市新华书店", 8600),))
TO_HAND_IN = Ask("市第一中学", HELP, ILLNESS, "住院党员慰问", (("沈立新", 800),))
TO_ACCEPT = Ask("市人力资源和社会保障局", HELP, DISASTER, "家中受灾党员补助", (("韩向东", 1600),))
TO_MEET = Ask("市民政局", HELP, ILLNESS, "重病党员医疗补助", (("郑春生", 3200),))
TO_DECIDE = Ask("市水利局", HELP, ILLNESS, "重病党员慰问", (("蒋玉兰", 1900),))
TO_PAY = Ask("市财政局", HELP, ILLNESS, "住院党员慰问", (("卫海平", 500),))
CAME_BACK = Ask("滨海县人民医院", HELP, ILLNESS, "重病党员慰问", (("杨明远", 1200),))
PEOPLE = (MANY, LOWERED, BY_LEADER, BY_OFFICE, TO_HAND_IN, TO_ACCEPT, CAME_BACK)


def day(month: int, number: int) -> datetime.date:
    return datetime.date(YEAR, month, number)


def fund_of(kind: str) -> Fund:
    """The city's fund of this kind."""
    return Fund.objects.select_related("unit").get(kind=kind, parent=None)


def account(fund: Fund, kind: AccountKind, label: str) -> Account:
    return Account.objects.get(fund=fund, kind=kind, label=label)


def _open(city: City) -> None:
    """Three funds under their policies, with what they held when the year began."""
    lead, office = city.users["jingfei_lead"], city.users["jingfei"]
    with clock.at(FOUNDED):
        load_policy(by=lead, preset="lianyungang-2009", unit=city.root)
        steps = [{"up_to": 500, "by": "office"}, {"up_to": 2000, "by": "leader"}, {"up_to": None, "by": "meeting"}]
        for key, value, text in (
            ("funds.decisions", {HELP: steps}, "500元以下由组织处审定,500元至2000元由分管领导审批,2000元以上由书记会议研究"),
            ("funds.amount_person_year", {HELP: 5000}, "每人每年补助累计不超过5000元"),
        ):
            add_rule(by=lead, unit=city.root, key=key, value=value, clause=LOCAL, text=text, effective_from=FOUNDED)
    with clock.at(day(1, 5)):
        for kind, slug, balance in (
            (UNION, "binzhou-2018", "46500.00"), (HELP, "lianyungang-2009", "12680.50"),
            (STUDY, "lianyungang-2009", "8215.40"),
        ):  # fmt: skip
            fund = funds.open_fund(
                by=lead, unit=city.root, name=NAMES[kind], kind=kind, document=Document.objects.get(slug=slug)
            )
            income.receive(
                by=office, fund=fund, source=account(fund, AccountKind.SOURCE, OPENING), amount=Decimal(balance),
                received_on=day(1, 5), note="上年结余",
            )  # fmt: skip


def _feed(city: City) -> None:
    """The dues of 2025 feed the two party funds; the city's finance transfers into the union's fund; budgets."""
    office = city.users["jingfei"]
    with clock.at(day(1, 15)):
        bring(city, "jingfei", "dues", "07-机关党组织上缴党费情况表.xlsx")
    with clock.at(day(1, 22)):
        for kind, planned, need in ((UNION, 300000, 360000), (HELP, 45000, 52000), (STUDY, 40000, 40000)):
            budgets.set_budget(
                by=office, fund=fund_of(kind), year=YEAR, planned=Decimal(planned), need=Decimal(need)
            )
    for on, amount, reference in (
        (day(1, 20), 180000, "滨海财拨〔2026〕5号(演示)"), (day(4, 15), 120000, "滨海财拨〔2026〕31号(演示)")
    ):  # fmt: skip
        with clock.at(on):
            fund = fund_of(UNION)
            income.receive(
                by=office, fund=fund, source=account(fund, AccountKind.SOURCE, "财政拨付"), amount=Decimal(amount),
                received_on=on, payer="市财政局", reference=reference,
            )  # fmt: skip


def _register(city: City) -> None:
    """The members whom the units help, with invented numbers."""
    named = dict.fromkeys((ask.unit, payee) for ask in PEOPLE for payee, _ in ask.payees)
    with clock.at(day(1, 28)):
        for number, (unit, name) in enumerate(named, start=400):
            draft = PersonDraft(
                unit=city.unit(unit), name=name, id_number=id_number(number), politics="中共党员", status="在职"
            )
            register_people(by=city.clerk(draft.unit), drafts=[draft])


def _draft(city: City, ask: Ask) -> Application:
    unit, fund = city.unit(ask.unit), fund_of(ask.fund)
    known = {person.name: person for person in Person.objects.filter(unit=unit)}
    lines = [ApplicationLineDraft(name, Decimal(amount), known.get(name)) for name, amount in ask.payees]
    return applications.draft_application(
        by=city.applicant(unit), unit=unit, fund=fund, purpose=account(fund, AccountKind.PURPOSE, ask.purpose),
        subject=ask.subject, lines=lines,
    )  # fmt: skip


def _apply(city: City, ask: Ask) -> Application:
    row = _draft(city, ask)
    return applications.apply(by=city.applicant(row.unit), application=row)


def _accept(city: City, asks: Sequence[Ask]) -> list[Application]:
    """Handed in and accepted on the same day, in the order of the asks."""
    rows = [_apply(city, ask) for ask in asks]
    applications.accept(by=city.users["jingfei"], rows=rows)
    return [Application.objects.get(pk=row.pk) for row in rows]


def _prepare(city: City, application: Application, number: int) -> Payment:
    """The payment of a decided application by the office; its payees share what was decided in equal parts."""
    application = Application.objects.select_related("fund__unit").get(pk=application.pk)
    asked = list(application.lines.order_by("pk"))
    lines = [
        LineDraft(
            line.payee, application.decided / len(asked), line.person, bank=BANK,
            account=f"62280000{number:02d}{place:06d}",
        )
        for place, line in enumerate(asked, start=1)
    ]  # fmt: skip
    return payments.prepare_application(by=city.users["jingfei"], application=application, lines=lines)


def _send(city: City, payment: Payment, *returned: str, reason: str = "户名不符") -> Payment:
    """Through the bank and back: all arrives but what these payees were to get."""
    cashier = city.users["chuna"]
    payment = payments.send_to_bank(by=cashier, payment=Payment.objects.get(pk=payment.pk))
    lines = payment.lines.filter(state=LineState.SENT).order_by("pk")
    results = [Result(line, line.payee not in returned, reason if line.payee in returned else "") for line in lines]
    return payments.bank_result(by=cashier, payment=Payment.objects.get(pk=payment.pk), results=results)


def _winter(city: City) -> None:
    """Before the Spring Festival: one meeting decides on three applications, two others are decided alone."""
    lead, cashier = city.users["jingfei_lead"], city.users["chuna"]
    with clock.at(day(2, 3)):
        many, lowered, turned_down, by_leader, by_office = _accept(
            city, (MANY, LOWERED, TURNED_DOWN, BY_LEADER, BY_OFFICE)
        )
    with clock.at(day(2, 5)):
        applications.record_meeting(
            by=city.users["huiyi"], unit=city.root, number="书记会议〔2026〕2号", held_on=day(2, 5), chair="书记甲",
            attendees="书记甲、副书记乙、副书记丙、纪检书记丁",
            decision="同意市民政局的申请;市教育局的申请按每人2000元补助;体检费用不属于资金用途,不同意滨海县人民医院的申请。",
            outcomes=[Outcome(many, Decimal(4500)), Outcome(lowered, Decimal(4000)), Outcome(turned_down, None)],
        )  # fmt: skip
        for row in (by_leader, by_office):
            applications.decide(by=lead, application=row, amount=row.asked, opinion="情况属实,同意")
    with clock.at(day(2, 9)):
        first = _send(city, _prepare(city, many, 1), "王秋月")
        second = _send(city, _prepare(city, lowered, 2))
        direct = [_prepare(city, by_leader, 3), _prepare(city, by_office, 4)]
        for payment in direct:
            payments.pay_directly(by=cashier, payment=payment, lines=list(payment.lines.all()))
    with clock.at(day(2, 11)):
        [line] = first.lines.filter(state=LineState.RETURNED)
        payments.repair_line(
            by=cashier, line=line, payee="王秋月", bank="滨海邮储银行", account="6217990000000002"
        )
        _send(city, first)
    with clock.at(day(2, 12)):
        for payment in (first, second, direct[1]):
            payments.sign_for(by=cashier, lines=list(payment.lines.all()), signed_on=day(2, 12))
        own = list(direct[0].lines.all())
        payments.sign_for(by=cashier, lines=own, signed_on=day(2, 12), proxy="卫海燕", relation="姐妹")


def _study(city: City) -> None:
    """Books from the study fund, by the meeting, since no other step is laid down for this fund."""
    with clock.at(day(3, 10)):
        [books] = _accept(city, (BOOKS,))
    with clock.at(day(3, 12)):
        applications.record_meeting(
            by=city.users["huiyi"], unit=city.root, number="书记会议〔2026〕5号", held_on=day(3, 12), chair="书记甲",
            attendees="书记甲、副书记乙、副书记丙", decision="同意购置党员学习资料。",
            outcomes=[Outcome(books, Decimal(8600))],
        )  # fmt: skip
    with clock.at(day(3, 16)):
        payment = _prepare(city, books, 5)
        payments.pay_directly(by=city.users["chuna"], payment=payment, lines=list(payment.lines.all()))


def _close(city: City) -> None:
    """The first quarter is closed in both party funds."""
    with clock.at(day(4, 3)):
        for kind in (HELP, STUDY):
            for month in (1, 2, 3):
                periods.close_period(by=city.users["jingfei_lead"], fund=fund_of(kind), year=YEAR, month=month)


def _pass_down(city: City) -> None:
    """The street has a fund below the city's: one grant has arrived, another is on its way."""
    lead, above, street = city.users["jingfei_lead"], fund_of(HELP), city.unit(STREET)
    with clock.at(day(4, 8)):
        below = funds.open_fund(
            by=lead, unit=street, name=f"{STREET}困难党员帮扶资金", kind=HELP, document=above.document, parent=above
        )
        grant = grants.pass_down(
            by=lead, from_fund=above, to_fund=below, amount=Decimal(8000), reference="滨海组拨〔2026〕1号(演示)"
        )
    with clock.at(day(4, 10)):
        grants.confirm_arrival(by=city.users["jingfei"], grant=grant)
    with clock.at(day(6, 16)):
        grants.pass_down(
            by=lead, from_fund=above, to_fund=below, amount=Decimal(3000), reference="滨海组拨〔2026〕3号(演示)"
        )


def _wait(city: City) -> None:
    """What waits for each role in June."""
    lead = city.users["jingfei_lead"]
    with clock.at(day(6, 9)):
        _, _, pay, back = _accept(city, (TO_MEET, TO_DECIDE, TO_PAY, CAME_BACK))
        for row in (pay, back):
            applications.decide(by=lead, application=row, amount=row.asked, opinion="同意")
    with clock.at(day(6, 11)):
        _send(city, _prepare(city, back, 6), "杨明远", reason="账号已销户")
    with clock.at(day(6, 17)):
        _apply(city, TO_ACCEPT)
        _draft(city, TO_HAND_IN)


CHAPTERS = tuple(
    Chapter(day(month, number), tell)
    for month, number, tell in (
        (1, 5, _open), (1, 15, _feed), (1, 28, _register), (2, 3, _winter), (3, 10, _study), (4, 3, _close),
        (4, 8, _pass_down), (6, 9, _wait),
    )
)  # fmt: skip
