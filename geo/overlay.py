"""
Areas in common of two layers of polygons: the fast way, and GEOS as its reference.

The fast way builds no geometry (see `geo._overlay_kernel`): nearby polygons go through compiled code
block by block, so that memory stays flat. Ties between the layers (shared edges and vertices) are
broken by moving one layer by about 1e-9 m, which is taken out of the areas again. Pairs whose answer
the compiled code cannot prove are computed by GEOS.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import require_same_metric_crs
from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from geo._overlay_kernel import Layer

__all__ = ["overlap_areas", "overlap_areas_geos", "repaired", "warm_up"]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
# geopandas.array.GeometryArray's own storage: numpy has no narrower type for shapely objects.
Shapes: TypeAlias = NDArray[np.object_]

POLYGON, MULTIPOLYGON = 3, 6
BLOCK_VERTICES = 2**17  # of the chunked layer: a few MB, and enough blocks for every worker
CHECK_BLOCK = 1_000  # polygons whose coordinates are looked at together: they fit in the cache
GEOS_BLOCK = 20_000  # pairs whose intersections exist at the same time
NUDGE_M = 2.0**-30  # about 1e-9 m
NUDGE_DIRECTION = (0.8239870431, 0.5666103217)  # along no edge that anyone draws
LABELS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class _Overlaps:
    """Pairs that overlap, by position, in no particular order."""

    left: Ints
    right: Ints
    area_m2: Floats
    by_geos: int = 0  # pairs that the compiled code handed back


def overlap_areas(
    left: gpd.GeoSeries,
    right: gpd.GeoSeries,
    *,
    engine: Literal["edges", "geos"] = "edges",
    min_area_m2: float = 0.0,
    workers: int | None = None,
) -> pd.DataFrame:
    """
    Return the area in common of every pair of polygons that overlap.

    Empty and null geometries overlap nothing. Invalid polygons count as
    ``shapely.make_valid(method="structure")`` repairs them; the inputs stay as they are. Polygons of
    one layer may overlap each other.

    Parameters
    ----------
    left, right
        Polygons or multipolygons with unique index labels, in the same projected CRS in metres.
    engine
        ``"edges"`` sums along the boundaries and agrees with GEOS far within 0.01 m²; overlaps too thin
        to be told from a shared edge (about 1e-9 m wide) are left out. ``"geos"`` is
        `overlap_areas_geos`, also used where numba is missing.
    min_area_m2
        Pairs with this area or less are left out, in m².
    workers
        Threads of ``"edges"``; the default is one per processor, at most four. The result does not
        depend on it.

    Returns
    -------
    pd.DataFrame
        Columns ``left`` and ``right`` (index labels) and ``area_m2``, sorted by the positions of left,
        then right.

    Raises
    ------
    CrsError
        If a CRS is missing or not projected in metres, or if the two differ.
    SettingError
        If a label is repeated, a geometry is no polygon or not finite, or an option is out of range.
    """
    _check_options(engine, min_area_m2, workers)
    _check_layers(left, right)
    kernel = _kernel() if engine == "edges" else None
    if kernel is None:
        found = _overlaps_by_geos(_shapes(left), _shapes(right))
    else:
        found = _overlaps_by_edges(kernel, _shapes(left), _shapes(right), workers or _default_workers())
    return _table(found, left.index, right.index, min_area_m2)


def overlap_areas_geos(
    left: gpd.GeoSeries, right: gpd.GeoSeries, *, min_area_m2: float = 0.0
) -> pd.DataFrame:
    """
    Return the area in common of every overlapping pair, computed by GEOS alone.

    The reference for `overlap_areas`, with the same parameters, result and errors. Polygons of `left`
    covered by one of `right` are not intersected, which spares most of the work on nested layers.
    """
    return overlap_areas(left, right, engine="geos", min_area_m2=min_area_m2)


def warm_up() -> None:
    """Compile the fast engine, or load it from numba's cache: many seconds once, then a blink."""
    square = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=3857)
    overlap_areas(square, square, workers=1)


def repaired(layer: Shapes) -> Shapes:
    """
    Return the polygons with the invalid ones made valid: a copy if there are any.

    The one rule for all of `geo`. Overlapping parts count once, and nothing but polygons comes back:
    spikes fall away, and what has no area becomes empty. Nulls stay null.
    """
    invalid = ~shapely.is_valid(layer)
    if not invalid.any():
        return layer
    layer = layer.copy()
    # "structure" keeps what overlapping parts have in common; the default would cut it out.
    layer[invalid] = shapely.make_valid(layer[invalid], method="structure", keep_collapsed=False)
    # GEOS leaves parts that share an edge where a ring runs along itself: they are one polygon.
    for place in np.flatnonzero(~shapely.is_valid(layer) & ~shapely.is_missing(layer)):
        layer[place] = shapely.union_all(shapely.get_parts(layer[place]))
    return layer


def _check_options(engine: str, min_area_m2: float, workers: int | None) -> None:
    if engine not in ("edges", "geos"):
        raise SettingError("engine_unknown", engine=engine, known=("edges", "geos"))
    if not min_area_m2 >= 0.0:
        raise SettingError("min_area_negative", min_area_m2=min_area_m2)
    if workers is not None and workers < 1:
        raise SettingError("workers_too_few", workers=workers)


def _check_layers(left: gpd.GeoSeries, right: gpd.GeoSeries) -> None:
    require_same_metric_crs(left=left, right=right)
    for side, layer in (("left", left), ("right", right)):
        repeated = layer.index[layer.index.duplicated()].unique()
        if len(repeated):
            raise SettingError("label_repeated", layer=side, labels=tuple(repeated[:LABELS_SHOWN]))
        _check_shapes(side, layer)


def _check_shapes(side: str, layer: gpd.GeoSeries) -> None:
    shapes = _shapes(layer)
    kind = shapely.get_type_id(shapes)
    wrong = (kind != POLYGON) & (kind != MULTIPOLYGON) & ~_vacant(shapes)
    if wrong.any():
        raise SettingError("not_polygons", layer=side, labels=tuple(layer.index[wrong][:LABELS_SHOWN]))
    for start in range(0, len(shapes), CHECK_BLOCK):
        block = slice(start, start + CHECK_BLOCK)
        if not np.isfinite(shapely.get_coordinates(shapes[block])).all():
            raise SettingError("not_finite", layer=side, labels=_not_finite(layer.iloc[block]))


def _not_finite(layer: gpd.GeoSeries) -> tuple[object, ...]:
    xy, owner = shapely.get_coordinates(_shapes(layer), return_index=True)
    return tuple(layer.index[np.unique(owner[~np.isfinite(xy).all(axis=1)])][:LABELS_SHOWN])


def _shapes(layer: gpd.GeoSeries) -> Shapes:
    return np.asarray(layer.array, dtype=object)


def _vacant(shapes: Shapes) -> NDArray[np.bool_]:
    return np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def _default_workers() -> int:
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _kernel() -> ModuleType | None:
    """Return the compiled half, imported only when needed, or None without numba."""
    try:
        from geo import _overlay_kernel
    except ImportError:
        return None
    return _overlay_kernel


def _table(found: _Overlaps, left_index: pd.Index, right_index: pd.Index, min_area_m2: float) -> pd.DataFrame:
    kept = np.flatnonzero(found.area_m2 > min_area_m2)
    kept = kept[np.lexsort((found.right[kept], found.left[kept]))]
    return pd.DataFrame(
        {
            "left": left_index.to_flat_index().take(found.left[kept]),
            "right": right_index.to_flat_index().take(found.right[kept]),
            "area_m2": found.area_m2[kept],
        }
    )


# The reference


def _overlaps_by_geos(left: Shapes, right: Shapes) -> _Overlaps:
    left, right = repaired(left), repaired(right)
    tree = shapely.STRtree(left)
    near = tree.query(right)
    # A polygon asked about is prepared for the query only; shapely.prepare would mark the input.
    held = tree.query(right, predicate="covers")
    is_held = np.isin(near[0] * len(left) + near[1], held[0] * len(left) + held[1])
    j, i = np.concatenate([held, near[:, ~is_held]], axis=1)
    area = np.concatenate(
        [shapely.area(left[held[1]]), _intersection_areas(left, right, i[len(held[0]) :], j[len(held[0]) :])]
    )
    return _Overlaps(left=i, right=j, area_m2=area)


def _intersection_areas(left: Shapes, right: Shapes, i: Ints, j: Ints) -> Floats:
    area = np.zeros(len(i))
    for start in range(0, len(i), GEOS_BLOCK):
        block = slice(start, start + GEOS_BLOCK)
        area[block] = shapely.area(shapely.intersection(left[i[block]], right[j[block]]))
    return area


# The fast way


def _overlaps_by_edges(kernel: ModuleType, left: Shapes, right: Shapes, workers: int) -> _Overlaps:
    if len(left) < len(right):  # blocks are cut from the longer layer
        turned = _overlaps_by_edges(kernel, right, left, workers)
        return _Overlaps(left=turned.right, right=turned.left, area_m2=turned.area_m2, by_geos=turned.by_geos)
    job = partial(_block_overlaps, kernel, left, right)
    if workers == 1:
        return _joined([job(pairs) for pairs in _blocks(left, right)])
    with ThreadPoolExecutor(workers) as pool:
        return _joined(list(pool.map(job, _blocks(left, right))))


def _joined(parts: list[_Overlaps]) -> _Overlaps:
    none = np.empty(0, np.int64)
    return _Overlaps(
        left=np.concatenate([none, *(part.left for part in parts)]),
        right=np.concatenate([none, *(part.right for part in parts)]),
        area_m2=np.concatenate([np.empty(0), *(part.area_m2 for part in parts)]),
        by_geos=sum(part.by_geos for part in parts),
    )


def _blocks(left: Shapes, right: Shapes) -> Iterator[Ints]:
    """Yield arrays of candidate pairs (two rows), each for neighbouring polygons of `left`."""
    order = _neighbours_together(left)
    if len(order) == 0:
        return
    tree = shapely.STRtree(right)
    block = np.cumsum(shapely.get_num_coordinates(left[order])) // BLOCK_VERTICES
    for members in np.split(order, np.flatnonzero(np.diff(block)) + 1):
        i, j = tree.query(left[members])
        if len(i):
            yield np.stack([members[i], j])


def _neighbours_together(shapes: Shapes) -> Ints:
    """Return the positions of non-empty polygons in Morton order of their centres."""
    positions = np.flatnonzero(~_vacant(shapes))
    if len(positions) == 0:
        return positions
    box = shapely.bounds(shapes[positions])
    centre = box[:, :2] + box[:, 2:]
    low = centre.min(axis=0)
    step = max(float((centre.max(axis=0) - low).max()), 1.0) / 65535
    cell = ((centre - low) / step).astype(np.int64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        cell = (cell | (cell << shift)) & mask
    return np.asarray(positions[np.argsort(cell[:, 0] | (cell[:, 1] << 1), kind="stable")])


def _block_overlaps(kernel: ModuleType, left: Shapes, right: Shapes, pairs: Ints) -> _Overlaps:
    lefts, i = np.unique(pairs[0], return_inverse=True)
    rights, j = np.unique(pairs[1], return_inverse=True)
    ours, theirs = left[lefts], right[rights]
    box = shapely.total_bounds(np.concatenate([ours, theirs]))
    origin = np.floor(box[:2])
    nudge = _nudge(float((box[2:] - origin).max()))
    ours, our_layer = _layer(kernel, ours, origin)
    theirs, their_layer = _layer(kernel, theirs, origin - nudge)
    area, doubt = kernel.overlap_pairs(our_layer, their_layer, np.stack([i, j], axis=1), *nudge)
    again = np.flatnonzero(doubt)
    if len(again):
        area[again] = _intersection_areas(ours, theirs, i[again], j[again])
    some = area > 0.0
    return _Overlaps(left=pairs[0, some], right=pairs[1, some], area_m2=area[some], by_geos=len(again))


def _nudge(extent_m: float) -> Floats:
    """Return by how much the right layer is moved, in m: 1e-9, or more where doubles are coarser."""
    grain = float(np.spacing(max(extent_m, 1.0)))
    size = max(NUDGE_M, 64 * grain)
    return np.round(np.array(NUDGE_DIRECTION) * (size / grain)) * grain


def _layer(kernel: ModuleType, shapes: Shapes, origin: Floats) -> tuple[Shapes, Layer]:
    """Return the polygons, repaired where needed, and their arrays for the compiled code."""
    layer: Layer = kernel.build_layer(*_rings(shapes, origin))
    unsure = np.flatnonzero(~kernel.surely_valid(layer))
    mended = repaired(shapes[unsure])
    if all(new is old for new, old in zip(mended, shapes[unsure], strict=True)):
        return shapes, layer
    shapes = shapes.copy()
    shapes[unsure] = mended
    return shapes, kernel.build_layer(*_rings(shapes, origin))


def _rings(shapes: Shapes, origin: Floats) -> tuple[Floats, Ints, NDArray[np.bool_], Ints]:
    """Return coordinates from the origin, ring starts, which rings are holes, and polygons' first rings."""
    xy = shapely.get_coordinates(shapes)
    xy -= origin
    if (shapely.get_type_id(shapes) == POLYGON).all() and not shapely.get_num_interior_rings(shapes).any():
        size, owner = shapely.get_num_coordinates(shapes), np.arange(len(shapes))
        is_hole = np.zeros(len(shapes), np.bool_)
    else:
        part, part_owner = shapely.get_parts(shapes, return_index=True)
        ring, ring_part = shapely.get_rings(part, return_index=True)
        size, owner = shapely.get_num_coordinates(ring), part_owner[ring_part]
        is_hole = np.diff(ring_part, prepend=-1) == 0
    return xy, _starts(size), is_hole, _starts(np.bincount(owner, minlength=len(shapes)))


def _starts(sizes: NDArray[np.integer]) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
