import numpy as np
import pytest

from geo.errors import SettingError
from planning.robustness import robustness
from planning.scorecard import ScoreParams, score


def test_without_noise_the_draws_are_the_plan(lattice, plan):
    graph = lattice(4, 1, workload=[1, 3, 4, 4], stations="sstt")
    found = robustness(graph, plan("ABC "), noise=0.0, draws=7, tolerance=0.4)
    card = score(graph, plan("ABC "), params=ScoreParams(draws=0))
    assert found.max_deviation_p90 == pytest.approx(card.balance.max_deviation)
    assert (found.draws, found.holds) == (7, 0.0)
    assert robustness(graph, plan("ABCD"), noise=0.0, draws=7, tolerance=0.5).holds == 1.0


def test_noise_spreads_a_zone_as_it_says(lattice, plan):
    """
    One grid a zone, each in a village of its own: d = (x - y) / (x + y) for two draws of sd 0.1, whose own
    sd is 0.1 / √2; nine times in ten |d| is below 1.645 of that.
    """
    found = robustness(lattice(2, 1), plan("AB"), noise=0.1, draws=20_000)
    assert found.max_deviation_p90 == pytest.approx(1.645 * 0.1 / np.sqrt(2), rel=0.03)


def test_half_the_noise_is_common_to_a_village(lattice, plan):
    """Two grids of one village differ by their own half alone: by 1 / √2 of what strangers do."""
    together = robustness(lattice(2, 1, villages="vv"), plan("AB"), noise=0.1, draws=20_000)
    apart = robustness(lattice(2, 1), plan("AB"), noise=0.1, draws=20_000)
    assert together.max_deviation_p90 / apart.max_deviation_p90 == pytest.approx(np.sqrt(0.5), rel=0.03)


def test_zones_that_share_their_villages_share_their_bad_years(lattice, plan):
    """Variance of a zone of two grids: 1/4 from the grids, and 1/2 from a village of its own."""
    own = robustness(lattice(4, 1, villages="vvww"), plan("AABB"), noise=0.1, draws=20_000)
    shared = robustness(lattice(4, 1, villages="vwvw"), plan("AABB"), noise=0.1, draws=20_000)
    assert own.max_deviation_p90 / shared.max_deviation_p90 == pytest.approx(np.sqrt(3), rel=0.03)


def test_more_noise_holds_less_often_and_more_grids_even_it_out(lattice, plan):
    few, many = lattice(4, 1), lattice(16, 1)
    low = robustness(few, plan("AABB"), noise=0.1, draws=500)
    high = robustness(few, plan("AABB"), noise=0.2, draws=500)
    assert 0 < high.holds < low.holds < 1
    assert robustness(many, plan("A" * 8 + "B" * 8), noise=0.1, draws=500).holds > low.holds


def test_the_same_seed_draws_the_same_demand_and_another_does_not(lattice, plan):
    graph, even = lattice(4, 1), plan("AABB")
    first = robustness(graph, even, noise=0.2, draws=60, seed=1)
    assert robustness(graph, even, noise=0.2, draws=60, seed=1) == first
    assert robustness(graph, even, noise=0.2, draws=60, seed=2) != first


@pytest.mark.parametrize("wrong", [{"noise": -0.1}, {"noise": 1.5}, {"noise": 0.1, "draws": 0}])
def test_settings_out_of_range_are_refused(lattice, plan, wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        robustness(lattice(2, 1), plan("AB"), **wrong)
