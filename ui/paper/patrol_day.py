"""What the papers of a day of patrols are made from, and how they write times, places and lengths."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from data.map_services import allowed_services
from data.schemas import NAME
from geo.coverage import has_shape
from planning.patrol.due import visit_windows
from planning.patrol.whereabouts import ends, route_legs
from ui.names import PlaceNames
from ui.paper.map_labels import without_shared_beginning
from ui.patrol_names import day_names
from ui.place import credit_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from data.workspace import Workspace
    from planning.patrol.backup import Backup
    from planning.patrol.plan import DayPlan, DayProblem, Route
    from ui.patrol_ground import Day
    from ui.words import Words

MINUTE_MS, DAY_MS = 60_000, 86_400_000
# The tables of a workspace that the papers show something of.
DRAWN = ("villages", "stations", "posts", "roads", "water")
# Two points at one place.
_SAME_PLACE_M = 1.0
# What a marker on a map holds.
_LONGEST_BADGE = 3


@dataclass(frozen=True, kw_only=True)
class PatrolDay:
    """
    A day of patrols ready to be handed over.

    Parameters
    ----------
    district
        The district's name.
    date
        The day on which the shifts begin, as ISO text.
    duty
        Code or name of the duty level (勤务等级).
    problem, plan
        What was asked, and the plan that the checker confirmed.
    places
        Point of each label of the travel times, in the metric CRS.
    tables
        What maps are drawn on, and where posts stand: those of `DRAWN` that there are.
    names
        Of the district's places.
    credit
        Credit line of maps (审图号).
    t
        Words of the language.
    backup, within_ms
        Backup while patrolling, and within how long a team should be there; None where it was not asked.
    services
        The map services to which links are allowed (`data.map_services`).
    """

    district: str
    date: str
    duty: str
    problem: DayProblem
    plan: DayPlan
    places: gpd.GeoSeries
    names: PlaceNames
    credit: str
    t: Words
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    backup: Backup | None = None
    within_ms: int = 10 * MINUTE_MS
    services: tuple[str, ...] = ()

    @cached_property
    def legs(self) -> gpd.GeoDataFrame:
        """Every leg of the plan, see `planning.patrol.whereabouts.route_legs`."""
        return route_legs(self.problem, self.plan)

    def legs_of(self, route: Route) -> gpd.GeoDataFrame:
        """Return the legs of a route, the way back last."""
        return self.legs[self.legs["team_id"] == route.team_id]

    @cached_property
    def called(self) -> PlaceNames:
        """Names of the district's places, and of the day's teams and stops."""
        return day_names(self.problem, self.names)

    def team(self, team_id: str) -> str:
        """Return what a team is called."""
        return self.called("teams", team_id)

    def stop(self, stop_id: str) -> str:
        """Return what a stop is called."""
        return self.called("stops", stop_id)

    def post(self, team_id: str) -> str:
        """Return what the place is called that a team sets out from."""
        return self._place(team_id, ends(self.problem, team_id)[0])

    def end(self, team_id: str) -> str:
        """Return what the place is called where a team's round ends."""
        return self._place(team_id, ends(self.problem, team_id)[1])

    def _place(self, team_id: str, label: str) -> str:
        """Return what stands at a place: a post, else the village around it, else whose place it is."""
        if (name := self._stands_at.get(label)) is not None:
            return name
        row = self.problem.teams.loc[team_id]
        if village := _said(row["village_id"]):
            return self.names("villages", village)
        return self.station(row["station_id"]) or self.t("patrol_paper.own_base")

    @cached_property
    def _stands_at(self) -> dict[str, str]:
        labels = [label for route in self.plan.routes for label in ends(self.problem, route.team_id)]
        points = self.places.loc[list(dict.fromkeys(labels))]
        found: dict[str, str] = {}
        for table, far_m in (("villages", 0.0), ("posts", _SAME_PLACE_M)):
            rows = self.tables.get(table)
            if isinstance(rows, gpd.GeoDataFrame) and NAME in rows:
                shapes = rows[has_shape(rows.geometry) & rows[NAME].notna().to_numpy()].to_crs(points.crs)
                at, row = shapes.sindex.query(points, predicate="dwithin", distance=far_m)
                named = shapes[NAME].astype(str).to_numpy()[row]
                found |= dict(zip(points.index[at], named, strict=True))
        return found

    def calls(self, route: Route) -> list[str]:
        """Return the labels of the places that a round calls at, its beginning and its end among them."""
        start, end = ends(self.problem, route.team_id)
        stops = self.problem.stops
        return [start, *(str(stops.at[visit.stop_id, "place"]) for visit in route.visits), end]

    def station(self, station_id: object) -> str:
        """Return what a station is called; "" for none."""
        known = _said(station_id)
        return self.names("stations", known) if known else ""

    def badge(self, route: Route) -> str:
        """Return the short sign of a route's team: what sets its name apart from the others, or a number."""
        return self._badges[route.team_id]

    @cached_property
    def _badges(self) -> dict[str, str]:
        teams = [route.team_id for route in self.plan.routes]
        apart = without_shared_beginning({team: self.team(team) for team in teams})
        turned = without_shared_beginning({team: name[::-1] for team, name in apart.items()})
        signs = {team: name[::-1] for team, name in turned.items()}
        if len({*signs.values()}) == len(teams) and all(
            len(sign) <= _LONGEST_BADGE for sign in signs.values()
        ):
            return signs
        return {team: str(number) for number, team in enumerate(teams, start=1)}

    def span(self, begin_ms: int, end_ms: int) -> str:
        """Return two moments as one text, the next day told once."""
        same_day = begin_ms // DAY_MS == end_ms // DAY_MS
        return f"{self.t.clock(begin_ms)}–{self.t.clock(end_ms % DAY_MS if same_day else end_ms)}"

    def windows(self, stop: pd.Series) -> str:
        """Return the windows that a visit lies in, one a line; "" for any time."""
        windows = visit_windows(stop["windows"], int(stop["dwell_ms"]))
        return "\n".join(self.span(opens, closes) for opens, closes in windows)

    def day(self) -> str:
        """Return the day as people write it, with its weekday."""
        day, t = dt.date.fromisoformat(self.date), self.t
        month, weekday = t(f"month.{day.month}"), t(f"weekday.{day.isoweekday()}")
        return t("patrol_paper.day", year=day.year, month=month, day=day.day, weekday=weekday)


def day_papers(
    workspace: Workspace,
    day: Day,
    plan: DayPlan,
    *,
    backup: Backup,
    within_ms: int = 10 * MINUTE_MS,
    t: Words,
) -> PatrolDay:
    """
    Return a planned day ready to be handed over, with links to the map services that are allowed.

    Parameters
    ----------
    day, plan
        What was asked, and the answer.
    backup, within_ms
        How soon help is there (`ui.patrol_ground.day_backup`), and within how long it should be.
    """
    tables = workspace.read_all(DRAWN)
    return PatrolDay(
        district=workspace.name,
        date=day.order.date.isoformat(),
        duty=day.order.duty,
        problem=day.problem,
        plan=plan,
        places=day.places,
        names=PlaceNames.of(tables),
        credit=credit_line(workspace, t),
        t=t,
        tables=tables,
        backup=backup,
        within_ms=within_ms,
        services=allowed_services(workspace),
    )


def _said(value: Any) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN differs from itself
