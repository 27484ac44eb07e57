"""Patrol plans in the workspace: who goes when in which order, as rows; ways follow from the roads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from data import geopackage
from data.guarding import require_impersonal
from data.workspace import as_json, now, record, require_stamp
from geo.errors import ConflictError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from data.workspace import Workspace

# A plan of one day, one of some weeks, and one of streets.
DAY, PERIOD, STREETS = "day", "period", "streets"
ROUTE_COLUMNS = ("team_id", "start_ms", "end_ms", "home_ms", "home_m")
VISIT_COLUMNS = (
    "team_id",
    "number",
    "stop_id",
    "leg_ms",
    "leg_m",
    "arrive_ms",
    "begin_ms",
    "leave_ms",
)
_JSON_FIELDS = ("params", "summary", "report")
_CHANGEABLE = ("name", "note", *_JSON_FIELDS)
_TABLES = ("route_visits", "routes", "patrol_plans")


@dataclass(frozen=True, kw_only=True)
class SavedPatrol:
    """
    A patrol plan as it was kept.

    Parameters
    ----------
    plan_id, kind, name, force, mode, date, rev, author, created, note
        Its row; kind is ``day``, ``period`` or ``streets`` (whose visits are legs, and stop_id roads), date
        (the first of the weeks) an ISO text.
    params
        What was asked, as its maker wrote it.
    summary
        Figures.
    report
        What was left out and why, and what the checker found.
    routes
        `ROUTE_COLUMNS`, a row a team, in the order of the teams; of weeks with day (from 0) before them.
    visits
        `VISIT_COLUMNS`, in the order of the routes; number is from 1; of weeks with day.
    """

    plan_id: str
    kind: str
    name: str
    force: str
    mode: str
    date: str
    rev: int
    author: str
    created: str
    note: str
    params: dict[str, Any]
    summary: dict[str, Any]
    report: dict[str, Any]
    routes: pd.DataFrame
    visits: pd.DataFrame


def read_patrol_plans(workspace: Workspace) -> pd.DataFrame:
    """
    Return the patrol plans, oldest first, without routes: `params`, `summary`, `report` as JSON text.

    Columns plan_id, kind, name, force, mode, date, rev, author, created, note and those three.
    """
    with geopackage.reading(workspace.path) as connection:
        return geopackage.read_table(connection, "patrol_plans", crs=None)


def read_patrol_plan(workspace: Workspace, plan_id: str) -> SavedPatrol:
    """
    Return one patrol plan with its routes, all as of one moment.

    Raises
    ------
    SettingError
        ``patrol_plan_unknown``, with the ids there are.
    """
    with geopackage.reading(workspace.path) as connection:
        row = _require_plan(connection, plan_id)
        weeks = row["kind"] == PERIOD
        routes, visits = (_rows_of(connection, table, plan_id, weeks) for table in ("routes", "route_visits"))
    read = {name: json.loads(row[name]) for name in _JSON_FIELDS}
    return SavedPatrol(**{**row, **read}, routes=routes, visits=visits)


def save_patrol_plan(
    workspace: Workspace,
    routes: pd.DataFrame,
    visits: pd.DataFrame,
    *,
    name: str,
    force: str,
    mode: str,
    date: str,
    kind: str = DAY,
    params: Mapping[str, Any] | None = None,
    summary: Mapping[str, Any] | None = None,
    report: Mapping[str, Any] | None = None,
    author: str = "",
    note: str = "",
    stamp: str | None = None,
) -> str:
    """
    Keep a patrol plan, and return its id.

    Parameters
    ----------
    routes, visits
        See `SavedPatrol`.
    stamp
        `Workspace.stamp` of the tables that it was made from, if it must still hold.

    Raises
    ------
    ConflictError
        ``tables_changed`` if the tables are no longer as they were at `stamp`.
    SettingError
        ``text_personal`` where the author, the name or the note speaks of a person.
    """
    require_impersonal(label=author, name=name, note=note)
    with geopackage.writing(workspace.path) as connection:
        if stamp is not None:
            require_stamp(connection, stamp)
        plan_id = f"D{geopackage.next_fid(connection, 'patrol_plans')}"
        row = {
            "plan_id": plan_id,
            "kind": kind,
            "name": name,
            "force": force,
            "mode": mode,
            "date": date,
            "rev": 1,
            "author": author,
            "created": now(),
            "note": note,
            "params": as_json(dict(params or {})),
            "summary": as_json(dict(summary or {})),
            "report": as_json(dict(report or {})),
        }
        marks = ", ".join("?" * len(row))
        connection.execute(
            f"INSERT INTO patrol_plans ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
        )
        _insert_routes(connection, plan_id, routes, visits)
        record(connection, "patrol_save", plan_id, who=author, teams=len(routes), stops=len(visits))
    return plan_id


def change_patrol_plan(
    workspace: Workspace,
    plan_id: str,
    *,
    rev: int,
    who: str = "",
    routes: pd.DataFrame | None = None,
    visits: pd.DataFrame | None = None,
    changes: Mapping[str, Any] | None = None,
) -> int:
    """
    Change a patrol plan that nobody else has changed since it was read, and return its new revision.

    Parameters
    ----------
    rev
        The revision that the change starts from.
    routes, visits
        The new ones, both or neither.
    changes
        New values of name, note, params, summary or report.

    Raises
    ------
    ConflictError
        ``patrol_plan_changed``: somebody saved another revision first. Nothing is written.
    SettingError
        ``patrol_plan_unknown``, ``plan_field_unknown``, ``text_personal``.
    """
    changes = changes or {}
    if unknown := sorted(changes.keys() - set(_CHANGEABLE)):
        raise SettingError("plan_field_unknown", found=", ".join(unknown), known=", ".join(_CHANGEABLE))
    require_impersonal(label=who, **{key: str(changes[key]) for key in ("name", "note") if key in changes})
    sets = {key: as_json(value) if key in _JSON_FIELDS else value for key, value in changes.items()}
    with geopackage.writing(workspace.path) as connection:
        _require_plan(connection, plan_id, rev=rev)
        if routes is not None and visits is not None:
            for table in ("route_visits", "routes"):
                connection.execute(f"DELETE FROM {table} WHERE plan_id = ?", (plan_id,))
            _insert_routes(connection, plan_id, routes, visits)
        assigned = "".join(f", {key} = ?" for key in sets)
        connection.execute(
            f"UPDATE patrol_plans SET rev = rev + 1{assigned} WHERE plan_id = ?", (*sets.values(), plan_id)
        )
        moved = routes is not None
        record(connection, "patrol_change", plan_id, who=who, rev=rev + 1, fields=sorted(sets), routes=moved)
    return rev + 1


def delete_patrol_plan(workspace: Workspace, plan_id: str, *, rev: int | None = None, who: str = "") -> None:
    """
    Delete a patrol plan with its routes.

    Parameters
    ----------
    rev
        The revision that was seen; None for whatever it is now.

    Raises
    ------
    ConflictError
        ``patrol_plan_changed``.
    SettingError
        ``patrol_plan_unknown``.
    """
    with geopackage.writing(workspace.path) as connection:
        plan = _require_plan(connection, plan_id, rev=rev)
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table} WHERE plan_id = ?", (plan_id,))
        record(connection, "patrol_delete", plan_id, who=who, name=plan["name"], rev=plan["rev"])


def _require_plan(connection: sqlite3.Connection, plan_id: str, *, rev: int | None = None) -> dict[str, Any]:
    found = connection.execute("SELECT * FROM patrol_plans WHERE plan_id = ?", (plan_id,))
    fields, row = [column[0] for column in found.description], found.fetchone()
    if row is None:
        known = [row[0] for row in connection.execute("SELECT plan_id FROM patrol_plans ORDER BY fid")]
        raise SettingError("patrol_plan_unknown", plan=plan_id, known=known)
    plan = dict(zip(fields, row, strict=True))
    del plan["fid"]
    if rev is not None and plan["rev"] != rev:
        raise ConflictError("patrol_plan_changed", plan=plan_id, found=plan["rev"], expected=rev)
    return plan


def _rows_of(connection: sqlite3.Connection, table: str, plan_id: str, weeks: bool) -> pd.DataFrame:
    columns = ROUTE_COLUMNS if table == "routes" else VISIT_COLUMNS
    columns = ("day", *columns) if weeks else columns
    rows = connection.execute(
        f"SELECT {', '.join(columns)} FROM {table} WHERE plan_id = ? ORDER BY fid", (plan_id,)
    ).fetchall()
    return pd.DataFrame(rows, columns=[*columns])


def _insert_routes(
    connection: sqlite3.Connection, plan_id: str, routes: pd.DataFrame, visits: pd.DataFrame
) -> None:
    for table, frame, columns in (
        ("routes", routes, ROUTE_COLUMNS),
        ("route_visits", visits, VISIT_COLUMNS),
    ):
        marks = ", ".join("?" * (2 + len(columns)))
        days = frame["day"].tolist() if "day" in frame else [0] * len(frame)
        values = [frame[name].tolist() for name in columns]
        connection.executemany(
            f"INSERT INTO {table} (plan_id, day, {', '.join(columns)}) VALUES ({marks})",
            [(plan_id, *row) for row in zip(days, *values, strict=True)],
        )
