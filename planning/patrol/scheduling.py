"""Rounds put into a plan: who comes where when, how long the ways are, what stays unvisited."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from geo.errors import SettingError
from geo.travel_times import UNREACHABLE
from planning.patrol.plan import Route, Visit
from planning.patrol.timing import timed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo.travel_times import TravelTimes
    from planning.patrol.indexed import Indexed, Rounds
    from planning.patrol.plan import DayPlan, DayProblem

    # Metres by travel mode and the labels of the two places.
    Lengths = dict[tuple[str, str, str], int]


def scheduled(
    problem: DayProblem, ix: Indexed, rounds: Rounds, *, cap: int | None = None, known: Lengths | None = None
) -> tuple[Route, ...]:
    """
    Return the routes of some rounds, in the order of the teams, each as short as it can be.

    Parameters
    ----------
    cap
        Longest time out.
    known
        Lengths of legs that are known already.
    """
    lengths = dict(known or {})
    lengths |= _lengths(problem, set(_legs(problem, ix, rounds)) - set(lengths))
    return tuple(
        _route(problem, ix, team, stops, lengths, cap) for team, stops in sorted(rounds.items()) if stops
    )


def route_without_lengths(
    problem: DayProblem, ix: Indexed, team: int, stops: Sequence[int], *, cap: int | None = None
) -> Route:
    """Return the route of a round that is tried, without asking the roads for its length."""
    return _route(problem, ix, team, stops, defaultdict(int), cap)


def known_lengths(problem: DayProblem, plan: DayPlan) -> Lengths:
    """Return the lengths of a plan's legs."""
    lengths: Lengths = {}
    for route in plan.routes:
        mode = str(problem.teams.at[route.team_id, "travel_mode"])
        places = [*_places(problem, route.team_id, [visit.stop_id for visit in route.visits])]
        metres = [*(visit.leg_m for visit in route.visits), route.home_m]
        for a, b, m in zip(places, places[1:], metres, strict=False):
            lengths[mode, a, b] = m
    return lengths


def _route(
    problem: DayProblem,
    ix: Indexed,
    team: int,
    stops: Sequence[int],
    lengths: Mapping[tuple[str, str, str], int],
    cap: int | None,
) -> Route:
    team_id, stop_ids = ix.team_ids[team], [ix.stop_ids[stop] for stop in stops]
    places = _places(problem, team_id, stop_ids)
    metres = [lengths[ix.mode[team], a, b] for a, b in zip(places, places[1:], strict=False)]
    times = timed(ix, team, stops, cap=cap)
    visits = tuple(
        Visit(
            stop_id=stop_id,
            leg_ms=times.legs[i],
            leg_m=metres[i],
            arrive_ms=times.arrive[i],
            begin_ms=times.begin[i],
            leave_ms=times.leave[i],
        )
        for i, stop_id in enumerate(stop_ids)
    )
    return Route(
        team_id=team_id,
        visits=visits,
        start_ms=times.start,
        end_ms=times.end,
        home_ms=times.legs[-1],
        home_m=metres[-1],
    )


def _places(problem: DayProblem, team_id: str, stop_ids: Iterable[str]) -> list[str]:
    """Return the labels of a round's places, from start to end."""
    team = problem.teams.loc[team_id]
    ends = team["end"] if isinstance(team.get("end"), str) else team["start"]
    return [team["start"], *problem.stops.loc[list(stop_ids), "place"], ends]


def _legs(problem: DayProblem, ix: Indexed, rounds: Rounds) -> Iterable[tuple[str, str, str]]:
    for team, stops in rounds.items():
        places = _places(problem, ix.team_ids[team], [ix.stop_ids[stop] for stop in stops])
        yield from ((ix.mode[team], a, b) for a, b in zip(places, places[1:], strict=False))


def _lengths(problem: DayProblem, legs: Iterable[tuple[str, str, str]]) -> Lengths:
    """Return the metres of legs; 0 where there is no way, none is needed, or there are no roads to ask."""
    lengths: Lengths = {}
    by_mode: dict[str, list[tuple[str, str]]] = {}
    for mode, a, b in sorted(legs):
        travel = problem.travel[mode]
        there = int(travel.ms[travel.labels.get_loc(a), travel.labels.get_loc(b)])
        lengths[mode, a, b] = 0
        if a != b and there < UNREACHABLE:
            by_mode.setdefault(mode, []).append((a, b))
    for mode, pairs in by_mode.items():
        metres = _metres(problem.travel[mode], pairs)
        lengths |= {(mode, a, b): m for (a, b), m in zip(pairs, metres, strict=True)}
    return lengths


def _metres(travel: TravelTimes, pairs: list[tuple[str, str]]) -> list[int]:
    try:
        return [round(m) for m in travel.legs(pairs)["m"]]
    except SettingError as error:
        if error.code != "legs_without_roads":
            raise
        return [0] * len(pairs)
