"""Travel times between places on the road network, in whole milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.courses import courses
from geo.errors import SettingError
from geo.legs import leg_lines
from geo.road_network import UNREACHABLE as UNREACHABLE
from geo.road_network import RoadNetwork as RoadNetwork
from geo.shortest_ways import chosen_engine, many_to_many
from geo.spots import links_in, links_out, same_edge_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from geo.errors import Reason
    from geo.shortest_ways import Engine

    Ints = npt.NDArray[np.int64]

# What it takes to go on from a spot: where it is, and where on the roads (see `RoadNetwork.snapped`).
SPOT = ["x", "y", "edge", "at_m", "snap_m"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TravelTimes:
    """
    Travel times between places.

    Parameters
    ----------
    labels
        Of the places.
    ms
        (place, place), C-contiguous; `UNREACHABLE` where there is no way, 0 from a place to itself.
    network
        What they were found on; None for times from elsewhere, which have no legs.
    spots
        Where on the network the places lie: `RoadNetwork.snapped`.
    engine
        What found them.
    """

    labels: pd.Index
    ms: Ints
    network: RoadNetwork | None = None
    spots: pd.DataFrame | None = None
    engine: Engine = "scipy"

    def legs(self, pairs: Iterable[tuple[str, str]]) -> gpd.GeoDataFrame:
        """
        Return the ways behind the times of pairs of labels.

        Returns
        -------
        GeoDataFrame
            origin, destination, ms (as in `ms`), m (whole metres), geometry: one LineString from place to
            place in the metric CRS, with the walks between places and roads as straight pieces. In the
            order of the pairs, which may repeat. Where there is no way, ms and m are `UNREACHABLE` and
            the geometry is None.

        Raises
        ------
        SettingError
            ``legs_without_roads`` if the times are from elsewhere; ``travel_places_unknown`` (places) for
            labels that are not in them.
        """
        network, spots = self._network(), self._spots()
        origin, destination = self._positions(list(pairs)).T
        ms = self.ms[origin, destination]
        lines = leg_lines(network, spots.iloc[origin], spots.iloc[destination], ms, engine=self.engine)
        metres = np.where(ms < UNREACHABLE, np.rint(shapely.length(lines)), UNREACHABLE).astype(np.int64)
        return gpd.GeoDataFrame(
            {"origin": self.labels[origin], "destination": self.labels[destination], "ms": ms, "m": metres},
            geometry=lines,
            crs=network.layout.crs,
        )

    def spots_of(self, labels: Iterable[str]) -> pd.DataFrame:
        """Return where places lie: `SPOT`, a row a label."""
        found = self._spots().loc[list(labels), SPOT]
        return found.reset_index(drop=True)

    def spots_along(self, pairs: Iterable[tuple[str, str]], ms: Iterable[Ints]) -> pd.DataFrame:
        """
        Return where one is on the ways of pairs of labels, ms after setting out: `SPOT`, a row a moment.

        Parameters
        ----------
        ms
            For each pair its moments, ascending.

        Raises
        ------
        SettingError
            As `legs`, and ``no_way`` (origin, destination) for a pair between which there is none.
        """
        asked, spots = list(pairs), self._spots()
        origin, destination = self._positions(asked).T
        way_ms = self.ms[origin, destination]
        found = courses(
            self._network(), spots.iloc[origin], spots.iloc[destination], way_ms, engine=self.engine
        )
        rows = [pd.DataFrame({name: [] for name in SPOT})]
        for (one, other), course, moments in zip(asked, found, ms, strict=True):
            if course is None:
                raise SettingError("no_way", origin=one, destination=other)
            rows.append(course.spots(self._network(), moments)[SPOT])
        return pd.concat(rows[1:] or rows, ignore_index=True)

    def ms_from(self, spots: pd.DataFrame, places: gpd.GeoSeries) -> Ints:
        """
        Return what the way from each spot to each place takes, (spot, place); `UNREACHABLE` where none is.

        Parameters
        ----------
        spots
            As `spots_of` and `spots_along` give them.
        places
            Points with unique labels, in the roads' CRS.

        Raises
        ------
        SettingError
            As `legs`.
        """
        network = self._network()
        return _ms_between(network, spots, network.snapped(places), engine=self.engine)

    def _network(self) -> RoadNetwork:
        if self.network is None:
            raise SettingError("legs_without_roads")
        return self.network

    def _spots(self) -> pd.DataFrame:
        if self.spots is None:
            raise SettingError("legs_without_roads")
        return self.spots

    def reasons(self) -> tuple[Reason, ...]:
        """Return what people should know of the places: `RoadNetwork.missed`."""
        return () if self.network is None or self.spots is None else self.network.told_of(self.spots)

    def _positions(self, pairs: list[tuple[str, str]]) -> Ints:
        at = {label: position for position, label in enumerate(self.labels)}
        unknown = sorted({label for pair in pairs for label in pair if label not in at})
        if unknown:
            raise SettingError("travel_places_unknown", count=len(unknown), places=unknown)
        return np.array([(at[one], at[other]) for one, other in pairs], dtype=np.int64).reshape(-1, 2)


def travel_times(
    network: RoadNetwork,
    places: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    limit_m: float = 1_000.0,
    engine: Engine | None = None,
) -> TravelTimes:
    """
    Return what travelling between all places takes.

    Each place hangs on its nearest edge at the nearest point, from where one goes on along the edge as its
    direction allows; the walk between place and road is in the times at both ends. Places on the same edge
    that are nearer to each other than to it are walked between directly. Where there is no way, or a place
    lies farther than the limit from any road, that is a result.

    Parameters
    ----------
    network
        Roads, travel mode, day or night, closed roads.
    places
        Points with unique labels in the network's CRS; several may share a spot.
    limit_m
        How far a place may lie from its road.
    engine
        ``cch`` (contraction hierarchies) or ``scipy``; both give the same times. By default the former
        where it is installed.

    Raises
    ------
    CrsError, SettingError
        As `RoadNetwork.snapped`; ``setting_wrong`` for an engine that there is not.
    """
    engine = chosen_engine(engine)
    spots = network.snapped(places, limit_m=limit_m)
    ms = _ms_between(network, spots, spots, engine=engine)
    np.fill_diagonal(ms, 0)
    return TravelTimes(labels=spots.index, ms=ms, network=network, spots=spots, engine=engine)


def times_between(
    network: RoadNetwork,
    origins: gpd.GeoSeries | gpd.GeoDataFrame,
    destinations: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    limit_m: float = 1_000.0,
    engine: Engine | None = None,
) -> pd.DataFrame:
    """
    Return what travelling from each origin to each destination takes, as `travel_times` counts it.

    Returns
    -------
    DataFrame
        ms (int64), origins as index, destinations as columns; `UNREACHABLE` where there is no way.

    Raises
    ------
    CrsError, SettingError
        As `travel_times`.
    """
    engine = chosen_engine(engine)
    from_, to = (network.snapped(places, limit_m=limit_m) for places in (origins, destinations))
    return pd.DataFrame(_ms_between(network, from_, to, engine=engine), index=from_.index, columns=to.index)


def _ms_between(network: RoadNetwork, from_: pd.DataFrame, to: pd.DataFrame, *, engine: Engine) -> Ints:
    ms = np.full((len(from_), len(to)), UNREACHABLE, dtype=np.int64)
    left, right = (np.flatnonzero(spots["edge"].to_numpy() >= 0) for spots in (from_, to))
    if not (len(left) and len(right)):
        return ms
    origins, destinations = from_.iloc[left], to.iloc[right]
    by_nodes = many_to_many(
        network, links_out(network, origins), links_in(network, destinations), engine=engine
    )
    walks = [network.access_ms(spots["snap_m"].to_numpy()) for spots in (origins, destinations)]
    ms[np.ix_(left, right)] = by_nodes + walks[0][:, None] + walks[1][None, :]
    one, other = np.nonzero(origins["edge"].to_numpy()[:, None] == destinations["edge"].to_numpy()[None, :])
    near = same_edge_ms(network, origins.iloc[one], destinations.iloc[other]).min(axis=0)
    one, other = left[one], right[other]
    ms[one, other] = np.minimum(ms[one, other], near)
    return np.minimum(ms, UNREACHABLE)
