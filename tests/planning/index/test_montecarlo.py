"""Runs by chance: repeatable, right where the answer is known, and what they are there to show."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from planning.index.gathering import gather
from planning.index.grades import bands, grades_of
from planning.index.montecarlo import Model, class_ranks, model_of, sensitivity, simulate
from planning.index.profile import Doubt
from planning.index.profile_reading import load_profile
from planning.index.scoring import Yardstick, score
from planning.index.smoothing import smooth_rates
from planning.index.structure import Structure
from planning.index.treating import Treatment
from planning.periods import parse_period

OCTOBER = parse_period("2026-10")
CERTAIN = Doubt(weights=0.0, scales=("goalposts",), methods=("arithmetic",), runs=200)


def model(counts, exposure, *, doubt=CERTAIN, classes=None):
    """Villages with one indicator per row of counts, rates of 0 to 200 per 10,000 from best to worst."""
    names = [f"i{n}" for n in range(len(counts))]
    smoothed = {name: smooth_rates(row, exposure) for name, row in zip(names, counts, strict=True)}
    return Model(
        structure=Structure(parents=dict.fromkeys(names, "top"), directions=dict.fromkeys(names, -1)),
        smoothed=smoothed,
        values={name: found.mean * 1e4 for name, found in smoothed.items()},
        scales=dict.fromkeys(names, 1e4),
        yardsticks={
            name: Yardstick(treatment=Treatment(), worst=200.0, best=0.0, origin="profile") for name in names
        },
        classes=np.zeros(len(exposure), dtype=np.int64) if classes is None else np.asarray(classes),
        floor=1.0,
        doubt=doubt,
    )


@pytest.fixture(scope="module")
def world():
    """338 villages, six counted pillars, true rates that last; twelve months of counts."""
    rng = np.random.default_rng(7)
    people = rng.lognormal(np.log(2000), 0.6, 338)
    usual = np.array([4, 8, 15, 30, 60, 90.0])[:, None] * 1e-4
    rate = usual * rng.gamma(4, 1 / 4, (6, 338))
    return rng, people, rate


def test_the_same_seed_gives_the_same_runs_however_they_are_cut_up(world, monkeypatch):
    rng, people, rate = world
    counts = np.random.default_rng(1).poisson(rate * people).astype(float)
    doubt = Doubt(runs=60)
    one = simulate(model(counts, people, doubt=doubt), [75, 60, 45], seed=3)
    monkeypatch.setattr("planning.index.montecarlo._AT_ONCE", 10_000)
    other = simulate(model(counts, people, doubt=doubt), [75, 60, 45], seed=3)
    np.testing.assert_array_equal(one.ranks, other.ranks)
    np.testing.assert_array_equal(one.graded, other.graded)
    assert (simulate(model(counts, people, doubt=doubt), [75], seed=4).ranks != one.ranks).any()


def test_without_any_doubt_all_runs_are_the_nominal_one():
    certain = replace(model(np.ones((2, 30)), np.full(30, 100.0)), smoothed={})
    certain = replace(certain, values={name: np.arange(30.0) for name in certain.values})
    found = simulate(certain, [95.0], runs=20)
    assert (found.ranks == np.arange(1, 31)).all()
    assert found.graded.sum(axis=0).tolist() == [20] * 30
    low, high = found.rank_range()
    np.testing.assert_array_equal(low, high)
    assert sensitivity(certain, np.arange(30.0)).empty


def test_the_chance_of_a_grade_is_that_of_the_rate():
    """One indicator: the score is above the cut just if the gamma-distributed rate is below 100."""
    counts = np.array([[50.0, 100, 110, 95, 200, 99, 120, 80]])
    exposure = np.full(8, 10_000.0)
    made = model(counts, exposure)
    found = simulate(made, [1 + 99 / 2], runs=4000)
    from scipy.stats import gamma

    first, second = made.smoothed["i0"].first, made.smoothed["i0"].second
    expected = gamma.cdf(0.01, first, scale=1 / second)
    np.testing.assert_allclose(found.graded[0] / found.on_goalposts, expected, atol=0.025)


def test_places_are_counted_inside_the_class():
    classes = np.array([0, 1] * 4)
    made = model(np.arange(8.0)[None] * 20, np.full(8, 10_000.0), classes=classes)
    found = simulate(made, [50.0], runs=50)
    assert found.ranks.max() == 4
    ranks = class_ranks(np.array([[8.0, 1, 7, 7, 3, 7, 1, 2]]), classes)
    assert ranks.tolist() == [[1, 4, 2, 1, 3, 1, 4, 3]]


def test_small_villages_are_less_sure_of_their_place(world):
    _, people, rate = world
    counts = np.random.default_rng(2).poisson(rate * people).astype(float)
    low, high = simulate(model(counts, people), [50.0], runs=300).rank_range()
    small, large = people < np.quantile(people, 0.33), people > np.quantile(people, 0.67)
    assert np.median((high - low)[small]) > 1.3 * np.median((high - low)[large])


def test_the_range_of_places_is_wide_and_the_bottom_tenth_mostly_unsure(world):
    """The notes' simulation: publish grades with their probability, never a bare rank."""
    _, people, rate = world
    counts = np.random.default_rng(3).poisson(rate * people).astype(float)
    doubt = Doubt(methods=("geometric", "arithmetic"), runs=500)
    found = simulate(model(counts, people, doubt=doubt), [75, 60, 45], runs=500)
    low, high = found.rank_range()
    assert 60 < np.median(high - low) < 250
    bottom = (found.ranks > 338 - 34).mean(axis=0)
    assert (bottom >= 0.95).sum() < 15
    assert (bottom > 0).sum() > 100


def test_twelve_months_tell_far_more_than_one_and_shrinking_changes_extremes_not_order(world):
    rng, people, rate = world
    year = rng.poisson(rate * people).astype(float)
    month = rng.poisson(rate * people / 12).astype(float)
    for number in (0, 1):  # the two rarest
        truth = rate[number]
        by_month, by_year = (spearmanr(row[number] / people, truth).statistic for row in (month, year))
        assert by_year > by_month + 0.15
        smooth = smooth_rates(year[number], people).mean
        assert abs(spearmanr(smooth, truth).statistic - by_year) < 0.1
        assert smooth.max() < (year[number] / people).max()


def test_what_places_hang_on_is_told_for_what_is_uncertain_at_all(world):
    _, people, rate = world
    counts = np.random.default_rng(4).poisson(rate * people).astype(float)
    made = model(counts, people, doubt=Doubt(scales=("goalposts", "minmax"), methods=("arithmetic",)))
    nominal = np.zeros(338)
    found = sensitivity(made, nominal + np.arange(338), points=32, resamples=20)
    assert found.index.tolist() == ["counts", "weights", "scale"]
    assert {"first_low", "total_high"} <= set(found.columns)


def test_what_stands_in_for_a_missing_value_is_not_drawn(small_district):
    profile = load_profile("pingan_village")
    tables = dict(small_district)
    rows = tables["indicators"]
    tables["indicators"] = rows[~((rows["village_id"] == "V01") & (rows["indicator"] == "petition"))]
    panel = gather(tables, profile, parse_period("2026-10"))
    scored = score(panel)
    assert scored.imputed.loc["V01", "petitions"]
    made = model_of(profile, scored, panel.villages["class"])
    place = list(scored.scores.index).index("V01")
    assert np.isnan(made.smoothed["petitions"].first[place])
    assert not np.isnan(made.smoothed["theft"].first[place])
    assert simulate(made, profile.grades.score, runs=10).ranks.shape == (10, 24)


def test_bands_begin_where_the_head_is_surely_ahead():
    """a and b change places; c is behind both in every run; d is behind c in half of them."""
    ranks = np.array([[1, 2, 3, 4], [2, 1, 4, 3]] * 10, dtype=np.uint16)
    scores = np.array([90.0, 89.0, 50.0, 49.0])
    assert bands(scores, ranks, np.zeros(4, dtype=np.int64)).tolist() == [1, 1, 2, 2]
    # Each class has bands of its own.
    assert bands(scores, ranks, np.array([0, 1, 0, 1])).tolist() == [1, 1, 2, 2]
    alone = np.ones((5, 1), dtype=np.uint16)
    assert bands(np.array([1.0]), alone, np.zeros(1, dtype=np.int64)).tolist() == [1]


def test_grades_begin_at_their_cut_points():
    import pandas as pd

    values = pd.Series([75.0, 74.99, 45.0, 10.0, np.nan])
    found = grades_of(values, ("green", "blue", "orange", "red"), (75, 60, 45))
    assert found.tolist() == ["green", "blue", "orange", "red", "grey"]


def test_what_stands_in_for_a_missing_value_is_in_each_run_that_of_a_village_alike():
    exposure, counts = np.full(30, 2000.0), np.arange(30.0)
    counts[0] = np.nan
    known = replace(CERTAIN, runs=400)
    built = model([counts], exposure, doubt=known)
    values = {"i0": np.where(np.isnan(built.values["i0"]), 40.0, built.values["i0"])}
    fixed = simulate(replace(built, values=values), [], seed=1)
    drawn = simulate(replace(built, values=values, donors={"i0": {0: np.arange(1, 30)}}), [], seed=1)
    assert len(np.unique(fixed.ranks[:, 0])) < len(np.unique(drawn.ranks[:, 0]))
    assert fixed.low[0] == fixed.high[0]
    # It may be among the best and the worst of them alike.
    assert drawn.low[0] < 50 < 85 < drawn.high[0]
    again = simulate(replace(built, values=values, donors={"i0": {0: np.arange(1, 30)}}), [], seed=1)
    np.testing.assert_array_equal(drawn.ranks, again.ranks)


def test_an_imputed_village_is_less_sure_than_it_would_be_with_its_median_held_fixed(small_district):
    rows = small_district["indicators"]
    lacking = rows[~((rows["village_id"] == "V02") & (rows["indicator"] == "satisfied"))]
    profile = load_profile("pingan_village")
    panel = gather({**small_district, "indicators": lacking}, profile, OCTOBER)
    built = model_of(profile, score(panel), panel.villages["class"])
    assert {name: list(places) for name, places in built.donors.items()} == {"satisfaction": [1]}
    assert built.classes[built.donors["satisfaction"][1]].tolist() == [built.classes[1]] * 11
