"""Where roads may run: street lattices in towns, crooked lanes in villages, open country between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import Delaunay, cKDTree

from data.sample.frame import Flags, Floats, Ints, Noise, stream
from data.sample.settle import BUILT, CORE, TOWN_KINDS
from data.sample.water import RIVER, Water

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.sample.hierarchy import Hierarchy
    from data.sample.mesh import Mesh
    from data.sample.terrain import Terrain

_CORE_BLOCK_M, _TOWN_BLOCK_M, _LANE_M = (108.0, 122.0), (88.0, 98.0), 66.0
_LANE_NODES = 15_500
MAIN_EVERY = 5  # every fifth street of a lattice is a main street
COUNTRY, LANES = -2, -1  # values of `lattice` outside the street lattices


@dataclass(frozen=True, kw_only=True)
class Ways:
    """
    Places and the links between them that a road may take.

    Parameters
    ----------
    xy
        The places.
    lattice
        Number of the street lattice a place belongs to, or `LANES` or `COUNTRY`.
    row, column
        Position in the lattice.
    links
        Pairs of neighbouring places.
    near
        Whether no third place lies closer to both ends (relative neighbours).
    length_m, grade
        Length and slope of each link.
    over_river, over_water
        Whether a link crosses the main river, or any flowing water.
    """

    xy: Floats
    lattice: Ints
    row: Ints
    column: Ints
    links: Ints
    near: Flags
    length_m: Floats
    grade: Floats
    over_river: Flags
    over_water: Flags


def make_ways(
    seed: int,
    terrain: Terrain,
    water: Water,
    mesh: Mesh,
    hierarchy: Hierarchy,
    centres: Floats,
    outline: BaseGeometry,
) -> Ways:
    """Return every link that roads may take inside the outline."""
    xy, lattice, row, column = _places(seed, mesh, hierarchy, centres)
    dry = _dry(water, outline, xy)
    xy, lattice, row, column = xy[dry], lattice[dry], row[dry], column[dry]
    links, near = _links(xy)
    a, b = links.T
    length = np.hypot(*(xy[a] - xy[b]).T)
    step = np.abs(row[a] - row[b]) + np.abs(column[a] - column[b])
    lined = (lattice[a] == lattice[b]) & (lattice[a] >= 0)
    keep = (length < 620) & ~(lined & (step != 1))
    links, near, length, lined = links[keep], near[keep], length[keep], lined[keep]
    segments = np.asarray(shapely.linestrings(xy[links]), dtype=object)
    tree = shapely.STRtree(segments)
    lake = _hit(tree, len(segments), shapely.get_parts(water.still()))
    river = _hit(tree, len(segments), [water.bodies[0][2]])
    flowing = river | _hit(tree, len(segments), [*water.streams, *water.canals])
    dry_links = ~lake
    height = terrain.height_at(xy)
    rise = np.abs(height[links[:, 0]] - height[links[:, 1]])
    return Ways(
        xy=xy,
        lattice=lattice,
        row=row,
        column=column,
        links=links[dry_links],
        near=(near | lined)[dry_links],
        length_m=length[dry_links],
        grade=(rise / length)[dry_links],
        over_river=river[dry_links],
        over_water=flowing[dry_links],
    )


def _hit(tree: shapely.STRtree, count: int, shapes: object) -> Flags:
    crossed = np.zeros(count, dtype=bool)
    crossed[tree.query(np.asarray(shapes, dtype=object), predicate="intersects")[1]] = True
    return crossed


def _dry(water: Water, outline: BaseGeometry, xy: Floats) -> Flags:
    wet = shapely.union_all(
        [s.buffer(18 if kind == RIVER else 10, quad_segs=2) for _, kind, s in water.bodies]
    )
    land = shapely.difference(outline.buffer(-25), wet)
    shapely.prepare(land)
    return np.asarray(shapely.contains_xy(land, xy[:, 0], xy[:, 1]))


def _places(seed: int, mesh: Mesh, hierarchy: Hierarchy, centres: Floats) -> tuple[Floats, Ints, Ints, Ints]:
    rng = stream(seed, "streets")
    cells = np.flatnonzero(hierarchy.town >= 0)
    tree = cKDTree(mesh.xy[cells])
    layers = []
    cluster = np.array([0 if kind == CORE else i for i, kind in enumerate(TOWN_KINDS)])
    for number in np.unique(cluster).tolist():
        xy, row, column = _lattice(
            rng, centres[cluster == number], _CORE_BLOCK_M if number == 0 else _TOWN_BLOCK_M
        )
        far, at = tree.query(xy, distance_upper_bound=150)
        nearest = cluster[cKDTree(centres).query(xy)[1]]
        keep = np.isfinite(far) & (nearest == number)
        keep[keep] = hierarchy.built[cells[at[keep]]] > BUILT
        layers.append((xy[keep], np.full(keep.sum(), number), row[keep], column[keep]))
    lanes = _lanes(rng, mesh, hierarchy, cells, tree)
    layers.append((lanes, np.full(len(lanes), LANES), np.zeros(len(lanes)), np.zeros(len(lanes))))
    settled = np.vstack([layer[0] for layer in layers])
    gap, _ = cKDTree(settled).query(mesh.xy[cells])
    country = mesh.xy[cells[gap > 95]]
    layers.append((country, np.full(len(country), COUNTRY), np.zeros(len(country)), np.zeros(len(country))))
    xy = np.vstack([layer[0] for layer in layers])
    lattice, row, column = (
        np.concatenate([layer[k] for layer in layers]).astype(np.int64) for k in (1, 2, 3)
    )
    keep = np.ones(len(xy), dtype=bool)
    keep[cKDTree(xy).query_pairs(38.0, output_type="ndarray").max(axis=1, initial=-1)] = False
    return xy[keep], lattice[keep], row[keep], column[keep]


def _lattice(
    rng: np.random.Generator, centres: Floats, block: tuple[float, float]
) -> tuple[Floats, Ints, Ints]:
    middle = centres.mean(axis=0)
    reach = np.hypot(*(centres - middle).T).max() + (4_500 if len(centres) > 1 else 2_600)
    i, j = np.meshgrid(
        np.arange(-int(reach / block[0]), int(reach / block[0]) + 1),
        np.arange(-int(reach / block[1]), int(reach / block[1]) + 1),
        indexing="ij",
    )
    straight = np.column_stack([i.ravel() * block[0], j.ravel() * block[1]]).astype(float)
    turn = rng.uniform(-0.35, 0.35)
    xy = middle + straight @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    # Streets bend with what was there before them, and blocks differ a little.
    for wavelength, most in ((5_200, 260.0), (1_500, 42.0), (420, 9.0)):
        bend = [Noise(rng, wavelength_m=wavelength) for _ in (0, 1)]
        xy = xy + most * np.column_stack([noise(xy) for noise in bend])
    return xy, i.ravel(), j.ravel()


def _lanes(rng: np.random.Generator, mesh: Mesh, hierarchy: Hierarchy, cells: Ints, tree: cKDTree) -> Floats:
    """Return the crossings of village lanes: where rural people live closest together."""
    low, high = mesh.xy[cells].min(axis=0), mesh.xy[cells].max(axis=0)
    rise = _LANE_M * np.sqrt(3) / 2
    i, j = np.meshgrid(
        np.arange((high - low)[0] // _LANE_M), np.arange((high - low)[1] // rise), indexing="ij"
    )
    xy = low + np.column_stack([((i + 0.5 * (j % 2)) * _LANE_M).ravel(), (j * rise).ravel()])
    xy += rng.uniform(-0.34, 0.34, xy.shape) * _LANE_M
    far, at = tree.query(xy, distance_upper_bound=200)
    xy, cell = xy[np.isfinite(far)], cells[at[np.isfinite(far)]]
    density = hierarchy.people[cell] * hierarchy.village_people[hierarchy.village[cell]] / mesh.area_m2[cell]
    density *= np.exp(0.22 * rng.standard_normal(len(xy)))
    density[hierarchy.built[cell] > BUILT] = 0
    return np.asarray(xy[np.sort(np.argsort(-density, kind="stable")[:_LANE_NODES])])


def _links(xy: Floats) -> tuple[Ints, Flags]:
    corners = Delaunay(xy).simplices.astype(np.int64)
    sides = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    third = np.concatenate([corners[:, 2], corners[:, 0], corners[:, 1]])
    sides.sort(axis=1)
    links, number = np.unique(sides, axis=0, return_inverse=True)

    def gap(a: Ints, b: Ints) -> Floats:
        return np.asarray(np.hypot(*(xy[a] - xy[b]).T))

    lens = np.maximum(gap(sides[:, 0], third), gap(sides[:, 1], third)) < gap(sides[:, 0], sides[:, 1])
    near = np.ones(len(links), dtype=bool)
    near[number.ravel()[lens]] = False
    return links, near
