"""
The log of strokes: all that people change in a painted plan, row by row, with undo and redo.

Rows are only added. The plan's assignment, names and locks are what all strokes come to, so any earlier
state is the present one with the later strokes reverted, newest first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from data import geopackage
from data.plans import OWN, assignment_of, read_plan, require_draft, require_plan
from data.schemas import GRID_ID, ZONE_ID
from data.workspace import as_json, now, record
from geo.errors import ConflictError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from data.workspace import Workspace

_Value = TypeVar("_Value", str, bool)
UNDO, REDO, RESTORE = "undo", "redo", "restore"
# What people do with a brush and what comes at once; `undo_stroke` and `redo_stroke` add the other two.
KINDS = (
    "paint",
    "rectangle",
    "fill",
    "village",
    "repair",
    "zone",
    "lock",
    "accept",
    "refuse",
    "import",
    RESTORE,
)
_FIELDS = "number, token, painter, who, at, kind, of, rev, note, names, locks, grids"


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """
    One change of a plan's content, as it was really applied.

    Parameters
    ----------
    number
        From 1 on within the plan.
    token
        Made by the browser: the same token twice is one stroke.
    painter
        Which browser drew it; a text drawn by chance, no person.
    who
        The account, if there are accounts.
    kind
        One of `KINDS`, ``undo`` or ``redo``.
    of
        The number of the stroke that is undone or redone.
    grids
        grid_id → zone before and after; "" for none.
    names
        zone_id → name before and after that the plan gives the zone; "" for none of its own.
    locks
        ``zone:ID``, ``grid:ID`` or ``village:ID`` → whether it was locked, and is.
    rev
        The plan's revision after it.
    """

    number: int
    token: str
    painter: str
    who: str
    at: str
    kind: str
    of: int | None
    grids: Mapping[str, tuple[str, str]]
    names: Mapping[str, tuple[str, str]]
    locks: Mapping[str, tuple[bool, bool]]
    rev: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """
    What became of a stroke.

    Parameters
    ----------
    rev
        The plan's revision now.
    stroke
        What was kept; None if nothing of it could or had to be, or its token is known.
    refused
        Grids that somebody else changed meanwhile, and their zone now ("" for none): they stay so.
    others
        Strokes of other painters since the caller's revision, oldest first.
    """

    rev: int
    stroke: Stroke | None
    refused: Mapping[str, str]
    others: tuple[Stroke, ...]


@dataclass(frozen=True, kw_only=True)
class _Changes:
    grids: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    locks: Mapping[str, tuple[bool, bool]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.grids or self.names or self.locks)


@dataclass(frozen=True, kw_only=True)
class _Hand:
    rev: int
    token: str
    painter: str
    kind: str
    who: str
    note: str = ""


def apply_stroke(
    workspace: Workspace,
    plan_id: str,
    *,
    rev: int,
    token: str,
    painter: str,
    kind: str,
    grids: Mapping[str, tuple[str, str]] | None = None,
    names: Mapping[str, tuple[str, str]] | None = None,
    locks: Mapping[str, tuple[bool, bool]] | None = None,
    who: str = "",
    note: str = "",
) -> Applied:
    """
    Keep a stroke on a painted draft, and what it does to the plan, in one transaction.

    It states for each grid the zone that it had when the stroke was drawn. Where somebody else changed
    that meanwhile, the grid is left and told; names and locks that others changed are left as well.

    Parameters
    ----------
    rev
        The revision of which the caller has seen everything: what others did since comes back.
    grids, names, locks
        As in `Stroke`.

    Raises
    ------
    SettingError
        ``plan_unknown``; ``grids_unknown``: neither in the plan nor among the grids;
        ``stroke_kind_unknown``.
    ConflictError
        ``plan_frozen``: it is no draft; ``plan_not_painted``: it is of a kind that strokes do not change.
    """
    if kind not in KINDS:
        raise SettingError("stroke_kind_unknown", found=kind, known=", ".join(KINDS))
    changes = _Changes(grids=grids or {}, names=names or {}, locks=locks or {})
    hand = _Hand(rev=rev, token=token, painter=painter, kind=kind, who=who, note=note)

    def wanted(connection: sqlite3.Connection) -> tuple[_Changes, int | None]:
        _require_grids(connection, plan_id, changes.grids)
        return changes, None

    return _applied(workspace, plan_id, hand, wanted)


def undo_stroke(
    workspace: Workspace, plan_id: str, *, rev: int, token: str, painter: str, who: str = ""
) -> Applied:
    """
    Undo the last stroke of a painter that is not undone, as a stroke of its own; raises as `apply_stroke`.

    Grids that somebody else painted over are left and told. Without anything to undo, nothing is kept.
    """
    hand = _Hand(rev=rev, token=token, painter=painter, kind=UNDO, who=who)
    return _applied(workspace, plan_id, hand, lambda connection: _to_undo(connection, plan_id, painter))


def redo_stroke(
    workspace: Workspace, plan_id: str, *, rev: int, token: str, painter: str, who: str = ""
) -> Applied:
    """Redo what a painter undid last, until it draws anew, otherwise as `undo_stroke`."""
    hand = _Hand(rev=rev, token=token, painter=painter, kind=REDO, who=who)
    return _applied(workspace, plan_id, hand, lambda connection: _to_redo(connection, plan_id, painter))


def restore_plan(
    workspace: Workspace, plan_id: str, number: int, *, rev: int, token: str, painter: str, who: str = ""
) -> Applied:
    """
    Bring a plan back to what it was after a stroke, as a stroke that can be undone.

    Parameters
    ----------
    number
        Of the stroke; 0 for the plan as it was saved first.

    Raises
    ------
    SettingError
        ``stroke_unknown``, or as `apply_stroke`.
    ConflictError
        As `apply_stroke`.
    """
    hand = _Hand(rev=rev, token=token, painter=painter, kind=RESTORE, who=who, note=str(number))

    def wanted(connection: sqlite3.Connection) -> tuple[_Changes, int | None]:
        return _since(_strokes(connection, plan_id, after=_known(connection, plan_id, number))), None

    return _applied(workspace, plan_id, hand, wanted)


def read_strokes(workspace: Workspace, plan_id: str, *, after: int = 0) -> tuple[Stroke, ...]:
    """
    Return a plan's strokes with a number above `after`, oldest first.

    Raises
    ------
    SettingError
        ``plan_unknown``.
    """
    with geopackage.reading(workspace.path) as connection:
        require_plan(connection, plan_id)
        return tuple(_strokes(connection, plan_id, after=after))


def undoable(strokes: Iterable[Stroke], painter: str) -> tuple[list[int], list[int]]:
    """
    Return the numbers of the strokes that a painter can undo, oldest first, and redo, the next one last.

    Parameters
    ----------
    strokes
        All of a plan, oldest first.
    """
    return _stacks((one.number, one.kind, one.of) for one in strokes if one.painter == painter)


def assignment_at(workspace: Workspace, plan_id: str, number: int) -> pd.Series:
    """
    Return a plan's zone_id by grid_id as it was after a stroke; 0 for the plan as it was saved first.

    Raises
    ------
    SettingError
        ``plan_unknown``, ``stroke_unknown``.
    """
    with geopackage.reading(workspace.path) as connection:
        require_plan(connection, plan_id)
        later = _strokes(connection, plan_id, after=_known(connection, plan_id, number))
        zones = assignment_of(connection, plan_id).to_dict()
    zones |= {grid: back for grid, (_, back) in _since(later).grids.items()}
    kept = {grid: zone for grid, zone in zones.items() if zone}
    index = pd.Index(list(kept), name=GRID_ID, dtype="str")
    return pd.Series(list(kept.values()), index=index, name=ZONE_ID, dtype="str")


def plan_zone_names(workspace: Workspace, plan_id: str) -> dict[str, str]:
    """Return the names by zone_id that a plan gives itself; raises ``plan_unknown``."""
    return _names(read_plan(workspace, plan_id))


def plan_locks(workspace: Workspace, plan_id: str) -> frozenset[str]:
    """Return what a plan keeps from being painted, e.g. ``zone:Z1``; raises ``plan_unknown``."""
    return _locks(read_plan(workspace, plan_id))


def _applied(
    workspace: Workspace,
    plan_id: str,
    hand: _Hand,
    wanted: Callable[[sqlite3.Connection], tuple[_Changes, int | None]],
) -> Applied:
    with geopackage.writing(workspace.path) as connection:
        plan = require_plan(connection, plan_id)
        others = _others(connection, plan_id, hand)
        known = _strokes(connection, plan_id, token=hand.token)
        if known:
            told = _told_again(connection, plan_id, known[0], wanted)
            return Applied(rev=plan["rev"], stroke=None, refused=told, others=others)
        _require_paintable(plan)
        changes, of = wanted(connection)
        possible, refused = _possible(connection, plan, changes)
        # An undo that others painted over is kept all the same: the next one is to go a step further.
        if not possible and of is None:
            return Applied(rev=plan["rev"], stroke=None, refused=refused, others=others)
        stroke = _stroke(connection, plan, possible, hand, of)
        _write(connection, plan, stroke)
        return Applied(rev=stroke.rev, stroke=stroke, refused=refused, others=others)


def _require_paintable(plan: Mapping[str, Any]) -> None:
    require_draft(plan)
    if plan["kind"] not in OWN:
        raise ConflictError("plan_not_painted", plan=plan["plan_id"])


def _require_grids(connection: sqlite3.Connection, plan_id: str, grids: Iterable[str]) -> None:
    lacking = set(grids) - _zones_of(connection, plan_id, grids).keys()
    if lacking and "grids" in geopackage.table_names(connection):
        lacking -= {
            row[0]
            for row in connection.execute(
                "SELECT grid_id FROM grids WHERE grid_id IN (SELECT value FROM json_each(?))",
                (as_json(sorted(lacking)),),
            )
        }
    if lacking:
        raise SettingError("grids_unknown", count=len(lacking), grids=sorted(lacking)[:5])


def _zones_of(connection: sqlite3.Connection, plan_id: str, grids: Iterable[str]) -> dict[str, str]:
    rows = connection.execute(
        "SELECT grid_id, zone_id FROM assignment"
        " WHERE plan_id = ? AND grid_id IN (SELECT value FROM json_each(?))",
        (plan_id, as_json(list(grids))),
    )
    return dict(rows.fetchall())


def _possible(
    connection: sqlite3.Connection, plan: Mapping[str, Any], changes: _Changes
) -> tuple[_Changes, dict[str, str]]:
    """Return what of the changes still holds and does anything, and the grids that are otherwise now."""
    zones = _zones_of(connection, plan["plan_id"], changes.grids)
    names, locks = _names(plan), _locks(plan)
    possible = _Changes(
        grids={
            grid: (old, new)
            for grid, (old, new) in changes.grids.items()
            if old != new and zones.get(grid, "") == old
        },
        names={
            zone: (old, new)
            for zone, (old, new) in changes.names.items()
            if old != new and names.get(zone, "") == old
        },
        locks={
            what: (bool(was), bool(is_))
            for what, (was, is_) in changes.locks.items()
            if was != is_ and (what in locks) == was
        },
    )
    refused = {
        grid: zones.get(grid, "")
        for grid, (_, new) in changes.grids.items()
        if grid not in possible.grids and zones.get(grid, "") != new
    }
    return possible, refused


def _told_again(
    connection: sqlite3.Connection,
    plan_id: str,
    known: Stroke,
    wanted: Callable[[sqlite3.Connection], tuple[_Changes, int | None]],
) -> dict[str, str]:
    """Return what was refused of a stroke that comes again: the first answer may have got lost."""
    if known.of is not None:
        drawn = _strokes(connection, plan_id, number=known.of)[0]
        changes = _reverted(drawn) if known.kind == UNDO else _changes(drawn)
    else:
        changes, _ = wanted(connection)
    left = {grid: new for grid, (_, new) in changes.grids.items() if grid not in known.grids}
    zones = _zones_of(connection, plan_id, left)
    return {grid: zones.get(grid, "") for grid, new in left.items() if zones.get(grid, "") != new}


def _stroke(
    connection: sqlite3.Connection, plan: Mapping[str, Any], changes: _Changes, hand: _Hand, of: int | None
) -> Stroke:
    return Stroke(
        number=_last(connection, plan["plan_id"]) + 1,
        token=hand.token,
        painter=hand.painter,
        who=hand.who,
        at=now(),
        kind=hand.kind,
        of=of,
        grids=changes.grids,
        names=changes.names,
        locks=changes.locks,
        rev=plan["rev"] + 1,
        note=hand.note,
    )


def _write(connection: sqlite3.Connection, plan: Mapping[str, Any], stroke: Stroke) -> None:
    plan_id = plan["plan_id"]
    names = _names(plan) | {zone: new for zone, (_, new) in stroke.names.items()}
    locks = set(_locks(plan)) | {what for what, (_, locked) in stroke.locks.items() if locked}
    locks -= {what for what, (_, locked) in stroke.locks.items() if not locked}
    connection.executemany(
        "INSERT INTO assignment (plan_id, grid_id, zone_id) VALUES (?, ?, ?)"
        " ON CONFLICT (plan_id, grid_id) DO UPDATE SET zone_id = excluded.zone_id",
        [(plan_id, grid, new) for grid, (_, new) in stroke.grids.items() if new],
    )
    connection.executemany(
        "DELETE FROM assignment WHERE plan_id = ? AND grid_id = ?",
        [(plan_id, grid) for grid, (_, new) in stroke.grids.items() if not new],
    )
    connection.execute(
        "UPDATE plans SET rev = ?, zone_names = ?, locked = ? WHERE plan_id = ?",
        (
            stroke.rev,
            as_json({zone: name for zone, name in names.items() if name}),
            as_json(sorted(locks)),
            plan_id,
        ),
    )
    connection.execute(
        f"INSERT INTO strokes (plan_id, {_FIELDS}) VALUES ({', '.join('?' * 13)})",
        (
            plan_id,
            stroke.number,
            stroke.token,
            stroke.painter,
            stroke.who,
            stroke.at,
            stroke.kind,
            stroke.of,
            stroke.rev,
            stroke.note,
            as_json(stroke.names),
            as_json(stroke.locks),
            as_json(stroke.grids),
        ),
    )
    facts = {"number": stroke.number, "kind": stroke.kind, "grids": len(stroke.grids)}
    record(connection, "stroke", plan_id, who=stroke.who, **facts)


def _to_undo(connection: sqlite3.Connection, plan_id: str, painter: str) -> tuple[_Changes, int | None]:
    done, _ = _stacks(_events(connection, plan_id, painter))
    if not done:
        return _Changes(), None
    return _reverted(_strokes(connection, plan_id, number=done[-1])[0]), done[-1]


def _to_redo(connection: sqlite3.Connection, plan_id: str, painter: str) -> tuple[_Changes, int | None]:
    _, undone = _stacks(_events(connection, plan_id, painter))
    if not undone:
        return _Changes(), None
    return _changes(_strokes(connection, plan_id, number=undone[-1])[0]), undone[-1]


def _events(connection: sqlite3.Connection, plan_id: str, painter: str) -> list[tuple[int, str, int | None]]:
    return connection.execute(
        "SELECT number, kind, of FROM strokes WHERE plan_id = ? AND painter = ? ORDER BY number",
        (plan_id, painter),
    ).fetchall()


def _stacks(events: Iterable[tuple[int, str, int | None]]) -> tuple[list[int], list[int]]:
    done: list[int] = []
    undone: list[int] = []
    for number, kind, _ in events:
        if kind == UNDO:
            undone.append(done.pop())
        elif kind == REDO:
            done.append(undone.pop())
        else:
            done.append(number)
            undone.clear()
    return done, undone


def _others(connection: sqlite3.Connection, plan_id: str, hand: _Hand) -> tuple[Stroke, ...]:
    # From the newest back, by the index on the number: most callers have missed little.
    numbers = []
    for number, painter, rev in connection.execute(
        "SELECT number, painter, rev FROM strokes WHERE plan_id = ? ORDER BY number DESC", (plan_id,)
    ):
        if rev <= hand.rev:
            break
        if painter != hand.painter:
            numbers.append(number)
    return tuple(_strokes(connection, plan_id, number=number)[0] for number in reversed(numbers))


def _strokes(connection: sqlite3.Connection, plan_id: str, **where: int | str) -> list[Stroke]:
    """Return the strokes of a `number`, of a `token`, or those `after` a number, oldest first."""
    ((column, value),) = where.items()
    test = "number > ?" if column == "after" else f"{column} = ?"
    rows = connection.execute(
        f"SELECT {_FIELDS} FROM strokes WHERE plan_id = ? AND {test} ORDER BY number", (plan_id, value)
    )
    return [_read(dict(zip(_FIELDS.split(", "), row, strict=True))) for row in rows]


def _read(row: dict[str, Any]) -> Stroke:
    pairs = {
        name: {key: (old, new) for key, (old, new) in json.loads(row[name]).items()}
        for name in ("grids", "names", "locks")
    }
    return Stroke(**{**row, **pairs})


def _last(connection: sqlite3.Connection, plan_id: str) -> int:
    found = connection.execute("SELECT MAX(number) FROM strokes WHERE plan_id = ?", (plan_id,)).fetchone()[0]
    return int(found or 0)


def _known(connection: sqlite3.Connection, plan_id: str, number: int) -> int:
    last = _last(connection, plan_id)
    if not 0 <= number <= last:
        raise SettingError("stroke_unknown", plan=plan_id, found=number, last=last)
    return number


def _changes(stroke: Stroke) -> _Changes:
    return _Changes(grids=stroke.grids, names=stroke.names, locks=stroke.locks)


def _reverted(stroke: Stroke) -> _Changes:
    return _since([stroke])


def _since(strokes: Sequence[Stroke]) -> _Changes:
    """Return what leads back from after the strokes to before them: now → then."""
    return _Changes(
        grids=_back(stroke.grids for stroke in strokes),
        names=_back(stroke.names for stroke in strokes),
        locks=_back(stroke.locks for stroke in strokes),
    )


def _back(changes: Iterable[Mapping[str, tuple[_Value, _Value]]]) -> dict[str, tuple[_Value, _Value]]:
    first: dict[str, _Value] = {}
    last: dict[str, _Value] = {}
    for change in changes:
        for key, (old, new) in change.items():
            first.setdefault(key, old)
            last[key] = new
    return {key: (last[key], first[key]) for key in first}


def _names(plan: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = json.loads(plan["zone_names"])
    return found


def _locks(plan: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(json.loads(plan["locked"]))
