"""The plan of a part of a day, for each objective and with a cap on the time out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planning.patrol.exact import best_rounds, is_small
from planning.patrol.indexed import prizes, team_price
from planning.patrol.params import HOURS, LONGEST, TRAVEL
from planning.patrol.plan import MS_PER_HOUR
from planning.patrol.searching import search
from planning.patrol.timing import able_alone, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from planning.patrol.indexed import Indexed, Part, Rounds
    from planning.patrol.searching import Budget

# Share of the time for the plan without a cap, which tells the cap's price and is where its search starts.
_FREE_SHARE = 0.35
_BISECTIONS = 8
_BISECTION_SHARE = 0.45
# Longest shifts that differ by less are as good as equal.
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

    def hours(self, ix: Indexed) -> float:
        """Return the hours of duty."""
        return hours(ix, self.rounds, self.part.cap)

    def free_hours(self, ix: Indexed) -> float:
        """Return the hours of duty without the cap."""
        return self.hours(ix) if self.free is None else hours(ix, self.free, None)


def solve_part(
    ix: Indexed, part: Part, *, cap: int | None, seed: int, budget: Callable[[float], Budget]
) -> Answer:
    """
    Plan a part of a day.

    Parameters
    ----------
    part
        Teams and stops, without a cap.
    cap
        Longest time out.
    seed
        From which all randomness comes.
    budget
        Gives a share of the time.
    """
    longest = part.objective == LONGEST
    if is_small(part):
        goal = part if cap is None else replace(part, cap=cap)
        free = None if cap is None and not longest else best_rounds(ix, _for_hours(part))
        return Answer(part=goal, rounds=best_rounds(ix, goal), free=free, exact=True)
    if cap is None and not longest:
        return Answer(
            part=part, rounds=search(ix, part, seed=seed, budget=budget(1.0)), free=None, exact=False
        )
    free = search(ix, _for_hours(part), seed=seed, budget=budget(_FREE_SHARE))
    goal, rounds = part, free
    if cap is not None:
        goal = _capped(ix, part, cap)
        share = _FREE_SHARE if longest else 1 - _FREE_SHARE
        rounds = search(ix, _for_hours(goal), seed=seed, budget=budget(share), start=free)
    if longest:
        rounds = _shortest_longest(ix, goal, rounds, seed=seed, budget=budget)
    return Answer(part=replace(part, cap=cap), rounds=rounds, free=free, exact=False)


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


def _for_hours(part: Part) -> Part:
    return replace(part, objective=HOURS) if part.objective == LONGEST else part


def _capped(ix: Indexed, part: Part, cap: int) -> Part:
    """Return a part with a cap, without the stops that take longer than that by themselves."""
    able = np.any(able_alone(ix, cap=cap)[list(part.teams)], axis=0)
    return replace(part, cap=cap, stops=tuple(stop for stop in part.stops if able[stop]))


def _shortest_longest(
    ix: Indexed, part: Part, rounds: Rounds, *, seed: int, budget: Callable[[float], Budget]
) -> Rounds:
    """Return rounds whose longest is short, and that visit the same stops: bisection by caps."""
    visited = tuple(sorted(stop for stops in rounds.values() for stop in stops))
    goal = replace(part, objective=HOURS, stops=visited, all_required=True)
    low, high = 0, _longest(ix, rounds)
    for _ in range(_BISECTIONS):
        if high - low <= _FINE_MS:
            break
        tried = replace(goal, cap=(low + high) // 2)
        share = budget(_BISECTION_SHARE / _BISECTIONS)
        found = search(ix, tried, seed=seed, budget=share, start=rounds, feasible=True)
        if sum(len(stops) for stops in found.values()) == len(visited):
            rounds, high = found, _longest(ix, found)
        else:
            low = tried.cap or 0
    share = budget(1 - _FREE_SHARE - _BISECTION_SHARE)
    last = search(ix, replace(goal, cap=high), seed=seed, budget=share, start=rounds)
    return last if sum(len(stops) for stops in last.values()) == len(visited) else rounds


def _longest(ix: Indexed, rounds: Rounds) -> int:
    return max((timed(ix, team, stops).duration for team, stops in rounds.items()), default=0)
