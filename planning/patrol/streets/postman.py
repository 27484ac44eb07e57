"""
The shortest round of one team over all its streets: the Chinese and the rural postman, with one-ways.

Where each direction of a street is asked for, what has to be gone twice, so that as many arcs lead into each
junction as out of it, is a flow of least cost; where the streets hang together, that is the optimum. Where a
street may be gone either way, or streets lie apart, an integer programme chooses directions and ways between:
balance at each node, an even number of passages over odd cuts, and, as often as the answer falls into parts,
a cut that joins them.

References
----------
Edmonds and Johnson (1973), Matching, Euler tours and the Chinese postman, Mathematical Programming 5.
Corberán and Laporte (eds., 2014), Arc Routing: Problems, Methods, and Applications, SIAM.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from geo.arc_graph import ArcGraph
from geo.road_network import UNREACHABLE
from planning.patrol.streets.euler import euler_way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

# The share by which a proved optimum may be missed: rounds of hours are whole to the millisecond.
_GAP = 1e-8
# By how much a row has to be broken, above what extra passages hang together, units of fractions in flows.
_BROKEN, _FLOORS, _UNITS = 1e-4, (1e-6, 0.3, 0.6), 10_000


@dataclass(frozen=True, kw_only=True)
class Tour:
    """
    A round over all tasks.

    Parameters
    ----------
    arcs
        In order, from the team's place to its place.
    ms
        What passing them takes.
    bound_ms
        No round takes less.
    """

    arcs: tuple[int, ...]
    ms: int
    bound_ms: int

    @property
    def exact(self) -> bool:
        """Whether nothing shorter is possible."""
        return self.ms <= self.bound_ms


def postman_tour(
    graph: ArcGraph,
    forth: Ints,
    back: Ints,
    *,
    out: int,
    home: int,
    seconds: float = 10.0,
    turn: Callable[[int, int], float] | None = None,
) -> Tour:
    """
    Return the shortest round from a place and back to it that goes over each task's arc, or one of its two.

    Parameters
    ----------
    forth, back
        The arcs of each task, at least one; -1 in `back` where there is only one.
    out, home
        The node that only leads out of the place, and the one that only leads into it.
    seconds
        How long directions and ways between parts may be searched; what is found until then is a round too.
    turn
        See `planning.patrol.streets.euler.euler_way`.
    """
    model = _Model(graph, forth, back, out=out, home=home)
    found = model.flow()
    bound_ms = model.cost(found)
    if (back >= 0).any() or model.apart(found):
        found, bound_ms = model.programme(model.joined(found), seconds)
    arcs = euler_way(
        model.as_arcs(found), tail=graph.tail.tolist(), head=graph.head.tolist(), start=out, turn=turn
    )
    ms = int(graph.ms[list(arcs)].sum())
    return Tour(arcs=arcs, ms=ms, bound_ms=min(bound_ms, ms))


class _Model:
    """
    The columns that a round is made of: arcs, and whole ways between the team's place and the streets' nodes.

    How often each is gone over is a vector of whole numbers. A round that begins at the place first touches a
    node of its streets somewhere: a way to each such node is all that it needs, and so nothing that is found
    leaves the place out.
    """

    def __init__(self, graph: ArcGraph, forth: Ints, back: Ints, *, out: int, home: int) -> None:
        self.graph = graph
        choices = np.concatenate([forth, back[back >= 0]])
        nodes = np.unique(np.concatenate([graph.tail[choices], graph.head[choices]]))
        to_ms = graph.distances(np.array([out]), nodes)[0]
        reversed_ = ArcGraph(nodes=graph.nodes, tail=graph.head, head=graph.tail, ms=graph.ms)
        from_ms = reversed_.distances(np.array([home]), nodes)[0]
        there, comes = nodes[to_ms < UNREACHABLE], nodes[from_ms < UNREACHABLE]
        arcs = np.union1d(graph.arcs_between(nodes), choices)
        self.arc = np.concatenate([arcs, np.full(len(there) + len(comes), -1)])
        tail = np.concatenate([graph.tail[arcs], np.full(len(there), out), comes])
        head = np.concatenate([graph.head[arcs], there, np.full(len(comes), home)])
        self.ms = np.concatenate([graph.ms[arcs], to_ms[to_ms < UNREACHABLE], from_ms[from_ms < UNREACHABLE]])
        self.forth = np.searchsorted(arcs, forth)
        self.back = np.where(back >= 0, np.searchsorted(arcs, back), -1)
        # From here on nodes are numbered by their place among those that there are.
        self.nodes, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
        self.tail, self.head = ends.reshape(2, -1)
        self.out, self.home = np.searchsorted(self.nodes, [out, home]).tolist()
        self.within = ArcGraph(
            nodes=len(self.nodes), tail=self.tail[: len(arcs)], head=self.head[: len(arcs)], ms=graph.ms[arcs]
        )

    @cached_property
    def parts(self) -> list[Ints]:
        """The nodes of each part of the streets that hangs together."""
        asked = np.zeros(len(self.arc), dtype=bool)
        asked[self.forth] = asked[self.back[self.back >= 0]] = True
        label = self._labels(asked)
        nodes = np.unique(np.concatenate([self.tail[asked], self.head[asked]]))
        return [nodes[label[nodes] == part] for part in np.unique(label[nodes])]

    def cost(self, found: Ints) -> int:
        """Return what going over the columns takes."""
        return int((found * self.ms).sum())

    def as_arcs(self, found: Ints) -> Counter[int]:
        """Return how often each arc of the graph is gone over."""
        arcs: Counter[int] = Counter()
        for column in np.flatnonzero(found).tolist():
            ends = int(self.nodes[self.tail[column]]), int(self.nodes[self.head[column]])
            way = (int(self.arc[column]),) if self.arc[column] >= 0 else self.graph.ways([ends])[0]
            for arc in way:
                arcs[arc] += int(found[column])
        return arcs

    def flow(self) -> Ints:
        """Return the cheapest balanced columns with the first arc of each task in them."""
        once = np.zeros(len(self.arc), dtype=np.int64)
        np.add.at(once, self.forth, 1)
        supply = np.zeros(len(self.nodes), dtype=np.int64)
        np.add.at(supply, self.head, once)
        np.subtract.at(supply, self.tail, once)
        supply[[self.out, self.home]] += 1, -1
        flow = min_cost_flow.SimpleMinCostFlow()
        room = np.full(len(self.arc), len(self.forth) + 1)
        added = flow.add_arcs_with_capacity_and_unit_cost(self.tail, self.head, room, self.ms)
        flow.set_nodes_supplies(np.arange(len(supply)), supply)
        if flow.solve() != flow.OPTIMAL:
            raise RuntimeError("streets that can be reached and left have no balanced flow")
        return once + np.asarray(flow.flows(added), dtype=np.int64)

    def apart(self, found: Ints) -> list[Ints]:
        """Return the nodes of each part of an answer that does not hang together with the team's place."""
        used = found > 0
        label = self._labels(used)
        nodes = np.unique(np.concatenate([self.tail[used], self.head[used]]))
        return [nodes[label[nodes] == part] for part in np.unique(label[nodes]) if part != label[self.out]]

    def joined(self, found: Ints) -> Ints:
        """Return an answer whose parts are joined, each by the shortest way there and back."""
        found = found.copy()
        while parts := self.apart(found):
            used = np.unique(np.concatenate([self.tail[found > 0], self.head[found > 0]]))
            rest = np.setdiff1d(used, [*parts[0], self.out, self.home])
            there, back = self.within.distances(parts[0], rest), self.within.distances(rest, parts[0])
            round_ms = there + back.T
            one, other = np.unravel_index(int(round_ms.argmin()), round_ms.shape)
            ends = int(parts[0][one]), int(rest[other])
            for way in self.within.ways([ends, ends[::-1]]):
                np.add.at(found, [*way], 1)
        return found

    def programme(self, found: Ints, seconds: float) -> tuple[Ints, int]:
        """
        Return the cheapest columns that make one round, and what none can be below.

        Parameters
        ----------
        found
            A round to begin with.
        """
        ends_at = time.monotonic() + seconds
        rows, least = self._task_rows()
        rows, least, bound = self._with_cuts(rows, least, ends_at)
        while (left := ends_at - time.monotonic()) > 0:
            answer = self._solved(rows, least, seconds=left)
            if answer.mip_dual_bound is not None:
                bound = max(bound, _whole(answer.mip_dual_bound))
            if answer.x is None:
                break
            tried = np.rint(answer.x).astype(np.int64)
            parts = self.apart(tried)
            found = min(found, self.joined(tried), key=self.cost)
            if not parts or self.cost(found) <= bound:
                break
            rows, least = _added(rows, least, [(self._leaving(nodes), 1.0) for nodes in parts])
        return found, bound

    def _with_cuts(self, rows: Any, least: Floats, ends_at: float) -> tuple[Any, Floats, int]:
        """Return the rows with cuts until the answer in fractions breaks none, and its cost."""
        bound = 0
        while (left := ends_at - time.monotonic()) > 0:
            answer = self._solved(rows, least, seconds=left, whole=False)
            if answer.x is None or answer.status != 0:
                break
            bound = max(bound, _whole(answer.fun))
            cuts = {
                cut.indices.tobytes(): (cut, value)
                for cut, value in (*self._odd_cuts(answer.x), *self._joining_cuts(answer.x))
                if (cut @ answer.x)[0] < value - _BROKEN
            }
            if not cuts:
                break
            rows, least = _added(rows, least, [*cuts.values()])
        return rows, least, bound

    def _task_rows(self) -> tuple[Any, Floats]:
        """Return what holds of every round, each row at least so much: tasks, odd cuts of one node."""
        tasks, two = np.arange(len(self.forth)), np.flatnonzero(self.back >= 0)
        cells = np.concatenate([tasks, two]), np.concatenate([self.forth, self.back[two]])
        does = sparse.csr_matrix((np.ones(len(cells[0])), cells), shape=(len(tasks), len(self.arc)))
        ends = np.concatenate([self.tail[self.forth], self.head[self.forth]])
        odd = np.flatnonzero(np.bincount(ends) % 2)
        return _added(does, np.ones(len(tasks)), [self._odd_cut(odd[at : at + 1]) for at in range(len(odd))])

    def _odd_cut(self, nodes: Ints) -> tuple[Any, float]:
        """Return that a round passes the border of some nodes once more than an odd number of tasks does."""
        crosses = np.isin(self.tail, nodes) != np.isin(self.head, nodes)
        return sparse.csr_matrix(crosses.astype(float)), float(crosses[self.forth].sum() + 1)

    def _leaving(self, nodes: Ints) -> Any:
        """Return the columns that lead out of some nodes."""
        return sparse.csr_matrix((np.isin(self.tail, nodes) & ~np.isin(self.head, nodes)).astype(float))

    def _odd_cuts(self, x: Floats) -> Iterator[tuple[Any, float]]:
        """Yield odd cuts round what hangs together by passages beyond those that are asked for."""
        two = self.back >= 0
        done = x[self.forth] + np.where(two, x[self.back], 0.0)
        beyond = np.maximum(1 - 1 / np.maximum(done, 1.0), 0.0)
        extra = x.copy()
        extra[self.forth] *= beyond
        extra[self.back[two]] *= beyond[two]
        # From its end the round goes on to its start: parts that hold one of both are passed once more.
        both = np.append(self.tail[self.forth], self.home), np.append(self.head[self.forth], self.out)
        for floor in _FLOORS:
            label = self._labels(extra > floor)
            across = label[both[0]] != label[both[1]]
            odd = np.bincount(np.concatenate([label[end[across]] for end in both]), minlength=1) % 2
            for part in np.flatnonzero(odd).tolist():
                yield self._odd_cut(np.flatnonzero(label == part))

    def _joining_cuts(self, x: Floats) -> Iterator[tuple[Any, float]]:
        """Yield the narrowest cut round each part of the streets from which too little leads to the place."""
        size = len(self.nodes)
        room = np.rint(x * _UNITS).astype(np.int32)
        used = room > 0
        for part in self.parts if len(self.parts) > 1 else ():
            tail = np.concatenate([self.tail[used], np.full(len(part), size)])
            head = np.concatenate([self.head[used], part])
            most = np.concatenate([room[used], np.full(len(part), _UNITS * size, dtype=np.int32)])
            capacity = sparse.csr_matrix((most, (tail, head)), shape=(size + 1, size + 1))
            flow = maximum_flow(capacity, size, self.home)
            if flow.flow_value < _UNITS * (1 - _BROKEN):
                residual = capacity - flow.flow
                residual.eliminate_zeros()
                reached = breadth_first_order(residual, size, return_predecessors=False)
                yield self._leaving(reached[reached < size]), 1.0

    def _labels(self, used: Flags) -> Any:
        """Return which nodes hang together by some columns."""
        size = len(self.nodes)
        ends = self.tail[used], self.head[used]
        joined = sparse.csr_matrix((np.ones(int(used.sum()), dtype=bool), ends), shape=(size, size))
        return connected_components(joined, directed=False)[1]

    def _solved(self, rows: Any, least: Floats, *, seconds: float, whole: bool = True) -> Any:
        """Return scipy's answer: the cheapest balanced columns for which all rows hold."""
        count, size = len(self.arc), len(self.nodes)
        signs = np.concatenate([np.ones(count), -np.ones(count)])
        cells = np.concatenate([self.tail, self.head]), np.tile(np.arange(count), 2)
        balance = sparse.csr_matrix((signs, cells), shape=(size, count))
        net = np.zeros(size)
        net[[self.out, self.home]] = 1.0, -1.0
        return milp(
            self.ms.astype(float),
            constraints=[LinearConstraint(balance, net, net), LinearConstraint(rows, least, np.inf)],
            integrality=np.full(count, int(whole)),
            bounds=Bounds(0.0, np.inf),
            options={"time_limit": seconds, "mip_rel_gap": _GAP},
        )


def _added(rows: Any, least: Floats, cuts: list[tuple[Any, float]]) -> tuple[Any, Floats]:
    """Return rows with further ones, and what each is at least."""
    if not cuts:
        return rows, least
    stacked = sparse.vstack([rows, *(cut for cut, _ in cuts)], format="csr")
    return stacked, np.append(least, [value for _, value in cuts])


def _whole(bound: float) -> int:
    """Return the least whole number that is not below a bound, but for the solver's inexactness."""
    return int(np.ceil(bound * (1 - _GAP) - 0.01)) if np.isfinite(bound) else 0
