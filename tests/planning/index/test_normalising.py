"""Scales: each formula by hand, what is missing skipped, all-equal columns told as unknown."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.index import normalising as scale
from planning.index.normalising import SCALINGS, normalise

X = np.array([2.0, 4.0, 4.0, 10.0])
GAP = np.array([2.0, np.nan, 4.0, 10.0])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (scale.minmax(X), [0, 25, 25, 100]),
        (scale.minmax(X, low=1, high=5), [1, 2, 2, 5]),
        (scale.goalposts(X, low=0, high=8), [25, 50, 50, 100]),
        (scale.goalposts(X, low=0, high=8, truncate=False), [25, 50, 50, 125]),
        (scale.goalposts(X, low=8, high=0, scale=1), [0.75, 0.5, 0.5, 0]),
        (scale.zscore(X), (X - 5) / np.sqrt(12)),
        (scale.scaled(X, low=2, high=12), [0, 20, 20, 80]),
        (scale.rank(X), [1, 2, 2, 4]),
        (scale.rank(X, ties="average"), [1, 2.5, 2.5, 4]),
        (scale.borda(X), [0, 1, 1, 3]),
        (scale.percentile_rank(X), [0, 1 / 3, 1 / 3, 1]),
        (scale.distance_to_max(X), [0, 0.25, 0.25, 1]),
        (scale.distance_to_reference(X, reference=1), [0, 1, 1, 4]),
        (scale.distance_to_reference(X, reference=1, cap=True), [0, 1, 1, 1]),
        (scale.distance_to_target(X, target=6), [0, 0.5, 0.5, 2]),
        (scale.distance_to_target(X, target=6, cap=True), [0, 0.5, 0.5, 1]),
        (scale.fraction_of_max(X), [0.2, 0.4, 0.4, 1]),
        (scale.untouched(X), X),
        (scale.minmax(GAP), [0, np.nan, 25, 100]),
        (scale.rank(GAP), [1, np.nan, 2, 3]),
        (scale.percentile_rank(GAP), [0, np.nan, 0.5, 1]),
        (scale.zscore(GAP), [-0.8006, np.nan, -0.3203, 1.1209]),
    ],
)
def test_scales_by_hand(found, expected):
    np.testing.assert_allclose(found, expected, atol=5e-5)


def test_many_rows_at_once_are_as_one_after_the_other():
    rows = np.random.default_rng(0).normal(size=(5, 9))
    for name in ("minmax", "zscore", "rank", "percentile_rank", "distance_to_max"):
        np.testing.assert_allclose(SCALINGS[name](rows), [SCALINGS[name](row) for row in rows])


@pytest.mark.parametrize("name", ["minmax", "zscore", "distance_to_max"])
def test_columns_of_equal_values_have_no_scale(name):
    assert np.isnan(SCALINGS[name](np.full(4, 3.0))).all()


def test_less_is_better_turns_the_scale_and_what_belongs_to_it_round():
    frame = pd.DataFrame({"good": [1.0, 3.0], "bad": [1.0, 3.0]})
    found = normalise(frame, "goalposts", directions={"bad": -1}, low=4.0, high=0.0)
    assert found["bad"].tolist() == [75, 25]
    assert normalise(frame, directions={"bad": -1})["bad"].tolist() == [100, 0]
    target = normalise(frame, "distance_to_target", directions={"bad": -1}, target=1.0)
    assert target["bad"].tolist() == [1, 0]


def test_single_columns_may_have_a_scale_of_their_own():
    frame = pd.DataFrame({"a": [1.0, 3.0], "b": [1.0, 3.0]})
    found = normalise(frame, single={"b": ("rank", {})})
    assert found["a"].tolist() == [0, 100]
    assert found["b"].tolist() == [1, 2]


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=20, unique=True))
def test_every_scale_keeps_the_order(values):
    column = np.sort(np.array(values))
    # A greatest value next to nothing would make its multiples endless.
    if len(np.unique(column / 7)) < len(column) or column[-1] < 1e-6:
        return
    settings = {
        "goalposts": {"low": -2e3, "high": 2e3},
        "distance_to_reference": {"reference": len(column) - 1},
        "distance_to_target": {"target": 2e3},
    }
    for name, formula in SCALINGS.items():
        assert (np.diff(formula(column, **settings.get(name, {}))) >= 0).all(), name


def test_unknown_scales_and_directions_are_told():
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    with pytest.raises(SettingError, match="scaling_unknown"):
        normalise(frame, "min-max")
    with pytest.raises(SettingError, match="direction_wrong"):
        normalise(frame, directions={"a": 0})
