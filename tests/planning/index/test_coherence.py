"""Whether indicators belong together: alpha by hand, flags, correlations upwards."""

import numpy as np
import pandas as pd
import pytest

from planning.index.aggregating import aggregate
from planning.index.coherence import (
    consistency,
    correlation_flags,
    correlations,
    cronbach,
    denominator_correlations,
    statistics,
    upward_correlations,
)
from planning.index.structure import Structure

TREE = Structure(parents={"a": "x", "b": "x", "c": "y", "d": "y", "x": "top", "y": "top"})


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    common = rng.normal(size=200)
    return pd.DataFrame(
        {
            "a": common,
            "b": common + rng.normal(size=200) * 0.1,
            "c": rng.normal(size=200),
            "d": -common,
        }
    )


def test_alpha_by_hand():
    """Variances 1 and 4, covariance 1.5: 2 (1 - 5 / 8)."""
    x = np.array([1.0, 2.0, 3.0])
    frame = pd.DataFrame({"a": x, "b": 2 * x})
    covariance = frame.cov().to_numpy()
    assert cronbach(frame) == pytest.approx(2 * (1 - np.trace(covariance) / covariance.sum()))
    assert cronbach(frame) == pytest.approx(8 / 9)
    assert np.isnan(cronbach(frame[["a"]]))


def test_pairs_that_say_the_same_or_contradict_each_other_are_flagged(values):
    found = correlation_flags(values, TREE, above=0.9)
    assert found[["group", "first", "second"]].to_numpy().tolist() == [["x", "a", "b"]]
    against = correlation_flags(values.assign(c=values["a"]), TREE, above=None, below=-0.9)
    assert against["group"].tolist() == ["y"]


def test_indicators_are_held_against_their_group_and_the_whole(values):
    found = upward_correlations(aggregate(values, TREE), TREE)
    assert found.loc["a", "flag"] == "redundant"
    assert found.loc["a", "with_group"] > 0.99
    assert found.loc["x", "group"] == "top"
    weak = upward_correlations(aggregate(values.assign(d=-10 * values["c"]), TREE), TREE)
    assert weak.loc["c", "flag"] == "against"


def test_a_member_that_stands_alone_is_not_blamed_for_it():
    tree = Structure(parents={"a": "x", "x": "top"})
    scores = aggregate(pd.DataFrame({"a": [1.0, 2.0, 5.0]}), tree)
    assert upward_correlations(scores, tree)["flag"].tolist() == ["", ""]


def test_groups_hang_together_or_not(values):
    found = consistency(aggregate(values, TREE), TREE)
    assert found.loc["x", "alpha"] > 0.95
    assert found.loc["x", "first_component"] > 0.95
    assert found.loc["y", "alpha"] < 0.2
    assert found["members"].tolist() == [2, 2, 2]


def test_what_goes_with_a_denominator_is_told():
    people = pd.Series([1.0, 2.0, 3.0, 4.0])
    frame = pd.DataFrame({"thefts": people * 3, "index": [4.0, 1.0, 1.0, 4.0]})
    found = denominator_correlations(frame, pd.DataFrame({"present": people}))
    assert found.to_numpy().tolist() == [["thefts", "present", pytest.approx(1)]]


def test_correlations_by_rank_and_by_significance():
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 8.0, 27.0, 1000.0], "flat": 1.0})
    assert correlations(frame, by="spearman").loc["a", "b"] == pytest.approx(1)
    assert correlations(frame, by="kendall").loc["a", "b"] == pytest.approx(1)
    assert correlations(frame).loc["a", "b"] < 0.9
    assert np.isnan(correlations(frame, significance=0.05).loc["a", "b"])
    assert np.isnan(correlations(frame).loc["a", "flat"])


def test_statistics_of_a_column():
    found = statistics(pd.DataFrame({"a": [0.0, 1.0, 2.0, np.nan, 97.0], "none": np.nan})).loc["a"]
    assert (found["known"], found["nonzero"], found["unique"]) == (4, 3, 4)
    assert (found["min"], found["median"], found["max"], found["mean"]) == (0, 1.5, 97, 25)
