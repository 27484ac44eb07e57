"""The check of weeks: every planted fault is found, by name, and a sound plan has none."""

from dataclasses import replace

import pytest

from planning.patrol.params import Limits
from planning.patrol.period.checking import checked_period, period_faults, unkept
from planning.patrol.period.problem import PeriodParams
from planning.patrol.period.solving import plan_period
from tests.planning.patrol.days import MIN
from tests.planning.patrol.period.weeks import weeks

POINTS = {"a": (0, 0), "b": (20, 0), "c": (40, 0)}
STOPS = [{"at": "b"}, {"at": "c"}]
PROMISES = [{"visits": 2, "gap_least": 2, "gap_most": 4, "service": (0, 1, 2, 3, 4)}, {"visits": 1}]


@pytest.fixture(scope="module")
def problem():
    return weeks(
        POINTS, [{}, {}], STOPS, PROMISES, days=6, absences=[("T2", 0), ("T2", 4, "pm")], halves={5: "am"}
    )


@pytest.fixture(scope="module")
def plan(problem):
    found = plan_period(problem, limits=Limits(effort=400))
    assert found.feasible
    return found


def one_day(problem, rounds, number):
    """A day on which teams visit stops, each as soon as it can, as another problem's day would have it."""
    alone = [
        {"visits": 1, "patterns": ((number,),)} if f"S{i + 1}" in rounds.values() else {} for i in range(2)
    ]
    may = [[rounds.get(f"T{t + 1}") == f"S{s + 1}" for s in range(2)] for t in range(2)]
    free = weeks(POINTS, [{}, {}], STOPS, alone, days=6, allowed=may)
    return plan_period(free, limits=Limits(effort=50)).days[number]


def moved(plan, days):
    return replace(plan, days=tuple(days.get(number, day) for number, day in enumerate(plan.days)))


def codes(problem, plan):
    return {fault.code for fault in period_faults(problem, plan)}


def empty(plan):
    return replace(plan.days[0], routes=())


def with_patterns(problem, plan, one, two):
    """The plan in which S1 is visited by T1 on the days of `one`, and S2 by T1 on those of `two`."""
    days = {number: empty(plan) for number in range(6)}
    for number in one:
        days[number] = one_day(problem, {"T1": "S1"}, number)
    for number in two:
        days[number] = one_day(problem, {"T1": "S2"}, number)
    return moved(plan, days)


def test_a_sound_plan_has_no_faults(problem, plan):
    assert [*period_faults(problem, plan)] == []
    assert [*period_faults(problem, with_patterns(problem, plan, (0, 3), (1,)))] == []


@pytest.mark.parametrize(
    ("one", "two", "code"),
    [
        ((0, 1), (2,), "gap_too_short"),
        ((0, 3), (), "promise_forgotten"),  # missed without a word
        ((0, 2, 4), (1,), "visits_too_many"),
        ((0, 5), (1,), "visit_on_closed_day"),
        ((0,), (1,), "promise_forgotten"),
    ],
)
def test_a_broken_promise_is_found(problem, plan, one, two, code):
    assert code in codes(problem, with_patterns(problem, plan, one, two))


def test_a_gap_that_is_too_long_is_found_at_both_ends_too(problem):
    found = [(stop, why.code, days) for stop, why, days in unkept(problem, {"S1": [0, 1], "S2": [0]})]
    assert found == [("S1", "gap_too_long", range(2, 6))]
    late = [(why.code, why.facts.get("days")) for _, why, _ in unkept(problem, {"S1": [4], "S2": [0]})]
    assert late == [("visits_short", None), ("gap_too_long", 5)]


def test_a_stop_visited_twice_on_a_day_is_found(problem, plan):
    day = one_day(problem, {"T1": "S1"}, 2)
    other = replace(day.routes[0], team_id="T2")
    assert "stop_visited_twice" in codes(problem, moved(plan, {2: replace(day, routes=(*day.routes, other))}))


def test_a_team_that_is_away_and_goes_out_all_the_same_is_found(problem, plan):
    day = one_day(problem, {"T2": "S2"}, 0)
    assert "absent_team_out" in codes(problem, moved(plan, {0: day}))


@pytest.mark.parametrize(("number", "team"), [(4, "T2"), (5, "T1")])  # its own half day, everybody's half day
def test_a_round_beyond_the_half_of_the_day_is_found(problem, plan, number, team):
    day = one_day(problem, {team: "S2"}, number)
    late = 3 * 60 * MIN
    route = day.routes[0]
    visits = tuple(
        replace(v, arrive_ms=v.arrive_ms + late, begin_ms=v.begin_ms + late, leave_ms=v.leave_ms + late)
        for v in route.visits
    )
    route = replace(route, visits=visits, start_ms=route.start_ms + late, end_ms=route.end_ms + late)
    assert "half_day_over" in codes(problem, moved(plan, {number: replace(day, routes=(route,))}))
    assert "half_day_over" not in codes(problem, moved(plan, {number: day}))


def test_a_leg_that_is_told_wrongly_is_found_with_its_date(problem, plan):
    day = one_day(problem, {"T1": "S1"}, 3)
    route = day.routes[0]
    wrong = replace(route, visits=(replace(route.visits[0], leg_ms=1),))
    faults = [*period_faults(problem, moved(plan, {3: replace(day, routes=(wrong,))}))]
    assert {"leg_mistaken", "arrival_mistaken"} <= {fault.code for fault in faults}
    assert {fault.facts["date"] for fault in faults if fault.code == "leg_mistaken"} == {"2026-12-04"}


def test_hours_beyond_what_a_team_may_have_in_all_are_found(problem, plan):
    most = max(plan.worked_ms().values())
    assert codes(problem, replace(plan, params=PeriodParams(total_ms=most))) == set()
    assert codes(problem, replace(plan, params=PeriodParams(total_ms=most - 1))) == {"total_over"}


def test_a_breach_that_is_made_up_and_a_day_that_is_missing_are_found(problem, plan):
    short = weeks(POINTS, [], STOPS, PROMISES, days=6)
    told = plan_period(short, limits=Limits(effort=10)).short[:1]
    assert codes(problem, replace(plan, short=told)) == {"promise_kept_after_all"}
    assert codes(problem, replace(plan, days=plan.days[:5])) == {"period_days_mistaken"}
    assert checked_period(problem, replace(plan, faults=told)).faults == ()


def test_days_of_no_listed_pattern_are_found():
    problem = weeks(POINTS, [{}], [{"at": "b"}], [{"visits": 2, "patterns": ((0, 2), (1, 3))}], days=4)
    plan = plan_period(problem, limits=Limits(effort=50))
    swapped = replace(plan, days=(plan.days[1], plan.days[0], plan.days[2], plan.days[3]))
    assert "pattern_unknown" in codes(problem, swapped)
    assert [(stop, why.facts["planned"]) for stop, why, _ in unkept(problem, {"S1": [0]})] == [("S1", 1)]
