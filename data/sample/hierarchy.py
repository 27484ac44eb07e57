"""Towns, villages and grids: nested regions of mesh cells, grown from seeds over the relief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from data.sample.frame import (
    AREA_KM2,
    HEIGHT_M,
    WIDTH_M,
    Flags,
    Floats,
    Ints,
    Noise,
    apportion,
    place,
    stream,
)
from data.sample.mesh import Mesh, crossings
from data.sample.settle import BUILT, CORE, HILLS, PLAIN, TOWN_KINDS, builtness

if TYPE_CHECKING:
    from data.sample.terrain import Terrain
    from data.sample.water import Water

VILLAGES, COMMUNITIES, GRIDS = 214, 124, 1_415
# Crossing water or leaving a built-up area costs as much as this many metres of level ground.
_RIVER_M, _STREAM_M, _CANAL_M, _FRINGE_M = 2_500.0, 350.0, 260.0, 700.0
_COMMUNITIES = {CORE: 99, PLAIN: 17, HILLS: 8}
_VILLAGES = {CORE: 20, PLAIN: 70, HILLS: 124}
_PRESENT = {CORE: (5_200.0, 2_700.0), PLAIN: (4_600.0, 2_250.0), HILLS: (3_600.0, 1_650.0)}
_CELLS_A_GRID = 5


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """
    Which town, village and grid each mesh cell belongs to, and who lives where.

    Parameters
    ----------
    town, village, grid
        Region of each cell, -1 outside the district.
    village_town, village_community
        Each village's town, and whether it is a community.
    village_seed
        The cell of each village's centre.
    grid_village
        Each grid's village.
    built
        Builtness of each cell.
    people
        Share of its village's population that lives in each cell.
    village_people
        Wanted present population of each village.
    step_cost
        Cost of each link between cells: far over ridges and water.
    """

    town: Ints
    village: Ints
    grid: Ints
    village_town: Ints
    village_community: Flags
    village_seed: Ints
    grid_village: Ints
    built: Floats
    people: Floats
    village_people: Floats
    step_cost: Floats


def make_hierarchy(seed: int, terrain: Terrain, water: Water, mesh: Mesh, centres: Floats) -> Hierarchy:
    """Return the nested regions of the district."""
    built = builtness(seed, centres, mesh.xy)
    cost = _step_cost(seed, terrain, water, mesh, built)
    town = _towns(seed, mesh, cost, centres)
    village_town, community, seeds = _village_seeds(seed, terrain, water, mesh, town, built)
    village, seeds = _grown(mesh, cost, seeds, group=town, movable=community)
    people = _people(seed, terrain, water, mesh, village, seeds, community)
    wanted = _village_people(seed, village_town, community)
    cells = np.bincount(village[village >= 0], minlength=len(seeds))
    grids = apportion(GRIDS, wanted**0.9, least=1, most=np.maximum(cells // _CELLS_A_GRID, 1))
    grid, grid_village = _grids(seed, mesh, cost, village, people, grids)
    return Hierarchy(
        town=town,
        village=village,
        grid=grid,
        village_town=village_town,
        village_community=community,
        village_seed=seeds,
        grid_village=grid_village,
        built=built,
        people=people,
        village_people=wanted,
        step_cost=cost,
    )


def _step_cost(seed: int, terrain: Terrain, water: Water, mesh: Mesh, built: Floats) -> Floats:
    a, b = mesh.links.T
    length = np.hypot(*(mesh.xy[a] - mesh.xy[b]).T)
    height = terrain.height_at(mesh.xy)
    rough = np.exp(0.35 * Noise(stream(seed, "rough"), wavelength_m=1_800, octaves=3)(mesh.xy))
    cost = length * (rough[a] + rough[b]) / 2 * (1 + 5 * np.abs(height[a] - height[b]) / length)
    cost += _RIVER_M * crossings(mesh, [water.river]) + _STREAM_M * crossings(mesh, water.streams)
    cost += _CANAL_M * crossings(mesh, water.canals)
    return np.asarray(cost + _FRINGE_M * ((built[a] > BUILT) != (built[b] > BUILT)))


def _towns(seed: int, mesh: Mesh, cost: Floats, centres: Floats) -> Ints:
    rng = stream(seed, "outline")
    waves = [(k, rng.normal(0, 0.16 / k), rng.uniform(0, 6.3)) for k in range(2, 8)]

    def reach(turn: Floats) -> Floats:
        return np.asarray(1 + sum(high * np.cos(k * turn + shift) for k, high, shift in waves))

    turn = np.linspace(0, 2 * np.pi, 36, endpoint=False) + rng.uniform(-0.05, 0.05, 36)
    # Neighbouring districts' seeds around ours: the outline runs where growth from both sides meets.
    out = np.clip(reach(turn) * rng.uniform(0.96, 1.05, 36), 0.8, 1.0)
    around = place(np.column_stack([0.5 + 0.44 * out * np.cos(turn), 0.5 + 0.465 * out * np.sin(turn)]))
    town, inner = mesh.spread(cost, _nearest_cells(mesh, centres))
    _, outer = mesh.spread(cost, _nearest_cells(mesh, around))
    across = (mesh.xy - place([(0.5, 0.5)])) / [WIDTH_M, HEIGHT_M]
    # Rivers carry growth far: nothing of ours lies near the frame's rim.
    rim = np.minimum(1.03 * reach(np.arctan2(across[:, 1] / 0.465, across[:, 0] / 0.44)), 1.0)
    rim *= 1 + 0.022 * np.clip(Noise(rng, wavelength_m=7_500, octaves=4)(mesh.xy), -2.6, 1.0)
    near = np.hypot(across[:, 0] / 0.44, across[:, 1] / 0.465) < rim
    lead = np.where(near, outer - inner, -np.inf)
    order = np.argsort(-lead)
    taken = order[: np.searchsorted(np.cumsum(mesh.area_m2[order]), AREA_KM2 * 1e6)]
    inside = np.zeros(len(mesh.xy), dtype=bool)
    inside[taken] = True
    inside = _one_piece(mesh, inside & (mesh.area_m2 > 0))
    return np.where(inside, town, -1)


def _one_piece(mesh: Mesh, inside: Flags) -> Flags:
    for side in (True, False):
        same = (inside[mesh.links] == side).all(axis=1)
        a, b = mesh.links[same].T
        count = len(inside)
        graph = sparse.csr_matrix((np.ones(len(a)), (a, b)), shape=(count, count))
        piece = connected_components(graph, directed=False)[1]
        largest = np.bincount(piece[inside == side]).argmax()
        inside = np.where((inside == side) & (piece != largest), not side, inside)
    return inside


def _nearest_cells(mesh: Mesh, xy: Floats) -> Ints:
    return np.array([np.argmin(((mesh.xy - point) ** 2).sum(axis=1)) for point in xy], dtype=np.int64)


def _village_seeds(
    seed: int, terrain: Terrain, water: Water, mesh: Mesh, town: Ints, built: Floats
) -> tuple[Ints, Flags, Ints]:
    rng = stream(seed, "villages")
    towns = np.arange(len(TOWN_KINDS))
    urban = built > BUILT
    valley = np.clip(terrain.streamness_at(mesh.xy), 0, 1.5) ** 1.5 + 0.02
    low = np.where(terrain.height_at(mesh.xy) < 25, 0.7, valley / (1 + 12 * terrain.steepness_at(mesh.xy)))
    area = np.array([mesh.area_m2[(town == t) & ~urban].sum() for t in towns])
    built_area = np.array([mesh.area_m2[(town == t) & urban].sum() for t in towns])
    kinds = np.array(TOWN_KINDS)
    town_of, community, cells = [], [], []
    for kind in (CORE, PLAIN, HILLS):
        mine = np.flatnonzero(kinds == kind)
        towns_communities = apportion(_COMMUNITIES[kind], built_area[mine] + 1.0, least=1)
        towns_villages = apportion(_VILLAGES[kind], area[mine] ** 0.9 + 1.0, least=1)
        for t, communities, villages in zip(mine, towns_communities, towns_villages, strict=True):
            inner, outer = (town == t) & urban, (town == t) & ~urban
            cells += _scattered(
                rng, mesh, _room(inner, town == t, communities), mesh.area_m2 * built**0.5, communities
            )
            cells += _scattered(rng, mesh, _room(outer, town == t, villages), mesh.area_m2 * low, villages)
            town_of += [t] * (communities + villages)
            community += [True] * communities + [False] * villages
    order = np.argsort(town_of, kind="stable")
    return (
        np.array(town_of, dtype=np.int64)[order],
        np.array(community)[order],
        np.array(cells, dtype=np.int64)[order],
    )


def _room(own: Flags, town: Flags, count: int) -> Flags:
    """Return the cells to draw from: the kind's own, or all of a town that has too few of them."""
    return own if own.sum() >= count else town


def _scattered(rng: np.random.Generator, mesh: Mesh, within: Flags, weight: Floats, count: int) -> list[int]:
    """Draw cells by weight, each the one of several candidates that lies farthest from those before."""
    pool = np.flatnonzero(within)
    chance = weight[pool] / weight[pool].sum()
    chosen = [int(rng.choice(pool, p=chance))]
    while len(chosen) < count:
        candidates = rng.choice(pool, size=24, p=chance)
        gaps = np.hypot(*(mesh.xy[candidates][:, None] - mesh.xy[chosen][None]).transpose(2, 0, 1)).min(
            axis=1
        )
        chosen.append(int(candidates[np.argmax(gaps)]))
    return chosen


def _grown(
    mesh: Mesh,
    cost: Floats,
    seeds: Ints,
    *,
    group: Ints,
    movable: Flags,
    weight: Floats | None = None,
    rounds: int = 2,
) -> tuple[Ints, Ints]:
    """Grow seeds inside their groups, moving the movable ones to the middle of what they got."""
    inner = (group[mesh.links[:, 0]] == group[mesh.links[:, 1]]) & (group[mesh.links[:, 0]] >= 0)
    mass = mesh.area_m2 if weight is None else weight
    for _ in range(rounds):
        label, _ = mesh.spread(cost, seeds, allowed=inner)
        seeds = np.where(movable, _middles(mesh, label, mass, len(seeds)), seeds)
    label, _ = mesh.spread(cost, seeds, allowed=inner)
    return np.where(group >= 0, label, -1), seeds


def _middles(mesh: Mesh, label: Ints, mass: Floats, count: int) -> Ints:
    """Return the cell of each region that lies closest to its centre of mass."""
    cells = np.flatnonzero(label >= 0)
    region = label[cells]
    weight = np.maximum(mass[cells], 1e-12)
    centre = (
        np.column_stack(
            [np.bincount(region, weight * mesh.xy[cells, axis], minlength=count) for axis in (0, 1)]
        )
        / np.bincount(region, weight, minlength=count)[:, None]
    )
    far = ((mesh.xy[cells] - centre[region]) ** 2).sum(axis=1)
    order = np.lexsort((far, region))
    first = np.searchsorted(region[order], np.arange(count))
    return cells[order[first]]


def _village_people(seed: int, village_town: Ints, community: Flags) -> Floats:
    rng = stream(seed, "village people")
    usual = np.array(
        [_PRESENT[TOWN_KINDS[t]][0 if c else 1] for t, c in zip(village_town, community, strict=True)]
    )
    return np.asarray(usual * np.exp(0.30 * rng.standard_normal(len(usual)) - 0.045))


def _people(
    seed: int, terrain: Terrain, water: Water, mesh: Mesh, village: Ints, seeds: Ints, community: Flags
) -> Floats:
    rng = stream(seed, "people")
    inside = village >= 0
    flat = np.exp(-9 * np.maximum(terrain.steepness_at(mesh.xy) - 0.08, 0))
    kind = community[np.maximum(village, 0)]
    far = np.hypot(*(mesh.xy - mesh.xy[seeds[np.maximum(village, 0)]]).T)
    reach = np.where(kind, 650.0, 260.0)
    density = np.where(kind, 0.25, 0.02) + np.exp(-((far / reach) ** 2) / 2)
    # Two hamlets a village beside its centre.
    for _ in range(2):
        hamlets = _drawn_in_each(rng, village, flat**2, len(seeds))
        away = np.hypot(*(mesh.xy - mesh.xy[hamlets[np.maximum(village, 0)]]).T)
        density += np.where(kind, 0.4, 0.30) * np.exp(-((away / (0.65 * reach)) ** 2) / 2)
    density *= flat * np.exp(0.35 * rng.standard_normal(len(mesh.xy)))
    mass = np.where(inside, density * mesh.area_m2, 0.0)
    mass *= np.where(_wet(water, mesh), 0.02, 1.0)
    total = np.bincount(village[inside], mass[inside], minlength=len(seeds))
    return np.where(inside, mass / total[np.maximum(village, 0)], 0.0)


def _wet(water: Water, mesh: Mesh) -> Flags:
    still = water.still()
    shapely.prepare(still)
    return np.asarray(shapely.contains_xy(still, mesh.xy[:, 0], mesh.xy[:, 1]))


def _drawn_in_each(rng: np.random.Generator, region: Ints, weight: Floats, count: int) -> Ints:
    """Draw one cell in each region by weight (exponential races)."""
    cells = np.flatnonzero(region >= 0)
    race = rng.exponential(size=len(cells)) / np.maximum(weight[cells], 1e-9)
    order = np.lexsort((race, region[cells]))
    return cells[order[np.searchsorted(region[cells][order], np.arange(count))]]


def _grids(
    seed: int, mesh: Mesh, cost: Floats, village: Ints, people: Floats, grids: Ints
) -> tuple[Ints, Ints]:
    rng = stream(seed, "grids")
    seeds: list[int] = []
    # Mostly by people, partly by area, so that empty hills still get their grids.
    mass = (
        people
        + 0.4
        * mesh.area_m2
        / np.bincount(village[village >= 0], mesh.area_m2[village >= 0])[np.maximum(village, 0)]
    )
    members = np.argsort(village, kind="stable")
    starts = np.searchsorted(village[members], np.arange(len(grids) + 1))
    for v, count in enumerate(grids):
        cells = members[starts[v] : starts[v + 1]]
        seeds += _spread_out(rng, mesh.xy[cells], mass[cells], cells, int(count))
    grid_village = np.repeat(np.arange(len(grids)), grids)
    grid, _ = _grown(
        mesh, cost, np.array(seeds), group=village, movable=np.ones(GRIDS, dtype=bool), weight=mass, rounds=4
    )
    return grid, grid_village


def _spread_out(rng: np.random.Generator, xy: Floats, mass: Floats, cells: Ints, count: int) -> list[int]:
    """Seeds by k-means++: by mass times the squared distance to the seeds before."""
    picks = [int(rng.choice(len(cells), p=mass / mass.sum()))]
    gap = ((xy - xy[picks[0]]) ** 2).sum(axis=1)
    while len(picks) < count:
        chance = mass * gap
        picks.append(int(rng.choice(len(cells), p=chance / chance.sum())))
        gap = np.minimum(gap, ((xy - xy[picks[-1]]) ** 2).sum(axis=1))
    return [int(cells[p]) for p in picks]
