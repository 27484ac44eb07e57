"""A day of patrols from the question to a plan that has been checked."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planning.patrol.checking import checked
from planning.patrol.indexed import Part, indexed
from planning.patrol.params import DayParams, Limits
from planning.patrol.part_solving import Answer, cost, solve_part
from planning.patrol.plan import MS_PER_HOUR, DayPlan
from planning.patrol.scheduling import scheduled
from planning.patrol.searching import Budget
from planning.patrol.timing import able_alone
from planning.patrol.why_not import unvisited_stops

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planning.patrol.indexed import Indexed
    from planning.patrol.plan import DayProblem

# A part with more stops than this is searched from several seeds, the best of which counts.
_LARGE = 40
_CHAINS = 2


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


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One search of one part."""

    part: Part
    seed: int
    seconds: float | None
    iterations: int | None


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
    parts = parts_of(ix, params)
    tasks = _tasks(parts, limits, seed, workers)
    stop = threading.Event()
    budgets: list[Budget] = []

    def solve(task: _Task) -> Answer:
        def budget(share: float) -> Budget:
            seconds = None if task.seconds is None else share * task.seconds
            iterations = None if task.iterations is None else max(1, round(share * task.iterations))
            budgets.append(Budget(seconds=seconds, iterations=iterations, cancelled=stop.is_set))
            return budgets[-1]

        return solve_part(ix, task.part, cap=params.cap_ms, seed=task.seed, budget=budget)

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(solve, task) for task in tasks]
        open_ = set(futures)
        began = time.monotonic()
        while open_:
            _, open_ = wait(open_, timeout=0.2)
            if cancel():
                stop.set()
            done = 1 - len(open_) / max(len(futures), 1)
            passed = (
                0.0 if limits.effort is not None else (time.monotonic() - began) / max(limits.seconds, 1e-9)
            )
            say("search", min(max(done, passed), 1.0))
    best: dict[tuple[int, ...], Answer] = {}
    for task, future in zip(tasks, futures, strict=True):
        answer, held = future.result(), best.get(task.part.stops)
        if held is None or cost(ix, answer) < cost(ix, held):
            best[task.part.stops] = answer
    return list(best.values())


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


def _tasks(parts: Sequence[Part], limits: Limits, seed: int, workers: int) -> list[_Task]:
    """Share the time, or the iterations, out among the parts by their stops."""
    chains = [
        (_CHAINS if limits.effort is not None else workers) if len(p.stops) > _LARGE else 1 for p in parts
    ]
    work = sum(len(part.stops) * chain for part, chain in zip(parts, chains, strict=True))
    tasks = []
    for part, chain in zip(parts, chains, strict=True):
        share = len(part.stops) / work
        seconds = None if limits.effort is not None else min(1.0, workers * share) * limits.seconds
        iterations = None if limits.effort is None else max(1, round(share * limits.effort))
        tasks += [
            _Task(part=part, seed=seed * _CHAINS + i, seconds=seconds, iterations=iterations)
            for i in range(chain)
        ]
    return tasks


def _facts(ix: Indexed, params: DayParams, answers: Sequence[Answer]) -> dict[str, Any]:
    """Return what a search adds to a plan."""
    facts: dict[str, Any] = {
        "parts": len(answers),
        "exact_parts": sum(answer.exact for answer in answers),
    }
    if params.cap_ms is not None:
        capped = sum(answer.hours(ix) for answer in answers)
        free = sum(answer.free_hours(ix) for answer in answers)
        facts["cap_h"] = params.cap_ms / MS_PER_HOUR
        facts["hours_uncapped"] = free
        facts["cap_price_pct"] = 100 * (capped / free - 1) if free else 0.0
    return facts
