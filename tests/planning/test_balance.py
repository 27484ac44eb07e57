import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.balance import balance, gini

LOADS = st.lists(st.floats(0.01, 100), min_size=1, max_size=12)


def zones(*values):
    return pd.Series([float(v) for v in values], index=[f"z{i}" for i in range(len(values))])


def test_two_zones_by_hand():
    # 1 and 3 against 2 each: loads 0.5 and 1.5, mean 1, standard deviation 0.5.
    found = balance(zones(1, 3), zones(2, 2), tolerance=0.1)
    assert (found.max_deviation, found.mean_deviation, found.cv) == (0.5, 0.5, 0.5)
    assert found.gini == pytest.approx(0.25)
    assert found.p90_p10 == pytest.approx(1.4 / 0.6)
    assert found.within == 0.0


def test_targets_of_their_own_are_what_counts():
    found = balance(zones(10, 33, 18), zones(10, 30, 20), tolerance=0.1)
    assert found.max_deviation == pytest.approx(0.1)
    assert found.mean_deviation == pytest.approx(0.2 / 3)
    assert found.cv == pytest.approx(np.sqrt(0.02 / 3))
    # On the line is inside, though 18 / 20 - 1 is not quite -0.1.
    assert found.within == 1.0


def test_targets_are_matched_by_zone_not_by_place():
    assert balance(zones(1, 3), zones(1, 3).iloc[::-1], tolerance=0).max_deviation == 0.0


def test_share_within_counts_both_sides():
    assert balance(zones(80, 95, 100, 125), zones(100, 100, 100, 100), tolerance=0.1).within == 0.5


def test_even_zones_are_even():
    found = balance(zones(2, 2, 2), zones(2, 2, 2), tolerance=0)
    assert (found.max_deviation, found.cv, found.gini, found.p90_p10, found.within) == (0, 0, 0, 1, 1)


def test_no_zones_are_even():
    found = balance(zones(), zones(), tolerance=0.1)
    assert (found.max_deviation, found.cv, found.gini, found.within) == (0, 0, 0, 1)
    assert np.isnan(found.p90_p10)


def test_zones_without_work_are_told_without_a_quotient():
    found = balance(zones(0, 0), zones(1, 1), tolerance=0.1)
    assert (found.max_deviation, found.cv, found.gini) == (1, 0, 0)
    assert np.isnan(found.p90_p10)


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ((1, 3), 0.25),
        ((0, 1), 0.5),
        ((0, 0, 0, 1), 0.75),
        ((1, 2, 3), 2 / 9),
        ((5,), 0),
        ((0, 0), 0),
        ((), 0),
    ],
)
def test_gini_known_answers(values, known):
    assert gini(np.array(values, dtype=float)) == pytest.approx(known)


@given(LOADS)
def test_gini_is_half_the_mean_difference_over_the_mean(values):
    loads = np.array(values)
    apart = np.abs(loads[:, None] - loads[None, :]).mean()
    assert gini(loads) == pytest.approx(apart / (2 * loads.mean()), abs=1e-9)
    assert gini(loads * 7) == pytest.approx(gini(loads), abs=1e-9)
    assert gini(loads[::-1]) == pytest.approx(gini(loads), abs=1e-9)


@given(LOADS)
def test_inputs_are_left_alone(values):
    loads = np.array(values)
    before = loads.copy()
    gini(loads)
    assert loads.tobytes() == before.tobytes()
