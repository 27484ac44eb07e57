"""What the papers of a day of patrols are made from, and how they write times, places and lengths."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planning.patrol.whereabouts import ends, route_legs
from ui.paper.map_labels import without_shared_beginning

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from planning.patrol.backup import Backup
    from planning.patrol.plan import DayPlan, DayProblem, Route
    from ui.names import PlaceNames
    from ui.words import Words

MINUTE_MS, DAY_MS = 60_000, 86_400_000
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
    place_names
        What each label is called, where it is a place with a name.
    tables
        What maps are drawn on: villages, roads, water, those that there are.
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
    place_names: Mapping[str, str] = field(default_factory=dict)
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

    def team(self, team_id: str) -> str:
        """Return what a team is called."""
        return _said(self.problem.teams.at[team_id, "name"]) or team_id

    def stop(self, stop_id: str) -> str:
        """Return what a stop is called."""
        return _said(self.problem.stops.at[stop_id, "name"]) or stop_id

    def post(self, team_id: str) -> str:
        """Return what the place is called that a team sets out from."""
        return self._place(team_id, ends(self.problem, team_id)[0])

    def end(self, team_id: str) -> str:
        """Return what the place is called where a team's round ends."""
        return self._place(team_id, ends(self.problem, team_id)[1])

    def _place(self, team_id: str, label: str) -> str:
        village = _said(self.problem.teams.at[team_id, "village_id"])
        return self.place_names.get(label) or (self.names("villages", village) if village else label)

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

    def windows(self, windows: tuple[tuple[int, int], ...]) -> str:
        """Return the windows of a stop, one a line; "" for any time."""
        return "\n".join(self.span(opens, closes) for opens, closes in windows)

    def day(self) -> str:
        """Return the day as people write it, with its weekday."""
        day = dt.date.fromisoformat(self.date)
        weekday = self.t(f"patrol_paper.weekday_{day.isoweekday()}")
        return self.t("patrol_paper.day", year=day.year, month=day.month, day=day.day, weekday=weekday)


def _said(value: Any) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN differs from itself
