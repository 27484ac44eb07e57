"""The ground that maps of villages are drawn on, prepared once for all of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from data.schemas import CLASS, GRID_ID, KIND, NAME, VILLAGE_ID
from geo.coverage import has_shape
from planning.hierarchy import layer_shapes
from planning.index.places import village_of_grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import shapely

# Where nothing has a geometry, there is nothing to draw either.
_NO_CRS = "EPSG:4490"


class VillageGround:
    """
    What maps of villages show, in the CRS of the villages.

    Parameters
    ----------
    tables
        Any may be missing.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        self.tables = tables

    @cached_property
    def villages(self) -> gpd.GeoSeries:
        """Polygons by village_id: the villages' own, else what their grids make together."""
        drawn = layer_shapes(self.tables, "villages")
        own = gpd.GeoSeries([], crs=_NO_CRS) if drawn is None else drawn[~drawn.index.duplicated()]
        grids = layer_shapes(self.tables, "grids")
        if grids is None:
            return own
        grids = grids[~grids.index.duplicated()]
        homes = village_of_grid(self.tables).reindex(grids.index)
        missing = homes.notna() & ~homes.isin(own.index)
        if not missing.any():
            return own
        if drawn is not None:
            grids = grids.to_crs(own.crs)
        pieces = grids[missing].groupby(homes[missing].to_numpy())
        made = gpd.GeoSeries({name: piece.union_all() for name, piece in pieces}, crs=grids.crs)
        return made if drawn is None else gpd.GeoSeries(pd.concat([own, made]), crs=own.crs)

    @cached_property
    def grids(self) -> gpd.GeoDataFrame:
        """Polygons with grid_id and village_id."""
        rows = self._rows("grids").drop_duplicates(GRID_ID) if "grids" in self.tables else self._rows("grids")
        if rows.empty:
            return rows.assign(**{GRID_ID: "", VILLAGE_ID: ""})
        homes = village_of_grid(self.tables)
        return rows.assign(**{VILLAGE_ID: homes.reindex(rows[GRID_ID].astype("str")).fillna("").to_numpy()})

    @cached_property
    def water(self) -> gpd.GeoDataFrame:
        """Polygons with name."""
        return _with(self._rows("water"), NAME)

    @cached_property
    def roads(self) -> gpd.GeoDataFrame:
        """Lines with name and class."""
        return _with(self._rows("roads"), NAME, CLASS)

    @cached_property
    def posts(self) -> gpd.GeoDataFrame:
        """Points with name, kind and village_id."""
        return self._places("posts")

    @cached_property
    def facilities(self) -> gpd.GeoDataFrame:
        """Points with name, kind and village_id."""
        return self._places("facilities")

    def seen(self, layer: gpd.GeoDataFrame, window: shapely.Geometry) -> gpd.GeoDataFrame:
        """Return the rows of a layer that meet a window."""
        return layer.iloc[np.sort(layer.sindex.query(window, predicate="intersects"))]

    def _places(self, table: str) -> gpd.GeoDataFrame:
        """Return the points of a table, each with the village that it names, else the one that it lies in."""
        rows = _with(self._rows(table), NAME, KIND, VILLAGE_ID)
        lost = np.flatnonzero((rows[VILLAGE_ID] == "").to_numpy())
        point, village = self.villages.sindex.query(rows.geometry.iloc[lost], predicate="intersects")
        homes = rows[VILLAGE_ID].to_numpy(dtype=object).copy()
        homes[lost[point[::-1]]] = self.villages.index.to_numpy()[village[::-1]]
        return rows.assign(**{VILLAGE_ID: homes})

    def _rows(self, table: str) -> gpd.GeoDataFrame:
        rows = self.tables.get(table)
        crs = self.villages.crs
        if not isinstance(rows, gpd.GeoDataFrame):
            return gpd.GeoDataFrame(geometry=[], crs=crs)
        return rows[has_shape(rows.geometry)].to_crs(crs)


def _with(rows: gpd.GeoDataFrame, *texts: str) -> gpd.GeoDataFrame:
    """Return rows with some columns of texts, "" where there is none."""
    return rows.assign(**{text: rows[text].fillna("").astype(str) if text in rows else "" for text in texts})
