"""What came into the district: every import is kept with its report, and can be undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from data import geopackage
from data.schemas import BASIS, DATE, SOURCE, TABLES
from data.workspace import (
    as_json,
    crs_is_assumed,
    gpkg_shape,
    now,
    read_crs,
    record,
    renew_stamp,
    settle_crs,
    unsettle_crs,
)
from geo.errors import ConflictError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from data.staging import Staging
    from data.workspace import Workspace

Mode = Literal["replace", "update"]
MODES: tuple[Mode, ...] = ("replace", "update")
# How many imports can be undone: each keeps the table that was there before.
_SHELVES_KEPT = 5
_GEOMETRY = geopackage.GEOMETRY_COLUMN
# Calls of the same source and 口径 on a day that a new file covers are counted anew, never twice.
_COUNTED_ANEW = (SOURCE, BASIS)


def keep_import(
    workspace: Workspace,
    staged: Staging,
    *,
    mode: Mode,
    file: str,
    report: Mapping[str, Any] | None = None,
    who: str = "",
) -> str:
    """
    Bring staged rows into their table in one transaction, and return the import's id.

    What was there before is put aside, so that `undo_import` can put it back.

    Parameters
    ----------
    staged
        Checked rows; left as they are.
    mode
        ``replace``: the rows take the place of the table's. ``update``: rows whose id is known change
        the columns they bring, the others are added; incidents replace those of the days, sources and
        口径 that they cover.
    file
        Name of the file, for people.
    report
        Facts about the import, kept as JSON.

    Raises
    ------
    ConflictError
        ``district_crs_changed``: somebody settled the district's CRS otherwise in the meantime.
    """
    table = staged.table
    with geopackage.writing(workspace.path) as connection:
        settled = staged.shape is not None and crs_is_assumed(connection)
        if settled:
            settle_crs(connection, staged.crs)
        elif staged.shape is not None and not read_crs(connection).equals(staged.crs):
            raise ConflictError("district_crs_changed", found=read_crs(connection).to_string())
        import_id = f"I{geopackage.next_fid(connection, 'imports')}"
        present = table in geopackage.table_names(connection)
        shelf = f"shelf_{import_id}" if present else None
        if shelf:
            geopackage.shelve(connection, table, shelf)
        _build(connection, staged, old=shelf if mode == "update" else None, crs=read_crs(connection))
        renew_stamp(connection)
        record(connection, "import", table, who=who, rows=staged.rows, file=file, mode=mode)
        row = {
            "import_id": import_id,
            "at": now(),
            "who": who,
            "file": file,
            "layer": table,
            "mode": mode,
            "rows": staged.rows,
            "report": as_json(dict(report or {})),
            "shelf": shelf,
            "settled_crs": int(settled),
            "audited": connection.execute("SELECT MAX(fid) FROM audit").fetchone()[0],
        }
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO imports ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        _clear_shelves(connection)
    return import_id


def counted_anew(workspace: Workspace, staged: Staging) -> int:
    """Return how many rows of calls an update by these would take the place of."""
    with geopackage.reading(workspace.path) as connection:
        if "incidents" not in geopackage.table_names(connection):
            return 0
        names = list(geopackage.declared_types(connection, "incidents"))
        where, values = _counted_anew(names, staged)
        kept = connection.execute(f"SELECT COUNT(*) FROM incidents{where}", values).fetchone()[0]
        return int(connection.execute("SELECT COUNT(*) FROM incidents").fetchone()[0]) - int(kept)


def reports_of(workspace: Workspace, table: str) -> Iterator[dict[str, Any]]:
    """Yield the reports of a table's imports, the latest first."""
    with geopackage.reading(workspace.path) as connection:
        rows = connection.execute("SELECT report FROM imports WHERE layer = ? ORDER BY fid DESC", (table,))
        reports = [row[0] for row in rows]
    for text in reports:
        yield json.loads(text)


def read_imports(workspace: Workspace) -> pd.DataFrame:
    """
    Return the imports, oldest first: import_id, at, who, file, layer, mode, rows, report (JSON), undone.

    `undoable` says whether `undo_import` would take it back as things stand; if not, `obstacle` is the
    code of why not, as `undo_import` would raise it.
    """
    with geopackage.reading(workspace.path) as connection:
        imports = geopackage.read_table(connection, "imports", crs=None)
        obstacles = [_obstacle(connection, row) for _, row in imports.iterrows()]
    obstacle = pd.Series(obstacles, index=imports.index, dtype=object)
    told = imports.assign(undoable=obstacle.isna(), obstacle=obstacle)
    return told.drop(columns=["shelf", "settled_crs", "audited"])


def undo_import(workspace: Workspace, import_id: str, *, who: str = "") -> str:
    """
    Put back what an import replaced, and return the table's name.

    Raises
    ------
    SettingError
        ``import_unknown``.
    ConflictError
        ``import_undone`` already; ``import_changed_since``: the table has been changed since;
        ``import_too_old``: what was there before is no longer kept; ``import_is_edition``: what was
        there before is kept as an edition, which must go first.
    """
    with geopackage.writing(workspace.path) as connection:
        imports = geopackage.read_table(connection, "imports", crs=None)
        found = imports[imports["import_id"] == import_id]
        if found.empty:
            raise SettingError(
                "import_unknown", found=import_id, known=", ".join(imports["import_id"].tail(5))
            )
        row = found.iloc[0]
        if obstacle := _obstacle(connection, row):
            raise ConflictError(obstacle, id=import_id, table=row["layer"])
        _put_back(connection, row)
        connection.execute("UPDATE imports SET undone = ? WHERE import_id = ?", (now(), import_id))
        renew_stamp(connection)
        record(connection, "undo", row["layer"], who=who, import_id=import_id)
    return str(row["layer"])


def _obstacle(connection: sqlite3.Connection, row: pd.Series) -> str | None:
    """Return the code of what keeps an import from being undone."""
    shelf = _text(row["shelf"])
    if _text(row["undone"]):
        return "import_undone"
    if shelf and connection.execute("SELECT 1 FROM editions WHERE shelf = ?", (shelf,)).fetchone():
        return "import_is_edition"
    if changed_since(connection, row["layer"], int(row["audited"])):
        return "import_changed_since"
    return "import_too_old" if shelf and not _exists(connection, shelf) else None


def changed_since(connection: sqlite3.Connection, table: str, audited: int) -> bool:
    """Whether a table's rows were changed after line `audited` of the audit trail, and not back again."""
    since = "SELECT COUNT(*) FROM audit WHERE object = ? AND fid > ? AND action"
    written, followed, back = (
        connection.execute(f"{since} {actions}", (table, audited)).fetchone()[0]
        for actions in (
            "IN ('write', 'append', 'edit')",
            "IN ('rekey', 'edition')",
            "IN ('rekey_undone', 'edition_dropped')",
        )
    )
    # A later import that was undone has left the table as it found it.
    later = "SELECT COUNT(*) FROM imports WHERE layer = ? AND audited > ? AND undone IS NULL"
    imported = connection.execute(later, (table, audited)).fetchone()[0]
    return bool(written or imported or followed > back)


def _put_back(connection: sqlite3.Connection, row: pd.Series) -> None:
    table, shelf = row["layer"], _text(row["shelf"])
    if shelf:
        geopackage.unshelve(connection, shelf, table, crs=read_crs(connection))
    else:
        geopackage.drop_table(connection, table)
    located = connection.execute("SELECT 1 FROM gpkg_geometry_columns").fetchone()
    # The layer that settled it may have gone before the last one did.
    by_import = connection.execute("SELECT 1 FROM imports WHERE settled_crs").fetchone()
    if by_import and not located:
        unsettle_crs(connection)


def _build(connection: sqlite3.Connection, staged: Staging, *, old: str | None, crs: Any) -> None:
    """Make the table anew: the old rows, if they stay, then the staged ones."""
    table = staged.table
    kept = geopackage.declared_types(connection, old) if old else {}
    old_shape = kept.pop(_GEOMETRY, None)
    shape = staged.shape or old_shape or (gpkg_shape(table) if not old else None)
    types = {**kept, **staged.columns}
    ordered = [name for name in TABLES[table].columns if name in types]
    types = {name: types[name] for name in [*ordered, *(name for name in types if name not in ordered)]}
    geopackage.create_table(connection, table, types=types, shape=shape, unique=TABLES[table].key)
    if old:
        _copy_old(connection, old, table, [*([_GEOMETRY] if old_shape else []), *kept], staged)
    names = [*([_GEOMETRY] if staged.shape else []), *staged.columns]
    key = TABLES[table].key if old else ()
    for rows in staged.chunks():
        _add(connection, table, names, rows, key=key)
    geopackage.register(connection, table, shape=shape, crs=crs if shape else None)


def _copy_old(
    connection: sqlite3.Connection, old: str, table: str, names: Sequence[str], staged: Staging
) -> None:
    columns = geopackage.listed(names)
    where, values = _counted_anew(names, staged) if table == "incidents" else ("", [])
    connection.execute(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {geopackage.quoted(old)}{where} ORDER BY fid",
        values,
    )


def _counted_anew(names: Sequence[str], staged: Staging) -> tuple[str, list[Any]]:
    """Return the condition that leaves out the old rows of the days, sources and bases that are new."""
    days = sorted(day for day in staged.values(DATE) if day)
    if not days:
        return "", []
    # The days that it has, not those between: a slip of the pen in one date is no reason to drop a year.
    condition, values = "date IN (SELECT value FROM json_each(?))", [json.dumps(days)]
    if known := [name for name in _COUNTED_ANEW if name in names]:
        # As they come together: one source's 口径 says nothing of another's.
        pairs = staged.combinations(known)
        listed = ", ".join(f"COALESCE({name}, '')" for name in known)
        marks = ", ".join([f"({', '.join('?' * len(known))})"] * len(pairs))
        condition += f" AND ({listed}) IN (VALUES {marks})"
        values += [value or "" for pair in pairs for value in pair]
    return f" WHERE NOT ({condition})", values


def _add(
    connection: sqlite3.Connection,
    table: str,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    key: Sequence[str],
) -> None:
    """Insert rows; where there is a `key`, known ones change the cells that are not blank."""
    updated = [name for name in names if name not in key]
    clause = ""
    if key:
        sets = ", ".join(
            f"{name} = COALESCE(excluded.{name}, {name})" for name in map(geopackage.quoted, updated)
        )
        action = f"DO UPDATE SET {sets}" if sets else "DO NOTHING"
        clause = f" ON CONFLICT ({geopackage.listed(key)}) {action}"
    marks = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {table} ({geopackage.listed(names)}) VALUES ({marks}){clause}", rows)


def _clear_shelves(connection: sqlite3.Connection) -> None:
    """Drop what older imports replaced, but for the last few and for editions."""
    held = {row[0] for row in connection.execute("SELECT shelf FROM editions")}
    recent = "SELECT shelf FROM imports WHERE shelf IS NOT NULL ORDER BY fid DESC"
    shelves = [row[0] for row in connection.execute(recent)]
    for shelf in shelves[_SHELVES_KEPT:]:
        if shelf not in held:
            connection.execute(f"DROP TABLE IF EXISTS {geopackage.quoted(shelf)}")


def _exists(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,))
    return found.fetchone() is not None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
