"""Where roads meet: their ends, touches and crossings, also in layers that are not split there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]

# Points this close are one point written twice.
_SAME_M = 0.01
# Fewer crossings than this share of the junctions: the layer is split where its roads meet.
_STRAY_CROSSINGS = 0.1


@dataclass(frozen=True, kw_only=True)
class Junctions:
    """
    Where lines meet.

    Parameters
    ----------
    xy
        (node, 2): the meeting points, and loose ends.
    ends
        (line, 2): nodes at the start and the end of each line.
    cut_line, cut_m, cut_node
        Where lines are to be cut: the line, how far along it, and the node there; in that order.
    counts
        ends_joined (moved to what they missed); touches (cuts where another line ends), vertices (cuts at
        vertices on other lines); crossings (where lines are cut) and crossings_passed.
    """

    xy: Floats
    ends: Ints
    cut_line: Ints
    cut_m: Floats
    cut_node: Ints
    counts: Mapping[str, int]


def find_junctions(
    lines: Shapes, *, raised: Flags, tolerance_m: float, crossings: bool | None = None
) -> Junctions:
    """
    Return where lines meet.

    Ends meet where they lie within the tolerance of each other, an end meets a line that passes within
    the tolerance, and lines meet where a vertex of one lies on the other. Raised lines (bridges, tunnels,
    motorways) meet others at their own ends only, and where a dead end leads to them (a ramp).

    Parameters
    ----------
    lines
        LineStrings in metres, none of them empty.
    raised
        Which of them pass over or under what they cross.
    tolerance_m
        How far ends may miss what they lead to.
    crossings
        Whether lines that simply cross meet there. None decides by the layer: where crossings are rare
        beside other junctions the layer is split where its roads meet, and the few are no junctions.
    """
    ends = _ends(lines)
    vertices = _meeting_vertices(lines, raised)
    at_grade = _crossing_points(lines, raised)
    plain = at_grade[~_near(at_grade, np.vstack([ends, vertices]), tolerance_m)]
    found = _joined(lines, ends, vertices, raised, tolerance_m)
    counts = found.counts
    if crossings is None:
        crossings = len(plain) > _STRAY_CROSSINGS * max(_junction_count(found), 1)
    if crossings and len(plain):
        found = _joined(lines, ends, np.vstack([vertices, plain]), raised, tolerance_m)
    met = len(plain) if crossings else 0
    return replace(found, counts={**counts, "crossings": met, "crossings_passed": len(plain) - met})


def _ends(lines: Shapes) -> Floats:
    """Return the starts of all lines, then their ends."""
    first, last = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    return shapely.get_coordinates(np.concatenate([first, last]))


def _meeting_vertices(lines: Shapes, raised: Flags) -> Floats:
    """Return the inner vertices of lines that lie on other lines."""
    level = lines[~raised]
    xy, line = shapely.get_coordinates(level, return_index=True)
    inner = np.ones(len(xy), dtype=bool)
    inner[1:] &= line[1:] == line[:-1]
    inner[:-1] &= line[1:] == line[:-1]
    inner[:1] = inner[-1:] = False
    xy, line = xy[inner], line[inner]
    vertex, other = shapely.STRtree(level).query(shapely.points(xy), predicate="dwithin", distance=_SAME_M)
    return np.asarray(xy[np.unique(vertex[line[vertex] != other])])


def _crossing_points(lines: Shapes, raised: Flags) -> Floats:
    level = lines[~raised]
    one, other = shapely.STRtree(level).query(level, predicate="crosses")
    once = one < other
    met = shapely.get_parts(shapely.intersection(level[one[once]], level[other[once]]))
    return shapely.get_coordinates(met[shapely.get_type_id(met) == 0])


def _near(points: Floats, others: Floats, distance_m: float) -> Flags:
    if not len(points) or not len(others):
        return np.zeros(len(points), dtype=bool)
    far, _ = cKDTree(others).query(points, distance_upper_bound=distance_m)
    return np.asarray(np.isfinite(far))


def _junction_count(found: Junctions) -> int:
    """Return at how many nodes three ways or more come together."""
    ways = np.bincount(found.ends.ravel(), minlength=len(found.xy))
    ways += 2 * np.bincount(found.cut_node, minlength=len(found.xy))
    return int((ways >= 3).sum())


def _joined(lines: Shapes, ends: Floats, inner: Floats, raised: Flags, tolerance_m: float) -> Junctions:
    node, xy, moved = _clustered(np.vstack([ends, inner]), tolerance_m)
    count = len(lines)
    at_end = np.column_stack([node[:count], node[count : 2 * count]])
    ways = np.bincount(at_end.ravel(), minlength=len(xy))
    inner_node = np.zeros(len(xy), dtype=bool)
    inner_node[node[2 * count :]] = True
    touching, line = shapely.STRtree(lines).query(
        shapely.points(xy), predicate="dwithin", distance=tolerance_m
    )
    own = (at_end[line] == touching[:, None]).any(axis=1)
    leads_up = (ways[touching] == 1) & ~inner_node[touching]
    kept = ~own & (~raised[line] | leads_up)
    touching, line = touching[kept], line[kept]
    along = np.asarray(shapely.line_locate_point(lines[line], shapely.points(xy[touching])))
    order = np.lexsort((touching, along, line))
    at_vertices = int(inner_node[touching].sum())
    return Junctions(
        xy=xy,
        ends=at_end,
        cut_line=line[order],
        cut_m=along[order],
        cut_node=touching[order],
        counts={
            "ends_joined": int(moved[: 2 * count].sum()),
            "touches": len(line) - at_vertices,
            "vertices": at_vertices,
        },
    )


def _clustered(points: Floats, tolerance_m: float) -> tuple[Ints, Floats, Flags]:
    """
    Join points within the tolerance, also over others in between.

    Returns
    -------
    tuple
        The cluster of each point, the first point of each cluster, and which points are not at it.
    """
    unique, first, number = np.unique(
        np.rint(points / (_SAME_M / 10)).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    if not len(points):
        return np.zeros(0, dtype=np.int64), points, np.zeros(0, dtype=bool)
    pairs = cKDTree(points[first]).query_pairs(tolerance_m, output_type="ndarray")
    ends = (pairs[:, 0], pairs[:, 1])
    near = sparse.csr_matrix((np.ones(len(pairs), dtype=bool), ends), shape=(len(unique), len(unique)))
    clusters, cluster = connected_components(near, directed=False)
    leader = np.full(clusters, len(points), dtype=np.int64)
    np.minimum.at(leader, cluster, first)
    node = cluster[number.ravel()].astype(np.int64)
    xy = points[leader]
    return node, xy, np.asarray((np.abs(points - xy[node]) > _SAME_M / 10).any(axis=1))
