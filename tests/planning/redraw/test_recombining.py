import numpy as np
import pytest

from planning.redraw.annealing import Aim, Annealer
from planning.redraw.recombining import recombined
from planning.redraw.search import Effort, Found
from tests.planning.redraw.lattices import assert_keeps_hard_constraints, problem_of

CUT = Aim(name="cut", cut=1)
EFFORT = Effort(rounds=4, moves=1, seed=1, workers=1)


def found(best, *others):
    return Found(plans={"cut": best}, pools={"cut": others}, effort=EFFORT)


def energy(problem, tolerance, plan):
    return Annealer(problem, tolerance).region_energies(plan, CUT).sum()


def test_the_good_halves_of_two_plans_make_a_better_one():
    # Zones 1 and 2 lie to the left, 3 and 4 to the right; each plan has one pair crooked.
    problem = problem_of("1133/1133/2244/2244")
    left = np.array([0, 0, 2, 3, 0, 0, 2, 3, 1, 1, 2, 3, 1, 1, 2, 3])
    right = np.array([0, 1, 2, 2, 0, 1, 2, 2, 0, 1, 3, 3, 0, 1, 3, 3])
    tolerance = np.full(4, 0.1)
    assert energy(problem, tolerance, left) == energy(problem, tolerance, right) == 10
    plan = recombined(problem, tolerance, found(left, right), aims=[CUT])["cut"]
    assert energy(problem, tolerance, plan) == 8
    assert_keeps_hard_constraints(problem, plan)


def test_the_best_plan_is_kept_where_nothing_better_can_be_made():
    problem = problem_of("1122/1122")
    worse = np.array([0, 1, 1, 1, 0, 0, 0, 1])
    plan = recombined(problem, np.full(2, 0.1), found(problem.start, worse), aims=[CUT])["cut"]
    assert plan.tolist() == problem.start.tolist()


def test_regions_are_recombined_apart_and_inputs_stay():
    problem = problem_of("1122/1122", stations="aabb/aabb")
    start = problem.start.copy()
    plan = recombined(problem, np.full(2, 0.1), found(problem.start), aims=[CUT], workers=2)["cut"]
    assert plan.tolist() == start.tolist() == problem.start.tolist()


def test_no_zone_beyond_the_tolerance_is_taken_for_a_shorter_border():
    problem = problem_of("1122/1122/1122")
    uneven = np.array([0, 0, 0, 1] * 3)
    crooked = np.array([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1])
    tolerance = np.full(2, 0.1)
    plan = recombined(problem, tolerance, found(crooked, uneven), aims=[CUT])["cut"]
    assert problem.zone_weights(plan).tolist() == pytest.approx([6, 6])
