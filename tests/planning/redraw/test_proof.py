import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.redraw.proof import prove
from tests.planning.redraw.lattices import all_plans, deviation, lattice_problem

STRIPES = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
weights = st.lists(st.integers(1, 30), min_size=12, max_size=12)


def feasible_moves(problem, tolerance):
    return {
        tuple(plan): problem.moved(plan) * problem.weight.sum()
        for plan in all_plans(problem)
        if deviation(problem, plan) <= tolerance + 1e-9
    }


@settings(max_examples=10)
@given(weights, st.sampled_from([(), (0,), (0, 11)]))
def test_the_best_plan_is_found_and_proved(loads, fixed):
    problem = lattice_problem(3, 4, loads, STRIPES, fixed=fixed)
    moves = feasible_moves(problem, 0.3)
    proof = prove(problem, problem.start, tolerances=np.full(2, 0.3), seconds=20)
    row = proof.regions.iloc[0]
    assert row["optimal"]
    assert row["bound"] == row["best"] == pytest.approx(min(moves.values(), default=np.inf))
    if moves:
        assert moves[tuple(proof.zone_of)] == pytest.approx(row["best"])
        assert row["floor"] <= row["best"] + 1e-9


def test_tiny_loads_are_not_rounded_to_nothing():
    problem = lattice_problem(3, 4, np.array([1] * 11 + [2]) * 1e-8, STRIPES)
    row = prove(problem, problem.start, tolerances=np.zeros(2), seconds=20).regions.iloc[0]
    # Thirteen cannot be halved.
    assert (row["best"], row["bound"]) == (np.inf, np.inf)


@settings(max_examples=10)
@given(weights)
def test_within_hops_is_never_less_than_without(loads):
    problem = lattice_problem(3, 4, loads, STRIPES)
    row = prove(problem, problem.start, tolerances=np.full(2, 0.3), seconds=20, hops=1).regions.iloc[0]
    assert row["closed"]
    assert row["within"] >= row["bound"] - 1e-9
    assert row["hops"] >= 1


def test_a_plan_that_cannot_be_beaten_is_kept():
    problem = lattice_problem(2, 2, [1, 1, 1, 1], [0, 0, 1, 1])
    proof = prove(problem, problem.start, tolerances=np.full(2, 0.1), seconds=5)
    row = proof.regions.iloc[0]
    assert (row["value"], row["bound"], row["gap"], row["optimal"]) == (0, 0, 0, True)
    assert proof.zone_of.tolist() == [0, 0, 1, 1]
    assert proof.summary() == {"regions": 1, "closed": 1, "optimal": 1, "gap": 0.0}


def test_contiguity_raises_the_bound_above_the_floor():
    """In a row 1 | 9 9 1 2 zone 1 has 21 of 13.2 at most, but only by a whole 9 can it be relieved."""
    problem = lattice_problem(1, 5, [1, 9, 9, 1, 2], [0, 1, 1, 1, 1])
    row = prove(problem, problem.start, tolerances=np.full(2, 0.2), seconds=10).regions.iloc[0]
    assert (row["floor"], row["bound"]) == (pytest.approx(7.8), 9)


def test_a_worse_plan_is_improved_and_its_own_change_still_told():
    # 2 x 3 of ones, zone 0 = the left two: one grid more makes it even, three swapped ones do as well.
    problem = lattice_problem(2, 3, [1] * 6, [0, 1, 1, 0, 1, 1])
    given_plan = np.array([0, 0, 0, 1, 1, 1])
    row = prove(problem, given_plan, tolerances=np.full(2, 0.1), seconds=5).regions.iloc[0]
    assert (row["value"], row["best"], row["bound"], row["gap"]) == (3, 1, 1, 0)


def test_closed_zones_are_left_out():
    problem = lattice_problem(1, 6, [9, 1, 1, 1, 1, 2], [0, 1, 1, 1, 2, 2], target=[5, 3, 3], closed=(0,))
    proof = prove(problem, problem.start, tolerances=np.full(3, 0.1), seconds=5)
    assert (proof.regions["units"][0], proof.regions["zones"][0]) == (5, 2)
    assert (proof.regions["best"][0], proof.zone_of.tolist()) == (0, problem.start.tolist())
    everything = problem.replace(closed=np.ones(3, bool))
    assert prove(everything, problem.start, tolerances=np.full(3, 0.1), seconds=5).regions.empty


def test_progress_is_told_and_cancelling_still_gives_floors():
    problem = lattice_problem(3, 3, [30, 20, 1, 1, 30, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 1, 1])
    told = []
    proof = prove(
        problem,
        problem.start,
        tolerances=np.full(2, 0.05),
        seconds=5,
        tell=lambda done, every: told.append((done, every)),
        cancelled=lambda: True,
    )
    row = proof.regions.iloc[0]
    assert told == [(1, 1)]
    assert row["bound"] == row["floor"] > 0
    assert not row["feasible"]
    assert np.isnan(row["gap"])


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"seconds": 1, "hops": -1}, {"seconds": 1, "workers": 0}])
def test_settings_out_of_range_are_refused(wrong):
    problem = lattice_problem(1, 2, [1, 1], [0, 1])
    with pytest.raises(SettingError, match="setting_wrong"):
        prove(problem, problem.start, tolerances=np.full(2, 0.1), **wrong)


def test_proving_leaves_the_problem_and_the_plan_as_they_were():
    problem = lattice_problem(3, 3, range(1, 10), [0, 0, 0, 1, 1, 1, 2, 2, 2])
    plan, before = problem.start.copy(), copy.deepcopy(vars(problem))
    prove(problem, plan, tolerances=np.full(3, 0.2), seconds=5)
    np.testing.assert_array_equal(plan, before["start"])
    for name, value in before.items():
        np.testing.assert_array_equal(vars(problem)[name], value)
