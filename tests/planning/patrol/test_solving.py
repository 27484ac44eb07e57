"""Plans of a day: as good as the best of all where all can be tried, and never other than asked."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import planning.patrol.exact as exact
from geo.errors import SettingError
from planning.patrol.checking import least_duration_ms
from planning.patrol.params import DayParams, Limits
from planning.patrol.solving import plan_day
from tests.planning.patrol.days import MIN, best_of_all, day, days, figures_of

FEW = Limits(effort=60, workers=1)
LINE = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (30, 0), "e": (-10, 0)}


@pytest.fixture
def searched(monkeypatch):
    """Have small parts searched as large ones are."""
    monkeypatch.setattr(exact, "MOST_STOPS", 0)


def orders(plan):
    return {route.team_id: [visit.stop_id for visit in route.visits] for route in plan.routes}


@given(problem=days(), objective=st.sampled_from(["hours", "teams", "longest"]))
@settings(max_examples=40)
def test_small_days_are_planned_as_well_as_can_be(problem, objective):
    plan = plan_day(problem, params=DayParams(objective=objective), limits=FEW)
    assert plan.faults == ()
    assert figures_of(plan) == best_of_all(problem, objective)


@given(problem=days(), objective=st.sampled_from(["hours", "teams"]))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_search_finds_what_trying_all_finds(searched, problem, objective):
    plan = plan_day(problem, params=DayParams(objective=objective), limits=FEW)
    assert plan.faults == ()
    assert figures_of(plan) == best_of_all(problem, objective)


@given(problem=days(priorities=(1,)), objective=st.sampled_from(["hours", "teams", "longest", "travel"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bounds_hold_and_the_best_of_all_is_not_below_them(searched, problem, objective):
    plan = plan_day(problem, params=DayParams(objective=objective), limits=FEW)
    hours = [route.duration_ms / 3_600_000 for route in plan.routes]
    travel = sum(route.travel_ms for route in plan.routes) / 3_600_000
    found = {"hours": sum(hours), "teams": len(hours), "longest": max(hours, default=0), "travel": travel}
    (bound,) = (value for name, value in plan.facts.items() if "bound" in name)
    assert 0 <= bound <= found[objective] + 1e-9


@given(problem=days(most_stops=6))
@settings(max_examples=25)
def test_every_round_starts_so_that_it_is_as_short_as_it_can_be(problem):
    for route in plan_day(problem, limits=FEW).routes:
        order = [visit.stop_id for visit in route.visits]
        assert least_duration_ms(problem, route.team_id, order) == (route.start_ms, route.duration_ms)


def test_the_same_seed_and_effort_give_the_same_plan(searched):
    rng = np.random.default_rng(5)
    points = {letter: rng.integers(0, 60, 2) for letter in "abcdefghij"}
    problem = day(points, [{"at": "a"}, {"at": "b"}], [{"at": letter} for letter in "cdefghij"])
    plans = [plan_day(problem, limits=Limits(effort=40, workers=w), seed=3) for w in (1, 2)]
    assert plans[0].routes == plans[1].routes


def ring(count):
    """Return places around a, as far from it as a day's rounds go, and stops there."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    points = {f"p{i}": (30 * np.cos(t), 30 * np.sin(t)) for i, t in enumerate(angles)}
    return {"a": (0, 0), **points}, [{"at": place} for place in points]


def test_a_cap_is_kept_and_told_with_its_price():
    points, stops = ring(12)
    problem = day(points, [{}] * 4, stops)
    free = plan_day(problem, limits=Limits(effort=200))
    capped = plan_day(problem, params=DayParams(cap_ms=200 * MIN), limits=Limits(effort=400))
    assert free.feasible
    assert capped.feasible
    assert max(route.duration_ms for route in free.routes) > 200 * MIN
    assert max(route.duration_ms for route in capped.routes) <= 200 * MIN
    hours = [plan.summary()["hours"] for plan in (free, capped)]
    assert capped.facts["hours_uncapped"] == pytest.approx(hours[0])
    assert capped.facts["price_pct"] == pytest.approx(100 * (hours[1] / hours[0] - 1))


def test_the_longest_round_is_shortened_and_the_fewest_teams_are_found():
    """Twelve stops around: one team takes 8 h 3 min for all, two teams half of them each."""
    points, stops = ring(12)
    problem = day(points, [{"until": 17 * 60}] * 3, stops)
    plans = {
        objective: plan_day(problem, params=DayParams(objective=objective), limits=Limits(effort=600))
        for objective in ("hours", "teams", "longest")
    }
    assert all(plan.feasible for plan in plans.values())
    assert len(plans["teams"].routes) == plans["teams"].facts["teams_bound"] == 1
    figures = {name: plan.summary() for name, plan in plans.items()}
    assert figures["longest"]["longest_shift_h"] < 0.5 * figures["hours"]["longest_shift_h"]
    assert figures["longest"]["longest_bound_h"] <= figures["longest"]["longest_shift_h"]


def test_parts_that_share_nothing_are_planned_apart():
    points = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (30, 0)}
    problem = day(points, [{}, {"at": "d"}, {}], [{"at": "b"}, {"at": "c"}], allowed=[[1, 0], [0, 1], [0, 0]])
    plan = plan_day(problem, limits=FEW)
    assert orders(plan) == {"T1": ["S1"], "T2": ["S2"]}
    assert (plan.facts["parts"], plan.facts["exact_parts"]) == (2, 2)


def test_a_stop_of_higher_priority_is_not_left_out_for_several_lower_ones():
    """The shift allows the far stop alone, or the two near ones."""
    points = {"a": (0, 0), "b": (30, 0), "c": (0, 5), "d": (0, 10)}
    stops = [{"at": "b", "priority": 2}, {"at": "c", "priority": 3}, {"at": "d", "priority": 3}]
    plan = plan_day(day(points, [{"until": 480 + 80}], stops), limits=FEW)
    assert orders(plan) == {"T1": ["S1"]}
    assert plan.feasible


def test_of_equal_priority_those_count_more_that_are_worth_more():
    points = {"a": (0, 0), "b": (30, 0), "c": (0, 5), "d": (0, 10)}
    stops = [{"at": "b", "priority": 2, "worth": 3}, {"at": "c", "priority": 2}, {"at": "d", "priority": 2}]
    plan = plan_day(day(points, [{"until": 480 + 80}], stops), limits=FEW)
    assert orders(plan) == {"T1": ["S1"]}


def test_capacity_ends_and_travel_modes_are_heeded():
    points = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (30, 0)}
    teams = [{"capacity": 2, "end": "d"}, {"by": "walk", "capacity": 1, "at": "b"}]
    problem = day(points, teams, [{"at": "b"}, {"at": "c"}, {"at": "d"}], speeds={"car": 1.0, "walk": 4.0})
    plan = plan_day(problem, limits=FEW)
    assert orders(plan) == {"T1": ["S2", "S3"], "T2": ["S1"]}
    assert [route.duration_ms for route in plan.routes] == [60 * MIN, 15 * MIN]


def test_a_shift_may_last_beyond_midnight():
    points = {"a": (0, 0), "b": (10, 0)}
    problem = day(points, [{"from": 22 * 60, "until": 30 * 60}], [{"at": "b", "windows": [(1500, 1560)]}])
    plan = plan_day(problem, limits=FEW)
    assert plan.feasible
    assert plan.routes[0].start_ms == 1490 * MIN


def test_a_cancelled_search_returns_what_it_has_checked(searched):
    points, stops = ring(12)
    told = []

    def cancel():
        return bool(told)

    plan = plan_day(
        day(points, [{}] * 2, stops),
        limits=Limits(seconds=60, workers=1),
        progress=lambda stage, share: told.append((stage, share)),
        cancel=cancel,
    )
    assert plan.seconds < 30
    assert plan.faults == ()
    assert {stage for stage, _ in told} == {"search", "explain"}
    assert all(0 <= share <= 1 for _, share in told)


def test_nothing_to_do_is_a_plan_without_routes():
    points = {"a": (0, 0), "b": (10, 0)}
    plan = plan_day(day(points, [{}], []), limits=FEW)
    assert (plan.routes, plan.unvisited, plan.feasible) == ((), (), True)
    plan = plan_day(day(points, [{}], [{"at": "b"}], allowed=[[0]]), limits=FEW)
    assert (plan.routes, len(plan.unvisited), plan.feasible) == ((), 1, False)


def test_a_problem_that_contradicts_itself_is_refused_with_each_fault():
    points = {"a": (0, 0), "b": (10, 0)}
    stops = [{"at": "b", "dwell": -5}, {"at": "b", "windows": [(600, 500)]}, {"at": "b", "priority": 0}]
    problem = day(points, [{"from": 600, "until": 500}], stops)
    problem = replace(
        problem, stops=problem.stops.assign(place="z"), teams=problem.teams.assign(travel_mode="car")
    )
    with pytest.raises(SettingError) as caught:
        plan_day(problem, limits=FEW)
    assert {reason.code for reason in caught.value.reasons} == {
        "shift_wrong",
        "dwell_negative",
        "window_wrong",
        "priority_wrong",
        "patrol_place_unknown",
    }
    with pytest.raises(SettingError, match="objective"):
        DayParams(objective="quickest")
    with pytest.raises(SettingError, match="cap_ms"):
        DayParams(cap_ms=0)
    with pytest.raises(SettingError, match="seconds"):
        Limits(seconds=-1)
