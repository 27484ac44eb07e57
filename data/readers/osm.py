"""OpenStreetMap files as a layer of roads: what `geo.osm` makes of them, in the columns of the table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from data.readers.source import BATCH_ROWS, ROW, SourceLayer
from data.schemas import GEOMETRY, TABLES
from geo.crs import LONLAT
from geo.osm import OSM_SUFFIXES as OSM_SUFFIXES
from geo.osm import read_osm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd

    from geo.errors import Reason

_LAYER = SourceLayer(name="roads", columns=tuple(TABLES["roads"].columns), shape="line", crs=LONLAT)


@dataclass(kw_only=True)
class OsmSource:
    """An OpenStreetMap file; see `data.readers.source.Source`. It is read when rows are asked for."""

    file: Path
    layers: tuple[SourceLayer, ...] = (_LAYER,)

    @property
    def notes(self) -> list[Reason]:
        """What was met with while rows were read: nothing that is not a fault."""
        return []

    @cached_property
    def _roads(self) -> gpd.GeoDataFrame:
        roads = read_osm(self.file)
        return roads.set_axis(pd.RangeIndex(1, len(roads) + 1, name=ROW))

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[pd.DataFrame]:
        """Yield the roads; see `data.readers.source.Source.batches`."""
        roads = self._roads[[*columns, GEOMETRY]].set_crs(layer.crs, allow_override=True)
        for low in range(0, len(roads), size):
            yield roads.iloc[low : low + size]
