import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.redraw.floor import floors
from planning.redraw.params import RedrawParams
from tests.planning.redraw.lattices import all_plans, deviation, lattice_problem, problem_of


def floor_of(problem, tolerance):
    return floors(problem, np.full(problem.zones, tolerance)).tolist()


def test_what_is_above_the_tolerance_has_to_go():
    # Zone 1 holds four where it may hold 3.3.
    assert floor_of(problem_of("1112/1222", work=[2, 1, 1, 1, 0, 1, 0, 0]), 0.1) == pytest.approx([0.7])


def test_what_is_lacking_has_to_come_even_where_nothing_is_above():
    # 4.2, 4.2 and 0.6 around 3: with half as much again allowed nothing is too much, but one zone lacks 0.9.
    problem = problem_of("123", work=[4.2, 4.2, 0.6])
    assert floor_of(problem, 0.5) == pytest.approx([0.9])


def test_a_village_made_whole_moves_its_smaller_part():
    problem = problem_of("1122/1122", villages="aaab/ccdd")
    assert floor_of(problem, 1.0) == pytest.approx([1.0])


def test_grids_without_a_zone_of_their_station_have_to_move():
    problem = problem_of("11?2", stations="aabb")
    assert floor_of(problem, 1.0) == pytest.approx([0.0, 1.0])


def test_a_locked_zone_beyond_the_tolerance_moves_nothing():
    problem = problem_of("11123", params=RedrawParams(locked=("1",)))
    assert floor_of(problem, 0.5) == [0.0]


def test_without_a_plan_of_today_nothing_has_to_move():
    problem = problem_of("1122", draw=True, params=RedrawParams(zones=2))
    assert floor_of(problem, 0.0) == [0.0]


def test_closed_zones_ask_for_no_change():
    # Zone 0 is closed with 20 of a target of 10; 5, 5 and 10 are within a half, so nothing need move.
    problem = lattice_problem(1, 6, [20, 5, 2, 3, 5, 5], [0, 1, 2, 2, 3, 3], closed=(0,))
    assert floor_of(problem, 0.5) == [0.0]


@given(
    work=st.lists(st.integers(1, 9), min_size=9, max_size=9),
    tolerance=st.sampled_from([0.05, 0.2, 0.5]),
    start=st.sampled_from([[0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 0, 1, 0, 0, 1, 1, 1, 1]]),
    locks=st.sampled_from([{}, {"fixed": (4,)}, {"closed": (0,)}]),
)
@settings(max_examples=15)
def test_no_plan_moves_less_than_the_floor_of_the_tolerance_it_keeps(work, tolerance, start, locks):
    """The tolerance that a plan keeps is its largest deviation, so that every plan is a case."""
    problem = lattice_problem(3, 3, work, start, **locks)
    for plan in all_plans(problem):
        kept = max(tolerance, deviation(problem, plan))
        assert problem.moved(plan) * problem.weight.sum() >= floor_of(problem, kept)[0] - 1e-9
