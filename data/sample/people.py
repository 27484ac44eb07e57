"""Who lives where: counts a grid, and points inside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from data.sample.frame import METRIC_CRS, Floats, Ints, stream
from data.sample.settle import CORE, HILLS, TOWN_KINDS
from data.schemas import RESIDENTS

if TYPE_CHECKING:
    from shapely.geometry import Polygon

    from data.sample.hierarchy import Hierarchy
    from data.sample.mesh import Mesh

_POINTS_A_GRID = 7
_FLOATING = {CORE: (0.34, 0.47), HILLS: (0.13, 0.055)}  # share in communities, in villages
_FLOATING_ELSEWHERE = (0.28, 0.24)


@dataclass(frozen=True, kw_only=True)
class People:
    """
    Counts of each grid, and the points that carry them.

    Parameters
    ----------
    residents, floating, houses, rented, venues, key_units
        Counts a grid.
    point_xy, point_grid, point_people
        Places inside the grids, their grid, and how many people live there.
    """

    residents: Ints
    floating: Ints
    houses: Ints
    rented: Ints
    venues: Ints
    key_units: Ints
    point_xy: Floats
    point_grid: Ints
    point_people: Ints

    def present(self) -> Ints:
        """Return residents and floating together."""
        return np.asarray(self.residents + self.floating)


def make_people(seed: int, mesh: Mesh, hierarchy: Hierarchy, present: Floats, grids: list[Polygon]) -> People:
    """Return counts for every grid, whole numbers that agree with the points inside."""
    rng = stream(seed, "counts")
    count = len(present)
    village = hierarchy.grid_village
    total = np.round(present).astype(np.int64)
    kind = [TOWN_KINDS[t] for t in hierarchy.village_town]
    share = np.array(
        [
            _FLOATING.get(k, _FLOATING_ELSEWHERE)[0 if c else 1]
            for k, c in zip(kind, hierarchy.village_community, strict=True)
        ]
    )
    share = np.clip(share * np.exp(0.35 * rng.standard_normal(len(share))), 0.02, 0.7)
    floating = np.round(
        total * np.clip(share[village] * np.exp(0.25 * rng.standard_normal(count)), 0.01, 0.78)
    )
    floating = floating.astype(np.int64)
    inside = hierarchy.grid >= 0
    urban = np.bincount(hierarchy.grid[inside], hierarchy.built[inside]) / np.bincount(hierarchy.grid[inside])
    houses = np.round(total / rng.uniform(2.4, 3.1, count)).astype(np.int64)
    rented = np.minimum(houses, np.round(floating / rng.uniform(1.9, 2.9, count)).astype(np.int64))
    xy, owner, people = _points(rng, mesh, hierarchy, total, grids)
    return People(
        residents=total - floating,
        floating=floating,
        houses=houses,
        rented=rented,
        venues=rng.poisson(total * (0.001 + 0.011 * urban) * rng.gamma(1.6, 1 / 1.6, count)),
        key_units=rng.poisson(0.15 + 1.3 * urban * rng.gamma(1.2, 1 / 1.2, count)),
        point_xy=xy,
        point_grid=owner,
        point_people=people,
    )


def population_table(people: People) -> gpd.GeoDataFrame:
    """Return the `population` table."""
    return gpd.GeoDataFrame(
        {RESIDENTS: people.point_people}, geometry=shapely.points(people.point_xy), crs=METRIC_CRS
    )


def _points(
    rng: np.random.Generator, mesh: Mesh, hierarchy: Hierarchy, total: Ints, grids: list[Polygon]
) -> tuple[Floats, Ints, Ints]:
    cells = np.flatnonzero(hierarchy.grid >= 0)
    owner = hierarchy.grid[cells]
    xy = mesh.xy[cells] + rng.uniform(-15, 15, (len(cells), 2))
    shapes = np.array(grids, dtype=object)
    # Borders were eased after growing: a rim cell's middle may lie just outside.
    fits = shapely.contains_xy(shapes[owner], xy[:, 0], xy[:, 1])
    cells, owner, xy = cells[fits], owner[fits], xy[fits]
    mass = hierarchy.people[cells]
    order = np.lexsort((-mass, owner))
    place_in_grid = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
    chosen = order[place_in_grid < _POINTS_A_GRID]
    cells, owner, xy, mass = cells[chosen], owner[chosen], xy[chosen], mass[chosen]
    bare = np.setdiff1d(np.arange(len(total)), owner)
    if len(bare):
        inner = shapely.get_coordinates(shapely.point_on_surface(shapes[bare]))
        owner, xy, mass = np.append(owner, bare), np.vstack([xy, inner]), np.append(mass, np.ones(len(bare)))
    mass = mass + 1e-9
    people = np.floor(total[owner] * mass / np.bincount(owner, mass)[owner]).astype(np.int64)
    missing = total - np.bincount(owner, people, minlength=len(total)).astype(np.int64)
    first = np.unique(owner, return_index=True)[1]
    people[first] += missing
    return np.round(xy, 2), owner, people
