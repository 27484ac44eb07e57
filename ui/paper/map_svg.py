"""Printed maps as vector drawings (SVG): zones before and after, with what changes hatched."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ui.maps.palette import INK, apart
from ui.paper.map_labels import LabelRoom, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from ui.paper.map_labels import Box, Label
    from ui.words import Words

# Lengths on paper are in tenths of a millimetre; a point is 1/72 inch.
_PT = 254 / 72
_TOP, _BOTTOM, _MARGIN = 110.0, 190.0, 10.0
_FONT = "'Noto Sans SC', 'Microsoft YaHei', SimHei, sans-serif"
# Closer together than this, the points of a line cannot be told apart on paper.
_FINEST = 0.8
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Shares of the width that a scale bar may take.
_BAR_SHARE = 0.18
# As GEOS numbers it.
_POLYGON = 3
_STATION = "#7a1f1f"
_HATCHED = 'fill="url(#marked)" fill-opacity="0.55" stroke="#1a1a1a" stroke-width="2.4"'


@dataclass(frozen=True, kw_only=True)
class MapLayers:
    """
    What is drawn, in one metric CRS.

    Parameters
    ----------
    zones
        Polygons by zone_id.
    colours
        Of each zone, ``#rrggbb``.
    zone_names
        What each zone may be called, best first.
    grids
        Polygons by grid_id.
    marked
        The grids that are hatched, with the number that each bears.
    stations, station_names
        Polygons by station_id, and what each is called.
    roads
        Lines, for orientation; None for none.
    """

    zones: gpd.GeoSeries
    colours: Mapping[str, str]
    zone_names: Mapping[str, Sequence[str]]
    grids: gpd.GeoSeries
    marked: Mapping[str, int]
    stations: gpd.GeoSeries
    station_names: Mapping[str, str]
    roads: gpd.GeoSeries | None = None


@dataclass(frozen=True, kw_only=True)
class MapText:
    """
    What is written beside a map.

    Parameters
    ----------
    title, marked, credit, mark
        Its title, what hatched grids are, the credit line (审图号), and 内部资料.
    """

    title: str
    marked: str
    credit: str
    mark: str


def zone_paint(graph: DualGraph, *plans: pd.Series) -> dict[str, str]:
    """
    Return a colour for each zone of some plans, neighbours in any of them with different ones.

    A zone has the same colour on the map of each plan (`ui.maps.palette.apart`).

    Parameters
    ----------
    plans
        zone_id by grid_id; "" for none.
    """
    zones, touching = set[str](), set[tuple[str, str]]()
    for plan in plans:
        zones |= {*plan} - {""}
        for borders in (graph.borders, graph.parted):
            left, right = (plan.reindex(borders[end]).fillna("").to_numpy() for end in ("left", "right"))
            differ = (left != right) & (left != "") & (right != "")
            touching |= {*zip(left[differ], right[differ], strict=True)}
    return apart(zones, sorted(touching))


def map_svg(layers: MapLayers, text: MapText, *, width_mm: float, height_mm: float, t: Words) -> str:
    """Return a map as one SVG drawing of a size; its text is text, whatever is in the names."""
    sheet = _Sheet(layers, width_mm * 10, height_mm * 10)
    wide, high = sheet.width, sheet.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm}mm" height="{height_mm}mm" '
        f'viewBox="0 0 {wide:g} {high:g}" font-family="{_FONT}">',
        '<defs><pattern id="marked" width="14" height="14" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path d="M0 0V14" stroke="#1a1a1a" stroke-width="4"/></pattern>'
        f'<clipPath id="frame"><rect width="{sheet.map_width:g}" height="{sheet.map_height:g}"/></clipPath>'
        "</defs>",
        f'<rect width="{wide:g}" height="{high:g}" fill="#ffffff"/>',
        f'<g transform="translate({_MARGIN:g} {_TOP:g})"><g clip-path="url(#frame)">',
        *_ground(sheet),
        *_labels(sheet),
        "</g>",
        f'<rect width="{wide - 2 * _MARGIN:g}" height="{sheet.map_height:g}" fill="none" '
        f'stroke="{INK}" stroke-width="4"/>',
        *_north(wide - 2 * _MARGIN - 60, 90),
        "</g>",
        *_heading(sheet, text),
        *_beneath(sheet, text, t),
        "</svg>",
    ]
    return "\n".join(parts)


class _Sheet:
    """A sheet of paper, and where on it the ground lies."""

    def __init__(self, layers: MapLayers, width: float, height: float) -> None:
        self.layers, self.width, self.height = layers, width, height
        self.map_width, self.map_height = width - 2 * _MARGIN, height - _TOP - _BOTTOM
        west, south, east, north = layers.zones.total_bounds
        # Letters may be larger on a larger sheet, if not as much as the ground.
        self.grown = max(math.sqrt(min(width, height) / 1820), 1.0)
        spans = (max(east - west, 1.0), max(north - south, 1.0))
        self.scale = 0.94 * min(self.map_width / spans[0], self.map_height / spans[1])
        self._west = (west + east) / 2 - self.map_width / 2 / self.scale
        self._north = (south + north) / 2 + self.map_height / 2 / self.scale

    def placed(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([metres[:, 0] - self._west, self._north - metres[:, 1]]) * self.scale

    @cached_property
    def window(self) -> shapely.Polygon:
        return shapely.box(
            self._west,
            self._north - self.map_height / self.scale,
            self._west + self.map_width / self.scale,
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
        found = shapely.coverage_simplify(drawn.to_numpy(), _FINEST / self.scale)
        return type(drawn)(found, index=drawn.index, crs=drawn.crs)


def _ground(sheet: _Sheet) -> Iterator[str]:
    layers = sheet.layers
    zones, grids = sheet.simple(layers.zones), sheet.simple(layers.grids)
    outlines, cells = sheet.paths(zones), sheet.paths(grids)
    for zone, path in zip(zones.index, outlines, strict=True):
        yield f'<path d="{path}" fill="{layers.colours[str(zone)]}" fill-opacity="0.42"/>'
    if layers.roads is not None and len(layers.roads):
        seen = layers.roads[layers.roads.intersects(sheet.window)].simplify(_FINEST / sheet.scale)
        yield f'<path d="{"".join(sheet.paths(seen))}" {_stroke("#8a8f98", 3)}/>'
    yield f'<path d="{"".join(cells)}" {_stroke("#6b7280", 1.2)}/>'
    if hatched := [path for grid, path in zip(grids.index, cells, strict=True) if grid in layers.marked]:
        yield f'<path d="{"".join(hatched)}" {_HATCHED}/>'
    yield f'<path d="{"".join(outlines)}" {_stroke("#ffffff", 9, opacity=0.7)}/>'
    yield f'<path d="{"".join(outlines)}" {_stroke(INK, 4.5)}/>'
    if len(layers.stations):
        yield f'<path d="{"".join(sheet.paths(sheet.simple(layers.stations)))}" {_stroke(_STATION, 8)}/>'


def _run(points: NDArray[np.int_], *, closed: bool) -> str:
    steps = np.diff(points, axis=0)
    moves = steps[(steps != 0).any(axis=1)].ravel().tolist()
    walked = f"l{' '.join(map(str, moves))}" if moves else ""
    return f"M{points[0][0]} {points[0][1]}{walked}{'Z' if closed else ''}"


def _labels(sheet: _Sheet) -> Iterator[str]:
    layers, room = sheet.layers, LabelRoom(sheet.map_width, sheet.map_height)
    # The north arrow stands there.
    room.keep_free((sheet.map_width - 110, 0, sheet.map_width, 140))
    several = len(layers.stations) > 1
    if several:
        for name, _, (x, y) in _points(sheet, layers.stations, layers.station_names):
            if label := room.place([name], x, y, sizes=(11 * _PT * sheet.grown, 9 * _PT)):
                yield _text(label, _STATION, halo=12)
    points = (7, 6, 5) if several else (9, 7.5, 6)
    sizes = [point * _PT for point in (*(point * sheet.grown for point in points[:-1]), *points[-2:])]
    for names, shape, (x, y) in _points(sheet, layers.zones, layers.zone_names):
        # A label that lies on several zones would be taken for the name of any of them.
        for share in (0.95, 0.75 if several else 0.55):
            fits = partial(_lies_on, sheet, shape, share)
            if label := room.place(names, x, y, sizes=sizes, fits=fits):
                yield _text(label, "#111111", halo=8)
                break
    marked = layers.grids[layers.grids.index.isin(layers.marked.keys())]
    numbers = {} if several else {grid: str(number) for grid, number in layers.marked.items()}
    for name, shape, (x, y) in _points(sheet, marked if numbers else marked[:0], numbers):
        fits = partial(_lies_on, sheet, shape, 0.6)
        if label := room.place([name], x, y, sizes=(6.5 * _PT, 5 * _PT), fits=fits):
            yield _text(label, "#8b0000", halo=7)


def _lies_on(sheet: _Sheet, shape: shapely.Geometry, share: float, box: Box) -> bool:
    return sheet.share_inside(shape, box) >= share


def _points(
    sheet: _Sheet, shapes: gpd.GeoSeries, names: Mapping[str, Any]
) -> Iterator[tuple[Any, shapely.Geometry, NDArray[np.float64]]]:
    """Yield the name, the shape and the middle of each polygon, the largest first."""
    drawn = shapes[~(shapes.isna() | shapes.is_empty)]
    order = np.lexsort((np.asarray(drawn.index, dtype=str), -shapely.area(drawn.to_numpy())))
    for label, shape in drawn.iloc[order].items():
        largest = max(shapely.get_parts(shape), key=shapely.area)
        middle = shapely.centroid(largest)
        if not largest.contains(middle):
            middle = shapely.point_on_surface(largest)
        yield names[str(label)], shape, sheet.placed(shapely.get_coordinates(middle))[0]


def _heading(sheet: _Sheet, text: MapText) -> Iterator[str]:
    size = min(15 * _PT, (sheet.width - 2 * _MARGIN) * 0.8 / max(text_width(text.title), 1))
    yield _plain(text.title, sheet.width / 2, 75, size, anchor="middle")
    yield _plain(text.mark, _MARGIN, 45, 9 * _PT, colour="#b00020")


def _beneath(sheet: _Sheet, text: MapText, t: Words) -> Iterator[str]:
    y = sheet.height - _BOTTOM + 45
    length = _round_length(_BAR_SHARE * sheet.map_width / sheet.scale)
    wide = length * sheet.scale
    yield f'<path d="M{_MARGIN:g} {y - 12:g}v16h{wide:.1f}v-16" {_stroke(INK, 4)}/>'
    said = t("unit.km", value=t.number(length / 1000)) if length >= 1000 else t.length(length)
    yield _plain(said, _MARGIN + wide + 15, y + 6, 8 * _PT)
    x = _MARGIN + wide + 190
    for look, words in _legend(sheet, t):
        yield f'<g transform="translate({x:.0f} {y - 26:.0f})">{look}</g>'
        yield _plain(words, x + 75, y + 4, 8 * _PT)
        x += 75 + text_width(words) * 8 * _PT + 45
    if sheet.layers.marked:
        look = f'<rect width="60" height="36" {_HATCHED}/>'
        yield f'<g transform="translate({_MARGIN:g} {y + 28:.0f})">{look}</g>'
        yield _plain(text.marked, _MARGIN + 75, y + 56, 8 * _PT)
    size = min(7 * _PT, sheet.map_width / max(text_width(text.credit), 1))
    yield _plain(text.credit, sheet.width - _MARGIN, sheet.height - 20, size, anchor="end", colour="#555555")


def _legend(sheet: _Sheet, t: Words) -> Iterator[tuple[str, str]]:
    yield f'<path d="M0 18h60" {_stroke(INK, 4.5)}/>', t("paper.map_zones")
    if len(sheet.layers.stations):
        yield f'<path d="M0 18h60" {_stroke(_STATION, 8)}/>', t("paper.map_stations")
    yield f'<path d="M0 18h60" {_stroke("#6b7280", 1.2)}/>', t("paper.map_grids")
    if sheet.layers.roads is not None:
        yield f'<path d="M0 18h60" {_stroke("#8a8f98", 3)}/>', t("paper.map_roads")


def _north(x: float, y: float) -> Iterator[str]:
    yield f'<g transform="translate({x:g} {y:g})"><path d="M0 -45L20 30L0 14L-20 30Z" fill="{INK}"/>'
    yield _plain("N", 0, -52, 9 * _PT, anchor="middle", colour=INK) + "</g>"


def _text(label: Label, colour: str, *, halo: float) -> str:
    rows = []
    for number, line in enumerate(label.lines):
        y = label.y + (number - (len(label.lines) - 1) / 2) * label.size * 1.15 + label.size * 0.36
        at = f'x="{label.x:.0f}" y="{y:.0f}" font-size="{label.size:.1f}" text-anchor="middle"'
        shade = f'fill="#ffffff" stroke="#ffffff" stroke-width="{halo:g}" stroke-linejoin="round"'
        rows += [f'<text {at} {shade} aria-hidden="true">{_escaped(line)}</text>']
        rows += [f'<text {at} fill="{colour}">{_escaped(line)}</text>']
    return "".join(rows)


def _plain(
    text: str, x: float, y: float, size: float, *, anchor: str = "start", colour: str = "#111111"
) -> str:
    at = f'x="{x:.0f}" y="{y:.0f}" font-size="{size:.1f}" text-anchor="{anchor}"'
    return f'<text {at} fill="{colour}">{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    return html.escape(_NOT_IN_XML.sub("", text))


def _stroke(colour: str, width: float, *, opacity: float = 1.0) -> str:
    faint = "" if opacity == 1 else f' stroke-opacity="{opacity:g}"'
    return f'fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{faint}'


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres)
