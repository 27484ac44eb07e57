"""Roads from OpenStreetMap into the district: an import like any other, told of and undone like any other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from data.files import private_folder
from data.importing import ImportParams, open_or_create, prepare
from data.schemas import NAME, TABLES
from data.workspace import Workspace
from geo.coverage import has_shape
from geo.crs import to_lonlat

if TYPE_CHECKING:
    from data.reporting import ImportReport

# The first of these that is there tells where a district lies.
_LAYERS = ("grids", "villages", "stations", "zones", "towns", "posts", "areas")


def keep_roads(
    workspace: Workspace | Path | str,
    roads: gpd.GeoDataFrame,
    *,
    source: str,
    district: str | None = None,
    who: str = "",
) -> ImportReport:
    """
    Replace the district's roads by a frame, as an import with its report and its undo.

    Parameters
    ----------
    workspace
        The district, or where its file is to be.
    roads
        In the columns of the table ``roads``, in any CRS.
    source
        Where they come from: the name of a file, or of a place.
    district
        Name of a workspace that is made new.

    Raises
    ------
    GridBeatError
        As `data.importing.prepare` and `Draft.keep`. Nothing is written.
    """
    known = workspace if isinstance(workspace, Workspace) else None
    if known is None and Path(str(workspace)).exists():
        known = Workspace.open(Path(str(workspace)))
    columns = {name: name for name in TABLES["roads"].columns if name in roads}
    # Streets are named after people; the names are the streets'.
    params = ImportParams(mapping=columns, mode="replace", places=(NAME,))
    with private_folder() as folder:
        file = Path(folder) / "roads.gpkg"
        roads.to_file(file, layer="roads")
        with prepare(file, "roads", params=params, workspace=known) as read:
            draft = replace(read, report=replace(read.report, file=source, layer="roads"))
            draft.require_right()
            return draft.keep(known or open_or_create(Path(str(workspace)), name=district), who=who)


def district_box(workspace: Workspace, *, margin_m: float) -> tuple[float, float, float, float] | None:
    """
    Return where a district lies: west, south, east, north in degrees; None before it has any layer.

    Parameters
    ----------
    margin_m
        How far the box reaches beyond the district's first layer.
    """
    present = workspace.counts()
    for name in _LAYERS:
        if not present.get(name):
            continue
        frame = workspace.read(name)
        if isinstance(frame, gpd.GeoDataFrame) and has_shape(frame.geometry).any():
            west, south, east, north = frame.total_bounds
            around = shapely.box(west - margin_m, south - margin_m, east + margin_m, north + margin_m)
            west, south, east, north = to_lonlat(gpd.GeoSeries([around], crs=frame.crs)).total_bounds.tolist()
            return west, south, east, north
    return None
