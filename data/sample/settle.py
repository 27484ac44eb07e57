"""Where people settle: town centres, the built-up core, and how dense the mesh must be."""

from __future__ import annotations

import numpy as np

from data.sample.frame import CORNER, HEIGHT_M, WIDTH_M, Floats, Noise, place, stream
from data.sample.terrain import STEP_M, Terrain, node_xy

CORE, PLAIN, HILLS = "core", "plain", "hills"
TOWN_KINDS = (CORE,) * 6 + (PLAIN,) * 5 + (HILLS,) * 5
_LAYOUT = (
    (0.500, 0.690), (0.405, 0.675), (0.600, 0.680), (0.455, 0.745), (0.560, 0.745), (0.515, 0.585),
    (0.270, 0.690), (0.330, 0.800), (0.500, 0.850), (0.670, 0.810), (0.735, 0.700),
    (0.330, 0.465), (0.660, 0.475), (0.355, 0.290), (0.640, 0.300), (0.500, 0.150),
)  # fmt: skip
_REACH_M = {CORE: 2_500.0, PLAIN: 1_350.0, HILLS: 700.0}
CORE_STEP, PLAIN_STEP, HILL_STEP, OUTSIDE_STEP = 88.0, 175.0, 215.0, 400.0


def town_centres(seed: int, terrain: Terrain) -> Floats:
    """Return the 16 town centres: a core in the plain, towns around it, valley towns in the south."""
    rng = stream(seed, "centres")
    layout = np.array(_LAYOUT) + rng.uniform(-0.014, 0.014, (len(_LAYOUT), 2))
    if rng.random() < 0.5:
        layout[:, 0] = 1 - layout[:, 0]
    centres = place(layout)
    nodes = node_xy(np.arange(terrain.height_m.size))
    drained = terrain.drained_km2.ravel()
    for i, kind in enumerate(TOWN_KINDS):
        if kind == HILLS:
            near = np.flatnonzero(np.hypot(*(nodes - centres[i]).T) < 2_600)
            best = near[np.argmax(np.minimum(drained[near], 60))]
            centres[i] = nodes[best] + [230.0, 120.0]
    return centres


def builtness(seed: int, centres: Floats, xy: Floats) -> Floats:
    """Return how urban points are: 1 in a town's middle, falling to 0 in the open country."""
    ragged = Noise(stream(seed, "fringe"), wavelength_m=2_400, octaves=3)(xy)
    urban = np.zeros(len(xy))
    for centre, kind in zip(centres, TOWN_KINDS, strict=True):
        reach = _REACH_M[kind] * (1 + 0.16 * ragged)
        far = np.hypot(*(xy - centre).T)
        urban = np.maximum(urban, np.exp(-((far / np.maximum(reach, 200.0)) ** 2)))
    return urban


# Above this builtness a place belongs to a town's built-up area.
BUILT = 0.36


def wanted_spacing(seed: int, terrain: Terrain, centres: Floats) -> Floats:
    """Return the raster of mesh spacings: fine in towns, coarse in the hills, coarser outside."""
    nodes = node_xy(np.arange(terrain.height_m.size))
    hilly = terrain.height_m.ravel() > 22
    spacing = np.where(hilly, HILL_STEP, PLAIN_STEP)
    spacing[builtness(seed, centres, nodes) > BUILT * 0.85] = CORE_STEP
    across = (nodes - CORNER) / [WIDTH_M, HEIGHT_M] - 0.5
    spacing[np.hypot(across[:, 0] / 0.47, across[:, 1] / 0.495) > 1] = OUTSIDE_STEP
    return spacing.reshape(int(WIDTH_M / STEP_M), int(HEIGHT_M / STEP_M))
