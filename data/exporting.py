"""Layers and plans out of the workspace, into files of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geo.crs import to_lonlat
from geo.errors import FileError

_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile"}
_TABLE_SUFFIXES = (".csv", ".xlsx")
# A cell that begins with one of these would be run as a formula by a spreadsheet.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EXPORT_SUFFIXES = (*_DRIVERS, *_TABLE_SUFFIXES)


def export_frame(frame: pd.DataFrame, path: Path | str, *, layer: str) -> Path:
    """
    Write a frame as a file of its own: a layer with its geometry, or a table of its columns.

    GeoPackage and shapefile keep the frame's CRS, GeoJSON is in longitude and latitude (RFC 7946).
    CSV is UTF-8, with a byte order mark where it holds more than ASCII, so that WPS and Excel read it.
    The file appears under its name only when it is whole; an older one is replaced.

    Parameters
    ----------
    layer
        Name of the layer or sheet.

    Raises
    ------
    FileError
        ``file_kind_unknown``, ``folder_missing``, or ``layer_has_no_shapes``.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in EXPORT_SUFFIXES:
        raise FileError("file_kind_unknown", file=str(path), found=suffix, known=" ".join(EXPORT_SUFFIXES))
    if not path.absolute().parent.is_dir():
        raise FileError("folder_missing", file=str(path))
    # Beside the target, so that the last step is a rename and never half a file.
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".gridbeat-") as folder:
        draft = Path(folder) / path.name
        if suffix in _DRIVERS:
            _write_layer(frame, draft, layer)
        else:
            _write_table(pd.DataFrame(frame).drop(columns="geometry", errors="ignore"), draft, layer)
        for part in sorted(Path(folder).iterdir()):
            part.replace(path.parent / part.name)
    return path


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which no text can be taken for a formula: an apostrophe before its first sign."""
    frame = frame.copy()
    for name in frame.select_dtypes(include=["object", "string"]).columns:
        text = frame[name].astype("object")
        risky = text.map(lambda value: isinstance(value, str) and value.startswith(_FORMULA_STARTS))
        frame[name] = text.mask(risky, "'" + text.astype("str"))
    return frame


def _write_layer(frame: pd.DataFrame, path: Path, layer: str) -> None:
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError("layer_has_no_shapes", layer=layer)
    suffix = path.suffix.lower()
    options: dict[str, str] = {"encoding": "GB18030"} if suffix == ".shp" else {}
    frame = to_lonlat(frame) if suffix == ".geojson" else frame
    pyogrio.write_dataframe(frame, path, driver=_DRIVERS[suffix], layer=layer, **options)


def _write_table(frame: pd.DataFrame, path: Path, layer: str) -> None:
    frame = guarded(frame)
    if path.suffix.lower() == ".xlsx":
        frame.to_excel(path, sheet_name=layer[:31], index=False)
        return
    text = frame.to_csv(index=False, lineterminator="\r\n")
    path.write_bytes(text.encode("utf-8" if text.isascii() else "utf-8-sig"))
