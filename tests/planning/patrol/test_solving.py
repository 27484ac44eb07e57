"""Plans of a day: as good as the best of all where all can be tried, and never other than asked."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import planning.patrol.exact as exact
from planning.patrol.checking import least_duration_ms
from planning.patrol.params import DayParams, Limits
from planning.patrol.solving import plan_day
from tests.planning.patrol.days import best_of_all, day, days, figures_of

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
