"""Travel times between places on the road network, in whole milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import Reason, SettingError
from geo.road_network import UNREACHABLE as UNREACHABLE
from geo.road_network import RoadNetwork as RoadNetwork
from geo.shortest_ways import Engine, Links, Way, chosen_engine, many_to_many, ways

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]


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
            ``legs_without_roads`` if the times are from elsewhere; ``places_unknown`` (places) for labels
            that are not in them.
        """
        if self.network is None or self.spots is None:
            raise SettingError("legs_without_roads")
        asked = list(pairs)
        origin = self._positions([pair[0] for pair in asked])
        destination = self._positions([pair[1] for pair in asked])
        ms = self.ms[origin, destination]
        lines = _lines(self.network, self.spots, origin, destination, ms, engine=self.engine)
        metres = np.where(ms < UNREACHABLE, np.rint(shapely.length(lines)), UNREACHABLE).astype(np.int64)
        return gpd.GeoDataFrame(
            {"origin": self.labels[origin], "destination": self.labels[destination], "ms": ms, "m": metres},
            geometry=lines,
            crs=self.network.layout.crs,
        )

    def reasons(self) -> tuple[Reason, ...]:
        """
        Return what people should know of the places.

        ``place_off_roads`` (id, snap_m) and ``place_cut_off`` (id, km, road_id: on a part of the network
        that does not hang together with the largest one).
        """
        if self.network is None or self.spots is None:
            return ()
        told = []
        for label, spot in self.spots.iterrows():
            facts: dict[str, object] = {"id": str(label)}
            if spot["edge"] < 0:
                told.append(Reason("place_off_roads", {**facts, "snap_m": spot["snap_m"]}))
            elif spot["part"] > 0:
                km = float(self.network.part_km[int(spot["part"])])
                told.append(Reason("place_cut_off", {**facts, "km": km, "road_id": spot["road_id"]}))
        return tuple(told)

    def _positions(self, labels: list[str]) -> Ints:
        found = self.labels.get_indexer(pd.Index(labels, dtype=self.labels.dtype))
        if (found < 0).any():
            unknown = sorted({label for label, at in zip(labels, found, strict=True) if at < 0})
            raise SettingError("places_unknown", count=len(unknown), places=unknown)
        return np.asarray(found, dtype=np.int64)


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
    ms = np.full((len(spots), len(spots)), UNREACHABLE, dtype=np.int64)
    placed = np.flatnonzero(spots["edge"].to_numpy() >= 0)
    if len(placed):
        near = spots.iloc[placed]
        access = network.access_ms(near["snap_m"].to_numpy())
        by_nodes = many_to_many(network, _links_out(network, near), _links_in(network, near), engine=engine)
        ms[np.ix_(placed, placed)] = by_nodes + access[:, None] + access[None, :]
        one, other = np.nonzero(near["edge"].to_numpy()[:, None] == near["edge"].to_numpy()[None, :])
        one, other = placed[one], placed[other]
        ms[one, other] = np.minimum(ms[one, other], _same_edge_ms(network, spots, one, other).min(axis=0))
    ms = np.minimum(ms, UNREACHABLE)
    np.fill_diagonal(ms, 0)
    return TravelTimes(labels=spots.index, ms=ms, network=network, spots=spots, engine=engine)


def _links_out(network: RoadNetwork, spots: pd.DataFrame) -> Links:
    """Return how one leaves each spot: to the end of its edge, and to its start."""
    edge, ahead, behind = _stretches(network, spots)
    behind = np.where(network.open_back[edge], behind, UNREACHABLE)
    node = np.column_stack([network.layout.end[edge], network.layout.start[edge]])
    return Links(node=node, ms=np.column_stack([ahead, behind]))


def _links_in(network: RoadNetwork, spots: pd.DataFrame) -> Links:
    """Return how one comes to each spot: from the start of its edge, and from its end."""
    edge, ahead, behind = _stretches(network, spots)
    ahead = np.where(network.open_back[edge], ahead, UNREACHABLE)
    node = np.column_stack([network.layout.start[edge], network.layout.end[edge]])
    return Links(node=node, ms=np.column_stack([behind, ahead]))


def _stretches(network: RoadNetwork, spots: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    edge, at_m = spots["edge"].to_numpy(), spots["at_m"].to_numpy()
    rest_m = np.maximum(network.layout.length_m[edge] - at_m, 0)
    return edge, network.along_ms(edge, rest_m), network.along_ms(edge, at_m)


def _same_edge_ms(network: RoadNetwork, spots: pd.DataFrame, one: Ints, other: Ints) -> Ints:
    """Return (2, pair) for pairs on one edge: along it without leaving it, and straight on foot."""
    at_m, edge = spots["at_m"].to_numpy(), spots["edge"].to_numpy()[one]
    ahead_m = at_m[other] - at_m[one]
    snap_m = spots["snap_m"].to_numpy()
    along = network.along_ms(edge, np.abs(ahead_m))
    along += network.access_ms(snap_m[one]) + network.access_ms(snap_m[other])
    along = np.where((ahead_m >= 0) | network.open_back[edge], along, UNREACHABLE)
    straight_m = np.hypot(*(spots[["x", "y"]].to_numpy()[one] - spots[["x", "y"]].to_numpy()[other]).T)
    near = straight_m <= snap_m[one] + snap_m[other]
    return np.vstack([along, np.where(near, network.access_ms(straight_m), UNREACHABLE)])


def _lines(
    network: RoadNetwork,
    spots: pd.DataFrame,
    origin: Ints,
    destination: Ints,
    ms: Ints,
    *,
    engine: Engine,
) -> npt.NDArray[np.object_]:
    """Return the line of each pair's way; None where there is none."""
    lines = np.full(len(ms), None, dtype=object)
    here = origin == destination
    edge = spots["edge"].to_numpy()
    on_edge = ~here & (ms < UNREACHABLE) & (edge[origin] == edge[destination])
    along, straight = np.full((2, len(ms)), UNREACHABLE, dtype=np.int64)
    along[on_edge], straight[on_edge] = _same_edge_ms(network, spots, origin[on_edge], destination[on_edge])
    straight_on = here | (on_edge & (straight == ms))
    along_edge = on_edge & ~straight_on & (along == ms)
    by_nodes = (ms < UNREACHABLE) & ~straight_on & ~along_edge
    xy = spots[["x", "y"]].to_numpy()
    for i in np.flatnonzero(straight_on).tolist():
        lines[i] = shapely.linestrings([xy[origin[i]], xy[destination[i]]])
    for i in np.flatnonzero(along_edge).tolist():
        one, other = spots.iloc[origin[i]], spots.iloc[destination[i]]
        lines[i] = _line(one, [_stretch(network, one["edge"], one["at_m"], other["at_m"])], other)
    some = np.flatnonzero(by_nodes)
    out, in_ = spots.iloc[origin[some]], spots.iloc[destination[some]]
    found = ways(network, _links_out(network, out), _links_in(network, in_), engine=engine)
    for k, (i, way) in enumerate(zip(some.tolist(), found, strict=True)):
        if way is not None:
            lines[i] = _line(out.iloc[k], _by_way(network, out.iloc[k], way, in_.iloc[k]), in_.iloc[k])
    return lines


def _by_way(network: RoadNetwork, one: pd.Series, way: Way, other: pd.Series) -> list[Floats]:
    """Return the stretches of a way: to the first node, along the arcs, from the last node."""
    layout, count = network.layout, len(network.layout.start)
    leave = (layout.length_m[one["edge"]], 0.0)[way.first]
    come = (0.0, layout.length_m[other["edge"]])[way.last]
    stretches = [_stretch(network, one["edge"], one["at_m"], leave)]
    for arc in way.arcs.tolist():
        points = shapely.get_coordinates(layout.shapes[arc % count])
        stretches.append(points if arc < count else points[::-1])
    return [*stretches, _stretch(network, other["edge"], come, other["at_m"])]


def _stretch(network: RoadNetwork, edge: int, from_m: float, to_m: float) -> Floats:
    """Return the points of an edge between two distances along it, in the direction of travel."""
    line = network.layout.shapes[edge]
    points = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    low, high = min(from_m, to_m), max(from_m, to_m)
    ends = shapely.get_coordinates(shapely.line_interpolate_point(line, [low, high]))
    inside = points[(along > low) & (along < high)]
    stretch = np.vstack([ends[:1], inside, ends[1:]])
    return stretch if from_m <= to_m else stretch[::-1]


def _line(one: pd.Series, stretches: list[Floats], other: pd.Series) -> Any:
    """Return one line from place to place; points that repeat are left out."""
    start, end = one[["x", "y"]].to_numpy(dtype=float), other[["x", "y"]].to_numpy(dtype=float)
    points = np.vstack([start, *stretches, end])
    moved = np.ones(len(points), dtype=bool)
    moved[1:] = (np.abs(np.diff(points, axis=0)) > 1e-6).any(axis=1)
    points = points[moved]
    return shapely.linestrings(points if len(points) > 1 else np.vstack([start, end]))
