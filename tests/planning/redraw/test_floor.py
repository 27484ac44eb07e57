import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.redraw.floor import floors
from planning.redraw.params import RedrawParams
from tests.planning.redraw.lattices import all_plans, problem_of


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


@given(
    work=st.lists(st.integers(1, 9), min_size=9, max_size=9),
    tolerance=st.sampled_from([0.05, 0.2, 0.5]),
    zones=st.sampled_from(["111/222/333", "112/112/222", "123/123/123"]),
)
@settings(max_examples=10)
def test_no_plan_within_the_tolerance_moves_less(work, tolerance, zones):
    problem = problem_of(zones, work=work)
    floor = floor_of(problem, tolerance)[0]
    for plan in all_plans(problem):
        off = np.abs(problem.zone_weights(plan) / problem.target - 1)
        if (off <= tolerance).all():
            assert problem.moved(plan) * problem.weight.sum() >= floor - 1e-9
