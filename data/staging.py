"""Rows on their way into the district: a private file that is whole, checked and thrown away if unwanted."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data import geopackage
from data.files import private_folder
from data.schemas import NAME, TABLES
from data.workspace import gpkg_shape, sql_types
from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyproj import CRS

_CHUNK = 5_000


class Staging:
    """
    The rows of one import, on disk and in the file's order: memory does not grow with the file.

    Parameters
    ----------
    table
        The table of the district that they are meant for.
    crs
        The metric CRS that geometry comes in.
    """

    def __init__(self, table: str, *, crs: CRS) -> None:
        self.table = table
        self.crs = crs
        self.columns: dict[str, str] = {}
        self.shape: str | None = None
        self.rows = 0
        self._folder = private_folder()
        # One thread may prepare what another one keeps: a page's run ends where the next begins.
        self._connection = sqlite3.connect(
            Path(self._folder.name) / "rows.sqlite", isolation_level=None, check_same_thread=False
        )
        # Nothing here outlives a crash, so nothing need be flushed.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA journal_mode = OFF")

    def __enter__(self) -> Staging:
        """Return the staging itself; its rows are thrown away at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Throw the rows away."""
        self.close()

    def append(self, frame: pd.DataFrame) -> None:
        """
        Add rows: every frame with the same columns, the index holding the file's row numbers.

        A GeoDataFrame is in `crs`.

        Raises
        ------
        FileError
            ``file_not_writable``: the disk for temporary files is full.
        """
        if not self.columns:
            self._create(frame)
        values: list[Any] = [frame.index.tolist()]
        if self.shape and isinstance(frame, gpd.GeoDataFrame):
            shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
            multi = self.shape.startswith("MULTI")
            values.append(geopackage.encode(shapes, srs=geopackage.srs_id(self.crs), multi=multi))
        values += [geopackage.plain_values(frame[column]) for column in self.columns]
        marks = ", ".join("?" * len(values))
        try:
            self._connection.execute("BEGIN")
            self._connection.executemany(f"INSERT INTO staged VALUES ({marks})", zip(*values, strict=True))
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as fault:
            raise FileError("file_not_writable", file=self._folder.name, why=str(fault)) from fault
        self.rows += len(frame)

    def repeated(self) -> list[tuple[str, int, int]]:
        """Return id, row and the id's first row for every row whose id another one had before."""
        key = self._key()
        if not key:
            return []
        joined = " || ' / ' || ".join(
            f"COALESCE({geopackage.quoted(name)}, '')" for name in self._key_names()
        )
        self._connection.execute(f"CREATE INDEX IF NOT EXISTS staged_key ON staged ({key})")
        found = self._connection.execute(
            f"SELECT {joined}, row,"
            f" MIN(row) OVER (PARTITION BY {key}) FROM staged WHERE ({key}) IN"
            f" (SELECT {key} FROM staged GROUP BY {key} HAVING COUNT(*) > 1) ORDER BY row"
        )
        return [(name, row, first) for name, row, first in found if row != first]

    def repeated_rows(self) -> Any:
        """Return all rows whose id is not theirs alone, as `frame` does."""
        key = self._key()
        where = f"({key}) IN (SELECT {key} FROM staged GROUP BY {key} HAVING COUNT(*) > 1)"
        return self._read(where)

    def some_shapes(self, count: int) -> np.ndarray[Any, Any]:
        """Return up to `count` geometries, spread over the file."""
        step = max(self.rows // count, 1)
        blobs = self._connection.execute(
            f'SELECT "{geopackage.GEOMETRY_COLUMN}" FROM staged WHERE rowid % ? = 0', (step,)
        )
        return geopackage.decode(np.array([row[0] for row in blobs], dtype=object))

    def some_rows(self, count: int) -> gpd.GeoDataFrame:
        """
        Return up to `count` rows, spread over the file, for a map: shape, id and name as they stand.

        Also where other cells are not of their kind and `frame` could not be made. Indexed by row number.
        """
        step = max(-(-self.rows // count), 1)
        names = [name for name in (*TABLES[self.table].key, NAME) if name in self.columns]
        listed = geopackage.listed(("row", geopackage.GEOMETRY_COLUMN, *names))
        select = f"SELECT {listed} FROM staged WHERE rowid % ? = 0 ORDER BY row"
        found = self._connection.execute(select, (step,)).fetchall()
        columns = list(zip(*found, strict=True)) or [()] * (2 + len(names))
        shapes = geopackage.decode(np.array([None, *columns[1]], dtype=object)[1:])
        cells = {name: [*values] for name, values in zip(names, columns[2:], strict=True)}
        index = pd.Index([*columns[0]], name="row", dtype="int64")
        return gpd.GeoDataFrame(cells, geometry=gpd.GeoSeries(shapes, index=index, crs=self.crs), index=index)

    def values(self, column: str) -> set[Any]:
        """Return the different values of a column."""
        return {row[0] for row in self._connection.execute(f'SELECT DISTINCT "{column}" FROM staged')}

    def combinations(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the different values of several columns together, None for a column that is not there."""
        listed = ", ".join(f'"{name}"' if name in self.columns else "NULL" for name in columns)
        return self._connection.execute(f"SELECT DISTINCT {listed} FROM staged").fetchall()

    def frame(self) -> Any:
        """Return the rows as they would be read back from the district, indexed by row number."""
        return self._read("1")

    def replace_rows(self, frame: pd.DataFrame) -> None:
        """Put the rows of `frame` in place of all those whose id it holds."""
        names = self._key_names()
        ids = list(zip(*(frame[name].tolist() for name in names), strict=True))
        where = " AND ".join(f'"{name}" = ?' for name in names)
        self._connection.execute("BEGIN")
        self._connection.executemany(f"DELETE FROM staged WHERE {where}", ids)
        self._connection.execute("COMMIT")
        self.append(frame)
        self.rows = self._connection.execute("SELECT COUNT(*) FROM staged").fetchone()[0]

    def chunks(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows in the file's order: geometry blob, if there is one, then the columns."""
        listed = geopackage.listed([*([geopackage.GEOMETRY_COLUMN] if self.shape else []), *self.columns])
        cursor = self._connection.execute(f"SELECT {listed} FROM staged ORDER BY row")
        while rows := cursor.fetchmany(_CHUNK):
            yield rows

    def close(self) -> None:
        """Throw the rows away."""
        self._connection.close()
        self._folder.cleanup()

    def _read(self, where: str) -> Any:
        frame = geopackage.read_table(self._connection, "staged", crs=self.crs, order="row", where=where)
        return frame.set_index("row")

    def _create(self, frame: pd.DataFrame) -> None:
        self.columns = sql_types(frame, self.table)
        self.shape = gpkg_shape(self.table) if isinstance(frame, gpd.GeoDataFrame) else None
        columns = ["row INTEGER", *([f'"{geopackage.GEOMETRY_COLUMN}" {self.shape}'] if self.shape else [])]
        columns += [f'"{name}" {kind}' for name, kind in self.columns.items()]
        self._connection.execute(f"CREATE TABLE staged ({', '.join(columns)})")

    def _key_names(self) -> list[str]:
        names = list(TABLES[self.table].key)
        return names if all(name in self.columns for name in names) else []

    def _key(self) -> str:
        return geopackage.listed(self._key_names())
