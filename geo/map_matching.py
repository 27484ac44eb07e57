"""
Tracks matched to roads: which way along the network a series of positions tells of.

A hidden Markov model: each position was recorded somewhere on an edge nearby, the nearer the likelier, and
between two positions one goes about as far along the roads as they lie apart; Viterbi's algorithm finds the
likeliest series of edges.

References
----------
Newson and Krumm (2009), Hidden Markov map matching through noise and sparseness, ACM SIGSPATIAL GIS.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arc_graph import ArcGraph
from geo.legs import stretch
from geo.road_network import UNREACHABLE

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.road_network import RoadNetwork

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

# Nodes, and the ways between each two of them in cm.
Ways: TypeAlias = "tuple[Ints, Ints]"
# Ways are counted in whole centimetres.
_CM = 100.0
# Edges that are thought of for a position, and positions between which ways are found at once.
_CANDIDATES, _AT_ONCE = 6, 200
# A way between two positions is no longer than this many times their distance, and this much.
_LONGER, _LONGER_M = 3.0, 400.0
_STRETCH = ["chain", "edge", "from_m", "to_m", "begin_ms", "end_ms"]


@dataclass(frozen=True, kw_only=True)
class MatchingParams:
    """
    How positions are matched.

    Parameters
    ----------
    radius_m
        Edges farther from a position than this are not where it was recorded.
    sigma_m
        Standard deviation of positions.
    beta_m
        How much the way and the distance between positions usually differ.
    gap_ms
        After a longer time without a position the way is unknown.
    """

    radius_m: float = 50.0
    sigma_m: float = 10.0
    beta_m: float = 15.0
    gap_ms: int = 180_000


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchedTrack:
    """
    A track on the roads.

    Parameters
    ----------
    positions
        On the index of the track: chain (of positions between which the way is known; -1 where not matched),
        edge, at_m (from its start), off_m (from the road). Positions that hardly move are left out.
    stretches
        Pieces of edges in the order in which they were gone: chain, edge, from_m, to_m (against the drawing
        where smaller), begin_ms, end_ms, geometry.
    """

    positions: pd.DataFrame
    stretches: gpd.GeoDataFrame

    @property
    def metres(self) -> float:
        """How far it leads along the roads."""
        return float((self.stretches["to_m"] - self.stretches["from_m"]).abs().sum())


def match_track(
    network: RoadNetwork, track: pd.DataFrame, *, params: MatchingParams | None = None
) -> MatchedTrack:
    """
    Return the likeliest way along a network that a track tells of.

    Parameters
    ----------
    network
        Roads and travel mode: one-way streets bind it, and closed roads are passed over.
    track
        x, y (in the network's CRS) and at_ms, ascending, with unique labels.
    """
    params = params or MatchingParams()
    kept = track[_moved(track, 2 * params.sigma_m)]
    model = _Model(network, kept, params)
    chosen, chain = model.likeliest()
    return MatchedTrack(positions=model.positions(chosen, chain), stretches=model.stretches(chosen, chain))


def _moved(track: pd.DataFrame, least_m: float) -> Flags:
    """Return which positions are some way from the last one before them, and the last of all."""
    xy, at = track[["x", "y"]].to_numpy(dtype=float), track["at_ms"].to_numpy()
    kept, last = np.zeros(len(xy), dtype=bool), -1
    for i in range(len(xy)):
        # One that stands still is asked after once a minute.
        if last < 0 or np.hypot(*(xy[i] - xy[last])) >= least_m or at[i] - at[last] >= 60_000:
            kept[i], last = True, i
    if len(kept):
        kept[-1] = True
    return kept


class _Model:
    """Positions with the edges on which each may have been recorded, a row for each of both."""

    def __init__(self, network: RoadNetwork, track: pd.DataFrame, params: MatchingParams) -> None:
        self.network, self.track, self.params = network, track, params
        self.xy = track[["x", "y"]].to_numpy(dtype=float)
        self.at = track["at_ms"].to_numpy(dtype=np.int64)
        layout = network.layout
        usable = np.flatnonzero(network.kmh > 0)
        tree = shapely.STRtree(layout.shapes[usable])
        points: Any = shapely.points(self.xy)
        which, edge = tree.query(points, predicate="dwithin", distance=params.radius_m)
        edge = usable[edge]
        off: Any = shapely.distance(points[which], layout.shapes[edge])
        order = np.lexsort((edge, off, which))
        which, edge, off = which[order], edge[order], off[order]
        rank = np.arange(len(which)) - np.searchsorted(which, which)
        near = rank < _CANDIDATES
        self.which, self.edge, self.off = which[near], edge[near], off[near]
        place: Any = shapely.line_locate_point(layout.shapes[self.edge], points[self.which])
        self.place: Floats = np.minimum(place, layout.length_m[self.edge])
        self.first = np.searchsorted(self.which, np.arange(len(self.xy) + 1))

    @cached_property
    def graph(self) -> ArcGraph:
        """The roads by their length in cm."""
        layout = self.network.layout
        cm = np.maximum(np.rint(np.tile(layout.length_m, 2) * _CM).astype(np.int64), 1)
        return ArcGraph(
            nodes=len(layout.xy),
            tail=np.concatenate([layout.start, layout.end]),
            head=np.concatenate([layout.end, layout.start]),
            ms=np.where(self.network.arc_ms < UNREACHABLE, cm, UNREACHABLE),
        )

    def likeliest(self) -> tuple[Ints, Ints]:
        """Return for each position the row that is likeliest (-1 for none), and its chain."""
        emission = -0.5 * (self.off / self.params.sigma_m) ** 2
        score, back = emission.copy(), np.full(len(emission), -1)
        begins = [0]
        for low in range(0, max(len(self.xy) - 1, 0), _AT_ONCE):
            high = min(low + _AT_ONCE, len(self.xy) - 1)
            ways = self._ways(low, high)
            for i in range(low, high):
                here, there = (slice(self.first[k], self.first[k + 1]) for k in (i, i + 1))
                if not self._goes_on(i, here, there):
                    begins.append(i + 1)
                    continue
                total = score[here, None] + self._transition(i, here, there, ways)
                best = total.argmax(axis=0)
                if not np.isfinite(total.max()):
                    begins.append(i + 1)
                    continue
                score[there] = emission[there] + total[best, np.arange(total.shape[1])]
                back[there] = self.first[i] + best
        return self._traced(score, back, begins)

    def _goes_on(self, i: int, here: slice, there: slice) -> bool:
        both = here.stop > here.start and there.stop > there.start
        return both and bool(self.at[i + 1] - self.at[i] <= self.params.gap_ms)

    def _traced(self, score: Floats, back: Ints, begins: list[int]) -> tuple[Ints, Ints]:
        chosen, chain = np.full((2, len(self.xy)), -1)
        ends = [*begins[1:], len(self.xy)]
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            rows = slice(self.first[end - 1], self.first[end]) if end > begin else slice(0, 0)
            if rows.stop == rows.start:
                continue
            row = rows.start + int(np.argmax(score[rows]))
            for i in range(end - 1, begin - 1, -1):
                chosen[i], chain[i] = row, number
                row = int(back[row])
        return chosen, chain

    def _ways(self, low: int, high: int) -> Ways:
        """Return the nodes at the ends of the edges of some positions, and the ways between them in cm."""
        layout = self.network.layout
        rows = slice(self.first[low], self.first[high + 1])
        nodes = np.unique(np.concatenate([layout.start[self.edge[rows]], layout.end[self.edge[rows]]]))
        steps = np.hypot(*np.diff(self.xy[low : high + 1], axis=0).T)
        steps = steps[np.diff(self.at[low : high + 1]) <= self.params.gap_ms]
        limit = (_LONGER * steps.max(initial=0.0) + _LONGER_M) * _CM
        return nodes, self.graph.distances(nodes, nodes, limit=limit)

    def _transition(self, i: int, here: slice, there: slice, ways: Ways) -> Floats:
        """Return how likely one goes from each row of a position to each of the next."""
        apart = float(np.hypot(*(self.xy[i + 1] - self.xy[i])))
        metres = self._metres(here, there, ways)
        likely = -np.abs(metres - apart) / self.params.beta_m
        return np.where(metres <= _LONGER * apart + _LONGER_M, likely, -np.inf)

    def _metres(self, here: slice, there: slice, ways: Ways) -> Floats:
        nodes, cm = ways
        exits, leave = self._ends(here, out=True)
        entries, come = self._ends(there, out=False)
        between = cm[np.searchsorted(nodes, exits)][:, :, np.searchsorted(nodes, entries)] / _CM
        total = leave[:, :, None, None] + between + come[None, None]
        metres = total.min(axis=(1, 3))
        ahead = self.place[there][None, :] - self.place[here][:, None]
        same = self.edge[here][:, None] == self.edge[there][None, :]
        # Who stands still on a one-way street is sometimes recorded a little behind.
        open_ = (ahead >= -2 * self.params.sigma_m) | self.network.open_back[self.edge[here]][:, None]
        return np.asarray(np.where(same & open_, np.minimum(metres, np.abs(ahead)), metres))

    def _ends(self, rows: slice, *, out: bool) -> tuple[Ints, Floats]:
        """Return the nodes by which one leaves some rows' edges, or comes to them, and how far it is."""
        layout, edge, place = self.network.layout, self.edge[rows], self.place[rows]
        back = np.where(self.network.open_back[edge], 0.0, np.inf)
        rest = layout.length_m[edge] - place
        end, start = (rest, place + back) if out else (rest + back, place)
        return np.column_stack([layout.end[edge], layout.start[edge]]), np.column_stack([end, start])

    def positions(self, chosen: Ints, chain: Ints) -> pd.DataFrame:
        """Return where on the roads the positions were recorded."""
        found = chosen >= 0
        edge = np.full(len(chosen), -1)
        at_m, off_m = np.full((2, len(chosen)), np.nan)
        rows = chosen[found]
        edge[found], at_m[found], off_m[found] = self.edge[rows], self.place[rows], self.off[rows]
        columns = {"chain": chain, "edge": edge, "at_m": at_m, "off_m": off_m}
        return pd.DataFrame(columns, index=self.track.index)

    def stretches(self, chosen: Ints, chain: Ints) -> gpd.GeoDataFrame:
        """Return the pieces of edges that were gone, in order."""
        pairs = [
            (i, int(chosen[i]), int(chosen[i + 1]))
            for i in range(len(chosen) - 1)
            if chosen[i] >= 0 and chain[i] == chain[i + 1]
        ]
        rows: list[tuple[Any, ...]] = []
        for low in range(0, len(pairs), _AT_ONCE):
            some = pairs[low : low + _AT_ONCE]
            rows += self._pieces(some, chain, self._ways(some[0][0], some[-1][0] + 1))
        frame = pd.DataFrame(_straightened(rows, 2 * self.params.sigma_m), columns=_STRETCH)
        shapes = [self._shape(*row) for row in frame[["edge", "from_m", "to_m"]].itertuples(index=False)]
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=self.network.layout.crs)

    def _shape(self, edge: int, from_m: float, to_m: float) -> Any:
        points = stretch(self.network.layout.shapes[edge], min(from_m, to_m), max(from_m, to_m))
        return shapely.linestrings(points if from_m <= to_m else points[::-1])

    def _pieces(self, pairs: list[tuple[int, int, int]], chain: Ints, ways: Ways) -> list[tuple[Any, ...]]:
        ends = [self._nodes_between(one, other, ways) for _, one, other in pairs]
        inner = iter(self.graph.ways(nodes for nodes in ends if nodes is not None))
        rows: list[tuple[Any, ...]] = []
        for (i, one, other), nodes in zip(pairs, ends, strict=True):
            pieces = self._along(one, other, nodes, () if nodes is None else next(inner))
            pieces = [piece for piece in pieces if abs(piece[2] - piece[1]) > 1e-6]
            whole = sum(abs(to - from_) for _, from_, to in pieces)
            begin, span, gone = int(self.at[i]), int(self.at[i + 1] - self.at[i]), 0.0
            for edge, from_, to in pieces:
                since = gone / whole
                gone += abs(to - from_)
                times = (round(begin + span * since), round(begin + span * gone / whole))
                rows.append((int(chain[i]), edge, from_, to, *times))
        return rows

    def _nodes_between(self, one: int, other: int, ways: Ways) -> tuple[int, int] | None:
        """Return by which nodes the way leads from row to row; None where it stays on the edge."""
        here, there = slice(one, one + 1), slice(other, other + 1)
        exits, leave = self._ends(here, out=True)
        entries, come = self._ends(there, out=False)
        at = np.searchsorted(ways[0], exits[0]), np.searchsorted(ways[0], entries[0])
        cm = ways[1][np.ix_(*at)]
        total = leave[0][:, None] + cm / _CM + come[0][None, :]
        ahead = self.place[other] - self.place[one]
        if self.edge[one] == self.edge[other]:
            open_ = ahead >= -2 * self.params.sigma_m or self.network.open_back[self.edge[one]]
            if open_ and abs(ahead) <= total.min():
                return None
        left, came = np.unravel_index(int(total.argmin()), total.shape)
        return int(exits[0, left]), int(entries[0, came])

    def _along(
        self, one: int, other: int, nodes: tuple[int, int] | None, arcs: tuple[int, ...]
    ) -> list[tuple[int, float, float]]:
        layout, count = self.network.layout, len(self.network.layout.start)
        first, last = int(self.edge[one]), int(self.edge[other])
        if nodes is None:
            return [(first, float(self.place[one]), float(self.place[other]))]
        # On a loop both ends are one node: the nearer one.
        ends = self._ends(slice(one, one + 1), out=True), self._ends(slice(other, other + 1), out=False)
        leaves_end = self._by(ends[0], nodes[0]) == 0
        comes_end = self._by(ends[1], nodes[1]) == 0
        pieces = [(first, float(self.place[one]), float(layout.length_m[first]) if leaves_end else 0.0)]
        for arc in arcs:
            edge = arc % count
            length = float(layout.length_m[edge])
            pieces.append((edge, 0.0, length) if arc < count else (edge, length, 0.0))
        return [*pieces, (last, float(layout.length_m[last]) if comes_end else 0.0, float(self.place[other]))]

    @staticmethod
    def _by(ends: tuple[Ints, Floats], node: int) -> int:
        metres = np.where(ends[0][0] == node, ends[1][0], np.inf)
        return int(metres.argmin())


def _straightened(rows: list[tuple[Any, ...]], least_m: float) -> list[tuple[Any, ...]]:
    """Return pieces in which going on along an edge is one piece, and to and fro by noise is none."""
    kept: list[tuple[Any, ...]] = []
    for row in rows:
        chain, edge, from_m, to_m, _, end_ms = row
        while kept and kept[-1][:2] == (chain, edge) and abs(kept[-1][3] - from_m) < 1e-6:
            last = kept[-1]
            onward = (last[3] - last[2]) * (to_m - from_m) > 0
            if not onward and min(abs(last[3] - last[2]), abs(to_m - from_m)) > least_m:
                break
            kept.pop()
            from_m, row = last[2], (chain, edge, last[2], to_m, last[4], end_ms)
        if abs(to_m - from_m) > 1e-6:
            kept.append(row)
    return kept
