"""How balance depends on the weights: two factors pulling two zones apart, answered by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from geo.errors import SettingError
from planning.balance import balance
from planning.profile import Profile
from planning.weight_sensitivity import weight_sensitivity
from planning.workload import grid_workload


def workload(weights, **columns):
    count = len(next(iter(columns.values())))
    grids = gpd.GeoDataFrame({"grid_id": [f"g{i}" for i in range(count)], **columns})
    return grid_workload({"grids": grids}, Profile(weights=weights))


def plan(*zones):
    return pd.Series(zones, index=[f"g{i}" for i in range(len(zones))])


def test_each_weight_is_moved_and_the_others_rescaled():
    """
    Residents are 3:1 for zone x, venues 1:3, at equal weights: balanced. With residents' weight at 0.65
    x has 0.65 * 3/4 + 0.35 / 4 = 0.575 of the work, 15 % above the mean.
    """
    work = workload({"residents": 1, "venues": 1}, residents=[2, 1, 1], venues=[1, 0, 3])
    found = weight_sensitivity(work, plan("x", "x", "y"), spread=0.3, draws=50)
    assert found.base.max_deviation == pytest.approx(0)
    rows = found.factors
    assert rows.loc[("residents", "more"), "weight"] == pytest.approx(0.65)
    assert rows.loc[("residents", "less"), "weight"] == pytest.approx(0.35)
    assert rows["max_deviation"].tolist() == pytest.approx([0.15] * 4)
    assert rows["busiest"].tolist() == ["y", "x", "x", "y"]
    assert rows["idlest"].tolist() == ["x", "y", "y", "x"]


def test_every_draw_scores_as_the_scorecard_would():
    rng = np.random.default_rng(1)
    work = workload({"residents": 1, "venues": 2}, residents=rng.random(30), venues=rng.random(30))
    zones = plan(*(f"z{i % 5}" for i in range(30)))
    stations = plan(*("s1" if i % 5 < 3 else "s2" for i in range(30)))
    found = weight_sensitivity(work, zones, stations=stations, draws=5, seed=4)
    drawn = np.array([1 / 3, 2 / 3]) * np.random.default_rng(4).uniform(0.7, 1.3, (5, 2))
    for weights, row in zip(drawn, found.draws.itertuples(), strict=True):
        loads = (work.shares * weights).sum(axis=1).groupby(zones).sum()
        target = loads.groupby(["s1", "s1", "s1", "s2", "s2"]).transform("mean")
        one = balance(loads, target, tolerance=0.1)
        assert (row.max_deviation, row.cv, row.within) == pytest.approx(
            (one.max_deviation, one.cv, one.within)
        )
        assert row.busiest == (loads / target).idxmax()
        assert row.idlest == (loads / target).idxmin()


def test_the_spread_decides_how_far_draws_reach():
    work = workload({"residents": 1, "venues": 1}, residents=[2, 1, 1], venues=[1, 0, 3])
    zones = plan("x", "x", "y")
    still = weight_sensitivity(work, zones, spread=0.0, draws=20)
    assert still.fair == 1.0
    assert still.draws["max_deviation"].max() == pytest.approx(0)
    wide = weight_sensitivity(work, zones, spread=1.0, draws=400, tolerance=0.1)
    # |u - v| / (u + v) / 2 <= 0.1 for u, v uniform in [0, 2]: probability 1/3 by area.
    assert wide.fair == pytest.approx(1 / 3, abs=0.07)
    assert wide.busiest_share.sum() == pytest.approx(1)
    assert wide.busiest_share["x"] == pytest.approx(0.5, abs=0.07)
    low, middle, high = wide.quantiles["max_deviation"]
    assert low < middle < high <= 0.5


def test_one_factor_alone_cannot_change_anything():
    work = workload({"residents": 1}, residents=[3, 1, 1])
    found = weight_sensitivity(work, plan("x", "y", "y"), draws=10)
    assert found.factors["weight"].tolist() == [1.0, 1.0]
    assert found.draws["max_deviation"].tolist() == pytest.approx([0.2] * 10)
    assert (found.busiest, found.idlest) == ("x", "y")


def test_a_weight_cannot_grow_beyond_the_whole():
    work = workload({"residents": 9, "venues": 1}, residents=[3, 1], venues=[1, 1])
    found = weight_sensitivity(work, plan("x", "y"), spread=0.5, draws=5)
    assert found.factors.loc[("residents", "more"), "weight"] == 1.0
    assert found.factors.loc[("residents", "more"), "max_deviation"] == pytest.approx(0.5)


def test_the_same_seed_gives_the_same_draws():
    work = workload({"residents": 1, "venues": 1}, residents=[2, 1, 1], venues=[1, 0, 3])
    one, same, other = (
        weight_sensitivity(work, plan("x", "x", "y"), draws=9, seed=seed).draws for seed in (5, 5, 6)
    )
    assert_frame_equal(one, same)
    assert not one.equals(other)


def test_grids_that_the_plan_leaves_out_are_told():
    work = workload({"residents": 1}, residents=[1, 1, 5])
    found = weight_sensitivity(work, plan("x", "y"), draws=3)
    assert found.base.max_deviation == pytest.approx(0)
    assert [(n.code, n.facts["count"]) for n in found.notes] == [("grids_unassigned", 1)]


@pytest.mark.parametrize(
    "wrong", [{"spread": -0.1}, {"spread": 1.5}, {"draws": 0}, {"tolerance": -1}, {"tolerance": float("nan")}]
)
def test_settings_out_of_range_are_refused(wrong):
    work = workload({"residents": 1}, residents=[1, 1])
    with pytest.raises(SettingError, match="setting_wrong"):
        weight_sensitivity(work, plan("x", "y"), **wrong)
