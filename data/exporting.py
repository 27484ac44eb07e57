"""Layers out of the workspace, into files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyogrio

from data.files import drafted, require_target
from data.workspace import is_workspace
from geo.crs import to_lonlat
from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile"}
LAYER_SUFFIXES = tuple(_DRIVERS)


def export_layer(layer: gpd.GeoDataFrame, path: Path | str, *, name: str) -> Path:
    """
    Write a layer as a file of its own, which appears under its name only when it is whole.

    GeoPackage and shapefile keep the layer's CRS; GeoJSON is in longitude and latitude (RFC 7946).

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
    frame = to_lonlat(layer) if suffix == ".geojson" else layer
    # GBK is what the spreadsheets and older GIS beside us expect of a .dbf.
    options = {"encoding": "GB18030"} if suffix == ".shp" else {}
    with drafted(path, overwrite=True) as draft:
        pyogrio.write_dataframe(frame, draft, driver=_DRIVERS[suffix], layer=name, **options)
    return path


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
