"""Contiguity cuts that the linear relaxation of a region breaks: they close most of what can be closed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, csr_matrix, vstack
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from planning.redraw.part import Part, Whole

_ROUNDS = 30
# Maximum flows are of whole numbers.
_FLOW = 1_000_000
_LEAST_VIOLATION = 0.02


def fractional_cuts(
    part: Part,
    numbers: Whole,
    *,
    inside: NDArray[np.bool_],
    anchors: NDArray[np.int64],
    hubs: NDArray[np.int64],
    seconds: float,
    cancelled: Callable[[], bool] | None = None,
) -> list[tuple[int, int, NDArray[np.int64]]]:
    """
    Return cuts (zone, unit, ring of units that parts it from the zone's hub) found by linear programs.

    The relaxation is solved, minimum node cuts between each unit and the hub of each zone are added where
    it breaks them, and so on (Fischetti et al. 2017, Math. Prog. Comp. 9, 203-229).

    Parameters
    ----------
    part, numbers
        The open part of a region, and its loads in whole numbers.
    inside, anchors, hubs
        As for `planning.redraw.exact.CutModel`.
    seconds
        After which no further program is begun.
    cancelled
        Asked between programs; true stops them.
    """
    began = time.monotonic()
    cuts: dict[tuple[int, int, bytes], tuple[int, int, NDArray[np.int64]]] = {}
    for _ in range(_ROUNDS):
        if time.monotonic() - began >= seconds or (cancelled is not None and cancelled()):
            break
        shares = _relaxed(part, numbers, list(cuts.values()), inside=inside, anchors=anchors, hubs=hubs)
        if shares is None:
            break
        before = len(cuts)
        for zone, hub in enumerate(hubs.tolist()):
            for unit, ring in _broken(part, shares[:, zone], inside[:, zone], hub):
                cuts.setdefault((zone, unit, ring.tobytes()), (zone, unit, ring))
        if len(cuts) == before:
            break
    return list(cuts.values())


def _relaxed(
    part: Part,
    numbers: Whole,
    cuts: list[tuple[int, int, NDArray[np.int64]]],
    *,
    inside: NDArray[np.bool_],
    anchors: NDArray[np.int64],
    hubs: NDArray[np.int64],
) -> NDArray[np.float64] | None:
    """Solve the relaxation: units by zones, the share of a unit in a zone; None if there is no solution."""
    unit, zone = np.nonzero(inside)
    column = np.full(inside.shape, -1)
    column[unit, zone] = np.arange(len(unit))
    every = np.arange(len(unit))
    sums = (len(part.zones), len(unit))
    upper = csr_array((numbers.under[unit].astype(float), (zone, every)), shape=sums)
    lower = csr_array((-numbers.over[unit].astype(float), (zone, every)), shape=sums)
    rows, rhs = _cut_rows(cuts, column, anchors, hubs)
    least = np.zeros(len(unit))
    held = np.flatnonzero(anchors >= 0)
    least[column[anchors[held], held]] = 1.0
    found = linprog(
        numbers.cost[unit, zone].astype(float),
        A_ub=vstack([upper, lower, rows]),
        b_ub=np.concatenate([numbers.high, -numbers.low, rhs]).astype(float),
        A_eq=csr_array((np.ones(len(unit)), (unit, every)), shape=(len(part.units), len(unit))),
        b_eq=np.ones(len(part.units)),
        bounds=np.column_stack([least, np.ones(len(unit))]),
        method="highs-ds",
    )
    if found.status != 0:
        return None
    shares = np.zeros(inside.shape)
    shares[unit, zone] = found.x
    return shares


def _cut_rows(
    cuts: list[tuple[int, int, NDArray[np.int64]]],
    column: NDArray[np.int64],
    anchors: NDArray[np.int64],
    hubs: NDArray[np.int64],
) -> tuple[csr_array, NDArray[np.float64]]:
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    free = np.array([anchors[zone] < 0 for zone, _, _ in cuts], dtype=float)
    for row, (zone, unit, ring) in enumerate(cuts):
        ends = [unit, int(hubs[zone])] if free[row] else [unit]
        columns += column[[*ends, *ring.tolist()], zone].tolist()
        values += [1.0] * len(ends) + [-1.0] * len(ring)
        rows += [row] * (len(ends) + len(ring))
    return csr_array((values, (rows, columns)), shape=(len(cuts), int(column.max()) + 1)), free


def _broken(
    part: Part, share: NDArray[np.float64], inside: NDArray[np.bool_], hub: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield units of a zone that the shares join too weakly to its hub, and rings that part them from it."""
    members = np.flatnonzero(inside)
    if not inside[hub]:
        return
    place = np.full(len(inside), -1)
    place[members] = np.arange(len(members))
    near = set(place[part.neighbours(hub)].tolist())
    network = _network(part, members, share[members])
    source = 2 * int(place[hub]) + 1
    for at in np.argsort(-share[members], kind="stable").tolist():
        need = share[members[at]] + share[hub] - 1.0
        if members[at] == hub or at in near or need <= _LEAST_VIOLATION:
            continue
        flow = maximum_flow(network, source, 2 * at, method="dinic")
        if flow.flow_value < (need - _LEAST_VIOLATION) * _FLOW:
            for ring in _rings(network - flow.flow, source, 2 * at):
                yield int(members[at]), members[ring]


def _network(part: Part, members: NDArray[np.int64], share: NDArray[np.float64]) -> csr_matrix:
    """Return units as arcs from an even to an odd node, as wide as their share, and links as wide arcs."""
    links = part.links[members][:, members].tocoo()
    nodes = np.arange(len(members))
    width = np.maximum(np.rint(share * _FLOW), 1).astype(np.int32)
    wide = np.full(len(links.row), 100 * _FLOW, np.int32)
    rows = np.concatenate([2 * nodes, 2 * links.row + 1])
    columns = np.concatenate([2 * nodes + 1, 2 * links.col])
    size = 2 * len(members)
    return csr_matrix((np.concatenate([width, wide]), (rows, columns)), shape=(size, size))


def _rings(residual: csr_matrix, source: int, sink: int) -> Iterator[NDArray[np.int64]]:
    """Yield the minimum cuts nearest to source and to sink."""
    left = csr_matrix(residual)
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    from_source, to_sink = np.zeros(left.shape[0], bool), np.zeros(left.shape[0], bool)
    from_source[breadth_first_order(left, source, return_predecessors=False)] = True
    to_sink[breadth_first_order(csr_matrix(left.T), sink, return_predecessors=False)] = True
    near_source = np.flatnonzero(from_source[0::2] & ~from_source[1::2])
    near_sink = np.flatnonzero(~to_sink[0::2] & to_sink[1::2])
    yield near_source
    if not np.array_equal(near_source, near_sink):
        yield near_sink
