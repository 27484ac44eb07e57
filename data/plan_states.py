"""The life of a plan: from draft (草案) by consultation and approval into force, and out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data import geopackage
from data.guarding import require_impersonal
from data.plans import APPROVED, CONSULTED, DRAFT, IN_FORCE, RETIRED, STATUSES, require_plan
from data.workspace import now, record
from geo.errors import ConflictError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    import pandas as pd

    from data.workspace import Workspace

TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    DRAFT: (CONSULTED, RETIRED),
    CONSULTED: (DRAFT, APPROVED, RETIRED),
    APPROVED: (CONSULTED, IN_FORCE, RETIRED),
    IN_FORCE: (RETIRED,),
    RETIRED: (),
}
# What a plan that breaks rules cannot become.
SOUND = (APPROVED, IN_FORCE)


@dataclass(frozen=True, kw_only=True)
class _Line:
    who: str
    was: str
    now: str
    why: str
    document_no: str = ""
    effective: str = ""


def move_plan(
    workspace: Workspace,
    plan_id: str,
    to: str,
    *,
    rev: int,
    who: str,
    why: str = "",
    document_no: str = "",
    effective: str = "",
    violations: int = 0,
) -> int:
    """
    Bring a plan to its next status, and return its new revision.

    One plan is in force: the one before is retired in the same transaction, with a line of its own.

    Parameters
    ----------
    to
        One of `TRANSITIONS` from its present status.
    rev
        The revision that was looked at.
    document_no, effective
        The document (文号) that it is in force by and the first day (ISO), which ``in_force`` needs.
    violations
        In how many places the plan of that revision breaks a rule; 0 is needed for `SOUND` statuses.

    Raises
    ------
    SettingError
        ``plan_unknown``, ``plan_status_unknown``, ``plan_step_unknown``, ``plan_needs_document``,
        ``plan_date_wrong``, ``text_personal`` (who, why: places and posts, never persons).
    ConflictError
        ``plan_changed``: somebody changed it since `rev`; ``plan_broken``.
    """
    if to not in STATUSES:
        raise SettingError("plan_status_unknown", found=to, known=", ".join(STATUSES))
    line = {"document_no": document_no.strip(), "effective": effective.strip()}
    _require_document(to, **line)
    require_impersonal(label=who, why=why)
    with geopackage.writing(workspace.path) as connection:
        plan = require_plan(connection, plan_id, rev=rev)
        steps = TRANSITIONS[plan["status"]]
        if to not in steps:
            facts = {"plan": plan_id, "status": plan["status"], "step": to, "steps": steps or None}
            raise SettingError("plan_step_unknown", **facts)
        if to in SOUND and violations:
            raise ConflictError("plan_broken", plan=plan_id, count=violations)
        if to == IN_FORCE:
            _retire_others(connection, plan_id, who=who)
        _move(connection, plan_id, _Line(who=who, was=plan["status"], now=to, why=why, **line))
    return rev + 1


def read_states(workspace: Workspace, plan_id: str) -> pd.DataFrame:
    """
    Return at, who, was, now, document_no, effective, why of each step of a plan, oldest first.

    Raises
    ------
    SettingError
        ``plan_unknown``.
    """
    with geopackage.reading(workspace.path) as connection:
        require_plan(connection, plan_id)
        states = geopackage.read_table(connection, "plan_states", crs=None)
    return states[states["plan_id"] == plan_id].drop(columns="plan_id").reset_index(drop=True)


def plan_documents(workspace: Workspace) -> pd.DataFrame:
    """Return document_no and effective by plan_id, of the plans that are or were in force."""
    with geopackage.reading(workspace.path) as connection:
        states = geopackage.read_table(connection, "plan_states", crs=None)
    entered = states[states["now"] == IN_FORCE].drop_duplicates("plan_id", keep="last")
    return entered.set_index("plan_id")[["document_no", "effective"]]


def _require_document(to: str, *, document_no: str, effective: str) -> None:
    if to == IN_FORCE and not (document_no and effective):
        raise SettingError("plan_needs_document")
    if not effective:
        return
    try:
        dt.date.fromisoformat(effective)
    except ValueError as fault:
        raise SettingError("plan_date_wrong", found=effective) from fault


def _retire_others(connection: sqlite3.Connection, plan_id: str, *, who: str) -> None:
    found = connection.execute("SELECT plan_id FROM plans WHERE status = ?", (IN_FORCE,)).fetchall()
    for (other,) in found:
        _move(connection, other, _Line(who=who, was=IN_FORCE, now=RETIRED, why=plan_id))


def _move(connection: sqlite3.Connection, plan_id: str, line: _Line) -> None:
    connection.execute("UPDATE plans SET status = ?, rev = rev + 1 WHERE plan_id = ?", (line.now, plan_id))
    connection.execute(
        "INSERT INTO plan_states (plan_id, at, who, was, now, document_no, effective, why)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (plan_id, now(), line.who, line.was, line.now, line.document_no, line.effective, line.why),
    )
    facts = {"was": line.was, "now": line.now, "document_no": line.document_no, "effective": line.effective}
    record(connection, "plan_state", plan_id, who=line.who, **facts)
