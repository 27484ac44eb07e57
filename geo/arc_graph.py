"""A directed graph of arcs, each way of a street by itself, and fastest ways over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from geo.road_network import UNREACHABLE, least_arcs

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from geo.road_network import LeastArcs

    Ints = npt.NDArray[np.int64]

# Rows of distances to every node that are held at once.
_CHUNK = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class ArcGraph:
    """
    Arcs from node to node, each way of a street by itself.

    Parameters
    ----------
    nodes
        How many there are; they are numbered from 0.
    tail, head, ms
        Of each arc; ms (or what else is counted in whole numbers) at least 1, `UNREACHABLE` where nobody
        may go.
    """

    nodes: int
    tail: Ints
    head: Ints
    ms: Ints

    @cached_property
    def least(self) -> LeastArcs:
        """The fastest arc from a node to each neighbour."""
        return least_arcs(self.tail, self.head, self.ms)

    @cached_property
    def matrix(self) -> Any:
        """(node, node): the fastest arcs, sparse."""
        least = self.least
        ends = (least.tail, least.head)
        return sparse.csr_matrix((least.ms.astype(np.float64), ends), shape=(self.nodes, self.nodes))

    def distances(self, origins: Ints, destinations: Ints, *, limit: float = np.inf) -> Ints:
        """
        Return what the fastest way from each node to each takes; `UNREACHABLE` where there is none.

        Parameters
        ----------
        limit
            Longer ways are none.
        """
        from_, row = np.unique(origins, return_inverse=True)
        ms = np.full((len(from_), len(destinations)), UNREACHABLE, dtype=np.int64)
        for low in range(0, len(from_), _CHUNK):
            found = dijkstra(self.matrix, indices=from_[low : low + _CHUNK], limit=limit)[:, destinations]
            ms[low : low + _CHUNK] = np.where(np.isfinite(found), found, UNREACHABLE).astype(np.int64)
        return np.ascontiguousarray(ms[row])

    def ways(self, pairs: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
        """Return the arcs of the fastest way of each pair of nodes, between which there has to be one."""
        asked = list(pairs)
        found: dict[tuple[int, int], tuple[int, ...]] = {}
        by_origin: dict[int, set[int]] = {}
        for origin, destination in asked:
            by_origin.setdefault(origin, set()).add(destination)
        origins = [*by_origin]
        for low in range(0, len(origins), _CHUNK):
            some = origins[low : low + _CHUNK]
            back = dijkstra(self.matrix, indices=some, return_predecessors=True)[1]
            for row, origin in enumerate(some):
                for destination in by_origin[origin]:
                    found[origin, destination] = self._way(back[row], origin, destination)
        return [found[pair] for pair in asked]

    def _way(self, back: Any, origin: int, destination: int) -> tuple[int, ...]:
        nodes = [destination]
        while nodes[-1] != origin:
            nodes.append(int(back[nodes[-1]]))
        path = np.array(nodes[::-1], dtype=np.int64)
        return tuple(self.least.between(path[:-1], path[1:]).tolist()) if len(path) > 1 else ()

    def arcs_between(self, nodes: Ints) -> Ints:
        """Return the arcs of one fastest way between each two of some nodes, each arc once."""
        used = np.zeros(len(self.tail), dtype=bool)
        # No way between them is longer than that over one of them.
        there, back = (dijkstra(way, indices=nodes[0])[nodes] for way in (self.matrix, self.matrix.T.tocsr()))
        farthest = sum(float(ms[np.isfinite(ms)].max()) for ms in (there, back))
        for low in range(0, len(nodes), _CHUNK):
            some = nodes[low : low + _CHUNK]
            back = dijkstra(self.matrix, indices=some, return_predecessors=True, limit=farthest)[1]
            for row, origin in enumerate(some.tolist()):
                ends, before = np.setdiff1d(nodes, [origin]), back[row].astype(np.int64)
                seen = np.zeros(self.nodes, dtype=bool)
                while len(ends := ends[(before[ends] >= 0) & ~seen[ends]]):
                    seen[ends] = True
                    used[self.least.between(before[ends], ends)] = True
                    ends = np.unique(before[ends])
        return np.flatnonzero(used)
