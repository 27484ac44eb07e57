"""How far one gets: places, roads and areas within a time of the nearest of several origins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from geo.errors import SettingError
from geo.legs import stretch
from geo.road_network import MS_PER_HOUR_KM, UNREACHABLE
from geo.shortest_ways import Links, graph_from
from geo.spots import links_in, links_out, same_edge_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from geo.road_network import RoadNetwork

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """
    How soon every node of a network is reached from the nearest of several origins.

    Parameters
    ----------
    network
        Roads, travel mode, day or night, closed roads.
    spots
        The origins on it: `RoadNetwork.snapped`.
    node_ms
        What each node takes; `UNREACHABLE` where no origin leads.
    node_origin
        Position in `spots` of the origin it is reached from; -1 where none leads.
    """

    network: RoadNetwork
    spots: pd.DataFrame
    node_ms: Ints
    node_origin: Ints

    def places(self, places: gpd.GeoSeries | gpd.GeoDataFrame, *, limit_m: float = 1_000.0) -> pd.DataFrame:
        """
        Return how soon places are reached, as `geo.travel_times.travel_times` counts it.

        Parameters
        ----------
        places
            Points with unique labels in the network's CRS.
        limit_m
            How far a place may lie from its road.

        Returns
        -------
        DataFrame
            By label: ms (`UNREACHABLE` where no origin leads), origin (None there).
        """
        spots = self.network.snapped(places, limit_m=limit_m)
        placed = np.flatnonzero(spots["edge"].to_numpy() >= 0)
        near = spots.iloc[placed]
        links = links_in(self.network, near)
        by_link = self.node_ms[links.node] + links.ms
        best = (np.arange(len(near)), by_link.argmin(axis=1))
        walk = self.network.access_ms(near["snap_m"].to_numpy())
        ms = np.full(len(spots), UNREACHABLE, dtype=np.int64)
        origin = np.full(len(spots), -1, dtype=np.int64)
        ms[placed], origin[placed] = by_link[best] + walk, self.node_origin[links.node[best]]
        here, there = np.nonzero(near["edge"].to_numpy()[:, None] == self.spots["edge"].to_numpy()[None, :])
        direct = same_edge_ms(self.network, self.spots.iloc[there], near.iloc[here]).min(axis=0)
        for place, other, pair_ms in zip(placed[here], there, direct, strict=True):
            if pair_ms < ms[place]:
                ms[place], origin[place] = pair_ms, other
        reached = ms < UNREACHABLE
        labels = np.full(len(spots), None, dtype=object)
        labels[reached] = self.spots.index.to_numpy(dtype=object)[origin[reached]]
        # As a text column it would hold NaN for None.
        origins = pd.Series(labels, index=spots.index, dtype=object)
        return pd.DataFrame({"ms": np.minimum(ms, UNREACHABLE), "origin": origins}, index=spots.index)

    def roads(self, within_ms: int) -> gpd.GeoDataFrame:
        """
        Return the stretches of road that are reached within a time, cut where it is up.

        Returns
        -------
        GeoDataFrame
            road_id, length_m, geometry (LineStrings in the metric CRS), by edge and along it.
        """
        edge, low_m, high_m = _joined(*self._stretches(within_ms))
        layout = self.network.layout
        lines = layout.shapes[edge]
        cut = np.flatnonzero((low_m > 0) | (high_m < layout.length_m[edge]))
        lines[cut] = [shapely.linestrings(stretch(lines[i], low_m[i], high_m[i])) for i in cut.tolist()]
        return gpd.GeoDataFrame(
            {"road_id": layout.road_id[edge], "length_m": high_m - low_m}, geometry=lines, crs=layout.crs
        )

    def areas(self, within_ms: Iterable[int], *, beside_m: float = 100.0) -> gpd.GeoDataFrame:
        """
        Return what lies beside the roads that are reached within each time.

        The area of a time is all that lies within `beside_m` of a stretch of road that is reached in it;
        blocks that roads go all around and that are no wider than twice that are in it by themselves. It
        says nothing of what is beyond: a place is reached over its own road (`places`).

        Parameters
        ----------
        within_ms
            Times; every area holds those of shorter times.
        beside_m
            How far from a road still counts, above 0.

        Returns
        -------
        GeoDataFrame
            within_ms, road_km, geometry (polygons in the metric CRS, empty where nothing is reached), the
            shortest time first.
        """
        if not beside_m > 0:
            raise SettingError("setting_wrong", name="beside_m", found=beside_m, allowed="> 0")
        rows = []
        for time in sorted(set(within_ms)):
            roads = self.roads(time)
            beside = shapely.buffer(roads.geometry.to_numpy(), beside_m, quad_segs=3)
            rows.append((time, roads["length_m"].sum() / 1000, shapely.union_all(beside)))
        shapes = [shape for _, _, shape in rows]
        columns = {"within_ms": [time for time, _, _ in rows], "road_km": [km for _, km, _ in rows]}
        return gpd.GeoDataFrame(columns, geometry=shapes, crs=self.network.layout.crs)

    def _stretches(self, within_ms: int) -> tuple[Ints, Floats, Floats]:
        """Return what is reached of edges: from their start, from their end, and from origins on them."""
        network, length_m = self.network, self.network.layout.length_m
        edges = np.arange(len(length_m))
        ahead_m = self._metres(edges, within_ms - self.node_ms[network.layout.start])
        back_m = self._metres(edges, within_ms - self.node_ms[network.layout.end])
        back_m = np.where(network.open_back, back_m, 0)
        on = self.spots[self.spots["edge"] >= 0]
        edge, at_m = on["edge"].to_numpy(), on["at_m"].to_numpy()
        from_m = self._metres(edge, within_ms - network.access_ms(on["snap_m"].to_numpy()))
        behind_m = np.where(network.open_back[edge], from_m, 0)
        low_m = np.concatenate([np.zeros(len(edges)), length_m - back_m, np.maximum(at_m - behind_m, 0)])
        high_m = np.concatenate([ahead_m, length_m, np.minimum(at_m + from_m, length_m[edge])])
        edge = np.concatenate([edges, edges, edge])
        some = high_m > low_m
        return edge[some], low_m[some], high_m[some]

    def _metres(self, edge: Ints, left_ms: Ints) -> Floats:
        """Return how far along edges one gets in the time that is left, at most their length."""
        metres = np.maximum(left_ms, 0) * self.network.kmh[edge] / MS_PER_HOUR_KM
        return np.minimum(metres, self.network.layout.length_m[edge])


def reach(
    network: RoadNetwork, origins: gpd.GeoSeries | gpd.GeoDataFrame, *, limit_m: float = 1_000.0
) -> Reach:
    """
    Return how soon all of a network is reached from the nearest of several origins.

    Parameters
    ----------
    network
        Roads, travel mode, day or night, closed roads.
    origins
        Points with unique labels in the network's CRS; those farther than the limit from any road lead
        nowhere.
    limit_m
        How far an origin may lie from its road; the walk there is in the times.

    Raises
    ------
    CrsError, SettingError
        As `RoadNetwork.snapped`.
    """
    spots = network.snapped(origins, limit_m=limit_m)
    count = len(network.layout.xy)
    placed = np.flatnonzero(spots["edge"].to_numpy() >= 0)
    near = spots.iloc[placed]
    links = links_out(network, near)
    start_ms = links.ms + network.access_ms(near["snap_m"].to_numpy())[:, None]
    graph = graph_from(network, Links(node=links.node, ms=start_ms))
    node_ms = np.full(count, UNREACHABLE, dtype=np.int64)
    node_origin = np.full(count, -1, dtype=np.int64)
    if len(placed):
        ms, _, source = dijkstra(
            graph, indices=count + np.arange(len(placed)), min_only=True, return_predecessors=True
        )
        reached = np.isfinite(ms[:count])
        node_ms[reached] = ms[:count][reached].astype(np.int64) - 1
        node_origin[reached] = placed[source[:count][reached] - count]
    return Reach(network=network, spots=spots, node_ms=node_ms, node_origin=node_origin)


def _joined(edge: Ints, low_m: Floats, high_m: Floats) -> tuple[Ints, Floats, Floats]:
    """Return stretches of edges with those that touch or overlap made one."""
    order = np.lexsort((low_m, edge))
    edge, low_m, high_m = edge[order], low_m[order], high_m[order]
    furthest = pd.Series(high_m).groupby(edge).cummax().to_numpy()
    begins = np.ones(len(edge), dtype=bool)
    begins[1:] = (edge[1:] != edge[:-1]) | (low_m[1:] > furthest[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first, len(edge))[1:] - 1
    return edge[first], low_m[first], furthest[last]
