"""Changing a plan by hand: a stop given to another team at once, the rest planned anew around what stays."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from geo.errors import SettingError
from planning.patrol.checking import checked
from planning.patrol.indexed import indexed
from planning.patrol.scheduling import known_lengths, scheduled
from planning.patrol.solving import plan_day
from planning.patrol.timing import best_place
from planning.patrol.why_not import unvisited_stops

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from planning.patrol.indexed import Indexed, Rounds
    from planning.patrol.params import DayParams, Limits
    from planning.patrol.plan import DayPlan, DayProblem


def moved(
    problem: DayProblem,
    plan: DayPlan,
    stop_id: str,
    team_id: str | None,
    *,
    position: int | None = None,
) -> DayPlan:
    """
    Give a stop to another team, where it costs that team least, and check the plan again.

    What the team cannot keep is done nevertheless: the plan's faults say what is amiss, in numbers.

    Parameters
    ----------
    problem, plan
        What was asked, and the answer that is changed.
    stop_id
        The stop, visited or not.
    team_id
        Who is to visit it; None for nobody. The team that has it already may get it elsewhere in its order.
    position
        Before which of the team's other visits; None for the best place.

    Raises
    ------
    SettingError
        ``visit_stop_unknown``, ``route_team_unknown``.
    """
    began = time.monotonic()
    if stop_id not in problem.stops.index:
        raise SettingError("visit_stop_unknown", stop=stop_id)
    if team_id is not None and team_id not in problem.teams.index:
        raise SettingError("route_team_unknown", team=team_id)
    ix = indexed(problem)
    stop = ix.stop_number[stop_id]
    rounds = {team: tuple(s for s in stops if s != stop) for team, stops in rounds_of(ix, plan).items()}
    if team_id is not None:
        team = ix.team_number[team_id]
        stops = rounds.get(team, ())
        at = best_place(ix, team, stops, stop, cap=plan.cap_ms)[0] if position is None else position
        rounds[team] = (*stops[:at], stop, *stops[at:])
    return _with(problem, ix, plan, rounds, seconds=time.monotonic() - began)


def replanned(
    problem: DayProblem,
    plan: DayPlan,
    *,
    keep: Collection[str],
    params: DayParams | None = None,
    limits: Limits | None = None,
    seed: int = 1,
    progress: Callable[[str, float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> DayPlan:
    """
    Plan the day anew around the routes of some teams, which stay as they are.

    Parameters
    ----------
    keep
        team_id of the teams whose routes stay; their stops are nobody else's.
    params, limits, seed, progress, cancel
        As for `plan_day`.
    """
    ix = indexed(problem)
    kept = {team: stops for team, stops in rounds_of(ix, plan).items() if ix.team_ids[team] in keep}
    taken = {stop for stops in kept.values() for stop in stops}
    teams = [i for i, team in enumerate(ix.team_ids) if team not in keep]
    stops = [i for i in range(len(ix.stop_ids)) if i not in taken]
    rest = replace(
        problem,
        teams=problem.teams.iloc[teams],
        stops=problem.stops.iloc[stops],
        allowed=problem.allowed[teams][:, stops],
    )
    anew = plan_day(rest, params=params, limits=limits, seed=seed, progress=progress, cancel=cancel)
    rounds = kept | rounds_of(ix, anew)
    stay = tuple(route for route in plan.routes if route.team_id in keep)
    whole = replace(anew, routes=stay + anew.routes, unvisited=())
    return _with(problem, ix, whole, rounds, seconds=anew.seconds)


def rounds_of(ix: Indexed, plan: DayPlan) -> Rounds:
    """Return who serves what in a plan, in numbers."""
    return {
        ix.team_number[route.team_id]: tuple(ix.stop_number[visit.stop_id] for visit in route.visits)
        for route in plan.routes
    }


def _with(problem: DayProblem, ix: Indexed, plan: DayPlan, rounds: Rounds, *, seconds: float) -> DayPlan:
    """Return a plan with other rounds, checked."""
    before = rounds_of(ix, plan)
    changed = {team for team in before.keys() | rounds.keys() if before.get(team, ()) != rounds.get(team, ())}
    new = replace(
        plan,
        routes=scheduled(problem, ix, rounds, cap=plan.cap_ms, known=known_lengths(problem, plan)),
        unvisited=unvisited_stops(
            problem, ix, rounds, cap=plan.cap_ms, known=plan.unvisited, changed=changed
        ),
        seconds=seconds,
    )
    return checked(problem, new)
