import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.redraw.floor import floors
from tests.planning.redraw.lattices import all_plans, deviation, lattice_problem

WEIGHTS = st.lists(st.integers(0, 30), min_size=9, max_size=9).filter(lambda found: sum(found) > 5)


def test_floor_is_what_leaves_or_what_comes_if_that_is_more():
    """Zones of 40 and 10, targets 25: at a tenth 40 - 27.5 leave and 22.5 - 10 come."""
    problem = lattice_problem(1, 4, [30, 10, 5, 5], [0, 0, 1, 1])
    assert floors(problem, np.full(2, 0.1)) == pytest.approx([12.5])
    three = lattice_problem(1, 4, [12, 12, 6, 6], [0, 1, 2, 2], target=[14, 14, 8])
    assert floors(three, np.zeros(3)) == pytest.approx([4])


def test_what_is_torn_today_moves_whoever_takes_it():
    torn = [(0, 0, 30.0), (1, 0, 5.0), (1, 1, 5.0), (2, 1, 5.0), (3, 1, 5.0)]
    problem = lattice_problem(1, 4, [30, 10, 5, 5], [0, 0, 1, 1], stay=torn)
    assert floors(problem, np.full(2, 1.0)) == pytest.approx([5])


def test_what_has_no_zone_today_moves():
    stay = [(0, 0, 10.0), (1, 0, 10.0), (3, 1, 10.0)]
    problem = lattice_problem(1, 4, [10, 10, 10, 10], [0, 0, 1, 1], stay=stay)
    assert floors(problem, np.full(2, 1.0)) == pytest.approx([10])


def test_closed_zones_ask_for_no_change():
    """Zone 0 is closed with 20 of a target of 10; 5, 5 and 10 are within a half, so nothing need move."""
    problem = lattice_problem(1, 6, [20, 5, 2, 3, 5, 5], [0, 1, 2, 2, 3, 3], closed=(0,))
    assert floors(problem, np.full(4, 0.5)).tolist() == [0]


def test_without_a_plan_of_today_nothing_changes():
    problem = lattice_problem(1, 2, [9, 1], [0, 1])
    nothing = np.zeros(0)
    problem = problem.replace(
        stay_first=np.zeros(3, np.int64), stay_zone=nothing.astype(np.int64), stay_weight=nothing
    )
    assert floors(problem, np.zeros(2)).tolist() == [0]


@settings(max_examples=15)
@given(WEIGHTS, st.sampled_from([((), ()), ((4,), ()), ((), (0,))]), st.sampled_from([0.0, 0.1, 0.4]))
def test_no_plan_moves_less_than_the_floor_of_the_tolerance_it_keeps(loads, locked, tolerance):
    problem = lattice_problem(3, 3, loads, [0, 0, 0, 1, 1, 1, 2, 2, 2], fixed=locked[0], closed=locked[1])
    for plan in all_plans(problem):
        kept = max(tolerance, deviation(problem, plan))
        moved = problem.moved(plan) * problem.weight.sum()
        assert floors(problem, np.full(3, kept))[0] <= moved + 1e-9
