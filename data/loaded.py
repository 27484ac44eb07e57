"""What the district holds already, as far as an import looks at it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from data.schemas import NAME, TABLES
from geo.coverage import has_shape
from geo.crs import LONLAT

if TYPE_CHECKING:
    from pyproj import CRS

    from data.workspace import Workspace

# What a new layer is compared with, the finest first.
_COMPARED = ("villages", "grids", "zones", "towns", "stations", "areas")


class Loaded:
    """
    A district as it is before an import; read when asked for, and once.

    Parameters
    ----------
    workspace
        None for a district that is yet to be made.
    """

    def __init__(self, workspace: Workspace | None) -> None:
        self.workspace = workspace
        self._frames: dict[str, Any] = {}

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows of each table that is there."""
        return {} if self.workspace is None else self.workspace.counts()

    @cached_property
    def crs(self) -> CRS | None:
        """The district's metric CRS; None where its first layer will settle it."""
        if self.workspace is None or self.workspace.setting("crs_assumed", False):
            return None
        return self.workspace.crs

    @cached_property
    def layers(self) -> dict[str, gpd.GeoSeries]:
        """The polygons of each layer that a new one can be compared with."""
        if self.workspace is None:
            return {}
        self._frames |= self.workspace.read_all(_COMPARED)
        found = {name: self._frames[name] for name in _COMPARED if name in self._frames}
        shapes = {
            name: frame.geometry[has_shape(frame.geometry)]
            for name, frame in found.items()
            if isinstance(frame, gpd.GeoDataFrame)
        }
        return {name: series for name, series in shapes.items() if len(series)}

    @cached_property
    def centre(self) -> tuple[float, float] | None:
        """Longitude and latitude of its middle; None where nothing has a shape."""
        if not self.layers:
            return None
        boxes = [shapes.total_bounds for shapes in self.layers.values()]
        x = (min(box[0] for box in boxes) + max(box[2] for box in boxes)) / 2
        y = (min(box[1] for box in boxes) + max(box[3] for box in boxes)) / 2
        point = gpd.GeoSeries.from_xy([x], [y], crs=self.crs).to_crs(LONLAT)
        return float(point.x.iloc[0]), float(point.y.iloc[0])

    @cached_property
    def grids(self) -> gpd.GeoDataFrame | None:
        """The grids with their shapes; None where there are none."""
        grids = self.table("grids")
        if grids is None or isinstance(grids, gpd.GeoDataFrame) or self.workspace is None:
            return grids
        return gpd.GeoDataFrame(grids, geometry=[None] * len(grids), crs=self.workspace.crs)

    def names(self, table: str) -> pd.DataFrame | None:
        """Return id and name of each place of a table; None where it is not there."""
        frame = self.table(table)
        if frame is None:
            return None
        names: Any = frame[NAME] if NAME in frame else pd.Series(None, index=frame.index, dtype="str")
        return pd.DataFrame({"id": frame[TABLES[table].key[0]].astype(str), NAME: names})

    def has_shapes(self, table: str) -> bool:
        """Whether a table is there with at least one shape."""
        frame = self.table(table)
        return isinstance(frame, gpd.GeoDataFrame) and bool(has_shape(frame.geometry).any())

    def table(self, table: str) -> Any:
        """Return a table, read once; None where it is not there or has no rows."""
        if self.workspace is None or not self.counts.get(table):
            return None
        if table not in self._frames:
            self._frames[table] = self.workspace.read(table)
        return self._frames[table]
