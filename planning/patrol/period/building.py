"""Weeks of patrols as tables and duty levels give them: who is on duty when, what is promised to whom."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pandas as pd

from data.clock import MS_PER_MINUTE
from data.schemas import MUST, VILLAGE, VILLAGE_ID
from geo.errors import Reason, SettingError
from planning.patrol.calendar import day_kind
from planning.patrol.cells import held
from planning.patrol.day_problem import OWN, day_problem
from planning.patrol.due import FESTIVAL, SCHOOL, as_visits
from planning.patrol.duty import ROUTINE, DutySettings
from planning.patrol.on_duty import OnDuty, longer_shifts, out_by_turns, visit_begins
from planning.patrol.period.problem import HALVES, NO_LAST, WHOLE, PeriodProblem
from planning.patrol.places import village_places
from planning.patrol.stops_out import force_stops
from planning.patrol.teams_out import force_teams

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from geo.travel_times import TravelTimes
    from planning.patrol.calendar import DayKind
    from planning.patrol.cells import Tables
    from planning.patrol.duty import DutyLevel

_WEEK, _MOST_DAYS = 7, 62
# Visits a week are promised in as few days as they come out even in, up to so many weeks.
_MOST_WEEKS = 4
# Never two days running, where visits are rare enough for it.
_APART = 2
# An inspection that is overdue is made on one of the first days.
_OVERDUE_DAYS = 3
_SHOWN = 5
REST, AWAY, OFF = "rest", "away", "off"
ABSENCE_COLUMNS = ("team_id", "day", "half", "why")


@dataclass(frozen=True, kw_only=True)
class Absence:
    """
    A team that is away.

    Parameters
    ----------
    team_id
        Whose.
    first, until
        The days, both included.
    half
        ``am`` or ``pm`` where it is away for half of each day only.
    """

    team_id: str
    first: dt.date
    until: dt.date
    half: str = WHOLE


@dataclass(frozen=True, kw_only=True)
class Event:
    """
    Something on one day that has to be patrolled besides.

    Parameters
    ----------
    date
        The day.
    place
        Whose place it is at: the id of a stop or a village.
    dwell_min
        How long a team stays.
    """

    date: dt.date
    place: str
    dwell_min: float = 30.0


@dataclass(frozen=True, kw_only=True)
class PeriodSettings:
    """
    What is promised besides the visits of the duty level.

    Parameters
    ----------
    gap_least, gap_most
        Days between two visits of a stop; None for what its visits a week allow: never two days running
        where it is visited on every other day or less, and no longer than evenly spread visits are apart.
    absences
        Teams that are away.
    halves
        Days of which only a half is worked.
    off
        Days on which nobody goes out.
    last
        By stop_id, when it was visited last before.
    """

    gap_least: int | None = None
    gap_most: int | None = None
    absences: tuple[Absence, ...] = ()
    halves: Mapping[dt.date, str] | None = None
    off: tuple[dt.date, ...] = ()
    last: Mapping[str, dt.date] | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, least in (("gap_least", 1), ("gap_most", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise SettingError("setting_wrong", name=name, found=value, allowed=f">= {least}")
        if self.gap_most and self.gap_least and self.gap_most < self.gap_least:
            raise SettingError("gaps_contradict", least=self.gap_least, most=self.gap_most)
        for half in (*(a.half for a in self.absences), *(self.halves or {}).values()):
            if half not in HALVES:
                raise SettingError("setting_wrong", name="half", found=half, allowed="am, pm")
        for absence in self.absences:
            if absence.until < absence.first:
                raise SettingError(
                    "absence_wrong", team=absence.team_id, first=absence.first, until=absence.until
                )


@dataclass(frozen=True, kw_only=True)
class PeriodDuty:
    """
    Who is on duty in some weeks, and what is promised.

    Parameters
    ----------
    on
        All teams and all stops of the weeks, a row a visit of the day.
    days, promises, absences
        As `PeriodProblem` has them.
    """

    on: OnDuty
    days: pd.DataFrame
    promises: pd.DataFrame
    absences: pd.DataFrame


def period_duty(
    tables: Tables,
    *,
    first: dt.date,
    days: int,
    force: str = VILLAGE,
    duty: str = ROUTINE,
    settings: DutySettings | None = None,
    period: PeriodSettings | None = None,
    seed: int = 1,
) -> PeriodDuty:
    """
    Return who is on duty from a day on, and what is promised.

    Parameters
    ----------
    tables
        As `planning.patrol.on_duty.on_duty`.
    first, days
        The first day, and how many; at most 62.
    force, duty, settings, seed
        As `planning.patrol.on_duty.on_duty`.
    period
        What is promised besides.

    Raises
    ------
    SettingError
        As `planning.patrol.on_duty.on_duty`; ``period_days_wrong``; ``absence_team_unknown``.
    """
    if not 1 <= days <= _MOST_DAYS:
        raise SettingError("period_days_wrong", found=days, most=_MOST_DAYS)
    settings, period = settings or DutySettings(), period or PeriodSettings()
    level, told = settings.level(duty), list[Reason]()
    villages = village_places(tables, date=first)
    teams = force_teams(tables, villages, force, settings, told)
    stops = force_stops(tables, villages, force, settings, told)
    if teams.empty and stops.empty:
        raise SettingError("patrol_needs_villages")
    dates = [first + dt.timedelta(days=number) for number in range(days)]
    kinds = [day_kind(date, breaks=settings.school_breaks) for date in dates]
    absences = _absences(teams, level.team_share[force], dates, period)
    teams["shift_end_ms"] += longer_shifts(teams, level)
    stops["dwell_ms"] = (stops["dwell_ms"] * level.dwell_factor).round().astype("int64")
    span = (int(teams["shift_start_ms"].min()), int(teams["shift_end_ms"].max())) if len(teams) else (0, 0)
    visits, promises = _promised(stops, level, force, kinds, period, span)
    stated = zip(visits["kind"], visits["windows"], visits["dwell_ms"], strict=True)
    visits["windows"] = held((visit_begins(*each, span=span) for each in stated), visits.index)
    if never := len(stops) - stops.index.isin(promises["stop"]).sum():
        told.append(Reason("stops_never_due", {"count": int(never), "due": len(stops) - int(never)}))
    on = OnDuty(
        force=force,
        duty=duty,
        date=first,
        seed=seed,
        teams=teams,
        stops=visits.drop(columns="due"),
        left_out=tuple(told),
    )
    halves = period.halves or {}
    frame = pd.DataFrame({"date": dates, "half": [halves.get(date, WHOLE) for date in dates]})
    return PeriodDuty(on=on, days=frame, promises=promises.drop(columns="stop"), absences=absences)


def with_events(duty: PeriodDuty, events: Sequence[Event]) -> PeriodDuty:
    """
    Return the weeks with what is to be patrolled besides: a stop ``event:<number>`` on its day, at a place.

    Raises
    ------
    SettingError
        ``event_place_unknown``; ``day_outside`` for a day that is not among those that are planned.
    """
    stops, promises, days = duty.on.stops, duty.promises, [*duty.days["date"]]
    rows, labels, promised = [], [], []
    for number, event in enumerate(events, start=1):
        there = stops[(stops.index == event.place) | (stops[VILLAGE_ID] == event.place)]
        if there.empty:
            raise SettingError("event_place_unknown", place=event.place)
        if event.date not in days:
            raise SettingError("day_outside", date=str(event.date), first=str(days[0]), until=str(days[-1]))
        # A village is where it is run from, not at its first school.
        there = there.sort_values("kind", key=lambda kinds: kinds != VILLAGE, kind="stable")
        row = there.iloc[0].to_dict()
        name = str(row["name"]).removesuffix(f" ({row['visit']})")
        row["name"] = f"{event.date:%m-%d} {name}"
        dwell = round(event.dwell_min * MS_PER_MINUTE)
        rows.append(
            {**row, "kind": FESTIVAL, "windows": (), "priority": MUST, "skill": "", "dwell_ms": dwell}
        )
        labels.append(f"event:{number}")
        promised.append({**_listed(len(days), ((days.index(event.date),),)), "last": NO_LAST})
    if not rows:
        return duty
    index = pd.Index(labels, name=stops.index.name, dtype=object)
    added = pd.DataFrame(rows, columns=stops.columns, index=index).astype(stops.dtypes.to_dict())
    return replace(
        duty,
        on=replace(duty.on, stops=pd.concat([stops, added])),
        promises=pd.concat([promises, pd.DataFrame(promised, index=index)[[*promises.columns]]]),
    )


def period_problem(
    duty: PeriodDuty,
    travel: Mapping[str, TravelTimes],
    *,
    mode: str = OWN,
    groups: pd.Series | None = None,
    most: int | None = None,
    teams_at_most: int | None = None,
    cap_ms: int | None = None,
    detours: Mapping[int, Mapping[str, TravelTimes]] | None = None,
) -> PeriodProblem:
    """
    Return weeks of patrols, ready to be planned.

    Parameters
    ----------
    duty
        Who is on duty, and what is promised.
    travel, mode, groups, most, teams_at_most, cap_ms
        As `planning.patrol.day_problem.day_problem`.
    detours
        By day, travel times where roads are closed.
    """
    base = day_problem(
        duty.on, travel, mode=mode, groups=groups, most=most, teams_at_most=teams_at_most, cap_ms=cap_ms
    )
    away = duty.absences
    return PeriodProblem(
        base=base,
        days=duty.days,
        promises=duty.promises.loc[base.stops.index],
        absences=away[away["team_id"].isin(base.teams.index)],
        detours=detours or {},
    )


def gaps_for(visits: int, block: int, period: PeriodSettings | None = None) -> tuple[int, int]:
    """Return least and most days between two visits of a stop that is visited so often."""
    period = period or PeriodSettings()
    least = min(_APART, block // visits) if period.gap_least is None else period.gap_least
    # A stop that is visited more often than a gap allows keeps its visits.
    least = max(min(least, block // visits), 1)
    most = math.ceil(block / visits) if period.gap_most is None else period.gap_most
    return least, most if most == 0 else max(most, math.ceil(block / visits), least)


def _absences(
    teams: pd.DataFrame, share: float, dates: Sequence[dt.date], period: PeriodSettings
) -> pd.DataFrame:
    """Return who is away when: by turns, by its own absence, and everybody on days off."""
    rows: list[tuple[str, int, str, str]] = []
    for number, date in enumerate(dates):
        if date in period.off:
            rows += [(team, number, WHOLE, OFF) for team in teams.index]
            continue
        out = out_by_turns(teams, share, date, [])
        rows += [(team, number, WHOLE, REST) for team in teams.index.difference(out.index)]
    for absence in period.absences:
        if absence.team_id not in teams.index:
            known = teams.index[:_SHOWN].tolist()
            raise SettingError("absence_team_unknown", team=absence.team_id, known=known)
        rows += [
            (absence.team_id, number, absence.half, AWAY)
            for number, date in enumerate(dates)
            if absence.first <= date <= absence.until
        ]
    return pd.DataFrame(rows, columns=[*ABSENCE_COLUMNS])


def _promised(
    stops: pd.DataFrame,
    level: DutyLevel,
    force: str,
    kinds: Sequence[DayKind],
    period: PeriodSettings,
    span: tuple[int, int],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a row for each visit of a day, and what is promised to each."""
    per_week = stops["kind"].map(level.visits_a_week[force]).fillna(0.0).astype(float)
    rows: list[dict[str, object]] = []
    often = pd.Series(0, index=stops.index, dtype="int64")
    records = stops.to_dict("records")
    for stop, row, frequency in zip(stops.index, records, per_week, strict=True):
        for promise in _promises_of(row, frequency, kinds, period):
            often[stop] += 1
            rows.append({"stop": stop, **promise})
    visits = as_visits(stops, often, span=span)
    last = {stop: (date - kinds[0].date).days for stop, date in (period.last or {}).items()}
    columns = ("stop", "visits", "block", "gap_least", "gap_most", "service", "patterns")
    promises = pd.DataFrame(rows, columns=[*columns]).set_index(visits.index)
    promises["last"] = [min(last.get(str(label), NO_LAST), NO_LAST) for label in visits.index]
    return visits, promises


def _promises_of(
    stop: Mapping[Any, Any], per_week: float, kinds: Sequence[DayKind], period: PeriodSettings
) -> Iterator[dict[str, object]]:
    """Yield what is promised to a stop: one promise for each visit that it may have on a day."""
    every = tuple(range(len(kinds)))
    if days := _dated(str(stop["due"] or ""), kinds):
        yield _listed(len(kinds), tuple((day,) for day in days))
    elif stop["kind"] == FESTIVAL:
        if festive := tuple(number for number, kind in enumerate(kinds) if kind.festive):
            yield _listed(len(kinds), (festive,))
    elif stop["kind"] == SCHOOL and per_week >= 5:
        school = tuple(number for number, kind in enumerate(kinds) if kind.school)
        windows = stop["windows"] or ((),)
        for _ in windows if school else ():
            yield _listed(len(kinds), (school,))
    elif per_week > 0:
        times = math.ceil(per_week / _WEEK)
        for number in range(times):
            share = min(per_week - number * _WEEK, _WEEK)
            yield _spread(share, every, period)


def _spread(per_week: float, service: tuple[int, ...], period: PeriodSettings) -> dict[str, object]:
    """Return the promise of so many visits a week, at most one a day."""
    share = Fraction(per_week).limit_denominator(_MOST_WEEKS)
    visits, block = max(share.numerator, 1), share.denominator * _WEEK
    least, most = gaps_for(visits, block, period)
    counts = {"visits": visits, "block": block, "gap_least": least, "gap_most": most}
    return {**counts, "service": service, "patterns": ()}


def _listed(days: int, patterns: tuple[tuple[int, ...], ...]) -> dict[str, object]:
    """Return the promise of one of some sets of days."""
    service = tuple(sorted({day for pattern in patterns for day in pattern}))
    counts = {"visits": max(map(len, patterns)), "block": days, "gap_least": 1, "gap_most": 0}
    return {**counts, "service": service, "patterns": patterns}


def _dated(due: str, kinds: Sequence[DayKind]) -> list[int]:
    """Return the days on which a stop with a due date may be visited; none where it is not due here."""
    date = pd.to_datetime(due, errors="coerce")
    if pd.isna(date):
        return []
    first, last = kinds[0].date, date.date()
    if last < first:
        return list(range(min(_OVERDUE_DAYS, len(kinds))))
    week = range((last - first).days - _WEEK + 1, (last - first).days + 1)
    days = [day for day in week if 0 <= day < len(kinds)]
    worked = [day for day in days if kinds[day].date.weekday() < 5]
    return worked or days
