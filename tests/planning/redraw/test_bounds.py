import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.redraw.bounds import least_deviation
from tests.planning.redraw.lattices import all_plans, deviation, lattice_problem

ROWS = [0, 0, 0, 1, 1, 1, 2, 2, 2]
HALVES = [0, 0, 0, 0, 1, 1, 1, 1, 1]
weights = st.lists(st.integers(0, 30) | st.floats(0.1, 30.0), min_size=9, max_size=9).filter(
    lambda found: sum(found) > 5
)
locks = st.sampled_from([((), ()), ((4,), ()), ((0, 8), ()), ((), (0,))])


@settings(max_examples=12)
@given(weights, locks, st.sampled_from([HALVES, ROWS]))
def test_least_deviation_is_that_of_the_best_of_all_plans(loads, locked, start):
    problem = lattice_problem(3, 3, loads, start, fixed=locked[0], closed=locked[1])
    found = least_deviation(problem, 0, seconds=20)
    best = min(deviation(problem, plan) for plan in all_plans(problem))
    assert found.kind == "exact"
    assert found.bound <= best + 1e-9 <= found.value + 2e-9
    # One step of whole numbers: a unit of workload where all are whole, far less where not.
    step = 1.001 / problem.target.min() if all(load == int(load) for load in loads) else 0.01
    assert found.value - found.bound <= step
    assert deviation(problem, found.zone_of) == pytest.approx(found.value)


@settings(max_examples=10)
@given(weights)
def test_unequal_targets_are_bounded_too(loads):
    problem = lattice_problem(3, 3, loads, HALVES, target=[sum(loads) * 0.3, sum(loads) * 0.7])
    found = least_deviation(problem, 0, seconds=20)
    best = min(deviation(problem, plan) for plan in all_plans(problem))
    assert found.bound <= best + 1e-9 <= found.value + 2e-9


def test_a_unit_heavier_than_the_target_is_told_by_arithmetic():
    problem = lattice_problem(1, 4, [6, 1, 1, 2], [0, 1, 1, 1])
    found = least_deviation(problem, 0, seconds=10)
    assert (found.bound, found.value, found.kind) == (pytest.approx(0.2), pytest.approx(0.2), "exact")


def test_a_region_that_is_closed_deviates_no_further():
    problem = lattice_problem(1, 4, [6, 1, 1, 2], [0, 1, 1, 1], closed=(0, 1))
    assert least_deviation(problem, 0, seconds=1).kind == "exact"


def test_bounds_leave_the_problem_as_it_was():
    problem = lattice_problem(3, 3, range(1, 10), ROWS)
    before = copy.deepcopy(vars(problem))
    least_deviation(problem, 0, seconds=5)
    for name, value in before.items():
        np.testing.assert_array_equal(vars(problem)[name], value)
