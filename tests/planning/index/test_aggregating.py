"""Means and outranking: by hand, by brute force, and what must hold of any numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.errors import SettingError
from planning.index.aggregating import (
    aggregate,
    arithmetic_mean,
    combine,
    copeland_scores,
    generalised_mean,
    geometric_mean,
    harmonic_mean,
    outranking_matrix,
    outranking_scores,
    ranks,
)
from planning.index.structure import METHODS, Structure

POSITIVE = arrays(float, (6, 4), elements=st.floats(0.5, 100))
WEIGHTS = arrays(float, 4, elements=st.floats(0.1, 5))
FEW_LEVELS = arrays(float, (6, 4), elements=st.integers(0, 3).map(float))


def test_means_of_2_and_8():
    values, even = np.array([[2.0, 8.0]]), np.ones(2)
    assert arithmetic_mean(values, even)[0] == pytest.approx(5)
    assert geometric_mean(values, even)[0] == pytest.approx(4)
    assert harmonic_mean(values, even)[0] == pytest.approx(3.2)
    assert generalised_mean(values, even, 2)[0] == pytest.approx(np.sqrt(34))
    assert geometric_mean(values, np.array([1.0, 2.0]))[0] == pytest.approx(128 ** (1 / 3))


@pytest.mark.parametrize("method", METHODS)
def test_members_that_weigh_nothing_give_nothing(method):
    assert np.isnan(combine(np.array([[2.0, 3.0], [1.0, np.nan]]), np.zeros(2), method)).all()
    assert np.isnan(arithmetic_mean(np.array([[2.0, 3.0]]), np.zeros(2))).all()


def test_missing_members_are_skipped_and_nothing_known_gives_nothing():
    values = np.array([[2.0, np.nan, 4.0], [np.nan] * 3])
    for method in ("arithmetic", "geometric", "harmonic"):
        found = combine(values, np.array([1.0, 5.0, 1.0]), method)
        assert found[0] == pytest.approx(combine(np.array([[2.0, 4.0]]), np.ones(2), method)[0])
        assert np.isnan(found[1])


@given(POSITIVE, WEIGHTS)
def test_the_less_a_mean_makes_good_the_lower_it_is(values, weights):
    means = [combine(values, weights, m) for m in ("harmonic", "geometric", "arithmetic")]
    bounds = [values.min(axis=1), *means, values.max(axis=1)]
    for low, high in zip(bounds, bounds[1:], strict=False):
        assert (low <= high + 1e-9).all()


@given(POSITIVE, WEIGHTS)
def test_power_means_pass_through_the_others(values, weights):
    for power, method in ((1, "arithmetic"), (0, "geometric"), (-1, "harmonic")):
        np.testing.assert_allclose(
            generalised_mean(values, weights, power), combine(values, weights, method), rtol=1e-9
        )


@given(FEW_LEVELS, WEIGHTS)
def test_outranking_scores_are_the_row_sums_of_the_matrix(values, weights):
    np.testing.assert_allclose(
        outranking_scores(values, weights), outranking_matrix(values, weights).sum(axis=1), atol=1e-9
    )


@given(FEW_LEVELS, WEIGHTS)
def test_copeland_counts_who_beats_whom(values, weights):
    expected = []
    for mine in values:
        beats = [(np.sign(mine - theirs) * weights / weights.sum()).sum() for theirs in values]
        expected.append(sum(np.sign(b) if abs(b) > 1e-12 else 0 for b in beats))
    assert copeland_scores(values, weights).tolist() == expected


def test_an_outranking_matrix_by_hand():
    """a is ahead of b in the first, which weighs 3 of 4; the second is a tie."""
    found = outranking_matrix(np.array([[2.0, 5.0], [1.0, 5.0]]), np.array([3.0, 1.0]))
    assert found.tolist() == [[0, 0.875], [0.125, 0]]


def test_groups_add_up_by_their_own_method():
    tree = Structure(
        parents={"a": "x", "b": "x", "c": "y", "x": "top", "y": "top"}, methods={"top": "geometric"}
    )
    values = pd.DataFrame({"a": [2.0], "b": [6.0], "c": [9.0]}, index=["u"])
    found = aggregate(values, tree)
    assert found.columns.tolist() == ["a", "b", "c", "x", "y", "top"]
    assert found.loc["u", ["x", "y", "top"]].tolist() == pytest.approx([4, 9, 6])
    assert values.columns.tolist() == ["a", "b", "c"]


def test_a_group_of_which_too_little_is_known_is_missing():
    tree = Structure(parents={"a": "top", "b": "top", "c": "top"})
    values = pd.DataFrame({"a": [1.0, 1.0], "b": [np.nan, 2.0], "c": [np.nan, np.nan]})
    assert aggregate(values, tree)["top"].tolist() == [1.0, 1.5]
    assert aggregate(values, tree, least_known=0.5)["top"].isna().tolist() == [True, False]
    assert aggregate(values, tree, least_known=[0.7])["top"].isna().tolist() == [True, True]


def test_equal_scores_share_the_better_place():
    assert ranks(pd.Series([5.0, 9.0, 5.0, np.nan])).tolist()[:3] == [2, 1, 2]


@pytest.mark.parametrize("method", ["geometric", "harmonic"])
def test_means_that_multiply_refuse_what_is_not_above_zero(method):
    with pytest.raises(SettingError, match="mean_needs_positive"):
        combine(np.array([[0.0, 1.0]]), np.ones(2), method)


def test_an_indicator_without_a_column_is_named():
    with pytest.raises(SettingError, match="b, c"):
        aggregate(pd.DataFrame({"a": [1.0]}), Structure(parents=dict.fromkeys("abc", "top")))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_puts_the_better_in_everything_first(method):
    values = np.array([[3.0, 3.0], [2.0, 2.0], [1.0, 1.0]])
    found = combine(values, np.ones(2), method, power=2.0)
    assert found[0] > found[1] > found[2]
