"""Geometry of placemarks: coordinates as KML writes them, made into shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PartKind = Literal["point", "line", "polygon"]
_BLANK_BY_COMMA = re.compile(r"\s+,\s*|,\s+")
_WHOLE: Mapping[str, Any] = {
    "point": shapely.MultiPoint,
    "line": shapely.MultiLineString,
    "polygon": shapely.MultiPolygon,
}


@dataclass(kw_only=True)
class Part:
    """One simple geometry of a placemark, its coordinates still as texts: the outer ring, then holes."""

    kind: PartKind
    outer: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)


def shape_of(parts: Sequence[Part]) -> Any:
    """
    Return the geometry of a placemark in 2D: single, Multi… of one kind, or a collection.

    A line that ends where it begins stays a line.

    Raises
    ------
    ValueError
        If coordinates are no numbers, or too few.
    """
    shapes = [_simple(part) for part in parts]
    if len(shapes) < 2:
        return shapes[0] if shapes else None
    kinds = {part.kind for part in parts}
    return _WHOLE[kinds.pop()](shapes) if len(kinds) == 1 else shapely.GeometryCollection(shapes)


def _simple(part: Part) -> Any:
    if not part.outer:
        raise ValueError("no coordinates")
    if part.kind == "polygon":
        holes = [_ring(text) for text in part.inner]
        return shapely.Polygon(_ring(part.outer[0]), holes)
    points = _coordinates(" ".join(part.outer))
    if part.kind == "point":
        return shapely.Point(points[0])
    if len(points) < 2:
        raise ValueError("a line of one point")
    return shapely.LineString(points)


def _ring(text: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    points = _coordinates(text)
    if len(points) < 3:
        raise ValueError("a ring of two points")
    return points


def _coordinates(text: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return longitude and latitude per row, from "lon,lat[,height]" set apart by blanks."""
    if _BLANK_BY_COMMA.search(text):
        text = _BLANK_BY_COMMA.sub(",", text)
    pairs = [place.split(",", 2) for place in text.split()]
    if not pairs or min(map(len, pairs)) < 2:
        raise ValueError("not longitude and latitude")
    # Python parses numbers three times as fast as numpy does from texts.
    points = np.array([(float(pair[0]), float(pair[1])) for pair in pairs])
    if not np.isfinite(points).all():
        raise ValueError("not longitude and latitude")
    return points
