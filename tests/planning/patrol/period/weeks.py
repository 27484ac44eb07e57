"""Weeks small enough to be tried through, on the square of `tests.planning.patrol.days`."""

import datetime as dt
import itertools

import pandas as pd

from planning.patrol.period.building import ABSENCE_COLUMNS
from planning.patrol.period.checking import unkept
from planning.patrol.period.problem import PeriodProblem
from tests.planning.patrol.days import Tried, day

FIRST = dt.date(2026, 12, 1)


def weeks(points, teams, stops, promises, *, days, absences=(), halves=None, allowed=None):
    """
    Make weeks; `promises` are dicts of what differs from one visit in all days, on any day, without gaps.

    `absences` are (team, day) or (team, day, half); `halves` maps days to halves.
    """
    base = day(points, teams, stops, allowed=allowed)
    usual = {
        "visits": 1,
        "block": days,
        "gap_least": 1,
        "gap_most": 0,
        "last": 0,
        "service": tuple(range(days)),
        "patterns": (),
    }
    dates = [FIRST + dt.timedelta(days=number) for number in range(days)]
    rows = [(team, on, half[0] if half else "", "away") for team, on, *half in absences]
    return PeriodProblem(
        base=base,
        days=pd.DataFrame({"date": dates, "half": [(halves or {}).get(i, "") for i in range(days)]}),
        promises=pd.DataFrame(
            [{**usual, **promise} for promise in promises], index=base.stops.index, columns=[*usual]
        ),
        absences=pd.DataFrame(rows, columns=[*ABSENCE_COLUMNS]),
    )


def least_hours_ms(problem):
    """Try every choice of days that keeps all promises and return the fewest hours, with one team."""
    (team,) = problem.base.teams.index
    tours = [_tours(problem, team, number) for number in range(len(problem.days))]
    stops = [*problem.base.stops.index]
    choices = [
        chosen
        for count in range(len(problem.days) + 1)
        for chosen in itertools.combinations(range(len(problem.days)), count)
    ]
    able = [[days for days in choices if keeps(problem, stop, days)] for stop in stops]
    best = None
    for patterns in itertools.product(*able):
        visited = [
            frozenset(s for s, days in zip(stops, patterns, strict=True) if number in days)
            for number in range(len(problem.days))
        ]
        if all(held in tours[number] for number, held in enumerate(visited)):
            hours = sum(tours[number][held] for number, held in enumerate(visited))
            best = hours if best is None else min(best, hours)
    return best


def _tours(problem, team, number):
    """Return the shortest time out for every set of stops of a day; none but to stay for who is away."""
    day = problem.day(number, problem.base.stops.index)
    return Tried(day).tours(team) if team in day.teams.index else {frozenset(): 0}


def keeps(problem, stop, days):
    """Whether some days keep a stop's promise, by its words alone."""
    promise = problem.promises.loc[stop]
    since = [promise["last"]] if promise["last"] < 0 and days else []
    gaps = [b - a for a, b in zip([*since, *days], [*since, *days][1:], strict=False)]
    in_blocks = [
        sum(first <= day < first + promise["block"] for day in days)
        for first in range(0, len(problem.days), promise["block"])
    ]
    return (
        set(days) <= set(promise["service"])
        and all(gap >= promise["gap_least"] for gap in gaps)
        and all(held <= promise["visits"] for held in in_blocks)
        and stop not in {label for label, _, _ in unkept(problem, {stop: days})}
    )
