"""The plan of a part of a day, for each objective and with a cap on the time out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planning.patrol.bounds import least_hours_ms, least_longest_ms, least_teams
from planning.patrol.exact import best_rounds, is_small
from planning.patrol.indexed import prizes, team_price
from planning.patrol.params import HOURS, LONGEST, TEAMS, TRAVEL
from planning.patrol.plan import MS_PER_HOUR
from planning.patrol.searching import search
from planning.patrol.timing import able_alone, timed

if TYPE_CHECKING:
    from planning.patrol.indexed import Indexed, Part, Rounds
    from planning.patrol.params import DayParams
    from planning.patrol.searching import Budget

# By this share of the budget there is a plan without the cap, which tells its price and is where to start.
_FREE_UNTIL, _CAPPED_UNTIL = 0.35, 0.6
# The last share is for hours, once the longest round or the number of teams is settled.
_SETTLED_UNTIL = 0.85
_TRIES = 8
# Longest rounds that differ by less are as good as equal.
_FINE_MS = 30_000


@dataclass(frozen=True, kw_only=True)
class Answer:
    """
    The plan of a part.

    Parameters
    ----------
    part
        What was asked, with its cap.
    rounds
        Who serves what.
    free
        The same without the cap, or for fewest hours; None where nothing else was asked.
    exact
        Whether nothing better is possible.
    """

    part: Part
    rounds: Rounds
    free: Rounds | None
    exact: bool

    def bound(self, ix: Indexed) -> int:
        """Return what the objective cannot be below for the same stops: teams, or ms."""
        part = self.part
        if part.objective == TEAMS:
            return len(self.rounds) if self.exact else least_teams(ix, part, self.rounds)
        if part.objective == LONGEST:
            return _longest(ix, self.rounds) if self.exact else least_longest_ms(ix, part, self.rounds)
        dwell = sum(int(ix.dwell[stop]) for stops in self.rounds.values() for stop in stops)
        aside = dwell if part.objective == TRAVEL else 0
        return cost(ix, self)[1] if self.exact else least_hours_ms(ix, part, self.rounds) - aside

    def hours(self, ix: Indexed) -> float:
        """Return the hours of duty."""
        return hours(ix, self.rounds, self.part.cap)

    def left_by_cap(self) -> int:
        """Return how many stops more are left out than without the cap."""
        return 0 if self.free is None else _count(self.free) - _count(self.rounds)

    def free_hours(self, ix: Indexed) -> float:
        """Return the hours of duty without the cap."""
        return self.hours(ix) if self.free is None else hours(ix, self.free, None)


def solve_part(
    ix: Indexed, part: Part, *, params: DayParams, seed: int, budget: Budget, chains: int = 1
) -> Answer:
    """
    Plan a part of a day.

    Parameters
    ----------
    part
        Teams and stops, without a cap.
    params
        What is asked.
    seed
        From which all randomness comes.
    budget
        How long.
    chains
        Searches that run at once.
    """
    goal = part if params.cap_ms is None else _capped(ix, part, params.cap_ms)
    priced, settled = params.prices_cap, part.objective in (HOURS, TRAVEL)
    first = _at_first(part if priced else goal)
    has_price = priced or part.objective == LONGEST
    if is_small(part):
        free = best_rounds(ix, first) if has_price else None
        return Answer(part=goal, rounds=best_rounds(ix, goal), free=free, exact=True)
    task = _Task(ix=ix, seed=seed, budget=budget, chains=chains)
    rounds = task.search(first, until=1.0 if settled and not priced else _FREE_UNTIL)
    free = rounds if has_price else None
    if priced:
        rounds = task.search(_at_first(goal), start=rounds, until=1.0 if settled else _CAPPED_UNTIL)
    if part.objective == LONGEST:
        rounds = task.shortest_longest(goal, rounds)
    if part.objective == TEAMS:
        rounds = task.fewest_teams(goal, rounds)
    return Answer(part=goal, rounds=rounds, free=free, exact=False)


def hours(ix: Indexed, rounds: Rounds, cap: int | None) -> float:
    """Return the hours of duty of some rounds."""
    return sum(timed(ix, team, stops, cap=cap).duration for team, stops in rounds.items()) / MS_PER_HOUR


def cost(ix: Indexed, answer: Answer) -> tuple[int, ...]:
    """Return what is to be small: stops left out, then the objective, then hours."""
    part = answer.part
    served = {stop for stops in answer.rounds.values() for stop in stops}
    worth = zip(part.stops, prizes(ix, part).tolist(), strict=True)
    left = sum(prize for stop, prize in worth if stop not in served)
    times = [timed(ix, team, stops, cap=part.cap) for team, stops in answer.rounds.items()]
    out = sum(time.duration for time in times)
    if part.objective == LONGEST:
        return left, max((time.duration for time in times), default=0), out
    if part.objective == TRAVEL:
        return left, sum(sum(time.legs) for time in times), out
    return left, out + len(times) * team_price(ix, part)


def _at_first(part: Part) -> Part:
    """Return what is searched first: the longest round is only then shortened."""
    return replace(part, objective=HOURS) if part.objective == LONGEST else part


def _capped(ix: Indexed, part: Part, cap: int) -> Part:
    """Return a part with a cap, without the stops that take longer than that by themselves."""
    able = np.any(able_alone(ix, cap=cap)[list(part.teams)], axis=0)
    return replace(part, cap=cap, stops=tuple(stop for stop in part.stops if able[stop]))


@dataclass(frozen=True, kw_only=True)
class _Task:
    """The searches for a part, one after the other."""

    ix: Indexed
    seed: int
    budget: Budget
    chains: int

    def search(
        self, part: Part, *, until: float, start: Rounds | None = None, complete: bool = False
    ) -> Rounds:
        """Search until a share of the budget is spent."""
        limits: Any = {"budget": self.budget, "chains": self.chains, "until": until, "complete": complete}
        return search(self.ix, part, seed=self.seed, start=start, **limits)

    def shortest_longest(self, part: Part, rounds: Rounds) -> Rounds:
        """Return rounds whose longest is short, and that visit the same stops: bisection by caps."""
        goal = _same_stops(part, rounds)
        low, high = least_longest_ms(self.ix, part, rounds), _longest(self.ix, rounds)
        for number in range(_TRIES):
            if high - low <= _FINE_MS:
                break
            tried = replace(goal, cap=(low + high) // 2)
            found = self.search(tried, until=self._slice(number), start=rounds, complete=True)
            if _count(found) == len(goal.stops):
                rounds, high = found, _longest(self.ix, found)
            else:
                low = tried.cap or 0
        return self._for_hours(replace(goal, cap=high), rounds)

    def fewest_teams(self, part: Part, rounds: Rounds) -> Rounds:
        """Return rounds of fewer teams that visit the same stops: one less may go out, and again."""
        goal, least = _same_stops(part, rounds), least_teams(self.ix, part, rounds)
        while len(rounds) > least:
            shortest = min(rounds, key=lambda team: (timed(self.ix, team, rounds[team]).duration, team))
            rest = {team: stops for team, stops in rounds.items() if team != shortest}
            tried = replace(goal, most=len(rest))
            found = self.search(tried, until=_SETTLED_UNTIL, start=rest, complete=True)
            if _count(found) < len(goal.stops):
                break
            rounds = found
        return self._for_hours(replace(goal, teams=tuple(rounds)), rounds)

    def _for_hours(self, goal: Part, rounds: Rounds) -> Rounds:
        """Return rounds of fewest hours, once all else is settled."""
        found = self.search(goal, until=1.0, start=rounds)
        return found if _count(found) == len(goal.stops) else rounds

    def _slice(self, number: int) -> float:
        """Return until when a try may last: what is left until all is settled is shared out evenly."""
        spent = self.budget.spent()
        return spent + max(_SETTLED_UNTIL - spent, 0.0) / (_TRIES - number)


def _same_stops(part: Part, rounds: Rounds) -> Part:
    """Return the question for fewest hours of all that some rounds visit."""
    visited = tuple(sorted(stop for stops in rounds.values() for stop in stops))
    return replace(part, objective=HOURS, stops=visited, all_required=True)


def _count(rounds: Rounds) -> int:
    return sum(len(stops) for stops in rounds.values())


def _longest(ix: Indexed, rounds: Rounds) -> int:
    return max((timed(ix, team, stops).duration for team, stops in rounds.items()), default=0)
