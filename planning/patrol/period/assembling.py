"""Rounds of a search as days of a plan, with times and lengths, and the promises they break explained."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planning.patrol.checking import route_faults
from planning.patrol.indexed import indexed
from planning.patrol.period.checking import checked_period, unkept
from planning.patrol.period.problem import PeriodPlan, Short
from planning.patrol.period.varying import delayed, turned
from planning.patrol.plan import DayPlan
from planning.patrol.scheduling import known_lengths, scheduled
from planning.patrol.why_not import unvisited_stops

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from planning.patrol.indexed import Indexed, Rounds
    from planning.patrol.period.ground import PeriodRounds
    from planning.patrol.period.problem import PeriodParams, PeriodProblem
    from planning.patrol.plan import DayProblem, Route, Unvisited
    from planning.patrol.scheduling import Lengths

# So many broken promises are explained team by team, and of each so many days are looked at.
_EXPLAINED, _DAYS_TRIED, _REFUSALS = 60, 3, 5


def assembled(
    problem: PeriodProblem,
    ix: Indexed,
    rounds: PeriodRounds,
    params: PeriodParams,
    *,
    seed: int,
    began: float,
    frozen: Sequence[DayPlan | None] = (),
    before: PeriodPlan | None = None,
    facts: dict[str, Any] | None = None,
) -> PeriodPlan:
    """
    Return rounds as a plan that has been checked.

    Parameters
    ----------
    began
        `time.monotonic` when it was begun to be made.
    frozen
        Days that stay as they were made before; None, or nothing, for those that do not.
    before
        A plan whose rounds stay to the minute where the same team visits the same stops and still can.
    """
    days: list[DayPlan] = []
    known: Lengths = {}
    for number in range(len(problem.days)):
        old = frozen[number] if number < len(frozen) else None
        if old is not None:
            days.append(old)
            continue
        of_day = {team: tuple(s for s, _ in held) for (day, team), held in rounds.items() if day == number}
        kept = () if before is None else before.days[number].routes
        days.append(_day(problem, ix, number, of_day, params, seed, known, kept))
    plan = PeriodPlan(
        days=tuple(days),
        short=(),
        faults=(),
        params=params,
        seed=seed,
        seconds=time.monotonic() - began,
        facts=facts or {},
    )
    short = tuple(_short(problem, days, plan.pattern(), params))
    return checked_period(problem, replace(plan, short=short))


def _day(
    problem: PeriodProblem,
    ix: Indexed,
    number: int,
    rounds: Rounds,
    params: PeriodParams,
    seed: int,
    known: Lengths,
    before: Sequence[Route],
) -> DayPlan:
    """Return a day with its times; lengths of legs that were asked for are noted in `known`."""
    stops = [ix.stop_ids[stop] for held in rounds.values() for stop in held]
    day = problem.day(number, stops)
    here = indexed(day)
    kept = [route for route in before if _stays(day, ix, rounds, route, params)]
    rounds = {
        team: held for team, held in rounds.items() if ix.team_ids[team] not in {r.team_id for r in kept}
    }
    share, rng = params.unpredictable, np.random.default_rng([seed, number])
    of_day: Rounds = {}
    for team, held in sorted(rounds.items()):
        by = here.team_number[ix.team_ids[team]]
        order = [here.stop_number[ix.stop_ids[stop]] for stop in held]
        of_day[by] = turned(here, by, order, share=share, rng=rng, cap=params.cap_ms)
    # Other ways on a day of closed roads have other lengths.
    lengths = {} if number in problem.detours else known
    routes = scheduled(day, here, of_day, cap=params.cap_ms, known=lengths)
    if share:
        routes = tuple(delayed(here, route, share=share, rng=rng) for route in routes)
    routes = tuple(sorted((*routes, *kept), key=lambda route: here.team_number[route.team_id]))
    plan = DayPlan(
        force=day.force,
        mode=day.mode,
        objective=params.objective,
        routes=routes,
        unvisited=(),
        faults=(),
        seed=seed,
        seconds=0.0,
        cap_ms=params.cap_ms,
    )
    if lengths is known:
        known |= known_lengths(day, plan)
    return plan


def _stays(day: DayProblem, ix: Indexed, rounds: Rounds, route: Route, params: PeriodParams) -> bool:
    """Whether a round has the stops that it had, and can still be driven as it was."""
    stops = {ix.stop_ids[stop] for stop in rounds.get(ix.team_number.get(route.team_id, -1), ())}
    same = stops == {visit.stop_id for visit in route.visits} and route.team_id in day.teams.index
    return same and not any(route_faults(day, route, cap_ms=params.cap_ms))


def _short(
    problem: PeriodProblem,
    days: Sequence[DayPlan],
    pattern: Mapping[str, Sequence[int]],
    params: PeriodParams,
) -> Iterator[Short]:
    """Yield the promises that are not kept, the first of them with what forbids a further visit."""
    for count, (stop, why, concerned) in enumerate(unkept(problem, pattern)):
        short = Short(stop_id=stop, why=why)
        yield short if count >= _EXPLAINED else _explained(problem, days, pattern, short, concerned, params)


def _explained(
    problem: PeriodProblem,
    days: Sequence[DayPlan],
    pattern: Mapping[str, Sequence[int]],
    short: Short,
    concerned: range,
    params: PeriodParams,
) -> Short:
    found: list[tuple[int, Unvisited]] = []
    for number in _open_days(problem, pattern.get(short.stop_id, ()), short.stop_id, concerned):
        visited = [visit.stop_id for route in days[number].routes for visit in route.visits]
        out = _refused(problem.day(number, [*visited, short.stop_id]), days[number], short.stop_id, params)
        found += [(number, out)] if out is not None else []
    if not found:
        return short
    number, out = min(found, key=lambda one: _miss(one[1]))
    return replace(short, day=number, refusals=out.refusals[:_REFUSALS], remedies=out.remedies)


def _open_days(
    problem: PeriodProblem, visited: Collection[int], stop: str, concerned: range
) -> Sequence[int]:
    """Return days on which a further visit would help and keep its distance to the others, a few."""
    promise = problem.promises.loc[stop]
    open_ = [
        day
        for day in promise["service"]
        if day in concerned
        and day not in visited
        and all(abs(day - other) >= promise["gap_least"] for other in visited)
    ]
    middle = (concerned[0] + concerned[-1]) / 2
    return sorted(open_, key=lambda day: (abs(day - middle), day))[:_DAYS_TRIED]


def _refused(day: DayProblem, plan: DayPlan, stop: str, params: PeriodParams) -> Unvisited | None:
    """Return why a stop is not visited on a day."""
    here = indexed(day)
    rounds = {
        here.team_number[r.team_id]: tuple(here.stop_number[visit.stop_id] for visit in r.visits)
        for r in plan.routes
    }
    return next(
        (out for out in unvisited_stops(day, here, rounds, cap=params.cap_ms) if out.stop_id == stop), None
    )


def _miss(out: Unvisited) -> tuple[int, int]:
    """Return how far a day is from having room: without a place at all last."""
    nearest = out.refusals[0] if out.refusals else None
    if nearest is None or nearest.position is None:
        return 1, 0
    over = nearest.why.facts.get("over_ms", nearest.why.facts.get("late_ms"))
    return 0, over if isinstance(over, int) else 0
