from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from planning.chance import change_p_values, excess_of_sum, excess_variance


def p_value(now, before, *, days=(30, 30), excess=0.0):
    found, _ = change_p_values(
        [now], [before], days_now=days[0], days_before=days[1], excess_now=excess, excess_before=excess
    )
    return float(found[0])


def test_five_against_none_by_hand():
    # All five fall into one of two like periods once in 32 times, on either side.
    assert p_value(5, 0) == pytest.approx(2 / 32)
    assert p_value(6, 0) == pytest.approx(2 / 64)
    assert p_value(0, 0) == 1.0
    assert p_value(3, 3) == 1.0


@given(now=st.integers(0, 30), before=st.integers(0, 30), days=st.sampled_from([(30, 30), (28, 31), (1, 7)]))
def test_it_is_the_exact_binomial_test(now, before, days):
    share, total = Fraction(days[0], sum(days)), now + before
    chance = [comb(total, x) * share**x * (1 - share) ** (total - x) for x in range(total + 1)]
    exact = min(Fraction(1), 2 * min(sum(chance[: now + 1]), sum(chance[now:])))
    assert p_value(now, before, days=days) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize("ratio", [0.8584264, 4.2772659])
def test_it_belongs_to_the_interval_that_r_prints(ratio):
    # R's poisson.test(c(11, 6 + 8 + 7), c(800, 1083 + 1050 + 878)) prints the interval 0.8584264–4.2772659
    # of the ratio of the rates (Fredericia against three cities, eba1977): there p is 0.05.
    assert p_value(11, 21, days=(800 * ratio, 3011)) == pytest.approx(0.05, abs=1e-6)
    assert p_value(11, 21, days=(800, 3011)) > 0.05


@pytest.mark.parametrize("excess", [0.01, 0.2, 3.0])
def test_wavering_rates_divide_the_sum_as_a_beta_binomial_does(excess):
    for now, before in ((120, 100), (20, 60), (0, 9)):
        total, shape = now + before, 1 / excess
        split = betabinom(total, shape, shape)
        expected = min(1.0, 2 * min(split.cdf(now), split.sf(now - 1)))
        assert p_value(now, before, excess=excess) == pytest.approx(expected, rel=1e-9)


def test_little_excess_is_next_to_none():
    assert p_value(80_000, 79_000, excess=1e-8) == pytest.approx(p_value(80_000, 79_000), rel=0.01)


def test_sums_too_small_for_any_doubt_can_bear_no_mark():
    _, false = change_p_values([5, 3, 0, 6, 0], [0, 2, 0, 0, 6], days_now=30, days_before=30)
    # Of five, even all in one period are chance; of six, all in one are not: 2 of 64 ways.
    assert false.tolist() == pytest.approx([0, 0, 0, 2 / 64, 2 / 64])


def test_clusters_of_calls_make_a_change_less_sure():
    assert p_value(140, 100) < 0.05 < p_value(140, 100, excess=0.05)


def test_a_changed_rate_is_found_as_often_as_the_level_says_if_nothing_changed():
    rng = np.random.default_rng(5)
    rates = 40 * rng.gamma(1 / 0.04, 0.04, (1500, 2))
    now, before = rng.poisson(rates).T
    wavering = {"excess_now": 0.04, "excess_before": 0.04}
    p, false = change_p_values(now, before, days_now=30, days_before=30, **wavering)
    assert 0.03 < (p < 0.05).mean() <= 0.06
    assert false.mean() == pytest.approx((p < 0.05).mean(), abs=0.01)
    # Without it twice as many would cry wolf.
    assert (change_p_values(now, before, days_now=30, days_before=30)[0] < 0.05).mean() > 0.1


def test_excess_of_simulated_rates_is_found_again():
    rng = np.random.default_rng(1)
    season = 1 + 0.4 * np.sin(np.arange(12))
    size = rng.gamma(2, 15, (300, 1))
    for excess in (0.0, 0.02, 0.2):
        wavering = rng.gamma(1 / excess, excess, (300, 12)) if excess else np.ones((300, 12))
        found = excess_variance(rng.poisson(size * season * wavering))
        assert found == pytest.approx(excess, abs=0.004 + 0.1 * excess)


def test_without_two_places_and_periods_there_is_no_excess_to_tell():
    assert excess_variance(np.array([[3, 9, 1]])) == 0.0
    assert excess_variance(np.array([[3], [9]])) == 0.0
    assert excess_variance(np.zeros((4, 4))) == 0.0
    assert excess_variance(np.ones((4, 4))) == 0.0


def test_places_that_waver_apart_cancel_out():
    assert excess_of_sum(0.08, np.ones(4)) == pytest.approx(0.02)
    assert excess_of_sum(0.08, [7, 0, 0]) == pytest.approx(0.08)
    assert excess_of_sum(0.08, [0, 0]) == 0.0
