"""A plan in a few strokes: the zones' outlines, and the grids that change hands."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from ui.maps.palette import INK

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH, _HEIGHT = 420.0, 230.0
_PAPER, _LINE, _CHANGED = "#eef2f6", "#93a1b1", "#e08214"


def outline_svg(shapes: pd.Series, *, zones: pd.Series, today: pd.Series | None, stations: pd.Series) -> str:
    """
    Return a plan as a small SVG.

    Parameters
    ----------
    shapes
        Polygon of each grid, in metres, by grid_id.
    zones, today, stations
        The zone of each grid, in the plan and today, and its station.
    """
    shapes = shapes[shapes.notna()]
    box = shapely.total_bounds(shapes.to_numpy())
    scale = min(_WIDTH / max(box[2] - box[0], 1.0), _HEIGHT / max(box[3] - box[1], 1.0))
    index = shapes.index
    held = zones.reindex(index)
    changed = index[(held != today.reindex(index)).to_numpy()] if today is not None else index[:0]
    width, height = (box[2] - box[0]) * scale, (box[3] - box[1]) * scale
    layers = (
        (_merged(shapes, pd.Series("", index=index)), f'fill="{_PAPER}" stroke="none"'),
        (_merged(shapes[changed], pd.Series("", index=changed)), f'fill="{_CHANGED}" stroke="none"'),
        (_merged(shapes, held), f'fill="none" stroke="{_LINE}" stroke-width=".7"'),
        (_merged(shapes, stations.reindex(index)), f'fill="none" stroke="{INK}" stroke-width="1.3"'),
    )
    paths = "".join(f'<path d="{_path(found, box, scale)}" {look}/>' for found, look in layers if len(found))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {width + 4:.0f} {height + 4:.0f}"'
        f' stroke-linejoin="round" fill-rule="evenodd">{paths}</svg>'
    )


def as_image(svg: str) -> str:
    """Return an SVG as the address of an image."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _merged(shapes: pd.Series, key: pd.Series) -> NDArray[np.object_]:
    """Return the union of the shapes of each key."""
    groups = shapes.groupby(key.to_numpy(), dropna=True)
    return np.array([shapely.coverage_union_all(group.to_numpy()) for _, group in groups], dtype=object)


def _path(found: NDArray[np.object_], box: NDArray[np.float64], scale: float) -> str:
    rings = shapely.get_rings(shapely.get_parts(shapely.simplify(found, 0.6 / scale)))
    return "".join(_ring(ring, box, scale) for ring in rings)


def _ring(ring: shapely.LinearRing, box: NDArray[np.float64], scale: float) -> str:
    at = shapely.get_coordinates(ring)[:-1]
    x, y = (at[:, 0] - box[0]) * scale, (box[3] - at[:, 1]) * scale
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) + "Z"
