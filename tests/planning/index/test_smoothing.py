"""Small numbers drawn in: known answers, the prior that made the data, coverage of the intervals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad

from planning.index import smoothing
from planning.index.smoothing import (
    beta_prior,
    gamma_prior,
    smooth_rates,
    smooth_shares,
    smoothed_table,
)


@pytest.fixture(scope="module")
def villages():
    """338 villages whose rates follow a gamma distribution of shape 3 and mean 3 in 1,000."""
    rng = np.random.default_rng(0)
    people = rng.lognormal(np.log(2000), 0.6, 338)
    rate = rng.gamma(3, 1 / 3, 338) * 0.003
    return rng.poisson(rate * people).astype(float), people, rate


@pytest.mark.parametrize("fit", ["likelihood", "moments"])
def test_the_prior_that_made_the_counts_is_found(villages, fit):
    counts, people, _ = villages
    shape, rate = gamma_prior(counts, people, fit)
    assert shape == pytest.approx(3, rel=0.2)
    assert shape / rate == pytest.approx(0.003, rel=0.1)


def test_smoothed_rates_are_nearer_the_truth_and_their_intervals_hold(villages):
    counts, people, rate = villages
    found = smooth_rates(counts, people)
    raw = counts / people
    assert ((found.mean - rate) ** 2).mean() < 0.7 * ((raw - rate) ** 2).mean()
    low, high = found.interval()
    assert 0.85 < ((low <= rate) & (rate <= high)).mean() < 0.95
    table = smoothed_table(found, pd.Index(range(338)))
    assert (table["own"].between(0, 1)).all()


def test_the_less_a_place_is_observed_the_more_it_is_drawn_in(villages):
    counts, people, _ = villages
    found = smooth_rates(counts, people)
    order = np.argsort(people)
    assert (np.diff(found.own[order]) >= -1e-12).all()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5000)), min_size=8, max_size=40))
def test_a_smoothed_rate_lies_between_its_own_and_the_common_one(places):
    counts, people = (np.array(column, dtype=float) for column in zip(*places, strict=True))
    if counts.sum() == 0:
        return
    found = smooth_rates(counts, people, fit="moments").mean
    common = counts.sum() / people.sum()
    low, high = np.minimum(counts / people, common), np.maximum(counts / people, common)
    assert ((low <= found * (1 + 1e-9)) & (found <= high * (1 + 1e-9))).all()


def test_the_moments_are_marshalls():
    """Marshall (1991): m + C (r - m) with C = s² / (s² + m / E)."""
    counts, people = np.array([2.0, 10, 3, 30, 9, 1, 4, 8, 12, 5]), np.full(10, 100.0)
    m, r = counts.sum() / people.sum(), counts / people
    s2 = (people * (r - m) ** 2).sum() / people.sum() - m / people.mean()
    expected = m + s2 / (s2 + m / people) * (r - m)
    np.testing.assert_allclose(smooth_rates(counts, people, fit="moments").mean, expected)


def test_places_that_differ_no_more_than_chance_get_the_common_rate():
    found = smooth_rates(np.full(20, 5.0), np.full(20, 100.0))
    np.testing.assert_allclose(found.mean, 0.05, rtol=1e-3)
    assert (found.own < 0.01).all()


def test_where_nothing_was_ever_counted_the_rate_is_small_but_not_zero():
    found = smooth_rates(np.zeros(10), np.full(10, 100.0))
    assert ((found.mean > 0) & (found.mean < 0.001)).all()
    assert (found.interval()[1] > 0).all()


def test_nobody_and_nothing_known_stay_unknown():
    counts = np.array([1.0, 2.0, np.nan, *range(8)])
    people = np.array([0.0, np.nan, 100.0, *[100.0] * 8])
    found = smooth_rates(counts, people)
    assert np.isnan(found.mean[:3]).all()
    assert np.isfinite(found.mean[3:]).all()


def test_shares_and_their_intervals():
    rng = np.random.default_rng(2)
    trials = rng.poisson(40, 338) + 1.0
    share = rng.beta(38, 2, 338)
    counts = rng.binomial(trials.astype(int), share).astype(float)
    for fit in ("likelihood", "moments"):
        alpha, beta = beta_prior(counts, trials, fit)
        assert alpha / (alpha + beta) == pytest.approx(0.95, abs=0.01)
        assert alpha + beta == pytest.approx(40, rel=0.35)
    low, high = smooth_shares(counts, trials).interval()
    assert 0.82 < ((low <= share) & (share <= high)).mean() < 0.95


@pytest.mark.parametrize("whole", [0.0, 10.0])
def test_shares_of_none_and_all_stay_off_the_edge(whole):
    found = smooth_shares(np.full(9, whole), np.full(9, 10.0))
    assert ((found.mean > 0) & (found.mean < 1)).all()


def test_places_are_drawn_towards_their_own_class():
    counts = np.array([1.0] * 10 + [20.0] * 10)
    kinds = np.array(["village"] * 10 + ["community"] * 10)
    apart = smooth_rates(counts, np.full(20, 100.0), groups=kinds).mean
    together = smooth_rates(counts, np.full(20, 100.0)).mean
    np.testing.assert_allclose(apart[[0, -1]], [0.01, 0.2], rtol=1e-3)
    assert together[0] > apart[0]
    # A class of fewer than eight says nothing of how its villages differ.
    few = smooth_rates(counts, np.full(20, 100.0), groups=np.array(["a"] * 17 + ["b"] * 3)).mean
    assert few[-1] < 0.2


def test_the_slopes_of_both_losses_are_right():
    y, e = np.array([3.0, 0, 7, 2]), np.array([100.0, 50, 200, 80])
    for loss, at in ((smoothing._gamma_loss, [-4.0, 0.7]), (smoothing._beta_loss, [-2.0, 2.0])):
        slope = check_grad(lambda x, f=loss: f(x, y, e)[0], lambda x, f=loss: f(x, y, e)[1], np.array(at))
        assert slope < 1e-4
