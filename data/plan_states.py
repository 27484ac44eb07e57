"""The life of a plan: from draft (草案) by consultation and approval into force, and out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from data import geopackage
from data.guarding import require_impersonal
from data.plans import (
    APPROVED,
    CONSULTED,
    DRAFT,
    IN_FORCE,
    RETIRED,
    STATUSES,
    plans_of,
    require_plan,
    steps_ahead,
)
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

    One plan is in force: the one before is retired in the same transaction, with a line of its own. Where
    the first day lies ahead, both steps wait for it: until then the plan is approved, and the one before in
    force (`data.plans.steps_ahead`). A plan that waits can be given another day, or taken back.

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
        ``plan_changed``: somebody changed it since `rev`; ``plan_broken``; ``plan_waiting``: another one
        comes into force on a day ahead.
    """
    if to not in STATUSES:
        raise SettingError("plan_status_unknown", found=to, known=", ".join(STATUSES))
    line = _document(to, document_no.strip(), effective.strip())
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
            _require_alone(connection, plan_id)
            _retire_others(connection, plan_id, who=who, effective=line["effective"])
        else:
            _keep_others(connection, plan_id, who=who)
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


def read_steps_ahead(workspace: Workspace) -> dict[str, dict[str, str]]:
    """Return the steps that were decided on and wait for their day, as `data.plans.steps_ahead`."""
    with geopackage.reading(workspace.path) as connection:
        return steps_ahead(connection)


def plan_documents(workspace: Workspace) -> pd.DataFrame:
    """Return document_no and effective by plan_id, of the plans that are, were or will be in force."""
    with geopackage.reading(workspace.path) as connection:
        states = geopackage.read_table(connection, "plan_states", crs=None)
    # Taken back before its day, a plan went on from what it was before.
    after = states.groupby("plan_id")["was"].shift(-1).fillna(IN_FORCE)
    entered = states[(states["now"] == IN_FORCE) & (after == IN_FORCE)]
    entered = entered.drop_duplicates("plan_id", keep="last")
    return entered.set_index("plan_id")[["document_no", "effective"]]


def _document(to: str, document_no: str, effective: str) -> dict[str, str]:
    """Return the document and its first day, the day written in one way: days are told apart by it."""
    if to == IN_FORCE and not (document_no and effective):
        raise SettingError("plan_needs_document")
    try:
        day = dt.date.fromisoformat(effective).isoformat() if effective else ""
    except ValueError as fault:
        raise SettingError("plan_date_wrong", found=effective) from fault
    return {"document_no": document_no, "effective": day}


def _require_alone(connection: sqlite3.Connection, plan_id: str) -> None:
    for other, step in steps_ahead(connection).items():
        if step["now"] == IN_FORCE and other != plan_id:
            raise ConflictError("plan_waiting", plan=other, effective=step["effective"])


def _retire_others(connection: sqlite3.Connection, plan_id: str, *, who: str, effective: str) -> None:
    plans = plans_of(connection)
    for other in plans.loc[plans["status"] == IN_FORCE, "plan_id"]:
        line = _Line(who=who, was=IN_FORCE, now=RETIRED, why=plan_id, effective=effective)
        _move(connection, other, line)


def _keep_others(connection: sqlite3.Connection, plan_id: str, *, who: str) -> None:
    """Keep in force what was to be retired by a plan that does not come into force after all."""
    for other, step in steps_ahead(connection).items():
        if step["now"] == RETIRED and step["why"] == plan_id:
            entered = connection.execute(
                "SELECT document_no, effective FROM plan_states WHERE plan_id = ? AND now = ?"
                " ORDER BY fid DESC LIMIT 1",
                (other, IN_FORCE),
            ).fetchone()
            line = _Line(who=who, was=RETIRED, now=IN_FORCE, why=plan_id)
            _move(connection, other, replace(line, document_no=entered[0], effective=entered[1]))


def _move(connection: sqlite3.Connection, plan_id: str, line: _Line) -> None:
    connection.execute("UPDATE plans SET status = ?, rev = rev + 1 WHERE plan_id = ?", (line.now, plan_id))
    connection.execute(
        "INSERT INTO plan_states (plan_id, at, who, was, now, document_no, effective, why)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (plan_id, now(), line.who, line.was, line.now, line.document_no, line.effective, line.why),
    )
    facts = {"was": line.was, "now": line.now, "document_no": line.document_no, "effective": line.effective}
    record(connection, "plan_state", plan_id, who=line.who, **facts)
