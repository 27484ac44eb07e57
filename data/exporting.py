"""Layers out of the workspace, into files of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyogrio

from geo.crs import to_lonlat
from geo.errors import FileError

if TYPE_CHECKING:
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
        ``file_kind_unknown`` or ``folder_missing``.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in LAYER_SUFFIXES:
        raise FileError("file_kind_unknown", file=str(path), found=suffix, known=" ".join(LAYER_SUFFIXES))
    require_folder(path)
    frame = to_lonlat(layer) if suffix == ".geojson" else layer
    # GBK is what the spreadsheets and older GIS beside us expect of a .dbf.
    options = {"encoding": "GB18030"} if suffix == ".shp" else {}
    # Drafted beside the target, so that the last step is a rename.
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".gridbeat-") as folder:
        pyogrio.write_dataframe(
            frame, Path(folder) / path.name, driver=_DRIVERS[suffix], layer=name, **options
        )
        for part in sorted(Path(folder).iterdir()):
            part.replace(path.absolute().parent / part.name)
    return path


def require_folder(path: Path | str) -> None:
    """
    Raise unless the folder that a file is to go into exists.

    Raises
    ------
    FileError
        ``folder_missing``.
    """
    if not Path(path).absolute().parent.is_dir():
        raise FileError("folder_missing", file=str(path))
