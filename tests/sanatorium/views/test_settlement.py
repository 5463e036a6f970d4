"""Pages of batches after they set out: attendance, settlement, closing (BZ-9, BZ-11, BZ-12, BZ-14)."""

from decimal import Decimal

import pytest

from carecore.models import Benefit
from sanatorium.models import Cost
from tests.sanatorium.stays import Stay, queries_of

URL = "/sanatorium/batches/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def stay(city, cast, today):
    return Stay(city, cast, today)


@pytest.fixture
def as_user(client, cast):
    def sign_in(who):
        client.force_login(getattr(cast, who))
        return client

    return sign_in


@pytest.fixture
def as_payer(client, stay):
    def sign_in():
        client.force_login(stay.payer)
        return client

    return sign_in


def text(answer):
    return answer.content.decode()


def row(batch, name):
    return batch.nominations.get(name=name)


def amounts(batch, name, board, *, version=0, **more):
    """One line of the settlement page as a browser posts it."""
    prefix = f"n{row(batch, name).pk}"
    facts = {"version": version, "board": board, **more}
    return {f"{prefix}-{field}": value for field, value in facts.items()}


def settle(client, batch, *lines, **more):
    batch.refresh_from_db()
    sent = {"version": batch.version, **more}
    for line in lines:
        sent |= line
    headers = more.pop("headers", None)
    return client.post(f"{URL}{batch.pk}/settlement/", sent, headers=headers)


# Attendance ------------------------------------------------------------------------------------------------


def test_whoever_is_ticked_did_not_come(stay, as_user, today):
    batch = stay.open()
    stay.seat(batch, "张三", "李四")
    batch = stay.approve(batch)
    today.move_to("2026-06-09 09:00:00+08:00")
    client, url = as_user("union_officer"), f"{URL}{batch.pk}/attendance/"
    assert "李四未参加" in text(client.get(url))
    answer = client.post(url, {"version": batch.version, "absent": [row(batch, "李四").pk]})
    assert answer.status_code == 302
    assert (row(batch, "张三").state, row(batch, "李四").state) == ("已参加", "未参加")


def test_before_the_first_day_the_card_says_when(stay, as_user):
    batch = stay.open()
    stay.seat(batch, "张三")
    stay.approve(batch)
    assert "不能登记参加情况:6月8日开始后才能登记" in text(as_user("union_officer").get(f"{URL}{batch.pk}/"))


@pytest.mark.parametrize("absent", ["x", "0", "999999", "9" * 40, "-1"])
def test_odd_numbers_are_nobody(stay, as_user, absent):
    batch = stay.went("张三")
    answer = as_user("union_officer").post(
        f"{URL}{batch.pk}/attendance/", {"version": batch.version, "absent": [absent]}
    )
    assert answer.status_code == 302
    assert row(batch, "张三").state == "已参加"


# Settlement ------------------------------------------------------------------------------------------------


def test_the_page_has_a_line_for_each_who_came_with_the_cap_beside(stay, as_user):
    batch = stay.went("张三", "李四")
    page = text(as_user("union_officer").get(f"{URL}{batch.pk}/settlement/"))
    assert "张三的食宿费" in page and "李四的保险费" in page and "3,000.00" in page
    assert "每人每年费用上限不超过3000.00元/人年" in page and "个人自理" not in page


def test_lines_filled_in_are_recorded_and_empty_ones_wait(stay, as_user):
    batch = stay.went("张三", "李四")
    lines = [amounts(batch, "张三", "2200.50", transport="300"), amounts(batch, "李四", "")]
    assert settle(as_user("union_officer"), batch, *lines).status_code == 302
    cost = Cost.objects.get()
    assert (cost.nomination.name, cost.total, cost.transport) == ("张三", Decimal("2500.50"), Decimal("300"))


def test_a_line_above_its_cap_saves_nothing_and_is_marked(stay, as_user):
    batch = stay.went("张三", "蒋秀")
    lines = [amounts(batch, "张三", "3000"), amounts(batch, "蒋秀", "3100")]
    answer = settle(as_user("union_officer"), batch, *lines)
    assert answer.status_code == 409
    assert not Cost.objects.exists()
    errors = {line.row.name: line.non_field_errors() for line in answer.context["lines"]}
    assert errors == {"张三": [], "蒋秀": ["蒋秀省内费用3100.00元,上限3000.00元,超出100.00元(BZ-11)"]}
    assert 'value="3100"' in text(answer)


def test_json_names_rule_limit_asked_and_clause(stay, as_user):
    batch = stay.went("蒋秀")
    answer = settle(as_user("union_officer"), batch, amounts(batch, "蒋秀", "3100"), headers=JSON)
    [finding] = answer.json()["findings"]
    assert (answer.status_code, finding["rule"], finding["asked"], finding["limit"], finding["clause"]) == (
        409, "sanatorium.cost_person_year", "3100.00", "不超过3000.00元/人年", "BZ-11",
    )  # fmt: skip
    good = settle(as_user("union_officer"), batch, amounts(batch, "蒋秀", "2900"), headers=JSON)
    assert good.json() == {"ok": True, "state": "已成行", "pk": batch.pk, "findings": []}


@pytest.mark.parametrize("amount", ["-1", "3000.005", "abc", "1e400", "NaN", "9" * 20])
def test_an_impossible_amount_is_a_form_error_at_its_cell(stay, as_user, amount):
    batch = stay.went("张三")
    client, line = as_user("union_officer"), amounts(batch, "张三", amount)
    answer = settle(client, batch, line)
    assert (answer.status_code, list(answer.context["lines"][0].errors)) == (400, ["board"])
    fields = settle(client, batch, line, headers=JSON).json()["fields"]
    assert list(fields) == [f"n{row(batch, '张三').pk}-board"]


def test_a_cost_cannot_be_emptied_only_set_to_nothing(stay, as_user):
    batch, client = stay.went("张三"), as_user("union_officer")
    settle(client, batch, amounts(batch, "张三", "100"))
    answer = settle(client, batch, amounts(batch, "张三", "", version=1))
    assert answer.status_code == 400 and "已登记费用,如未发生请填0" in text(answer)
    assert settle(client, batch, amounts(batch, "张三", "0", version=1)).status_code == 302
    assert Cost.objects.get().total == 0


def test_a_cash_note_is_refused_at_its_line(stay, as_user):
    batch = stay.went("张三")
    answer = settle(as_user("union_officer"), batch, amounts(batch, "张三", "100", note="发放现金"))
    assert answer.status_code == 409 and "禁止发放钱物(BZ-14)" in text(answer)


def test_a_warning_is_answered_by_a_reason(stay, as_user):
    stay.rule("sanatorium.cost_person_trip", 1000, severity="warn", clause="内部控制")
    batch, client = stay.went("张三"), as_user("union_officer")
    answer = settle(client, batch, amounts(batch, "张三", "1200"))
    assert answer.status_code == 409 and "请在下方说明理由后再次提交" in text(answer)
    assert settle(client, batch, amounts(batch, "张三", "1200"), reason="旺季房价").status_code == 302


def test_a_stale_page_records_nothing(stay, as_user):
    batch, client = stay.went("张三"), as_user("union_officer")
    assert settle(client, batch, amounts(batch, "张三", "100")).status_code == 302
    answer = settle(client, batch, amounts(batch, "张三", "200"))
    assert answer.status_code == 409 and "张三的费用已被他人更新" in text(answer)


def test_nothing_filled_in_is_said(stay, as_user):
    batch = stay.went("张三")
    answer = settle(as_user("union_officer"), batch, amounts(batch, "张三", ""))
    assert answer.status_code == 409 and "没有填写任何人员的费用" in text(answer)


def test_a_missing_line_version_is_a_form_error(stay, as_user):
    batch = stay.went("张三")
    assert settle(as_user("union_officer"), batch, {}).status_code == 400


@pytest.mark.parametrize("part", ["attendance", "settlement"])
def test_these_pages_are_for_whoever_settles(stay, as_user, part):
    batch = stay.went("张三")
    url = f"{URL}{batch.pk}/{part}/"
    statuses = {
        who: as_user(who).get(url).status_code for who in ("union_officer", "union_lead", "clerk", "auditor")
    }
    assert statuses == {"union_officer": 200, "union_lead": 403, "clerk": 403, "auditor": 403}


def test_pages_ask_no_more_queries_for_more_people(stay, as_user):
    batch = stay.open(number=1)
    stay.seat(batch, "张三")
    other = stay.open(number=2)
    stay.seat(other, *"甲乙丙丁")
    counts = []
    for one in (batch, other):
        one = stay.set_out(one)
        stay.settle(one, *[stay.line(found) for found in one.nominations.all()])
        client = as_user("union_officer")
        counts.append(
            [queries_of(client, f"{URL}{one.pk}/{page}") for page in ("", "attendance/", "settlement/")]
        )
    assert counts[0] == counts[1]


# Closing ---------------------------------------------------------------------------------------------------


def post(client, batch, verb, **facts):
    batch.refresh_from_db()
    return client.post(f"{URL}{batch.pk}/{verb}/", {"version": batch.version, **facts}, headers=JSON)


def test_a_settled_batch_is_closed_shown_with_its_totals_and_reopened(stay, as_payer, client):
    batch = stay.went("张三")
    lead = as_payer()
    assert "不能结清批次:还有1人未登记费用" in text(lead.get(f"{URL}{batch.pk}/"))
    assert post(lead, batch, "close").status_code == 409
    stay.settle(batch, stay.line(row(batch, "张三"), "2800"))
    client.force_login(stay.cast.union_lead)
    assert "不能结清批次:2026年第3期由您批准,请由他人结清" in text(client.get(f"{URL}{batch.pk}/"))
    assert post(client, batch, "close").status_code == 403
    lead = as_payer()
    assert post(lead, batch, "close", reason="不需要").json()["state"] == "已结清"
    page = text(lead.get(f"{URL}{batch.pk}/"))
    assert "费用合计" in page and "2,800.00元" in page and "每人费用与上限" in page
    assert Benefit.objects.get().amount == Decimal("2800")
    assert post(lead, batch, "reopen").json()["findings"][0]["rule"] == "reason"
    assert post(lead, batch, "reopen", reason="发票有误").json()["state"] == "已成行"


def test_a_unit_sees_the_costs_of_its_own_people_and_not_the_total(stay, as_user, as_payer):
    batch = stay.went("张三")
    stay.settle(batch, stay.line(row(batch, "张三"), "2800"))
    post(as_payer(), batch, "close")
    page = text(as_user("clerk").get(f"{URL}{batch.pk}/"))
    assert "2,800.00" in page and "费用合计" not in page


# The fund that pays (BZ-13) --------------------------------------------------------------------------------


def test_the_card_says_which_fund_pays_what_is_held_and_what_was_paid(stay, as_payer, client):
    stay.funded("3000")
    batch = stay.open()
    stay.seat(batch, "张三")
    client.force_login(stay.cast.union_lead)
    page = text(client.get(f"{URL}{batch.pk}/"))
    assert "经费列支" in page and "批准时须预留" in page and "3,000.00元(1人)" in page
    assert post(client, batch, "approve").json()["state"] == "已批准"
    assert client.get(f"{URL}{batch.pk}/").context["money"]["held"] == Decimal("3000")
    batch = stay.set_out(stay.fresh(batch))
    stay.settle(batch, stay.line(row(batch, "张三"), "2800"))
    assert post(as_payer(), batch, "close").json()["state"] == "已结清"
    page = text(client.get(f"{URL}{batch.pk}/"))
    batch.refresh_from_db()
    assert "已支付" in page and "2,800.00元" in page
    assert f'<a href="/funds/vouchers/{batch.voucher_id}/">{batch.voucher}</a>' in page
    assert f'<a href="/funds/funds/{batch.fund_id}/">工会经费</a>' in page
    assert f"{URL}{batch.pk}/" in text(client.get(f"/funds/vouchers/{batch.voucher_id}/"))  # and back
    client.force_login(stay.cast.clerk)
    assert "经费列支" not in text(client.get(f"{URL}{batch.pk}/"))


def test_too_little_money_is_said_before_and_refused_with_rule_limit_and_clause(stay, client):
    stay.funded("2999.99")
    batch = stay.open()
    stay.seat(batch, "张三")
    client.force_login(stay.cast.union_lead)
    page = text(client.get(f"{URL}{batch.pk}/"))
    assert "不能批准批次:2026年第3期1人,每人3000.00元,须在工会经费中预留3000.00元" in page and "还差0.01元" in page
    answer = post(client, batch, "approve")
    [finding] = answer.json()["findings"]
    assert (answer.status_code, finding["rule"], finding["asked"], finding["limit"], finding["clause"]) == (
        409, "sanatorium.fund_source", "3000.00", "工会经费,可用2999.99元", "BZ-13",
    )  # fmt: skip


def test_without_a_cap_the_approval_asks_for_an_estimate(city, cast, today, client):
    stay = Stay(city, cast, today, limits={})
    stay.funded("3000")
    batch = stay.open()
    stay.seat(batch, "张三")
    client.force_login(cast.union_lead)
    assert "每人预计费用" in text(client.get(f"{URL}{batch.pk}/"))
    for wrong in ("", "0", "-1", "abc", "1e400", "9" * 20, "0.001"):
        assert list(post(client, batch, "approve", estimate=wrong).json()["fields"]) == ["estimate"]
    answer = client.post(f"{URL}{batch.pk}/approve/", {"version": 2, "estimate": "x"})
    assert answer.status_code == 400 and "每人预计费用" in text(answer)
    assert post(client, batch, "approve", estimate="999999999999").status_code == 409
    assert post(client, batch, "approve", estimate="1200").json()["state"] == "已批准"
    assert "调整每人预计费用" in text(client.get(f"{URL}{batch.pk}/"))
    assert list(post(client, batch, "amend_estimate", estimate="1500").json()["fields"]) == ["reason"]
    assert post(client, batch, "amend_estimate", estimate="3000.01", reason="旺季").status_code == 409
    assert post(client, batch, "amend_estimate", estimate="1500", reason="旺季").json()["ok"]
    batch.refresh_from_db()
    assert (batch.estimate, batch.allotted) == (Decimal("1500"), Decimal("1500"))
    client.force_login(cast.union_officer)
    assert post(client, batch, "amend_estimate", estimate="1500", reason="旺季").status_code == 403
