"""
值班备勤表: who has which shift on which day, fairly.

A small integer programme, solved by HiGHS. Every shift of a day gets the teams that it needs; nobody has
more than one turn in `gap` days (值班备勤四天以上一班), nor one right after a night; who is away has none.
Nights and days off are shared out as evenly as can be, then all turns. Where stations pool their people on
nights and days off (夜间、非工作日集约用警), shifts need fewer teams then: `Shift.needs_off` says how many.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from geo.errors import Reason, SettingError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator, Sequence

# Evenness of nights and of days off, which are worse to have, counts more than that of turns.
_WEIGHTS = {"night": 10.0, "off": 10.0, "all": 3.0}
ROSTER_COLUMNS = ("date", "shift", "team_id")


@dataclass(frozen=True, kw_only=True)
class Shift:
    """
    A shift that is manned every day.

    Parameters
    ----------
    code
        What it is called: ``day``, ``night``.
    needs, needs_off
        How many teams on working days, and on days off (the same by default).
    night
        Whether the day after is free.
    """

    code: str
    needs: int = 1
    needs_off: int | None = None
    night: bool = False

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("needs", "needs_off"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise SettingError("setting_wrong", name=name, found=value, allowed=">= 0")


@dataclass(frozen=True, kw_only=True)
class RosterProblem:
    """
    What is asked of a roster.

    Parameters
    ----------
    teams
        Who takes turns.
    dates
        The days, one after the other.
    days_off
        Which of them are days off.
    shifts
        What is manned.
    gap
        A team has at most one turn in so many days.
    away
        Pairs of team and date.
    last
        By team, its last turn before.
    """

    teams: Sequence[str]
    dates: Sequence[dt.date]
    shifts: Sequence[Shift]
    days_off: Collection[dt.date] = ()
    gap: int = 4
    away: Collection[tuple[str, dt.date]] = ()
    last: tuple[tuple[str, dt.date], ...] = ()

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.gap < 1:
            raise SettingError("setting_wrong", name="gap", found=self.gap, allowed=">= 1")

    def needs(self, date: dt.date, shift: Shift) -> int:
        """Return how many teams a shift needs on a day."""
        fewer = shift.needs_off is not None and date in self.days_off
        return int(shift.needs_off or 0) if fewer else shift.needs


@dataclass(frozen=True, kw_only=True)
class Roster:
    """
    Who has which shift when.

    Parameters
    ----------
    rows
        `ROSTER_COLUMNS`, by date, shift and team.
    faults
        What the checker found; places that nobody fills are among them.
    """

    rows: pd.DataFrame
    faults: tuple[Reason, ...]

    def turns(self, problem: RosterProblem) -> pd.DataFrame:
        """Return how many turns each team has: all, night, off, by team_id."""
        night = {shift.code for shift in problem.shifts if shift.night}
        frame = pd.DataFrame(
            0, index=pd.Index(problem.teams, name="team_id"), columns=["all", "night", "off"]
        )
        for date, shift, team in self.rows.itertuples(index=False):
            frame.loc[team] += [1, int(shift in night), int(date in problem.days_off)]
        return frame


def fair_roster(problem: RosterProblem, *, seconds: float = 10.0) -> Roster:
    """
    Return the fairest roster found; where not everything can be manned, as much as can be.

    Parameters
    ----------
    seconds
        How long to search.
    """
    rows = _solved(problem, seconds) if problem.dates and problem.shifts and problem.teams else []
    frame = pd.DataFrame(rows, columns=[*ROSTER_COLUMNS])
    return Roster(rows=frame, faults=tuple(roster_faults(problem, frame)))


def teams_needed(problem: RosterProblem) -> int:
    """Return how many teams it takes, absences aside: all turns of any `gap` days are others'."""
    daily = [sum(problem.needs(date, shift) for shift in problem.shifts) for date in problem.dates]
    spans = [sum(daily[i : i + problem.gap]) for i in range(max(len(daily) - problem.gap + 1, 1))]
    return max(spans, default=0)


def roster_faults(problem: RosterProblem, rows: pd.DataFrame) -> Iterator[Reason]:
    """Yield what is wrong with a roster, worked out from the rules alone."""
    filled = Counter(zip(rows["date"], rows["shift"], strict=True))
    for date in problem.dates:
        for shift in problem.shifts:
            needs, has = problem.needs(date, shift), filled[date, shift.code]
            if has != needs:
                facts = {"date": str(date), "shift": shift.code, "needs": needs, "planned": has}
                yield Reason("roster_not_manned", facts)
    known = {shift.code: shift for shift in problem.shifts}
    before = dict(problem.last)
    for team in dict.fromkeys([*problem.teams, *rows["team_id"]]):
        mine = rows[rows["team_id"] == team].sort_values("date")
        turns = [*zip(mine["date"], mine["shift"], strict=True)]
        if team not in problem.teams:
            yield Reason("roster_team_unknown", {"team": team})
        for date, _ in turns:
            if (team, date) in set(problem.away):
                yield Reason("roster_team_away", {"team": team, "date": str(date)})
        dated = [*([(before[team], "")] if team in before else []), *turns]
        for (earlier, shift), (later, _) in zip(dated, dated[1:], strict=False):
            # Right after a night is too soon, whatever the gap.
            least = max(problem.gap, 2 if shift in known and known[shift].night else 1)
            if (later - earlier).days < least:
                facts = {"team": team, "date": str(later), "days": (later - earlier).days, "gap": least}
                yield Reason("roster_too_soon", facts)


def _solved(problem: RosterProblem, seconds: float) -> list[tuple[dt.date, str, str]]:
    """Return the rows of the best roster that HiGHS finds."""
    teams, dates, shifts = len(problem.teams), len(problem.dates), len(problem.shifts)
    turn = np.arange(teams * dates * shifts).reshape(teams, dates, shifts)
    open_ = turn.size + np.arange(dates * shifts).reshape(dates, shifts)
    kinds = _kinds(problem)
    # Most and least turns of any team, by kind.
    most = open_.max() + 1 + np.arange(len(kinds))
    least = most + len(kinds)
    size = int(least[-1]) + 1
    rows = _Rows(size)
    for day, date in enumerate(problem.dates):
        for number, shift in enumerate(problem.shifts):
            needs = problem.needs(date, shift)
            rows.add([*turn[:, day, number], open_[day, number]], [1.0] * (teams + 1), needs, needs)
    for team in range(teams):
        for first in range(dates):
            rows.add(turn[team, first : first + problem.gap].ravel(), None, -np.inf, 1)
            nights = [number for number, shift in enumerate(problem.shifts) if shift.night]
            if nights and problem.gap < 2:
                after = turn[team, first + 1 : first + 2].ravel()
                rows.add([*turn[team, first, nights], *after], None, -np.inf, 1)
        for kind, (_, counted) in enumerate(kinds):
            mine = turn[team][counted]
            rows.add([*mine, most[kind]], [*[1.0] * len(mine), -1.0], -np.inf, 0)
            rows.add([*mine, least[kind]], [*[1.0] * len(mine), -1.0], 0, np.inf)
    upper = np.ones(size)
    upper[open_.ravel()] = teams
    upper[np.r_[most, least]] = dates
    for team, day in _closed(problem):
        upper[turn[team, day]] = 0
    cost = np.zeros(size)
    cost[open_.ravel()] = 1_000.0
    for kind, (name, _) in enumerate(kinds):
        cost[most[kind]], cost[least[kind]] = _WEIGHTS[name], -_WEIGHTS[name]
    found = milp(
        cost,
        constraints=rows.constraint(),
        bounds=Bounds(np.zeros(size), upper),
        integrality=np.ones(size),
        options={"time_limit": seconds, "mip_rel_gap": 1e-4},
    )
    chosen = np.zeros(size) if found.x is None else found.x
    return [
        (date, shift.code, problem.teams[team])
        for day, date in enumerate(problem.dates)
        for number, shift in enumerate(problem.shifts)
        for team in range(teams)
        if chosen[turn[team, day, number]] > 0.5
    ]


def _kinds(problem: RosterProblem) -> list[tuple[str, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]]:
    """Return which turns are to be shared evenly: nights, those on days off, all."""
    night = np.array([shift.night for shift in problem.shifts])
    off = np.array([date in problem.days_off for date in problem.dates])
    shape = (len(problem.dates), len(problem.shifts))
    kinds = {
        "night": np.broadcast_to(night, shape),
        "off": np.broadcast_to(off[:, None], shape),
        "all": np.ones(shape, dtype=bool),
    }
    return [(name, counted) for name, counted in kinds.items() if counted.any()]


def _closed(problem: RosterProblem) -> Iterator[tuple[int, int]]:
    """Yield the teams and days on which a team cannot have a turn."""
    number = {team: i for i, team in enumerate(problem.teams)}
    at = {date: day for day, date in enumerate(problem.dates)}
    for team, date in problem.away:
        if team in number and date in at:
            yield number[team], at[date]
    for team, date in problem.last:
        for day, later in enumerate(problem.dates):
            if team in number and (later - date).days < problem.gap:
                yield number[team], day


class _Rows:
    """Rows of a sparse matrix with their bounds, as they are added."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.at: list[int] = []
        self.columns: list[int] = []
        self.values: list[float] = []
        self.bounds: list[tuple[float, float]] = []

    def add(self, columns: Iterable[int], values: Sequence[float] | None, low: float, high: float) -> None:
        """Add a row; ones where no values are given."""
        held = [int(column) for column in columns]
        self.at += [len(self.bounds)] * len(held)
        self.columns += held
        self.values += [1.0] * len(held) if values is None else values
        self.bounds.append((low, high))

    def constraint(self) -> LinearConstraint:
        """Return all rows as one constraint."""
        shape = (len(self.bounds), self.size)
        matrix = coo_array((self.values, (self.at, self.columns)), shape=shape).tocsr()
        low, high = np.array(self.bounds).T
        return LinearConstraint(matrix, low, high)
