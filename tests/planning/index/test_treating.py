"""Outliers: drawn in one by one, or put on a log scale; applied to other values afterwards."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kurtosis as scipy_kurtosis
from scipy.stats import skew as scipy_skew

from planning.index.treating import TreatParams, fit_treatment, kurtosis, skewness, treat

# COINr's own example: the numbers from 1 to 10 and two outliers.
EXAMPLE = np.array([*range(1, 11), 30, 100], dtype=float)


def test_skewness_and_kurtosis_are_scipys_unbiased_ones():
    values = np.random.default_rng(0).gamma(1, 1, 40)
    assert skewness(values) == pytest.approx(scipy_skew(values, bias=False))
    assert kurtosis(values) == pytest.approx(scipy_kurtosis(values, bias=False))


def test_outliers_are_drawn_in_to_the_next_value_until_the_column_is_in_order():
    found = fit_treatment(EXAMPLE)
    assert (found.high, found.points_high, found.points_low) == (30, 1, 0)
    assert found.apply(EXAMPLE).tolist() == [*range(1, 11), 30, 30]
    assert found.passed
    strict = fit_treatment(EXAMPLE, TreatParams(skewness=0.5, kurtosis=-3))
    assert (strict.high, strict.points_high) == (10, 2)


def test_the_side_is_that_to_which_the_column_leans():
    found = fit_treatment(-EXAMPLE)
    assert (found.low, found.points_low, found.points_high) == (-30, 1, 0)


def test_equal_values_at_the_edge_count_each():
    values = np.array([*range(1, 21), 500, 500, 500], dtype=float)
    assert fit_treatment(values, TreatParams(log=None)).points_high in (0, 3)


def test_what_winsorising_cannot_mend_goes_on_a_log_scale():
    values = np.exp(np.random.default_rng(1).normal(0, 3, 60))
    found = fit_treatment(values, TreatParams(most_points=1))
    assert found.log == "log_ct"
    low, high = values.min(), values.max()
    np.testing.assert_allclose(found.apply(values), np.log(values - low + 0.01 * (high - low)))
    # The untreated column is logged, not the winsorised one, unless that is asked for.
    both = fit_treatment(values, TreatParams(most_points=1, winsorised=True))
    assert both.largest < found.largest


def test_a_treatment_holds_for_values_it_has_not_seen():
    values = np.exp(np.random.default_rng(1).normal(0, 3, 60))
    found = fit_treatment(values, TreatParams(most_points=1))
    seen = found.apply(np.array([values.min() - 5, values.max() * 10]))
    assert seen.tolist() == [found.apply(values).min(), found.apply(values).max()]


@pytest.mark.parametrize(
    "values",
    [
        [4.0] * 12,  # all equal
        [1.0, 2.0],  # too few to have a shape
        [np.nan] * 5,
        [0.0] * 30 + [1.0],  # drawing in would leave one value only
        list(range(20)),
    ],
)
def test_what_needs_no_treatment_or_bears_none_stays(values):
    column = np.array(values, dtype=float)
    found = fit_treatment(column, TreatParams(log=None))
    np.testing.assert_array_equal(found.apply(column), column)


@given(st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=60))
def test_treatment_never_turns_the_order_round(values):
    column = np.sort(np.array(values))
    treated = fit_treatment(column).apply(column)
    assert (np.diff(treated) >= -1e-9).all()


def test_single_columns_may_have_their_own_settings_or_none():
    frame = pd.DataFrame({"a": EXAMPLE, "b": EXAMPLE, "c": EXAMPLE})
    treated, found = treat(frame, single={"a": None, "b": TreatParams(skewness=0.5, kurtosis=-3)})
    assert treated["a"].max() == 100
    assert treated["b"].max() == 10
    assert treated["c"].max() == 30
    assert [found[name].points_high for name in "abc"] == [0, 2, 1]
    assert frame["c"].max() == 100


@pytest.mark.parametrize("log", ["log", "log_ct_original", "log_gii", "box_cox"])
def test_other_logarithms_bring_it_in_order_as_well(log):
    values = np.exp(np.random.default_rng(1).normal(2, 2.5, 80)) + 1
    found = fit_treatment(values, TreatParams(most_points=0, log=log))
    assert found.log == log
    assert abs(found.skewness) < abs(skewness(values))


def test_a_plain_logarithm_of_what_is_not_above_zero_is_left_alone():
    values = np.array([*range(10), 10_000.0])
    assert fit_treatment(values, TreatParams(most_points=0, log="log")).log is None
