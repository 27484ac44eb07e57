"""Files into the workspace: layers and tables, by a mapping of columns, reading no other column."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as UnknownCrs

from data.guessing import guess_mapping
from data.schemas import TABLES, validate
from data.values import apply_value_synonyms
from data.workspace import Workspace, is_workspace
from geo.coverage import has_shape
from geo.crs import choose_metric_crs, refuse_unknown
from geo.errors import CrsError, FileError, SchemaError, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

LAYER_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp")
TABLE_SUFFIXES = (".csv", ".xlsx")
_GUARDED = re.compile(r"'\s*[=+\-@\t\r]")
_NUMBERED = ("roads", "areas", "facilities", "posts")


@dataclass(frozen=True, kw_only=True)
class ImportParams:
    """
    How a file is to be read.

    Parameters
    ----------
    mapping
        The table's column → the file's, where the guess is not right or not enough; → "" for a
        column that is not to be read.
    layer
        Layer inside the file; its only one by default.
    crs
        The CRS the coordinates are in, where the file does not say or is wrong.
    encoding
        Of text in shapefiles and CSV, where the guess is wrong.
    dissolve
        Merge polygons that repeat an id into one.
    """

    mapping: Mapping[str, str]
    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    dissolve: bool = False


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """
    What an import did.

    Parameters
    ----------
    table, rows
        Where the rows went, and how many.
    mapping
        The table's column → the file's.
    left_out
        Columns of the file that were not read.
    file_crs
        The CRS that the file's coordinates were taken to be in; empty for tables.
    dissolved
        How many rows were merged into others of the same id.
    replaced
        How many rows were in the table before.
    """

    table: str
    rows: int
    mapping: dict[str, str]
    left_out: list[str]
    file_crs: str
    dissolved: int
    replaced: int = 0

    def summary(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


def open_or_create(path: Path | str, *, name: str | None = None, crs: str | None = None) -> Workspace:
    """
    Return the workspace at `path`, a new one if there is none.

    Parameters
    ----------
    name
        A new district's name; the file's by default.
    crs
        A new district's metric CRS; by default its first layer settles it.
    """
    path = Path(path)
    if not path.exists():
        try:
            return Workspace.create(
                path, name=name or path.stem, crs=None if crs is None else _stated_crs(crs)
            )
        except FileError as error:
            # Somebody else's first import was a moment faster: both go into the same district.
            if error.code != "file_exists":
                raise
    return Workspace.open(path)


def import_file(
    workspace: Workspace | Path | str,
    path: Path | str,
    table: str,
    *,
    params: ImportParams | None = None,
    district: str | None = None,
    district_crs: str | None = None,
    who: str = "",
) -> ImportReport:
    """
    Read a file's chosen columns into a table of the district, in place of what was there.

    Parameters
    ----------
    workspace
        The district, or where its file is to be: it is made only once the rows have been read and
        found right.
    path
        GeoPackage, GeoJSON or shapefile; CSV or xlsx for rows without geometry.
    table
        A name in `data.schemas.TABLES`.
    district, district_crs
        Name and metric CRS of a workspace that is made new.

    Raises
    ------
    FileError
        ``file_missing``, ``file_kind_unknown``, ``file_unreadable``, ``file_is_workspace``,
        ``file_without_rows``, ``layer_unknown``, ``layer_ambiguous``, ``encoding_unknown``.
    SchemaError
        ``id_column_unknown``, ``column_unknown``, ``column_twice``, or ``table_faults`` with every
        fault. Nothing is written.
    CrsError
        ``crs_missing``, ``crs_refused``, ``crs_unknown``, ``crs_not_lonlat``.
    """
    path, params = Path(path), params or ImportParams(mapping={})
    frame, report = _read(path, table, params)
    if not isinstance(workspace, Workspace):
        workspace = open_or_create(workspace, name=district, crs=district_crs)
    replaced = workspace.counts().get(table, 0)
    workspace.write(table, frame, who=who, note=path.name)
    return replace(report, replaced=replaced)


def _read(path: Path, table: str, params: ImportParams) -> tuple[pd.DataFrame, ImportReport]:
    if table not in TABLES:
        raise SettingError("table_unknown", table=table, known=", ".join(TABLES))
    if not path.is_file():
        raise FileError("file_missing", file=str(path))
    if path.suffix.lower() == ".gpkg" and is_workspace(path):
        # A second SQLite (GDAL's) must never open a workspace that somebody may be working in.
        raise FileError("file_is_workspace", file=str(path))
    is_layer = _is_layer(path)
    columns = _layer_columns(path, params) if is_layer else _table_columns(path, params)
    mapping = _settled_mapping(table, columns, params.mapping, path)
    read = _read_layer if is_layer else _read_table
    frame = read(path, list(mapping.values()), params)
    rows_read = len(frame)
    if not rows_read:
        raise FileError("file_without_rows", file=path.name)
    frame = _shaped(_renamed(frame, mapping), table)
    if params.dissolve:
        frame = _dissolve(frame, table)
    validate(frame, table, file=path.name)
    located = isinstance(frame, gpd.GeoDataFrame)
    if located and has_shape(frame.geometry).any():
        choose_metric_crs(frame)  # raises where the coordinates cannot be what the CRS says
    return frame, ImportReport(
        table=table,
        rows=len(frame),
        mapping=mapping,
        left_out=[column for column in columns if column not in mapping.values()],
        file_crs=CRS.from_user_input(frame.crs).to_string() if located else "",
        dissolved=rows_read - len(frame),
    )


def _is_layer(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix not in LAYER_SUFFIXES + TABLE_SUFFIXES:
        known = " ".join(LAYER_SUFFIXES + TABLE_SUFFIXES)
        raise FileError("file_kind_unknown", file=str(path), found=suffix or path.name, known=known)
    return suffix in LAYER_SUFFIXES


def _settled_mapping(table: str, columns: list[str], stated: Mapping[str, str], path: Path) -> dict[str, str]:
    spec = TABLES[table]
    for name, column in stated.items():
        if name not in spec.columns:
            raise SettingError("field_unknown", table=table, found=name, known=", ".join(spec.columns))
        if column and column not in columns:
            raise SchemaError("column_unknown", file=path.name, column=column, known=", ".join(columns))
    used = [column for column in stated.values() if column]
    if len(set(used)) < len(used):
        raise SchemaError("column_twice", file=path.name, column=", ".join(sorted(used)))
    free = [column for column in columns if column not in stated.values()]
    guessed = {name: column for name, column in guess_mapping(table, free).items() if name in spec.columns}
    # A field that is stated to be no column at all is left out, whatever could be guessed.
    mapping = {name: column for name, column in {**guessed, **stated}.items() if column}
    missing = [name for name, column in spec.columns.items() if column.required and name not in mapping]
    # Features that nobody refers to are numbered; those that others refer to must bring their ids.
    numbered = spec.key if table in _NUMBERED else ()
    if missing := [name for name in missing if name not in numbered]:
        raise SchemaError(
            "id_column_unknown",
            file=path.name,
            table=table,
            column=", ".join(missing),
            known=", ".join(columns),
        )
    return mapping


def _layer_columns(path: Path, params: ImportParams) -> list[str]:
    layers = [name for name, _ in _gdal(pyogrio.list_layers, path)]
    if params.layer is not None and params.layer not in layers:
        raise FileError("layer_unknown", file=path.name, found=params.layer, known=", ".join(layers))
    if params.layer is None and len(layers) > 1:
        raise FileError("layer_ambiguous", file=path.name, known=", ".join(layers))
    encoding = {"encoding": _dbf_encoding(path, params)} if path.suffix.lower() == ".shp" else {}
    return [str(name) for name in _gdal(pyogrio.read_info, path, layer=params.layer, **encoding)["fields"]]


def _read_layer(path: Path, columns: list[str], params: ImportParams) -> gpd.GeoDataFrame:
    encoding = {"encoding": _dbf_encoding(path, params)} if path.suffix.lower() == ".shp" else {}
    frame = _gdal(pyogrio.read_dataframe, path, layer=params.layer, columns=columns, **encoding)
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    if params.crs is not None:
        frame = frame.set_crs(_stated_crs(params.crs), allow_override=True)
    refuse_unknown(frame.crs)
    frame.geometry = shapely.force_2d(frame.geometry.to_numpy())
    return frame


def _gdal(function: Any, path: Path, **options: Any) -> Any:
    try:
        return function(path, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as fault:
        raise FileError("file_unreadable", file=path.name, why=str(fault).splitlines()[0]) from fault


def _dbf_encoding(path: Path, params: ImportParams) -> str | None:
    """Without a .cpg nothing says how a .dbf is written: UTF-8 if its bytes are, else GB18030."""
    table = path.with_suffix(".dbf")
    if params.encoding or path.with_suffix(".cpg").exists() or not table.exists():
        return params.encoding
    content = table.read_bytes()
    # Bytes 8-9 hold the header's length; field names begin at byte 32, in 32 bytes each.
    names_and_rows = content[32 : int.from_bytes(content[8:10], "little") - 1 : 1] if content else b""
    names = b"".join(names_and_rows[at : at + 11].split(b"\0")[0] for at in range(0, len(names_and_rows), 32))
    try:
        (names + content[int.from_bytes(content[8:10], "little") :]).decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _stated_crs(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except UnknownCrs as fault:
        raise CrsError("crs_unknown", found=text) from fault


def _table_columns(path: Path, params: ImportParams) -> list[str]:
    return [str(name) for name in _read_rows(path, params, nrows=0).columns]


def _read_table(path: Path, columns: list[str], params: ImportParams) -> pd.DataFrame:
    return _read_rows(path, params, usecols=columns)


def _read_rows(path: Path, params: ImportParams, **options: Any) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".xlsx":
            rows: pd.DataFrame = pd.read_excel(
                path, sheet_name=params.layer or 0, dtype=str, keep_default_na=False, **options
            )
            return rows
        return _read_csv(path, params, **options)
    except LookupError as fault:
        raise FileError("encoding_unknown", file=path.name, found=params.encoding or "") from fault
    except (ValueError, OSError, BadZipFile) as fault:
        raise FileError("file_unreadable", file=path.name, why=str(fault).splitlines()[0]) from fault


def _read_csv(path: Path, params: ImportParams, **options: Any) -> pd.DataFrame:
    # "NA" and "null" are codes like any other: only an empty cell is missing.
    rows: pd.DataFrame = pd.read_csv(
        path, dtype=str, keep_default_na=False, encoding=_csv_encoding(path, params), **options
    )
    return rows


def _csv_encoding(path: Path, params: ImportParams) -> str:
    if params.encoding:
        return params.encoding
    try:
        # The whole file is decoded before any row counts: its head may be plain ASCII.
        path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _renamed(frame: pd.DataFrame, mapping: Mapping[str, str]) -> pd.DataFrame:
    kept = {column: name for name, column in mapping.items()}
    renamed = frame.rename(columns=kept)
    wanted = [*mapping, "geometry"] if isinstance(frame, gpd.GeoDataFrame) else [*mapping]
    if isinstance(renamed, gpd.GeoDataFrame) and renamed.geometry.name != "geometry":
        renamed = renamed.rename_geometry("geometry")
    chosen: pd.DataFrame = renamed[wanted]
    return chosen


def _shaped(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Bring values to their columns' kinds: ids as text, counts as integers, missing ids as numbers."""
    spec = TABLES[table]
    frame = apply_value_synonyms(frame, table)
    for name, column in spec.columns.items():
        if name in frame:
            values = _without_blanks(frame[name])
            frame[name] = _SHAPERS[column.kind](values)
    if len(spec.key) == 1 and spec.key[0] not in frame:
        frame.insert(0, spec.key[0], [f"{table[0].upper()}{number + 1}" for number in range(len(frame))])
    return frame


def _without_blanks(values: pd.Series) -> pd.Series:
    if not (pd.api.types.is_string_dtype(values) or values.dtype == object):
        return values
    text = values.map(lambda value: value.strip() if isinstance(value, str) else value)
    # What our own files guard against being run as a formula comes back without its guard.
    text = text.map(lambda value: value[1:] if isinstance(value, str) and _GUARDED.match(value) else value)
    blank: pd.Series = text.mask(text == "")
    return blank


def _as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    return values.astype("string").astype("str")


def _as_day(values: pd.Series) -> pd.Series:
    days = pd.to_datetime(values, errors="coerce", format="ISO8601")
    if bool((values.notna() & days.isna()).any()):
        return _as_text(values)  # left as it is, for the schema's check to name the rows
    return days.dt.strftime("%Y-%m-%d").astype("str")


def _as_number(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    if bool((values.notna() & numbers.isna()).any()):
        return values  # likewise
    whole = numbers.dropna() % 1 == 0
    return numbers.astype("Int64") if bool(whole.all()) else numbers


_SHAPERS = {"text": _as_text, "date": _as_day, "integer": _as_number, "real": _as_number}


def _dissolve(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    key = list(TABLES[table].key)
    if not key or not isinstance(frame, gpd.GeoDataFrame) or not frame.duplicated(key).any():
        return frame
    shapes = frame.geometry.groupby([frame[name] for name in key], sort=False).agg(
        lambda parts: shapely.union_all(
            shapely.make_valid(np.asarray(parts, dtype=object), method="structure")
        )
    )
    first = pd.DataFrame(frame.drop(columns="geometry")).drop_duplicates(key)
    merged: pd.DataFrame = gpd.GeoDataFrame(
        first.reset_index(drop=True), geometry=shapes.to_numpy(), crs=frame.crs
    )
    return merged
