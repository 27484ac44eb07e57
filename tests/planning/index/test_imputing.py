"""What is missing: counted, screened, and stood in for with a mark."""

import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.index.imputing import carry_forward, impute, impute_rows
from planning.index.screening import coverage, group_coverage, screen
from planning.index.structure import Structure

VALUES = pd.DataFrame(
    {"a": [1.0, np.nan, 3.0, 8.0], "b": [np.nan, 2.0, np.nan, np.nan]}, index=["u", "v", "w", "x"]
)
GROUPS = pd.Series({"u": "g", "v": "g", "w": "h", "x": "g"})


@pytest.mark.parametrize(("by", "expected"), [("mean", 4), ("median", 3), ("none", np.nan)])
def test_columns_stand_in_for_their_own_gaps(by, expected):
    filled, marked = impute(VALUES, by)
    np.testing.assert_allclose(filled.loc["v", "a"], expected)
    assert marked.loc["v", "a"] == (by != "none")
    assert np.isnan(VALUES.loc["v", "a"])


def test_groups_stand_in_for_their_own_and_what_a_whole_group_lacks_stays_missing():
    filled, marked = impute(VALUES, "group_mean", groups=GROUPS)
    assert filled.loc["v", "a"] == 4.5
    assert filled.loc["u", "b"] == 2
    assert np.isnan(filled.loc["w", "b"])
    assert marked.to_numpy().sum() == 3
    with pytest.raises(SettingError, match="imputing_needs_groups"):
        impute(VALUES, "group_median")


def test_a_units_other_indicators_stand_in_on_a_common_scale():
    """v stands in the middle of a, where less is better, and so in the middle of b."""
    tree = Structure(parents={"a": "x", "b": "x", "x": "top"}, directions={"a": -1})
    values = pd.DataFrame({"a": [10.0, 5.0, 0.0], "b": [1.0, np.nan, 3.0]})
    filled, marked = impute_rows(values, tree)
    assert filled["b"].tolist() == [1, 2, 3]
    assert marked["b"].tolist() == [False, True, False]


def test_values_are_carried_on_for_one_period_and_no_longer():
    old = pd.DataFrame({"a": [1.0, 5.0], "b": [9.0, 9.0]}, index=["u", "v"])
    last = pd.DataFrame({"a": [2.0, np.nan], "b": [np.nan, np.nan]}, index=["u", "v"])
    gap = last * np.nan
    found, age = carry_forward([old, last])
    assert found["a"].tolist() == [2, 5]
    assert age["a"].tolist() == [0, 1]
    assert carry_forward([old, gap, last])[0]["a"].isna().tolist() == [False, True]
    found, age = carry_forward([old, gap, last], most_periods=None)
    assert (found.loc["v", "a"], age.loc["v", "a"]) == (5, 2)


def test_units_with_too_little_known_are_left_out():
    found = screen(VALUES, least_known=0.65)
    assert found["known"].tolist() == [0.5, 0.5, 0.5, 0.5]
    assert not found["kept"].any()
    assert screen(VALUES, least_known=0.5)["kept"].all()
    assert screen(VALUES, forced={"u": True})["kept"].tolist() == [True, False, False, False]


def test_units_of_zeros_may_be_left_out():
    values = pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 0.0]})
    found = screen(values, least_nonzero=0.4)
    assert found["zero"].tolist() == [2, 1]
    assert found["kept"].tolist() == [False, True]


def test_coverage_by_group():
    tree = Structure(parents={"a": "x", "b": "y", "x": "top", "y": "top"})
    found = group_coverage(VALUES, tree)
    assert found.loc["u"].to_dict() == {"x": 1, "y": 0, "top": 0.5}
    assert coverage(VALUES, ["a"]).tolist() == [1, 0, 1, 1]
