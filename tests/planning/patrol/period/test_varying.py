"""Weeks that cannot be guessed: measured by hand, and more so the further the knob is turned."""

from dataclasses import replace

import numpy as np
import pytest

from planning.patrol.params import Limits
from planning.patrol.period.problem import PeriodParams
from planning.patrol.period.solving import plan_period
from planning.patrol.period.varying import predictability, shared_work
from tests.planning.patrol.days import MIN
from tests.planning.patrol.period.weeks import weeks

SQUARE = {"a": (0, 0), "b": (20, 0), "c": (20, 10)}


@pytest.fixture(scope="module")
def village_weeks():
    """Four weeks of 16 places around two teams, each visited once a week."""
    rng = np.random.default_rng(5)
    points = {"a": (0, 0)} | {f"p{i:02}": tuple(rng.integers(-40, 41, 2)) for i in range(16)}
    stops = [{"at": f"p{i:02}"} for i in range(16)]
    promises = [{"visits": 1, "block": 7, "gap_least": 2, "gap_most": 10}] * 16
    return weeks(points, [{}, {}], stops, promises, days=28)


def test_weeks_that_are_the_same_are_wholly_foreseen():
    listed = [{"visits": 2, "patterns": ((1, 8),)}] * 2
    problem = weeks(SQUARE, [{}], [{"at": "b"}, {"at": "c"}], listed, days=14)
    plan = plan_period(problem, limits=Limits(effort=50))
    assert predictability(problem, plan) == {
        "overlap": 1.0,
        "spread_min": 0.0,
        "same_hour": 1.0,
        "entropy": 0.0,
        "weekday_entropy": 0.0,
        "hour_entropy": 0.0,
    }


def test_another_weekday_and_hour_and_way_round_are_counted():
    listed = [{"visits": 2, "patterns": ((1, 9),)}] * 2
    problem = weeks(SQUARE, [{}], [{"at": "b"}, {"at": "c"}], listed, days=14)
    plan = plan_period(problem, limits=Limits(effort=50))
    late = 90 * MIN
    route = plan.days[9].routes[0]
    visits = tuple(replace(v, arrive_ms=v.arrive_ms + late, begin_ms=v.begin_ms + late) for v in route.visits)
    moved = replace(plan.days[9], routes=(replace(route, visits=visits[:1]),))
    found = predictability(problem, replace(plan, days=(*plan.days[:9], moved, *plan.days[10:])))
    # Of the two legs of the second week the way out is the first week's: from the team's place to its stop.
    assert found["overlap"] == 0.5
    assert found["spread_min"] == 45.0
    assert (found["weekday_entropy"], found["entropy"], found["hour_entropy"]) == (1.0, 1.0, 1.0)


def test_of_one_week_nothing_can_be_said():
    problem = weeks(SQUARE, [{}], [{"at": "b"}], [{}], days=7)
    found = predictability(problem, plan_period(problem, limits=Limits(effort=20)))
    assert set(found.values()) == {None}


def test_turning_the_knob_makes_weeks_harder_to_foresee_at_a_price_that_is_told(village_weeks):
    found = []
    for knob in (0.0, 0.1, 0.4, 1.0):
        plan = plan_period(
            village_weeks, params=PeriodParams(unpredictable=knob), limits=Limits(effort=2_500)
        )
        assert plan.feasible
        found.append(plan.summary())
    entropies, prices = ([figures[name] for figures in found] for name in ("entropy", "price_pct"))
    assert entropies == sorted(set(entropies))
    assert prices == sorted(prices)
    assert (found[0]["overlap"], entropies[0], prices[0]) == (1.0, 0.0, 0.0)
    for figures in found[1:]:
        assert figures["overlap"] < 0.7
        assert figures["spread_min"] > 15
        told = 100 * (figures["hours"] / figures["predictable"]["hours"] - 1)
        assert figures["price_pct"] == pytest.approx(told)


def test_shared_work_tells_least_most_and_how_uneven_it_is(village_weeks):
    plan = plan_period(village_weeks, limits=Limits(effort=100))
    fair = shared_work(plan)["fairness"]
    hours = [ms / 3_600_000 for ms in plan.worked_ms().values()]
    assert (fair["least_h"], fair["most_h"]) == (min(hours), max(hours))
    assert 0 <= fair["gini"] <= 1 - 1 / len(hours)
