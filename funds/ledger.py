"""The only writer of vouchers, transfers, balances and reservations.

These are no verbs: a verb calls them inside its own recorded transaction. Money flows source → fund → purpose, so
every voucher is balanced by construction; amounts are yuan. Locks: reservation → accounts by pk → book by pk; all
of a call's rows are locked, read, checked, written and recorded in sets, so many entries cost as many statements as
one. Vouchers of a fund are dated in order (制单序时), so the stored running balance is true in any order read.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from django.db import connection
from django.db.models import Q

from carecore import audit, clock
from carecore.models import Record, Severity, User
from carecore.money import ZERO, yuan
from carecore.policy import Finding, Limit, Rulebook
from carecore.workflow import Refused, add, change, locked_all, refuse, write
from funds.models import (
    OPENING,
    PASSED_DOWN,
    Account,
    AccountKind,
    Book,
    Fund,
    FundState,
    Reservation,
    ReservationState,
    Transfer,
    Voucher,
    VoucherKind,
)

CATALOGUES = {AccountKind.SOURCE: "funds.sources", AccountKind.PURPOSE: "funds.purposes"}
CODE_LENGTH, LABEL_LENGTH = (Account._meta.get_field(name).max_length for name in ("code", "label"))
NOTHING: Mapping[int, Decimal] = MappingProxyType({})
# Added to what is there by the database itself: the ORM's upsert can only replace.
COUNT = """
    INSERT INTO funds_turnover (account_id, year, month, incoming, outgoing) VALUES {}
    ON CONFLICT (account_id, year, month) DO UPDATE SET
        incoming = funds_turnover.incoming + excluded.incoming, outgoing = funds_turnover.outgoing + excluded.outgoing
"""
COUNTED = 150  # rows at a time: SQLite takes only so many parameters
ALWAYS = {AccountKind.SOURCE: {OPENING, PASSED_DOWN}, AccountKind.PURPOSE: {PASSED_DOWN}}


@dataclass(frozen=True)
class Leg:
    """One movement of an entry: `other` is a source or a purpose, money flows between it and the fund's account.

    Into the fund from a source, out of it to a purpose; `back` turns the flow round, as for a refund.
    """

    other: Account
    amount: Decimal
    note: str = ""
    back: bool = False

    @property
    def into_fund(self) -> bool:
        return (self.other.kind == AccountKind.SOURCE) != self.back


@dataclass(frozen=True)
class Entry:
    """One voucher to be posted: its fund, day, words, the document that caused it, and its movements.

    `reservation` is what the money leaving the fund was held under; `revision` counts a document's vouchers.
    """

    fund: Fund
    dated: datetime.date
    kind: VoucherKind
    summary: str
    document: Record
    legs: Sequence[Leg]
    revision: int = 1
    basis: str = ""
    reservation: Reservation | None = None
    reverses: Voucher | None = None


def open_accounts(*, fund: Fund, on: datetime.date) -> list[Account]:
    """Add whatever accounts the rules in force name for this kind of fund and it does not have yet (LYG-9)."""
    missing = missing_accounts(fund, on)
    for one in missing:
        if len(one.code) > CODE_LENGTH or len(one.label) > LABEL_LENGTH:
            message = f"{one.kind}“{one}”过长,代码最多{CODE_LENGTH}字、名称最多{LABEL_LENGTH}字,请先接续规则改短"
            raise refuse(message, key=CATALOGUES.get(one.kind, "account"), row=fund)
    return add(missing)


def missing_accounts(fund: Fund, on: datetime.date) -> list[Account]:
    """The accounts that the rules in force name for this kind of fund and it does not have, not stored yet."""
    book = Rulebook(on, keys=CATALOGUES.values())
    known = set(Account.objects.filter(fund=fund).values_list("kind", "code"))
    wanted = [(AccountKind.FUND, "", fund.name), (AccountKind.SOURCE, OPENING, OPENING)]
    wanted += [(AccountKind.SOURCE, PASSED_DOWN, "资金拨入"), (AccountKind.PURPOSE, PASSED_DOWN, "资金拨出")]
    for kind, key in CATALOGUES.items():
        entries = book.value(key, fund.unit, fund.kind) or []
        wanted += [(kind, entry["code"], entry["label"]) for entry in entries]
    return [
        Account(fund=fund, kind=kind, code=code, label=label)
        for kind, code, label in wanted if (kind, code) not in known
    ]  # fmt: skip


def post(*, by: User | None, entries: Sequence[Entry]) -> list[Voucher]:
    """Post these entries, all or none, and return their vouchers in order.

    Raises Refused where an entry is dated into a closed period, before the fund's last voucher or after today, is
    outside the fund's sources and purposes, or takes more than is available or was held; where a fund has lapsed,
    and where a document's voucher of that revision exists.
    """
    if not entries:
        return []
    _require_in_catalogue(entries)  # before the locks, which the others wait for
    accounts = _locked_accounts(entries)
    books = _locked_books(entries)
    vouchers = [_voucher(by, entry, books[entry.fund.pk]) for entry in entries]
    _require_new(vouchers)
    transfers: list[Transfer] = []
    turnover: Counter[tuple[int, int, int, bool]] = Counter()
    for entry, voucher in zip(entries, vouchers, strict=True):
        transfers += _move(entry, voucher, accounts, turnover)
    add(vouchers)
    add(transfers)
    touched = [accounts[pk] for pk in sorted({pk for t in transfers for pk in (t.from_account_id, t.to_account_id)})]
    held = list({id(entry.reservation): entry.reservation for entry in entries if entry.reservation}.values())
    change(touched, "balance", *(["reserved"] if held else []))
    _turn(turnover)
    write(list(books.values()), "year", "number", "dated")
    change(held, "paid", "state")
    audit.record(by=by, action="post", rows=[*vouchers, *transfers, *touched, *held])
    return vouchers


def _locked_accounts(entries: Sequence[Entry]) -> dict[int, Account]:
    """Every account that these entries touch, locked by pk; the fund's own is also found under its kind."""
    funds = {entry.fund.pk: entry.fund for entry in entries}
    own = Q(fund__in=funds, kind=AccountKind.FUND)
    rows = locked_all(Account.objects.filter(own | Q(pk__in={leg.other.pk for entry in entries for leg in entry.legs})))
    for row in rows:
        if row.fund_id in funds:
            row.fund = funds[row.fund_id]  # its audit event names the unit
    return {row.pk: row for row in rows}


def _locked_books(entries: Sequence[Entry]) -> dict[int, Book]:
    rows = Book.objects.filter(fund__in={entry.fund.pk for entry in entries}).select_related("fund__unit")
    return {book.fund_id: book for book in rows.order_by("pk").select_for_update(no_key=True, of=("self",))}


def _require_in_catalogue(entries: Sequence[Entry]) -> None:
    """Every source and purpose used is one that the rules of its day allow this kind of fund (LYG-9, BZ-13, BZ-27).

    Money that flows back is not asked: what was taken under an earlier rule can always be put right.
    """
    books = {day: Rulebook(day, keys=CATALOGUES.values()) for day in {entry.dated for entry in entries}}
    for entry in entries:
        for leg in entry.legs:
            if leg.other.fund_id != entry.fund.pk:
                raise refuse(f"账户“{leg.other}”不属于{entry.fund},请重新选择", key="account", row=entry.fund)
            if not leg.back and leg.other.code not in ALWAYS[leg.other.kind]:
                _require_allowed(entry, leg.other, books[entry.dated])


def _require_allowed(entry: Entry, account: Account, book: Rulebook) -> None:
    if finding := outside_catalogue(book, entry.fund, account):
        raise Refused(finding, row=entry.fund)


def outside_catalogue(book: Rulebook, fund: Fund, account: Account) -> Finding | None:
    """What stands against using this source or purpose of a fund; None where the rules in force name it."""
    limit = allowed(book, fund, account.kind)
    if limit is None:
        message = f"没有规定{fund}({fund.kind})的{account.kind},请先登记政策规则"
        return Finding(CATALOGUES[account.kind], Severity.BLOCK, message)
    if account.code in {one["code"] for one in limit.value}:
        return None
    known = "、".join(one["label"] for one in limit.value)
    message = f"“{account}”不在{fund}的{account.kind}范围内,只能是:{known}"
    return limit.finding(message, asked=account.label)


def allowed(book: Rulebook, fund: Fund, kind: str) -> Limit | None:
    """The catalogue of sources or of purposes in force for a fund."""
    return book.limit(CATALOGUES[kind], fund.unit, fund.kind)


def _voucher(by: User | None, entry: Entry, book: Book) -> Voucher:
    """The entry's voucher with the next number of its fund and year; the book moves on."""
    _require_day(entry, book)
    if book.year != entry.dated.year:
        book.year, book.number = entry.dated.year, 0
    book.number += 1
    book.dated = entry.dated
    return Voucher(
        fund=entry.fund, year=book.year, number=book.number, dated=entry.dated, kind=entry.kind,
        summary=entry.summary[:120], basis=entry.basis[:300], total=sum((leg.amount for leg in entry.legs), ZERO),
        document_kind=entry.document._meta.label_lower, document_id=entry.document.pk, revision=entry.revision,
        reverses=entry.reverses, closed_through=book.closed_through, by=by, posted_at=clock.now(),
    )  # fmt: skip


def _require_day(entry: Entry, book: Book) -> None:
    fund, day = book.fund, entry.dated
    if fund.state != FundState.OPEN and entry.reverses is None:
        raise refuse(f"{fund}已结束,不能再记账", key="fund", row=fund)
    if day > clock.today():
        raise refuse(f"凭证日期{day}晚于今天,请改正", key="dated", row=fund)
    if book.closed_through is not None and day <= book.closed_through:
        message = f"{fund}已结账至{book.closed_through},不能再记{day}的账,请改用之后的日期"
        raise refuse(message, key="period", row=fund)
    if book.dated is not None and day < book.dated:
        message = f"{fund}最近一张凭证的日期是{book.dated},凭证须按日期先后编制,请改用当日或之后的日期"
        raise refuse(message, key="dated", row=fund)


def _require_new(vouchers: Sequence[Voucher]) -> None:
    documents = {(v.document_kind, v.document_id) for v in vouchers}
    known = Voucher.objects.filter(
        document_kind__in={kind for kind, _ in documents}, document_id__in={pk for _, pk in documents}
    )
    taken = set(known.values_list("fund", "document_kind", "document_id", "revision"))
    for voucher in vouchers:
        key = (voucher.fund_id, voucher.document_kind, voucher.document_id, voucher.revision)
        if key in taken:
            raise refuse(f"该单据已在{voucher.fund}记账,不能重复记账", key="posted", row=voucher.fund)
        taken.add(key)


def _move(
    entry: Entry, voucher: Voucher, accounts: dict[int, Account], turnover: Counter[tuple[int, int, int, bool]]
) -> list[Transfer]:
    """Change the balances under lock and return the transfers, each with the fund's balance after it."""
    own = next(a for a in accounts.values() if a.fund_id == entry.fund.pk and a.kind == AccountKind.FUND)
    _draw(entry, own)
    transfers = []
    for leg in entry.legs:
        if yuan(leg.amount) <= 0:
            raise refuse(f"{entry.summary}:金额须大于零", key="amount", row=entry.fund)
        other = accounts[leg.other.pk]
        source, target = (other, own) if leg.into_fund else (own, other)
        source.balance -= leg.amount
        target.balance += leg.amount
        _require_covered(entry, source)
        turnover[source.pk, entry.dated.year, entry.dated.month, False] += leg.amount
        turnover[target.pk, entry.dated.year, entry.dated.month, True] += leg.amount
        transfers.append(
            Transfer(
                voucher=voucher, fund=entry.fund, from_account=source, to_account=target, amount=leg.amount,
                balance=own.balance, note=leg.note[:100],
            )
        )  # fmt: skip
    return transfers


def _draw(entry: Entry, own: Account) -> None:
    """Take what leaves the fund out of what was held for it; what a refund brings back is held again."""
    if entry.reservation is None:
        return
    held, leaving = entry.reservation, sum((leg.amount for leg in entry.legs if not leg.into_fund), ZERO)
    returning = sum((leg.amount for leg in entry.legs if leg.into_fund and leg.back), ZERO)
    if held.fund_id != entry.fund.pk or leaving > held.left:
        message = f"{entry.summary}支付{leaving}元,超过为其预留的{held.left}元"
        raise refuse(message, key="reservation", row=entry.fund)
    if returning > held.paid:
        message = f"{entry.summary}退回{returning}元,超过已支付的{held.paid}元"
        raise refuse(message, key="reservation", row=entry.fund)
    held.paid += leaving - returning
    own.reserved -= leaving - returning
    held.state = ReservationState.HELD if held.left else ReservationState.DONE


def _require_covered(entry: Entry, account: Account) -> None:
    if account.kind == AccountKind.SOURCE or account.available >= 0:
        return
    lacking = -account.available
    had = f"(另有预留{account.reserved}元)" if account.reserved else ""
    message = f"{entry.fund}“{account}”可用余额不足,还差{lacking}元{had},请减少金额或先落实资金来源"
    raise refuse(message, key="balance", row=entry.fund)


def _turn(turnover: Counter[tuple[int, int, int, bool]]) -> None:
    """Add to the monthly counters; the accounts' locks guard them."""
    months: dict[tuple[int, int, int], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for (account, year, month, incoming), amount in turnover.items():
        months[account, year, month][0 if incoming else 1] += amount
    rows = [(*key, *(int(amount.scaleb(2)) for amount in sums)) for key, sums in months.items()]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), COUNTED):
            chunk = rows[start : start + COUNTED]
            places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(chunk))
            cursor.execute(COUNT.format(places), [value for row in chunk for value in row])


@dataclass(frozen=True)
class Hold:
    """An amount of a fund, in yuan, that is to be held for one document."""

    fund: Fund
    amount: Decimal
    document: Record
    purpose: Account | None = None


def reserve(
    *, by: User | None, fund: Fund, amount: Decimal, document: Record, purpose: Account | None = None
) -> Reservation:
    """Hold an amount of the fund for a document; raises Refused where not so much is available."""
    return reserve_all(by=by, holds=[Hold(fund, amount, document, purpose)])[0]


def reserve_all(*, by: User | None, holds: Sequence[Hold]) -> list[Reservation]:
    """Hold these amounts, all or none; raises Refused where a fund has lapsed or has not so much available."""
    funds = {hold.fund.pk for hold in holds}
    accounts = locked_all(Account.objects.filter(fund__in=funds, kind=AccountKind.FUND).select_related("fund"))
    own = {account.fund_id: account for account in accounts}
    held = add([_held(hold, own[hold.fund.pk]) for hold in holds])
    change(accounts, "reserved")
    audit.record(by=by, action="reserve", rows=[*held, *accounts])
    return held


def _held(hold: Hold, own: Account) -> Reservation:
    """The reservation of one hold; the fund's account, under lock, holds so much more."""
    fund, amount = hold.fund, hold.amount
    if amount <= 0:
        raise refuse("预留金额须大于零", key="amount", row=fund)
    _require_available(fund, amount, own)
    own.reserved += amount
    return Reservation(
        fund=fund, purpose=hold.purpose, document_kind=hold.document._meta.label_lower,
        document_id=hold.document.pk, amount=amount, made_on=clock.today(),
    )  # fmt: skip


def adjust(*, by: User | None, wanted: Mapping[Reservation, Decimal]) -> list[Reservation]:
    """Hold exactly this many yuan under each of these reservations from now on, and return them locked.

    Raises Refused where not so much more is available; one that comes to hold nothing is done.
    """
    amounts = {row.pk: yuan(amount) for row, amount in wanted.items()}
    held = locked_all(Reservation.objects.filter(pk__in=amounts, state=ReservationState.HELD).select_related("fund"))
    funds = {row.fund_id for row in held if amounts[row.pk] != row.left}
    accounts = locked_all(Account.objects.filter(fund__in=funds, kind=AccountKind.FUND))
    by_fund = {account.fund_id: account for account in accounts}
    changed = [row for row in held if amounts[row.pk] != row.left]
    for row in changed:
        _hold_so_much(row, amounts[row.pk] - row.left, by_fund[row.fund_id])
    change(accounts, "reserved")
    change(changed, "amount", "released", "state")
    audit.record(by=by, action="adjust", rows=[*changed, *accounts])
    return held


def _hold_so_much(held: Reservation, more: Decimal, own: Account) -> None:
    """Hold more of the fund, or give some of it back where `more` is below zero."""
    if more < 0:
        held.released -= more
        held.state = held.state if held.left else ReservationState.DONE
    else:
        _require_available(held.fund, more, own)
        held.amount += more
    own.reserved += more


def _require_available(fund: Fund, amount: Decimal, own: Account) -> None:
    if fund.state != FundState.OPEN:
        raise refuse(f"{fund}已结束,不能再使用", key="fund", row=fund)
    if amount > own.available:
        message = f"{fund}可用余额{own.available}元,不足{amount}元,请减少金额或先落实资金来源"
        raise refuse(message, key="balance", row=fund)


def release(
    *, by: User | None, reservations: Iterable[Reservation], keep: Mapping[int, Decimal] = NOTHING
) -> list[Reservation]:
    """Give back what these reservations still hold, but for what is to be kept (yuan by primary key).

    One that holds no more than that stays as it is.
    """
    held = locked_all(
        Reservation.objects.filter(
            pk__in=[row.pk for row in reservations], state=ReservationState.HELD
        ).select_related("fund")
    )  # fmt: skip
    freed = {row.pk: row.left - keep.get(row.pk, ZERO) for row in held}
    held = [row for row in held if freed[row.pk] > 0]
    own = Account.objects.filter(fund__in={row.fund_id for row in held}, kind=AccountKind.FUND)
    accounts = locked_all(own.select_related("fund"))
    by_fund = {account.fund_id: account for account in accounts}
    for row in held:
        by_fund[row.fund_id].reserved -= freed[row.pk]
        row.released += freed[row.pk]
        if not row.left:
            row.state = ReservationState.DONE
    change(accounts, "reserved")
    change(held, "released", "state")
    audit.record(by=by, action="release", rows=[*held, *accounts])
    return held


def held_for(*documents: Record) -> list[Reservation]:
    """The reservations of these documents, of one kind, that still hold money; locked."""
    return locked_all(
        Reservation.objects.filter(
            document_kind=documents[0]._meta.label_lower, document_id__in=[row.pk for row in documents],
            state=ReservationState.HELD,
        ).select_related("fund__unit")
    )  # fmt: skip


def reverse(
    *, by: User | None, vouchers: Sequence[Voucher], dated: datetime.date, document: Record, reason: str
) -> list[Voucher]:
    """Post the opposite of these vouchers, each once and whole; what was paid flows back into its fund.

    `document` is the row that stood behind them. Raises Refused for a voucher reversed before or itself a reversal.
    """
    done = set(Voucher.objects.filter(reverses__in=vouchers).values_list("reverses", flat=True))
    for voucher in vouchers:
        if voucher.pk in done or voucher.kind == VoucherKind.REVERSAL:
            raise refuse(f"凭证{voucher}已冲销或本身为冲销凭证,不能再冲销", key="reversed", row=voucher)
    legs: dict[int, list[Leg]] = defaultdict(list)
    rows = Transfer.objects.filter(voucher__in=vouchers).select_related("from_account", "to_account")
    for row in rows.order_by("pk"):
        into = row.to_account.kind == AccountKind.FUND
        other = row.from_account if into else row.to_account
        back = into == (other.kind == AccountKind.SOURCE)
        legs[row.voucher_id].append(Leg(other=other, amount=row.amount, back=back, note=row.note))
    last = _last_revision(document)
    return post(by=by, entries=[
        Entry(
            fund=voucher.fund, dated=dated, kind=VoucherKind.REVERSAL, document=document,
            summary=f"冲销{voucher}号凭证:{reason}", legs=legs[voucher.pk], reverses=voucher,
            revision=last + number,
        )
        for number, voucher in enumerate(vouchers, start=1)
    ])  # fmt: skip


def _last_revision(document: Record) -> int:
    rows = Voucher.objects.filter(document_kind=document._meta.label_lower, document_id=document.pk)
    return rows.order_by("-revision").values_list("revision", flat=True).first() or 0


def next_revision(document: Record) -> int:
    """The number of the next voucher of a document."""
    return _last_revision(document) + 1
