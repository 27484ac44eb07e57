"""Rows of teams, stops and closed roads as people change them in the app: all of it at once or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from data import geopackage
from data.guarding import blotted
from data.privacy import personal_cells
from data.schemas import GEOMETRY, NAME, TABLES, validate
from data.shaping import shaped
from data.values import apply_value_synonyms
from data.workspace import read_crs, record, renew_stamp, replace_table, require_stamp
from geo.errors import ConflictError, Reason, SchemaError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence

    from data.workspace import Workspace

EDITABLE = ("teams", "stops", "closed_roads")
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Changes:
    """
    What is to become otherwise in one table.

    Parameters
    ----------
    changed
        By id, the new value of each column that changes; None empties a cell. A geometry is a point in the
        district's CRS, under ``geometry``.
    added
        New rows, column by column. One without an id gets the next that is free.
    removed
        Ids of the rows that go.
    """

    changed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    added: Sequence[Mapping[str, Any]] = ()
    removed: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Edited:
    """
    What an edit did.

    Parameters
    ----------
    stamp
        The workspace's stamp after it, for the next one.
    added
        Ids of the rows that are new.
    undo
        What would take it back.
    """

    stamp: str
    added: tuple[str, ...]
    undo: Changes


def edit_rows(
    workspace: Workspace, table: str, changes: Changes, *, stamp: str, who: str = "", note: str = ""
) -> Edited:
    """
    Change rows of a table in one transaction, as nobody else has changed them since they were read.

    Cells may be as people write them (8：30, 电动车); the table keeps them as it would from a file.

    Parameters
    ----------
    table
        One of `EDITABLE`; it is made where it is not there yet.
    stamp
        `Workspace.stamp` of the tables that the changes were made on.

    Raises
    ------
    ConflictError
        ``rows_changed``: the tables are no longer as they were at `stamp`. Nothing is written.
    SchemaError
        ``table_faults`` with every fault: values of no use, ids that are there twice, places that are not
        there, cells that speak of a person. Their ``row`` is that of the table before, new ones follow;
        ``row_id`` is its id.
    SettingError
        ``table_not_editable``, ``row_unknown``, ``column_not_editable``.
    """
    if table not in EDITABLE:
        raise SettingError("table_not_editable", table=table, known=EDITABLE)
    with geopackage.writing(workspace.path) as connection:
        _require_stamp(connection, table, stamp)
        before = _read(connection, table)
        _require_known(before, table, changes)
        after, added = _applied(before, table, changes)
        crs = read_crs(connection)
        if TABLES[table].shape:
            after = gpd.GeoDataFrame(after, geometry=GEOMETRY, crs=crs)
        _require_right(connection, after, table, [*changes.changed, *added], seen=_seen(before, changes))
        replace_table(connection, table, after, crs=crs)
        record(
            connection,
            "edit",
            table,
            who=who,
            note=note,
            changed=len(changes.changed),
            added=len(added),
            removed=len(set(changes.removed)),
        )
        stamp = renew_stamp(connection)
    return Edited(stamp=stamp, added=tuple(added), undo=_undoing(before, changes, added))


def _require_stamp(connection: sqlite3.Connection, table: str, stamp: str) -> None:
    try:
        require_stamp(connection, stamp)
    except ConflictError as changed:
        raise ConflictError("rows_changed", table=table) from changed


def _read(connection: sqlite3.Connection, table: str) -> pd.DataFrame:
    """Return a table by id, with all columns that it may have, as objects."""
    crs = read_crs(connection)
    columns = list(TABLES[table].columns)
    if table in geopackage.table_names(connection):
        frame = geopackage.read_table(connection, table, crs=crs)
    else:
        frame = pd.DataFrame(columns=columns)
    extra = [name for name in frame.columns if name not in (*columns, GEOMETRY)]
    plain = frame.reindex(columns=[*columns, *extra, *([GEOMETRY] if TABLES[table].shape else [])])
    plain = pd.DataFrame(plain).astype(object)
    return plain.where(plain.notna(), None).set_index(TABLES[table].key[0], drop=False).rename_axis(None)


def _require_known(before: pd.DataFrame, table: str, changes: Changes) -> None:
    if unknown := sorted({*changes.changed, *changes.removed} - set(before.index)):
        raise SettingError("row_unknown", table=table, count=len(unknown), ids=unknown[:_SHOWN])
    key = TABLES[table].key[0]
    named = {name for cells in (*changes.changed.values(), *changes.added) for name in cells}
    fixed = {name for cells in changes.changed.values() for name in cells if name == key}
    if wrong := sorted((named - set(before.columns)) | fixed):
        raise SettingError("column_not_editable", table=table, columns=wrong)


def _applied(before: pd.DataFrame, table: str, changes: Changes) -> tuple[pd.DataFrame, list[str]]:
    key = TABLES[table].key[0]
    after = before.drop(index=[*changes.removed])
    for label, cells in changes.changed.items():
        for name, value in cells.items() if label in after.index else ():
            after.at[label, name] = value
    taken = {*before.index, *(str(row[key]) for row in changes.added if row.get(key))}
    added: list[str] = []
    for row in changes.added:
        added.append(str(row[key]) if row.get(key) else _free_id(table, taken))
        taken.add(added[-1])
    new = pd.DataFrame([*changes.added], columns=before.columns, dtype=object).assign(**{key: added})
    after = pd.concat([after, new.astype(object)], ignore_index=True)
    return shaped(apply_value_synonyms(after.where(after.notna(), None), table), table), added


def _free_id(table: str, taken: Collection[str]) -> str:
    return next(label for n in range(1, len(taken) + 2) if (label := f"{table[0].upper()}{n}") not in taken)


def _require_right(
    connection: sqlite3.Connection,
    after: pd.DataFrame,
    table: str,
    touched: Sequence[str],
    *,
    seen: Sequence[int],
) -> None:
    faults: list[Reason] = []
    try:
        validate(after, table)
    except SchemaError as found:
        faults += found.reasons
    mine = after[after[TABLES[table].key[0]].isin(touched)]
    faults += [*_unknown_places(connection, mine, table), *_personal(mine, table)]
    if faults:
        told = tuple(_located(fault, after[TABLES[table].key[0]], seen) for fault in faults)
        raise SchemaError("table_faults", table=table, file=None, count=len(told), reasons=told)


def _seen(before: pd.DataFrame, changes: Changes) -> list[int]:
    """Return the number of each row as people see it: where it was before, new ones after all others."""
    kept = [at for at, label in enumerate(before.index, start=1) if label not in changes.removed]
    return [*kept, *range(len(before) + 1, len(before) + len(changes.added) + 1)]


def _located(fault: Reason, ids: pd.Series, seen: Sequence[int]) -> Reason:
    row = fault.facts.get("row")
    if not isinstance(row, int):
        return fault
    return Reason(fault.code, {**fault.facts, "row": seen[row - 1], "row_id": ids.iloc[row - 1]})


def _unknown_places(connection: sqlite3.Connection, rows: pd.DataFrame, table: str) -> list[Reason]:
    faults = []
    for name, column in TABLES[table].columns.items():
        if column.references is None or column.references not in geopackage.table_names(connection):
            continue
        known = {row[0] for row in connection.execute(f"SELECT {name} FROM {column.references}")}
        wrong = rows[name].notna() & ~rows[name].isin(known) & bool(known)
        faults += [
            Reason(
                "reference_unknown",
                {"row": at + 1, "column": name, "references": column.references, "id": value},
            )
            for at, value in zip(rows.index[wrong].tolist(), rows.loc[wrong, name], strict=True)
        ]
    return faults


def _personal(rows: pd.DataFrame, table: str) -> list[Reason]:
    faults = []
    for name in rows.columns:
        if name == GEOMETRY or pd.api.types.is_numeric_dtype(rows[name]):
            continue
        texts = rows[name].dropna().astype("str")
        personal = personal_cells(texts, field=str(name)).notna()
        # Short names of places look like those of persons, names of teams do not.
        if (table, name) == ("teams", NAME):
            personal |= texts.map(blotted) != texts
        faults += [
            Reason("cell_personal", {"row": at + 1, "column": name}) for at in texts.index[personal].tolist()
        ]
    return faults


def _undoing(before: pd.DataFrame, changes: Changes, added: Sequence[str]) -> Changes:
    kept = {label: cells for label, cells in changes.changed.items() if label not in changes.removed}
    return Changes(
        changed={label: {name: before.at[label, name] for name in cells} for label, cells in kept.items()},
        added=tuple(dict(before.loc[label]) for label in before.index if label in changes.removed),
        removed=tuple(added),
    )
