import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.redraw.growing import components, grown, near, settled
from planning.redraw.params import RedrawParams
from tests.planning.redraw.lattices import (
    assert_keeps_hard_constraints,
    assert_unchanged,
    built,
    frozen,
    problem_of,
)
from tests.planning.redraw.random_districts import problems


@given(problem=problems(), seed=st.integers(0, 9))
@settings(max_examples=30)
def test_plans_to_start_from_keep_the_hard_constraints(problem, seed):
    before = frozen(problem)
    assert_keeps_hard_constraints(problem, problem.start)
    plan = grown(problem, seed=seed)
    assert_keeps_hard_constraints(problem, plan)
    assert plan.tobytes() == grown(problem, seed=seed).tobytes()
    again, _ = settled(problem)
    assert_keeps_hard_constraints(problem, again)
    assert_unchanged(problem, before)


@given(problem=problems())
@settings(max_examples=20)
def test_plan_that_keeps_the_hard_constraints_is_left_as_it_is(problem):
    assume(not problem.closed.any())
    stays = np.arange(problem.units + 1), problem.start, problem.weight
    told = problem.replace(stay_first=stays[0], stay_zone=stays[1], stay_weight=stays[2])
    plan, notes = settled(told)
    assert plan.tolist() == problem.start.tolist()
    assert notes == ()


def test_part_apart_goes_to_a_neighbouring_zone():
    # The grid of zone 1 to the right is cut off by zone 2, and lighter than the rest of zone 1.
    found = built("11221/11222")
    assert found.problem.assignment(found.problem.start)["04"] == "2"
    assert [(n.code, dict(n.facts)) for n in found.notes] == [("redraw_mended", {"units": 1})]


def test_heavier_part_of_a_zone_is_the_one_that_stays():
    problem = problem_of("1221", work=[1, 1, 1, 5])
    assert problem.assignment(problem.start).tolist() == ["2", "2", "2", "1"]


def test_part_with_a_locked_grid_is_the_one_that_stays():
    problem = problem_of("1221", work=[1, 1, 1, 5], params=RedrawParams(locked=("00",)))
    assert problem.assignment(problem.start).tolist() == ["1", "2", "2", "2"]


def test_locked_grids_of_one_zone_in_two_parts_are_told():
    with pytest.raises(SettingError, match="lock_breaks_zone") as err:
        problem_of("1221", params=RedrawParams(locked=("00", "03")))
    assert err.value.facts == {"zone": "1"}


def test_grid_without_a_zone_goes_to_the_emptier_neighbour():
    problem = problem_of("1?2", work=[3, 1, 1])
    assert problem.assignment(problem.start).tolist() == ["1", "2", "2"]


def test_zone_without_a_unit_takes_one_from_the_fullest():
    # Village a, mostly of zone 1, takes zone 2's only grid along.
    problem = problem_of("1112", villages="bcaa", work=[1, 2, 2, 1])
    plan = problem.assignment(problem.start)
    assert sorted(set(plan)) == ["1", "2"]
    assert plan["02"] == plan["03"]


def test_island_that_nothing_links_is_told():
    with pytest.raises(SettingError, match="redraw_cut_off") as err:
        problem_of("11.?")
    assert err.value.facts == {"grids": "03", "count": 1}


def test_island_with_a_zone_of_its_own_stays():
    problem = problem_of("11.2")
    assert problem.assignment(problem.start).tolist() == ["1", "1", "2"]


def test_station_without_a_zone_gets_one_of_its_own():
    # Most of zone 2 lies in station a: b has none today.
    found = built("1122/1122", stations="aaab/aaaa")
    plan = found.problem.assignment(found.problem.start)
    assert plan["03"] == "b-N01"
    assert {n.code for n in found.notes} == {"zones_changed", "redraw_mended"}


def test_drawing_from_nothing_fills_every_part():
    # An island of two grids and a mainland of six for three zones.
    problem = problem_of("111.1/111.1", draw=True, params=RedrawParams(zones=3))
    for seed in range(10):
        plan = grown(problem, seed=seed)
        assert_keeps_hard_constraints(problem, plan)


def test_growing_keeps_a_zone_whole_between_its_locked_grids():
    # Both ends of zone 1 are locked; what joins them must not be given away while zone 2 grows.
    problem = problem_of("1111/2222", params=RedrawParams(locked=("00", "03")), work=[1, 9, 9, 1, 1, 1, 1, 1])
    # As in a search: today's plan has what joins them.
    assert_keeps_hard_constraints(problem, problem.start)
    for seed in range(10):
        assert_keeps_hard_constraints(problem, grown(problem, seed=seed))


def test_more_islands_than_zones_are_told():
    with pytest.raises(SettingError, match="redraw_cut_off"):
        problem_of("1.1.1", draw=True, params=RedrawParams(zones=2))


def test_components_hang_together():
    problem = problem_of("11.22")
    assert components(problem, [3, 0, 1, 2]) == [[2, 3], [0, 1]]
    assert components(problem, []) == []
    assert near(problem, 0) == [1]
