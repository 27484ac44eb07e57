"""
The check that every plan passes before anybody sees it.

It recomputes each leg and each time from the travel times and the tables, and shares no code with what made
the plan.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.errors import Reason
from geo.travel_times import UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geo.travel_times import TravelTimes
    from planning.patrol.plan import DayPlan, DayProblem, Route, Visit


def checked(problem: DayProblem, plan: DayPlan) -> DayPlan:
    """Return a plan with what is wrong with it; faults that it has already are forgotten."""
    return replace(plan, faults=tuple(plan_faults(problem, plan)))


def plan_faults(problem: DayProblem, plan: DayPlan) -> Iterator[Reason]:
    """Yield everything that keeps a plan from being driven as it says."""
    if (plan.force, plan.mode) != (problem.force, problem.mode):
        yield Reason("plan_of_other_problem", {"found": [plan.force, plan.mode]})
    for team, times in Counter(route.team_id for route in plan.routes).items():
        if team not in problem.teams.index:
            yield Reason("route_team_unknown", {"team": team})
        elif times > 1:
            yield Reason("route_team_twice", {"team": team, "count": times})
    yield from _coverage(problem, plan)
    for route in plan.routes:
        if route.team_id in problem.teams.index:
            yield from route_faults(problem, route, cap_ms=plan.cap_ms)


def _coverage(problem: DayProblem, plan: DayPlan) -> Iterator[Reason]:
    """Yield stops that are visited twice, not at all without a word, or in spite of being left out."""
    visits = Counter(visit.stop_id for route in plan.routes for visit in route.visits)
    left = Counter(stop.stop_id for stop in plan.unvisited)
    for stop in dict.fromkeys([*visits, *left]):
        if stop not in problem.stops.index:
            yield Reason("visit_stop_unknown", {"stop": stop})
        elif visits[stop] > 1:
            teams = [r.team_id for r in plan.routes for visit in r.visits if visit.stop_id == stop]
            yield Reason("stop_visited_twice", {"stop": stop, "teams": teams})
        elif visits[stop] + left[stop] > 1:
            yield Reason("stop_both", {"stop": stop})
    for stop in problem.stops.index:
        if visits[stop] + left[stop] == 0:
            yield Reason("stop_forgotten", {"stop": stop})
    priority = problem.stops["priority"].to_dict()
    for out in plan.unvisited:
        if priority.get(out.stop_id, out.priority) != out.priority:
            yield Reason("priority_mistaken", {"stop": out.stop_id, "found": out.priority})


def route_faults(problem: DayProblem, route: Route, *, cap_ms: int | None = None) -> Iterator[Reason]:
    """Yield what keeps a team from driving its route as it says."""
    team = _row(problem.teams, route.team_id)
    facts = {"team": route.team_id}
    if not route.visits:
        yield Reason("route_empty", facts)
        return
    known = [visit for visit in route.visits if visit.stop_id in problem.stops.index]
    for visit in known:
        yield from _service_faults(problem, route.team_id, visit)
    yield from _leg_faults(problem, route, known)
    yield from _time_faults(problem, route, known)
    if route.start_ms < team["shift_start_ms"]:
        early = int(team["shift_start_ms"] - route.start_ms)
        yield Reason("shift_begins_later", {**facts, "early_ms": early})
    if route.end_ms > team["shift_end_ms"]:
        yield Reason("shift_over", {**facts, "over_ms": int(route.end_ms - team["shift_end_ms"])})
    if cap_ms is not None and route.end_ms - route.start_ms > cap_ms:
        yield Reason("cap_over", {**facts, "over_ms": int(route.end_ms - route.start_ms - cap_ms)})
    if "capacity" in problem.teams and "load" in problem.stops:
        load = problem.stops.loc[[visit.stop_id for visit in known], "load"].sum()
        if load > team["capacity"]:
            yield Reason("capacity_over", {**facts, "over": int(load - team["capacity"])})


def _service_faults(problem: DayProblem, team_id: str, visit: Visit) -> Iterator[Reason]:
    """Yield why a team may not serve a stop, and why it may not do so at that time."""
    stop = _row(problem.stops, visit.stop_id)
    facts = {"team": team_id, "stop": visit.stop_id}
    row = problem.teams.index.get_loc(team_id), problem.stops.index.get_loc(visit.stop_id)
    if not problem.allowed[row]:
        yield Reason("not_allowed", facts)
    needs = stop["skill"]
    if isinstance(needs, str) and needs and needs not in _row(problem.teams, team_id)["skills"]:
        yield Reason("skill", {**facts, "needed": needs})
    if stop["windows"] and not any(a <= visit.begin_ms <= b for a, b in stop["windows"]):
        missed = [visit.begin_ms - b for _, b in stop["windows"] if b < visit.begin_ms]
        if missed:
            yield Reason("window_missed", {**facts, "late_ms": int(min(missed))})
        else:
            early = min(a for a, _ in stop["windows"]) - visit.begin_ms
            yield Reason("window_not_open", {**facts, "early_ms": int(early)})
    if visit.leave_ms - visit.begin_ms != stop["dwell_ms"]:
        off = abs(visit.leave_ms - visit.begin_ms - int(stop["dwell_ms"]))
        yield Reason("dwell_mistaken", {**facts, "off_ms": off})


def _leg_faults(problem: DayProblem, route: Route, known: Sequence[Visit]) -> Iterator[Reason]:
    """Yield legs that take another time than the plan says, or that there is no way for."""
    travel, at = _ways(problem, route.team_id, [visit.stop_id for visit in known])
    told = [*((visit.leg_ms, visit.leg_m) for visit in known), (route.home_ms, route.home_m)]
    for i, (leg_ms, leg_m) in enumerate(told):
        facts = {"team": route.team_id, "leg": i + 1, "count": len(told)}
        takes = int(travel.ms[at[i], at[i + 1]])
        if takes >= UNREACHABLE:
            yield Reason("leg_unreachable", facts)
        elif leg_ms != takes:
            yield Reason("leg_mistaken", {**facts, "told_ms": leg_ms, "takes_ms": takes})
        if leg_m < 0:
            yield Reason("leg_length_mistaken", {**facts, "found": leg_m})


def _time_faults(problem: DayProblem, route: Route, known: Sequence[Visit]) -> Iterator[Reason]:
    """Yield times that do not follow from those before."""
    now = route.start_ms
    for visit in known:
        facts = {"team": route.team_id, "stop": visit.stop_id}
        if visit.arrive_ms != now + visit.leg_ms:
            yield Reason("arrival_mistaken", {**facts, "off_ms": abs(visit.arrive_ms - now - visit.leg_ms)})
        if visit.begin_ms < visit.arrive_ms:
            yield Reason("begins_before_arrival", {**facts, "early_ms": visit.arrive_ms - visit.begin_ms})
        now = visit.leave_ms
    if route.end_ms != now + route.home_ms:
        off = abs(route.end_ms - now - route.home_ms)
        yield Reason("return_mistaken", {"team": route.team_id, "off_ms": off})


def least_duration_ms(problem: DayProblem, team_id: str, stop_ids: Sequence[str]) -> tuple[int, int] | None:
    """
    Return start and duration of the shortest way to serve stops in their order; None if there is none.

    Every start is tried that can matter: the shift's beginning and its last moment, and those that reach
    some window just as it opens or closes when nothing is waited for before. Of equals, the earliest.
    """
    team, stops = _row(problem.teams, team_id), problem.stops.loc[list(stop_ids)]
    travel, at = _ways(problem, team_id, stop_ids)
    legs = [int(travel.ms[a, b]) for a, b in zip(at, at[1:], strict=False)]
    if max(legs) >= UNREACHABLE:
        return None
    dwells, windows = [int(dwell) for dwell in stops["dwell_ms"]], list(stops["windows"])
    begin, finish = int(team["shift_start_ms"]), int(team["shift_end_ms"])
    reached = np.cumsum(np.array(legs[:-1]) + np.array([0, *dwells[:-1]])).tolist()
    starts = {begin, finish - sum(legs) - sum(dwells)}
    for after, held in zip(reached, windows, strict=True):
        starts |= {edge - after for window in held for edge in window}
    found = []
    for start in sorted(s for s in starts if begin <= s <= finish):
        end = _end_of(start, legs, dwells, windows)
        if end is not None and end <= finish:
            found.append((end - start, start))
    return None if not found else (min(found)[1], min(found)[0])


def _end_of(
    start: int, legs: Sequence[int], dwells: Sequence[int], windows: Sequence[Sequence[tuple[int, int]]]
) -> int | None:
    now = start
    for leg, dwell, held in zip(legs[:-1], dwells, windows, strict=True):
        now += leg
        if held:
            begins = [max(now, opens) for opens, closes in held if now <= closes]
            if not begins:
                return None
            now = min(begins)
        now += dwell
    return now + legs[-1]


def _ways(problem: DayProblem, team_id: str, stop_ids: Sequence[str]) -> tuple[TravelTimes, list[int]]:
    """Return a team's travel times, and where in them the places of its round stand."""
    team = _row(problem.teams, team_id)
    travel = problem.travel[team["travel_mode"]]
    end = team["end"] if isinstance(team.get("end"), str) else team["start"]
    places = [team["start"], *problem.stops.loc[list(stop_ids), "place"], end]
    return travel, travel.labels.get_indexer(pd.Index(places)).tolist()


def _row(frame: pd.DataFrame, label: str) -> dict[str, Any]:
    return dict(zip(frame.columns, frame.loc[label], strict=True))
