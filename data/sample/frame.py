"""Where the invented district lies, its random streams, and smooth noise over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pyproj import CRS
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# CGCS2000 / 3-degree Gauss-Krueger CM 120E: the right province, an invented outline.
METRIC_CRS = CRS.from_epsg(4549)
COUNTY_CODE = "339901"
DISTRICT_NAME = "越湖区"
AREA_KM2 = 1_040.0
CORNER = np.array([530_000.0, 3_294_000.0])
WIDTH_M, HEIGHT_M = 36_000.0, 52_000.0


def stream(seed: int, stage: str) -> np.random.Generator:
    """Return the random stream of one stage, so that editing a stage leaves the others alone."""
    return np.random.default_rng([seed, *stage.encode()])


def place(fractions: Sequence[tuple[float, float]] | Floats) -> Floats:
    """Return metric coordinates of points given as fractions of the frame (0..1 from the SW corner)."""
    return np.asarray(CORNER + np.asarray(fractions, dtype=float) * [WIDTH_M, HEIGHT_M])


class Noise:
    """
    Smooth random field of about unit variance over the frame.

    Parameters
    ----------
    rng
        Where the field's values come from.
    wavelength_m
        Size of the largest bumps.
    octaves
        Further layers, each half as wide and half as high.
    """

    def __init__(self, rng: np.random.Generator, *, wavelength_m: float, octaves: int = 1) -> None:
        self._steps = [wavelength_m / 2 / 2**octave for octave in range(octaves)]
        self._lattices = [
            ndimage.spline_filter(rng.standard_normal((int(WIDTH_M / s) + 9, int(HEIGHT_M / s) + 9)))
            for s in self._steps
        ]

    def __call__(self, xy: Floats) -> Floats:
        """Return the field's value at each point."""
        total = np.zeros(len(xy))
        for octave, (step, lattice) in enumerate(zip(self._steps, self._lattices, strict=True)):
            at = (xy - CORNER).T / step + 4
            total += 0.5**octave * ndimage.map_coordinates(
                lattice, at, order=3, mode="nearest", prefilter=False
            )
        return total * 1.4


def apportion(total: int, weights: Floats, *, least: int = 0, most: Ints | None = None) -> Ints:
    """
    Share `total` whole units by weight (largest remainder), within bounds.

    Parameters
    ----------
    total
        Units to share.
    weights
        Non-negative, one a receiver.
    least
        Units that every receiver gets first.
    most
        Units that a receiver can take.
    """
    room = np.full(len(weights), total, dtype=np.int64) if most is None else most
    share = np.full(len(weights), least, dtype=np.int64)
    left = total - share.sum()
    wanted = np.clip(weights / weights.sum() * total - least, 0, room - least)
    if wanted.sum() > 0:
        share += np.floor(wanted * min(1.0, left / wanted.sum())).astype(np.int64)
    while share.sum() < total:
        hunger = np.where(share < room, weights / (share + 0.5), -1.0)
        share[np.argsort(-hunger, kind="stable")[: total - share.sum()]] += 1
        share = np.minimum(share, room)
    return share


def smoothed(line: Floats, rounds: int = 2) -> Floats:
    """Return a polyline with its corners cut (Chaikin), its ends kept."""
    for _ in range(rounds):
        if len(line) < 3:
            return line
        first, second = line[:-1] * 0.75 + line[1:] * 0.25, line[:-1] * 0.25 + line[1:] * 0.75
        cut = np.empty((2 * len(first), 2))
        cut[0::2], cut[1::2] = first, second
        line = np.vstack([line[:1], cut[1:-1], line[-1:]])
    return line


def relaxed(line: Floats, rounds: int = 3) -> Floats:
    """Return a polyline pulled towards its own middle line, its ends kept."""
    line = line.copy()
    for _ in range(rounds):
        line[1:-1] = line[1:-1] * 0.5 + (line[:-2] + line[2:]) * 0.25
    return line
