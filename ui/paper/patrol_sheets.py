"""巡防任务单: a sheet for each team (map, stops, times, lines for names), and a cover for all of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ui.paper.layout import breakable
from ui.paper.map_links import qr_svg
from ui.paper.patrol_cover import cover
from ui.paper.patrol_links import stop_links, whole_route_links
from ui.paper.patrol_map import PatrolGround, team_map
from ui.paper.typeset import Press

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from planning.patrol.plan import Route, Visit
    from ui.paper.patrol_day import PatrolDay

# Of the page without its margins, in mm.
WIDTH_MM = 186.0
# Up to so many stops all is on one page; beyond, the map has the front to itself and the stops the back.
_ONE_PAGE_STOPS, _LARGE_MAP_MM = 4, 205.0
# What is left for the map on the one page, and what each further stop and line for names takes of it.
_SMALL_MAP_MM, _STOP_MM, _NAMES_MM, _ACROSS = 127.0, 14.0, 9.0, 3
# Where nobody said how many go out, so many lines for names are printed; more are not.
_MEMBERS, _MEMBERS_AT_MOST = 4, 9


class Sheets:
    """
    The sheets of a day, set together or one by one.

    Parameters
    ----------
    day
        The day.
    stamp
        When they are made, with its time zone.
    progress
        Told how many teams' maps are drawn.
    """

    def __init__(
        self, day: PatrolDay, *, stamp: datetime, progress: Callable[[int], None] | None = None
    ) -> None:
        self.day, self.stamp = day, stamp
        self._ground = PatrolGround(day)
        self._press = Press("patrol.typ")
        self._teams = {}
        for done, route in enumerate(day.plan.routes):
            if progress is not None:
                progress(done)
            self._teams[route.team_id] = self._team(route)

    def whole(self) -> bytes:
        """Return one PDF: the cover, then the sheet of each team."""
        teams = [*self._teams.values()]
        return self._press.set(self._document(teams, cover(self.day, self._ground)), stamp=self.stamp)

    def each(self) -> Iterator[tuple[Route, bytes]]:
        """Yield each team's sheet as a PDF of its own, in the order of the plan."""
        for route in self.day.plan.routes:
            document = self._document([self._teams[route.team_id]], None)
            yield route, self._press.set(document, stamp=self.stamp)

    def _document(self, teams: Sequence[dict[str, Any]], first: dict[str, Any] | None) -> dict[str, Any]:
        day, t = self.day, self.day.t
        return {
            "lang": t.lang,
            "mark": t("paper.mark"),
            "running": breakable(f"{day.district} · {day.day()}"),
            "page_of": t("paper.page_of", page="{page}", pages="{pages}"),
            "title": t("patrol_paper.title"),
            "cover": first,
            "teams": list(teams),
        }

    def _team(self, route: Route) -> dict[str, Any]:
        """Return what a team's sheet says, as the printing template takes it."""
        day, t = self.day, self.day.t
        small, members = len(route.visits) <= _ONE_PAGE_STOPS, self._members(route)
        blanks = [t("patrol_paper.vehicle"), t("patrol_paper.radio")]
        lines = math.ceil((members + len(blanks)) / _ACROSS)
        height = _SMALL_MAP_MM - len(route.visits) * _STOP_MM - lines * _NAMES_MM if small else _LARGE_MAP_MM
        return {
            "number": day.badge(route),
            "name": breakable(day.team(route.team_id)),
            "facts": [[label, breakable(value)] for label, value in self._facts(route) if value],
            "map": team_map(self._ground, route, width_mm=WIDTH_MM, height_mm=height),
            "legend": [[name, t(f"patrol_paper.legend_{name}")] for name in ("stop", "post", "way")],
            "one_page": small,
            "heads": [t(f"patrol_paper.head_{name}") for name in _HEADS],
            "rows": [self._row(number, visit) for number, visit in enumerate(route.visits, start=1)],
            "leaves": [t.clock(route.start_ms), t("patrol_paper.from_post", post=day.post(route.team_id))],
            "returns": [
                t.clock(route.end_ms),
                t("patrol_paper.to_post", post=day.end(route.team_id)),
                self._leg(route.home_ms, route.home_m),
            ],
            "leader": t("patrol_paper.leader"),
            "members": [t("patrol_paper.members")] * (members - 1),
            "blanks": blanks,
            "remarks": t("patrol_paper.remarks"),
            "signed": [t("patrol_paper.left_at"), t("patrol_paper.back_at"), t("patrol_paper.checked_by")],
            "links": self._links(route),
        }

    def _facts(self, route: Route) -> Iterator[tuple[str, str]]:
        day, t, row = self.day, self.day.t, self.day.problem.teams.loc[route.team_id]
        yield t("patrol_paper.date"), day.day()
        yield t("patrol_paper.shift"), day.span(row["shift_start_ms"], row["shift_end_ms"])
        yield t("patrol_paper.force"), t.name("force", day.plan.force)
        yield t("patrol_paper.duty"), t.name("duty", day.duty) if day.duty else ""
        yield t("patrol_paper.post"), day.post(route.team_id)
        yield t("patrol_paper.station"), day.station(row["station_id"])
        yield t("patrol_paper.travel_mode"), t.name("travel_mode", row["travel_mode"])
        yield t("patrol_paper.stops"), t("patrol_paper.stop_count", count=len(route.visits))
        yield t("patrol_paper.out"), day.span(route.start_ms, route.end_ms)
        yield t("patrol_paper.distance"), t.length(route.distance_m)
        yield t("patrol_paper.on_the_way"), t.duration(route.travel_ms)
        yield t("patrol_paper.at_stops"), t.duration(route.dwell_ms)

    def _row(self, number: int, visit: Visit) -> dict[str, Any]:
        day, t = self.day, self.day.t
        stop = day.problem.stops.loc[visit.stop_id]
        waits = visit.begin_ms - visit.arrive_ms
        return {
            "number": str(number),
            "name": breakable(day.stop(visit.stop_id)),
            "kind": t.name("stop_kind", stop["kind"]),
            "leg": self._leg(visit.leg_ms, visit.leg_m),
            "times": [t.clock(visit.begin_ms), t.clock(visit.leave_ms)],
            "waits": t("patrol_paper.waits", time=t.clock(visit.arrive_ms)) if waits >= 60_000 else "",
            "dwell": t.duration(visit.leave_ms - visit.begin_ms),
            "windows": day.windows(stop),
            "task": t.name("patrol_task", stop["kind"]),
        }

    def _leg(self, ms: int, m: int) -> str:
        return self.day.t("patrol_paper.leg", time=self.day.t.duration(ms), length=self.day.t.length(m))

    def _members(self, route: Route) -> int:
        said = self.day.problem.teams.at[route.team_id, "members"]
        known = said == said and said is not None and said > 0  # noqa: PLR0124 - NaN differs from itself
        return min(int(said) if known else _MEMBERS, _MEMBERS_AT_MOST)

    def _links(self, route: Route) -> dict[str, Any] | None:
        """Return the QR codes of a team, of the stops and of the whole route; None where none are allowed."""
        day, t = self.day, self.day.t
        if not day.services:
            return None
        whole = whole_route_links(day, route)
        return {
            "title": t("patrol_paper.links"),
            "note": t("patrol_paper.links_note"),
            "cards": [
                {
                    "number": link.number,
                    "name": breakable(link.name),
                    "time": link.time,
                    "codes": [
                        {"label": t.name("map_service", service), "svg": qr_svg(address), "url": address}
                        for service, address in link.addresses.items()
                    ],
                }
                for link in stop_links(day, route)
            ],
            "whole_title": t("patrol_paper.whole_route"),
            "whole": [{"svg": qr_svg(address), "url": address} for address in whole],
        }


_HEADS = ("number", "place", "times", "dwell", "windows", "task", "sign_in")
