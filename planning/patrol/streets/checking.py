"""
The check that every plan of streets passes before anybody sees it.

It goes over each round arc by arc, works out anew from the roads what may be gone and what it takes, and
shares no code with what made the plan.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geo.errors import Reason
from geo.speeds import ROAD_CLASSES
from planning.patrol.streets.plan import PASSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planning.patrol.streets.plan import StreetPlan, StreetRoute
    from planning.patrol.streets.problem import StreetProblem

# People on foot are bound by no one-way street.
_ON_FOOT = "walk"


def checked(problem: StreetProblem, plan: StreetPlan) -> StreetPlan:
    """Return a plan with what is wrong with it, and whether it is proved to be the best."""
    faults = tuple(plan_faults(problem, plan))
    whole = not faults and not plan.uncovered
    exact = whole and plan.bound_ms is not None and plan.value_ms <= plan.bound_ms
    return replace(plan, faults=faults, exact=exact)


def plan_faults(problem: StreetProblem, plan: StreetPlan) -> Iterator[Reason]:
    """Yield everything that keeps a plan from being gone as it says."""
    for team, times in Counter(route.team_id for route in plan.routes).items():
        if team not in problem.teams.index:
            yield Reason("route_team_unknown", {"team": team})
        elif times > 1:
            yield Reason("route_team_twice", {"team": team, "count": times})
    yield from _coverage(problem, plan)
    for route in plan.routes:
        if route.team_id in problem.teams.index:
            yield from route_faults(problem, route, cap_ms=plan.cap_ms)


def _coverage(problem: StreetProblem, plan: StreetPlan) -> Iterator[Reason]:
    """Yield streets that are covered twice, not at all without a word, or in spite of being left out."""
    done = Counter(step.task for route in plan.routes for step in route.steps if step.task != PASSING)
    left = Counter(plan.uncovered)
    for task in sorted({*done, *left, *range(len(problem.tasks))}):
        if not 0 <= task < len(problem.tasks):
            yield Reason("street_unknown", {"row": task})
        elif done[task] + left[task] != 1:
            code = "street_forgotten" if not done[task] + left[task] else "street_covered_twice"
            yield Reason(code, {"road": _road(problem, task)})


def route_faults(
    problem: StreetProblem, route: StreetRoute, *, cap_ms: int | None = None
) -> Iterator[Reason]:
    """Yield what keeps a team from going its round as it says."""
    team: dict[Any, Any] = problem.teams.loc[route.team_id].to_dict()
    facts = {"team": route.team_id}
    if not route.steps:
        yield Reason("route_empty", facts)
        return
    at, spent, load = int(team["out"]), 0, 0
    for number, step in enumerate(route.steps, start=1):
        place = {**facts, "row": number}
        if not 0 <= step.arc < len(problem.graph.tail):
            yield Reason("street_unknown", {"row": step.arc})
            return
        if int(problem.graph.tail[step.arc]) != at:
            yield Reason("street_jump", place)
        at = int(problem.graph.head[step.arc])
        takes = _passing_ms(problem, step.arc)
        if takes is None:
            yield Reason("street_not_open", place)
            takes = step.ms
        if step.task != PASSING and 0 <= step.task < len(problem.tasks):
            row = problem.tasks.iloc[step.task]
            if step.arc not in (int(row["forth"]), int(row["back"])):
                yield Reason("street_wrong_way", {**place, "road": _road(problem, step.task)})
            takes = max(takes, int(row["ms"]))
            load += int(row.get("load", 0))
        if step.ms != takes:
            yield Reason("street_time_mistaken", {**place, "off_ms": abs(step.ms - takes)})
        spent += takes
    if at != int(team["home"]):
        yield Reason("street_not_home", facts)
    yield from _limits(team, route, spent, load, cap_ms)


def _limits(
    team: dict[Any, Any], route: StreetRoute, spent: int, load: int, cap_ms: int | None
) -> Iterator[Reason]:
    facts = {"team": route.team_id}
    start, end = int(team["shift_start_ms"]), int(team["shift_end_ms"])
    if route.start_ms < start:
        yield Reason("shift_begins_later", {**facts, "early_ms": start - route.start_ms})
    if route.start_ms + spent > end:
        yield Reason("shift_over", {**facts, "over_ms": route.start_ms + spent - end})
    if cap_ms is not None and spent > cap_ms:
        yield Reason("cap_over", {**facts, "over_ms": spent - cap_ms})
    if load > int(team.get("capacity", load)):
        yield Reason("capacity_over", {**facts, "over": load - int(team["capacity"])})


def _passing_ms(problem: StreetProblem, arc: int) -> int | None:
    """Return what passing an arc takes, from the road's own class, length and one-way; None if nobody may."""
    network = problem.network
    edges = 0 if network is None else len(network.layout.start)
    if network is None or arc >= 2 * edges:
        ms = int(problem.graph.ms[arc])
        return ms if ms < 2**40 else None
    edge, against = arc % edges, arc >= edges
    layout = network.layout
    ends = (layout.end, layout.start) if against else (layout.start, layout.end)
    if (int(ends[0][edge]), int(ends[1][edge])) != (
        int(problem.graph.tail[arc]),
        int(problem.graph.head[arc]),
    ):
        return None
    if against and layout.oneway[edge] and network.travel_mode != _ON_FOOT:
        return None
    kmh = network.speeds.kmh[network.travel_mode][network.when][ROAD_CLASSES[layout.road_class[edge]]]
    if kmh is None or str(layout.road_id[edge]) in network.closed:
        return None
    return max(round(float(layout.length_m[edge]) * 3_600 / kmh), 1)


def _road(problem: StreetProblem, task: int) -> str:
    return str(problem.tasks["road_id"].iloc[task]) if "road_id" in problem.tasks else str(task)
