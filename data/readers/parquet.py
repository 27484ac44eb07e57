"""GeoParquet: batches straight from the file, shapes as WKB or in GeoArrow's own encodings."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as UnknownCrs

from data.readers.columns import GEOMETRY, is_plain, once_each, shapes_of, values_of
from data.readers.source import BATCH_ROWS, ROW, SourceLayer
from data.readers.tally import Tally
from geo.errors import FileError, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from data.readers.source import FileShape

PARQUET_SUFFIXES = (".parquet", ".geoparquet")
# What a row group may hold unpacked: a whole one of its columns is in memory at once.
MAX_GROUP_BYTES = 4 * 2**30

# Where the metadata name no CRS, the standard says longitude and latitude.
_DEFAULT_CRS = "OGC:CRS84"
_SHAPES: dict[str, FileShape] = {
    "point": "point",
    "multipoint": "point",
    "linestring": "line",
    "multilinestring": "line",
    "polygon": "polygon",
    "multipolygon": "polygon",
}
_NATIVE = {
    "point": shapely.GeometryType.POINT,
    "linestring": shapely.GeometryType.LINESTRING,
    "polygon": shapely.GeometryType.POLYGON,
    "multipoint": shapely.GeometryType.MULTIPOINT,
    "multilinestring": shapely.GeometryType.MULTILINESTRING,
    "multipolygon": shapely.GeometryType.MULTIPOLYGON,
}
_FAULTS = (ValueError, OSError, KeyError, TypeError, NotImplementedError, pa.ArrowException)


@dataclass(kw_only=True)
class ParquetSource:
    """A Parquet file; see `data.readers.source.Source`."""

    file: Path
    layers: tuple[SourceLayer, ...]
    reader: pq.ParquetFile
    fields: dict[str, str]
    geometry: str | None
    encoding: str
    tally: Tally = field(default_factory=Tally)

    @property
    def notes(self) -> list[Reason]:
        """What was met with while rows were read."""
        return self.tally.notes

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[pd.DataFrame]:
        """Yield the file's rows; see `data.readers.source.Source.batches`."""
        self.tally.forget(layer.name)
        wanted = [self.fields[column] for column in columns]
        wanted += [] if self.geometry is None else [self.geometry]
        first_row = 1
        with _told(self.file):
            batches = self.reader.iter_batches(batch_size=size, columns=wanted, use_threads=False)
        while True:
            with _told(self.file):
                batch = next(batches, None)
                if batch is None:
                    return
                frame = self._frame(layer, columns, batch, first_row)
            first_row += len(frame)
            yield frame

    def _frame(
        self, layer: SourceLayer, columns: Sequence[str], batch: pa.RecordBatch, first_row: int
    ) -> pd.DataFrame:
        index = pd.RangeIndex(first_row, first_row + batch.num_rows, name=ROW)
        data = {column: values_of(batch.column(self.fields[column])) for column in columns}
        frame = pd.DataFrame(data).set_axis(index) if data else pd.DataFrame(index=index)
        if self.geometry is None:
            return cast("pd.DataFrame", frame)
        column = batch.column(self.geometry)
        if self.encoding in _NATIVE:
            shapes = _native_shapes(column, self.encoding)
        else:
            if isinstance(column, pa.ExtensionArray):
                column = column.storage
            blobs = column.cast(pa.binary()).to_numpy(zero_copy_only=False)
            shapes, notes = shapes_of(blobs, layer=layer.name, first_row=first_row)
            for note in notes:
                self.tally.add(note)
        return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs=layer.crs))


@contextmanager
def open_parquet(path: Path) -> Iterator[ParquetSource]:
    """
    Open a Parquet file, with shapes where its metadata tell of them, else as a table.

    Of several geometry columns the primary one is read.

    Raises
    ------
    FileError
        ``file_unreadable``, or ``file_too_large`` where a part of it would not fit the memory.
    """
    with _told(path):
        # A mapped file is read where it is needed; a row group is not fetched whole.
        reader = pq.ParquetFile(path, memory_map=True, pre_buffer=False)
    with reader:
        with _told(path):
            source = _source(path, reader)
        yield source


def _source(path: Path, reader: pq.ParquetFile) -> ParquetSource:
    metadata, schema = reader.metadata, reader.schema_arrow
    for group in range(metadata.num_row_groups):
        if metadata.row_group(group).total_byte_size > MAX_GROUP_BYTES:
            raise FileError("file_too_large", file=path.name, limit_gb=MAX_GROUP_BYTES // 2**30)
    geo = _geo(schema.metadata)
    primary = geo.get("primary_column") if geo else None
    shaped = geo.get("columns", {}) if geo else {}
    about = shaped.get(primary, {}) if primary in schema.names else {}
    geometry = str(primary) if about else None
    fields = [f.name for f in schema if f.name not in shaped and is_plain(f.type)]
    columns = once_each(fields, taken=(GEOMETRY,))
    crs, notes = _crs(about) if geometry else (None, ())
    layer = SourceLayer(
        name=path.stem,
        columns=columns,
        rows=metadata.num_rows,
        shape=_shape(about) if geometry else None,
        crs=crs,
        bounds=_bounds(about.get("bbox")),
        notes=notes,
    )
    return ParquetSource(
        file=path,
        layers=(layer,),
        reader=reader,
        fields=dict(zip(columns, fields, strict=True)),
        geometry=geometry,
        encoding=str(about.get("encoding", "WKB")).lower(),
    )


def _geo(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    said = json.loads((metadata or {}).get(b"geo", b"{}"))
    return said if isinstance(said, dict) and isinstance(said.get("columns", {}), dict) else {}


def _crs(about: dict[str, Any]) -> tuple[CRS | None, tuple[Reason, ...]]:
    # Without the key it is longitude and latitude; null says that nobody knows.
    stated = about.get("crs", _DEFAULT_CRS)
    if stated is None:
        return None, ()
    try:
        return CRS.from_user_input(stated), ()
    except (UnknownCrs, TypeError, ValueError):
        return None, (Reason("crs_unreadable", {"found": str(stated)[:80]}),)


def _shape(about: dict[str, Any]) -> FileShape:
    types = [str(name).lower().removesuffix(" z") for name in about.get("geometry_types") or ()]
    shapes = {_SHAPES.get(name, "mixed") for name in types or [str(about.get("encoding")).lower()]}
    return shapes.pop() if len(shapes) == 1 else "mixed"


def _bounds(box: object) -> tuple[float, float, float, float] | None:
    if not isinstance(box, list) or len(box) not in {4, 6}:
        return None
    west, south, east, north = (float(box[at]) for at in (0, 1, len(box) // 2, len(box) // 2 + 1))
    return (west, south, east, north) if np.isfinite([west, south, east, north]).all() else None


def _native_shapes(column: pa.Array, encoding: str) -> NDArray[np.object_]:
    """Return shapes from nested lists of coordinates (GeoArrow): offsets outside, x and y inside."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    missing = column.is_null().to_numpy(zero_copy_only=False)
    offsets = []
    inner = column
    while pa.types.is_list(inner.type) or pa.types.is_large_list(inner.type):
        offsets.append(inner.offsets.to_numpy())
        inner = inner.values
    if pa.types.is_struct(inner.type):
        coords = np.column_stack(
            [inner.field(axis).to_numpy(zero_copy_only=False) for axis in ("x", "y")]
        ).astype(float)
    else:
        coords = inner.values.to_numpy(zero_copy_only=False).reshape(-1, inner.type.list_size).astype(float)
        coords = coords[inner.offset : inner.offset + len(inner), :2]
    # From the innermost list to the outermost, as shapely wants it.
    shapes = shapely.from_ragged_array(_NATIVE[encoding], coords, tuple(reversed(offsets)) or None)
    shapes[missing] = None
    return cast("NDArray[np.object_]", shapes)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileError:
        raise
    except _FAULTS as fault:
        why = next(iter(str(fault).splitlines()), type(fault).__name__)
        raise FileError("file_unreadable", file=path.name, why=why) from fault
