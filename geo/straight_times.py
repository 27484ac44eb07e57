"""Travel times where there are no roads: straight lines, lengthened by what roads usually add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import require_metric
from geo.road_network import MS_PER_HOUR_KM
from geo.travel_times import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Iterable

# Roads are longer than straight lines by about this much, in towns and in the country alike.
DETOUR = 1.35


@dataclass(frozen=True, kw_only=True, eq=False)
class StraightTimes(TravelTimes):
    """
    Travel times by straight lines.

    Parameters
    ----------
    points
        The places, by label.
    detour
        What straight metres are multiplied by.
    """

    points: gpd.GeoSeries
    detour: float

    def legs(self, pairs: Iterable[tuple[str, str]]) -> gpd.GeoDataFrame:
        """Return the straight lines behind pairs of labels, as `TravelTimes.legs` does; m with the detour."""
        asked = list(pairs)
        origin, destination = self._positions(asked).T
        xy = shapely.get_coordinates(self.points.to_numpy())
        lines = shapely.linestrings(np.stack([xy[origin], xy[destination]], axis=1))
        metres = np.rint(shapely.length(lines) * self.detour).astype(np.int64)
        frame = {"origin": self.labels[origin], "destination": self.labels[destination]}
        return gpd.GeoDataFrame(
            {**frame, "ms": self.ms[origin, destination], "m": metres}, geometry=lines, crs=self.points.crs
        )


def straight_times(places: gpd.GeoSeries, *, kmh: float, detour: float = DETOUR) -> StraightTimes:
    """
    Return what travelling between all places takes along straight lines.

    Parameters
    ----------
    places
        Points with unique labels, in a metric CRS.
    kmh
        Speed.
    detour
        What straight metres are multiplied by.

    Raises
    ------
    CrsError
        If the places are not in a metric CRS.
    """
    require_metric(places.crs, layer="places")
    x, y = shapely.get_coordinates(places.to_numpy()).T
    metres = np.hypot(x[:, None] - x, y[:, None] - y) * detour
    ms = np.ascontiguousarray(np.rint(metres * MS_PER_HOUR_KM / kmh).astype(np.int64))
    return StraightTimes(labels=places.index, ms=ms, points=places, detour=detour)
