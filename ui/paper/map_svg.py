"""Printed maps as vector drawings (SVG): zones before and after, with what changes hatched."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import shapely

from ui.maps.palette import INK, WATER, ZONE_COLOURS
from ui.paper.map_labels import LabelRoom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from ui.paper.map_labels import Label
    from ui.words import Words

# Lengths on paper are in tenths of a millimetre; a point is 1/72 inch.
_PT = 254 / 72
_TOP, _BOTTOM, _MARGIN = 120.0, 130.0, 20.0
_FONT = "'Noto Sans SC', 'Microsoft YaHei', SimHei, sans-serif"
# Closer together than this, the points of a line cannot be told apart on paper.
_FINEST = 0.8
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Shares of the width that a scale bar may take.
_BAR_SHARE = 0.18


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
        Of each zone.
    grids
        Polygons by grid_id.
    marked
        The grids that are hatched, with the number that each bears.
    stations, station_names
        Polygons by station_id, and what each is called.
    roads
        Lines, for orientation; None for none.
    water
        Polygons, for orientation; None for none.
    """

    zones: gpd.GeoSeries
    colours: Mapping[str, str]
    zone_names: Mapping[str, str]
    grids: gpd.GeoSeries
    marked: Mapping[str, int]
    stations: gpd.GeoSeries
    station_names: Mapping[str, str]
    roads: gpd.GeoSeries | None = None
    water: gpd.GeoSeries | None = None


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

    A zone has the same colour on the map of each plan. Greedy colouring by saturation (DSATUR, Brélaz
    1979); a seventh colour is a darker turn of the first.

    Parameters
    ----------
    plans
        zone_id by grid_id; "" for none.
    """
    touching: nx.Graph[str] = nx.Graph()
    for plan in plans:
        touching.add_nodes_from(sorted({*plan} - {""}))
        for borders in (graph.borders, graph.parted):
            left, right = (plan.reindex(borders[end]).fillna("").to_numpy() for end in ("left", "right"))
            apart = (left != right) & (left != "") & (right != "")
            touching.add_edges_from(sorted({*zip(left[apart], right[apart], strict=True)}))
    return {zone: _colour(turn) for zone, turn in nx.greedy_color(touching, strategy="DSATUR").items()}


def map_svg(layers: MapLayers, text: MapText, *, width_mm: float, height_mm: float, t: Words) -> str:
    """Return a map as one SVG drawing of a size; its text is text, whatever is in the names."""
    sheet = _Sheet(layers, width_mm * 10, height_mm * 10)
    wide, high = sheet.width, sheet.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm}mm" height="{height_mm}mm" '
        f'viewBox="0 0 {wide:g} {high:g}" font-family="{_FONT}">',
        '<defs><pattern id="marked" width="14" height="14" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path d="M0 0V14" stroke="#1a1a1a" stroke-width="4"/></pattern>'
        f'<clipPath id="frame"><rect width="{wide - 2 * _MARGIN:g}" height="{sheet.map_height:g}"/></clipPath>'
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

    def path(self, shape: shapely.Geometry) -> str:
        """Return a polygon or a line as the drawing has it."""
        rings: list[str] = []
        for part in shapely.get_parts(shape):
            lines = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
            rings += [self._line(line, closed=part.geom_type == "Polygon") for line in lines]
        return "".join(rings)

    def _line(self, line: shapely.Geometry, *, closed: bool) -> str:
        points = np.rint(self.placed(shapely.get_coordinates(line))).astype(int)
        if closed:
            points = points[:-1]
        steps = np.diff(points, axis=0)
        first, moves = points[0], steps[(steps != 0).any(axis=1)]
        walked = "".join(f"l{x} {y}" for x, y in moves)
        return f"M{first[0]} {first[1]}{walked}{'Z' if closed else ''}"

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
    for zone, shape in zones.items():
        yield f'<path d="{sheet.path(shape)}" fill="{layers.colours[str(zone)]}" fill-opacity="0.42"/>'
    for shapes, look in ((layers.water, f'fill="{WATER}"'), (layers.roads, _stroke("#8a8f98", 3))):
        if shapes is not None and len(shapes):
            seen = shapes[shapes.intersects(sheet.window)].intersection(sheet.window)
            seen = seen.simplify(_FINEST / sheet.scale)
            paths = "".join(sheet.path(shape) for shape in _drawable(seen))
            yield f'<path d="{paths}" {look}/>'
    yield f'<path d="{"".join(map(sheet.path, grids))}" {_stroke("#6b7280", 1.2)}/>'
    hatched = grids[grids.index.isin(layers.marked.keys())]
    if len(hatched):
        paths = "".join(map(sheet.path, hatched))
        yield f'<path d="{paths}" fill="url(#marked)" fill-opacity="0.55" stroke="#1a1a1a" stroke-width="2.4"/>'
    yield f'<path d="{"".join(map(sheet.path, zones))}" {_stroke("#ffffff", 9, opacity=0.7)}/>'
    yield f'<path d="{"".join(map(sheet.path, zones))}" {_stroke(INK, 4.5)}/>'
    stations = sheet.simple(layers.stations)
    if len(stations):
        paths = "".join(map(sheet.path, stations))
        yield f'<path d="{paths}" {_stroke("#7a1f1f", 9)} stroke-dasharray="36 10 6 10"/>'


def _drawable(shapes: Iterable[shapely.Geometry]) -> Iterator[shapely.Geometry]:
    for shape in shapes:
        for part in shapely.get_parts(shape):
            if part.geom_type in ("Polygon", "LineString") and not part.is_empty:
                yield part


def _labels(sheet: _Sheet) -> Iterator[str]:
    layers, room = sheet.layers, LabelRoom(sheet.map_width, sheet.map_height)
    # The north arrow stands there.
    room.place("   ", sheet.map_width - 60, 90, sizes=(120,), fixed=True)
    if len(layers.stations) > 1:
        for name, (x, y) in _points(sheet, layers.stations, layers.station_names):
            if label := room.place(name, x, y, sizes=(12 * _PT, 10 * _PT)):
                yield _text(label, "#7a1f1f", halo=12)
    for name, (x, y) in _points(sheet, layers.zones, layers.zone_names):
        if label := room.place(name, x, y, sizes=(8.5 * _PT, 7 * _PT, 5.5 * _PT)):
            yield _text(label, "#111111", halo=9)
    marked = layers.grids[layers.grids.index.isin(layers.marked.keys())]
    for name, (x, y) in _points(sheet, marked, {grid: str(n) for grid, n in layers.marked.items()}):
        if label := room.place(name, x, y, sizes=(6 * _PT, 5 * _PT), fixed=True):
            yield _text(label, "#8b0000", halo=7)


def _points(
    sheet: _Sheet, shapes: gpd.GeoSeries, names: Mapping[str, str]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the name and the middle of each polygon, the largest first."""
    drawn = shapes[~(shapes.isna() | shapes.is_empty)]
    order = np.lexsort((np.asarray(drawn.index, dtype=str), -shapely.area(drawn.to_numpy())))
    for label, shape in drawn.iloc[order].items():
        largest = max(shapely.get_parts(shape), key=shapely.area)
        middle = shapely.centroid(largest)
        if not largest.contains(middle):
            middle = shapely.point_on_surface(largest)
        yield str(names.get(str(label), label)), sheet.placed(shapely.get_coordinates(middle))[0]


def _heading(sheet: _Sheet, text: MapText) -> Iterator[str]:
    size = min(15 * _PT, (sheet.width - 2 * _MARGIN) * 0.8 / max(_wide(text.title), 1))
    yield _plain(text.title, sheet.width / 2, 78, size, anchor="middle")
    yield _plain(text.mark, _MARGIN, 60, 9 * _PT, colour="#b00020")


def _beneath(sheet: _Sheet, text: MapText, t: Words) -> Iterator[str]:
    y = sheet.height - _BOTTOM + 45
    length = _round_length(_BAR_SHARE * sheet.map_width / sheet.scale)
    wide = length * sheet.scale
    yield f'<path d="M{_MARGIN:g} {y - 12:g}v16h{wide:.1f}v-16" {_stroke(INK, 4)}/>'
    yield _plain(t.length(length), _MARGIN + wide + 15, y + 6, 8 * _PT)
    x = _MARGIN + wide + 190
    for look, words in _legend(sheet, text, t):
        yield f'<g transform="translate({x:.0f} {y - 26:.0f})">{look}</g>'
        yield _plain(words, x + 75, y + 4, 8 * _PT)
        x += 75 + _wide(words) * 8 * _PT + 45
    size = min(7 * _PT, (sheet.width - 2 * _MARGIN) / max(_wide(text.credit), 1))
    yield _plain(text.credit, sheet.width - _MARGIN, sheet.height - 25, size, anchor="end", colour="#555555")


def _legend(sheet: _Sheet, text: MapText, t: Words) -> Iterator[tuple[str, str]]:
    if sheet.layers.marked:
        look = '<rect width="60" height="36" fill="url(#marked)" fill-opacity="0.55" stroke="#1a1a1a" stroke-width="2.4"/>'
        yield look, text.marked
    yield f'<path d="M0 18h60" {_stroke(INK, 4.5)}/>', t("paper.map_zones")
    if len(sheet.layers.stations):
        yield f'<path d="M0 18h60" {_stroke("#7a1f1f", 9)} stroke-dasharray="36 10 6 10"/>', t("paper.map_stations")
    yield f'<path d="M0 18h60" {_stroke("#6b7280", 1.2)}/>', t("paper.map_grids")


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


def _plain(text: str, x: float, y: float, size: float, *, anchor: str = "start", colour: str = "#111111") -> str:
    at = f'x="{x:.0f}" y="{y:.0f}" font-size="{size:.1f}" text-anchor="{anchor}"'
    return f'<text {at} fill="{colour}">{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    return html.escape(_NOT_IN_XML.sub("", text))


def _stroke(colour: str, width: float, *, opacity: float = 1.0) -> str:
    faint = "" if opacity == 1 else f' stroke-opacity="{opacity:g}"'
    return f'fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{faint}'


def _wide(text: str) -> float:
    from ui.paper.map_labels import text_width

    return text_width(text)


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres)


def _colour(turn: int) -> str:
    base = ZONE_COLOURS[turn % len(ZONE_COLOURS)]
    shade = 0.7 ** (turn // len(ZONE_COLOURS))
    return "#" + "".join(f"{round(int(base[i : i + 2], 16) * shade):02x}" for i in (1, 3, 5))
