"""Travel times where there are no roads: straight lines, lengthened by what roads usually add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_metric
from geo.road_network import MS_PER_HOUR_KM
from geo.travel_times import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

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
    kmh
        Speed.
    detour
        What straight metres are multiplied by.
    """

    points: gpd.GeoSeries
    kmh: float
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

    def spots_of(self, labels: Iterable[str]) -> pd.DataFrame:
        """Return where places lie, as `TravelTimes.spots_of` does; on no road."""
        return _off_roads(shapely.get_coordinates(self.points.loc[list(labels)].to_numpy()))

    def spots_along(self, pairs: Iterable[tuple[str, str]], ms: Iterable[Ints]) -> pd.DataFrame:
        """Return where one is on the straight lines between pairs, as `TravelTimes.spots_along` does."""
        asked = list(pairs)
        xy, found = shapely.get_coordinates(self.points.to_numpy()), [np.zeros((0, 2))]
        for (one, other), moments in zip(self._positions(asked).tolist(), ms, strict=True):
            share = np.clip(moments / max(int(self.ms[one, other]), 1), 0.0, 1.0)
            found.append(xy[one] + share[:, None] * (xy[other] - xy[one]))
        return _off_roads(np.vstack(found))

    def ms_from(self, spots: pd.DataFrame, places: gpd.GeoSeries) -> Ints:
        """Return what straight lines from spots to places take, as `TravelTimes.ms_from` does."""
        x, y = shapely.get_coordinates(places.to_numpy()).T
        metres = np.hypot(spots["x"].to_numpy()[:, None] - x, spots["y"].to_numpy()[:, None] - y)
        return _ms(metres * self.detour, self.kmh)


def _off_roads(xy: npt.NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "edge": -1, "at_m": 0.0, "snap_m": 0.0})


def _ms(metres: npt.NDArray[np.float64], kmh: float) -> Ints:
    return np.ascontiguousarray(np.rint(metres * MS_PER_HOUR_KM / kmh).astype(np.int64))


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
    ms = _ms(metres, kmh)
    return StraightTimes(labels=places.index, ms=ms, points=places, kmh=kmh, detour=detour)
