"""
Ledgers (台账) of the safety loop: what villages object to, what is to be mended, who is told, and visits.

An entry belongs to a place and to a post that answers for it, never to a person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from data import geopackage
from data.guarding import require_impersonal
from data.ledger_columns import ID, LEDGERS, STATUS, Ledger
from data.privacy import personal_cells
from data.schemas import TOWN_ID, VILLAGE_ID, value_faults
from data.workspace import now, record, this_day
from geo.errors import ConflictError, Reason, SchemaError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from data.workspace import Workspace

# A date further ahead than this is a slip of the pen; so is one before.
_LONGEST_AHEAD = dt.timedelta(days=3 * 366)
_EARLIEST = dt.date(2000, 1, 1)
_SHOWN = 5
# Where the ids of an entry are looked up.
_KEPT_IN = {VILLAGE_ID: "villages", TOWN_ID: "towns", "assessment_id": "assessments"}


@dataclass(frozen=True, kw_only=True)
class EntryChanges:
    """
    What is to become otherwise in a ledger.

    Parameters
    ----------
    changed
        By id, the new value of each column that changes; None empties it.
    revs
        By id, the revision that was looked at; entries that are not here are changed as they are.
    added
        New entries, column by column.
    """

    changed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    revs: Mapping[str, int] = field(default_factory=dict)
    added: Sequence[Mapping[str, Any]] = ()


def read_ledger(workspace: Workspace, ledger: str) -> pd.DataFrame:
    """
    Return the entries of a ledger, oldest first: ``id``, its columns, rev, author, created, changed.

    Raises
    ------
    SettingError
        ``ledger_unknown``.
    """
    spec = _known(ledger)
    with geopackage.reading(workspace.path) as connection:
        return _entries(connection, ledger, spec)


def write_ledger(workspace: Workspace, ledger: str, changes: EntryChanges, *, who: str = "") -> list[str]:
    """
    Add and change entries of a ledger, all of them or none, and return the ids of those added.

    Raises
    ------
    SchemaError
        ``ledger_faults`` with every fault, by the id of the entry or the number of the new one: values that
        are missing or of no use, places that are not there, dates that cannot be, texts that speak of a
        person.
    ConflictError
        ``entries_changed``, with the ids that somebody else has changed meanwhile.
    SettingError
        ``ledger_unknown``, ``entry_unknown``, ``entry_column_unknown``, ``text_personal`` (who).
    """
    spec = _known(ledger)
    require_impersonal(label=who)
    with geopackage.writing(workspace.path) as connection:
        before = _entries(connection, ledger, spec).set_index(ID, drop=False).rename_axis(None)
        _require_unchanged(before, changes)
        _require_columns(spec, changes)
        after = _applied(before, spec, changes)
        _require_right(connection, ledger, spec, after)
        ids = _write(connection, ledger, spec, after, changes, who)
        facts = {"changed": sorted(changes.changed), "added": ids}
        record(connection, "ledger", ledger, who=who, **facts)
    return ids


def _known(ledger: str) -> Ledger:
    if ledger not in LEDGERS:
        raise SettingError("ledger_unknown", found=ledger, known=", ".join(LEDGERS))
    return LEDGERS[ledger]


def _entries(connection: sqlite3.Connection, ledger: str, spec: Ledger) -> pd.DataFrame:
    frame = geopackage.read_table(connection, ledger, crs=None)
    frame.insert(0, ID, [f"{spec.letter}{number}" for number in frame.pop("number")])
    return frame


def _require_unchanged(before: pd.DataFrame, changes: EntryChanges) -> None:
    if unknown := sorted(set(changes.changed) - set(before.index)):
        raise SettingError("entry_unknown", count=len(unknown), ids=unknown[:_SHOWN])
    looked_at = {label: rev for label, rev in changes.revs.items() if label in changes.changed}
    stale = sorted(label for label, rev in looked_at.items() if before.at[label, "rev"] != rev)
    if stale:
        raise ConflictError("entries_changed", count=len(stale), ids=stale[:_SHOWN])


def _require_columns(spec: Ledger, changes: EntryChanges) -> None:
    named = {name for cells in (*changes.changed.values(), *changes.added) for name in cells}
    if wrong := sorted(named - set(spec.columns)):
        raise SettingError("entry_column_unknown", columns=wrong)


def _applied(before: pd.DataFrame, spec: Ledger, changes: EntryChanges) -> pd.DataFrame:
    """Return the entries that are changed, by id, and after them the new ones, by number from 1."""
    names = list(spec.columns)
    rows: dict[Any, dict[str, Any]] = {}
    for label, cells in changes.changed.items():
        held = before.loc[label, names]
        rows[label] = {**{name: held[name] for name in names}, **cells}
    for number, cells in enumerate(changes.added, start=1):
        rows[number] = {**dict.fromkeys(names), **spec.defaults, **cells}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=names, dtype=object)
    return frame.map(_tidy).rename_axis("row")


def _tidy(value: Any) -> Any:
    """Return a cell as it is kept: dates as ISO texts, texts without blanks around them, nothing as None."""
    if isinstance(value, (dt.datetime, pd.Timestamp)):
        return None if pd.isna(value) else value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip() or None
    return None if pd.isna(value) else value


def _require_right(connection: sqlite3.Connection, ledger: str, spec: Ledger, rows: pd.DataFrame) -> None:
    faults: list[Reason] = []
    for name, column in spec.columns.items():
        faults += value_faults(rows[name], name, column)
        if column.kind == "date":
            faults += _date_faults(rows[name], past=name in spec.past)
        if name in _KEPT_IN:
            faults += _unknown_ids(connection, rows[name], name)
        if column.kind == "text" and name in spec.texts:
            faults += _personal(rows[name])
    faults += [*_lacking(rows, spec), *_backwards(rows, spec)]
    if faults:
        raise SchemaError("ledger_faults", ledger=ledger, count=len(faults), reasons=tuple(faults))


def _date_faults(values: pd.Series, *, past: bool) -> list[Reason]:
    today = this_day()
    latest = today if past else today + _LONGEST_AHEAD
    days = pd.to_datetime(values, errors="coerce", format="ISO8601")
    wrong = (days < pd.Timestamp(_EARLIEST)) | (days > pd.Timestamp(latest))
    facts = {"first": _EARLIEST.isoformat(), "last": latest.isoformat()}
    return [
        Reason("date_out_of_range", {"column": values.name, "row": row, "value": values[row], **facts})
        for row in values.index[wrong]
    ]


def _lacking(rows: pd.DataFrame, spec: Ledger) -> list[Reason]:
    """Find entries whose status says more than they hold: done, but not when."""
    return [
        Reason("entry_needs", {"row": row, "entry_status": status, "column": name})
        for row, status in rows[STATUS].items()
        for name in spec.needs.get(status, ())
        if rows.at[row, name] is None
    ]


def _backwards(rows: pd.DataFrame, spec: Ledger) -> list[Reason]:
    """Find entries that end before they begin."""
    return [
        Reason(
            "dates_backwards",
            {"row": row, "column": then, "value": rows.at[row, then], "column_before": first},
        )
        for first, then in spec.order
        for row in rows.index
        if rows.at[row, first] and rows.at[row, then] and str(rows.at[row, then]) < str(rows.at[row, first])
    ]


def _unknown_ids(connection: sqlite3.Connection, values: pd.Series, name: str) -> list[Reason]:
    table = _KEPT_IN[name]
    if table not in geopackage.table_names(connection):
        return []
    known = {row[0] for row in connection.execute(f"SELECT {name} FROM {table}")}
    wrong = values.notna() & ~values.isin(known)
    return [
        Reason("reference_unknown", {"row": row, "column": name, "references": table, "id": values[row]})
        for row in values.index[wrong]
    ]


def _personal(values: pd.Series) -> list[Reason]:
    texts = values.dropna().astype("str")
    found = personal_cells(texts, field=str(values.name)).notna()
    return [Reason("cell_personal", {"row": row, "column": values.name}) for row in texts.index[found]]


def _write(
    connection: sqlite3.Connection,
    ledger: str,
    spec: Ledger,
    rows: pd.DataFrame,
    changes: EntryChanges,
    who: str,
) -> list[str]:
    names, moment = list(spec.columns), now()
    assigned = ", ".join(f"{name} = ?" for name in names)
    for label in changes.changed:
        connection.execute(
            f"UPDATE {ledger} SET {assigned}, rev = rev + 1, author = ?, changed = ? WHERE number = ?",
            (*rows.loc[label], who, moment, int(label.removeprefix(spec.letter))),
        )
    ids, first = [], geopackage.next_fid(connection, ledger)
    marks = ", ".join("?" * (len(names) + 5))
    for offset in range(len(changes.added)):
        ids.append(f"{spec.letter}{first + offset}")
        connection.execute(
            f"INSERT INTO {ledger} (number, {', '.join(names)}, rev, author, created, changed)"
            f" VALUES ({marks})",
            (first + offset, *rows.loc[offset + 1], 1, who, moment, moment),
        )
    return ids
