"""A fine mesh of cells over the frame, from which every border is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Voronoi, cKDTree
from shapely.geometry import LineString, Polygon

from data.sample.frame import CORNER, HEIGHT_M, WIDTH_M, Flags, Floats, Ints


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """
    Voronoi cells, their neighbours and the edges between them.

    Parameters
    ----------
    xy
        The cells' centres.
    area_m2
        The cells' areas (0 on the frame's rim, where cells are open).
    links
        Pairs of neighbouring cells.
    ends
        The two vertices of the edge between each pair.
    vertices
        Coordinates of the vertices.
    """

    xy: Floats
    area_m2: Floats
    links: Ints
    ends: Ints
    vertices: Floats

    def spread(self, cost: Floats, seeds: Ints, *, allowed: Flags | None = None) -> tuple[Ints, Floats]:
        """
        Grow regions from seed cells over the links; return each cell's seed number and its cost.

        Cells that no seed reaches get -1. Regions are connected through shared edges.
        """
        use = np.ones(len(cost), dtype=bool) if allowed is None else allowed
        a, b = self.links[use].T
        graph = sparse.csr_matrix((cost[use], (a, b)), shape=(len(self.xy), len(self.xy)))
        far, _, source = dijkstra(
            graph, directed=False, indices=seeds, min_only=True, return_predecessors=True
        )
        number = np.full(len(self.xy) + 1, -1, dtype=np.int64)
        number[seeds] = np.arange(len(seeds))
        return np.where(np.isfinite(far), number[np.maximum(source, -1)], -1), far


def make_mesh(rng: np.random.Generator, spacing_m: Floats, levels: Floats, lines: list[LineString]) -> Mesh:
    """
    Return a mesh whose spacing follows a raster and whose edges follow lines.

    Parameters
    ----------
    rng
        Where the cells' irregularity comes from.
    spacing_m
        Raster of wanted spacings over the frame (columns by rows), values among `levels`.
    levels
        The spacings used.
    lines
        Watercourses: cells lie in pairs on either side, so that edges run along them.
    """
    points = np.vstack([_lattice(rng, spacing_m, level) for level in levels])
    pairs = _pairs(spacing_m, lines)
    gap, _ = cKDTree(pairs).query(points)
    points = np.vstack([points[gap > 0.75 * _at(spacing_m, points)], pairs])
    keep = np.ones(len(points), dtype=bool)
    near = cKDTree(points).query_pairs(14.0, output_type="ndarray")
    keep[near.max(axis=1)] = False
    return _voronoi(points[keep])


def _at(raster: Floats, xy: Floats) -> Floats:
    nx, ny = raster.shape
    columns = np.clip((xy[:, 0] - CORNER[0]) / WIDTH_M * nx, 0, nx - 1).astype(int)
    rows = np.clip((xy[:, 1] - CORNER[1]) / HEIGHT_M * ny, 0, ny - 1).astype(int)
    return np.asarray(raster[columns, rows], dtype=float)


def _lattice(rng: np.random.Generator, spacing_m: Floats, level: float) -> Floats:
    rise = level * np.sqrt(3) / 2
    columns, rows = int(WIDTH_M / level), int(HEIGHT_M / rise)
    i, j = np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij")
    xy = np.column_stack([((i + 0.5 * (j % 2)) * level).ravel(), (j * rise).ravel()]) + CORNER
    xy += rng.uniform(-0.36, 0.36, xy.shape) * level
    return np.asarray(xy[_at(spacing_m, xy) == level])


def _pairs(spacing_m: Floats, lines: list[LineString]) -> Floats:
    sides = []
    for line in lines:
        at = 0.0
        while at < line.length:
            point = np.asarray(line.interpolate(at).coords[0])
            ahead = np.asarray(line.interpolate(at + 20).coords[0]) - np.asarray(
                line.interpolate(at - 20).coords[0]
            )
            step = float(_at(spacing_m, point[None])[0])
            across = np.array([-ahead[1], ahead[0]]) / max(float(np.hypot(*ahead)), 1e-9)
            sides += [point + across * 0.38 * step, point - across * 0.38 * step]
            at += 0.8 * step
    xy = np.array(sides)
    inside = ((xy > CORNER) & (xy < CORNER + [WIDTH_M, HEIGHT_M])).all(axis=1)
    return xy[inside]


def _voronoi(points: Floats) -> Mesh:
    diagram = Voronoi(points)
    ends = np.asarray(diagram.ridge_vertices, dtype=np.int64)
    bounded = (ends >= 0).all(axis=1)
    links, ends = np.asarray(diagram.ridge_points, dtype=np.int64)[bounded], ends[bounded]
    vertices = np.clip(diagram.vertices, CORNER - 3_000, CORNER + [WIDTH_M + 3_000, HEIGHT_M + 3_000])
    a, b = vertices[ends[:, 0]], vertices[ends[:, 1]]
    area = np.zeros(len(points))
    for side in (0, 1):
        centre = points[links[:, side]]
        double = np.abs((a - centre)[:, 0] * (b - centre)[:, 1] - (a - centre)[:, 1] * (b - centre)[:, 0])
        np.add.at(area, links[:, side], double / 2)
    area[np.asarray(diagram.ridge_points)[~bounded].ravel()] = 0
    return Mesh(xy=points, area_m2=area, links=links, ends=ends, vertices=vertices)


def crossings(mesh: Mesh, lines: list[LineString]) -> Flags:
    """Return which links between neighbouring cells cross one of the lines."""
    segments = np.asarray(shapely.linestrings(mesh.xy[mesh.links]), dtype=object)
    tree = shapely.STRtree(segments)
    hits = tree.query(np.array(lines, dtype=object), predicate="intersects")[1]
    crossed = np.zeros(len(segments), dtype=np.bool_)
    crossed[hits] = True
    return crossed


def outlines(mesh: Mesh, label: Ints) -> list[Polygon]:
    """
    Return the regions of equal label as polygons that share their borders exactly.

    Parameters
    ----------
    mesh
        Cells.
    label
        Region of each cell from 0, or -1 outside.
    """
    left, right = label[mesh.links[:, 0]], label[mesh.links[:, 1]]
    border = left != right
    links, ends = mesh.links[border], mesh.ends[border]
    vertices = _eased(mesh.vertices, ends)
    # Turn each edge so that it runs counter-clockwise around its first cell.
    a, b, centre = mesh.vertices[ends[:, 0]], mesh.vertices[ends[:, 1]], mesh.xy[links[:, 0]]
    turn = (a - centre)[:, 0] * (b - centre)[:, 1] - (a - centre)[:, 1] * (b - centre)[:, 0]
    ends = np.where((turn > 0)[:, None], ends, ends[:, ::-1])
    starts = np.concatenate([ends[:, 0], ends[:, 1]])
    stops = np.concatenate([ends[:, 1], ends[:, 0]])
    owner = np.concatenate([left[border], right[border]])
    after: list[dict[int, int]] = [{} for _ in range(int(label.max()) + 1)]
    for start, stop, region in zip(starts.tolist(), stops.tolist(), owner.tolist(), strict=True):
        if region >= 0:
            after[region][start] = stop
    return [_rings_to_polygon(vertices, chain) for chain in after]


def _eased(vertices: Floats, ends: Ints) -> Floats:
    """Pull the vertices along borders towards their neighbours; junctions of three borders stay."""
    degree = np.bincount(ends.ravel(), minlength=len(vertices))
    free = degree == 2
    moved = vertices.copy()
    for _ in range(2):
        total = np.zeros_like(moved)
        np.add.at(total, ends[:, 0], moved[ends[:, 1]])
        np.add.at(total, ends[:, 1], moved[ends[:, 0]])
        moved[free] = moved[free] * 0.5 + total[free] * 0.25
    return np.round(moved, 3)


def _rings_to_polygon(vertices: Floats, after: dict[int, int]) -> Polygon:
    rings = []
    while after:
        start, at = after.popitem()
        ring = [start]
        while at != start:
            ring.append(at)
            at = after.pop(at)
        coords = vertices[ring]
        rings.append(coords[np.any(coords != np.roll(coords, 1, axis=0), axis=1)])
    rings.sort(key=lambda ring: -shapely.Polygon(ring).area)
    return Polygon(rings[0], rings[1:])
