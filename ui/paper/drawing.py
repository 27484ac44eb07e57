"""What printed maps are drawn with (SVG): the sheet, lines, texts that stay text, scale bar, north arrow."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ui.maps.palette import INK

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from ui.paper.map_labels import Box, Label
    from ui.words import Words

# Lengths on paper are in tenths of a millimetre; a point is 1/72 inch.
PT = 254 / 72
FONT = "'Noto Sans SC', 'Microsoft YaHei', SimHei, sans-serif"
# Closer together than this, the points of a line cannot be told apart on paper.
FINEST = 0.8
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Share of the width that a scale bar may take.
_BAR_SHARE = 0.18
# As GEOS numbers it.
_POLYGON = 3


@dataclass(frozen=True)
class Sheet:
    """
    A window on paper, and where in it the ground lies.

    Parameters
    ----------
    bounds
        West, south, east and north of what is shown, in metres; it is put in the middle.
    width, height
        Of the window, in tenths of a millimetre.
    """

    bounds: Sequence[float]
    width: float
    height: float

    @cached_property
    def scale(self) -> float:
        """Length on paper of a metre on the ground."""
        west, south, east, north = self.bounds
        return 0.94 * min(self.width / max(east - west, 1.0), self.height / max(north - south, 1.0))

    @cached_property
    def _west(self) -> float:
        return (self.bounds[0] + self.bounds[2]) / 2 - self.width / 2 / self.scale

    @cached_property
    def _north(self) -> float:
        return (self.bounds[1] + self.bounds[3]) / 2 + self.height / 2 / self.scale

    def placed(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points of the ground lie in the window."""
        return np.column_stack([metres[:, 0] - self._west, self._north - metres[:, 1]]) * self.scale

    @cached_property
    def window(self) -> shapely.Polygon:
        """The ground that the window shows."""
        return shapely.box(
            self._west,
            self._north - self.height / self.scale,
            self._west + self.width / self.scale,
            self._north,
        )

    def paths(self, shapes: gpd.GeoSeries) -> list[str]:
        """Return polygons, or lines, as the drawing has them; what is empty is an empty text."""
        parts, owner = shapely.get_parts(shapes.to_numpy(), return_index=True)
        areas = bool((shapely.get_type_id(parts) == _POLYGON).any())
        if areas:
            parts, of_part = shapely.get_rings(parts, return_index=True)
            owner = owner[of_part]
        points, line = shapely.get_coordinates(parts, return_index=True)
        placed = np.rint(self.placed(points)).astype(int)
        texts = [""] * len(shapes)
        for run in np.split(np.arange(len(line)), np.flatnonzero(np.diff(line)) + 1):
            if len(run):
                # The last point of a ring is its first again.
                walked = placed[run[0] : run[-1] + (0 if areas else 1)]
                texts[owner[line[run[0]]]] += _run(walked, closed=areas)
        return texts

    def share_inside(self, shape: shapely.Geometry, box: Box) -> float:
        """Return the share of a box on paper that lies on a shape."""
        left, top, right, bottom = (edge / self.scale for edge in box)
        ground = shapely.box(self._west + left, self._north - bottom, self._west + right, self._north - top)
        return float(shapely.area(shapely.intersection(ground, shape)) / ground.area)

    def simple(self, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
        """Return polygons without the points that paper cannot show; what they share stays shared."""
        drawn = shapes[~(shapes.isna() | shapes.is_empty)]
        if drawn.empty:
            return drawn
        found = shapely.coverage_simplify(drawn.to_numpy(), FINEST / self.scale)
        return type(drawn)(found, index=drawn.index, crs=drawn.crs)


def scale_bar(sheet: Sheet, x: float, y: float, t: Words) -> tuple[str, float]:
    """Return a bar of a round length with what it stands for, beginning at a point, and its width."""
    length = _round_length(_BAR_SHARE * sheet.width / sheet.scale)
    wide = length * sheet.scale
    said = t("unit.km", value=t.number(length / 1000)) if length >= 1000 else t.length(length)
    bar = f'<path d="M{x:g} {y - 12:g}v16h{wide:.1f}v-16" {stroke(INK, 4)}/>'
    return bar + plain(said, x + wide + 15, y + 6, 8 * PT), wide


def north_arrow(x: float, y: float) -> str:
    """Return an arrow to the north around a point on the paper."""
    arrow = f'<path d="M0 -45L20 30L0 14L-20 30Z" fill="{INK}"/>'
    letter = plain("N", 0, -52, 9 * PT, anchor="middle", colour=INK)
    return f'<g transform="translate({x:g} {y:g})">{arrow}\n{letter}</g>'


def haloed(label: Label, colour: str, *, halo: float) -> str:
    """Return a label on a pale edge that lifts it off what is beneath."""
    rows = []
    for number, line in enumerate(label.lines):
        y = label.y + (number - (len(label.lines) - 1) / 2) * label.size * 1.15 + label.size * 0.36
        at = f'x="{label.x:.0f}" y="{y:.0f}" font-size="{label.size:.1f}" text-anchor="middle"'
        shade = f'fill="#ffffff" stroke="#ffffff" stroke-width="{halo:g}" stroke-linejoin="round"'
        rows += [f'<text {at} {shade} aria-hidden="true">{escaped(line)}</text>']
        rows += [f'<text {at} fill="{colour}">{escaped(line)}</text>']
    return "".join(rows)


def plain(
    text: str, x: float, y: float, size: float, *, anchor: str = "start", colour: str = "#111111"
) -> str:
    """Return a line of text from, around or up to a point (anchor ``start``, ``middle``, ``end``)."""
    at = f'x="{x:.0f}" y="{y:.0f}" font-size="{size:.1f}" text-anchor="{anchor}"'
    return f'<text {at} fill="{colour}">{escaped(text)}</text>'


def escaped(text: str) -> str:
    """Return a text as XML has it, without what XML has no way to write."""
    return html.escape(writable(text))


def writable(text: str) -> str:
    """Return a text without the characters that XML has no way to write."""
    return _NOT_IN_XML.sub("", text)


def stroke(colour: str, width: float, *, opacity: float = 1.0) -> str:
    """Return how a line without a filling is drawn."""
    faint = "" if opacity == 1 else f' stroke-opacity="{opacity:g}"'
    return f'fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{faint}'


def _run(points: NDArray[np.int_], *, closed: bool) -> str:
    steps = np.diff(points, axis=0)
    moves = steps[(steps != 0).any(axis=1)].ravel().tolist()
    walked = f"l{' '.join(map(str, moves))}" if moves else ""
    return f"M{points[0][0]} {points[0][1]}{walked}{'Z' if closed else ''}"


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres)
