"""Roads as travellers meet them: milliseconds by travel mode, day or night, with roads closed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geo.crs import require_same_metric_crs
from geo.errors import Reason, SettingError
from geo.road_layout import RoadLayout
from geo.speeds import BOUND_BY_ONEWAY, DAY, NO_STOPPING, ROAD_CLASSES, Speeds, require_travel

if TYPE_CHECKING:
    from collections.abc import Iterable

    import networkx as nx
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]

# More than any way takes, and small enough to be added up: no way at all.
UNREACHABLE = 2**40
# A place beside a viaduct lies on the street below, unless the viaduct is that much nearer.
_BRIDGE_HANDICAP_M = 50.0
# Who stops where there is no coming back (a one-way cut off at a file's border) is lost: rather walk so far.
_NO_RETURN_HANDICAP_M = 300.0
MS_PER_HOUR_KM = 3_600.0  # metres / (km/h) × this = ms


@dataclass(frozen=True, kw_only=True)
class LeastArcs:
    """
    The fastest arc from a node to each neighbour.

    Parameters
    ----------
    tail, head, ms
        Sorted by tail and head, each pair once; loops are left out.
    arc
        Its number in `RoadNetwork.arc_ms`.
    """

    tail: Ints
    head: Ints
    ms: Ints
    arc: Ints

    def between(self, tail: Ints, head: Ints) -> Ints:
        """Return the fastest arcs of pairs that have one."""
        size = int(max(self.tail.max(initial=0), self.head.max(initial=0))) + 1
        return self.arc[np.searchsorted(self.tail * size + self.head, tail * size + head)]


def least_arcs(tail: Ints, head: Ints, ms: Ints) -> LeastArcs:
    """Return the fastest arc of each pair of nodes, of those on which one may go at all."""
    arc = np.flatnonzero((ms < UNREACHABLE) & (tail != head))
    arc = arc[np.lexsort((arc, ms[arc], head[arc], tail[arc]))]
    first = np.ones(len(arc), dtype=bool)
    first[1:] = (tail[arc][1:] != tail[arc][:-1]) | (head[arc][1:] != head[arc][:-1])
    arc = arc[first]
    return LeastArcs(tail=tail[arc], head=head[arc], ms=ms[arc], arc=arc)


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadNetwork:
    """
    Roads with what each piece takes; every change of mode, time, speeds or closures is a new one, at once.

    Parameters
    ----------
    layout
        The roads; shared by all networks that differ in the rest only, with what was prepared for it.
    travel_mode
        One of `geo.speeds.TRAVEL_MODES`.
    when
        ``day`` or ``night``.
    speeds
        As edited by people.
    closed
        Ids of roads that nobody may use; those that the layer does not have are ignored.

    Raises
    ------
    SettingError
        ``setting_wrong`` for a travel mode or time that there is not.
    """

    layout: RoadLayout
    travel_mode: str
    when: str = DAY
    speeds: Speeds = field(default_factory=Speeds)
    closed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Check the travel mode and the time."""
        require_travel(self.travel_mode, self.when)
        object.__setattr__(self, "closed", frozenset(self.closed))

    @classmethod
    def from_graph(
        cls,
        graph: nx.MultiDiGraph[Any],
        *,
        travel_mode: str,
        when: str = DAY,
        speeds: Speeds | None = None,
        closed: Iterable[str] = (),
    ) -> RoadNetwork:
        """Return the network of a graph that `geo.road_graph.road_graph` made; raises as `RoadLayout`."""
        return cls(
            layout=RoadLayout.from_graph(graph),
            travel_mode=travel_mode,
            when=when,
            speeds=speeds or Speeds(),
            closed=frozenset(closed),
        )

    def replaced(self, **changes: Any) -> RoadNetwork:
        """Return the network with another travel_mode, when, speeds or closed; the layout is shared."""
        return replace(self, **changes)

    @cached_property
    def kmh(self) -> Floats:
        """Speed on each edge; 0 where the travel mode may not go or the road is closed."""
        by_class = self.speeds.of(self.travel_mode, self.when)
        kmh = np.array([by_class[name] or 0.0 for name in ROAD_CLASSES])[self.layout.road_class]
        if self.closed:
            kmh[np.isin(self.layout.road_id.astype(str), list(self.closed))] = 0.0
        return kmh

    @cached_property
    def open_back(self) -> Flags:
        """Whether each edge may be gone against its drawing, where it may be gone at all."""
        if self.travel_mode in BOUND_BY_ONEWAY:
            return ~self.layout.oneway
        return np.ones(len(self.layout.oneway), dtype=bool)

    @cached_property
    def arc_ms(self) -> Ints:
        """(2 × edge,): what each edge takes along its drawing, then against it; whole, at least 1."""
        ms = self.along_ms(np.arange(len(self.layout.start)), self.layout.length_m)
        ms = np.maximum(ms, 1)
        return np.concatenate([ms, np.where(self.open_back, ms, UNREACHABLE)])

    def along_ms(self, edge: Ints, metres: Floats) -> Ints:
        """Return what a stretch of an edge takes, whole; `UNREACHABLE` where nobody may go."""
        kmh = self.kmh[edge]
        ms = np.rint(metres * MS_PER_HOUR_KM / np.where(kmh > 0, kmh, np.inf)).astype(np.int64)
        return np.where(kmh > 0, ms, UNREACHABLE)

    def access_ms(self, metres: Floats) -> Ints:
        """Return what walking between places and their roads takes."""
        return np.rint(metres * MS_PER_HOUR_KM / self.speeds.access_kmh).astype(np.int64)

    @cached_property
    def least_arcs(self) -> LeastArcs:
        """The fastest of parallel arcs."""
        layout = self.layout
        tail = np.concatenate([layout.start, layout.end])
        head = np.concatenate([layout.end, layout.start])
        return least_arcs(tail, head, self.arc_ms)

    @cached_property
    def cch_metric(self) -> Any:
        """The contraction hierarchy customised by what the arcs take."""
        import routingkit_cch

        weights = np.minimum(self.arc_ms, 2**31 - 1).astype(np.uint32)
        return routingkit_cch.CCHMetric(self.layout.cch, weights)  # type: ignore[arg-type]

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes to another process: what is quickly made anew there stays here."""
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    @cached_property
    def part(self) -> Ints:
        """
        The part of the network that each node is in, by what the travel mode may use; 0 is the longest.

        One-ways are taken as two-ways: a part is what hangs together, not what can be reached.
        """
        layout, count = self.layout, len(self.layout.xy)
        if not count:
            return np.zeros(0, dtype=np.int64)
        usable = self.kmh > 0
        ends = (layout.start[usable], layout.end[usable])
        joined = sparse.csr_matrix((np.ones(len(ends[0]), dtype=bool), ends), shape=(count, count))
        parts, part = connected_components(joined, directed=False)
        metres = np.bincount(part[ends[0]], weights=layout.length_m[usable], minlength=parts)
        rank = np.empty(parts, dtype=np.int64)
        rank[np.argsort(-metres, kind="stable")] = np.arange(parts)
        return np.asarray(rank[part])

    @cached_property
    def strong_part(self) -> Ints:
        """The strong component of each node: all its nodes are reached from each other."""
        least, count = self.least_arcs, len(self.layout.xy)
        if not count:
            return np.zeros(0, dtype=np.int64)
        arcs = sparse.csr_matrix(
            (np.ones(len(least.tail), dtype=bool), (least.tail, least.head)), (count, count)
        )
        return np.asarray(connected_components(arcs, connection="strong")[1], dtype=np.int64)

    @cached_property
    def part_km(self) -> Floats:
        """Kilometres that the travel mode may use, by part."""
        usable = self.kmh > 0
        return np.bincount(self.part[self.layout.start[usable]], weights=self.layout.length_m[usable]) / 1000

    def snapped(self, places: gpd.GeoSeries | gpd.GeoDataFrame, *, limit_m: float = 1_000.0) -> pd.DataFrame:
        """
        Return where on the network places lie: on the nearest edge on which the travel mode may stop.

        An edge from which there is no coming back, and a bridge, are taken only where they are clearly
        nearer (by 300 m, by 50 m) than any other.

        Parameters
        ----------
        places
            Points with unique labels, in the network's CRS.
        limit_m
            Places farther from any road than this are not placed.

        Returns
        -------
        DataFrame
            By label: x, y (of the place), edge (-1 if not placed), at_m (from the edge's start), road_x,
            road_y, snap_m (to the road; also of those too far; NaN where there is no road at all),
            road_id, part (-1 if not placed).

        Raises
        ------
        CrsError
            If the places are in another CRS, or none.
        SettingError
            ``places_wrong`` (places) if some have no point, ``places_repeated`` if labels repeat.
        """
        points = self._points(places)
        edge, far = self._nearest(points, limit_m)
        placed = edge >= 0
        shapes = self.layout.shapes[edge[placed]]
        at_m = np.full(len(points), np.nan)
        at_m[placed] = shapely.line_locate_point(shapes, points[placed])
        on_road = np.full((len(points), 2), np.nan)
        on_road[placed] = shapely.get_coordinates(shapely.line_interpolate_point(shapes, at_m[placed]))
        xy = shapely.get_coordinates(points)
        part = np.full(len(points), -1)
        part[placed] = self.part[self.layout.start[edge[placed]]]
        road_id = np.full(len(points), "", dtype=object)
        road_id[placed] = self.layout.road_id[edge[placed]]
        columns = {"x": xy[:, 0], "y": xy[:, 1], "edge": edge, "at_m": at_m}
        columns |= {"road_x": on_road[:, 0], "road_y": on_road[:, 1], "snap_m": far}
        return pd.DataFrame({**columns, "road_id": road_id, "part": part}, index=places.index)

    def missed(
        self, places: gpd.GeoSeries | gpd.GeoDataFrame, *, limit_m: float = 1_000.0
    ) -> tuple[Reason, ...]:
        """
        Return which places the network does not serve, and why, in their order; raises as `snapped`.

        ``place_off_roads`` (id, snap_m) where no road is near; ``place_cut_off`` (id, km, road_id) where
        the roads there do not hang together with the largest part; ``place_no_return`` (id, road_id) where
        one-way streets let nobody come back or get there.
        """
        return self.told_of(self.snapped(places, limit_m=limit_m))

    def told_of(self, spots: pd.DataFrame) -> tuple[Reason, ...]:
        """Return what `missed` tells of places that `snapped` has placed."""
        told = []
        rows: Any = spots.itertuples()
        both = self.layout.start, self.layout.end
        for spot in rows:
            facts: dict[str, object] = {"id": str(spot.Index)}
            if spot.edge < 0:
                told.append(Reason("place_off_roads", {**facts, "snap_m": spot.snap_m}))
            elif spot.part > 0:
                facts |= {"km": float(self.part_km[spot.part]), "road_id": spot.road_id}
                told.append(Reason("place_cut_off", facts))
            elif any(self.strong_part[ends[spot.edge]] != self._main_strong_part for ends in both):
                told.append(Reason("place_no_return", {**facts, "road_id": spot.road_id}))
        return tuple(told)

    @cached_property
    def _main_strong_part(self) -> int:
        """The strong component with most nodes of the largest part."""
        return int(np.bincount(self.strong_part[self.part == 0], minlength=1).argmax())

    def _points(self, places: gpd.GeoSeries | gpd.GeoDataFrame) -> Shapes:
        require_same_metric_crs(roads=gpd.GeoSeries(crs=self.layout.crs), places=places)
        if repeated := places.index[places.index.duplicated()].tolist():
            raise SettingError("places_repeated", count=len(repeated), places=repeated)
        points = np.asarray(places.geometry.array, dtype=object)
        wrong = (shapely.get_type_id(points) != 0) | shapely.is_empty(points)
        if wrong.any():
            raise SettingError("places_wrong", count=int(wrong.sum()), places=places.index[wrong].tolist())
        return np.asarray(shapely.force_2d(points), dtype=object)

    @cached_property
    def _stopping(self) -> list[tuple[float, Ints, shapely.STRtree]]:
        """Edges to stop on, by how much farther away than they are they count (m)."""
        layout = self.layout
        stops = np.array([name not in NO_STOPPING for name in ROAD_CLASSES])[layout.road_class]
        stops &= self.kmh > 0
        returns = self.strong_part[layout.start] == self.strong_part[layout.end]
        kinds = {
            0.0: returns & ~layout.bridge,
            _BRIDGE_HANDICAP_M: returns & layout.bridge,
            _NO_RETURN_HANDICAP_M: ~returns,
        }
        found = [(handicap_m, np.flatnonzero(stops & kind)) for handicap_m, kind in kinds.items()]
        return [(far, edges, shapely.STRtree(layout.shapes[edges])) for far, edges in found if len(edges)]

    def _nearest(self, points: Shapes, limit_m: float) -> tuple[Ints, Floats]:
        """Return the edge on which each point is placed (-1: none within the limit), and how far it is."""
        if not self._stopping or not len(points):
            return np.full(len(points), -1, dtype=np.int64), np.full(len(points), np.nan)
        edge = np.empty((len(self._stopping), len(points)), dtype=np.int64)
        far, cost = np.empty((2, *edge.shape))
        for kind, (handicap_m, edges, tree) in enumerate(self._stopping):
            (which, found), metres = tree.query_nearest(points, return_distance=True)
            order = np.lexsort((-found, which))  # of equals the first edge is written last
            edge[kind, which[order]], far[kind, which[order]] = edges[found[order]], metres[order]
            cost[kind] = np.where(far[kind] <= limit_m, far[kind] + handicap_m, np.inf)
        best = (cost.argmin(axis=0), np.arange(len(points)))
        placed = np.isfinite(cost[best])
        return np.where(placed, edge[best], -1), np.where(placed, far[best], far.min(axis=0))
