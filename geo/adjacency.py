"""Which polygons of a layer touch along a line, how long they do, and what hangs together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_metric

if TYPE_CHECKING:
    import geopandas as gpd


def shared_borders(
    layer: gpd.GeoSeries, *, tolerance_m: float = 0.5, min_length_m: float = 2.0
) -> pd.DataFrame:
    """
    Return the pairs of polygons that share a border, with its length (rook contiguity).

    Where two neighbours were digitised vertex for vertex their common segments are counted; other
    neighbours within `tolerance_m`, and those that may be neighbours along a stretch drawn otherwise
    as well, are measured along a band of that width.

    Parameters
    ----------
    layer
        Polygons with unique labels, in a projected CRS in metres; nulls and empties touch nothing.
    tolerance_m
        How far apart two drawings of the same line may run.
    min_length_m
        Shorter contacts (corners) are no border.

    Returns
    -------
    DataFrame
        left, right (labels; left stands before right in the layer), length_m.

    Raises
    ------
    CrsError
        If the layer is not in a metric CRS.
    """
    require_metric(layer.crs, layer=str(layer.name or "layer"))
    shapes = np.asarray(layer.to_numpy(), dtype=object)
    lengths = _exact_lengths(shapes)
    near = _near_pairs(shapes, tolerance_m)
    loose = near[_may_be_longer(shapes, lengths, near, min_length_m)]
    lengths = pd.concat([lengths, _banded_lengths(shapes, loose, tolerance_m)]).groupby(level=[0, 1]).max()
    lengths = lengths[lengths >= min_length_m].sort_index()
    left, right = (lengths.index.get_level_values(level) for level in (0, 1))
    return pd.DataFrame(
        {
            "left": layer.index[left],
            "right": layer.index[right],
            "length_m": lengths.to_numpy(dtype=float),
        }
    )


def border_graph(borders: pd.DataFrame, members: pd.Index) -> nx.Graph[Any]:
    """Return the neighbourhood graph of `members`, its edges weighted by `length_m`."""
    graph: nx.Graph[Any] = nx.Graph()
    graph.add_nodes_from(members)
    inside = borders[borders["left"].isin(members) & borders["right"].isin(members)]
    graph.add_weighted_edges_from(
        zip(inside["left"], inside["right"], inside["length_m"], strict=True), weight="length_m"
    )
    return graph


def detached(assignment: pd.Series, borders: pd.DataFrame, *, size: pd.Series | None = None) -> pd.Series:
    """
    Mark the members that lie apart from the main part of their group.

    Parameters
    ----------
    assignment
        Group of each member (missing where it has none).
    borders
        Neighbours, as `shared_borders` gives them.
    size
        Weight of each member, by which the main part is the largest; members count alike without.

    Returns
    -------
    Series
        bool, indexed as `assignment`.
    """
    apart = pd.Series(data=False, index=assignment.index)
    weigh = dict.fromkeys(assignment.index, 1.0) if size is None else size.to_dict()
    placed = assignment.dropna()
    group = placed.to_dict()
    graph: nx.Graph[Any] = nx.Graph()
    graph.add_nodes_from(placed.index)
    graph.add_edges_from(
        (a, b)
        for a, b in zip(borders["left"], borders["right"], strict=True)
        if group.get(a) is not None and group.get(a) == group.get(b)
    )
    parts: dict[Any, list[set[Any]]] = {}
    for part in nx.connected_components(graph):
        parts.setdefault(group[next(iter(part))], []).append(part)
    for several in parts.values():
        # Equal sizes: the part with the smallest label counts as the main one, whatever the order.
        ranked = sorted(several, key=lambda part: (-sum(weigh[m] for m in part), str(min(part))))
        main = ranked[0]
        for part in several:
            if part is not main:
                apart[list(part)] = True
    return apart


def _exact_lengths(shapes: np.ndarray[Any, Any]) -> pd.Series:
    """Sum the segments that two polygons have in common, to the last bit of both ends."""
    rings, owners = shapely.get_rings(shapes, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[:-1] == ring[1:]
    start, end = points[:-1][joined], points[1:][joined]
    owner = owners[ring[:-1][joined]]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    start[swap], end[swap] = end[swap], start[swap].copy()
    ends = np.hstack([start, end])
    order = np.lexsort((owner, *ends.T))
    ends, owner = ends[order], owner[order]
    same = (ends[:-1] == ends[1:]).all(axis=1) & (owner[:-1] != owner[1:])
    pairs = np.sort(np.column_stack([owner[:-1][same], owner[1:][same]]), axis=1)
    length = np.hypot(*(ends[:-1][same, :2] - ends[:-1][same, 2:]).T)
    index = pd.MultiIndex.from_arrays([pairs[:, 0], pairs[:, 1]])
    return pd.Series(length, index=index, dtype=float).groupby(level=[0, 1]).sum()


def _may_be_longer(
    shapes: np.ndarray[Any, Any], exact: pd.Series, near: pd.MultiIndex, min_length_m: float
) -> np.ndarray[Any, Any]:
    """Return which near pairs may touch along more than their exact segments, so the band must tell."""
    taken = pd.concat([exact.droplevel(1), exact.droplevel(0)]).groupby(level=0).sum()
    rest = shapely.length(shapes) - taken.reindex(range(len(shapes))).fillna(0.0).to_numpy()
    left, right = (near.get_level_values(level).to_numpy() for level in (0, 1))
    # In a layer without slivers only the polygons at its edge have any of their outline left over.
    unspent = (rest[left] >= min_length_m) & (rest[right] >= min_length_m)
    longer: np.ndarray[Any, Any] = unspent | (exact.reindex(near).fillna(0.0).to_numpy() < min_length_m)
    return longer


def _near_pairs(shapes: np.ndarray[Any, Any], tolerance_m: float) -> pd.MultiIndex:
    present = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    tree = shapely.STRtree(shapes[present])
    boxes = shapely.box(
        *(shapely.bounds(shapes[present]) + [-tolerance_m, -tolerance_m, tolerance_m, tolerance_m]).T
    )
    left, right = present[tree.query(boxes)]
    first = left < right
    return pd.MultiIndex.from_arrays([left[first], right[first]])


def _banded_lengths(shapes: np.ndarray[Any, Any], pairs: pd.MultiIndex, tolerance_m: float) -> pd.Series:
    left, right = (pairs.get_level_values(level).to_numpy() for level in (0, 1))
    close = shapely.dwithin(shapes[left], shapes[right], tolerance_m)
    left, right = left[close], right[close]
    lines = shapely.boundary(shapes)
    bands = shapely.buffer(lines[right], tolerance_m, quad_segs=2)
    lengths = shapely.length(shapely.intersection(lines[left], bands))
    # A band catches twice its width where two borders merely cross or meet in a corner.
    lengths = np.maximum(lengths - 2 * tolerance_m, 0.0)
    return pd.Series(lengths, index=pd.MultiIndex.from_arrays([left, right]), dtype=float)
