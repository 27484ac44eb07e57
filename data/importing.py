"""Files into the workspace: layers and tables, by a mapping of columns, reading no other column."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as UnknownCrs

from data.schemas import TABLES
from data.synonyms import guess_mapping
from data.workspace import Workspace, is_workspace
from geo.coverage import has_shape
from geo.crs import choose_metric_crs, refuse_unknown
from geo.errors import CrsError, FileError, SchemaError, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

LAYER_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp")
TABLE_SUFFIXES = (".csv", ".xlsx")
# A district of code tables alone needs some CRS in its file, until its first layer brings the real one.
_PLACEHOLDER_CRS = "EPSG:4549"


@dataclass(frozen=True, kw_only=True)
class ImportParams:
    """
    How a file is to be read.

    Parameters
    ----------
    mapping
        The table's column → the file's, where the guess is not right or not enough.
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
    """

    table: str
    rows: int
    mapping: dict[str, str]
    left_out: list[str]
    file_crs: str
    dissolved: int

    def summary(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


def open_or_create(path: Path | str, *, name: str | None = None) -> Workspace:
    """Return the workspace at `path`, a new one without a settled CRS if there is none."""
    path = Path(path)
    if path.exists():
        return Workspace.open(path)
    workspace = Workspace.create(path, name=name or path.stem, crs=_PLACEHOLDER_CRS)
    workspace.set_setting("crs_assumed", True)
    return workspace


def import_file(
    workspace: Workspace, path: Path | str, table: str, *, params: ImportParams | None = None, who: str = ""
) -> ImportReport:
    """
    Read a file's chosen columns into a table of the district, in place of what was there.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON or shapefile; CSV or xlsx for rows without geometry.
    table
        A name in `data.schemas.TABLES`.

    Raises
    ------
    FileError
        ``file_missing``, ``file_kind_unknown``, ``file_unreadable``, ``layer_unknown``.
    SchemaError
        ``id_column_unknown``, ``column_unknown``, or ``table_faults`` with every fault; nothing is
        written.
    CrsError
        ``crs_missing``, ``crs_refused``, ``crs_unknown``.
    """
    path, params = Path(path), params or ImportParams(mapping={})
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
    if is_layer:
        frame = _read_layer(path, list(mapping.values()), params)
    else:
        frame = _read_table(path, list(mapping.values()), params)
    rows_read = len(frame)
    frame = _shaped(_renamed(frame, mapping), table)
    if params.dissolve:
        frame = _dissolve(frame, table)
    if isinstance(frame, gpd.GeoDataFrame):
        _settle_crs(workspace, frame)
    workspace.write(table, frame, who=who, note=path.name)
    return ImportReport(
        table=table,
        rows=len(frame),
        mapping=mapping,
        left_out=[column for column in columns if column not in mapping.values()],
        file_crs=CRS.from_user_input(frame.crs).to_string() if isinstance(frame, gpd.GeoDataFrame) else "",
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
            known = ", ".join(spec.columns)
            raise SettingError("field_unknown", table=table, found=name, known=known)
        if column not in columns:
            raise SchemaError("column_unknown", file=path.name, column=column, known=", ".join(columns))
    free = [column for column in columns if column not in stated.values()]
    mapping = {**guess_mapping(table, free), **stated}
    missing = [name for name, column in spec.columns.items() if column.required and name not in mapping]
    # Features that nobody refers to are numbered; those that others refer to must bring their ids.
    numbered = spec.key if len(spec.key) == 1 and table in ("roads", "areas", "facilities", "posts") else ()
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
            rows: pd.DataFrame = pd.read_excel(path, sheet_name=params.layer or 0, dtype=str, **options)
            return rows
        return _read_csv(path, params, **options)
    except (ValueError, OSError, KeyError) as fault:
        raise FileError("file_unreadable", file=path.name, why=str(fault).splitlines()[0]) from fault


def _read_csv(path: Path, params: ImportParams, **options: Any) -> pd.DataFrame:
    rows: pd.DataFrame = pd.read_csv(path, dtype=str, encoding=_csv_encoding(path, params), **options)
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
    frame = frame.copy()
    for name, column in spec.columns.items():
        if name in frame:
            frame[name] = (
                _as_text(frame[name]) if column.kind in ("text", "date") else _as_number(frame[name])
            )
    if len(spec.key) == 1 and spec.key[0] not in frame:
        frame.insert(0, spec.key[0], [f"{table[0].upper()}{number + 1}" for number in range(len(frame))])
    return frame


def _as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    text = values.astype("string").str.strip()
    plain: pd.Series = text.mask(text == "").astype("str")
    return plain


def _as_number(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    if bool((values.notna() & numbers.isna()).any()):
        return values  # left as it is, for the schema's check to name the rows
    whole = numbers.dropna() % 1 == 0
    return numbers.astype("Int64") if bool(whole.all()) else numbers


def _dissolve(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    key = list(TABLES[table].key)
    if not key or not isinstance(frame, gpd.GeoDataFrame) or not frame.duplicated(key).any():
        return frame
    shapes = frame.geometry.groupby([frame[name] for name in key], sort=False).agg(
        lambda parts: shapely.union_all(shapely.make_valid(np.asarray(parts, dtype=object)))
    )
    first = pd.DataFrame(frame.drop(columns="geometry")).drop_duplicates(key)
    merged: pd.DataFrame = gpd.GeoDataFrame(
        first.reset_index(drop=True), geometry=shapes.to_numpy(), crs=frame.crs
    )
    return merged


def _settle_crs(workspace: Workspace, frame: gpd.GeoDataFrame) -> None:
    if workspace.setting("crs_assumed", False) and has_shape(frame.geometry).any():
        workspace.settle_crs(choose_metric_crs(frame))
