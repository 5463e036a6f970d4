"""Scanned papers of nominations: what proves them (BZ-5), and the form with its seals."""

from __future__ import annotations

from itertools import groupby

from django.core.files.uploadedfile import UploadedFile

from carecore import audit, clock, papers
from carecore.access import Can
from carecore.models import User
from carecore.policy import Rulebook
from carecore.workflow import change, locked, require_right, require_state, verb
from sanatorium.models import Nomination, Plan, State
from sanatorium.queries import usage_of
from sanatorium.rules.nominations import NO_EVIDENCE, Usage, evidence
from sanatorium.workflow.nominations import attach_evidence, attach_sealed_form, draft_of


@verb
def prove(*, by: User, rows: list[Nomination], title: str, upload: UploadedFile) -> list[Nomination]:
    """Keep one paper and let it prove these drafts; each unit among them keeps a copy that its people may open.

    Raises Refused where a row is no draft or the file is not what its name says; then nothing is kept.
    """
    rows, name = sorted(locked(rows, "unit"), key=lambda row: (row.unit.path, row.pk)), upload.name
    proved = []
    for unit, members in groupby(rows, key=lambda row: row.unit):
        upload.name = name
        paper = papers.attach(by=by, unit=unit, title=title, purpose="佐证材料", upload=upload)
        proved += attach_evidence(by=by, rows=list(members), paper=paper)
    return proved


@verb
def file_sealed_form(*, by: User, row: Nomination, title: str, upload: UploadedFile) -> Nomination:
    """Keep the scan of the sealed 推荐(审批)表; raises Refused as `attach_sealed_form` and the file do."""
    [row] = locked([row], "unit")
    paper = papers.attach(by=by, unit=row.unit, title=title, purpose="盖章推荐表", upload=upload)
    return attach_sealed_form(by=by, row=row, paper=paper)


@verb
def recheck(*, by: User, rows: list[Nomination]) -> list[Nomination]:
    """Look again what still proves these drafts, such as appraisals registered since (BZ-5 (c))."""
    rows = locked(rows, "unit", "person", "plan", "evidence")
    require_right(by, Can.NOMINATE, *{row.unit for row in rows})
    require_state(rows, [State.DRAFT], "核对佐证")
    book, changed = Rulebook(clock.today()), []
    for plan, members in groupby(sorted(rows, key=lambda row: row.plan_id), key=lambda row: row.plan):
        drafts = list(members)
        usage = usage_of(plan, [row.person_id for row in drafts])
        changed += [row for row in drafts if _proof_differs(row, usage[row.person_id], book, plan)]
    change(changed, "findings", "attention")
    audit.record(by=by, action="recheck", rows=changed)
    return rows


def _proof_differs(row: Nomination, usage: Usage, book: Rulebook, plan: Plan) -> bool:
    """Put what the check of the evidence finds now in the place of what it found before."""
    now = [finding.as_dict() for finding in evidence(draft_of(row), usage, book, plan.year)]
    findings = [finding for finding in row.findings if finding["rule"] != NO_EVIDENCE] + now
    differs = findings != row.findings
    row.findings = findings
    row.note_attention()
    return differs
