"""Rows that name a place by an id: where it gets a new one they follow, and can be put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data import geopackage
from data.schemas import GRID_ID, PLACE_ID, TABLES, ZONE_ID

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping

# Columns that hold ids without their table being sure to know them.
_FURTHER = {
    "grids": (("declared_assignment", GRID_ID),),
    "zones": (("declared_assignment", ZONE_ID), ("staff", PLACE_ID)),
    "villages": (("staff", PLACE_ID),),
    "stations": (("staff", PLACE_ID),),
}
# Whose ids a row of staff may mean.
_STAFFED = ("villages", "zones", "stations")


def references(layer: str) -> list[tuple[str, str]]:
    """Return the tables, and the column of each, that name places of a layer."""
    stated = [
        (table, name)
        for table, spec in TABLES.items()
        for name, column in spec.columns.items()
        if column.references == layer
    ]
    return [*stated, *_FURTHER.get(layer, ())]


def rekey(
    connection: sqlite3.Connection,
    layer: str,
    follows: Mapping[str, str],
    stays: Collection[str],
    *,
    shelf: str,
) -> tuple[dict[str, int], dict[str, int]]:
    """
    Give the rows that name an old place the id of the new one.

    Where the id is part of a table's key, rows that fall together become one: numbers are summed
    (counts of staff; value and exposure of an indicator), of texts the first stays. Elsewhere every
    row stays a row. So no sum over a table changes.

    Parameters
    ----------
    connection
        Inside a transaction.
    follows
        New id by old id, for places that are wholly in one successor.
    stays
        Old ids that nobody follows wholly: their rows are left as they are.
    shelf
        Beginning of the names under which changed rows are put aside for `put_back`.

    Returns
    -------
    tuple of dict
        Rows that follow and rows that stay, by table; tables without any are left out.
    """
    changed, left = {}, {}
    for table, column in references(layer):
        if column not in geopackage.declared_types(connection, table):
            continue
        elsewhere = _other_places(connection, layer) if table == "staff" else set()
        moving = {
            old: new
            for old, new in follows.items()
            if old != new and old not in elsewhere and new not in elsewhere
        }
        _list_ids(connection, moving, [*stays, *(set(follows) & elsewhere)])
        if count := _count(connection, table, column, "staying"):
            left[table] = count
        if count := _count(connection, table, column, "moving"):
            changed[table] = count
            put = _merge if column in TABLES[table].key else _rename
            put(connection, table, column, f"{shelf}_{table}")
    connection.execute("DROP TABLE IF EXISTS temp.moving")
    connection.execute("DROP TABLE IF EXISTS temp.staying")
    return changed, left


def put_back(connection: sqlite3.Connection, *, shelf: str) -> list[str]:
    """Put back the rows that `rekey` changed, and nobody has since; return their tables."""
    tables = rekeyed_tables(connection, shelf=shelf)
    for table in tables:
        aside = f"{shelf}_{table}"
        columns = list(geopackage.declared_types(connection, aside))
        if len(columns) == len(geopackage.declared_types(connection, table)):
            listed = geopackage.listed(["fid", *columns])
            connection.execute(f"DELETE FROM {table} WHERE fid IN (SELECT fid FROM {aside})")
            connection.execute(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {aside}")
        else:
            (column,) = columns
            connection.execute(
                f'UPDATE {table} SET "{column}" = s."{column}" FROM {aside} s WHERE s.fid = {table}.fid'
            )
        connection.execute(f"DROP TABLE {aside}")
    return tables


def rekeyed_tables(connection: sqlite3.Connection, *, shelf: str) -> list[str]:
    """Return the tables of which rows were put aside under names that begin with `shelf`."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    names = {name for (name,) in found}
    return [table for table in TABLES if f"{shelf}_{table}" in names]


def set_aside(connection: sqlite3.Connection, table: str, column: str, where: str, *, shelf: str) -> None:
    """Put one column of some rows aside, for `put_back`."""
    connection.execute(f'CREATE TABLE {shelf}_{table} AS SELECT fid, "{column}" FROM {table} WHERE {where}')


def _other_places(connection: sqlite3.Connection, layer: str) -> set[str]:
    """Return the ids that staff of other levels go by: a row may mean either."""
    present = geopackage.table_names(connection)
    return {
        row[0]
        for table in _STAFFED
        if table != layer and table in present
        for row in connection.execute(f"SELECT {TABLES[table].key[0]} FROM {table}")
    }


def _list_ids(connection: sqlite3.Connection, moving: Mapping[str, str], staying: Collection[str]) -> None:
    for name, columns in (("moving", "old TEXT PRIMARY KEY, new TEXT"), ("staying", "old TEXT PRIMARY KEY")):
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
        connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
    connection.executemany("INSERT INTO temp.moving VALUES (?, ?)", moving.items())
    connection.executemany("INSERT OR IGNORE INTO temp.staying VALUES (?)", ((old,) for old in staying))


def _count(connection: sqlite3.Connection, table: str, column: str, ids: str) -> int:
    found = connection.execute(
        f'SELECT COUNT(*) FROM {table} WHERE "{column}" IN (SELECT old FROM temp.{ids})'
    ).fetchone()
    return int(found[0])


def _rename(connection: sqlite3.Connection, table: str, column: str, aside: str) -> None:
    connection.execute(
        f'CREATE TABLE {aside} AS SELECT fid, "{column}" FROM {table}'
        f' WHERE "{column}" IN (SELECT old FROM temp.moving)'
    )
    # One statement, so that codes that were swapped do not run after each other.
    connection.execute(
        f'UPDATE {table} SET "{column}" = m.new FROM temp.moving m WHERE m.old = {table}."{column}"'
    )


def _merge(connection: sqlite3.Connection, table: str, column: str, aside: str) -> None:
    types = geopackage.declared_types(connection, table)
    connection.execute(
        f'CREATE TABLE {aside} AS SELECT * FROM {table} WHERE "{column}" IN'
        " (SELECT old FROM temp.moving UNION SELECT new FROM temp.moving)"
    )
    connection.execute(f"DELETE FROM {table} WHERE fid IN (SELECT fid FROM {aside})")
    key = TABLES[table].key
    chosen = [
        f"COALESCE(m.new, s.{quoted}) AS {quoted}"
        if name == column
        else f"SUM(s.{quoted}) AS {quoted}"
        if kind in ("INTEGER", "REAL") and name not in key
        # Beside a single MIN, SQLite takes bare columns from the row that holds it: the first.
        else f"s.{quoted}"
        for name, kind, quoted in ((name, kind, geopackage.quoted(name)) for name, kind in types.items())
    ]
    groups = ", ".join(f'COALESCE(m.new, s."{name}")' if name == column else f's."{name}"' for name in key)
    connection.execute(
        f"INSERT INTO {table} (fid, {geopackage.listed(types)}) SELECT MIN(s.fid), {', '.join(chosen)}"
        f' FROM {aside} s LEFT JOIN temp.moving m ON m.old = s."{column}" GROUP BY {groups}'
    )
