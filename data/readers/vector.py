"""Layers that GDAL reads: GeoPackage, GeoJSON, Shapefile, FileGDB, DXF; streamed, memory stays flat."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import warnings
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.raw import open_arrow
from pyogrio.raw import read as read_raw
from pyproj import CRS
from pyproj.exceptions import CRSError as UnknownCrs

from data.files import private_folder
from data.readers import dxf, geojson, shapefile
from data.readers.columns import GEOMETRY, once_each, shapes_of, tidy_times, values_of
from data.readers.source import BATCH_ROWS, ROW, FileShape, SourceLayer
from data.readers.tally import Tally
from geo.errors import FileError, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".gdb", ".dxf")

_DRIVERS = {
    ".gpkg": ("GPKG",),
    ".geojson": ("GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON"),
    ".json": ("GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON"),
    ".shp": ("ESRI Shapefile",),
    ".gdb": ("OpenFileGDB",),
    ".dxf": ("DXF",),
}
# Latin-1 takes every byte as it is: what the bytes mean is settled here, not by GDAL.
_BYTES = "ISO-8859-1"
_TEXT_TYPES = ("OFTString", "OFTWideString")
_TIME_TYPE = "OFTDateTime"
_PLAIN_TYPES = (*_TEXT_TYPES, _TIME_TYPE, "OFTInteger", "OFTInteger64", "OFTReal", "OFTDate", "OFTTime")
# WKB's numbers for curves and surfaces of curves; thousands tell Z and M.
_CURVES = frozenset(range(8, 15))
# pyogrio takes these in a path for parts of an address.
_ADDRESS_SIGNS = frozenset("!;?#%")
_MAX_PRJ_BYTES = 20_000
# What GDAL, pyogrio and Arrow have been seen to raise on broken files, faults of their own included.
_FAULTS = (
    RuntimeError,
    ValueError,
    OSError,
    NotImplementedError,
    UnboundLocalError,
    SystemError,
    MemoryError,
    ArithmeticError,
    pa.ArrowException,
)
# Warnings are recorded by swapping a global of Python's: one reader at a time.
_WARNINGS = threading.RLock()


@dataclass(frozen=True, kw_only=True)
class _Recipe:
    """
    How GDAL is asked for a layer.

    `fields` are its names for the layer's columns, in their order. `with_ids` where curves may be met:
    their rows are asked for once more, by their ids.
    """

    target: str
    layer: str
    fields: tuple[str, ...]
    codec: str | None = None
    with_ids: bool = False


@dataclass(kw_only=True)
class VectorSource:
    """A file that GDAL reads; see `data.readers.source.Source`."""

    file: Path
    layers: tuple[SourceLayer, ...]
    recipes: dict[str, _Recipe]
    tally: Tally = field(default_factory=Tally)

    @property
    def notes(self) -> list[Reason]:
        """What was met with while rows were read."""
        return self.tally.notes

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[pd.DataFrame]:
        """Yield the layer's rows; see `data.readers.source.Source.batches`."""
        recipe = self.recipes[layer.name]
        wanted = [recipe.fields[layer.columns.index(column)] for column in columns]
        self.tally.forget(layer.name)
        first_row = 1
        with ExitStack() as stack:
            with _told(self.file, layer.name, self.tally):
                meta, reader = stack.enter_context(_stream(recipe, wanted, size))
            while True:
                with _told(self.file, layer.name, self.tally):
                    batch = next(reader, None)
                    if batch is None:
                        return
                    frame = self._frame(layer, recipe, columns, batch, meta, first_row)
                first_row += len(frame)
                yield frame

    def _frame(
        self,
        layer: SourceLayer,
        recipe: _Recipe,
        columns: Sequence[str],
        batch: pa.RecordBatch,
        meta: dict[str, Any],
        first_row: int,
    ) -> pd.DataFrame:
        # By place, not by name: names may repeat in the file. An id may come first, the shape comes last.
        read = _numbered(batch.schema.names[int(recipe.with_ids) :])
        kinds = dict(zip(_numbered(meta["fields"]), meta["ogr_types"], strict=True))
        data: dict[str, pd.Series] = {}
        for column in columns:
            name = _numbered(recipe.fields)[layer.columns.index(column)]
            kind = kinds[name]
            values = values_of(batch.column(read.index(name) + int(recipe.with_ids)))
            if kind == _TIME_TYPE:
                values = tidy_times(values)
            if recipe.codec is not None and kind in _TEXT_TYPES:
                values = self._decoded(values, recipe.codec, layer.name, column, first_row)
            data[column] = values
        index = pd.RangeIndex(first_row, first_row + len(batch), name=ROW)
        frame: pd.DataFrame = pd.DataFrame(data).set_axis(index) if data else pd.DataFrame(index=index)
        if layer.shape is None:
            return frame
        blobs = batch.column(batch.num_columns - 1).to_numpy(zero_copy_only=False)
        blobs = self._straightened(recipe, blobs, batch, layer.name) if recipe.with_ids else blobs
        shapes, notes = shapes_of(blobs, layer=layer.name, first_row=first_row)
        for note in notes:
            self.tally.add(note)
        located: pd.DataFrame = gpd.GeoDataFrame(
            frame, geometry=gpd.GeoSeries(shapes, index=index, crs=layer.crs)
        )
        return located

    def _decoded(self, values: pd.Series, codec: str, layer: str, column: str, first_row: int) -> pd.Series:
        cells = [
            None if text is None else shapefile.decode(text.encode("latin-1", "replace"), codec)
            for text in values
        ]
        for code in ("cut", "broken"):
            rows = [first_row + n for n, cell in enumerate(cells) if cell is not None and getattr(cell, code)]
            if rows:
                facts = {"layer": layer, "column": column, "count": len(rows), "row": rows[0]}
                self.tally.add(
                    Reason("text_cut", facts) if code == "cut" else Reason("text_unreadable", facts)
                )
        texts = [None if cell is None else cell.text for cell in cells]
        return pd.Series(np.array([*texts, None], dtype=object)[:-1], dtype=object)

    def _straightened(
        self, recipe: _Recipe, blobs: NDArray[np.object_], batch: pa.RecordBatch, layer: str
    ) -> NDArray[np.object_]:
        curved = np.array([blob is not None and _is_curved(blob) for blob in blobs], dtype=bool)
        if not curved.any():
            return blobs
        ids = batch.column(0).to_numpy(zero_copy_only=False)[curved]
        _, read_ids, straight, _ = read_raw(
            recipe.target, layer=recipe.layer, fids=ids, columns=[], return_fids=True
        )
        by_id = dict(zip(read_ids.tolist(), straight, strict=True))
        result = blobs.copy()
        result[curved] = [by_id.get(number) for number in ids.tolist()]
        self.tally.add(Reason("curves_straightened", {"layer": layer, "count": int(curved.sum())}))
        return result


@dataclass(kw_only=True)
class DrawingSource:
    """The outlines of a drawing, already in memory: drawings are small, and their texts lie anywhere."""

    file: Path
    layers: tuple[SourceLayer, ...]
    frames: dict[str, pd.DataFrame]
    tally: Tally = field(default_factory=Tally)

    @property
    def notes(self) -> list[Reason]:
        """What was met with while the drawing was read."""
        return self.tally.notes

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[pd.DataFrame]:
        """Yield the layer's rows; see `data.readers.source.Source.batches`."""
        frame = self.frames[layer.name]
        for start in range(0, len(frame), size):
            part = frame.iloc[start : start + size]
            shapes = gpd.GeoSeries(part[GEOMETRY].to_numpy(), index=part.index, crs=layer.crs)
            yield gpd.GeoDataFrame(part[list(columns)].copy(), geometry=shapes)


@contextmanager
def open_vector(
    path: Path, *, suffix: str, encoding: str | None = None
) -> Iterator[VectorSource | DrawingSource]:
    """
    Open a file that GDAL reads; its content has been looked at before (`data.readers.sniffing`).

    Parameters
    ----------
    suffix
        One of `VECTOR_SUFFIXES`.
    encoding
        Of a shapefile's table or of GeoJSON, where the guess is wrong.

    Raises
    ------
    FileError
        ``file_unreadable``, ``file_kind_differs``, ``file_cut``, ``encoding_unknown``,
        ``encoding_wrong``, ``json_without_features``, ``drawing_without_outlines``.
    """
    path = path.absolute()
    with private_folder() as name:
        folder = Path(name)
        if suffix == ".shp":
            yield _open_shapefile(path, folder, encoding)
        elif suffix in {".geojson", ".json"}:
            yield _open_geojson(path, folder, encoding)
        elif suffix == ".dxf":
            yield _open_drawing(path, folder)
        else:
            yield _open_layers(path, _addressable(path, folder), suffix)


def _open_layers(path: Path, target: Path, suffix: str) -> VectorSource:
    with _told(path):
        names = [str(name) for name, _ in pyogrio.list_layers(target)]
    if suffix == ".gpkg":
        names = [name for name in names if name not in _views(target)]
    layers, recipes = [], {}
    for shown, name in zip(once_each(names), names, strict=True):
        info = _info(path, str(target), name, _DRIVERS[suffix])
        layer = _layer(shown, info)
        layers.append(layer)
        recipes[shown] = _Recipe(
            target=str(target), layer=name, fields=_plain_fields(info), with_ids=layer.shape is not None
        )
    return VectorSource(file=path, layers=tuple(layers), recipes=recipes)


def _views(target: Path) -> set[str]:
    """Return the views of a GeoPackage: a program of somebody else's, which may never come to an end."""
    try:
        with closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return {
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")
            }
    except sqlite3.DatabaseError:
        return set()


def _open_geojson(path: Path, folder: Path, encoding: str | None) -> VectorSource:
    file, notes = geojson.prepare(path, folder, encoding=encoding)
    # The prefix pins the driver: among those that look into JSON, one runs the commands it finds there.
    target = f"{geojson.driver_of(file)}:{file}"
    try:
        info = _info(path, target, None, _DRIVERS[".geojson"])
    except FileError as fault:
        if not geojson.names_features(file):
            raise FileError("json_without_features", file=path.name) from fault
        raise
    if not info["features"] and not geojson.names_features(file):
        raise FileError("json_without_features", file=path.name)
    name = str(info["layer_name"])
    layer = replace(_layer(path.stem, info), notes=notes)
    recipe = _Recipe(target=target, layer=name, fields=_plain_fields(info))
    return VectorSource(file=path, layers=(layer,), recipes={layer.name: recipe})


def _open_shapefile(path: Path, folder: Path, encoding: str | None) -> VectorSource:
    if not shapefile.table_is_whole(path):
        raise FileError("file_cut", file=path.with_suffix(".dbf").name)
    codec, notes = shapefile.settle_encoding(path, stated=encoding)
    target = path
    if shapefile.sibling(path, ".shx") is None:
        target = _with_links(path, folder)
        shapefile.write_index(path, target.with_suffix(".shx"))
        notes += (Reason("index_restored", {"file": path.with_suffix(".shx").name}),)
    elif _ADDRESS_SIGNS & set(str(path)):
        target = _with_links(path, folder)
    if shapefile.sibling(path, ".dbf") is None:
        notes += (Reason("table_part_missing", {"file": path.with_suffix(".dbf").name}),)
    counts = shapefile.row_counts(target)
    if counts is not None and counts[0] != counts[1]:
        notes += (Reason("parts_differ", {"shapes": counts[0], "rows": counts[1]}),)
    prj = shapefile.sibling(path, ".prj")
    raw = b"" if prj is None else _head(prj)
    crs_text = None if prj is None else _crs_text(raw)
    if prj is not None and (crs_text is None or not _is_utf8(raw)):
        # GDAL and pyogrio stumble over names in GBK and over what is no CRS at all.
        target = target if target.parent == folder else _with_links(path, folder)
        target.with_suffix(".prj").unlink()
        if crs_text is None:
            notes += (Reason("crs_unreadable", {"found": prj.name}),)
        else:
            target.with_suffix(".prj").write_text(crs_text, encoding="utf-8")
    info = _info(path, str(target), None, _DRIVERS[".shp"], encoding=_BYTES)
    fields = _plain_fields(info)
    cells = [shapefile.decode(name.encode("latin-1", "replace"), codec) for name in fields]
    columns = once_each((cell.text for cell in cells), taken=(GEOMETRY,))
    cut = [column for column, cell in zip(columns, cells, strict=True) if cell.cut or cell.broken]
    if cut:
        notes += (Reason("column_names_cut", {"columns": tuple(cut)}),)
    layer = _layer(path.stem, info)
    layer = replace(layer, columns=columns, notes=(*layer.notes, *notes))
    recipe = _Recipe(target=str(target), layer=str(info["layer_name"]), fields=fields, codec=codec)
    return VectorSource(file=path, layers=(layer,), recipes={layer.name: recipe})


def _open_drawing(path: Path, folder: Path) -> DrawingSource:
    target = str(_addressable(path, folder))
    _info(path, target, None, _DRIVERS[".dxf"])
    tally = Tally()
    with _told(path, path.stem, tally):
        _, _, blobs, fields = read_raw(target, columns=["Layer", "Text", "SubClasses"])
        entities = pd.DataFrame(dict(zip(("Layer", "SubClasses", "Text"), fields, strict=True)))
    shapes, notes = shapes_of(blobs, layer=path.stem, first_row=1)
    for note in notes:
        tally.add(note)
    found = dxf.outlines(entities, shapes)
    if not found:
        raise FileError("drawing_without_outlines", file=path.name)
    layers = tuple(
        SourceLayer(
            name=name,
            columns=dxf.COLUMNS,
            rows=len(frame),
            shape="polygon",
            bounds=_bounds(shapely.total_bounds(frame[GEOMETRY].to_numpy())),
            notes=dxf.open_lines_note(name, still_open),
        )
        for name, (frame, still_open) in found.items()
    )
    return DrawingSource(
        file=path, layers=layers, frames={name: frame for name, (frame, _) in found.items()}, tally=tally
    )


def _numbered(names: Sequence[str]) -> list[tuple[str, int]]:
    """Return each name with how many of the same stand before it."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        result.append((str(name), seen.get(name, 0)))
        seen[name] = seen.get(name, 0) + 1
    return result


@contextmanager
def _stream(
    recipe: _Recipe, fields: Sequence[str], size: int
) -> Iterator[tuple[dict[str, Any], Iterator[pa.RecordBatch]]]:
    # Columns are chosen by name, so that of a name that repeats only the first would come.
    repeats = len(set(recipe.fields)) < len(recipe.fields)
    with open_arrow(
        recipe.target,
        layer=recipe.layer,
        columns=None if repeats else list(fields),
        encoding=_BYTES if recipe.codec is not None else None,
        return_fids=recipe.with_ids,
        batch_size=size,
        datetime_as_string=True,
        use_pyarrow=True,
    ) as (meta, reader):
        yield meta, iter(reader)


def _info(
    path: Path, target: str, layer: str | None, drivers: tuple[str, ...], *, encoding: str | None = None
) -> dict[str, Any]:
    with _told(path):
        info: dict[str, Any] = pyogrio.read_info(target, layer=layer, encoding=encoding)
    if info["driver"] not in drivers:
        raise FileError(
            "file_kind_differs", file=path.name, suffix=path.suffix.lower(), found=str(info["driver"])
        )
    return info


def _layer(name: str, info: dict[str, Any]) -> SourceLayer:
    crs, notes = _crs(info["crs"])
    rows = int(info["features"])
    return SourceLayer(
        name=name,
        columns=once_each(_plain_fields(info), taken=(GEOMETRY,)),
        rows=rows if rows >= 0 else None,
        shape=_shape(info["geometry_type"]),
        crs=crs,
        bounds=None if info["total_bounds"] is None else _bounds(info["total_bounds"]),
        notes=notes,
    )


def _plain_fields(info: dict[str, Any]) -> tuple[str, ...]:
    kinds = zip(info["fields"], info["ogr_types"], strict=True)
    return tuple(str(name) for name, kind in kinds if kind in _PLAIN_TYPES)


def _crs(stated: str | None) -> tuple[CRS | None, tuple[Reason, ...]]:
    if not stated:
        return None, ()
    try:
        return CRS.from_user_input(stated), ()
    except UnknownCrs:
        return None, (Reason("crs_unreadable", {"found": " ".join(stated.split())[:80]}),)


def _head(prj: Path) -> bytes:
    with prj.open("rb") as stream:
        return stream.read(_MAX_PRJ_BYTES)


def _crs_text(raw: bytes) -> str | None:
    """Return what a .prj says, None if it is no CRS."""
    text = raw.decode("utf-8" if _is_utf8(raw) else "gb18030", errors="replace").strip()
    try:
        CRS.from_wkt(text)
    except UnknownCrs:
        return None
    return text


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shape(geometry_type: str | None) -> FileShape | None:
    if geometry_type is None:
        return None
    for sign, shape in _SHAPE_SIGNS:
        if sign in geometry_type:
            return shape
    return "mixed"


_SHAPE_SIGNS: tuple[tuple[str, FileShape], ...] = (
    ("Polygon", "polygon"),
    ("Surface", "polygon"),
    ("TIN", "polygon"),
    ("Triangle", "polygon"),
    ("Line", "line"),
    ("Curve", "line"),
    ("Circular", "line"),
    ("Point", "point"),
)


def _bounds(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float, float] | None:
    west, south, east, north = (float(value) for value in values)
    return (west, south, east, north) if np.isfinite([west, south, east, north]).all() else None


def _is_curved(blob: bytes) -> bool:
    """Whether WKB holds curves; collections are taken to, as what is inside them is not looked at."""
    if len(blob) < 5:
        return False
    number = int.from_bytes(blob[1:5], "little" if blob[0] else "big") & 0x0FFFFFFF
    return number % 1000 in _CURVES or number % 1000 == 7


def _addressable(path: Path, folder: Path) -> Path:
    """Return a path that pyogrio takes for a plain file: the file's own, or a link to it."""
    if not _ADDRESS_SIGNS & set(str(path)):
        return path
    link = folder / f"file{path.suffix.lower()}"
    _link(path, link)
    return link


def _with_links(path: Path, folder: Path) -> Path:
    for suffix in (".shp", ".shx", ".dbf", ".prj"):
        part = shapefile.sibling(path, suffix)
        if part is not None:
            _link(part, folder / f"file{suffix}")
    return folder / "file.shp"


def _link(path: Path, link: Path) -> None:
    try:
        os.symlink(path, link, target_is_directory=path.is_dir())
    except OSError:
        # Windows lets only administrators make links.
        if path.is_dir():
            shutil.copytree(path, link)
        else:
            shutil.copyfile(path, link)


@contextmanager
def _told(path: Path, layer: str = "", tally: Tally | None = None) -> Iterator[None]:
    """Turn what GDAL raises into an error that says something to people, its warnings into notes."""
    with _WARNINGS, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            yield
        except FileError:
            raise
        except _FAULTS as fault:
            raise FileError("file_unreadable", file=path.name, why=_first_line(fault)) from fault
        if tally is not None:
            for warning in heard:
                facts = {"layer": layer, "why": _first_line(warning.message), "count": 1}
                tally.add(Reason("reader_warned", facts))


def _first_line(said: object) -> str:
    return next(iter(str(said).splitlines()), type(said).__name__)
