"""A day of patrols from the question to a plan that has been checked."""

from __future__ import annotations

import heapq
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planning.patrol.checking import checked
from planning.patrol.exact import is_small
from planning.patrol.indexed import Part, indexed
from planning.patrol.params import HOURS, LONGEST, TEAMS, DayParams, Limits
from planning.patrol.part_solving import Answer, solve_part
from planning.patrol.plan import MS_PER_HOUR, DayPlan
from planning.patrol.scheduling import scheduled
from planning.patrol.searching import Budget
from planning.patrol.timing import able_alone
from planning.patrol.why_not import unvisited_stops

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planning.patrol.indexed import Indexed
    from planning.patrol.plan import DayProblem

    # A part, how many chains search it at once, and how long.
    _Task = tuple[Part, int, Budget]

# A part with more stops than this is searched by several chains at once.
_LARGE = 40
_CHAINS = 2
# The rest goes into bounds, reasons and the check.
_SEARCH_SHARE = 0.95


def plan_day(
    problem: DayProblem,
    *,
    params: DayParams | None = None,
    limits: Limits | None = None,
    seed: int = 1,
    progress: Callable[[str, float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> DayPlan:
    """
    Plan a day of patrols: who visits which stops in which order, and when.

    Parts that share no team and no stop are planned apart, small ones exactly. Travel times are taken to be
    those of shortest ways: no detour is quicker.

    Parameters
    ----------
    problem
        Teams, stops, and who may serve what.
    params
        What is asked.
    limits
        How long to search.
    seed
        From which all randomness comes.
    progress
        Called with a stage (search, explain) and the share of it that is done.
    cancel
        Asked now and then; once it says True the best plan so far is returned.

    Returns
    -------
    DayPlan
        As the checker judged it; where nothing can be driven, a plan without routes that says why.

    Raises
    ------
    SettingError
        ``day_problem_faults`` for a problem that contradicts itself.
    """
    began = time.monotonic()
    params, limits = params or DayParams(), limits or Limits()
    say = progress or (lambda stage, share: None)
    ix = indexed(problem)
    answers = _answers(ix, params, limits, seed=seed, say=say, cancel=cancel or (lambda: False))
    rounds = {team: stops for answer in answers for team, stops in answer.rounds.items()}
    routes = scheduled(problem, ix, rounds, cap=params.cap_ms)
    say("explain", 0.0)
    plan = DayPlan(
        force=problem.force,
        mode=problem.mode,
        objective=params.objective,
        routes=routes,
        unvisited=unvisited_stops(problem, ix, rounds, cap=params.cap_ms),
        faults=(),
        seed=seed,
        seconds=time.monotonic() - began,
        cap_ms=params.cap_ms,
        facts=_facts(ix, params, answers),
    )
    return checked(problem, plan)


def _answers(
    ix: Indexed,
    params: DayParams,
    limits: Limits,
    *,
    seed: int,
    say: Callable[[str, float], None],
    cancel: Callable[[], bool],
) -> list[Answer]:
    """Return the best answer for each part."""
    workers = limits.workers or os.cpu_count() or 1
    stop = threading.Event()
    tasks = _tasks(parts_of(ix, params), limits, workers, stop.is_set)
    with ThreadPoolExecutor(workers) as pool:
        futures = [
            pool.submit(solve_part, ix, part, params=params, seed=seed, budget=budget, chains=chains)
            for part, chains, budget in tasks
        ]
        open_ = set(futures)
        while open_:
            _, open_ = wait(open_, timeout=0.2)
            if cancel():
                stop.set()
            say("search", _done(tasks, futures))
    return [future.result() for future in futures]


def _done(tasks: Sequence[_Task], futures: Sequence[Future[Answer]]) -> float:
    """Return the share of the search that is done, the parts weighted by their stops."""
    work = [len(part.stops) for part, _, _ in tasks]
    shares = [
        1.0 if future.done() else 0.0 if budget.began is None else min(budget.spent(), 1.0)
        for (_, _, budget), future in zip(tasks, futures, strict=True)
    ]
    return sum(w * share for w, share in zip(work, shares, strict=True)) / max(sum(work), 1)


def parts_of(ix: Indexed, params: DayParams) -> list[Part]:
    """Return the parts of a problem that share no team and no stop, the largest first."""
    able = able_alone(ix)
    teams, stops = np.nonzero(able)
    count = len(ix.team_ids)
    size = count + len(ix.stop_ids)
    links = coo_array((np.ones(len(teams)), (teams, count + stops)), shape=(size, size))
    label = connected_components(links, directed=False)[1] if size else np.empty(0, dtype=int)
    parts = [
        Part(
            teams=tuple(np.flatnonzero(label[:count] == part).tolist()),
            stops=tuple(np.flatnonzero(label[count:] == part).tolist()),
            objective=params.objective,
        )
        for part in np.unique(label[count + np.unique(stops)])
    ]
    return sorted(parts, key=lambda part: (-len(part.stops), part.stops))


def _tasks(parts: Sequence[Part], limits: Limits, workers: int, cancelled: Callable[[], bool]) -> list[_Task]:
    """Share the time, or the iterations, out among the parts by their stops; small ones need none."""
    work = np.array([0 if is_small(part) else len(part.stops) for part in parts], dtype=float)
    shares = work / max(work.sum(), 1.0)
    large = np.array([len(part.stops) > _LARGE for part in parts])
    if limits.effort is not None:
        chains = np.where(large, _CHAINS, 1)
        quotas = np.maximum(np.rint(shares * limits.effort), 1).astype(int).tolist()
        budgets = [Budget(iterations=quota, cancelled=cancelled) for quota in quotas]
    else:
        chains = np.where(large, np.maximum(np.ceil(shares * workers), 1), 1).astype(int)
        seconds = shares / chains
        seconds *= _SEARCH_SHARE * limits.seconds / max(_last_end(seconds.tolist(), workers), 1e-9)
        budgets = [Budget(seconds=held, cancelled=cancelled) for held in seconds.tolist()]
    return list(zip(parts, chains.tolist(), budgets, strict=True))


def _last_end(lengths: Sequence[float], workers: int) -> float:
    """Return when the last of some jobs ends that are begun in their order as workers get free."""
    free = [0.0] * workers
    for length in lengths:
        heapq.heapreplace(free, free[0] + length)
    return max(free)


def _facts(ix: Indexed, params: DayParams, answers: Sequence[Answer]) -> dict[str, Any]:
    """Return what a search adds to a plan."""
    bounds = [answer.bound(ix) for answer in answers]
    facts: dict[str, Any] = {
        "parts": len(answers),
        "exact_parts": sum(answer.exact for answer in answers),
    }
    if params.objective == TEAMS:
        facts["teams_bound"] = sum(bounds)
    elif params.objective == LONGEST:
        facts["longest_bound_h"] = max(bounds, default=0) / MS_PER_HOUR
    else:
        name = "hours_bound" if params.objective == HOURS else "travel_bound_h"
        facts[name] = sum(bounds) / MS_PER_HOUR
    if params.cap_ms is not None:
        facts["cap_h"] = params.cap_ms / MS_PER_HOUR
    if params.prices_cap or params.objective == LONGEST:
        free = sum(answer.free_hours(ix) for answer in answers)
        asked = sum(answer.hours(ix) for answer in answers)
        left = sum(answer.left_by_cap() for answer in answers)
        facts |= {"hours_uncapped": free, "left_by_cap": left}
        # Fewer hours for fewer stops are no price.
        facts["price_pct"] = 100 * (asked / free - 1) if free and left == 0 else None
    return facts
