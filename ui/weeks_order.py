"""Weeks of patrols as they are asked, and what they stand on. For terminal and pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from data.schemas import STATION_ID, VILLAGE
from planning.patrol.day_problem import OWN, day_places, when_of
from planning.patrol.duty import ROUTINE
from planning.patrol.params import HOURS
from planning.patrol.period.building import (
    Absence,
    Event,
    PeriodSettings,
    period_duty,
    period_problem,
    with_events,
)
from planning.patrol.period.problem import PeriodParams
from ui.patrol_ground import DayOrder, closed_roads, times_between, told_of_roads

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geo.errors import Reason
    from geo.travel_times import TravelTimes
    from planning.patrol.period.building import PeriodDuty
    from planning.patrol.period.problem import PeriodProblem
    from ui.patrol_ground import PatrolGround


@dataclass(frozen=True, kw_only=True)
class WeeksOrder:
    """
    What is asked of some weeks.

    Parameters
    ----------
    first, days
        The first day, and how many.
    force, mode, duty, seed, most, teams_at_most, stations, closed
        As `ui.patrol_ground.DayOrder`; roads in `closed` are so on every day.
    objective, cap_ms, total_ms, unpredictable
        As `planning.patrol.period.problem.PeriodParams`.
    gap_least, gap_most, absences, halves, off, last
        As `planning.patrol.period.building.PeriodSettings`; halves as pairs, last by stop_id as ISO text.
    closed_on
        Roads that are closed from a day on: pairs of day and road_id.
    events
        What is to be patrolled besides.
    """

    first: dt.date
    days: int
    force: str = VILLAGE
    mode: str = OWN
    duty: str = ROUTINE
    objective: str = HOURS
    cap_ms: int | None = None
    total_ms: int | None = None
    unpredictable: float = 0.0
    most: int | None = None
    teams_at_most: int | None = None
    stations: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    gap_least: int | None = None
    gap_most: int | None = None
    absences: tuple[Absence, ...] = ()
    halves: tuple[tuple[dt.date, str], ...] = ()
    off: tuple[dt.date, ...] = ()
    last: tuple[tuple[str, str], ...] = ()
    closed_on: tuple[tuple[dt.date, str], ...] = ()
    events: tuple[Event, ...] = ()
    seed: int = 1

    def params(self) -> PeriodParams:
        """Return what is asked of the search; raises ``setting_wrong``."""
        return PeriodParams(
            objective=self.objective,
            cap_ms=self.cap_ms,
            total_ms=self.total_ms,
            unpredictable=self.unpredictable,
        )

    def settings(self) -> PeriodSettings:
        """Return what is promised besides the duty level's visits; raises ``setting_wrong``."""
        return PeriodSettings(
            gap_least=self.gap_least,
            gap_most=self.gap_most,
            absences=self.absences,
            halves=dict(self.halves),
            off=self.off,
            last={stop: dt.date.fromisoformat(text) for stop, text in self.last},
        )

    def day(self, number: int) -> DayOrder:
        """Return the order of one of its days, for what is read by day."""
        date = self.first + dt.timedelta(days=number)
        closed = (*self.closed, *(road for since, road in self.closed_on if since <= date))
        return DayOrder(date=date, force=self.force, mode=self.mode, duty=self.duty, closed=closed)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON keeps."""
        return _plain(asdict(self))  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> WeeksOrder:
        """Return the order that `to_dict` made values of; what is absent has its default."""
        known = {name: value for name, value in kept.items() if name in cls.__dataclass_fields__}
        date = dt.date.fromisoformat
        lists = {name: tuple(known.pop(name, ())) for name in ("stations", "closed")}
        return cls(
            first=date(known.pop("first")),
            absences=tuple(
                Absence(**{**row, "first": date(row["first"]), "until": date(row["until"])})
                for row in known.pop("absences", ())
            ),
            halves=tuple((date(day), half) for day, half in known.pop("halves", ())),
            off=tuple(date(day) for day in known.pop("off", ())),
            last=tuple((stop, day) for stop, day in known.pop("last", ())),
            closed_on=tuple((date(day), road) for day, road in known.pop("closed_on", ())),
            events=tuple(Event(**{**row, "date": date(row["date"])}) for row in known.pop("events", ())),
            **lists,
            **known,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Weeks:
    """
    Weeks as they are asked, ready to be planned.

    Parameters
    ----------
    order
        What was asked.
    duty
        Who is on duty, and what is promised.
    places
        Points of the labels in the travel times.
    problem
        The problem, with all that was left out or assumed.
    by_road
        Whether ways are those of roads; straight lines otherwise.
    """

    order: WeeksOrder
    duty: PeriodDuty
    places: gpd.GeoSeries
    problem: PeriodProblem
    by_road: bool


def ordered_weeks(ground: PatrolGround, order: WeeksOrder) -> Weeks:
    """
    Return weeks as they are asked, ready to be planned.

    Raises
    ------
    SettingError
        As `planning.patrol.period.building.period_duty`; ``event_place_unknown``.
    """
    duty = period_duty(
        ground.tables,
        first=order.first,
        days=order.days,
        force=order.force,
        duty=order.duty,
        settings=ground.duty,
        period=order.settings(),
        seed=order.seed,
    )
    duty = _within(with_events(duty, order.events), order.stations)
    places, when = day_places(duty.on, crs=ground.crs), when_of(duty.on)
    modes = sorted(set(duty.on.teams["travel_mode"]))
    known: dict[frozenset[str], Mapping[str, TravelTimes]] = {}
    told: dict[str, Reason] = {}
    by_day = []
    for number in range(order.days):
        closed, unknown = closed_roads(ground, order.day(number))
        told.update({reason.code: reason for reason in unknown})
        if closed not in known:
            known[closed] = {mode: times_between(ground, places, mode, when, closed) for mode in modes}
        by_day.append(closed)
    usual = max(known, key=by_day.count, default=frozenset())
    travel = known.get(usual, {})
    problem = period_problem(
        duty,
        travel,
        mode=order.mode,
        most=order.most,
        teams_at_most=order.teams_at_most,
        cap_ms=order.cap_ms,
        detours={number: known[closed] for number, closed in enumerate(by_day) if closed != usual},
    )
    notes = (*told.values(), *told_of_roads(ground, duty.on, travel))
    base = replace(problem.base, left_out=(*problem.base.left_out, *notes))
    return Weeks(
        order=order,
        duty=duty,
        places=places,
        problem=replace(problem, base=base),
        by_road=ground.layout is not None,
    )


def _within(duty: PeriodDuty, stations: tuple[str, ...]) -> PeriodDuty:
    if not stations:
        return duty
    teams, stops = (frame[frame[STATION_ID].isin(stations)] for frame in (duty.on.teams, duty.on.stops))
    return replace(
        duty,
        on=replace(duty.on, teams=teams, stops=stops),
        promises=duty.promises.loc[stops.index],
        absences=duty.absences[duty.absences["team_id"].isin(teams.index)],
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(held) for held in value]
    return value.isoformat() if isinstance(value, dt.date) else value
