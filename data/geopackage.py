"""
GeoPackage through Python's own sqlite3, and nothing else.

A second SQLite in the process (GDAL carries one) drops the first one's POSIX locks when it closes
the file: committed rows were lost that way. So layers are read and written here, blob by blob.
Format: OGC 12-128r18.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from data.rtree import fill_rtree
from geo.errors import ConflictError, FileError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path, PurePath

_APPLICATION_ID, _USER_VERSION = 0x47504B47, 10300
# Bytes of envelope that follow the eight of the header, by the envelope code in its flags.
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_HEADER_BYTES = 8
_BOX = np.dtype([("fid", np.int64), ("box", np.float64, 4)])
# What `encode` writes: little-endian, with an envelope minx, maxx, miny, maxy.
_OWN_FLAGS, _ENVELOPE = 0x03, struct.Struct("<4d")
_LOCK_SECONDS = 30.0
_REFUSALS = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
)
# SQLite's own 2 MiB spill to disk in the middle of a large import.
_CACHE_KIB = 64 * 1024
GEOMETRY_COLUMN = "geom"

_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ','now')"

_CORE_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""

# the triggers of the gpkg_rtree_index extension, from the standard's Annex F.3 in its 1.2 form.
_RTREE_TRIGGERS = """
CREATE TRIGGER "rtree_{t}_{c}_insert" AFTER INSERT ON "{t}"
  WHEN (NEW."{c}" NOT NULL AND NOT ST_IsEmpty(NEW."{c}"))
BEGIN
  INSERT OR REPLACE INTO "rtree_{t}_{c}" VALUES (NEW.fid, ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"),
    ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}"));
END;
CREATE TRIGGER "rtree_{t}_{c}_update1" AFTER UPDATE OF "{c}" ON "{t}"
  WHEN OLD.fid = NEW.fid AND (NEW."{c}" NOT NULL AND NOT ST_IsEmpty(NEW."{c}"))
BEGIN
  INSERT OR REPLACE INTO "rtree_{t}_{c}" VALUES (NEW.fid, ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"),
    ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}"));
END;
CREATE TRIGGER "rtree_{t}_{c}_update2" AFTER UPDATE OF "{c}" ON "{t}"
  WHEN OLD.fid = NEW.fid AND (NEW."{c}" IS NULL OR ST_IsEmpty(NEW."{c}"))
BEGIN
  DELETE FROM "rtree_{t}_{c}" WHERE id = OLD.fid;
END;
CREATE TRIGGER "rtree_{t}_{c}_update3" AFTER UPDATE ON "{t}"
  WHEN OLD.fid != NEW.fid AND (NEW."{c}" NOT NULL AND NOT ST_IsEmpty(NEW."{c}"))
BEGIN
  DELETE FROM "rtree_{t}_{c}" WHERE id = OLD.fid;
  INSERT OR REPLACE INTO "rtree_{t}_{c}" VALUES (NEW.fid, ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"),
    ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}"));
END;
CREATE TRIGGER "rtree_{t}_{c}_update4" AFTER UPDATE ON "{t}"
  WHEN OLD.fid != NEW.fid AND (NEW."{c}" IS NULL OR ST_IsEmpty(NEW."{c}"))
BEGIN
  DELETE FROM "rtree_{t}_{c}" WHERE id IN (OLD.fid, NEW.fid);
END;
CREATE TRIGGER "rtree_{t}_{c}_delete" AFTER DELETE ON "{t}" WHEN old."{c}" NOT NULL
BEGIN
  DELETE FROM "rtree_{t}_{c}" WHERE id = OLD.fid;
END;
"""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """
    Yield a connection that only reads, and sees one state of the file throughout.

    Raises
    ------
    ConflictError, FileError
        As `writing`.
    """
    # Read-only, SQLite could not roll back what a killed writer left, and would call the file broken.
    writable = os.access(path, os.W_OK)
    with _named(path), _connected(path, mode="rw" if writable else "ro") as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        yield connection


@contextmanager
def writing(path: Path, *, create: bool = False) -> Iterator[sqlite3.Connection]:
    """
    Yield a connection inside one immediate transaction: all of it is kept, or none.

    Raises
    ------
    ConflictError
        ``workspace_busy``: others kept writing for 30 s.
    FileError
        ``file_not_writable``: no right to write, or no room.
    """
    with _named(path), _connected(path, mode="rwc" if create else "rw") as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def refuse_share(path: PurePath) -> None:
    """
    Raise where a path is on a Windows share: SQLite's locks do not hold there, and rows are lost.

    Raises
    ------
    FileError
        ``workspace_on_share``.
    """
    if path.drive.startswith("\\\\"):
        raise FileError("workspace_on_share", file=str(path))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what the surroundings refuse into our errors; faults of statements stay what they are."""
    try:
        yield
    except sqlite3.OperationalError as fault:
        code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise ConflictError("workspace_busy", file=str(path)) from fault
        if code in _REFUSALS:
            raise FileError("file_not_writable", file=str(path), why=str(fault)) from fault
        raise
    except UnicodeEncodeError as fault:
        # Halves of characters: what a browser cut, or a terminal in GBK handed over.
        raise SettingError("text_not_unicode", found=ascii(fault.object[:40])) from fault


@contextmanager
def _connected(path: Path, *, mode: str) -> Iterator[sqlite3.Connection]:
    refuse_share(path.absolute())
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS, isolation_level=None)
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    for name, function in _RTREE_FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)
    try:
        yield connection
    finally:
        connection.close()


def create_core(connection: sqlite3.Connection, crs: CRS) -> None:
    """Make an empty database a GeoPackage whose layers will be in `crs`."""
    for statement in _CORE_TABLES.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {_USER_VERSION}")
    systems = [
        ("Undefined Cartesian", -1, "NONE", -1, "undefined", None),
        ("Undefined geographic", 0, "NONE", 0, "undefined", None),
        *(_system_row(one) for one in (CRS.from_epsg(4326), crs)),
    ]
    connection.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", systems)


def _system_row(crs: CRS) -> tuple[str, int, str, int, str, str | None]:
    code = srs_id(crs)
    organisation = "EPSG" if crs.to_epsg() else "GRIDBEAT"
    return crs.name, code, organisation, code, crs.to_wkt("WKT1_GDAL"), None


def change_crs(connection: sqlite3.Connection, crs: CRS) -> None:
    """Declare `crs` for every layer of a file whose layers hold no geometry yet."""
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _system_row(crs)
    )
    for table in ("gpkg_geometry_columns", "gpkg_contents"):
        connection.execute(
            f"UPDATE {table} SET srs_id = ?"
            " WHERE table_name IN (SELECT table_name FROM gpkg_geometry_columns)",
            (srs_id(crs),),
        )


def srs_id(crs: CRS) -> int:
    """Return the EPSG code of `crs`, or 100000 for one that EPSG does not list."""
    return int(crs.to_epsg() or 100000)


def replace_table(
    connection: sqlite3.Connection,
    name: str,
    frame: pd.DataFrame,
    *,
    types: Mapping[str, str],
    shape: str | None,
    unique: Sequence[str] = (),
    crs: CRS | None = None,
) -> None:
    """
    Write a frame as table `name`, in place of what was there.

    Parameters
    ----------
    connection
        Inside a transaction (`writing`).
    frame
        A GeoDataFrame in `crs` where `shape` is given.
    types
        SQL type of each column of the frame but the geometry.
    shape
        GeoPackage geometry type, e.g. ``"MULTIPOLYGON"``; None for an attribute table.
    unique
        Columns that name a row.
    """
    drop_table(connection, name)
    create_table(connection, name, types=types, shape=shape, unique=unique)
    _insert_rows(connection, name, frame, types=types, shape=shape, crs=crs)
    register(connection, name, shape=shape, crs=crs)


def create_table(
    connection: sqlite3.Connection,
    name: str,
    *,
    types: Mapping[str, str],
    shape: str | None,
    unique: Sequence[str] = (),
) -> None:
    """Make an empty table, which the GeoPackage does not declare before it is registered."""
    columns = ["fid INTEGER PRIMARY KEY AUTOINCREMENT"]
    columns += [f'"{GEOMETRY_COLUMN}" {shape}'] if shape else []
    columns += [f"{quoted(column)} {types[column]}" for column in types]
    columns += [f"UNIQUE ({listed(unique)})"] if unique else []
    connection.execute(f"CREATE TABLE {quoted(name)} ({', '.join(columns)})")


def register(connection: sqlite3.Connection, name: str, *, shape: str | None, crs: CRS | None) -> None:
    """
    Declare a table to readers of the GeoPackage; a layer gets its spatial index, all rows at once.

    Parameters
    ----------
    shape, crs
        As in `replace_table`.
    """
    data_type = "features" if shape else "attributes"
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, ?, ?, ?)",
        (name, data_type, name, srs_id(crs) if crs and shape else 0),
    )
    if shape and crs:
        connection.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)",
            (name, GEOMETRY_COLUMN, shape, srs_id(crs)),
        )
        _create_rtree(connection, name)
        _record_extent(connection, name)


def shelve(connection: sqlite3.Connection, name: str, shelf: str) -> None:
    """
    Put a table aside under the name `shelf`, which no reader of the GeoPackage is shown.

    Its rows stay as they are: nothing is copied. `read_table` reads a shelf like any table.
    """
    rtree = f"rtree_{name}_{GEOMETRY_COLUMN}"
    for trigger in ("insert", "update1", "update2", "update3", "update4", "delete"):
        connection.execute(f"DROP TRIGGER IF EXISTS {quoted(f'{rtree}_{trigger}')}")
    connection.execute(f"DROP TABLE IF EXISTS {quoted(rtree)}")
    _unregister(connection, name)
    connection.execute(f"ALTER TABLE {quoted(name)} RENAME TO {quoted(shelf)}")


def unshelve(connection: sqlite3.Connection, shelf: str, name: str, *, crs: CRS) -> None:
    """Put a shelved table back under `name`, in place of what is there."""
    drop_table(connection, name)
    connection.execute(f"ALTER TABLE {quoted(shelf)} RENAME TO {quoted(name)}")
    shape = declared_types(connection, name).get(GEOMETRY_COLUMN)
    register(connection, name, shape=shape, crs=crs if shape else None)


def append_rows(
    connection: sqlite3.Connection,
    name: str,
    frame: pd.DataFrame,
    *,
    types: Mapping[str, str],
    shape: str | None,
    crs: CRS | None = None,
) -> None:
    """Add a frame's rows to table `name`, which has these columns already."""
    _insert_rows(connection, name, frame, types=types, shape=shape, crs=crs)
    if shape:
        _record_extent(connection, name)
    else:
        connection.execute(
            f"UPDATE gpkg_contents SET last_change = {_NOW} WHERE table_name = ?",
            (name,),
        )


def _insert_rows(
    connection: sqlite3.Connection,
    name: str,
    frame: pd.DataFrame,
    *,
    types: Mapping[str, str],
    shape: str | None,
    crs: CRS | None,
) -> None:
    values: list[Sequence[Any]] = [plain_values(frame[column]) for column in types]
    names = list(types)
    if shape and crs:
        values.insert(0, encode(_geometries(frame), srs=srs_id(crs), multi=shape.startswith("MULTI")))
        names.insert(0, GEOMETRY_COLUMN)
    marks = ", ".join("?" * len(names))
    connection.executemany(
        f"INSERT INTO {quoted(name)} ({listed(names)}) VALUES ({marks})",
        zip(*values, strict=True),
    )


def drop_table(connection: sqlite3.Connection, name: str) -> None:
    """Remove a table and every trace of it in the GeoPackage's own tables; absent is fine."""
    connection.execute(f"DROP TABLE IF EXISTS {quoted(f'rtree_{name}_{GEOMETRY_COLUMN}')}")
    connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
    _unregister(connection, name)


def _unregister(connection: sqlite3.Connection, name: str) -> None:
    for table in ("gpkg_extensions", "gpkg_geometry_columns", "gpkg_contents"):
        connection.execute(f"DELETE FROM {table} WHERE table_name = ?", (name,))


def read_table(
    connection: sqlite3.Connection, name: str, *, crs: CRS | None, order: str = "fid", where: str = "1"
) -> pd.DataFrame:
    """
    Return table `name`, in the order in which its rows were written (or of a column), without its fid.

    A GeoDataFrame in `crs` if the table has a geometry column (single parts of multi geometries
    are unwrapped), otherwise a DataFrame. SQL integers come as int64, or Int64 where some are null.
    """
    cursor = connection.execute(f"SELECT * FROM {quoted(name)} WHERE {where} ORDER BY {quoted(order)}")
    columns = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    frame = pd.DataFrame(
        {c: list(v) for c, v in zip(columns, zip(*rows, strict=True), strict=True)} if rows else {},
        columns=columns,
    )
    frame = frame.drop(columns="fid", errors="ignore")
    declared = declared_types(connection, name)
    for column in frame.columns:
        frame[column] = _typed(frame[column], declared[column])
    if GEOMETRY_COLUMN not in frame:
        return frame
    shapes = decode(frame[GEOMETRY_COLUMN].to_numpy())
    layer: pd.DataFrame = gpd.GeoDataFrame(frame.drop(columns=GEOMETRY_COLUMN), geometry=shapes, crs=crs)
    return layer


def declared_types(connection: sqlite3.Connection, name: str) -> dict[str, str]:
    """Return the SQL type that each column of a table declares, in order, without its fid."""
    rows = connection.execute(f"PRAGMA table_info({quoted(name)})")
    return {row[1]: str(row[2]).upper() for row in rows if row[1] != "fid"}


def next_fid(connection: sqlite3.Connection, name: str) -> int:
    """Return the number of a table's next row; those of rows that are gone do not come again."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchone()
    return 1 if row is None else int(row[0]) + 1


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the layers and attribute tables that the file declares."""
    return [row[0] for row in connection.execute("SELECT table_name FROM gpkg_contents ORDER BY rowid")]


def encode(geometries: np.ndarray[Any, Any], *, srs: int, multi: bool) -> list[bytes | None]:
    """Return GeoPackage blobs, with an xy envelope; None for null geometry, Multi* where asked."""
    if multi:
        geometries = _as_multi(geometries)
    bounds = shapely.bounds(geometries)
    blobs = shapely.to_wkb(geometries, byte_order=1)
    empty = shapely.is_empty(geometries)
    return [
        None
        if blob is None
        else b"GP\x00\x11" + struct.pack("<i", srs) + blob
        if none
        else b"GP\x00\x03" + struct.pack("<i4d", srs, box[0], box[2], box[1], box[3]) + blob
        for blob, box, none in zip(blobs, bounds, empty, strict=True)
    ]


def decode(blobs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return geometries from GeoPackage blobs; single parts of multi geometries are unwrapped."""
    wkb = np.array([None if blob is None else _body(blob) for blob in blobs], dtype=object)
    shapes = shapely.from_wkb(wkb)
    single = (shapely.get_num_geometries(shapes) == 1) & ~shapely.is_missing(shapes)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    return np.asarray(shapes, dtype=object)


def _body(blob: bytes) -> bytes:
    return blob[_HEADER_BYTES + _ENVELOPE_BYTES[(blob[3] >> 1) & 7] :]


def _as_multi(geometries: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    result = geometries.copy()
    makers: dict[int, Callable[..., Any]] = {
        shapely.GeometryType.POLYGON.value: shapely.multipolygons,
        shapely.GeometryType.LINESTRING.value: shapely.multilinestrings,
    }
    kinds = shapely.get_type_id(geometries)
    for kind, make in makers.items():
        at = np.flatnonzero(kinds == kind)
        if at.size:
            result[at] = make(geometries[at], indices=np.arange(at.size))
    return result


def _geometries(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    if isinstance(frame, gpd.GeoDataFrame):
        return np.asarray(frame.geometry.to_numpy(), dtype=object)
    return np.full(len(frame), None, dtype=object)


def plain_values(values: pd.Series) -> list[Any]:
    """Return a column as SQL takes it: None for whatever is missing."""
    return [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]


def _typed(values: pd.Series, declared: str) -> pd.Series:
    if declared == "INTEGER":
        return values.astype("Int64") if values.isna().any() else values.astype("int64")
    if declared == "REAL":
        return values.astype("float64")
    return values.astype("object") if declared.startswith(("MULTI", "POINT")) else values.astype("str")


def _create_rtree(connection: sqlite3.Connection, name: str) -> None:
    rtree = f"rtree_{name}_{GEOMETRY_COLUMN}"
    connection.execute(f"CREATE VIRTUAL TABLE {quoted(rtree)} USING rtree(id, minx, maxx, miny, maxy)")
    connection.execute(
        "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')",
        (name, GEOMETRY_COLUMN, "http://www.geopackage.org/spec120/#extension_rtree"),
    )
    rows = connection.execute(
        f'SELECT fid, "{GEOMETRY_COLUMN}" FROM {quoted(name)} WHERE "{GEOMETRY_COLUMN}" NOT NULL'
    )
    # All at once, and only then the triggers: row by row they cost five calls of Python each.
    boxes = np.fromiter(((fid, _box(blob)) for fid, blob in rows if not _is_empty(blob)), dtype=_BOX)
    fill_rtree(connection, rtree, boxes["fid"], boxes["box"])
    for trigger in _RTREE_TRIGGERS.format(t=name, c=GEOMETRY_COLUMN).split("END;\n"):
        if trigger.strip():
            connection.execute(trigger + "END")


def _record_extent(connection: sqlite3.Connection, name: str) -> None:
    rtree = quoted(f"rtree_{name}_{GEOMETRY_COLUMN}")
    connection.execute(
        f"UPDATE gpkg_contents SET last_change = {_NOW}, (min_x, min_y, max_x, max_y) ="
        f" (SELECT MIN(minx), MIN(miny), MAX(maxx), MAX(maxy) FROM {rtree}) WHERE table_name = ?",
        (name,),
    )


def quoted(name: str) -> str:
    """Return a name as SQL takes it, whatever other programs called their columns."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Return names as SQL lists them."""
    return ", ".join(map(quoted, names))


def _bound(index: int) -> Callable[[bytes], float | None]:
    def bound(blob: bytes | None) -> float | None:
        if blob is None:
            return None
        if (blob[3] >> 1) & 7:
            # The envelope is minx, maxx, miny, maxy.
            return float(
                struct.unpack_from("<d" if blob[3] & 1 else ">d", blob, _HEADER_BYTES + 8 * index)[0]
            )
        shape = shapely.from_wkb(_body(blob))
        return None if shape.is_empty else float(shape.bounds[(0, 2, 1, 3)[index]])

    return bound


def _box(blob: bytes) -> tuple[float | None, ...]:
    """Return minx, maxx, miny, maxy; other programs may have written no envelope, or another kind."""
    if blob[3] & 0x0F == _OWN_FLAGS:
        return _ENVELOPE.unpack_from(blob, _HEADER_BYTES)
    return tuple(_bound(index)(blob) for index in range(4))


def _is_empty(blob: bytes | None) -> int:
    return 1 if blob is None else int(blob[3] >> 4 & 1)


_RTREE_FUNCTIONS: dict[str, Callable[[bytes], Any]] = {
    "ST_IsEmpty": _is_empty,
    "ST_MinX": _bound(0),
    "ST_MaxX": _bound(1),
    "ST_MinY": _bound(2),
    "ST_MaxY": _bound(3),
}
