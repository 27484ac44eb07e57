"""Layers out of the workspace, into files of their own."""

from __future__ import annotations

import itertools
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio

from data.files import drafted, require_target
from data.workspace import is_workspace
from geo.crs import to_lonlat
from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".kml": "LIBKML"}
LAYER_SUFFIXES = tuple(_DRIVERS)
_IN_LONLAT = (".geojson", ".kml")
# What a .dbf can hold.
_FIELD_BYTES, _TEXT_BYTES = 10, 254
# XML 1.0 has no way to write these.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def export_layer(layer: gpd.GeoDataFrame, path: Path | str, *, name: str) -> Path:
    """
    Write a layer as a file of its own, which appears under its name only when it is whole.

    GeoPackage and shapefile keep the layer's CRS; GeoJSON (RFC 7946) and KML are in longitude and latitude.
    A shapefile is in GBK, as spreadsheets and older GIS expect it, or in GB18030 where a text has characters
    that GBK lacks; its .cpg says which. Its names of columns are cut to 10 bytes, its texts to 254.

    Parameters
    ----------
    path
        The new file; an older one is replaced.
    name
        The layer's name inside the file.

    Raises
    ------
    FileError
        ``file_kind_unknown``, or as `require_export_target`.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in LAYER_SUFFIXES:
        raise FileError("file_kind_unknown", file=str(path), found=suffix, known=" ".join(LAYER_SUFFIXES))
    require_export_target(path)
    frame = to_lonlat(layer) if suffix in _IN_LONLAT else layer
    options = {}
    if suffix == ".shp":
        options["encoding"] = encoding = dbf_encoding(layer)
        frame = _for_dbf(layer, encoding)
    elif suffix == ".kml":
        frame = _each_text(frame, lambda text: _NOT_IN_XML.sub("", text))
    with drafted(path, overwrite=True) as draft:
        pyogrio.write_dataframe(frame, draft, driver=_DRIVERS[suffix], layer=name, **options)
    return path


def dbf_encoding(layer: gpd.GeoDataFrame) -> str:
    """Return GBK, or GB18030 where a text or a column's name of the layer has characters that GBK lacks."""
    texts = [str(name) for name in layer.columns]
    for name in _text_columns(layer):
        texts += [text for text in layer[name] if isinstance(text, str)]
    try:
        "".join(texts).encode("gbk")
    except UnicodeEncodeError:
        return "GB18030"
    return "GBK"


def _for_dbf(layer: gpd.GeoDataFrame, encoding: str) -> gpd.GeoDataFrame:
    whole = _each_text(layer, lambda text: _cut(text, _TEXT_BYTES, encoding))
    return whole.rename(columns=_short_names([*_field_names(layer)], encoding))


def _short_names(columns: Sequence[str], encoding: str) -> dict[str, str]:
    """Return a name of at most 10 bytes for each column, no two the same, upper case or not."""
    short: dict[str, str] = {}
    for column in columns:
        used = {name.lower() for name in short.values()}
        tries = (str(number) if number else "" for number in itertools.count())
        names = (_cut(column, _FIELD_BYTES - len(mark), encoding) + mark for mark in tries)
        short[column] = next(name for name in names if name.lower() not in used)
    return short


def _cut(text: str, size: int, encoding: str) -> str:
    return text.encode(encoding)[:size].decode(encoding, "ignore")


def _each_text(layer: gpd.GeoDataFrame, change: Callable[[str], str]) -> gpd.GeoDataFrame:
    changed = {
        name: [change(text) if isinstance(text, str) else text for text in layer[name]]
        for name in _text_columns(layer)
    }
    return layer.assign(**changed)


def _text_columns(layer: gpd.GeoDataFrame) -> list[str]:
    return [name for name in _field_names(layer) if not pd.api.types.is_numeric_dtype(layer[name])]


def _field_names(layer: gpd.GeoDataFrame) -> list[str]:
    return [name for name in layer.columns if name != layer.geometry.name]


def export_layers(layers: Mapping[str, gpd.GeoDataFrame], path: Path | str) -> Path:
    """
    Write several layers, by name, as one GeoPackage, which appears under its name only when it is whole.

    Raises
    ------
    FileError
        ``file_kind_unknown`` for any other suffix, or as `require_export_target`.
    """
    path = Path(path)
    if path.suffix.lower() != ".gpkg":
        raise FileError("file_kind_unknown", file=str(path), found=path.suffix, known=".gpkg")
    require_export_target(path)
    with drafted(path, overwrite=True) as draft:
        for name, layer in layers.items():
            pyogrio.write_dataframe(layer, draft, driver="GPKG", layer=name, append=draft.exists())
    return path


def export_bytes(content: bytes, path: Path | str) -> Path:
    """
    Write a file's content, which appears under its name only when it is whole.

    Raises
    ------
    FileError
        As `require_export_target`, or ``file_not_writable``.
    """
    require_export_target(path)
    with drafted(path, overwrite=True) as draft:
        draft.write_bytes(content)
    return Path(path)


def export_files(files: Mapping[str, bytes], folder: Path | str) -> Path:
    """
    Write files by their names (``folder/name`` for one in a folder of its own) into a folder, all or none.

    Older files of these names are replaced, others stay.

    Raises
    ------
    FileError
        As `require_export_folder` and `require_export_target`.
    """
    folder = Path(folder).absolute()
    require_export_folder(folder)
    try:
        # Deeper than where they go: what can be written here fits there.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".gridbeat-") as private:
            for name, content in files.items():
                draft = Path(private) / name
                draft.parent.mkdir(parents=True, exist_ok=True)
                draft.write_bytes(content)
            for name in files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                require_export_target(folder / name)
            for name in files:
                (Path(private) / name).replace(folder / name)
    except OSError as fault:
        raise FileError("file_not_writable", file=str(folder), why=fault.strerror or str(fault)) from fault
    return folder


def require_export_folder(folder: Path | str) -> None:
    """
    Make a folder and what it lies in, where there is none, and raise unless files can be written there.

    Raises
    ------
    FileError
        ``file_not_writable``.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".gridbeat-"):
            pass
    except OSError as fault:
        raise FileError("file_not_writable", file=str(folder), why=fault.strerror or str(fault)) from fault


def require_export_target(path: Path | str) -> None:
    """
    Raise unless an export may go to `path`; an older export is replaced, a workspace never.

    Raises
    ------
    FileError
        ``folder_missing``, ``file_is_folder`` or ``target_is_workspace``.
    """
    require_target(path)
    if Path(path).is_file() and is_workspace(path):
        raise FileError("target_is_workspace", file=str(path))
