"""
The check that weeks of patrols pass before anybody sees them.

Promises, absences, half days and ways are worked out anew from what was asked, by code that shares nothing
with what made the plan; each day goes through `planning.patrol.checking` besides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from data.clock import MS_PER_HOUR
from geo.errors import Reason
from planning.patrol.checking import plan_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from planning.patrol.period.problem import PeriodPlan, PeriodProblem
    from planning.patrol.plan import DayPlan, DayProblem

    # A stop, what of its promise is not kept, and the days that are concerned.
    Unkept = tuple[str, Reason, range]
    Row = Mapping[str, Any]

_NOON = 12 * MS_PER_HOUR


def checked_period(problem: PeriodProblem, plan: PeriodPlan) -> PeriodPlan:
    """Return a plan with what is wrong with it; faults that it has already are forgotten."""
    return replace(plan, faults=tuple(period_faults(problem, plan)))


def period_faults(problem: PeriodProblem, plan: PeriodPlan) -> Iterator[Reason]:
    """Yield everything that keeps a plan from being driven, or that it says wrongly, with its date."""
    if len(plan.days) != len(problem.days):
        yield Reason("period_days_mistaken", {"found": len(plan.days), "expected": len(problem.days)})
        return
    for number, day in enumerate(plan.days):
        date = date_of(problem, number)
        for fault in (*_day_faults(problem, plan, number), *_absence_faults(problem, day, number)):
            yield Reason(fault.code, {**fault.facts, "date": date})
    yield from _total_faults(plan)
    yield from _promise_faults(problem, plan)


def unkept(problem: PeriodProblem, pattern: Mapping[str, Sequence[int]]) -> Iterator[Unkept]:
    """
    Yield each stop whose promise is not kept, in what, and the days that are concerned.

    Parameters
    ----------
    pattern
        The days on which each stop is visited; stops that are not in it never are.
    """
    for stop, promise in _promises(problem):
        days = sorted(set(pattern.get(stop, ())))
        if promise["patterns"]:
            found = [*_short_of_patterns(problem, stop, promise, days)]
        else:
            found = [
                *_short_of_visits(problem, stop, promise, days),
                *_gaps_too_long(problem, stop, promise, days),
            ]
        yield from ((stop, reason, concerned) for reason, concerned in found)


def date_of(problem: PeriodProblem, number: int) -> str:
    """Return the date of a day as text, its number (from 1) where it has none."""
    date = problem.days["date"].iloc[number]
    return str(number + 1) if date is None else str(date)


def _day_faults(problem: PeriodProblem, plan: PeriodPlan, number: int) -> Iterator[Reason]:
    """Yield what the check of days finds, against ordinary shifts; who is away is looked at apart."""
    day = plan.days[number]
    visited = {visit.stop_id for route in day.routes for visit in route.visits}
    yield from plan_faults(_whole_day(problem, number, visited), replace(day, cap_ms=plan.params.cap_ms))


def _whole_day(problem: PeriodProblem, number: int, visited: set[str]) -> DayProblem:
    base = problem.base
    due = [i for i, stop in enumerate(base.stops.index) if stop in visited]
    travel = {**base.travel, **problem.detours.get(number, {})}
    return replace(base, stops=base.stops.iloc[due], allowed=base.allowed[:, due], travel=travel, left_out=())


def _absence_faults(problem: PeriodProblem, day: DayPlan, number: int) -> Iterator[Reason]:
    """Yield rounds of teams that are away, and those that go beyond the half of the day that is worked."""
    halves: defaultdict[str, set[str]] = defaultdict(set)
    away = problem.absences
    for team, on, half in zip(away["team_id"], away["day"], away["half"], strict=True):
        if on == number:
            halves[team] |= {half} if half else {"am", "pm"}
    worked = problem.days["half"].iloc[number]
    closed = {"am": "pm", "pm": "am"}.get(worked, "")
    for route in day.routes:
        off = halves[route.team_id] | ({closed} if closed else set())
        facts = {"team": route.team_id}
        if off >= {"am", "pm"}:
            yield Reason("absent_team_out", facts)
        elif "pm" in off and route.end_ms > _NOON:
            yield Reason("half_day_over", {**facts, "over_ms": route.end_ms - _NOON})
        elif "am" in off and route.start_ms < _NOON:
            yield Reason("half_day_early", {**facts, "early_ms": _NOON - route.start_ms})


def _total_faults(plan: PeriodPlan) -> Iterator[Reason]:
    if plan.params.total_ms is None:
        return
    worked: Counter[str] = Counter()
    for day in plan.days:
        for route in day.routes:
            worked[route.team_id] += route.end_ms - route.start_ms
    for team, ms in worked.items():
        if ms > plan.params.total_ms:
            yield Reason("total_over", {"team": team, "over_ms": ms - plan.params.total_ms})


def _promise_faults(problem: PeriodProblem, plan: PeriodPlan) -> Iterator[Reason]:
    """Yield visits that no promise allows, and promises whose breach is not owned up to, or made up."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, day in enumerate(plan.days):
        for route in day.routes:
            for visit in route.visits:
                found[visit.stop_id].append(number)
    for stop, promise in _promises(problem):
        days = sorted(set(found.get(stop, ())))
        yield from _unasked(problem, stop, promise, days)
    broken = Counter(stop for stop, _, _ in unkept(problem, found))
    told = Counter(short.stop_id for short in plan.short)
    for stop in dict.fromkeys([*broken, *told]):
        if broken[stop] > told[stop]:
            yield Reason("promise_forgotten", {"stop": stop, "count": broken[stop] - told[stop]})
        elif told[stop] > broken[stop]:
            yield Reason("promise_kept_after_all", {"stop": stop, "count": told[stop] - broken[stop]})


def _unasked(problem: PeriodProblem, stop: str, promise: Row, days: Sequence[int]) -> Iterator[Reason]:
    """Yield visits on other days than may be, too soon after one another, and too many."""
    service = set(promise["service"])
    for day in days:
        if day not in service:
            yield Reason("visit_on_closed_day", {"stop": stop, "date": date_of(problem, day)})
    if patterns := promise["patterns"]:
        if not any(set(days) <= set(pattern) for pattern in patterns):
            dates = [date_of(problem, day) for day in days]
            yield Reason("pattern_unknown", {"stop": stop, "dates": dates})
        return
    last, least = int(promise["last"]), int(promise["gap_least"])
    before = [last, *days] if last < 0 else days
    for earlier, later in zip(before, before[1:], strict=False):
        if later - earlier < least:
            facts = {"stop": stop, "date": date_of(problem, later), "days": later - earlier}
            yield Reason("gap_too_short", {**facts, "gap_least": least})
    for first, until, _, held in _blocks(problem, promise, days):
        if held > int(promise["visits"]):
            facts = {"stop": stop, "from": date_of(problem, first), "until": date_of(problem, until)}
            yield Reason("visits_too_many", {**facts, "promised": promise["visits"], "planned": held})


def _short_of_patterns(
    problem: PeriodProblem, stop: str, promise: Row, days: Sequence[int]
) -> Iterator[tuple[Reason, range]]:
    patterns = [set(pattern) for pattern in promise["patterns"]]
    missing = min(len(pattern - set(days)) for pattern in patterns)
    if missing:
        yield _visits_short(problem, stop, (0, len(problem.days) - 1), len(days) + missing, len(days))


def _short_of_visits(
    problem: PeriodProblem, stop: str, promise: Row, days: Sequence[int]
) -> Iterator[tuple[Reason, range]]:
    for first, until, promised, held in _blocks(problem, promise, days):
        if held < promised:
            yield _visits_short(problem, stop, (first, until), promised, held)


def _gaps_too_long(
    problem: PeriodProblem, stop: str, promise: Row, days: Sequence[int]
) -> Iterator[tuple[Reason, range]]:
    most, last = int(promise["gap_most"]), int(promise["last"])
    if not most:
        return
    known = [last if last < 0 else -1, *days, len(problem.days)]
    for earlier, later in zip(known, known[1:], strict=False):
        if later - earlier > most:
            first, until = max(earlier + 1, 0), min(later, len(problem.days) - 1)
            facts = {"stop": stop, "from": date_of(problem, first), "until": date_of(problem, until)}
            reason = Reason("gap_too_long", {**facts, "days": later - earlier, "gap_most": most})
            yield reason, range(first, until + 1)


def _visits_short(
    problem: PeriodProblem, stop: str, days: tuple[int, int], promised: int, planned: int
) -> tuple[Reason, range]:
    first, until = days
    facts = {"stop": stop, "from": date_of(problem, first), "until": date_of(problem, until)}
    reason = Reason("visits_short", {**facts, "promised": promised, "planned": planned})
    return reason, range(first, until + 1)


def _blocks(problem: PeriodProblem, promise: Row, days: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield first and last day of each block, the visits promised in it, and those there are."""
    count, length = len(problem.days), int(promise["block"])
    for first in range(0, count, length):
        until = min(first + length, count) - 1
        promised = int(promise["visits"]) * (until - first + 1) // length
        yield first, until, promised, sum(first <= day <= until for day in days)


def _promises(problem: PeriodProblem) -> Iterator[tuple[str, Row]]:
    frame = problem.promises
    for stop, row in zip(frame.index, frame.to_dict("records"), strict=True):
        yield str(stop), {str(name): value for name, value in row.items()}
