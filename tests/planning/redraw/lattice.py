"""Tiny redraws on a lattice, and every plan that they have."""

import itertools

import networkx as nx
import numpy as np

from planning.redraw.problem import Problem


def lattice_problem(rows, columns, weights, start, *, target=None, fixed=(), closed=(), stay=None):
    """
    One region of unit squares numbered row by row.

    start: zone of each unit, also today's unless stay (unit, zone, workload) says otherwise.
    """
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(rows, columns), ordering="sorted")
    weights, start = np.asarray(weights, dtype=float), np.asarray(start, dtype=np.int64)
    size, zones = rows * columns, int(start.max()) + 1
    rings = [sorted(graph[unit]) for unit in range(size)]
    ends = np.cumsum([0, *map(len, rings)])
    stay = sorted(stay or zip(range(size), start.tolist(), weights.tolist(), strict=True))
    owners = np.array([unit for unit, _, _ in stay])
    neighbours = np.array([unit for ring in rings for unit in ring], dtype=np.int64)
    return Problem(
        grid_ids=tuple(f"g{unit}" for unit in range(size)),
        unit_of_grid=np.arange(size),
        weight=weights,
        present=weights,
        area=np.ones(size),
        outline=np.full(size, 4.0),
        x=np.arange(size) % columns + 0.0,
        y=np.arange(size) // columns + 0.0,
        first=ends.astype(np.int64),
        neighbours=neighbours,
        shared=np.ones(len(neighbours)),
        region=np.zeros(size, np.int64),
        region_names=("s1",),
        zone_ids=tuple(f"z{zone}" for zone in range(zones)),
        zone_region=np.zeros(zones, np.int64),
        target=np.full(zones, weights.sum() / zones) if target is None else np.asarray(target, dtype=float),
        start=start,
        stay_first=np.searchsorted(owners, np.arange(size + 1)),
        stay_zone=np.array([zone for _, zone, _ in stay], dtype=np.int64),
        stay_weight=np.array([weight for _, _, weight in stay]),
        fixed=np.isin(np.arange(size), fixed),
        closed=np.isin(np.arange(zones), closed),
    )


def all_plans(problem):
    """Yield every plan that keeps the hard constraints."""
    graph = nx.Graph()
    graph.add_nodes_from(range(problem.units))
    for unit in range(problem.units):
        ring = problem.neighbours[problem.first[unit] : problem.first[unit + 1]]
        graph.add_edges_from((unit, int(other)) for other in ring)
    whole = {
        frozenset(members)
        for size in range(1, problem.units + 1)
        for members in itertools.combinations(range(problem.units), size)
        if nx.is_connected(graph.subgraph(members))
    }
    for plan in itertools.product(range(problem.zones), repeat=problem.units):
        zone_of = np.array(plan)
        if _locks_kept(problem, zone_of) and all(
            frozenset(np.flatnonzero(zone_of == zone).tolist()) in whole for zone in range(problem.zones)
        ):
            yield zone_of


def _locks_kept(problem, zone_of):
    held = problem.fixed | problem.closed[problem.start] | problem.closed[zone_of]
    return (zone_of[held] == problem.start[held]).all()


def deviation(problem, zone_of):
    """Largest deviation of an open zone."""
    off = np.abs(problem.zone_weights(zone_of) - problem.target) / problem.target
    return off[~problem.closed].max()
