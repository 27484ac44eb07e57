"""Printed maps as vector drawings (SVG): zones before and after, with what changes hatched."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ui.maps.palette import INK, apart
from ui.paper.drawing import FINEST, FONT, PT, Sheet, haloed, north_arrow, plain, scale_bar, stroke
from ui.paper.map_labels import LabelRoom, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from ui.paper.map_labels import Box
    from ui.words import Words

_TOP, _BOTTOM, _MARGIN = 110.0, 190.0, 10.0
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
    wide, high = width_mm * 10, height_mm * 10
    sheet = Sheet(layers.zones.total_bounds, wide - 2 * _MARGIN, high - _TOP - _BOTTOM)
    # Letters may be larger on a larger sheet, if not as much as the ground.
    grown = max(math.sqrt(min(wide, high) / 1820), 1.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm}mm" height="{height_mm}mm" '
        f'viewBox="0 0 {wide:g} {high:g}" font-family="{FONT}">',
        '<defs><pattern id="marked" width="14" height="14" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path d="M0 0V14" stroke="#1a1a1a" stroke-width="4"/></pattern>'
        f'<clipPath id="frame"><rect width="{sheet.width:g}" height="{sheet.height:g}"/></clipPath>'
        "</defs>",
        f'<rect width="{wide:g}" height="{high:g}" fill="#ffffff"/>',
        f'<g transform="translate({_MARGIN:g} {_TOP:g})"><g clip-path="url(#frame)">',
        *_ground(sheet, layers),
        *_labels(sheet, layers, grown=grown),
        "</g>",
        f'<rect width="{sheet.width:g}" height="{sheet.height:g}" fill="none" '
        f'stroke="{INK}" stroke-width="4"/>',
        north_arrow(sheet.width - 60, 90),
        "</g>",
        *_heading(wide, text),
        *_beneath(sheet, layers, text, high, t),
        "</svg>",
    ]
    return "\n".join(parts)


def _ground(sheet: Sheet, layers: MapLayers) -> Iterator[str]:
    zones, grids = sheet.simple(layers.zones), sheet.simple(layers.grids)
    outlines, cells = sheet.paths(zones), sheet.paths(grids)
    for zone, path in zip(zones.index, outlines, strict=True):
        yield f'<path d="{path}" fill="{layers.colours[str(zone)]}" fill-opacity="0.42"/>'
    if layers.roads is not None and len(layers.roads):
        seen = layers.roads[layers.roads.intersects(sheet.window)].simplify(FINEST / sheet.scale)
        yield f'<path d="{"".join(sheet.paths(seen))}" {stroke("#8a8f98", 3)}/>'
    yield f'<path d="{"".join(cells)}" {stroke("#6b7280", 1.2)}/>'
    if hatched := [path for grid, path in zip(grids.index, cells, strict=True) if grid in layers.marked]:
        yield f'<path d="{"".join(hatched)}" {_HATCHED}/>'
    yield f'<path d="{"".join(outlines)}" {stroke("#ffffff", 9, opacity=0.7)}/>'
    yield f'<path d="{"".join(outlines)}" {stroke(INK, 4.5)}/>'
    if len(layers.stations):
        yield f'<path d="{"".join(sheet.paths(sheet.simple(layers.stations)))}" {stroke(_STATION, 8)}/>'


def _labels(sheet: Sheet, layers: MapLayers, *, grown: float) -> Iterator[str]:
    room = LabelRoom(sheet.width, sheet.height)
    # The north arrow stands there.
    room.keep_free((sheet.width - 110, 0, sheet.width, 140))
    several = len(layers.stations) > 1
    if several:
        for name, _, (x, y) in _points(sheet, layers.stations, layers.station_names):
            if label := room.place([name], x, y, sizes=(11 * PT * grown, 9 * PT)):
                yield haloed(label, _STATION, halo=12)
    points = (7, 6, 5) if several else (9, 7.5, 6)
    sizes = [point * PT for point in (*(point * grown for point in points[:-1]), *points[-2:])]
    for names, shape, (x, y) in _points(sheet, layers.zones, layers.zone_names):
        # A label that lies on several zones would be taken for the name of any of them.
        for share in (0.95, 0.75 if several else 0.55):
            fits = partial(_lies_on, sheet, shape, share)
            if label := room.place(names, x, y, sizes=sizes, fits=fits):
                yield haloed(label, "#111111", halo=8)
                break
    marked = layers.grids[layers.grids.index.isin(layers.marked.keys())]
    numbers = {} if several else {grid: str(number) for grid, number in layers.marked.items()}
    for name, shape, (x, y) in _points(sheet, marked if numbers else marked[:0], numbers):
        fits = partial(_lies_on, sheet, shape, 0.6)
        if label := room.place([name], x, y, sizes=(6.5 * PT, 5 * PT), fits=fits):
            yield haloed(label, "#8b0000", halo=7)


def _lies_on(sheet: Sheet, shape: shapely.Geometry, share: float, box: Box) -> bool:
    return sheet.share_inside(shape, box) >= share


def _points(
    sheet: Sheet, shapes: gpd.GeoSeries, names: Mapping[str, Any]
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


def _heading(wide: float, text: MapText) -> Iterator[str]:
    size = min(15 * PT, (wide - 2 * _MARGIN) * 0.8 / max(text_width(text.title), 1))
    yield plain(text.title, wide / 2, 75, size, anchor="middle")
    yield plain(text.mark, _MARGIN, 45, 9 * PT, colour="#b00020")


def _beneath(sheet: Sheet, layers: MapLayers, text: MapText, high: float, t: Words) -> Iterator[str]:
    y = high - _BOTTOM + 45
    bar, wide = scale_bar(sheet, _MARGIN, y, t)
    yield bar
    x = _MARGIN + wide + 190
    for look, words in _legend(layers, t):
        yield f'<g transform="translate({x:.0f} {y - 26:.0f})">{look}</g>'
        yield plain(words, x + 75, y + 4, 8 * PT)
        x += 75 + text_width(words) * 8 * PT + 45
    if layers.marked:
        look = f'<rect width="60" height="36" {_HATCHED}/>'
        yield f'<g transform="translate({_MARGIN:g} {y + 28:.0f})">{look}</g>'
        yield plain(text.marked, _MARGIN + 75, y + 56, 8 * PT)
    size = min(7 * PT, sheet.width / max(text_width(text.credit), 1))
    yield plain(text.credit, sheet.width + _MARGIN, high - 20, size, anchor="end", colour="#555555")


def _legend(layers: MapLayers, t: Words) -> Iterator[tuple[str, str]]:
    yield f'<path d="M0 18h60" {stroke(INK, 4.5)}/>', t("paper.map_zones")
    if len(layers.stations):
        yield f'<path d="M0 18h60" {stroke(_STATION, 8)}/>', t("paper.map_stations")
    yield f'<path d="M0 18h60" {stroke("#6b7280", 1.2)}/>', t("paper.map_grids")
    if layers.roads is not None:
        yield f'<path d="M0 18h60" {stroke("#8a8f98", 3)}/>', t("paper.map_roads")
