"""Plans in the workspace: a zoning plan is rows (grid → zone), never copied geometry."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from data import geopackage
from data.schemas import GRID_ID, ZONE_ID
from data.workspace import as_json, now, record, require_stamp
from geo.errors import ConflictError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from data.workspace import Workspace

# 草案, 征求意见, 审核, 现行, 停用
STATUSES = ("draft", "consulted", "approved", "in_force", "retired")
# Kinds of plans: of the nesting and its repair, what a redraw proposes, and what a planner draws.
NESTING, REDRAW, PAINTED = "nesting", "redraw", "painted"
_JSON_FIELDS = ("params", "scorecard")
_CHANGEABLE = ("name", "status", "note", *_JSON_FIELDS)


def read_plans(workspace: Workspace) -> pd.DataFrame:
    """Return the plans, oldest first: ids, states, revisions; `params`, `scorecard` as JSON text."""
    with geopackage.reading(workspace.path) as connection:
        return geopackage.read_table(connection, "plans", crs=None)


def read_assignment(workspace: Workspace, plan_id: str) -> pd.Series:
    """
    Return the zone_id of each grid in a plan, indexed by grid_id.

    Raises
    ------
    SettingError
        ``plan_unknown``, with the ids there are.
    """
    with geopackage.reading(workspace.path) as connection:
        known = [row[0] for row in connection.execute("SELECT plan_id FROM plans ORDER BY fid")]
        rows = connection.execute(
            "SELECT grid_id, zone_id FROM assignment WHERE plan_id = ? ORDER BY fid", (plan_id,)
        ).fetchall()
    if plan_id not in known:
        raise SettingError("plan_unknown", plan=plan_id, known=", ".join(known))
    index = pd.Index([row[0] for row in rows], name=GRID_ID, dtype="str")
    return pd.Series([row[1] for row in rows], index=index, name=ZONE_ID, dtype="str")


def today_plan_id(workspace: Workspace) -> str | None:
    """
    Return the plan that holds today: the one in force, else the newest of the nesting, else None.

    Retired plans do not count, and what is proposed is never taken for what is.
    """
    plans = read_plans(workspace)
    nesting = plans[(plans["kind"] == NESTING) & (plans["status"] != "retired")]
    for choice in (plans[plans["status"] == "in_force"], nesting):
        if not choice.empty:
            return str(choice["plan_id"].iloc[-1])
    return None


def save_plan(
    workspace: Workspace,
    assignment: pd.Series,
    *,
    kind: str,
    name: str,
    author: str = "",
    note: str = "",
    parent: str | None = None,
    params: Mapping[str, Any] | None = None,
    scorecard: Mapping[str, Any] | None = None,
    stamp: str | None = None,
) -> str:
    """
    Keep an assignment as a new draft plan, and return its id.

    What is there already (same kind and assignment, not retired) is not saved twice: the id of the plan that
    holds it comes back, so that a second click makes no second plan.

    Parameters
    ----------
    assignment
        zone_id of each grid, indexed by grid_id.
    stamp
        `Workspace.stamp` of the tables that the assignment was made from, if it must still hold.

    Raises
    ------
    ConflictError
        ``tables_changed`` if the tables are no longer as they were at `stamp`.
    """
    with geopackage.writing(workspace.path) as connection:
        if stamp is not None:
            require_stamp(connection, stamp)
        return insert_plan(
            connection,
            assignment,
            kind=kind,
            name=name,
            author=author,
            note=note,
            parent=parent,
            params=params,
            scorecard=scorecard,
        )


def save_plans(
    workspace: Workspace, plans: Sequence[tuple[pd.Series, Mapping[str, Any]]], *, stamp: str | None = None
) -> list[str]:
    """
    Keep several assignments as `save_plan` does, all of them or none, and return their ids.

    Parameters
    ----------
    plans
        Of each its assignment, and what else `insert_plan` takes.
    stamp
        `Workspace.stamp` of the tables that they were made from, if it must still hold.

    Raises
    ------
    ConflictError
        ``tables_changed`` if the tables are no longer as they were at `stamp`.
    """
    with geopackage.writing(workspace.path) as connection:
        if stamp is not None:
            require_stamp(connection, stamp)
        return [insert_plan(connection, assignment, **facts) for assignment, facts in plans]


def insert_plan(
    connection: sqlite3.Connection,
    assignment: pd.Series,
    *,
    kind: str,
    name: str,
    author: str = "",
    note: str = "",
    parent: str | None = None,
    params: Mapping[str, Any] | None = None,
    scorecard: Mapping[str, Any] | None = None,
) -> str:
    """Keep an assignment as `save_plan` does, inside the caller's transaction."""
    digest = assignment_digest(assignment)
    twin = connection.execute(
        "SELECT plan_id FROM plans WHERE digest = ? AND kind = ? AND status != 'retired'", (digest, kind)
    ).fetchone()
    if twin:
        return str(twin[0])
    plan_id = f"P{geopackage.next_fid(connection, 'plans')}"
    row = {
        "plan_id": plan_id,
        "kind": kind,
        "name": name,
        "parent": parent,
        "status": "draft",
        "rev": 1,
        "author": author,
        "created": now(),
        "note": note,
        "params": as_json(params or {}),
        "scorecard": as_json(scorecard or {}),
        "digest": digest,
    }
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO plans ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    _insert_assignment(connection, plan_id, assignment)
    record(connection, "plan_save", plan_id, who=author, grids=len(assignment))
    return plan_id


def change_plan(
    workspace: Workspace,
    plan_id: str,
    *,
    rev: int,
    who: str = "",
    assignment: pd.Series | None = None,
    changes: Mapping[str, Any] | None = None,
) -> int:
    """
    Change a plan that nobody else has changed since it was read, and return its new revision.

    A plan that comes into force retires the one that was.

    Parameters
    ----------
    rev
        The revision that the change starts from.
    assignment
        The plan's new assignment, if it changes.
    changes
        New values of name, status, note, params or scorecard.

    Raises
    ------
    ConflictError
        ``plan_changed``: somebody saved another revision first. Nothing is written.
    SettingError
        ``plan_unknown``, ``plan_field_unknown``, ``plan_field_empty`` or ``plan_status_unknown``.
    """
    sets = {key: as_json(value) if key in _JSON_FIELDS else value for key, value in (changes or {}).items()}
    if unknown := sets.keys() - set(_CHANGEABLE):
        raise SettingError(
            "plan_field_unknown", found=", ".join(sorted(unknown)), known=", ".join(_CHANGEABLE)
        )
    if empty := [key for key, value in sets.items() if value is None]:
        raise SettingError("plan_field_empty", found=", ".join(sorted(empty)))
    if sets.get("status", STATUSES[0]) not in STATUSES:
        raise SettingError("plan_status_unknown", found=sets["status"], known=", ".join(STATUSES))
    if assignment is not None:
        sets["digest"] = assignment_digest(assignment)
    with geopackage.writing(workspace.path) as connection:
        found = connection.execute("SELECT rev FROM plans WHERE plan_id = ?", (plan_id,)).fetchone()
        if found is None:
            raise SettingError("plan_unknown", plan=plan_id, known="")
        if found[0] != rev:
            raise ConflictError("plan_changed", plan=plan_id, found=found[0], expected=rev)
        assigned = "".join(f", {key} = ?" for key in sets)
        connection.execute(
            f"UPDATE plans SET rev = rev + 1{assigned} WHERE plan_id = ?", (*sets.values(), plan_id)
        )
        if assignment is not None:
            connection.execute("DELETE FROM assignment WHERE plan_id = ?", (plan_id,))
            _insert_assignment(connection, plan_id, assignment)
        if sets.get("status") == "in_force":
            connection.execute(
                "UPDATE plans SET status = 'retired', rev = rev + 1"
                " WHERE status = 'in_force' AND plan_id != ?",
                (plan_id,),
            )
        record(connection, "plan_change", plan_id, who=who, rev=rev + 1, fields=sorted(sets))
    return rev + 1


def assignment_digest(assignment: pd.Series) -> str:
    """Return a hash of a grid → zone assignment that does not depend on the order of its rows."""
    lines = sorted(f"{grid}\t{zone}" for grid, zone in assignment.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _insert_assignment(connection: sqlite3.Connection, plan_id: str, assignment: pd.Series) -> None:
    connection.executemany(
        "INSERT INTO assignment (plan_id, grid_id, zone_id) VALUES (?, ?, ?)",
        [(plan_id, str(grid), str(zone)) for grid, zone in assignment.items()],
    )
