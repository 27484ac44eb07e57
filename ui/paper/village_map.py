"""平安地图: a village on paper (SVG), with grids, roads, posts, facilities, and what lies around."""

from __future__ import annotations

import math
import os.path
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.schemas import CLASS, GRID_ID, NAME, VILLAGE_ID
from ui.maps.palette import INK
from ui.paper.drawing import (
    FINEST,
    FONT,
    PT,
    Sheet,
    escaped,
    haloed,
    north_arrow,
    plain,
    scale_bar,
    stroke,
)
from ui.paper.map_labels import LabelRoom, shortened, text_width
from ui.paper.village_marks import HALF, drawn_mark, known_kinds, placed_marks, sign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from ui.names import PlaceNames
    from ui.paper.map_labels import Box
    from ui.paper.village_ground import VillageGround
    from ui.paper.village_marks import Mark
    from ui.words import Words

# A village within one street is shown with what lies around it.
_LEAST_SPAN_M = 300.0
# Share of what is shown that lies around the village.
_AROUND = 0.05
# Share of a name that has to lie in what it names.
_INSIDE = 0.85
# A name follows its road only where the road is this straight.
_STRAIGHT = 0.96
# Of a grid's code at least so much is shown.
_CODE_LEFT = 3
# From the narrowest to the widest: class, width in tenths of a millimetre, colour.
_ROADS = (
    ("path", 2.0, "#b9a88c"),
    ("track", 2.0, "#b9a88c"),
    ("service", 2.5, "#d5d8dc"),
    ("residential", 3.5, "#c9ced4"),
    ("", 3.5, "#c9ced4"),
    ("tertiary", 7.0, "#ffffff"),
    ("secondary", 9.0, "#fbe9b0"),
    ("primary", 11.0, "#f7cf75"),
    ("trunk", 12.0, "#f2b04e"),
    ("motorway", 13.0, "#e58f3a"),
)
_EDGED = ("tertiary", "secondary", "primary", "trunk", "motorway")


@dataclass(frozen=True, kw_only=True)
class MapLook:
    """
    How a map is drawn.

    Parameters
    ----------
    size_mm
        Width and height with the legend.
    grown
        How much larger letters and signs are than on A4.
    grey
        Without colours.
    """

    size_mm: tuple[float, float]
    grown: float = 1.0
    grey: bool = False

    @property
    def half(self) -> float:
        """Half a sign's side."""
        return HALF * self.grown

    def colour(self, colour: str) -> str:
        """Return a colour, or the grey that is as dark."""
        if not self.grey:
            return colour
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return "#" + f"{round(0.299 * red + 0.587 * green + 0.114 * blue):02x}" * 3


def village_map(
    ground: VillageGround, village: str, look: MapLook, *, names: PlaceNames, credit: str, t: Words
) -> str:
    """Return the map of a village with its legend; "" where the village has no polygon."""
    if village not in ground.villages.index:
        return ""
    return _Drawing(ground, village, look, names=names, credit=credit, t=t).svg()


class _Drawing:
    """A village's map while it is drawn."""

    def __init__(
        self,
        ground: VillageGround,
        village: str,
        look: MapLook,
        *,
        names: PlaceNames,
        credit: str,
        t: Words,
    ) -> None:
        self.ground, self.village, self.look, self.t = ground, village, look, t
        self.names, self.credit = names, credit
        self.shape = ground.villages[village]
        shapely.prepare(self.shape)
        self.own = {
            "posts": ground.posts[ground.posts[VILLAGE_ID] == village],
            "facilities": ground.facilities[ground.facilities[VILLAGE_ID] == village],
        }
        self.grids = ground.grids[ground.grids[VILLAGE_ID] == village].set_index(GRID_ID).geometry
        self.codes, self.left_out = _short_codes([str(grid) for grid in self.grids.index], village)
        self.wide = look.size_mm[0] * 10
        self.rows = self._legend_rows()
        self.beneath = (62 + len(self.rows) * 46) * look.grown
        self.sheet = Sheet(_bounds(self.shape), self.wide, look.size_mm[1] * 10 - self.beneath)
        self.room = LabelRoom(self.sheet.width, self.sheet.height)
        # The north arrow stands there.
        self.room.keep_free((self.sheet.width - 110, 0, self.sheet.width, 140))

    def svg(self) -> str:
        wide, high = self.sheet.width, self.sheet.height
        ground, labels = [*self._ground()], [*self._labels()]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.look.size_mm[0]:g}mm" '
                f'height="{self.look.size_mm[1]:g}mm" viewBox="0 0 {wide:g} {high + self.beneath:g}" '
                f'font-family="{FONT}">',
                f'<clipPath id="frame"><rect width="{wide:g}" height="{high:g}"/></clipPath>',
                f'<g clip-path="url(#frame)"><rect width="{wide:g}" height="{high:g}" fill="#f3f3f0"/>',
                *ground,
                *labels,
                "</g>",
                f'<rect x="2" y="2" width="{wide - 4:g}" height="{high - 4:g}" {stroke(INK, 4)}/>',
                north_arrow(wide - 60, 90),
                *self._beneath(),
                "</svg>",
            ]
        )

    def _ground(self) -> Iterator[str]:
        sheet, look = self.sheet, self.look
        own = sheet.paths(_series(self.shape, self.ground.villages).simplify(FINEST / sheet.scale))[0]
        yield f'<path d="{own}" fill="#ffffff" fill-rule="evenodd"/>'
        water = self.ground.seen(self.ground.water, sheet.window).geometry
        if len(water):
            path = "".join(sheet.paths(water.simplify(FINEST / sheet.scale)))
            yield f'<path d="{path}" fill="{look.colour("#bfdcec")}" fill-rule="evenodd"/>'
        yield from self._road_lines()
        frame = f"M0 0H{sheet.width:g}V{sheet.height:g}H0Z"
        yield f'<path d="{frame}{own}" fill="#f3f3f0" fill-opacity="0.6" fill-rule="evenodd"/>'
        others = self._neighbours()
        if len(others):
            # Two neighbours share a border: dashes drawn twice would be a line.
            edges = shapely.line_merge(shapely.union_all(others.simplify(FINEST / sheet.scale).boundary))
            path = "".join(sheet.paths(_series(edges, others)))
            yield f'<path d="{path}" {stroke("#8b8f96", 3)} stroke-dasharray="16 9"/>'
        if len(self.grids):
            yield f'<path d="{"".join(sheet.paths(sheet.simple(self.grids)))}" {_grid_line(look)}/>'
        yield f'<path d="{own}" {stroke(look.colour("#c0392b"), 20, opacity=0.25)}/>'
        yield f'<path d="{own}" {stroke(look.colour("#8e1b12"), 6)}/>'

    def _road_lines(self) -> Iterator[str]:
        seen = self.ground.seen(self.ground.roads, self.sheet.window)
        paths = {}
        for kind, width, colour in _ROADS:
            mine = seen.geometry[seen[CLASS] == kind]
            if len(mine):
                lines = mine.simplify(FINEST / self.sheet.scale)
                paths[kind] = "".join(self.sheet.paths(lines)), width, self.look.colour(colour)
        # Edges first: where roads meet, none cuts through another.
        for kind, (path, width, _) in paths.items():
            if kind in _EDGED:
                yield f'<path d="{path}" {stroke("#8f959d", width + 3)} stroke-linecap="round"/>'
        for path, width, colour in paths.values():
            yield f'<path d="{path}" {stroke(colour, width)} stroke-linecap="round"/>'

    def _labels(self) -> Iterator[str]:
        look, half, points = self.look, self.look.half, PT * self.look.grown
        marks: list[Mark] = []
        for table, places in self.own.items():
            inside = places[places.intersects(self.sheet.window)]
            marks += placed_marks(inside, table, self.sheet, self.room, half=half)
        signs = [drawn_mark(mark, half=half, grey=look.grey, t=self.t) for mark in reversed(marks)]
        codes = [*self._grid_codes([10 * points, 8.5 * points, 7 * points, 6 * points])]
        yield from self._road_names(6.5 * points)
        yield from signs
        yield from codes
        yield from self._mark_names([mark for mark in marks if mark.box], 6.5 * points)
        yield from self._area_names(7 * points)

    def _grid_codes(self, sizes: Sequence[float]) -> Iterator[str]:
        ink = self.look.colour("#0b4f9c")
        for grid, shape in self.grids.items():
            x, y = self._middle(shape)
            for share in (_INSIDE, 0.5):
                fits = partial(self._lies_on, shape, share)
                if label := self.room.place([self.codes[str(grid)]], x, y, sizes=sizes, fits=fits):
                    yield haloed(label, ink, halo=9)
                    break

    def _mark_names(self, marks: Sequence[Mark], size: float) -> Iterator[str]:
        for mark in marks:
            if not mark.name or mark.box is None:
                continue
            text = shortened(mark.name.removeprefix(self.names("villages", self.village)) or mark.name)
            box = self.room.take(_beside(mark.box, text_width(text) * size + 6, size * 1.15))
            if box is not None:
                ink = "#111111" if mark.table == "posts" else "#3c3c3c"
                yield _lifted(text, (box[0] + box[2]) / 2, box[3] - 0.28 * size, size, ink)

    def _road_names(self, size: float) -> Iterator[str]:
        """Yield the names of roads along them, once each, the widest roads first."""
        roads = self.ground.seen(self.ground.roads, self.sheet.window)
        roads = roads[roads[NAME] != ""]
        turns = {kind: turn for turn, (kind, _, _) in enumerate(_ROADS)}
        order = roads[CLASS].map(turns).groupby(roads[NAME]).max().sort_values(ascending=False, kind="stable")
        for name in order.index:
            lines = shapely.line_merge(shapely.union_all(roads.geometry[roads[NAME] == name].to_numpy()))
            # In the village if it can be, else beyond its border.
            for area in (self.shape, self.sheet.window):
                if drawn := self._along(shortened(str(name)), shapely.intersection(lines, area), size):
                    yield drawn
                    break

    def _along(self, text: str, lines: shapely.Geometry, size: float) -> str:
        """Return a text along the longest of some lines where it is straight and there is room, or ""."""
        parts = [part for part in shapely.get_parts(lines) if part.geom_type == "LineString"]
        if not parts:
            return ""
        line = max(parts, key=shapely.length)
        long = text_width(text) * size * 1.08 / self.sheet.scale
        for share in (0.5, 0.35, 0.65, 0.2, 0.8):
            start = line.length * share - long / 2
            if start < 0 or start + long > line.length:
                continue
            ends = np.array([line.interpolate(start + step).coords[0] for step in (0.0, long)])
            (left, top), (right, bottom) = self.sheet.placed(ends)
            chord = math.hypot(right - left, bottom - top)
            if chord < _STRAIGHT * long * self.sheet.scale:
                continue
            count = max(round(chord / size), 1)
            at = [(i + 0.5) / count for i in range(count)]
            mids = [(left + (right - left) * s, top + (bottom - top) * s) for s in at]
            reach = size * 0.55
            if not self.room.take_all([(x - reach, y - reach, x + reach, y + reach) for x, y in mids]):
                continue
            turn = math.degrees(math.atan2(bottom - top, right - left))
            turn = turn - 180 if turn > 90 else turn + 180 if turn < -90 else turn
            x, y = (left + right) / 2, (top + bottom) / 2
            ink = self.look.colour("#6b4a12")
            rotated = f'<g transform="translate({x:.0f} {y:.0f}) rotate({turn:.0f})">'
            return rotated + _lifted(text, 0, 0.36 * size, size, ink) + "</g>"
        return ""

    def _area_names(self, size: float) -> Iterator[str]:
        """Yield the names of waters, and of the villages around."""
        named = self.ground.water[self.ground.water[NAME] != ""]
        for row in self.ground.seen(named, self.sheet.window).itertuples():
            yield from self._area_name(row.geometry, row.name, size, self.look.colour("#1c6a94"), 0.6)
        for village, shape in self._neighbours().items():
            name = self.names("villages", village)
            yield from self._area_name(shape, name, size * 1.1, "#6c7178", 0.6)

    def _area_name(
        self, shape: shapely.Geometry, name: str, size: float, ink: str, share: float
    ) -> Iterator[str]:
        part = shapely.intersection(shapely.make_valid(shape), self.sheet.window)
        if part.is_empty:
            return
        x, y = self._middle(part)
        fits = partial(self._lies_on, part, share)
        if label := self.room.place([name], x, y, sizes=(size, size * 0.85), fits=fits):
            yield haloed(label, ink, halo=8)

    def _neighbours(self) -> gpd.GeoSeries:
        villages = self.ground.villages
        near = np.sort(villages.sindex.query(self.sheet.window, predicate="intersects"))
        seen = villages.iloc[near]
        return seen[seen.index != self.village]

    def _middle(self, shape: shapely.Geometry) -> tuple[float, float]:
        largest = max(shapely.get_parts(shape), key=shapely.area)
        middle = shapely.centroid(largest)
        if not largest.contains(middle):
            middle = shapely.point_on_surface(largest)
        x, y = self.sheet.placed(shapely.get_coordinates(middle))[0]
        return float(x), float(y)

    def _lies_on(self, shape: shapely.Geometry, share: float, box: Box) -> bool:
        return self.sheet.share_inside(shape, box) >= share

    def _legend(self) -> Iterator[tuple[str, str]]:
        """Yield what signs stand for: a drawing 60 wide around its middle line, and the words."""
        t, look = self.t, self.look
        line = '<path d="M-28 0h56" {}/>'
        edge = line.format(stroke(look.colour("#c0392b"), 16, opacity=0.25))
        yield edge + line.format(stroke(look.colour("#8e1b12"), 6)), t("sheet.legend_village")
        if len(self.grids):
            yield line.format(_grid_line(look)), self._grid_words()
        yield line.format(stroke("#8b8f96", 3) + ' stroke-dasharray="16 9"'), t("sheet.legend_neighbours")
        for table, places in self.own.items():
            counts = Counter(places["kind"])
            order = [*known_kinds(table), *sorted(set(counts) - {*known_kinds(table)})]
            for kind in (kind for kind in order if counts[kind]):
                name = t.name(_GROUP[table], kind) if kind else t(f"sheet.{table}")
                drawn = sign(table, kind, 0, 0, half=HALF, grey=look.grey, t=t)
                yield drawn, t("sheet.legend_count", name=name, count=t.number(counts[kind]))

    def _grid_words(self) -> str:
        if self.left_out:
            return self.t("sheet.legend_grids_short", code=self.left_out)
        return self.t("sheet.legend_grids")

    def _legend_rows(self) -> list[str]:
        """Return the legend's rows, each a drawing as wide as the map."""
        size, grown = 7 * PT, self.look.grown
        rows: list[str] = []
        x = 0.0
        for drawn, words in self._legend():
            signs = 62 if "M-28" in drawn else 2 * HALF + 6
            long = signs + 8 + text_width(words) * size + 24
            if not rows or x + long > self.wide / grown:
                rows.append("")
                x = 0.0
            rows[-1] += f'<g transform="translate({x + signs / 2:.0f} 0)">{drawn}</g>'
            rows[-1] += plain(words, x + signs + 8, 0.36 * size, size)
            x += long
        return rows

    def _beneath(self) -> Iterator[str]:
        """Yield the scale with the credit line, then the legend."""
        sheet, grown, t = self.sheet, self.look.grown, self.t
        bar, length = scale_bar(sheet, 4, sheet.height + 36 * grown, t)
        yield bar
        ratio = t("sheet.scale", ratio=t.number(_two_digits(10_000 / sheet.scale)))
        yield plain(ratio, length + 140, sheet.height + 42 * grown, 7 * PT * grown)
        left = length + 160 + text_width(ratio) * 7 * PT * grown
        size = min(6.5 * PT * grown, (sheet.width - left) / max(text_width(self.credit), 1))
        y = sheet.height + 40 * grown
        yield plain(self.credit, sheet.width - 4, y, size, anchor="end", colour="#444444")
        for number, row in enumerate(self.rows):
            down = sheet.height + (62 + 46 * number + 20) * grown
            yield f'<g transform="translate(4 {down:.0f}) scale({grown:g})">{row}</g>'


_GROUP = {"posts": "post", "facilities": "facility"}


def _grid_line(look: MapLook) -> str:
    return stroke(look.colour("#0b4f9c"), 2.6)


def _short_codes(grids: Sequence[str], village: str) -> tuple[dict[str, str], str]:
    """Return grids' codes without what all of them begin with, and what was left out."""
    whole = os.path.commonprefix(grids)
    least = min((len(grid) for grid in grids), default=0) - _CODE_LEFT
    shared = (
        village if whole.startswith(village) and len(village) < least + _CODE_LEFT else whole[: max(least, 0)]
    )
    if len(shared) < _CODE_LEFT:
        shared = ""
    return {grid: grid[len(shared) :] for grid in grids}, shared


def _bounds(shape: shapely.Geometry) -> tuple[float, float, float, float]:
    west, south, east, north = shape.bounds
    around = _AROUND * max(east - west, north - south)
    wide = max((_LEAST_SPAN_M - (east - west)) / 2, around)
    high = max((_LEAST_SPAN_M - (north - south)) / 2, around)
    return west - wide, south - high, east + wide, north + high


def _series(shape: shapely.Geometry, like: gpd.GeoSeries) -> gpd.GeoSeries:
    return type(like)([shape], crs=like.crs)


def _beside(box: Box, wide: float, high: float) -> Iterator[Box]:
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    for at, up in (
        (right + 4, y - high / 2),
        (left - 4 - wide, y - high / 2),
        (x - wide / 2, bottom + 2),
        (x - wide / 2, top - 2 - high),
    ):
        yield at, up, at + wide, up + high


def _lifted(text: str, x: float, y: float, size: float, ink: str) -> str:
    """Return a line of text around a point on a pale edge."""
    at = f'x="{x:.0f}" y="{y:.0f}" font-size="{size:.1f}" text-anchor="middle"'
    pale = 'fill="#ffffff" stroke="#ffffff" stroke-width="7" stroke-linejoin="round" aria-hidden="true"'
    return f'<text {at} {pale}>{escaped(text)}</text><text {at} fill="{ink}">{escaped(text)}</text>'


def _two_digits(value: float) -> float:
    power = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(value / power) * power
