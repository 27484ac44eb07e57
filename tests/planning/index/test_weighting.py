"""Weights out of data and from judgements in pairs: worked examples of the literature, and what must hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.index.ahp import joined, judge, judgements
from planning.index.structure import Structure
from planning.index.weighting import (
    entropies,
    entropy_weights,
    equal_weights,
    noisy_weights,
    optimised_weights,
    pca_weights,
    principal_components,
)

# Saaty (1990), How to make a decision, European Journal of Operational Research 48, table 2: buying a house.
HOUSE = ("size", "transport", "neighbourhood", "age", "yard", "modern", "condition", "financing")
HOUSE_JUDGED = [
    [5, 3, 7, 6, 6, "1/3", "1/4"],
    ["1/3", 5, 3, 3, "1/5", "1/7"],
    [6, 3, 4, 6, "1/5"],
    ["1/3", "1/4", "1/7", "1/8"],
    ["1/2", "1/5", "1/6"],
    ["1/5", "1/6"],
    ["1/2"],
]
# Saaty (2008), Decision making with the analytic hierarchy process, Int. J. Services Sciences 1, table 2:
# which drink is consumed more in the United States.
DRINKS = ("coffee", "wine", "tea", "beer", "sodas", "milk", "water")
DRINKS_JUDGED = [
    [9, 5, 2, 1, 1, "1/2"],
    ["1/3", "1/9", "1/9", "1/9", "1/9"],
    ["1/3", "1/4", "1/3", "1/9"],
    ["1/2", 1, "1/3"],
    [2, "1/2"],
    ["1/3"],
]
# Hwang and Yoon (1981), Multiple Attribute Decision Making, 3.2: choosing a fighter aircraft.
FIGHTERS = pd.DataFrame(
    [
        [2.0, 1500, 20000, 5.5, 5, 9],
        [2.5, 2700, 18000, 6.5, 3, 5],
        [1.8, 2000, 21000, 4.5, 7, 7],
        [2.2, 1800, 20000, 5.0, 5, 5],
    ]
)


def test_saatys_house():
    found = judge(judgements(HOUSE, HOUSE_JUDGED))
    assert found.weights.round(3).tolist() == [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333]
    assert found.largest_eigenvalue == pytest.approx(9.669, abs=5e-4)
    assert found.ratio == pytest.approx(0.169, abs=5e-4)
    assert not found.consistent


def test_saatys_drinks():
    found = judge(judgements(DRINKS, DRINKS_JUDGED))
    assert found.weights.round(3).tolist() == [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert found.ratio == pytest.approx(0.022, abs=5e-4)
    assert found.consistent


@given(st.lists(st.sampled_from([1.0, 2.0, 4.0, 8.0]), min_size=2, max_size=7))
def test_judgements_that_agree_give_back_the_weights_they_came_from(weights):
    names = [f"n{i}" for i in range(len(weights))]
    upper = [[weights[i] / w for w in weights[i + 1 :]] for i in range(len(weights) - 1)]
    found = judge(judgements(names, upper))
    np.testing.assert_allclose(found.weights, np.array(weights) / sum(weights), rtol=1e-9)
    assert found.ratio == pytest.approx(0, abs=1e-9)


def test_the_judgement_most_at_odds_is_named_with_what_would_agree():
    """Each is twice the next, and yet the last is twice the first, of which it should be an eighth."""
    found = judge(judgements("abcd", [[2, 4, "1/2"], [2, 4], [2]]))
    assert not found.consistent
    first, second, agreed = found.worst
    assert (first, second) == ("a", "d")
    assert agreed > 1


def test_several_peoples_judgements_are_joined_by_their_geometric_mean():
    one, other = judgements("ab", [[4]]), judgements("ab", [[1]])
    assert joined([one, other]).loc["a", "b"] == pytest.approx(2)
    assert judge(joined([one, other])).weights.tolist() == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("upper", "code"),
    [
        ([[1]], "judgements_shape"),
        ([[1, 2], [3, 4]], "judgements_shape"),
        ([[10, 1], [1]], "judgements_unreadable"),  # beyond Saaty's scale
        ([["3/0", 1], [1]], "judgements_unreadable"),
        ([["很重要", 1], [1]], "judgements_unreadable"),
    ],
)
def test_judgements_that_cannot_be_read_are_told(upper, code):
    with pytest.raises(SettingError) as raised:
        judgements("abc", upper)
    assert raised.value.code == code


def test_a_matrix_that_contradicts_itself_is_refused_pair_by_pair():
    matrix = pd.DataFrame([[1, 2, 3], [2, 1, 1], [1 / 3, 1, 1]], index=list("abc"), columns=list("abc"))
    with pytest.raises(SettingError) as raised:
        judge(matrix)
    assert [reason.facts["other"] for reason in raised.value.reasons] == ["b"]


def test_hwang_and_yoons_fighters():
    """The book works with entropies of four digits, which moves its weights by less than 0.002."""
    found = entropies(FIGHTERS)
    assert found.tolist() == pytest.approx([0.9946, 0.9829, 0.9989, 0.9931, 0.9703, 0.9770], abs=2e-4)
    weights = entropy_weights(FIGHTERS)
    assert weights.tolist() == pytest.approx([0.0649, 0.2055, 0.0133, 0.0829, 0.3570, 0.2764], abs=2e-3)
    assert weights.sum() == pytest.approx(1)


def test_what_does_not_differ_weighs_nothing():
    frame = pd.DataFrame({"same": [3.0, 3.0, 3.0], "other": [1.0, 2.0, 9.0], "zero": [0.0, 0.0, 0.0]})
    assert entropy_weights(frame).to_dict() == {"same": 0, "other": 1, "zero": 0}
    assert entropy_weights(frame[["same", "zero"]]).tolist() == [0.5, 0.5]
    with pytest.raises(SettingError, match="entropy_needs_counts"):
        entropy_weights(-frame)
    with pytest.raises(SettingError, match="weights_need_units"):
        entropy_weights(frame.head(1))


def test_principal_components_of_what_is_one_thing():
    x = np.arange(10.0)
    frame = pd.DataFrame({"a": x, "b": 2 * x + 1, "c": -x, "flat": 1.0})
    found = principal_components(frame)
    assert found["variance"]["share"].iloc[0] == pytest.approx(1)
    weights = pca_weights(frame[["a", "b", "flat"]])
    assert weights.tolist() == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0], abs=1e-12)
    assert pca_weights(frame)["c"] < 0


def test_optimised_weights_lift_what_correlates_less():
    rng = np.random.default_rng(3)
    common = rng.normal(size=300)
    values = pd.DataFrame(
        {
            "a": common + rng.normal(size=300) * 0.3,
            "b": common + rng.normal(size=300) * 0.3,
            "c": rng.normal(size=300),
        }
    )
    tree = Structure(parents=dict.fromkeys("abc", "top"))
    found = optimised_weights(values, tree, level=1)
    assert found["obtained"].tolist() == pytest.approx([1 / 3] * 3, abs=1e-3)
    assert found.loc["c", "weight"] > found.loc["a", "weight"]
    with pytest.raises(SettingError, match="importance_empty"):
        optimised_weights(values, tree, level=1, importance={"x": 1})


def test_noise_stays_within_its_share_and_off_the_other_levels():
    tree = Structure(parents={"a": "x", "b": "x", "x": "top"}, weights={"a": 4})
    found = noisy_weights(tree, {1: 0.25}, draws=500, seed=1)
    assert found["a"].between(3, 5).all()
    assert found["a"].max() - found["a"].min() > 1.8
    assert (found["x"] == 1).all()
    assert equal_weights(tree) == {"a": 1, "b": 1, "x": 1}
