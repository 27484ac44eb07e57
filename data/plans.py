"""Plans in the workspace: a zoning plan is rows (grid → zone), never copied geometry."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from data import geopackage
from data.schemas import GRID_ID, ZONE_ID
from data.workspace import as_json, now, record, require_stamp, this_day
from geo.errors import ConflictError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence

    from data.workspace import Workspace

# 草案, 征求意见, 审核, 现行, 停用
STATUSES = DRAFT, CONSULTED, APPROVED, IN_FORCE, RETIRED = (
    "draft",
    "consulted",
    "approved",
    "in_force",
    "retired",
)
# Kinds of plans: of the nesting and its repair, what a redraw proposes, what people paint, and what came in a
# file. The last two are people's own, to be painted on.
NESTING, REDRAW, PAINTED, IMPORTED = "nesting", "redraw", "painted", "imported"
OWN = (PAINTED, IMPORTED)
_JSON_FIELDS = ("params", "scorecard")
_CHANGEABLE = ("name", "note", *_JSON_FIELDS)
_AHEAD = "plan_id, was, now, document_no, effective, why"
# Tables whose rows belong to a plan and go with it.
_TABLES_OF_PLANS = ("strokes", "plan_states", "assignment", "plans")


def read_plans(workspace: Workspace) -> pd.DataFrame:
    """Return the plans, oldest first: ids, states, revisions; `params`, `scorecard` as JSON text."""
    with geopackage.reading(workspace.path) as connection:
        return plans_of(connection)


def plans_of(connection: sqlite3.Connection) -> pd.DataFrame:
    """Return the plans as `read_plans` does, inside the caller's transaction."""
    plans = geopackage.read_table(connection, "plans", crs=None)
    for plan_id, step in steps_ahead(connection).items():
        plans.loc[plans["plan_id"] == plan_id, "status"] = step["was"]
    return plans


def steps_ahead(connection: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """
    Return the last step of each plan where it holds from a later day on, by plan_id.

    A step that was decided on beforehand is kept as if it were taken. Until its day comes the plan has the
    status that it ``was`` in: nobody has to do anything on that day.
    """
    rows = connection.execute(
        f"SELECT {_AHEAD} FROM plan_states WHERE effective > ? AND now IN (?, ?)"
        " AND fid IN (SELECT MAX(fid) FROM plan_states GROUP BY plan_id)",
        (this_day().isoformat(), IN_FORCE, RETIRED),
    )
    names = _AHEAD.split(", ")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def plan_rev(workspace: Workspace, plan_id: str) -> int | None:
    """Return a plan's revision, None where there is no such plan; quick, to be asked again and again."""
    with geopackage.reading(workspace.path) as connection:
        found = connection.execute("SELECT rev FROM plans WHERE plan_id = ?", (plan_id,)).fetchone()
    return None if found is None else int(found[0])


def read_plan(workspace: Workspace, plan_id: str) -> dict[str, Any]:
    """
    Return the row of one plan, as `read_plans` has it.

    Raises
    ------
    SettingError
        ``plan_unknown``, with the ids there are.
    """
    with geopackage.reading(workspace.path) as connection:
        return require_plan(connection, plan_id)


def plan_sizes(workspace: Workspace) -> pd.Series:
    """Return how many grids each plan has in a zone, by plan_id; plans without any are left out."""
    with geopackage.reading(workspace.path) as connection:
        sizes = dict(
            connection.execute("SELECT plan_id, COUNT(*) FROM assignment GROUP BY plan_id").fetchall()
        )
    return pd.Series(sizes, name="grids", dtype="int64")


def read_assignment(workspace: Workspace, plan_id: str) -> pd.Series:
    """
    Return the zone_id of each grid in a plan, indexed by grid_id.

    Raises
    ------
    SettingError
        ``plan_unknown``, with the ids there are.
    """
    with geopackage.reading(workspace.path) as connection:
        require_plan(connection, plan_id)
        return assignment_of(connection, plan_id)


def today_plan_id(workspace: Workspace) -> str | None:
    """
    Return the plan that holds today: the one in force, else the newest of the nesting, else None.

    Retired plans do not count, and what is proposed is never taken for what is.
    """
    plans = read_plans(workspace)
    nesting = plans[(plans["kind"] == NESTING) & (plans["status"] != RETIRED)]
    for choice in (plans[plans["status"] == IN_FORCE], nesting):
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
    zone_names: Mapping[str, str] | None = None,
    locked: Collection[str] = (),
) -> str:
    """
    Keep an assignment as `save_plan` does, inside the caller's transaction; people's own are always new.

    Parameters
    ----------
    zone_names
        Names by zone_id that the plan gives itself.
    locked
        What the plan keeps from being painted: ``zone:ID``, ``grid:ID`` or ``village:ID``.
    """
    # What is painted changes with every stroke: nobody is to find it by what it was once.
    digest = "" if kind in OWN else assignment_digest(assignment)
    twin = connection.execute(
        "SELECT plan_id FROM plans WHERE digest = ? AND kind = ? AND status != 'retired'", (digest, kind)
    ).fetchone()
    if twin and digest:
        return str(twin[0])
    plan_id = f"P{geopackage.next_fid(connection, 'plans')}"
    row = {
        "plan_id": plan_id,
        "kind": kind,
        "name": name,
        "parent": parent,
        "status": DRAFT,
        "rev": 1,
        "author": author,
        "created": now(),
        "note": note,
        "params": as_json(params or {}),
        "scorecard": as_json(scorecard or {}),
        "digest": digest,
        "zone_names": as_json(zone_names or {}),
        "locked": as_json(sorted(locked)),
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

    Its status goes through `data.plan_states.move_plan`, what is painted through `data.strokes`.

    Parameters
    ----------
    rev
        The revision that the change starts from.
    assignment
        The plan's new assignment, if it changes; of drafts that are not painted.
    changes
        New values of name, note, params or scorecard.

    Raises
    ------
    ConflictError
        ``plan_changed``: somebody saved another revision first; ``plan_frozen``, ``plan_painted``: its
        assignment is not to be replaced. Nothing is written.
    SettingError
        ``plan_unknown``, ``plan_field_unknown`` or ``plan_field_empty``.
    """
    sets = {key: as_json(value) if key in _JSON_FIELDS else value for key, value in (changes or {}).items()}
    if unknown := sets.keys() - set(_CHANGEABLE):
        raise SettingError(
            "plan_field_unknown", found=", ".join(sorted(unknown)), known=", ".join(_CHANGEABLE)
        )
    if empty := [key for key, value in sets.items() if value is None]:
        raise SettingError("plan_field_empty", found=", ".join(sorted(empty)))
    if assignment is not None:
        sets["digest"] = assignment_digest(assignment)
    with geopackage.writing(workspace.path) as connection:
        plan = require_plan(connection, plan_id, rev=rev)
        if assignment is not None:
            _replace_assignment(connection, plan, assignment)
        assigned = "".join(f", {key} = ?" for key in sets)
        connection.execute(
            f"UPDATE plans SET rev = rev + 1{assigned} WHERE plan_id = ?", (*sets.values(), plan_id)
        )
        record(connection, "plan_change", plan_id, who=who, rev=rev + 1, fields=sorted(sets))
    return rev + 1


def duplicate_plan(workspace: Workspace, plan_id: str, *, name: str, who: str = "") -> str:
    """
    Return the id of a new painted draft that begins as a plan is now, with its names, locks and params.

    Raises
    ------
    SettingError
        ``plan_unknown``; ``plan_field_empty`` without a name.
    """
    if not name.strip():
        raise SettingError("plan_field_empty", found="name")
    with geopackage.writing(workspace.path) as connection:
        plan = require_plan(connection, plan_id)
        return insert_plan(
            connection,
            assignment_of(connection, plan_id),
            kind=PAINTED,
            name=name.strip(),
            author=who,
            parent=plan_id,
            params=json.loads(plan["params"]),
            zone_names=json.loads(plan["zone_names"]),
            locked=json.loads(plan["locked"]),
        )


def delete_plan(workspace: Workspace, plan_id: str, *, rev: int, who: str = "") -> None:
    """
    Delete a draft with its strokes; plans that were made from it come to follow the one that it followed.

    Raises
    ------
    ConflictError
        ``plan_changed``, as `change_plan`; ``plan_frozen``: it is no draft.
    SettingError
        ``plan_unknown``.
    """
    with geopackage.writing(workspace.path) as connection:
        plan = require_plan(connection, plan_id, rev=rev)
        require_draft(plan)
        erase_plan(connection, plan_id)
        connection.execute("UPDATE plans SET parent = ? WHERE parent = ?", (plan["parent"], plan_id))
        record(connection, "plan_delete", plan_id, who=who, name=plan["name"], kind=plan["kind"], rev=rev)


def require_plan(connection: sqlite3.Connection, plan_id: str, *, rev: int | None = None) -> dict[str, Any]:
    """
    Return the row of a plan, which must still be at revision `rev` where that is given.

    Raises
    ------
    SettingError
        ``plan_unknown``, with the ids there are.
    ConflictError
        ``plan_changed``.
    """
    found = connection.execute("SELECT * FROM plans WHERE plan_id = ?", (plan_id,))
    fields, row = [column[0] for column in found.description], found.fetchone()
    if row is None:
        known = [row[0] for row in connection.execute("SELECT plan_id FROM plans ORDER BY fid")]
        raise SettingError("plan_unknown", plan=plan_id, known=", ".join(known))
    plan = dict(zip(fields, row, strict=True))
    del plan["fid"]
    if (step := steps_ahead(connection).get(plan_id)) is not None:
        plan["status"] = step["was"]
    if rev is not None and plan["rev"] != rev:
        raise ConflictError("plan_changed", plan=plan_id, found=plan["rev"], expected=rev)
    return plan


def require_draft(plan: Mapping[str, Any]) -> None:
    """
    Raise where a plan's row says that it is no draft any more.

    Raises
    ------
    ConflictError
        ``plan_frozen``.
    """
    if plan["status"] != DRAFT:
        raise ConflictError("plan_frozen", plan=plan["plan_id"], status=plan["status"])


def assignment_of(connection: sqlite3.Connection, plan_id: str) -> pd.Series:
    """Return a plan's assignment as `read_assignment` does; of an unknown plan it is empty."""
    rows = connection.execute(
        "SELECT grid_id, zone_id FROM assignment WHERE plan_id = ? ORDER BY fid", (plan_id,)
    ).fetchall()
    index = pd.Index([row[0] for row in rows], name=GRID_ID, dtype="str")
    return pd.Series([row[1] for row in rows], index=index, name=ZONE_ID, dtype="str")


def erase_plan(connection: sqlite3.Connection, plan_id: str) -> None:
    """Delete all rows of a plan, inside the caller's transaction."""
    for table in _TABLES_OF_PLANS:
        connection.execute(f"DELETE FROM {table} WHERE plan_id = ?", (plan_id,))


def assignment_digest(assignment: pd.Series) -> str:
    """Return a hash of a grid → zone assignment that does not depend on the order of its rows."""
    lines = sorted(f"{grid}\t{zone}" for grid, zone in assignment.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _replace_assignment(
    connection: sqlite3.Connection, plan: Mapping[str, Any], assignment: pd.Series
) -> None:
    require_draft(plan)
    # Its log would no longer lead to what it is.
    if plan["kind"] in OWN:
        raise ConflictError("plan_painted", plan=plan["plan_id"])
    connection.execute("DELETE FROM assignment WHERE plan_id = ?", (plan["plan_id"],))
    _insert_assignment(connection, plan["plan_id"], assignment)


def _insert_assignment(connection: sqlite3.Connection, plan_id: str, assignment: pd.Series) -> None:
    connection.executemany(
        "INSERT INTO assignment (plan_id, grid_id, zone_id) VALUES (?, ?, ?)",
        [(plan_id, str(grid), str(zone)) for grid, zone in assignment.items()],
    )
