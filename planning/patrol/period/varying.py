"""
Days that cannot be guessed: when teams leave and which way round, and how much weeks differ.

What a reader can foresee is measured in three ways. *Overlap*: of the legs (ordered pairs of places) of a
week, the share that the week before had too, averaged over the weeks; 1 for weeks that are the same.
*Spread*: the standard deviation of the hours at which a stop is visited, the median over the stops.
*Entropy* (Shannon 1948): of the cells (weekday, hour) in which a stop is visited, -sum p log2 p, as a share
of the most that its number of visits allows, averaged over the stops; 0 for always the same weekday and
hour, 1 for never twice the same. The same of weekdays and of hours alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from data.clock import MS_PER_HOUR, MS_PER_MINUTE
from planning.patrol.timing import latest_start, run, timed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from planning.patrol.indexed import Indexed
    from planning.patrol.period.problem import PeriodPlan, PeriodProblem
    from planning.patrol.plan import Route

_WEEK, _HOURS_A_DAY = 7, 24
# The other way round may take so much longer where plans are to vary most.
_REVERSAL = 0.03
# A stop whose hours differ by less is at the same hour for anybody who watches.
_SAME_MIN = 15


def turned(
    ix: Indexed, team: int, stops: Sequence[int], *, share: float, rng: np.random.Generator, cap: int | None
) -> tuple[int, ...]:
    """Return the stops of a round, now and then the other way round where that costs next to nothing."""
    order = tuple(stops)
    turn = rng.random() < share / 2
    if not turn or len(order) < 2:
        return order
    there, back = timed(ix, team, order, cap=cap), timed(ix, team, order[::-1], cap=cap)
    longest = there.duration * (1 + _REVERSAL * share)
    return order[::-1] if back.possible and back.duration <= longest else order


def delayed(ix: Indexed, route: Route, *, share: float, rng: np.random.Generator) -> Route:
    """Return a route that begins at some moment of those at which it takes no longer."""
    team = ix.team_number[route.team_id]
    stops = [ix.stop_number[visit.stop_id] for visit in route.visits]
    latest = latest_start(ix, team, stops)
    drawn = rng.random()
    if latest is None or latest <= route.start_ms:
        return route
    minutes = int(drawn * share * (latest - route.start_ms)) // MS_PER_MINUTE
    times = run(ix, team, stops, route.start_ms + minutes * MS_PER_MINUTE)
    if not times.possible or times.duration > route.duration_ms:
        return route
    visits = tuple(
        replace(visit, arrive_ms=times.arrive[i], begin_ms=times.begin[i], leave_ms=times.leave[i])
        for i, visit in enumerate(route.visits)
    )
    return replace(route, visits=visits, start_ms=times.start, end_ms=times.end)


def predictability(problem: PeriodProblem, plan: PeriodPlan) -> dict[str, Any]:
    """
    Return how much can be foreseen: overlap, spread_min, same_hour, entropy, weekday_entropy, hour_entropy.

    None for what cannot be said: of a single week, or of stops that are visited once.
    """
    visits = plan.visits()
    first = _weekday(problem)
    begins = defaultdict(list)
    for stop, day, begin in zip(visits["stop_id"], visits["day"], visits["begin_ms"], strict=True):
        begins[stop].append((int(day), int(begin)))
    several = [held for held in begins.values() if len(held) > 1]
    spreads = [float(np.std([begin / MS_PER_MINUTE for _, begin in held])) for held in several]
    cells = [
        [((day + first) % _WEEK, begin // MS_PER_HOUR % _HOURS_A_DAY) for day, begin in h] for h in several
    ]
    return {
        "overlap": _overlap(plan, problem),
        "spread_min": float(np.median(spreads)) if spreads else None,
        "same_hour": float(np.mean([s < _SAME_MIN for s in spreads])) if spreads else None,
        "entropy": _mean(_entropy(held, _WEEK * _HOURS_A_DAY) for held in cells),
        "weekday_entropy": _mean(_entropy([day for day, _ in held], _WEEK) for held in cells),
        "hour_entropy": _mean(_entropy([hour for _, hour in held], _HOURS_A_DAY) for held in cells),
    }


def shared_work(plan: PeriodPlan) -> dict[str, Any]:
    """Return how evenly the hours are shared among the teams that go out at all: ``fairness``."""
    hours = np.array(sorted(plan.worked_ms().values()), dtype=float) / MS_PER_HOUR
    if not hours.size or not hours.sum():
        return {"fairness": None}
    ranks = np.arange(1, len(hours) + 1)
    gini = float((2 * ranks - len(hours) - 1) @ hours / (len(hours) * hours.sum()))
    return {
        "fairness": {
            "teams": len(hours),
            "least_h": float(hours[0]),
            "mean_h": float(hours.mean()),
            "most_h": float(hours[-1]),
            "sd_h": float(hours.std()),
            "gini": gini,
        }
    }


def _overlap(plan: PeriodPlan, problem: PeriodProblem) -> float | None:
    """Return the share of a week's legs that the week before had too."""
    weeks: defaultdict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    place, start = problem.base.stops["place"], problem.base.teams["start"]
    ends = problem.base.teams.get("end", start).fillna(start)
    for number, day in enumerate(plan.days):
        for route in day.routes:
            path = [
                start[route.team_id],
                *(place[visit.stop_id] for visit in route.visits),
                ends[route.team_id],
            ]
            weeks[number // _WEEK].update(zip(path, path[1:], strict=False))
    whole = [weeks[week] for week in range(len(plan.days) // _WEEK)]
    shares = [
        (now & before).total() / now.total() for before, now in zip(whole, whole[1:], strict=False) if now
    ]
    return float(np.mean(shares)) if shares else None


def _entropy(seen: Sequence[Hashable], cells: int) -> float:
    """Return the entropy of what was seen as a share of the most that so many sightings allow."""
    shares = np.array([*Counter(seen).values()]) / len(seen)
    return float(max(-(shares * np.log2(shares)).sum(), 0.0) / np.log2(min(len(seen), cells)))


def _mean(values: Iterable[float]) -> float | None:
    held = [*values]
    return float(np.mean(held)) if held else None


def _weekday(problem: PeriodProblem) -> int:
    date = problem.days["date"].iloc[0] if len(problem.days) else None
    return 0 if date is None else int(date.weekday())
