import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, poisson

from geo.errors import SettingError
from planning.funnel import ALARM, WARNING, funnel, funnel_limits


def places(observed, exposure):
    index = [f"V{at}" for at in range(len(observed))]
    return pd.Series(observed, index=index), pd.Series(exposure, index=index, dtype=float)


def test_exact_limits_are_interpolated_between_counts_by_hand():
    # Of Poisson counts with mean 10, 2.93 % are at most 4 and 1.03 % at most 3: 2.5 % lie below 4 - (2.93 -
    # 2.5) / 1.89 = 3.77 (Spiegelhalter 2005, appendix A.1.1).
    low, high = funnel_limits(0.01, [1000.0], level=WARNING)
    below = poisson.cdf(4, 10)
    assert low[0] * 1000 == pytest.approx(4 - (below - 0.025) / poisson.pmf(4, 10))
    assert low[0] * 1000 == pytest.approx(3.77, abs=0.01)
    assert poisson.cdf(16, 10) < 0.975 < poisson.cdf(17, 10)
    assert 16 < high[0] * 1000 < 17


def test_limits_narrow_with_size_around_the_target():
    sizes = np.geomspace(100, 1e6, 30)
    for dispersion in (None, 3.0):
        low, high = funnel_limits(0.004, sizes, level=ALARM, dispersion=dispersion)
        assert (low <= 0.004).all()
        assert (high >= 0.004).all()
        assert (np.diff(high) < 0).all()
        assert (high - low)[-1] < 0.001


def test_widened_limits_are_normal_ones_times_the_root_of_phi():
    low, high = funnel_limits(0.01, [40_000.0], level=ALARM, dispersion=4.0)
    half = norm.ppf(0.999) * np.sqrt(4 * 400) / 40_000
    assert [low[0], high[0]] == pytest.approx([0.01 - half, 0.01 + half])


def test_places_that_differ_by_chance_alone_lie_inside():
    rng = np.random.default_rng(4)
    people = rng.lognormal(8, 0.7, 2000)
    found = funnel(*places(rng.poisson(0.005 * people), people), winsorised=0.0)
    assert not found.adjusted
    assert found.dispersion == pytest.approx(1.0, abs=0.1)
    assert (found.rows["position"] != 0).mean() == pytest.approx(0.05, abs=0.015)
    assert (found.rows["position"].abs() == 2).mean() < 0.006


def test_places_that_differ_anyway_widen_the_funnel():
    rng = np.random.default_rng(5)
    people = rng.lognormal(8, 0.7, 400)
    rates = 0.005 * rng.gamma(4, 1 / 4, 400)
    rates[0] *= 8
    found = funnel(*places(rng.poisson(rates * people), people))
    assert found.adjusted
    assert found.dispersion > 2.5
    assert found.rows.at["V0", "position"] == 2
    assert (found.rows["position"] != 0).mean() < 0.15


def test_phi_is_the_mean_square_of_winsorised_scores():
    observed, people = places([20, 10, 10, 10, 10, 10, 10, 10, 10, 0], [1000] * 10)
    found = funnel(observed, people, winsorised=0.1)
    scores = (observed - 10) / np.sqrt(10)
    ends = np.quantile(scores, [0.1, 0.9])
    assert found.dispersion == pytest.approx((scores.clip(*ends) ** 2).mean())
    assert funnel(observed, people, winsorised=0).dispersion == pytest.approx((scores**2).mean())


def test_places_without_residents_have_no_place_in_the_funnel():
    found = funnel(*places([5, 6, 7, 8, 9], [1000, 0, 1000, np.nan, 1000]))
    assert found.rows["position"].isna().tolist() == [False, True, False, True, False]
    assert found.target == pytest.approx(21 / 3000)
    assert len(found.limits([500, 5000], WARNING)[0]) == 2


@pytest.mark.parametrize(
    ("observed", "exposure", "code"),
    [([1, 2, 3], [0, 0, 0], "funnel_few_places"), ([0, 0, 0], [1, 1, 1], "funnel_empty")],
)
def test_what_makes_no_funnel_is_refused(observed, exposure, code):
    with pytest.raises(SettingError, match=code):
        funnel(*places(observed, exposure))


def test_a_share_of_scores_that_means_nothing_is_refused():
    with pytest.raises(SettingError, match="setting_wrong"):
        funnel(*places([1, 2, 3], [1, 1, 1]), winsorised=0.5)
