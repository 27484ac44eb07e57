"""Two scenarios side by side, one element less, strengths and weaknesses."""

import numpy as np
import pandas as pd
import pytest

from planning.index.composing import Recipe, compose, denominate
from planning.index.scenarios import compare, rank_statistics, remove_elements, vary
from planning.index.strengths import strengths
from planning.index.structure import Structure

TREE = Structure(parents={"a": "top", "b": "top", "c": "top"})
UNITS = pd.DataFrame(
    {"a": [3.0, 2.0, 1.0], "b": [3.0, 2.0, 1.0], "c": [0.0, 5.0, 10.0]}, index=["u", "v", "w"]
)


def test_two_scenarios_side_by_side():
    first = pd.Series({"u": 9.0, "v": 5.0, "w": 1.0})
    second = pd.Series({"w": 7.0, "u": 6.0, "v": 5.0})
    found = compare({"now": first, "then": second})
    assert found.index.tolist() == ["u", "v", "w"]
    assert found["rank_then"].tolist() == [2, 3, 1]
    assert found["rank_change_then"].tolist() == [-1, -1, 2]
    assert found["score_change_then"].tolist() == [-3, 0, 6]


def test_one_element_less():
    """Without c, where w is best, the order turns into that of a and b."""
    made = compose(UNITS, Recipe(structure=TREE))
    found = remove_elements(made.normalised, TREE)
    assert found.loc["c", "mean_shift"] == 0
    assert found.loc["a", "largest_shift"] == 2
    alone = Structure(parents={"a": "top"})
    assert remove_elements(made.normalised[["a"]], alone).empty


def test_rates_of_nobody_are_unknown():
    units = pd.DataFrame({"thefts": [4.0, 1.0, 0.0], "people": [2000.0, 0.0, np.nan]})
    found = denominate(units[["thefts"]], units, {"thefts": "people"}, scale=10_000)
    np.testing.assert_allclose(found["thefts"], [20, np.nan, np.nan])
    assert units["thefts"].tolist() == [4, 1, 0]


def test_runs_by_chance_repeat_with_the_seed_and_span_the_alternatives():
    recipe = Recipe(structure=TREE)
    changes = [
        lambda r: r,
        lambda r: Recipe(structure=r.structure.with_weights({"c": 9.0})),
    ]
    one, again = (vary(UNITS, recipe, {"weight": changes}, runs=20, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(one.scores, again.scores)
    assert set(one.ranks.loc["w"]) == {3, 1}
    assert one.statistics.loc["w", ["low", "high"]].tolist() == [1, 3]
    assert one.sensitivity is None


def test_places_over_runs():
    runs = pd.DataFrame([[1, 2, 3, 4, 5]], index=["u"])
    found = rank_statistics(pd.Series({"u": 3.0}), runs).loc["u"]
    assert found.tolist() == pytest.approx([3, 3, 3, 1.2, 4.8])


def test_strengths_and_weaknesses_in_the_own_class():
    frame = pd.DataFrame(
        {"a": [90.0, 50.0, 10.0, 99.0], "b": [10.0, 20.0, 90.0, 0.0], "c": [5.0, 5.0, 5.0, 5.0]},
        index=["u", "v", "w", "x"],
    )
    kind = pd.Series(["village"] * 3 + ["community"], index=frame.index)
    good, bad = strengths(frame, TREE, "u", count=2, classes=kind)
    # In c all are equal: neither strength nor weakness.
    assert good[["indicator", "rank", "of"]].to_numpy().tolist() == [["a", 1, 3]]
    assert bad[["indicator", "rank"]].to_numpy().tolist() == [["b", 3]]
    assert strengths(frame, TREE, "u")[0]["indicator"].tolist() == ["a", "b"]
