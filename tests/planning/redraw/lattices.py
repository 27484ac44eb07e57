"""Districts of unit squares of 100 m, drawn as text, and what every plan over them has to keep."""

import copy
from dataclasses import fields

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
from shapely.geometry import box

from planning.dual_graph import DualGraph
from planning.redraw.building import build_problem
from planning.redraw.params import RedrawParams

CRS = "EPSG:4549"
SIDE = 100.0


def cells(picture):
    """Return the character at each (row, column); rows are parted by a slash or a blank, '.' is a hole."""
    rows = picture.replace("/", " ").split()
    return {(r, c): mark for r, row in enumerate(rows) for c, mark in enumerate(row) if mark != "."}


def lattice(zones, *, villages=None, stations=None, towns=None, kinds=None, work=None, links=()):
    """
    Return the dual graph of a drawn lattice, and today's plan.

        zones     "11/12"  two rows of two grids, of zones 1 and 2; '?' is a grid without a zone
        villages  "aa/bb"  likewise, '-' is none; stations and towns too

    Grid ids are row and column ("01"). `work` is a number for all or one for each grid, row by row; `kinds`
    the kind of each village; `links` pairs of grids that do not touch.
    """
    at = cells(zones)
    ids = {place: f"{place[0]}{place[1]}" for place in at}
    index = pd.Index(list(ids.values()), name="grid_id", dtype="str")
    work = np.broadcast_to(np.asarray(1.0 if work is None else work, dtype=float), len(index))
    units = {
        key: _units(picture, at) for key, picture in
        (("village_id", villages), ("station_id", stations), ("town_id", towns))
    }  # fmt: skip
    grids = pd.DataFrame(
        {
            "workload": work.copy(),
            "present": 10.0 * work,
            "area_m2": SIDE**2,
            "x": [SIDE * c + SIDE / 2 for r, c in at],
            "y": [-SIDE * r - SIDE / 2 for r, c in at],
            "outline_m": 4 * SIDE,
            **units,
            "kind": [(kinds or {}).get(village, "") for village in units["village_id"]],
        },
        index=index,
    )
    touching = [
        (ids[r, c], ids[r + down, c + right])
        for r, c in at
        for down, right in ((0, 1), (1, 0))
        if (r + down, c + right) in at
    ]
    pairs = [*((a, b, SIDE, False) for a, b in touching), *((a, b, 0.0, True) for a, b in links)]
    borders = pd.DataFrame(pairs, columns=["left", "right", "length_m", "link"]).astype({"link": bool})
    today = pd.Series([None if z == "?" else z for z in at.values()], index=index, dtype=object)
    return DualGraph(grids=grids, borders=borders, shapes=None), today


def tables(zones, *, villages=None, stations=None, towns=None, kinds=None):
    """Return the tables of a drawn district with real polygons, and today's plan."""
    graph, today = lattice(zones, villages=villages, stations=stations, towns=towns, kinds=kinds)
    grids = graph.grids.reset_index()[["grid_id", "village_id", "station_id", "town_id"]].replace("", None)
    shapes = [
        box(x - SIDE / 2, y - SIDE / 2, x + SIDE / 2, y + SIDE / 2)
        for x, y in zip(graph.grids["x"], graph.grids["y"], strict=True)
    ]
    found = {"grids": gpd.GeoDataFrame(grids, geometry=shapes, crs=CRS)}
    if kinds:
        found["villages"] = pd.DataFrame(
            {"village_id": list(kinds), "name": list(kinds), "kind": list(kinds.values())}
        )
    return found, today


def built(zones, *, params=None, draw=False, **drawn):
    """Return a drawn district as a problem; `draw` leaves out today's plan."""
    graph, today = lattice(zones, **drawn)
    return build_problem(graph, None if draw else today, params=params or RedrawParams())


def problem_of(zones, **options):
    return built(zones, **options).problem


def assert_keeps_hard_constraints(problem, zone_of):
    """Check a plan with networkx alone: zones whole, filled, of their region; what is locked unmoved."""
    assert zone_of.dtype == np.int64
    assert zone_of.shape == (problem.units,)
    assert set(zone_of.tolist()) == set(range(problem.zones))
    assert (problem.zone_region[zone_of] == problem.region).all()
    assert (zone_of == problem.start)[problem.fixed].all()
    graph = nx.Graph()
    graph.add_nodes_from(range(problem.units))
    for unit in range(problem.units):
        near = problem.neighbours[problem.first[unit] : problem.first[unit + 1]]
        graph.add_edges_from((unit, int(v)) for v in near)
    for zone in range(problem.zones):
        members = np.flatnonzero(zone_of == zone)
        if problem.closed[zone]:
            assert members.tolist() == np.flatnonzero(problem.start == zone).tolist()
        else:
            assert nx.is_connected(graph.subgraph(members.tolist())), problem.zone_ids[zone]


def energy(problem, zone_of, aim, tolerance):
    """Return what a plan costs under an aim, added up cell by cell: the lexicographic end of an annealing."""
    mean = problem.target.mean()
    total = 0.0
    for zone in range(problem.zones):
        members = set(np.flatnonzero(zone_of == zone).tolist())
        deviation = sum(problem.weight[u] for u in members) / problem.target[zone] - 1
        over = abs(deviation) - tolerance
        # What was asked for is the tolerance here: eight times what lies beyond it, besides.
        total += 1e4 * (0.1 + over * (1 + 4 * over)) if over > 1e-9 else 0.0
        total += 8 * max(over, 0.0)
        outline = area = 0.0
        for u in members:
            outline += problem.outline[u]
            area += problem.area[u]
            for i in range(problem.first[u], problem.first[u + 1]):
                outline -= problem.shared[i] if problem.neighbours[i] in members else 0.0
        total += aim.balance * deviation**2 + aim.shape * (1 - 4 * np.pi * area / outline**2)
    pieces = {(v, z) for v, z in zip(problem.village.tolist(), zone_of.tolist(), strict=True) if v >= 0}
    total += aim.torn * len(pieces)
    for u in range(problem.units):
        near = problem.neighbours[problem.first[u] : problem.first[u + 1]]
        total += aim.cut * sum(zone_of[v] != zone_of[u] for v in near) / 2
        stays = range(problem.stay_first[u], problem.stay_first[u + 1])
        kept = sum(problem.stay_weight[i] for i in stays if problem.stay_zone[i] == zone_of[u])
        total += aim.moved * (problem.weight[u] - kept) / mean if len(problem.stay_zone) else 0.0
    return total


def lattice_problem(rows, columns, weights, start, *, target=None, fixed=(), closed=(), stay=None):
    """
    Return one region of squares numbered row by row; zones are named and numbered by digits.

    start: zone of each unit, also today's unless stay (unit, zone, workload) says otherwise.
    """
    picture = "/".join("".join(map(str, start[row * columns : (row + 1) * columns])) for row in range(rows))
    problem = problem_of(picture, work=np.asarray(weights, dtype=float))
    assert problem.start.tolist() == list(start)
    changes = {
        "fixed": np.isin(np.arange(problem.units), fixed),
        "closed": np.isin(np.arange(problem.zones), closed),
    }
    if target is not None:
        changes["target"] = np.asarray(target, dtype=float)
    if stay is not None:
        unit, zone, weight = (np.array(column) for column in zip(*sorted(stay), strict=True))
        first = np.searchsorted(unit, np.arange(problem.units + 1))
        changes |= {"stay_first": first, "stay_zone": zone, "stay_weight": weight}
    return problem.replace(**changes)


def deviation(problem, zone_of):
    """Return the largest deviation of an open zone."""
    off = np.abs(problem.zone_weights(zone_of) - problem.target) / problem.target
    return off[~problem.closed].max()


def all_plans(problem):
    """Return every plan of a problem of one region that keeps the hard constraints, a row each."""
    near = [
        sum(1 << int(v) for v in problem.neighbours[problem.first[u] : problem.first[u + 1]])
        for u in range(problem.units)
    ]
    whole = [mask for mask in range(1, 1 << problem.units) if _hangs_together(mask, near)]
    known = set(whole)
    everything = (1 << problem.units) - 1

    def rest(left, zones):
        if zones == 1:
            return [[left]] if left in known else []
        return [
            [mask, *more] for mask in whole if mask & ~left == 0 and mask != left
            for more in rest(left & ~mask, zones - 1)
        ]  # fmt: skip

    plans = np.zeros((0, problem.units), dtype=np.int64)
    masks = np.array(rest(everything, problem.zones), dtype=np.int64)
    if len(masks):
        inside = (masks[:, :, None] >> np.arange(problem.units)) & 1
        plans = inside.argmax(axis=1).astype(np.int64)
    locked = problem.fixed | problem.closed[problem.start]
    held = (plans == problem.start) | ~(locked | problem.closed[plans])
    return plans[held.all(axis=1)]


def frozen(problem):
    """Return a copy of a problem's arrays, to compare with afterwards."""
    return copy.deepcopy({f.name: getattr(problem, f.name) for f in fields(problem)})


def assert_unchanged(problem, before):
    for name, value in before.items():
        now = getattr(problem, name)
        if isinstance(value, np.ndarray):
            assert now.dtype == value.dtype
            assert now.tobytes() == value.tobytes(), name
        else:
            assert now == value, name


def _units(picture, at):
    if picture is None:
        return [""] * len(at)
    marks = cells(picture)
    return ["" if marks[place] == "-" else marks[place] for place in at]


def _hangs_together(mask, near):
    seen = front = mask & -mask
    while front:
        reach = 0
        while front:
            low = front & -front
            reach |= near[low.bit_length() - 1]
            front ^= low
        front = reach & mask & ~seen
        seen |= front
    return seen == mask
