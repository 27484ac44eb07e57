"""The workspace: one district in one GeoPackage file, with plans, settings and an audit trail."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from data import geopackage
from data.files import drafted
from data.ledger_columns import LEDGERS, ledger_sql
from data.schemas import GEOMETRY, TABLES, validate
from geo.coverage import has_shape
from geo.crs import choose_metric_crs, require_metric, to_metric
from geo.errors import ConflictError, FileError, SchemaError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

SCHEMA_VERSION = 6

# A district of code tables alone needs some CRS in its file, until its first layer brings the real one.
PLACEHOLDER_CRS = "EPSG:4549"
_KEEP_ALL = 1_000_000
_SQL_TYPES = {
    "text": "TEXT",
    "integer": "INTEGER",
    "real": "REAL",
    "date": "DATE",
    "clock": "TEXT",
    "windows": "TEXT",
}
_GPKG_SHAPES = {"polygon": "MULTIPOLYGON", "line": "MULTILINESTRING", "point": "POINT"}
_OWN_TABLES = {
    "settings": "name TEXT NOT NULL UNIQUE, value TEXT NOT NULL",
    "audit": "at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,"
    " facts TEXT NOT NULL",
    "plans": "plan_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, parent TEXT,"
    " status TEXT NOT NULL, rev INTEGER NOT NULL, author TEXT NOT NULL, created TEXT NOT NULL,"
    " note TEXT NOT NULL, params TEXT NOT NULL, scorecard TEXT NOT NULL, digest TEXT NOT NULL,"
    " zone_names TEXT NOT NULL DEFAULT '{}', locked TEXT NOT NULL DEFAULT '[]'",
    "assignment": "plan_id TEXT NOT NULL, grid_id TEXT NOT NULL, zone_id TEXT NOT NULL,"
    " UNIQUE (plan_id, grid_id)",
    # What came in (data/imports.py); `shelf` names the table that an undo puts back.
    "imports": "import_id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, who TEXT NOT NULL, file TEXT NOT NULL,"
    " layer TEXT NOT NULL, mode TEXT NOT NULL, rows INTEGER NOT NULL, report TEXT NOT NULL, shelf TEXT,"
    " settled_crs INTEGER NOT NULL, audited INTEGER NOT NULL, undone TEXT",
    # Older editions of a layer (data/editions.py), each on the shelf that an import left.
    "editions": "edition_id TEXT NOT NULL UNIQUE, layer TEXT NOT NULL, valid_from TEXT,"
    " valid_to TEXT NOT NULL, import_id TEXT, shelf TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL",
    # What was painted (data/strokes.py); the long columns last, so that the short ones are read without them.
    "strokes": "plan_id TEXT NOT NULL, number INTEGER NOT NULL, token TEXT NOT NULL, painter TEXT NOT NULL,"
    " who TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, of INTEGER, rev INTEGER NOT NULL,"
    " note TEXT NOT NULL, names TEXT NOT NULL, locks TEXT NOT NULL, grids TEXT NOT NULL,"
    " UNIQUE (plan_id, number), UNIQUE (plan_id, token)",
    # From which status a plan went to which (data/plan_states.py).
    "plan_states": "plan_id TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL, was TEXT NOT NULL,"
    " now TEXT NOT NULL, document_no TEXT NOT NULL, effective TEXT NOT NULL, why TEXT NOT NULL",
    # Who patrols what in which order (data/patrol_plans.py); the ways follow from the roads.
    "patrol_plans": "plan_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " force TEXT NOT NULL, mode TEXT NOT NULL, date TEXT NOT NULL, rev INTEGER NOT NULL,"
    " author TEXT NOT NULL, created TEXT NOT NULL, note TEXT NOT NULL, params TEXT NOT NULL,"
    " summary TEXT NOT NULL, report TEXT NOT NULL",
    "routes": "plan_id TEXT NOT NULL, day INTEGER NOT NULL, team_id TEXT NOT NULL,"
    " start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, home_ms INTEGER NOT NULL,"
    " home_m INTEGER NOT NULL, UNIQUE (plan_id, day, team_id)",
    "route_visits": "plan_id TEXT NOT NULL, day INTEGER NOT NULL, team_id TEXT NOT NULL,"
    " number INTEGER NOT NULL, stop_id TEXT NOT NULL, leg_ms INTEGER NOT NULL, leg_m INTEGER NOT NULL,"
    " arrive_ms INTEGER NOT NULL, begin_ms INTEGER NOT NULL, leave_ms INTEGER NOT NULL,"
    " UNIQUE (plan_id, day, team_id, number)",
    # The months as they were settled and published (data/assessments.py), and what is frozen of each.
    "assessments": "assessment_id TEXT NOT NULL UNIQUE, period TEXT NOT NULL, first TEXT NOT NULL,"
    " last TEXT NOT NULL, profile TEXT NOT NULL, basis TEXT NOT NULL, version INTEGER NOT NULL,"
    " corrects TEXT NOT NULL, status TEXT NOT NULL, issue TEXT NOT NULL, until TEXT NOT NULL,"
    " rev INTEGER NOT NULL, author TEXT NOT NULL, created TEXT NOT NULL, note TEXT NOT NULL,"
    " params TEXT NOT NULL, digest TEXT NOT NULL",
    "assessment_files": "assessment_id TEXT NOT NULL, part TEXT NOT NULL, name TEXT NOT NULL,"
    " digest TEXT NOT NULL, content BLOB NOT NULL, UNIQUE (assessment_id, part, name)",
    "assessment_steps": "assessment_id TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL, was TEXT NOT NULL,"
    " now TEXT NOT NULL, issue TEXT NOT NULL, until TEXT NOT NULL, document_no TEXT NOT NULL,"
    " digest TEXT NOT NULL, why TEXT NOT NULL",
    **{ledger: ledger_sql(ledger) for ledger in LEDGERS},
}
_OWN_INDEXES = {
    "strokes": "plan_id, painter, number, kind, of",
    "plan_states": "plan_id",
}


def _add_imports_and_editions(connection: sqlite3.Connection) -> None:
    for table in ("imports", "editions"):
        _create_own_table(connection, table)


def _add_strokes_and_states(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE plans ADD COLUMN zone_names TEXT NOT NULL DEFAULT '{}'")
    connection.execute("ALTER TABLE plans ADD COLUMN locked TEXT NOT NULL DEFAULT '[]'")
    for table in ("strokes", "plan_states"):
        _create_own_table(connection, table)


def _add_patrol_plans(connection: sqlite3.Connection) -> None:
    for table in ("patrol_plans", "routes", "route_visits"):
        _create_own_table(connection, table)


def _add_assessments(connection: sqlite3.Connection) -> None:
    for table in ("assessments", "assessment_files", "assessment_steps", *LEDGERS):
        _create_own_table(connection, table)


def _add_days_of_routes(connection: sqlite3.Connection) -> None:
    kept = (
        "team_id, start_ms, end_ms, home_ms, home_m",
        "team_id, number, stop_id, leg_ms, leg_m, arrive_ms, begin_ms, leave_ms",
    )
    for table, columns in zip(("routes", "route_visits"), kept, strict=True):
        rows = connection.execute(f"SELECT plan_id, {columns} FROM {table} ORDER BY fid").fetchall()
        geopackage.drop_table(connection, table)
        _create_own_table(connection, table)
        marks = ", ".join("?" * (2 + len(columns.split(", "))))
        connection.executemany(
            f"INSERT INTO {table} (day, plan_id, {columns}) VALUES ({marks})", [(0, *row) for row in rows]
        )


# Steps that bring a workspace of version n to n + 1, each inside one transaction.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {
    1: _add_imports_and_editions,
    2: _add_strokes_and_states,
    3: _add_patrol_plans,
    4: _add_assessments,
    5: _add_days_of_routes,
}


class Workspace:
    """
    One district's file. Every call is its own transaction, so threads and processes may share it.

    The file is a GeoPackage that QGIS reads; only Python's sqlite3 opens it here. It belongs on a
    local disk: SQLite's locks are not to be trusted on a network share.

    Parameters
    ----------
    path
        An existing workspace; see `Workspace.create` for a new one.

    Raises
    ------
    FileError
        ``workspace_missing``, ``workspace_unreadable`` (no database), ``workspace_foreign`` (not
        GridBeat's), ``workspace_newer`` (written by a later GridBeat).
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).absolute()
        if not self.path.is_file():
            raise FileError("workspace_missing", file=str(path))
        try:
            version = self._read_setting("schema_version")
        except sqlite3.DatabaseError as fault:
            code = "workspace_foreign" if "no such table" in str(fault) else "workspace_unreadable"
            raise FileError(code, file=str(path)) from fault
        if not isinstance(version, int):
            raise FileError("workspace_foreign", file=str(path))
        if version > SCHEMA_VERSION:
            raise FileError("workspace_newer", file=str(path), found=version, known=SCHEMA_VERSION)
        if version < SCHEMA_VERSION:
            self._migrate(version)

    @classmethod
    def open(cls, path: Path | str) -> Workspace:
        """Return the workspace at `path`, brought to this version's schema if it is older."""
        return cls(path)

    @classmethod
    def create(cls, path: Path | str, *, name: str, crs: CRS | str | int | None = None) -> Workspace:
        """
        Make a new workspace file.

        Parameters
        ----------
        path
            A file that does not exist yet.
        name
            The district's name.
        crs
            Its metric CRS; without one the first layer with geometry settles it
            (`geo.crs.choose_metric_crs`).

        Raises
        ------
        FileError
            ``file_exists``, ``folder_missing``, ``file_is_folder`` or ``file_not_writable``.
        CrsError
            If `crs` is not projected in metres.
        """
        settled = CRS.from_user_input(PLACEHOLDER_CRS if crs is None else crs)
        require_metric(settled, layer="district")
        with (
            drafted(path, overwrite=False) as draft,
            geopackage.writing(draft, create=True) as connection,
        ):
            _create_tables(connection, name=name, crs=settled, crs_assumed=crs is None)
        return cls(path)

    @property
    def name(self) -> str:
        """The district's name."""
        return str(self._read_setting("name"))

    @property
    def crs(self) -> CRS:
        """The metric CRS that every layer is kept in."""
        return CRS.from_user_input(self._read_setting("crs"))

    @property
    def stamp(self) -> str:
        """
        A text that is new after every change to a table: with the path, the key of what is cached.

        It is drawn by chance, so that another file at the same path, or a backup put in its place,
        never passes for this one. Plans and settings leave it as it is.
        """
        return str(self._read_setting("stamp"))

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each of the district's tables that is present."""
        with geopackage.reading(self.path) as connection:
            present = geopackage.table_names(connection)
            return {
                name: connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]
                for name in TABLES
                if name in present
            }

    def read(self, table: str) -> Any:
        """
        Return a table of the district, ids as columns, in its rows' order.

        A GeoDataFrame in the district's CRS for tables with a shape, otherwise a DataFrame; a
        table that is not there yet comes empty, with the schema's columns.
        """
        _known(table)
        if found := self.read_all([table]):
            return found[table]
        empty = pd.DataFrame({name: pd.Series(dtype="str") for name in TABLES[table].columns})
        return gpd.GeoDataFrame(empty, geometry=[], crs=self.crs) if TABLES[table].shape else empty

    def read_all(self, tables: Collection[str]) -> dict[str, Any]:
        """Return those of the named tables that are there, all as they were at one moment; see `read`."""
        with geopackage.reading(self.path) as connection:
            crs = read_crs(connection)
            present = geopackage.table_names(connection)
            return {
                name: geopackage.read_table(connection, name, crs=crs) for name in tables if name in present
            }

    def write(self, table: str, frame: pd.DataFrame, *, who: str = "", note: str = "") -> None:
        """
        Replace a table of the district by a frame, in one transaction.

        Raises
        ------
        SchemaError
            With every fault of the frame, and nothing written.
        CrsError
            If a layer has no CRS, or one that cannot be brought to the district's.
        """
        self.write_all({table: frame}, who=who, note=note)

    def write_all(self, frames: Mapping[str, pd.DataFrame], *, who: str = "", note: str = "") -> None:
        """Replace several tables in one transaction; raises as `write`."""
        for table, frame in frames.items():
            _known(table)
            validate(frame, table)
        with geopackage.writing(self.path) as connection:
            crs = _settled_crs(connection, frames)
            for table, frame in frames.items():
                replace_table(connection, table, _in_crs(frame, crs), crs=crs)
                record(connection, "write", table, who=who, rows=len(frame), note=note)
            renew_stamp(connection)

    def append(self, table: str, frame: pd.DataFrame, *, who: str = "", note: str = "") -> None:
        """
        Add a frame's rows to a table of the district; raises as `write`.

        Raises
        ------
        SchemaError
            ``columns_differ``: the frame has columns that the table lacks.
        ConflictError
            ``id_exists``: an id is in the table already.
        """
        _known(table)
        validate(frame, table)
        with geopackage.writing(self.path) as connection:
            crs = _settled_crs(connection, {table: frame})
            frame = _in_crs(frame, crs)
            if table not in geopackage.table_names(connection):
                replace_table(connection, table, frame, crs=crs)
            else:
                _append(connection, table, frame, crs)
            record(connection, "append", table, who=who, rows=len(frame), note=note)
            renew_stamp(connection)

    def version_of(self, table: str) -> str:
        """
        Return a text that is new after every change to one table, for what is dear and made of it alone.

        Unlike `stamp` it stays while other tables change.
        """
        with geopackage.reading(self.path) as connection:
            made = connection.execute("SELECT at FROM audit ORDER BY fid LIMIT 1").fetchone()
            last = connection.execute(
                "SELECT fid, at FROM audit WHERE object IN (?, 'workspace') ORDER BY fid DESC LIMIT 1",
                (table,),
            ).fetchone()
        return f"{made} {last}"

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a setting (any JSON value), or `default` where it was never set."""
        return self._read_setting(name, default)

    def set_setting(self, name: str, value: Any, *, who: str = "", **facts: Any) -> None:
        """Keep a setting: any JSON value; the audit trail names it, and the facts."""
        with geopackage.writing(self.path) as connection:
            _put_setting(connection, name, value)
            record(connection, "set", name, who=who, **facts)

    def audit(self) -> pd.DataFrame:
        """Return every change made to the workspace, oldest first: at, who, action, object, facts."""
        with geopackage.reading(self.path) as connection:
            return geopackage.read_table(connection, "audit", crs=None)

    def copy_to(self, path: Path | str) -> Path:
        """
        Copy the workspace as one consistent state, while others may be writing.

        Raises
        ------
        FileError
            ``file_exists`` (nothing is overwritten), or as `Workspace.create`.
        """
        with drafted(path, overwrite=False) as draft, geopackage.reading(self.path) as source:
            target = sqlite3.connect(draft)
            try:
                source.backup(target)
            finally:
                target.close()
        return Path(path)

    def backup(self, folder: Path | str, *, keep: int = 10) -> Path:
        """
        Copy the workspace into a folder under a dated name, and drop the oldest beyond `keep`.

        Returns
        -------
        Path
            The new copy.
        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise FileError("file_not_writable", file=str(folder), why=fault.strerror or "") from fault
        copy = self.copy_to(folder / f"{self.path.stem}-{dt.datetime.now():%Y%m%d-%H%M%S-%f}.gpkg")
        # 8 digits, 6 digits, 6 digits: only names that this method gives.
        pattern = f"{self.path.stem}-{'[0-9]' * 8}-{'[0-9]' * 6}-{'[0-9]' * 6}.gpkg"
        for old in sorted(path for path in folder.iterdir() if path.match(pattern))[:-keep]:
            old.unlink()
        return copy

    def _read_setting(self, name: str, default: Any = None) -> Any:
        with geopackage.reading(self.path) as connection:
            return _get_setting(connection, name, default)

    def _migrate(self, version: int) -> None:
        # A copy beside the file first: a migration is the one change that cannot be looked at before.
        copy = self.path.with_name(f"{self.path.stem}.v{version}.gpkg")
        if not copy.exists():
            try:
                self.copy_to(copy)
            except FileError as fault:
                # Somebody else who opened the file at the same time has made the copy.
                if fault.code != "file_exists":
                    raise
        with geopackage.writing(self.path) as connection:
            # And may have migrated it in the meantime.
            version = int(_get_setting(connection, "schema_version", version))
            if version == SCHEMA_VERSION:
                return
            for step in range(version, SCHEMA_VERSION):
                MIGRATIONS[step](connection)
            _put_setting(connection, "schema_version", SCHEMA_VERSION)
            renew_stamp(connection)
            record(connection, "migrate", "workspace", who="", found=version, now=SCHEMA_VERSION)

    def restore(self, backup: Path | str, *, who: str = "", folder: Path | str | None = None) -> Path:
        """
        Put a backup's state in the place of the present one, which is backed up first.

        Others may have the file open, here and in other processes: what they write is either in the
        backup that is made or waits and comes after, and the new stamp tells them that every table is
        new. Broken off at whatever moment, the file is as it was. The audit trail goes on: it keeps
        what was done since the backup.

        The pages are written by SQLite into the live file under its lock. Another file in its place
        would be the simpler way, but Windows refuses to replace a file that is open, and elsewhere
        whoever has it open goes on writing into the one that is gone.

        Parameters
        ----------
        backup
            A workspace file, e.g. from `backup`; it is only read.
        folder
            Where the present state is backed up to; by default the folder ``backups`` beside the file.
            Nothing is dropped from it, lest it be the backup that is restored.

        Returns
        -------
        Path
            The backup of the state that was replaced.

        Raises
        ------
        FileError
            ``workspace_missing``, ``workspace_unreadable``, ``workspace_foreign``, ``workspace_newer``
            or ``backup_damaged``, and nothing has changed; ``file_not_writable``.
        ConflictError
            ``workspace_busy``: others kept reading or writing for 30 s.
        """
        backup = Path(backup).absolute()
        folder = self.path.parent / "backups" if folder is None else folder
        try:
            with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=".gridbeat-") as draft:
                ready = _checked_copy(backup, Path(draft) / "ready.gpkg")
                with geopackage.writing(self.path) as live:
                    kept = self.backup(folder, keep=_KEEP_ALL)
                    _carry_on(live, ready, who=who, backup=backup.name, kept=kept.name)
                    _pour(ready, live)
        except OSError as fault:
            raise FileError("file_not_writable", file=str(self.path), why=fault.strerror or "") from fault
        return kept


def is_workspace(path: Path | str) -> bool:
    """Return whether a file is a GridBeat workspace, of whatever version; it is only looked at."""
    try:
        with geopackage.reading(Path(path)) as connection:
            connection.execute("SELECT value FROM settings WHERE name = 'schema_version'")
    except (sqlite3.DatabaseError, UnicodeDecodeError):  # a broken file's own words in the message
        return False
    return True


def _create_tables(connection: sqlite3.Connection, *, name: str, crs: CRS, crs_assumed: bool) -> None:
    geopackage.create_core(connection, crs)
    for table in _OWN_TABLES:
        _create_own_table(connection, table)
    _put_setting(connection, "schema_version", SCHEMA_VERSION)
    _put_setting(connection, "name", name)
    _put_setting(connection, "crs", _crs_text(crs))
    _put_setting(connection, "crs_assumed", crs_assumed)
    renew_stamp(connection)
    record(connection, "create", "workspace", who="", name=name)


def _create_own_table(connection: sqlite3.Connection, table: str) -> None:
    columns = _OWN_TABLES[table]
    connection.execute(f"CREATE TABLE {table} (fid INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
    if indexed := _OWN_INDEXES.get(table):
        connection.execute(f"CREATE INDEX {table}_by_plan ON {table} ({indexed})")
    geopackage.register(connection, table, shape=None, crs=None)


def _settled_crs(connection: sqlite3.Connection, frames: Mapping[str, pd.DataFrame]) -> CRS:
    """Return the district's CRS; the first layer with geometry settles it where it was assumed so far."""
    located = [frame for frame in frames.values() if _is_located(frame)]
    if located and crs_is_assumed(connection):
        settle_crs(connection, choose_metric_crs(located[0]))
    return read_crs(connection)


def read_crs(connection: sqlite3.Connection) -> CRS:
    """Return the district's metric CRS."""
    return CRS.from_user_input(_get_setting(connection, "crs", None))


def crs_is_assumed(connection: sqlite3.Connection) -> bool:
    """Whether no layer has settled the district's CRS yet."""
    return bool(_get_setting(connection, "crs_assumed", False))


def settle_crs(connection: sqlite3.Connection, crs: CRS) -> None:
    """Make `crs` the CRS of a district that has no geometry yet."""
    geopackage.change_crs(connection, crs)
    _put_setting(connection, "crs", _crs_text(crs))
    _put_setting(connection, "crs_assumed", False)


def unsettle_crs(connection: sqlite3.Connection) -> None:
    """Let the next layer settle the CRS of a district that has no geometry any more."""
    _put_setting(connection, "crs_assumed", True)


def _is_located(frame: pd.DataFrame) -> bool:
    return isinstance(frame, gpd.GeoDataFrame) and bool(has_shape(frame.geometry).any())


def _in_crs(frame: pd.DataFrame, crs: CRS) -> pd.DataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    frame = frame.rename_geometry(GEOMETRY) if frame.geometry.name != GEOMETRY else frame
    return to_metric(frame, crs) if _is_located(frame) else frame


def _known(table: str) -> None:
    if table not in TABLES:
        raise SettingError("table_unknown", table=table, known=", ".join(TABLES))


def gpkg_shape(table: str) -> str | None:
    """Return the GeoPackage geometry type of a table of the district; None for a table without."""
    shape = TABLES[table].shape
    return None if shape is None else _GPKG_SHAPES[shape]


def sql_types(frame: pd.DataFrame, table: str) -> dict[str, str]:
    """Return the SQL type of each column of a frame but its geometry: the schema's, else by its values."""
    declared = TABLES[table].columns
    return {
        str(name): _SQL_TYPES[declared[name].kind] if name in declared else _guessed_type(frame[name])
        for name in frame.columns
        if name != GEOMETRY
    }


def _guessed_type(values: pd.Series) -> str:
    if pd.api.types.is_integer_dtype(values) or pd.api.types.is_bool_dtype(values):
        return "INTEGER"
    return "REAL" if pd.api.types.is_numeric_dtype(values) else "TEXT"


def replace_table(connection: sqlite3.Connection, table: str, frame: pd.DataFrame, *, crs: CRS) -> None:
    """Put a checked frame in the place of a table of the district, inside the caller's transaction."""
    shape = gpkg_shape(table)
    geopackage.replace_table(
        connection,
        table,
        frame,
        types=sql_types(frame, table),
        shape=shape,
        unique=TABLES[table].key,
        crs=crs if shape else None,
    )


def _append(connection: sqlite3.Connection, table: str, frame: pd.DataFrame, crs: CRS) -> None:
    _require_columns(connection, table, frame)
    shape = gpkg_shape(table)
    types = sql_types(frame, table)
    try:
        geopackage.append_rows(connection, table, frame, types=types, shape=shape, crs=crs if shape else None)
    except sqlite3.IntegrityError as fault:
        raise ConflictError("id_exists", table=table) from fault


def _require_columns(connection: sqlite3.Connection, table: str, frame: pd.DataFrame) -> None:
    present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    given = {str(name) for name in frame.columns if name != GEOMETRY}
    if extra := given - present:
        raise SchemaError("columns_differ", table=table, columns=", ".join(sorted(extra)))


def require_stamp(connection: sqlite3.Connection, stamp: str) -> None:
    """
    Raise unless the tables are still as they were at `stamp`, inside the transaction that builds on it.

    Raises
    ------
    ConflictError
        ``tables_changed``.
    """
    if _get_setting(connection, "stamp", "") != stamp:
        raise ConflictError("tables_changed")


def renew_stamp(connection: sqlite3.Connection) -> str:
    """Say, inside the transaction that changes a table, that it did; return the new stamp."""
    stamp = secrets.token_hex(8)
    _put_setting(connection, "stamp", stamp)
    return stamp


def _get_setting(connection: sqlite3.Connection, name: str, default: Any) -> Any:
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return default if row is None else json.loads(row[0])


def _put_setting(connection: sqlite3.Connection, name: str, value: Any) -> None:
    connection.execute(
        "INSERT INTO settings (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, as_json(value)),
    )


def record(connection: sqlite3.Connection, action: str, what: str, *, who: str, **facts: Any) -> None:
    """Add a line to the audit trail, inside the transaction that makes the change."""
    connection.execute(
        "INSERT INTO audit (at, who, action, object, facts) VALUES (?, ?, ?, ?, ?)",
        (now(), who, action, what, as_json(facts)),
    )


def as_json(value: Any) -> str:
    """Return a value as the one JSON text it always has."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def now() -> str:
    """Return this moment as an ISO text with its offset from UTC."""
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")


def this_day() -> dt.date:
    """Return the day that the calendar on the wall shows."""
    return dt.date.today()


def _crs_text(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def _checked_copy(backup: Path, copy: Path) -> Path:
    """Copy a backup to where it may be changed, of this version's schema and whole from end to end."""
    try:
        Workspace.open(_copied(backup, copy))
    except FileError as fault:
        # By the name that people know: the copy is nobody's business.
        facts: dict[str, Any] = {**fault.facts, "file": str(backup)}
        raise FileError(fault.code, **facts) from fault
    with geopackage.reading(copy) as connection:
        if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise FileError("backup_damaged", file=str(backup))
    return copy


def _copied(backup: Path, copy: Path) -> Path:
    if not backup.is_file():
        raise FileError("workspace_missing", file=str(backup))
    try:
        with geopackage.reading(backup) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.DatabaseError as fault:
        raise FileError("workspace_unreadable", file=str(backup)) from fault
    return copy


def _carry_on(live: sqlite3.Connection, ready: Path, *, who: str, **facts: Any) -> None:
    """Give a copied backup the live file's audit trail, a line on the restoring, and a new stamp."""
    trail = live.execute("SELECT fid, at, who, action, object, facts FROM audit").fetchall()
    with geopackage.writing(ready) as connection:
        connection.execute("DELETE FROM audit")
        connection.executemany(
            "INSERT INTO audit (fid, at, who, action, object, facts) VALUES (?, ?, ?, ?, ?, ?)", trail
        )
        renew_stamp(connection)
        record(connection, "restore", "workspace", who=who, **facts)


def _pour(ready: Path, live: sqlite3.Connection) -> None:
    """Replace all that `live` holds by the file `ready`, in one transaction of SQLite's own."""
    # SQLite copies into a connection that is in no transaction. In this mode the end of ours keeps
    # the lock, so that nobody writes between the backup of the present state and its replacement.
    live.execute("PRAGMA locking_mode = EXCLUSIVE")
    live.execute("COMMIT")
    with geopackage.reading(ready) as source:
        source.backup(live)
    # Back to the usual mode, which takes effect, and clears the journal away, at the next look.
    live.execute("PRAGMA locking_mode = NORMAL")
    live.execute("BEGIN")
    live.execute("SELECT 1 FROM settings").fetchone()
