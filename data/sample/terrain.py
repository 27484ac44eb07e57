"""Relief: a plain in the north, mountains in the south cut by valleys that drain north."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.csgraph import dijkstra

from data.sample.frame import CORNER, HEIGHT_M, WIDTH_M, Floats, Ints, Noise, stream

STEP_M = 200.0
_NX, _NY = int(WIDTH_M / STEP_M), int(HEIGHT_M / STEP_M)
_VALLEYS = 6
# Slope of a hollow that drains one cell; slopes fall with the drained area (Flint's law).
_HEAD_SLOPE, _CONCAVITY = 0.34, 0.40


@dataclass(frozen=True, kw_only=True)
class Terrain:
    """
    Heights on a raster of 200 m, and the streams that cut them.

    Parameters
    ----------
    height_m
        Height of each raster node, columns by rows.
    drained_km2
        Area that drains through each node (0 in the plain).
    downstream
        Flat index of the node that each mountain node drains to, -1 in the plain and at outlets.
    outlets
        Where the valleys open into the plain.
    """

    height_m: Floats
    drained_km2: Floats
    downstream: Ints
    outlets: Ints

    def height_at(self, xy: Floats) -> Floats:
        """Return heights in metres."""
        return _sampled(self.height_m, xy)

    def steepness_at(self, xy: Floats) -> Floats:
        """Return the slope (rise over run) at points."""
        rises = np.gradient(ndimage.gaussian_filter(self.height_m, 0.8), STEP_M)
        return _sampled(np.hypot(*rises), xy)

    def streamness_at(self, xy: Floats) -> Floats:
        """Return how close points lie to large streams: 0 on ridges, about 1 on valley floors."""
        wet = np.minimum(np.sqrt(self.drained_km2 / 12.0), 1.5)
        return _sampled(ndimage.gaussian_filter(wet, 1.5) * 2.2, xy)


def node_xy(node: Ints) -> Floats:
    """Return metric coordinates of raster nodes given by flat index."""
    return np.asarray(CORNER + np.column_stack([node // _NY, node % _NY]) * STEP_M + STEP_M / 2)


def make_terrain(seed: int) -> Terrain:
    """Return an invented relief: slopes by drained area along a random drainage tree."""
    rng = stream(seed, "terrain")
    xy = node_xy(np.arange(_NX * _NY))
    depth = foot_y(seed, xy[:, 0]) - xy[:, 1]
    mountain = depth > 0
    outlets = _outlets(rng, depth)
    distance, downstream = _drainage(rng, xy, mountain, outlets)
    upstream_first = np.argsort(-distance, kind="stable")
    upstream_first = upstream_first[np.isfinite(distance[upstream_first])]
    drained = np.where(np.isfinite(distance), 1.0, 0.0)
    for node in upstream_first.tolist():
        if downstream[node] >= 0:
            drained[downstream[node]] += drained[node]
    height = 5.0 + 1.2 * Noise(rng, wavelength_m=6_000, octaves=2)(xy)
    gentle = np.clip(depth / 5_000, 0.12, 1.0) * (1 + 0.25 * np.tanh(Noise(rng, wavelength_m=9_000)(xy)))
    for node in upstream_first[::-1].tolist():
        parent = downstream[node]
        if parent >= 0:
            slope = _HEAD_SLOPE * gentle[node] * drained[node] ** -_CONCAVITY
            height[node] = height[parent] + slope * np.hypot(*(xy[node] - xy[parent]))
    shape = (_NX, _NY)
    return Terrain(
        height_m=ndimage.gaussian_filter(height.reshape(shape), 0.6)
        + _plain_hills(rng, xy, depth).reshape(shape),
        drained_km2=(drained * STEP_M**2 / 1e6).reshape(shape),
        downstream=downstream,
        outlets=outlets,
    )


def foot_y(seed: int, x: Floats) -> Floats:
    """Return the northing of the mountains' foot at eastings `x`."""
    noise = Noise(stream(seed, "foot"), wavelength_m=9_000, octaves=3)
    along = np.column_stack([x, np.full(len(x), CORNER[1] + HEIGHT_M / 2)])
    return np.asarray(CORNER[1] + HEIGHT_M * 0.515 + 1_500 * noise(along))


def _outlets(rng: np.random.Generator, depth: Floats) -> Ints:
    columns = (np.arange(_VALLEYS) + 0.5 + rng.uniform(-0.22, 0.22, _VALLEYS)) / _VALLEYS * _NX
    rows = depth.reshape(_NX, _NY)[columns.astype(int)]
    # The northernmost mountain node of the column: where the valley meets the plain.
    return np.asarray(columns.astype(int) * _NY + np.argmax(rows <= 0, axis=1) - 1, dtype=np.int64)


def _drainage(
    rng: np.random.Generator, xy: Floats, mountain: np.ndarray[tuple[int], np.dtype[np.bool_]], outlets: Ints
) -> tuple[Floats, Ints]:
    index = np.arange(_NX * _NY).reshape(_NX, _NY)
    pairs = np.vstack(
        [
            np.column_stack([a.ravel(), b.ravel()])
            for a, b in (
                (index[1:], index[:-1]),
                (index[:, 1:], index[:, :-1]),
                (index[1:, 1:], index[:-1, :-1]),
                (index[1:, :-1], index[:-1, 1:]),
            )
        ]
    )
    pairs = pairs[mountain[pairs].all(axis=1)]
    rough = np.exp(0.9 * Noise(rng, wavelength_m=2_600, octaves=3)(xy) + 0.35 * rng.standard_normal(len(xy)))
    cost = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) * rough[pairs].mean(axis=1)
    graph = sparse.csr_matrix((cost, (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    distance, parent, _ = dijkstra(
        graph, directed=False, indices=outlets, min_only=True, return_predecessors=True
    )
    return distance, np.where(parent < 0, -1, parent).astype(np.int64)


def _plain_hills(rng: np.random.Generator, xy: Floats, depth: Floats) -> Floats:
    # On either side of the middle, where the urban core will be.
    east = rng.permutation(np.tile([0.0, 0.42], 3)) + rng.uniform(0.2, 0.38, 6)
    tops = CORNER + np.column_stack([east * WIDTH_M, rng.uniform(0.66, 0.92, 6) * HEIGHT_M])
    rise = np.zeros(len(xy))
    for top, size in zip(tops, rng.uniform(350, 700, 6), strict=True):
        rise += size / 6 * np.exp(-(((xy - top) ** 2).sum(axis=1)) / (2 * (size / 1.6) ** 2))
    return np.where(depth < 0, rise, 0.0)


def _sampled(raster: Floats, xy: Floats) -> Floats:
    at = (xy - CORNER).T / STEP_M - 0.5
    return np.asarray(ndimage.map_coordinates(raster, at, order=1, mode="nearest"), dtype=float)
