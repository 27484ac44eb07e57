"""What a day of patrols stands on: tables, roads, settings; and the day's problem. For page and terminal."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from data.schemas import CLOSED_FROM, CLOSED_TO, ROAD_ID, STATION_ID, VILLAGE
from geo.errors import Reason
from geo.road_graph import road_graph
from geo.road_layout import RoadLayout
from geo.road_network import RoadNetwork
from geo.speeds import Speeds
from geo.straight_times import DETOUR, straight_times
from geo.travel_times import travel_times
from planning.patrol.backup import backup
from planning.patrol.cells import texts
from planning.patrol.day_problem import OWN, day_places, day_problem, place_names, when_of
from planning.patrol.duty import ROUTINE, DutySettings
from planning.patrol.on_duty import on_duty
from planning.patrol.params import HOURS, DayParams
from planning.patrol.places import village_places

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd
    from pyproj import CRS

    from data.workspace import Workspace
    from geo.travel_times import TravelTimes
    from planning.patrol.backup import Backup
    from planning.patrol.on_duty import OnDuty
    from planning.patrol.plan import DayPlan, DayProblem

# Who patrols, what is visited and where it is run from; roads are dear and are read apart.
PATROL_TABLES = ("villages", "posts", "stations", "teams", "stops", "facilities", "closed_roads")
# Names of the workspace's settings.
DUTY_SETTING, SPEEDS_SETTING = "duty", "speeds"
# Straight lines are gone as fast as roads of this class.
_STRAIGHT_CLASS = "tertiary"
_MS_PER_HOUR = 3_600_000
_SHOWN = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class PatrolGround:
    """
    What days of patrols stand on.

    Parameters
    ----------
    stamp
        `Workspace.stamp` of the tables.
    crs
        The district's.
    tables
        Those of `PATROL_TABLES` that there are.
    layout
        The roads; None where there are none.
    speeds, duty
        The bureau's settings.
    """

    stamp: str
    crs: CRS
    tables: Mapping[str, pd.DataFrame]
    layout: RoadLayout | None
    speeds: Speeds
    duty: DutySettings


@dataclass(frozen=True, kw_only=True)
class DayOrder:
    """
    What is asked of a day.

    Parameters
    ----------
    force, mode, duty, date, seed
        See `planning.patrol.on_duty.on_duty` and `planning.patrol.day_problem.day_problem`.
    objective, cap_ms
        See `planning.patrol.params.DayParams`.
    most
        At most so many villages, or stations, share in the mode ``shared``.
    teams_at_most
        How many teams may be used.
    stations
        Plan for the teams and stops of these alone; () for the whole district.
    closed
        Roads closed besides those of the table, by road_id.
    """

    date: dt.date
    force: str = VILLAGE
    mode: str = OWN
    duty: str = ROUTINE
    objective: str = HOURS
    cap_ms: int | None = None
    most: int | None = None
    teams_at_most: int | None = None
    stations: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    seed: int = 1

    def params(self) -> DayParams:
        """Return what is asked of the search; raises ``setting_wrong``."""
        return DayParams(objective=self.objective, cap_ms=self.cap_ms)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON keeps."""
        lists = {"stations": list(self.stations), "closed": list(self.closed)}
        return {**asdict(self), "date": self.date.isoformat(), **lists}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> DayOrder:
        """Return the order that `to_dict` made values of; what is absent has its default."""
        known = {name: value for name, value in kept.items() if name in cls.__dataclass_fields__}
        date = dt.date.fromisoformat(str(known.pop("date")))
        lists = {name: tuple(known.pop(name, ())) for name in ("stations", "closed")}
        return cls(date=date, **lists, **known)


@dataclass(frozen=True, kw_only=True, eq=False)
class Day:
    """
    A day as it is asked, ready to be planned.

    Parameters
    ----------
    order
        What was asked.
    on
        Who is on duty and what is due.
    places
        Points of the labels in the travel times.
    problem
        The day's problem, with all that was left out or assumed.
    when
        ``day`` or ``night``: which speeds hold.
    by_road
        Whether ways are those of roads; straight lines otherwise.
    """

    order: DayOrder
    on: OnDuty
    places: gpd.GeoSeries
    problem: DayProblem
    when: str
    by_road: bool


def patrol_ground(workspace: Workspace, *, layout: RoadLayout | None = None) -> PatrolGround:
    """
    Return what days of patrols in a district stand on.

    Parameters
    ----------
    layout
        The roads, where they have been read already: `road_layout` is dear, and changes with
        ``workspace.version_of("roads")`` alone.
    """
    stamp = workspace.stamp
    return PatrolGround(
        stamp=stamp,
        crs=workspace.crs,
        tables=workspace.read_all(PATROL_TABLES),
        layout=layout if layout is not None else road_layout(workspace),
        speeds=Speeds.from_dict(workspace.setting(SPEEDS_SETTING, {})),
        duty=DutySettings.from_dict(workspace.setting(DUTY_SETTING, {})),
    )


def road_layout(workspace: Workspace) -> RoadLayout | None:
    """Return the roads of a district as they are travelled on; None where it has none."""
    roads = workspace.read("roads")
    return RoadLayout.from_graph(road_graph(roads)) if len(roads) else None


def ordered_day(ground: PatrolGround, order: DayOrder) -> Day:
    """
    Return a day as it is asked, ready to be planned.

    Raises
    ------
    SettingError
        As `planning.patrol.on_duty.on_duty` and `planning.patrol.day_problem.day_problem`.
    """
    on = on_duty(
        ground.tables,
        force=order.force,
        duty=order.duty,
        date=order.date,
        settings=ground.duty,
        seed=order.seed,
    )
    on = _within(on, order.stations)
    places, when = day_places(on, crs=ground.crs), when_of(on)
    closed, unknown = closed_roads(ground, order)
    travel = {
        mode: _times(ground, places, mode, when, closed) for mode in sorted(set(on.teams["travel_mode"]))
    }
    problem = day_problem(
        on,
        travel,
        mode=order.mode,
        most=order.most,
        teams_at_most=order.teams_at_most,
        cap_ms=order.cap_ms,
    )
    told = (*unknown, *_told_of_roads(ground, on, travel))
    return Day(
        order=order,
        on=on,
        places=places,
        problem=replace(problem, left_out=(*problem.left_out, *told)),
        when=when,
        by_road=ground.layout is not None,
    )


def day_backup(ground: PatrolGround, day: Day, plan: DayPlan, *, idle: bool = False) -> Backup:
    """
    Return how soon the nearest team is in each village while a plan is patrolled.

    Parameters
    ----------
    idle
        See `planning.patrol.backup.backup`.
    """
    points = village_places(ground.tables, date=day.order.date)["point"].dropna()
    villages = gpd.GeoSeries(points.to_numpy(), index=points.index, crs=ground.crs)
    return backup(day.problem, plan, villages, idle=idle)


def closed_roads(ground: PatrolGround, order: DayOrder) -> tuple[frozenset[str], tuple[Reason, ...]]:
    """Return the roads that are closed on the day, and what is told of those that are not there."""
    table = ground.tables.get("closed_roads")
    closed = set(order.closed) | (set() if table is None else closed_on(table, order.date))
    known = set() if ground.layout is None else set(ground.layout.road_id.astype(str).tolist())
    if not (unknown := sorted(closed - known)):
        return frozenset(closed), ()
    facts = {"count": len(unknown), "ids": unknown[:_SHOWN]}
    return frozenset(closed & known), (Reason("closed_roads_unknown", facts),)


def closed_on(table: pd.DataFrame, date: dt.date) -> frozenset[str]:
    """Return the road_id of the rows of ``closed_roads`` that hold on a day."""
    if table.empty:
        return frozenset()
    day = date.isoformat()
    from_, to = texts(table, CLOSED_FROM), texts(table, CLOSED_TO)
    holds = (from_ <= day) & ((to == "") | (to >= day))
    return frozenset(table.loc[holds, ROAD_ID].astype(str))


def _within(on: OnDuty, stations: Collection[str]) -> OnDuty:
    """Return who is on duty and what is due in some stations; everywhere for none."""
    if not stations:
        return on
    teams, stops = (frame[frame[STATION_ID].isin(stations)] for frame in (on.teams, on.stops))
    return replace(on, teams=teams, stops=stops)


def _times(
    ground: PatrolGround, places: gpd.GeoSeries, travel_mode: str, when: str, closed: Collection[str]
) -> TravelTimes:
    if ground.layout is None:
        kmh = ground.speeds.of(travel_mode, when)[_STRAIGHT_CLASS]
        return straight_times(places, kmh=kmh or 1.0)
    network = RoadNetwork(
        layout=ground.layout,
        travel_mode=travel_mode,
        when=when,
        speeds=ground.speeds,
        closed=frozenset(closed),
    )
    return travel_times(network, places)


def _told_of_roads(ground: PatrolGround, on: OnDuty, travel: Mapping[str, TravelTimes]) -> tuple[Reason, ...]:
    """Tell that there are no roads, or which places hang on none, by name and once whatever the mode."""
    if ground.layout is None:
        return (Reason("roads_missing", {"detour": DETOUR}),)
    names = place_names(on)
    told: dict[tuple[str, str], Reason] = {}
    for times in travel.values():
        for reason in times.reasons():
            name = names.get(str(reason.facts["id"]), str(reason.facts["id"]))
            told.setdefault((reason.code, name), Reason(reason.code, {**reason.facts, "id": name}))
    return tuple(told.values())
