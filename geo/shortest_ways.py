"""Fastest ways over a road network, by two engines that agree to the millisecond."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

from geo.errors import SettingError
from geo.road_network import UNREACHABLE

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.road_network import RoadNetwork

    Ints = npt.NDArray[np.int64]

Engine = Literal["cch", "scipy"]
ENGINES: tuple[Engine, ...] = ("cch", "scipy")
# Rows of distances to every node that are held at once.
_CHUNK = 16
# What the hierarchies take for no way at all (2**31 - 1 ms are 24 days).
_CCH_INFINITE = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Links:
    """
    How origins, or destinations, hang on the network: each by two nodes at most.

    Parameters
    ----------
    node, ms
        (place, 2): the node, and what it takes to it or from it; `UNREACHABLE` where one cannot.
    """

    node: Ints
    ms: Ints


@dataclass(frozen=True, kw_only=True)
class Way:
    """
    A fastest way between two places.

    Parameters
    ----------
    first, last
        Which link of the origin and of the destination it uses.
    arcs
        Arcs in between, numbered as `RoadNetwork.arc_ms`.
    """

    first: int
    last: int
    arcs: Ints


def chosen_engine(engine: Engine | None) -> Engine:
    """
    Return the engine asked for; by default contraction hierarchies where they are installed.

    Raises
    ------
    SettingError
        ``setting_wrong`` for an engine that there is not, or that is not installed.
    """
    known = ENGINES if importlib.util.find_spec("routingkit_cch") else ("scipy",)
    if engine is not None and engine not in known:
        raise SettingError("setting_wrong", name="engine", found=engine, allowed=", ".join(known))
    return engine or known[0]


def many_to_many(network: RoadNetwork, origins: Links, destinations: Links, *, engine: Engine) -> Ints:
    """
    Return what the way from each origin to each destination takes, over the nodes they hang on.

    Returns
    -------
    array
        (origin, destination), int64, C-contiguous; `UNREACHABLE` where there is no way.
    """
    nodes, column = np.unique(destinations.node, return_inverse=True)
    column = column.reshape(-1, 2)
    to_nodes = (_cch_rows if engine == "cch" else _scipy_rows)(network, origins, nodes)
    ms = np.minimum(
        to_nodes[:, column[:, 0]] + destinations.ms[:, 0], to_nodes[:, column[:, 1]] + destinations.ms[:, 1]
    )
    return np.ascontiguousarray(np.minimum(ms, UNREACHABLE))


def ways(network: RoadNetwork, origins: Links, destinations: Links, *, engine: Engine) -> list[Way | None]:
    """Return the fastest way from each origin to the destination beside it; None where there is none."""
    if not len(origins.node):
        # The hierarchies kill the process where there is not a single node.
        return []
    if engine == "scipy":
        return _scipy_ways(network, origins, destinations)
    found = _cch_ways(network, origins, destinations)
    # Either there is no way or it takes longer than the hierarchies count.
    unsure = [i for i, way in enumerate(found) if way is None]
    if unsure:
        again = _scipy_ways(network, _some(origins, unsure), _some(destinations, unsure))
        for i, way in zip(unsure, again, strict=True):
            found[i] = way
    return found


def _some(links: Links, which: list[int]) -> Links:
    return Links(node=links.node[which], ms=links.ms[which])


def graph_from(network: RoadNetwork, origins: Links) -> Any:
    """
    Return the network as a sparse matrix with the origins as further nodes, from which arcs lead only out.

    These arcs take 1 ms more than they should: a weight of 0 means no arc to some of scipy.
    """
    least, count = network.least_arcs, len(network.layout.xy)
    extra = np.arange(count, count + len(origins.node))
    some = origins.ms < UNREACHABLE
    # Both links of a place on a loop lead to one node, and scipy would add them up.
    same = origins.node[:, 0] == origins.node[:, 1]
    some[:, 1] &= ~(same & some[:, 0] & (origins.ms[:, 0] <= origins.ms[:, 1]))
    some[:, 0] &= ~(same & some[:, 1])
    tail = np.concatenate([least.tail, np.repeat(extra, 2)[some.ravel()]])
    head = np.concatenate([least.head, origins.node[some]])
    ms = np.concatenate([least.ms, origins.ms[some] + 1]).astype(np.float64)
    size = count + len(extra)
    return sparse.csr_matrix((ms, (tail, head)), shape=(size, size))


def _scipy_rows(network: RoadNetwork, origins: Links, nodes: Ints) -> Ints:
    graph, count = graph_from(network, origins), len(network.layout.xy)
    rows = np.full((len(origins.node), len(nodes)), UNREACHABLE, dtype=np.int64)
    if not len(nodes):
        return rows
    for low in range(0, len(rows), _CHUNK):
        chunk = np.arange(low, min(low + _CHUNK, len(rows)))
        ms = dijkstra(graph, indices=count + chunk)[:, nodes]
        rows[chunk] = np.where(np.isfinite(ms), ms - 1, UNREACHABLE).astype(np.int64)
    return rows


def _scipy_ways(network: RoadNetwork, origins: Links, destinations: Links) -> list[Way | None]:
    graph, count = graph_from(network, origins), len(network.layout.xy)
    found: list[Way | None] = []
    before: tuple[Any, Any, Any] = (None, None, None)
    for i in range(len(origins.node)):
        key = (*origins.node[i].tolist(), *origins.ms[i].tolist())
        if key != before[0]:
            ms, back = dijkstra(graph, indices=count + i, return_predecessors=True)
            before = (key, ms, back)
        _, ms, back = before
        total = ms[destinations.node[i]] + destinations.ms[i]
        last = int(total.argmin())
        if total[last] >= UNREACHABLE:
            found.append(None)
            continue
        nodes = [int(destinations.node[i, last])]
        while (previous := int(back[nodes[-1]])) < count:
            nodes.append(previous)
        nodes.reverse()
        arcs = network.least_arcs.between(np.array(nodes[:-1]), np.array(nodes[1:]))
        found.append(Way(first=_link(origins, i, nodes[0]), last=last, arcs=arcs))
    return found


def _link(links: Links, place: int, node: int) -> int:
    """Return which of a place's links leads to the node; the faster one where both do."""
    ms = np.where(links.node[place] == node, links.ms[place], UNREACHABLE)
    return int(ms.argmin())


def _cch_rows(network: RoadNetwork, origins: Links, nodes: Ints) -> Ints:
    import routingkit_cch

    rows = np.full((len(origins.node), len(nodes)), UNREACHABLE, dtype=np.int64)
    if not len(nodes):
        return rows
    targets: Any = nodes.astype(np.uint32)
    query = routingkit_cch.CCHOneToMany(network.cch_metric, targets)
    for i in range(len(rows)):
        if starts := _within_range(origins, i):
            ms = np.array(query.distances_from_multi(starts), dtype=np.float64)
            rows[i] = np.where(np.isnan(ms), UNREACHABLE, ms).astype(np.int64)
    return _with_long_ways(network, origins, nodes, rows)


def _within_range(links: Links, place: int) -> list[tuple[int, int]]:
    pairs = zip(links.node[place].tolist(), links.ms[place].tolist(), strict=True)
    return [(node, ms) for node, ms in pairs if ms < _CCH_INFINITE]


def _with_long_ways(network: RoadNetwork, origins: Links, nodes: Ints, rows: Ints) -> Ints:
    """Return the rows with the ways that take longer than the hierarchies count, which are none to them."""
    lacking = np.flatnonzero((rows >= UNREACHABLE).any(axis=1))
    if not len(lacking):
        return rows
    some = _some(origins, lacking.tolist())
    graph, count = graph_from(network, some), len(network.layout.xy)
    _, strong = connected_components(graph, connection="strong")
    reached: dict[tuple[int, ...], npt.NDArray[np.bool_]] = {}
    late = []
    for i, place in enumerate(lacking.tolist()):
        # From all places of a strong component the same nodes are reached: one search serves them all.
        usable = some.node[i][some.ms[i] < UNREACHABLE]
        key = tuple(sorted(set(strong[usable].tolist())))
        if key not in reached:
            reached[key] = np.zeros(graph.shape[0], dtype=bool)
            reached[key][breadth_first_order(graph, count + i, return_predecessors=False)] = True
        if (reached[key][nodes] & (rows[place] >= UNREACHABLE)).any():
            late.append(place)
    if late:
        rows[late] = _scipy_rows(network, _some(origins, late), nodes)
    return rows


def _cch_ways(network: RoadNetwork, origins: Links, destinations: Links) -> list[Way | None]:
    import routingkit_cch

    query = routingkit_cch.CCHQuery(network.cch_metric)
    found: list[Way | None] = []
    for i in range(len(origins.node)):
        starts, stops = _within_range(origins, i), _within_range(destinations, i)
        if not (starts and stops):
            found.append(None)
            continue
        result = query.run_multi(starts, stops)
        nodes, arcs = result.node_path, result.arc_path
        del result  # the query cannot run again while an answer of it lives
        way = None
        if nodes:
            first, last = _link(origins, i, nodes[0]), _link(destinations, i, nodes[-1])
            way = Way(first=first, last=last, arcs=np.array(arcs, dtype=np.int64))
        found.append(way)
    return found
