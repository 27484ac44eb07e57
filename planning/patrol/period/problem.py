"""What weeks of patrols are asked in, and what they are answered in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.clock import MS_PER_HOUR
from geo.errors import SettingError
from planning.patrol.params import HOURS, TEAMS, TRAVEL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy.typing as npt

    from geo.errors import Reason
    from geo.travel_times import TravelTimes
    from planning.patrol.plan import DayPlan, DayProblem, Refusal

# 上午, 下午.
HALVES = (WHOLE, MORNING, AFTERNOON) = ("", "am", "pm")
NOON_MS = 12 * MS_PER_HOUR
# Of a stop of which nobody knows when it was visited last.
NO_LAST = 0
VISIT_COLUMNS = (
    "day",
    "team_id",
    "number",
    "stop_id",
    "leg_ms",
    "leg_m",
    "arrive_ms",
    "begin_ms",
    "leave_ms",
)


@dataclass(frozen=True, kw_only=True)
class PeriodParams:
    """
    What is asked of weeks of patrols.

    Promises come first: no visit is left out to spare time or teams.

    Parameters
    ----------
    objective
        ``hours``: fewest hours of duty. ``teams``: fewest teams that go out, summed over the days, then
        hours. ``travel``: least time on the road.
    cap_ms
        No team is out for longer than this on any day.
    total_ms
        No team is out for longer than this in all, so that the work is shared; None for no limit.
    unpredictable
        From 0, the same weekday, hour and order each week wherever that is cheapest, to 1: weekdays, order,
        direction and hours vary as far as the promises allow.
    """

    objective: str = HOURS
    cap_ms: int | None = None
    total_ms: int | None = None
    unpredictable: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        known = (HOURS, TEAMS, TRAVEL)
        if self.objective not in known:
            allowed = ", ".join(known)
            raise SettingError("setting_wrong", name="objective", found=self.objective, allowed=allowed)
        for name in ("cap_ms", "total_ms"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SettingError("setting_wrong", name=name, found=value, allowed="> 0")
        if not 0 <= self.unpredictable <= 1:
            found = self.unpredictable
            raise SettingError("setting_wrong", name="unpredictable", found=found, allowed="0–1")


@dataclass(frozen=True, kw_only=True)
class PeriodProblem:
    """
    Who may patrol what on the days of some weeks, and what is promised.

    Days are numbered from 0 on.

    Parameters
    ----------
    base
        All teams with their ordinary shifts, all stops, ways, and who may serve what.
    days
        By number: date, half (``am`` or ``pm`` where only that half is worked, else "").
    promises
        By stop_id: visits in each whole `block` of days, from the first day on; gap_least and gap_most
        days between two visits (2: never two days running; gap_most 0 for no limit, otherwise the first
        visit comes within gap_most days and the last one leaves no longer gap); last, the day of its last
        visit before (-1: the day before the first), `NO_LAST` where nobody knows; service, the days on which
        it may be visited; patterns, the sets of days of which one is to be chosen, () for any that keeps the
        promise. Of a block that is cut off at the end its share of visits is promised, rounded down.
    absences
        Rows of team_id, day, half ("" for the whole day), why.
    detours
        By day, the travel times where they differ from those of `base`: roads closed.
    """

    base: DayProblem
    days: pd.DataFrame
    promises: pd.DataFrame
    absences: pd.DataFrame
    detours: Mapping[int, Mapping[str, TravelTimes]] = field(default_factory=dict)

    def travel(self, day: int) -> Mapping[str, TravelTimes]:
        """Return the travel times of a day."""
        return {**self.base.travel, **self.detours.get(day, {})}

    def shifts(self) -> npt.NDArray[np.int64]:
        """Return begin and end of each team's shift: (day, team, 2); the same twice for who is not out."""
        ordinary = self.base.teams[["shift_start_ms", "shift_end_ms"]].to_numpy(dtype=np.int64)
        shifts = np.repeat(ordinary[None], len(self.days), axis=0)
        for day, half in enumerate(self.days["half"]):
            for team in range(len(ordinary)) if half else ():
                _keep_half(shifts[day, team], half)
        number = {team: i for i, team in enumerate(self.base.teams.index)}
        # Who is away in the morning has the afternoon left.
        left = {WHOLE: WHOLE, MORNING: AFTERNOON, AFTERNOON: MORNING}
        away = self.absences
        for team, on, half in zip(away["team_id"], away["day"], away["half"], strict=True):
            if team in number:
                _keep_half(shifts[int(on), number[team]], left[str(half)])
        return shifts

    def day(self, number: int, stop_ids: Collection[str]) -> DayProblem:
        """Return the problem of one day, on which those stops are due."""
        shifts = self.shifts()[number]
        on = np.flatnonzero(shifts[:, 0] < shifts[:, 1])
        due = self.base.stops.index.get_indexer(pd.Index(list(stop_ids), dtype=object))
        teams = self.base.teams.iloc[on].copy()
        teams["shift_start_ms"], teams["shift_end_ms"] = shifts[on, 0], shifts[on, 1]
        return replace(
            self.base,
            teams=teams,
            stops=self.base.stops.iloc[due],
            travel=self.travel(number),
            allowed=np.ascontiguousarray(self.base.allowed[np.ix_(on, due)]),
            left_out=(),
        )


@dataclass(frozen=True, kw_only=True)
class Short:
    """
    A promise that the plan does not keep.

    Parameters
    ----------
    stop_id
        Whose.
    why
        ``visits_short`` (from, until, promised, planned) or ``gap_too_long`` (from, until, days, gap_most).
    day
        The day on which a further visit came nearest to being possible; None where no day is open to it.
    refusals
        What forbids it to each team on that day, the nearest miss first.
    remedies
        What would let it be kept.
    """

    stop_id: str
    why: Reason
    day: int | None = None
    refusals: tuple[Refusal, ...] = ()
    remedies: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PeriodPlan:
    """
    Weeks of patrols, as the checker confirmed them.

    Parameters
    ----------
    days
        A plan for each day; its stops are those that are visited on it.
    short
        Promises that are not kept, with reason and remedy.
    faults
        What the checker found; () for a plan that can be driven and owns up to all it leaves out.
    params
        What was asked.
    seed, seconds
        How it was searched.
    facts
        What the search adds.
    """

    days: tuple[DayPlan, ...]
    short: tuple[Short, ...]
    faults: tuple[Reason, ...]
    params: PeriodParams
    seed: int
    seconds: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def feasible(self) -> bool:
        """Whether the checker found nothing, and every promise is kept."""
        return not self.faults and not self.short

    def pattern(self) -> dict[str, tuple[int, ...]]:
        """Return the days on which each stop that is visited at all is."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, day in enumerate(self.days):
            for route in day.routes:
                for visit in route.visits:
                    found[visit.stop_id].append(number)
        return {stop: tuple(days) for stop, days in found.items()}

    def visits(self) -> pd.DataFrame:
        """Return all visits in the order of days, teams and times: `VISIT_COLUMNS`, number from 1."""
        rows = [
            (number, r.team_id, at, v.stop_id, v.leg_ms, v.leg_m, v.arrive_ms, v.begin_ms, v.leave_ms)
            for number, day in enumerate(self.days)
            for r in day.routes
            for at, v in enumerate(r.visits, start=1)
        ]
        return pd.DataFrame(rows, columns=[*VISIT_COLUMNS])

    def worked_ms(self) -> dict[str, int]:
        """Return how long each team that goes out at all is out, over all days."""
        worked: defaultdict[str, int] = defaultdict(int)
        for day in self.days:
            for route in day.routes:
                worked[route.team_id] += route.duration_ms
        return dict(worked)

    def summary(self) -> dict[str, Any]:
        """Return the figures by the names that the terminal's JSON has."""
        routes = [route for day in self.days for route in day.routes]
        longest = max((route.duration_ms for route in routes), default=0)
        return {
            "days": len(self.days),
            "visits": sum(len(route.visits) for route in routes),
            "rounds": len(routes),
            "teams": len({route.team_id for route in routes}),
            "hours": sum(route.duration_ms for route in routes) / MS_PER_HOUR,
            "travel_h": sum(route.travel_ms for route in routes) / MS_PER_HOUR,
            "longest_shift_h": longest / MS_PER_HOUR,
            "distance_km": sum(route.distance_m for route in routes) / 1000,
            "promises_kept": not self.short,
            "promises_short": len(self.short),
            "feasible": self.feasible,
            "seed": self.seed,
            "seconds": self.seconds,
            **self.facts,
        }


def _keep_half(shift: npt.NDArray[np.int64], half: str) -> None:
    """Cut a shift down to its morning or afternoon; to nothing for neither."""
    if half == MORNING:
        shift[1] = max(min(shift[1], NOON_MS), shift[0])
    elif half == AFTERNOON:
        shift[0] = min(max(shift[0], NOON_MS), shift[1])
    else:
        shift[1] = shift[0]
