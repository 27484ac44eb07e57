"""Printed maps of patrols (SVG): a team's round with its stops in order, and all rounds of a day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.schemas import CLASS, VILLAGE_ID
from geo.coverage import has_shape
from ui.maps.palette import INK, ZONE_COLOURS
from ui.paper.drawing import FINEST, FONT, PT, Sheet, haloed, north_arrow, plain, scale_bar, stroke
from ui.paper.map_labels import Label, LabelRoom, shortened, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from planning.patrol.plan import Route
    from ui.paper.map_labels import Box
    from ui.paper.patrol_day import PatrolDay

_MAIN_ROADS = ("motorway", "trunk", "primary", "secondary")
# So many minor roads still leave a map in which the round stands out.
_MINOR_AT_MOST = 2_500
# A round within one street is shown with what lies around it.
_LEAST_SPAN_M = 400.0
# Share of a village's name that has to lie in it.
_NAME_INSIDE = 0.85
_ROUND, _WATER, _VILLAGE = "#0b3d91", "#dde7ee", "#9aa3ad"
# Tenths of a millimetre: how far a way is drawn to the right of the road's middle, so that there and back
# are two lines, and how far apart its arrows are.
_ASIDE, _ARROW_EVERY, _ARROW_FROM = 7.0, 260.0, 120.0
# Half a marker's side, and what stands beneath the frame.
_MARKER, _BENEATH = 27.0, 62.0
# How far from its place a marker may stand, and in how many directions it looks for room.
_RINGS, _WAYS_AROUND = (70.0, 105.0, 150.0, 200.0, 260.0), 16
# From so many teams on, those without room at their place have no sign on the overview.
_CROWD = 60
_DASHES = ("", "45 14", "20 14")
_EDGE, _PALE_EDGE = 'stroke="#111" stroke-width="7"', 'stroke="#fff" stroke-width="5"'


class PatrolGround:
    """
    What the maps of a day are drawn on: villages, water, roads.

    Parameters
    ----------
    day
        Its tables may lack any of them.
    """

    def __init__(self, day: PatrolDay) -> None:
        self.day, self.crs = day, day.places.crs

    @cached_property
    def villages(self) -> gpd.GeoSeries:
        """Polygons by village_id."""
        rows = self._rows("villages")
        return rows.set_index(VILLAGE_ID).geometry if len(rows) else rows.geometry

    @cached_property
    def water(self) -> gpd.GeoSeries:
        """Polygons."""
        return self._rows("water").geometry

    @cached_property
    def roads(self) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
        """The main roads, and the others."""
        rows = self._rows("roads")
        main = rows[CLASS].isin(_MAIN_ROADS) if CLASS in rows else pd.Series(True, index=rows.index)
        return rows[main].geometry, rows[~main].geometry

    def _rows(self, table: str) -> gpd.GeoDataFrame:
        rows = self.day.tables.get(table)
        if not isinstance(rows, gpd.GeoDataFrame):
            return gpd.GeoDataFrame(geometry=[], crs=self.crs)
        return rows[has_shape(rows.geometry)].to_crs(self.crs)


@dataclass(frozen=True)
class _Mark:
    """A marker: what it says, its look (``post``, ``stop`` or a colour), its place, where it found room."""

    text: str
    look: str
    at: tuple[float, float]
    box: Box

    @property
    def middle(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


def team_map(ground: PatrolGround, route: Route, *, width_mm: float, height_mm: float) -> str:
    """Return the map of a team's round: its way with arrows, its stops numbered in order, its post."""
    day = ground.day
    legs = day.legs_of(route).geometry
    spots = day.places.loc[day.calls(route)[:-1]]
    sheet = Sheet(bounds_of([legs, spots]), width_mm * 10, height_mm * 10 - _BENEATH)
    room = label_room(sheet)
    points = sheet.placed(shapely.get_coordinates(spots.to_numpy()))
    texts = [day.t("patrol_paper.map_post"), *(str(n) for n in range(1, len(spots)))]
    looks = ["post", *["stop"] * len(route.visits)]
    marks = [*_marks(points, texts, looks, room)]
    names = [day.post(route.team_id), *(day.stop(visit.stop_id) for visit in route.visits)]
    ways = [line for leg in legs if (line := aside(sheet, leg)) is not None]
    return framed(
        sheet,
        day,
        [
            *land(sheet, ground),
            *way_lines(ways, _ROUND, width=11),
            *(arrow for line in ways for arrow in arrows(line, _ROUND)),
            *_marker_names(marks, names, room, shapely.union_all(ways)),
            *village_names(sheet, ground, room, names),
            *(_marker(mark) for mark in marks[::-1]),
        ],
    )


def overview_map(ground: PatrolGround, *, width_mm: float, heights_mm: tuple[float, float]) -> str:
    """
    Return the map of all rounds, each with its sign at its farthest stop; posts are squares.

    Parameters
    ----------
    heights_mm
        The least and the greatest: it is as high as the district's shape asks.
    """
    day = ground.day
    routes = day.plan.routes
    legs = day.legs.geometry
    starts = [day.calls(route)[0] for route in routes]
    places = day.places.loc[[*starts, *(_farthest(day, route) for route in routes)]]
    bounds = bounds_of([legs, places, ground.villages])
    asked = width_mm * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0])
    height_mm = min(max(asked, heights_mm[0]), heights_mm[1])
    sheet = Sheet(bounds, width_mm * 10, height_mm * 10 - _BENEATH)
    room, points = label_room(sheet), sheet.placed(shapely.get_coordinates(places.to_numpy()))
    colours = [ZONE_COLOURS[number % len(ZONE_COLOURS)] for number in range(len(routes))]
    drawn = land(sheet, ground, main=4)
    for number, route in enumerate(routes):
        ways = [line for leg in day.legs_of(route).geometry if (line := aside(sheet, leg)) is not None]
        drawn += way_lines(ways, colours[number], width=6, dashes=_DASHES[number % len(_DASHES)])
    for x, y in points[: len(routes)]:
        drawn.append(
            f'<rect x="{x - 11:.0f}" y="{y - 11:.0f}" width="22" height="22" fill="#fff" '
            f'stroke="{INK}" stroke-width="5"/>'
        )
    badges = [day.badge(route) for route in routes]
    marks = _marks(points[len(routes) :], badges, colours, room, every=False)
    return framed(sheet, day, [*drawn, *(_marker(mark) for mark in [*marks][::-1])])


def _farthest(day: PatrolDay, route: Route) -> str:
    """Return the label of the stop that is farthest from where a round begins."""
    start, *stops, _ = day.calls(route)
    return stops[int(day.places.loc[stops].distance(day.places[start]).to_numpy().argmax())]


def bounds_of(layers: Iterable[gpd.GeoSeries]) -> tuple[float, float, float, float]:
    """Return what holds all layers, no narrower than a street."""
    boxes = np.array([layer.total_bounds for layer in layers if len(layer)])
    west, south = np.nanmin(boxes[:, :2], axis=0)
    east, north = np.nanmax(boxes[:, 2:], axis=0)
    wide, high = (max((_LEAST_SPAN_M - span) / 2, 0.0) for span in (east - west, north - south))
    return west - wide, south - high, east + wide, north + high


def label_room(sheet: Sheet) -> LabelRoom:
    """Return the room for names on a map, the north arrow's taken."""
    room = LabelRoom(sheet.width, sheet.height)
    # The north arrow stands there.
    room.keep_free((sheet.width - 110, 0, sheet.width, 140))
    return room


def framed(sheet: Sheet, day: PatrolDay, parts: Sequence[str]) -> str:
    """Return what was drawn in its frame, the scale and the credit line beneath."""
    wide, high = sheet.width, sheet.height
    bar, length = scale_bar(sheet, 4, high + 44, day.t)
    size = min(7 * PT, (wide - length - 250) / max(text_width(day.credit), 1))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide / 10:g}mm" '
            f'height="{(high + _BENEATH) / 10:g}mm" viewBox="0 0 {wide:g} {high + _BENEATH:g}" '
            f'font-family="{FONT}">',
            f'<clipPath id="frame"><rect width="{wide:g}" height="{high:g}"/></clipPath>',
            f'<rect width="{wide:g}" height="{high:g}" fill="#ffffff"/><g clip-path="url(#frame)">',
            *parts,
            "</g>",
            f'<rect x="2" y="2" width="{wide - 4:g}" height="{high - 4:g}" {stroke(INK, 4)}/>',
            north_arrow(wide - 60, 90),
            bar,
            plain(day.credit, wide - 4, high + 50, size, anchor="end", colour="#444444"),
            "</svg>",
        ]
    )


def land(sheet: Sheet, ground: PatrolGround, *, main: float = 8) -> list[str]:
    """Return villages, water and roads: pale, so that the round stands out in black and white too."""
    drawn = []
    if len(water := _seen(sheet, ground.water)):
        drawn.append(
            f'<path d="{"".join(sheet.paths(water.simplify(FINEST / sheet.scale)))}" fill="{_WATER}"/>'
        )
    if len(villages := _seen(sheet, ground.villages)):
        outline = f'{stroke(_VILLAGE, 3)} stroke-dasharray="14 9"'
        drawn.append(f'<path d="{"".join(sheet.paths(villages.simplify(FINEST / sheet.scale)))}" {outline}/>')
    large, small = (_seen(sheet, roads) for roads in ground.roads)
    for roads, colour, width in ((small, "#d3d7dc", 3), (large, "#b4bac2", main)):
        if len(roads) and (roads is large or len(roads) <= _MINOR_AT_MOST):
            simple = roads.simplify(FINEST / sheet.scale)
            drawn.append(f'<path d="{"".join(sheet.paths(simple))}" {stroke(colour, width)}/>')
    return drawn


def _seen(sheet: Sheet, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    return shapes.iloc[np.sort(shapes.sindex.query(sheet.window, predicate="intersects"))]


def way_lines(
    ways: Sequence[shapely.LineString], colour: str, *, width: float, dashes: str = ""
) -> list[str]:
    """Return ways on paper as one path on a pale edge; dashes tell them apart in black and white."""
    if not ways:
        return []
    runs = [np.rint(shapely.get_coordinates(line)).astype(int) for line in ways]
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in run.tolist()) for run in runs)
    ends = 'stroke-linecap="round"'
    return [
        f'<path d="{path}" {stroke("#ffffff", width + 7)} {ends}/>',
        f'<path d="{path}" {stroke(colour, width)} {ends} stroke-dasharray="{dashes or "none"}"/>',
    ]


def aside(sheet: Sheet, leg: shapely.Geometry | None) -> shapely.LineString | None:
    """Return a way on paper, a little to the right of who travels; None for what is too short to be seen."""
    if leg is None or leg.is_empty:
        return None
    placed = sheet.placed(shapely.get_coordinates(leg))
    if len(placed) < 2 or not np.ptp(placed, axis=0).any():
        return None
    line = shapely.LineString(placed).simplify(1.5)
    # Down the page is south: what is to the left in numbers is to the right of who travels.
    moved = shapely.offset_curve(line, _ASIDE, join_style="round", quad_segs=2)
    usable = moved.geom_type == "LineString" and not moved.is_empty and moved.length > 0.5 * line.length
    return moved if usable else line


def arrows(line: shapely.LineString, colour: str) -> Iterator[str]:
    """Yield arrow heads in the direction of travel, on a pale edge; none on a leg too short for them."""
    if line.length < _ARROW_FROM:
        return
    count = max(round(line.length / _ARROW_EVERY), 1)
    for number in range(count):
        at = line.length * (number + 0.5) / count
        behind, tip = (line.interpolate(at + step) for step in (-14, 14))
        turn = math.degrees(math.atan2(tip.y - behind.y, tip.x - behind.x))
        x, y = (behind.x + tip.x) / 2, (behind.y + tip.y) / 2
        yield (
            f'<path transform="translate({x:.0f} {y:.0f}) rotate({turn:.0f})" d="M25 0L-17 -19L-9 0L-17 19Z" '
            f'fill="{colour}" stroke="#fff" stroke-width="4"/>'
        )


def _marks(
    points: NDArray[np.float64],
    texts: Sequence[str],
    looks: Sequence[str],
    room: LabelRoom,
    *,
    every: bool = True,
) -> Iterator[_Mark]:
    """Yield a marker for each place, moved aside where others stand; without room over them, or none."""
    for text, look, (x, y) in zip(texts, looks, points.tolist(), strict=True):
        box = room.take(_boxes_around(x, y, _RINGS if every or len(texts) < _CROWD else ()))
        if box is None and every:
            box = next(_boxes_around(x, y, ()))
        if box is not None:
            yield _Mark(text=text, look=look, at=(x, y), box=box)


def _boxes_around(x: float, y: float, rings: Sequence[float]) -> Iterator[Box]:
    for distance in (0.0, *rings):
        for turn in range(_WAYS_AROUND if distance else 1):
            angle = 2 * math.pi * turn / _WAYS_AROUND - math.pi / 2
            at, up = x + distance * math.cos(angle), y + distance * math.sin(angle)
            yield at - _MARKER, up - _MARKER, at + _MARKER, up + _MARKER


def _marker(mark: _Mark) -> str:
    """Return a marker, with a line to its place where it stands aside of it."""
    x, y = mark.middle
    drawn = ""
    if math.dist(mark.at, (x, y)) > 1:
        to = f"M{x:.0f} {y:.0f}L{mark.at[0]:.0f} {mark.at[1]:.0f}"
        drawn += f'<path d="{to}" {stroke("#ffffff", 8)}/><path d="{to}" {stroke("#111111", 3.5)}/>'
        drawn += f'<circle cx="{mark.at[0]:.0f}" cy="{mark.at[1]:.0f}" r="9" fill="#111"/>'
    size = (9.5 if text_width(mark.text) < 1.6 else 7) * PT
    dark = mark.look == "stop"
    if mark.look == "post":
        corner, side = f'x="{x - _MARKER:.0f}" y="{y - _MARKER:.0f}"', 2 * _MARKER
        drawn += f'<rect {corner} width="{side:g}" height="{side:g}" rx="7" fill="#fff" {_EDGE}/>'
    elif dark:
        drawn += f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{_MARKER:g}" fill="{_ROUND}" {_PALE_EDGE}/>'
    else:
        ring = f'fill="#fff" stroke="{mark.look}" stroke-width="8"'
        drawn += f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{_MARKER - 4:g}" {ring}/>'
    ink = "#ffffff" if dark else "#111111"
    return drawn + plain(mark.text, x, y + 0.36 * size, size, anchor="middle", colour=ink)


def _marker_names(
    marks: Sequence[_Mark], names: Sequence[str], room: LabelRoom, ways: shapely.Geometry
) -> Iterator[str]:
    """Yield the names of the places beside their markers where there is room, off the ways if they can."""
    shapely.prepare(ways)
    for mark, name in zip(marks, names, strict=True):
        for size in (8.5 * PT, 7 * PT):
            text = shortened(name)
            beside = [*_boxes_beside(mark, text_width(text) * size + 8, size * 1.2)]
            beside.sort(key=lambda box: bool(ways.intersects(shapely.box(*box))))
            if (box := room.take(beside)) is not None:
                x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
                yield haloed(Label(lines=(text,), x=x, y=y, size=size), "#111111", halo=9)
                break


def _boxes_beside(mark: _Mark, wide: float, high: float) -> Iterator[Box]:
    x, y = mark.middle
    gap = _MARKER + 5
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        left = x + dx * gap - (wide if dx < 0 else wide / 2 if dx == 0 else 0)
        top = y + dy * (gap if dx == 0 else 0.6 * gap) - (high if dy < 0 else high / 2 if dy == 0 else 0)
        yield left, top, left + wide, top + high


def _lies_on(sheet: Sheet, shape: shapely.Geometry, box: Box) -> bool:
    return sheet.share_inside(shape, box) >= _NAME_INSIDE


def village_names(sheet: Sheet, ground: PatrolGround, room: LabelRoom, taken: Sequence[str]) -> Iterator[str]:
    """Yield the names of the villages in sight that no marker names, where there is room."""
    villages = _seen(sheet, ground.villages)
    for village, shape in villages.items():
        name = ground.day.names("villages", village)
        if name in taken:
            continue
        middle = shapely.point_on_surface(shapely.intersection(shape, sheet.window))
        if middle.is_empty:
            continue
        x, y = sheet.placed(shapely.get_coordinates(middle))[0]
        # One that does not lie in its village is in the way.
        fits = partial(_lies_on, sheet, shape)
        if label := room.place([name], x, y, sizes=(6.5 * PT,), fits=fits):
            yield haloed(label, "#5b6570", halo=7)
