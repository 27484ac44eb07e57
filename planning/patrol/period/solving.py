"""Weeks of patrols from the question to a plan that has been checked."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.travel_times import TravelTimes
from planning.patrol.params import Limits
from planning.patrol.period.assembling import assembled
from planning.patrol.period.ground import Kept, Varied, ground_of, numbered
from planning.patrol.period.problem import PeriodParams, PeriodProblem
from planning.patrol.period.searching import search
from planning.patrol.period.varying import predictability, shared_work
from planning.patrol.plan import DayProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from planning.patrol.period.ground import PeriodRounds
    from planning.patrol.period.problem import PeriodPlan

# Of the time, what goes into the first week, which all weeks begin as; and into a plan that varies.
_FIRST_WEEK, _VARYING = 0.35, 0.4
# Longer cycles of promises are not planned apart.
_LONGEST_CYCLE = 14
# What a visit has to spare to differ from the week before, where nothing is to vary.
_HABIT_MS = 120_000
# How freely a search from good rounds wanders.
_WARM, _VARYING_WARM = 0.1, 0.15


def plan_period(
    problem: PeriodProblem,
    *,
    params: PeriodParams | None = None,
    limits: Limits | None = None,
    seed: int = 1,
    progress: Callable[[str, float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> PeriodPlan:
    """
    Plan weeks of patrols: on which days each stop is visited, by whom, in which order, and when.

    The first week is planned and repeated; all days are then searched together, so that absences, holidays
    and closed roads find their place. A plan that is to vary begins at that one; what it costs more, and what
    it gains, is told.

    Parameters
    ----------
    params
        What is asked.
    limits
        How long to search; with `effort` the plan can be repeated.
    seed
        From which all randomness comes.
    progress
        Called with a stage (week, search, vary, explain) and the share of it that is done.
    cancel
        Asked now and then; once it says True the best plan so far is returned.

    Returns
    -------
    PeriodPlan
        As the checker judged it; promises that cannot be kept are listed with the reason.

    Raises
    ------
    SettingError
        ``day_problem_faults`` for teams and stops that contradict themselves.
    """
    began = time.monotonic()
    params, limits = params or PeriodParams(), limits or Limits(seconds=60.0)
    say = progress or (lambda stage, share: None)
    ix = numbered(problem)
    vary = params.unpredictable > 0
    rest = 1 - _VARYING if vary else 1.0
    options: dict[str, Any] = {"seed": seed, "cancel": cancel}
    start = _first_week(problem, params, _share(limits, rest * _FIRST_WEEK), say, options)
    found = search(
        ground_of(problem, ix, params, kept=None if start is None else _habits(problem, start)),
        _share(limits, rest * (1.0 if start is None else 1 - _FIRST_WEEK)),
        start=start,
        heat=1.0 if start is None else _WARM,
        progress=lambda share: say("search", share),
        **options,
    )
    say("explain", 0.0)
    still = replace(params, unpredictable=0.0)
    plan = assembled(problem, ix, found.rounds, still, seed=seed, began=began)
    facts = {"unpredictable": params.unpredictable, **predictability(problem, plan), **shared_work(plan)}
    if not vary:
        return replace(plan, facts={**facts, "price_pct": 0.0})
    varied = search(
        ground_of(problem, ix, params, varied=Varied(share=params.unpredictable, seed=seed)),
        _share(limits, _VARYING),
        start=found.rounds,
        heat=_VARYING_WARM,
        progress=lambda share: say("vary", share),
        **options,
    )
    say("explain", 0.5)
    other = assembled(problem, ix, varied.rounds, params, seed=seed, began=began)
    return replace(other, facts=_compared(problem, plan, other, facts))


def _compared(
    problem: PeriodProblem, plan: PeriodPlan, other: PeriodPlan, facts: dict[str, Any]
) -> dict[str, Any]:
    """Return the facts of a plan that varies, beside those of the predictable one."""
    hours, varied = plan.summary()["hours"], other.summary()["hours"]
    same = len(plan.visits()) == len(other.visits())
    return {
        **facts,
        **predictability(problem, other),
        **shared_work(other),
        # Fewer hours for fewer visits are no price.
        "price_pct": 100 * (varied / hours - 1) if hours and same else None,
        "predictable": {"hours": hours, **predictability(problem, plan)},
    }


def _share(limits: Limits, share: float) -> Limits:
    effort = None if limits.effort is None else max(1, round(limits.effort * share))
    return replace(limits, seconds=limits.seconds * share, effort=effort)


def _first_week(
    problem: PeriodProblem,
    params: PeriodParams,
    limits: Limits,
    say: Callable[[str, float], None],
    options: dict[str, Any],
) -> PeriodRounds | None:
    """Return the best first week over and over; None for what has no weeks to repeat."""
    count = len(problem.days)
    cycle = math.lcm(7, *problem.promises["block"].tolist()) if len(problem.promises) else count
    if cycle > _LONGEST_CYCLE or cycle * 2 > count:
        return None
    week = _part(problem, cycle)
    ix = numbered(week)
    say("week", 0.0)
    found = search(
        ground_of(week, ix, replace(params, total_ms=None)),
        limits,
        progress=lambda share: say("week", share),
        **options,
    )
    return {(day, team): held for (on, team), held in found.rounds.items() for day in range(on, count, cycle)}


def _habits(problem: PeriodProblem, rounds: PeriodRounds) -> Kept:
    """Return the weeks that are the same, from which a visit differs only where that spares some time."""
    home = np.full((len(problem.base.stops), len(problem.days)), -1, dtype=np.int64)
    for (day, team), visits in rounds.items():
        home[[stop for stop, _ in visits], day] = team
    return Kept(home=home, price_ms=_HABIT_MS, frozen=np.zeros(len(problem.days), dtype=bool))


def _part(problem: PeriodProblem, count: int) -> PeriodProblem:
    """Return the first days of a period."""
    promises = problem.promises.copy()
    promises["service"] = [tuple(d for d in days if d < count) for days in promises["service"]]
    promises["patterns"] = [  # type: ignore[assignment]
        tuple(dict.fromkeys(tuple(d for d in days if d < count) for days in patterns))
        for patterns in promises["patterns"]
    ]
    away = problem.absences
    return replace(
        problem,
        days=problem.days.iloc[:count],
        promises=promises,
        absences=away[away["day"] < count],
        detours={day: travel for day, travel in problem.detours.items() if day < count},
    )


def warm_up() -> None:
    """Compile the search, so that the first plan need not wait for it."""
    labels = pd.Index(["here"])
    team = {"start": "here", "travel_mode": "car", "shift_start_ms": 0, "shift_end_ms": 1}
    stop = {"place": "here", "dwell_ms": 0, "priority": 1, "skill": ""}
    base = DayProblem(
        force="squad",
        mode="joint",
        teams=pd.DataFrame([{**team, "skills": ()}], index=["T"]),
        stops=pd.DataFrame([{**stop, "windows": ()}], index=["S"]),
        travel={"car": TravelTimes(labels=labels, ms=np.zeros((1, 1), dtype=np.int64))},
        allowed=np.ones((1, 1), dtype=bool),
    )
    promise = {"visits": 1, "block": 1, "gap_least": 1, "gap_most": 0, "last": 0}
    problem = PeriodProblem(
        base=base,
        days=pd.DataFrame({"date": [None], "half": [""]}),
        promises=pd.DataFrame([{**promise, "service": (0,), "patterns": ()}], index=["S"]),
        absences=pd.DataFrame(columns=["team_id", "day", "half", "why"]),
    )
    search(ground_of(problem, numbered(problem), PeriodParams()), Limits(effort=2, workers=1), seed=1)
