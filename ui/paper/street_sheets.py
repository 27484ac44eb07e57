"""街道巡防任务单: a sheet for each team (map, turns in order, lines for names), and a cover for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from ui.maps.palette import ZONE_COLOURS
from ui.paper.drawing import PT, Sheet, haloed, stroke
from ui.paper.layout import breakable
from ui.paper.map_labels import Label
from ui.paper.patrol_map import (
    PatrolGround,
    arrows,
    aside,
    bounds_of,
    framed,
    label_room,
    land,
    village_names,
    way_lines,
)
from ui.paper.typeset import Press

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    import geopandas as gpd

    from planning.patrol.streets.plan import StreetRoute
    from ui.names import PlaceNames
    from ui.paper.map_labels import LabelRoom
    from ui.street_report import StreetReport
    from ui.words import Words

# Of the map, in mm; up to so many legs the turns begin on the first page.
_WIDTH_MM, _MAP_MM, _LARGE_MAP_MM, _ONE_PAGE_LEGS = 186.0, 100.0, 132.0, 24
_COVERED, _PASSED = "#0b3d91", "#a04000"
_HEADS = ("number", "time", "turn", "street", "m", "does")
_MEMBERS = 4


@dataclass(frozen=True, kw_only=True)
class StreetPapers:
    """
    A patrol of streets ready to be printed; what `ui.paper.patrol_map` draws on.

    Parameters
    ----------
    district
        The district's name.
    report
        What there is to say.
    tables, names, credit, t
        As `ui.paper.patrol_day.PatrolDay`.
    """

    district: str
    report: StreetReport
    names: PlaceNames
    credit: str
    t: Words
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def places(self) -> gpd.GeoSeries:
        """Point of each team."""
        return self.report.streets.places

    def day(self) -> str:
        """Return the day as people write it, with its weekday."""
        day, t = self.report.streets.order.date, self.t
        month, weekday = t(f"month.{day.month}"), t(f"weekday.{day.isoweekday()}")
        return t("patrol_paper.day", year=day.year, month=month, day=day.day, weekday=weekday)

    def areas(self) -> str:
        """Return what the areas are called."""
        return self.t.listed(self.report.streets.areas) or self.t("street.listed_roads")


def street_sheets(papers: StreetPapers, *, stamp: datetime) -> bytes:
    """
    Return one PDF: a cover where there are several teams or streets that are not covered, and a sheet a team.

    Parameters
    ----------
    stamp
        When it is made, with its time zone.
    """
    t, report = papers.t, papers.report
    ground = PatrolGround(papers)
    has_cover = len(report.plan.routes) != 1 or len(report.left) or len(report.uncovered)
    document = {
        "lang": t.lang,
        "mark": t("paper.mark"),
        "running": breakable(f"{papers.district} · {papers.day()}"),
        "page_of": t("paper.page_of", page="{page}", pages="{pages}"),
        "title": t("street_paper.title"),
        "cover": _cover(papers, ground) if has_cover else None,
        "teams": [
            _team(papers, ground, number, route) for number, route in enumerate(report.plan.routes, start=1)
        ],
    }
    return Press("streets.typ").set(document, stamp=stamp)


def _cover(papers: StreetPapers, ground: PatrolGround) -> dict[str, Any]:
    t, report = papers.t, papers.report
    figures = report.figures
    left = pd.concat([report.uncovered.assign(code="uncovered"), report.left], ignore_index=True)
    unnamed = (left["name"] == "").sum()
    called = left["name"].where(left["name"] != "", t("street_paper.unnamed", count=t.number(unnamed)))
    lacking = [
        [breakable(str(name)), t.length(m), t(f"street_left.{code}")]
        for (code, name), m in left.groupby(["code", called], sort=False)["m"].sum().items()
    ]
    return {
        "title": t("street_paper.cover_title"),
        "facts": [
            [label, breakable(value)]
            for label, value in (
                (t("patrol_paper.date"), papers.day()),
                (t("street_paper.areas"), papers.areas()),
                (t("patrol_paper.travel_mode"), t.name("travel_mode", figures["travel_mode"])),
                (t("street_paper.sides"), t.name("street_sides", figures["sides"])),
                (t("street_paper.streets"), t.length(1000 * figures["street_km"])),
                (t("patrol_paper.distance"), t.length(1000 * figures["distance_km"])),
                (t("street_paper.passing"), t.percent(figures["passing_share"])),
                (t("street_paper.longest"), t.duration(figures["longest_shift_h"] * 3_600_000)),
            )
        ],
        "warning": "" if report.plan.feasible else t("street_paper.not_all"),
        "map": _overview(papers, ground) if report.plan.routes else "",
        "legend": [["number", t("street_paper.legend_team")]],
        "teams": {
            "title": t("street_paper.teams"),
            "heads": [
                t(f"street_paper.team_{name}")
                for name in ("number", "team", "out", "way", "passing", "leads")
            ],
            "rows": [
                [
                    str(number),
                    breakable(report.team(route.team_id)),
                    _span(t, route),
                    t.length(report.metres(route)[0]),
                    t.percent(report.metres(route)[1] / max(report.metres(route)[0], 1.0)),
                    "",
                ]
                for number, route in enumerate(report.plan.routes, start=1)
            ],
        },
        "lacking": {
            "title": t("street_paper.lacking", count=t.number(len(left))),
            "heads": [t(f"street_column.{name}") for name in ("street", "m", "why")],
            "rows": lacking,
        },
        "proof": report.proof(),
        "signed": [t("patrol_paper.arranged_by"), t("patrol_paper.approved_by"), t("patrol_paper.signed_on")],
    }


def _team(papers: StreetPapers, ground: PatrolGround, number: int, route: StreetRoute) -> dict[str, Any]:
    t, report = papers.t, papers.report
    turns = report.turns(route).to_dict("records")
    row = report.streets.problem.teams.loc[route.team_id]
    small = len(turns) <= _ONE_PAGE_LEGS
    members = int(row.get("members", _MEMBERS) or _MEMBERS)
    return {
        "number": str(number),
        "name": breakable(report.team(route.team_id)),
        "facts": [[label, breakable(value)] for label, value in _facts(papers, route) if value],
        "map": _map(papers, ground, route, height_mm=_MAP_MM if small else _LARGE_MAP_MM),
        "legend": [[kind, t(f"street_paper.legend_{kind}")] for kind in ("covered", "passed", "post")],
        "one_page": small,
        "heads": [t(f"street_column.{name}") for name in _HEADS],
        "rows": [
            {
                "number": str(turn["number"]),
                "time": turn["time"],
                "turn": turn["turn"],
                "street": breakable(turn["street"]),
                "towards": turn["towards"],
                "length": t.length(turn["m"]),
                "does": turn["does"],
                "covers": bool(covers),
            }
            for turn, covers in zip(turns, report.legs_of(route)["covers"], strict=True)
        ],
        "back": t("street_paper.back", time=t.clock(route.start_ms + route.duration_ms)),
        "leader": t("patrol_paper.leader"),
        "members": [t("patrol_paper.members")] * (min(members, 9) - 1),
        "blanks": [t("patrol_paper.vehicle"), t("patrol_paper.radio")],
        "remarks": t("patrol_paper.remarks"),
        "signed": [t("patrol_paper.left_at"), t("patrol_paper.back_at"), t("patrol_paper.checked_by")],
    }


def _facts(papers: StreetPapers, route: StreetRoute) -> Iterator[tuple[str, str]]:
    t, report = papers.t, papers.report
    row = report.streets.problem.teams.loc[route.team_id]
    metres, passing = report.metres(route)
    yield t("patrol_paper.date"), papers.day()
    yield t("patrol_paper.shift"), _clock_span(t, int(row["shift_start_ms"]), int(row["shift_end_ms"]))
    yield t("street_paper.areas"), papers.areas()
    yield t("patrol_paper.post"), report.streets.post or t("patrol_paper.own_base")
    yield t("patrol_paper.travel_mode"), t.name("travel_mode", report.streets.order.travel_mode)
    yield t("street_paper.sides"), t.name("street_sides", report.streets.order.sides)
    yield t("patrol_paper.out"), _span(t, route)
    yield t("street_paper.takes"), t.duration(route.duration_ms)
    yield t("patrol_paper.distance"), t.length(metres)
    yield t("street_paper.passing"), t.percent(passing / metres if metres else 0.0)


def _span(t: Words, route: StreetRoute) -> str:
    return _clock_span(t, route.start_ms, route.start_ms + route.duration_ms)


def _clock_span(t: Words, begin_ms: int, end_ms: int) -> str:
    return f"{t.clock(begin_ms)}–{t.clock(end_ms)}"


def _map(papers: StreetPapers, ground: PatrolGround, route: StreetRoute, *, height_mm: float) -> str:
    """Return the map of a team's round: what it covers, what it passes, numbers where legs begin."""
    legs = papers.report.legs_of(route)
    spot = papers.places.loc[[route.team_id]]
    sheet = Sheet(bounds_of([legs.geometry, spot]), _WIDTH_MM * 10, height_mm * 10 - 62)
    room = label_room(sheet)
    drawn = land(sheet, ground)
    for covers, colour, dashes in ((False, _PASSED, "26 14"), (True, _COVERED, "")):
        placed = (aside(sheet, leg) for leg in legs.loc[legs["covers"] == covers, "geometry"])
        ways = [line for line in placed if line is not None]
        drawn += way_lines(ways, colour, width=9 if covers else 6, dashes=dashes)
        drawn += [arrow for line in ways for arrow in arrows(line, colour)]
    (x, y), *_ = sheet.placed(shapely.get_coordinates(spot.to_numpy())).tolist()
    room.keep_free((x - 26, y - 26, x + 26, y + 26))
    numbers = [*_numbers(sheet, room, legs)]
    return framed(sheet, papers, [*drawn, *village_names(sheet, ground, room, ()), *numbers, _post(x, y)])


def _numbers(sheet: Sheet, room: LabelRoom, legs: gpd.GeoDataFrame) -> Iterator[str]:
    """Yield the numbers of legs in their middle, where there is room for them."""
    for leg in legs.itertuples():
        if leg.geometry.length * sheet.scale < 40:
            continue
        x, y = sheet.placed(shapely.get_coordinates(leg.geometry.interpolate(0.5, normalized=True)))[
            0
        ].tolist()
        wide = 12 + 9 * len(str(leg.number))
        for dx, dy in ((0, -26), (0, 26), (30, 0), (-30, 0)):
            box = (x + dx - wide, y + dy - 13, x + dx + wide, y + dy + 13)
            if room.take([box]) is not None:
                at = Label(lines=(str(leg.number),), x=x + dx, y=y + dy, size=7.5 * PT)
                yield haloed(at, "#111111", halo=9)
                break


def _post(x: float, y: float) -> str:
    edge = 'fill="#fff" stroke="#111" stroke-width="8"'
    return f'<rect x="{x - 18:.0f}" y="{y - 18:.0f}" width="36" height="36" rx="5" {edge}/>'


def _overview(papers: StreetPapers, ground: PatrolGround) -> str:
    """Return the map of all rounds, a colour and a number each; what is not covered is a thin red line."""
    report = papers.report
    sheet = Sheet(bounds_of([report.legs.geometry, papers.places]), _WIDTH_MM * 10, 1_150)
    room, drawn = label_room(sheet), land(sheet, ground, main=4)
    for line in _not_covered(report):
        placed = sheet.placed(shapely.get_coordinates(line)).round().astype(int).tolist()
        drawn.append(f'<path d="M{"L".join(f"{x} {y}" for x, y in placed)}" {stroke("#b00020", 3)}/>')
    labels = []
    for number, route in enumerate(report.plan.routes, start=1):
        colour = ZONE_COLOURS[(number - 1) % len(ZONE_COLOURS)]
        legs = report.legs_of(route)
        covered = legs[legs["covers"]].geometry
        ways = [line for leg in covered if (line := aside(sheet, leg)) is not None]
        drawn += way_lines(ways, colour, width=8, dashes=("", "45 14", "20 14")[(number - 1) % 3])
        labels += _sign(sheet, room, str(number), colour, covered.to_list())
    for x, y in sheet.placed(shapely.get_coordinates(papers.places.to_numpy())).tolist():
        drawn.append(_post(x, y))
    return framed(sheet, papers, [*drawn, *labels])


def _sign(
    sheet: Sheet, room: LabelRoom, text: str, colour: str, ways: Sequence[shapely.LineString]
) -> list[str]:
    """Return a team's number in a ring on the way in the middle of its share."""
    if not ways:
        return []
    whole = shapely.union_all(ways)
    middle = shapely.centroid(whole)
    nearest = sorted(ways, key=lambda way: way.distance(middle))
    for way in nearest:
        x, y = sheet.placed(shapely.get_coordinates(way.interpolate(0.5, normalized=True)))[0].tolist()
        if room.take([(x - 27, y - 27, x + 27, y + 27)]) is not None:
            ring = (
                f'<circle cx="{x:.0f}" cy="{y:.0f}" r="24" fill="#fff" stroke="{colour}" stroke-width="8"/>'
            )
            return [ring, haloed(Label(lines=(text,), x=x, y=y, size=9 * PT), "#111111", halo=0)]
    return []


def _not_covered(report: StreetReport) -> list[shapely.LineString]:
    problem = report.streets.problem
    if problem.network is None:
        return []
    tasks = problem.tasks.iloc[[*report.plan.uncovered]]
    edges = {*tasks["edge"].tolist(), *problem.left["edge"].tolist()}
    return [problem.network.layout.shapes[int(edge)] for edge in sorted(edges)]
