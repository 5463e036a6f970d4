"""verify: a clean database finds nothing; each change behind the application's back is found and named."""

import datetime
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from carecore import audit, rulekeeping, verification
from carecore.models import Appointment, AuditEvent, AuditHead, Person, Rule, Unit, User
from carecore.registry import Problem
from tests import build
from tests.witness import witnessed


@pytest.fixture
def clean(city, cast):
    """The cast, a rule kept by its verbs and another withdrawn, all on record."""
    build.rule(city.root, "sanatorium.days", [5, 7])
    build.person(city.b, "无证", id_number=None)
    witnessed()
    rulekeeping.end_rule(
        by=cast.union_lead, rule=Rule.objects.get(), effective_to=datetime.date(2026, 12, 31)
    )
    coming = rulekeeping.add_rule(
        by=cast.union_lead,
        unit=city.a,
        key="sanatorium.note",
        value="甲",
        clause="x",
        effective_from=datetime.date(2027, 1, 1),
    )
    rulekeeping.withdraw_rule(by=cast.union_lead, rule=Rule.objects.get(pk=coming.pk))
    audit.record_access(by=cast.clerk, action="reveal", row=cast.clerk.person, reason="核对")
    return city


def found(**kwargs):
    return [(one.invariant, one.row, one.message) for one in verification.problems(**kwargs)]


def test_a_clean_database_finds_nothing(clean):
    assert found() == []


def test_signing_in_changes_no_audited_column(clean, client, cast):
    client.force_login(cast.clerk)
    assert User.objects.get(pk=cast.clerk.pk).last_login is not None
    assert found() == []


def test_a_column_changed_by_an_update_is_named(clean, cast):
    last = AuditEvent.objects.of(clean.a).last().seq
    Unit.objects.filter(pk=clean.a.pk).update(name="改", party_name="改")
    assert found() == [
        ("8 审计记录", f"单位 {clean.a.pk}", f"与最后一次审计记录(第 {last} 号)不符:单位名称、党组织名称")
    ]


def test_a_right_given_by_raw_sql_is_found(clean, cast):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE carecore_appointment SET role = 'union_lead' WHERE user_id = %s", [cast.clerk.pk]
        )
    appointment = Appointment.objects.get(user=cast.clerk)
    ((invariant, row, message),) = found()
    assert (invariant, row) == ("8 审计记录", f"任职授权 {appointment.pk}")
    assert message.endswith("不符:角色")


def test_a_row_written_behind_the_back_is_found(clean):
    person = build.person(clean.a, "夹带")
    assert found() == [("8 审计记录", f"人员 {person.pk}", "没有审计记录,是在系统之外写入的")]


def test_a_row_deleted_behind_the_back_is_found(clean):
    person = Person.objects.get(name="无证")
    pk, last = person.pk, AuditEvent.objects.of(person).last().seq
    Person.objects.filter(pk=pk).delete()
    message = f"有第 {last} 号审计记录,该记录却已不存在,是在系统之外删除的"
    assert found() == [("8 审计记录", f"人员 {pk}", message)]


def test_a_withdrawn_row_that_comes_back_is_found(clean, cast):
    gone = AuditEvent.objects.get(action="withdraw_rule")
    build.rule(clean.a, "sanatorium.note", "甲", pk=gone.object_id)
    message = f"第 {gone.seq} 号审计记录为删除,但该记录仍在"
    assert found() == [("8 审计记录", f"规则 {gone.object_id}", message)]


def test_a_changed_event_is_found_with_its_number(clean):
    AuditEvent.objects.filter(seq=3).update(reason="改")
    assert found() == [("8 审计链", "审计事件 3", "第 3 号审计事件被改动或次序不符")]


def test_an_encrypted_column_that_was_tampered_with_is_found(clean, cast):
    person = cast.clerk.person
    with connection.cursor() as cursor:
        cursor.execute("UPDATE carecore_person SET id_number = 'x' WHERE id = %s", [person.pk])
    message = "加密栏目 carecore.person.id_number 无法解密:在系统之外被改动,或缺少当时的密钥"
    assert found() == [("8 审计记录", f"人员 {person.pk}", message)]


def test_an_index_of_another_number_is_found(clean, cast):
    person = cast.clerk.person
    Person.objects.filter(pk=person.pk).update(id_index="f" * 64)
    assert ("10 身份证号索引", f"人员 {person.pk}", "身份证号与其查重索引不符") in found()


def test_an_index_without_a_number_is_found(clean):
    Person.objects.filter(name="无证").update(id_index="f" * 64)
    assert "10 身份证号索引" in [invariant for invariant, _, _ in found()]


def test_a_path_beside_the_tree_is_found(clean):
    Unit.objects.filter(pk=clean.a_office.pk).update(path=clean.b.path + "9/")
    expected = f"{clean.a.path}{clean.a_office.pk:08d}/"
    message = f"路径为 {clean.b.path}9/,按上级单位应为 {expected}"
    assert ("单位路径", f"单位 {clean.a_office.pk}", message) in found()


def test_a_rule_with_a_value_that_does_not_fit_is_found(clean):
    rule = build.rule(clean.b, "sanatorium.days", [9, 1])
    message = "“每期天数”的取值不符合要求:应为[最小, 最大]"
    assert ("规则取值", f"规则 {rule.pk}", message) in found()


def test_the_chain_is_compared_with_the_anchor(clean):
    head = AuditHead.objects.get()
    assert found(anchor=(head.seq, head.hash)) == []
    ((invariant, _, message),) = found(anchor=(head.seq, "0" * 64))
    assert (invariant, message) == (
        "8 审计链", f"与外部留存的第 {head.seq} 号锚点不符,其后的记录可能被截断或重写"
    )  # fmt: skip


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_chunks_hold_every_key_once(city, cast, monkeypatch, chunk):
    monkeypatch.setattr(verification, "CHUNK", chunk)
    chunks = list(verification.in_chunks(User.objects.all()))
    assert [pk for some in chunks for pk in some] == sorted(User.objects.values_list("pk", flat=True))
    assert max(map(len, chunks)) <= chunk


def test_the_checks_of_each_business_are_asked(clean, monkeypatch):
    class Part:
        checks = (lambda: iter([Problem("1 名额", "单位名额 1", "多用了1个")]),)

    monkeypatch.setattr(verification, "provided", lambda: [Part])
    assert found() == [("1 名额", "单位名额 1", "多用了1个")]


# The command ----------------------------------------------------------------------------------------------


def verify(*arguments):
    """Exit code of the command."""
    try:
        call_command("verify", *arguments)
    except SystemExit as stop:
        return stop.code
    except CommandError as error:
        return error.returncode
    return 0


def test_clean_is_0(clean, capsys):
    assert verify() == 0
    assert capsys.readouterr().out == f"检查完毕:没有发现问题。审计链共{AuditHead.objects.get().seq}条。\n"


def test_findings_are_1_in_sentences(clean, capsys):
    person = build.person(clean.a, "夹带")
    assert verify() == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"[8 审计记录] 人员 {person.pk}:没有审计记录,是在系统之外写入的"
    assert last.startswith("检查完毕:发现1处问题。")


def test_findings_in_json(clean, capsys):
    person = build.person(clean.a, "夹带")
    head = AuditHead.objects.get()
    assert verify("--json") == 1
    assert json.loads(capsys.readouterr().out) == {
        "clean": False,
        "problems": [
            {
                "invariant": "8 审计记录",
                "row": f"人员 {person.pk}",
                "message": "没有审计记录,是在系统之外写入的",
            }
        ],
        "head": {"seq": head.seq, "hash": head.hash},
    }


def test_an_anchor_is_written_and_compared(clean, capsys, tmp_path):
    anchor = tmp_path / "anchor.json"
    assert verify("--write-anchor", str(anchor)) == 0
    assert verify("--anchor", str(anchor)) == 0
    AuditEvent.objects.all().delete()
    AuditHead.objects.all().delete()
    assert verify("--anchor", str(anchor)) == 1
    assert "锚点不符" in capsys.readouterr().out


def test_no_anchor_is_written_over_findings(clean, tmp_path):
    build.person(clean.a, "夹带")
    assert verify("--write-anchor", str(tmp_path / "anchor.json")) == 1
    assert not (tmp_path / "anchor.json").exists()


@pytest.mark.parametrize("text", [None, "", "x", "[]", '{"seq": "x", "hash": ""}'])
def test_what_could_not_be_checked_is_2(clean, tmp_path, text):
    anchor = tmp_path / "anchor.json"
    if text is not None:
        anchor.write_text(text)
    assert verify("--anchor", str(anchor)) == 2


def test_a_database_that_does_not_answer_is_2(db):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE carecore_auditevent")
    assert verify() == 2


@pytest.mark.django_db(transaction=True)
def test_verify_reads_one_snapshot_and_holds_nobody_up():
    root = build.unit("滨海市")
    witnessed()
    with verification.snapshot():
        assert found() == []
    with audit.recorded():
        audit.record(by=None, action="touch", rows=[root])
    assert verify() == 0
