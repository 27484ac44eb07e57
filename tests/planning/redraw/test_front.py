import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.redraw.front import BALANCED, BEST_SHAPE, BETWEEN, LEAST_CHANGE, front, named

COSTS = st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=25).map(
    lambda rows: np.array(rows, dtype=float)
)
AIMED = [LEAST_CHANGE, BALANCED, BETWEEN, BEST_SHAPE, "change_and_shape", "little_change"]


def beats(a, b):
    return (a <= b).all() and (a < b).any()


def test_dominated_plan_is_dropped():
    assert front(np.array([[0, 3, 1], [1, 1, 1], [1, 2, 1], [3, 0, 1]], dtype=float)) == [0, 1, 3]


def test_of_twins_the_first_is_shown():
    assert front(np.array([[1, 1, 1], [0, 2, 1], [1, 1, 1]], dtype=float)) == [1, 0]


def test_differences_of_rounding_are_none():
    assert front(np.array([[0.5, 1.0, 1.0], [0.5 + 1e-12, 1.0 - 1e-12, 1.0]])) == [0]


def test_one_plan_is_its_own_front():
    assert front(np.array([[1.0, 2.0, 3.0]])) == [0]


def test_no_plans_are_no_front():
    assert front(np.empty((0, 3))) == []


def test_few_are_chosen_far_apart():
    # Eleven on a line, five to show: the ends, the middle, then between.
    line = np.array([[i, 10 - i] for i in range(11)], dtype=float)
    shown = front(line, most=5)
    assert len(shown) == 5
    assert {0, 5, 10} <= set(shown)
    assert max(np.diff(shown)) <= 3


@given(COSTS, st.integers(3, 8))
def test_front_is_what_no_other_beats_with_its_extremes(costs, most):
    before = costs.copy()
    shown = front(costs, most=most)
    unbeaten = [i for i in range(len(costs)) if not any(beats(other, costs[i]) for other in costs)]
    assert set(shown) <= set(unbeaten)
    assert len(set(shown)) == len(shown) == min(most, len(np.unique(costs[unbeaten], axis=0)))
    assert costs[shown].min(axis=0).tolist() == costs.min(axis=0).tolist()
    assert [tuple(row) for row in costs[shown]] == sorted(tuple(row) for row in costs[shown])
    assert costs.tobytes() == before.tobytes()


@pytest.mark.parametrize(
    ("plans", "names"),
    [
        (1, [LEAST_CHANGE]),
        (2, [LEAST_CHANGE, BALANCED]),
        (3, [LEAST_CHANGE, BETWEEN, BALANCED]),
    ],
)
def test_few_plans_bear_the_marks(plans, names):
    costs = np.array([[0, 9, 5], [4, 4, 4], [9, 0, 5]], dtype=float)[[[0], [0, 2], [0, 1, 2]][plans - 1]]
    assert named(costs, ["x", "y", "z"][:plans]) == names


def test_marks_go_to_the_smallest_and_what_lies_between():
    costs = np.array([[0, 9, 5], [1, 8, 9], [4, 4, 4], [8, 2, 1], [9, 0, 5]], dtype=float)
    assert named(costs, ["a", "b", "c", "d", "e"]) == [LEAST_CHANGE, "b", BETWEEN, BEST_SHAPE, BALANCED]


def test_plan_best_at_two_things_leaves_the_second_mark_to_the_next():
    costs = np.array([[0, 0, 5], [1, 2, 4], [2, 1, 3]], dtype=float)
    assert named(costs, ["a", "b", "c"]) == [LEAST_CHANGE, BETWEEN, BALANCED]


def test_aim_that_did_not_come_out_best_does_not_repeat_a_mark():
    # The plan that was aimed at balance is not the most balanced one.
    costs = np.array([[0, 9, 5], [4, 4, 4], [5, 5, 3], [6, 1, 9], [9, 0, 7]], dtype=float)
    given = named(costs, ["a", "b", "c", BALANCED, "e"])
    assert given == [LEAST_CHANGE, BETWEEN, BEST_SHAPE, "balanced_2", BALANCED]


@given(COSTS, st.randoms())
def test_names_are_unique(costs, random):
    shown = front(costs)
    names = [random.choice(AIMED) for _ in shown]
    given = named(costs[shown], names)
    assert len(set(given)) == len(given) == len(shown)
    assert given.count(LEAST_CHANGE) == 1
    assert given.count(BALANCED) == (len(shown) > 1)
    assert given.count(BETWEEN) == (len(shown) > 2)
    assert costs[shown][given.index(LEAST_CHANGE), 0] == costs[:, 0].min()
