"""Why a stop is not visited: what forbids it to each team, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.errors import Reason
from planning.patrol.indexed import has_skill
from planning.patrol.plan import Refusal, Unvisited
from planning.patrol.timing import best_place, timed

if TYPE_CHECKING:
    from planning.patrol.indexed import Indexed, Rounds
    from planning.patrol.plan import DayProblem


def unvisited_stops(
    problem: DayProblem, ix: Indexed, rounds: Rounds, *, cap: int | None = None
) -> tuple[Unvisited, ...]:
    """
    Return the stops that no round visits, with what forbids each to every team.

    Parameters
    ----------
    problem, ix
        What was asked, and the same in numbers.
    rounds
        Who serves what.
    cap
        Longest time out.
    """
    visited = {stop for stops in rounds.values() for stop in stops}
    return tuple(
        Unvisited(
            stop_id=ix.stop_ids[stop],
            priority=int(ix.priority[stop]),
            refusals=_refusals(problem, ix, rounds, stop, cap),
        )
        for stop in range(len(ix.stop_ids))
        if stop not in visited
    )


def _refusals(
    problem: DayProblem, ix: Indexed, rounds: Rounds, stop: int, cap: int | None
) -> tuple[Refusal, ...]:
    """Return what forbids a stop to each team, the nearest miss first."""
    found = [_refusal(problem, ix, team, rounds.get(team, ()), stop, cap) for team in range(len(ix.team_ids))]
    return tuple(refusal for _, refusal in sorted(found, key=lambda pair: pair[0]))


def _refusal(
    problem: DayProblem, ix: Indexed, team: int, stops: tuple[int, ...], stop: int, cap: int | None
) -> tuple[tuple[int, int, int], Refusal]:
    team_id, skill = ix.team_ids[team], problem.stops["skill"].iloc[stop]
    facts = {"team": team_id, "stop": ix.stop_ids[stop]}
    if not problem.allowed[team, stop]:
        return (4, 0, team), Refusal(team_id=team_id, why=Reason("not_allowed", facts))
    if not has_skill(problem.teams["skills"].iloc[team], skill):
        why = Reason("skill", {**facts, "needed": skill})
        return (3, 0, team), Refusal(team_id=team_id, why=why)
    position, round_ = best_place(ix, team, stops, stop, cap=cap)
    if round_.unreachable:
        return (2, 0, team), Refusal(team_id=team_id, why=Reason("unreachable", facts))
    before = timed(ix, team, stops, cap=cap).duration if stops else 0
    if round_.late:
        why = Reason("window_missed", {**facts, "late_ms": round_.late})
    elif round_.overload:
        why = Reason("capacity_over", {**facts, "over": round_.overload})
    else:
        why = Reason("shift_over", {**facts, "over_ms": round_.over})
    refusal = Refusal(team_id=team_id, why=why, position=position, detour_ms=round_.duration - before)
    return (0, round_.late + round_.over, team), refusal
