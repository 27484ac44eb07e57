"""
COINr's ASEM example: 51 countries, 49 indicators in 8 pillars, 2 sub-indices, 1 index.

Two runs of COINr are in it: every stage of the index as version 0 built it (``stage_*``), and the scores,
ranks, uncertainty and Sobol' indices that version 1's ``build_example_coin`` and sensitivity vignette gave.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from planning.index.aggregating import ranks
from planning.index.composing import Recipe, compose
from planning.index.scenarios import rank_statistics, remove_elements, vary
from planning.index.sobol import sobol_indices
from planning.index.structure import Structure
from planning.index.treating import TreatParams, treatment_table
from planning.index.weighting import noisy_weights, optimised_weights

EXACT = 1e-9


@pytest.fixture(scope="module")
def staged(asem):
    """The index as version 0 built it."""
    meta = pd.read_csv(asem / "IndMeta.csv")
    parents = dict(zip(meta["IndCode"], meta["Agg1"], strict=True))
    for low, high in (("Agg1", "Agg2"), ("Agg2", "Agg3")):
        parents |= dict(meta[[low, high]].drop_duplicates().itertuples(index=False, name=None))
    recipe = Recipe(
        structure=Structure(
            parents=parents,
            weights=dict(zip(meta["IndCode"], meta["IndWeight"], strict=True)),
            directions=dict(zip(meta["IndCode"], meta["Direction"].astype(int), strict=True)),
        ),
        denominators=dict(meta.dropna(subset="Denominator")[["IndCode", "Denominator"]].to_numpy()),
        imputing="group_mean",
        groups="Group_EurAsia",
        treating=TreatParams(most_points=6),
    )
    raw = pd.read_csv(asem / "stage_Raw.csv", index_col="UnitCode")
    below = pd.read_csv(asem / "denominators.csv", index_col="UnitCode").filter(like="Den_")
    return compose(raw.join(below), recipe)


@pytest.fixture(scope="module")
def version_one(asem):
    """The units and the recipe of ``build_example_coin``."""
    meta = pd.read_csv(asem / "iMeta.csv")
    indicators = meta[meta["Type"] == "Indicator"]
    tree = meta[meta["Type"].isin(["Indicator", "Aggregate"])].dropna(subset="Parent")
    recipe = Recipe(
        structure=Structure(
            parents=dict(zip(tree["iCode"], tree["Parent"], strict=True)),
            weights=dict(zip(tree["iCode"], tree["Weight"], strict=True)),
            directions=dict(zip(indicators["iCode"], indicators["Direction"].astype(int), strict=True)),
        ),
        denominators=dict(indicators.dropna(subset="Denominator")[["iCode", "Denominator"]].to_numpy()),
        imputing="group_mean",
        groups="EurAsia_group",
        least_known=0.9,
        treating=TreatParams(most_points=5),
    )
    return pd.read_csv(asem / "iData.csv", index_col="uCode"), recipe


def published(asem, stage):
    return pd.read_csv(asem / f"stage_{stage}.csv", index_col="UnitCode")


@pytest.mark.parametrize(
    ("stage", "ours"),
    [
        ("Denominated", "denominated"),
        ("Imputed", "imputed"),
        ("Treated", "treated"),
        ("Normalised", "normalised"),
        ("Aggregated", "scores"),
    ],
)
def test_every_stage_is_coinrs(asem, staged, stage, ours):
    frame = getattr(staged, ours)
    theirs = published(asem, stage)[frame.columns]
    np.testing.assert_allclose(frame, theirs, rtol=EXACT, atol=EXACT, equal_nan=True)


def test_ranks_and_rounded_scores_of_all_groups_are_coinrs(asem, staged):
    theirs = pd.read_csv(asem / "result_AggregatesRank.csv", index_col="UnitCode").drop(columns="UnitName")
    theirs = theirs.reindex(staged.ranks.index)
    assert (staged.ranks["Index"] == theirs["Index"]).all()
    # COINr's table of results ranks what it has rounded to two decimals: two pairs are tied in it.
    assert (ranks(staged.scores[theirs.columns].round(2)) == theirs).all(axis=None)
    scores = pd.read_csv(asem / "result_AggregatesScore.csv", index_col="UnitCode").reindex(theirs.index)
    np.testing.assert_allclose(staged.scores[theirs.columns], scores[theirs.columns], atol=0.005001)


def test_the_same_points_are_drawn_in_as_coinr_draws_in(asem, staged):
    theirs = pd.read_csv(asem / "treat_summary.csv", index_col="IndCode")
    ours = treatment_table(staged.treatments).loc[theirs.index]
    assert ours["points_low"].tolist() == theirs["Low"].tolist()
    assert ours["points_high"].tolist() == theirs["High"].tolist()
    assert ours["passed"].all()


@pytest.mark.parametrize("run", ["UA", "SA"])
def test_final_scores_and_ranks_of_version_one_are_coinrs(asem, version_one, run):
    theirs = pd.read_csv(asem / f"{run}_Nominal.csv", index_col="uCode")
    ours = compose(*version_one)
    np.testing.assert_allclose(ours.index.reindex(theirs.index), theirs["Score"], rtol=EXACT)
    assert (ours.ranks["Index"].reindex(theirs.index) == theirs["Rank"]).all()


@pytest.mark.parametrize("run", ["UA", "SA"])
def test_statistics_of_ranks_are_coinrs(asem, run):
    runs = pd.read_csv(asem / f"{run}_Ranks.csv.gz", index_col="uCode")
    theirs = pd.read_csv(asem / f"{run}_RankStats.csv", index_col="uCode")
    # Of a sensitivity analysis only the two random samples count, 100 points each.
    drawn = runs.drop(columns="Nominal").iloc[:, : 200 if run == "SA" else None]
    ours = rank_statistics(runs["Nominal"], drawn)
    np.testing.assert_allclose(ours, theirs.reindex(ours.index), rtol=EXACT)


def test_sobol_indices_of_coinrs_runs_are_coinrs(asem):
    runs = pd.read_csv(asem / "SA_Ranks.csv.gz", index_col="uCode")
    theirs = pd.read_csv(asem / "SA_Sensitivity.csv", index_col="Variable")
    shift = runs.drop(columns="Nominal").sub(runs["Nominal"], axis=0).abs().mean().to_numpy()
    ours = sobol_indices(shift, list(theirs.index), centred=False)
    np.testing.assert_allclose(ours["first"], theirs["Si"], rtol=EXACT)
    np.testing.assert_allclose(ours["total"], theirs["STi"], rtol=EXACT)


def uncertain(recipe):
    """What COINr's sensitivity vignette holds for uncertain."""
    noise = noisy_weights(recipe.structure, {2: 0.25, 3: 0.25}, draws=100, seed=1)
    geometric = dict.fromkeys(recipe.structure.groups, "geometric")
    scale = ({"low": 1.0, "high": 100.0}, {"mean": 10.0, "deviation": 2.0})
    return {
        "Winmax": [lambda r, n=n: replace(r, treating=TreatParams(most_points=n)) for n in range(1, 6)],
        "Normalisation": [
            lambda r: replace(r, scaling="minmax", settings=scale[0]),
            lambda r: replace(r, scaling="zscore", settings=scale[1]),
        ],
        "Weights": [
            lambda r, w=weights: replace(r, structure=r.structure.with_weights(w))
            for weights in noise.to_dict("records")
        ],
        "Aggregation": [lambda r: r, lambda r: replace(r, structure=replace(r.structure, methods=geometric))],
    }


def test_sobol_indices_of_our_own_runs_lie_within_coinrs_intervals(asem, version_one):
    theirs = pd.read_csv(asem / "SA_Sensitivity.csv", index_col="Variable")
    units, recipe = version_one
    ours = vary(units, recipe, uncertain(recipe), runs=1024, sensitivity=True).sensitivity.loc[theirs.index]
    assert ours["first"].between(theirs["Si_q5"], theirs["Si_q95"]).all()
    assert ours["total"].between(theirs["STi_q5"], theirs["STi_q95"]).all()


def test_places_under_uncertainty_are_those_of_coinr(asem, version_one):
    theirs = pd.read_csv(asem / "UA_RankStats.csv", index_col="uCode")
    units, recipe = version_one
    ours = vary(units, recipe, uncertain(recipe), runs=400).statistics.reindex(theirs.index)
    assert np.abs(ours["median"] - theirs["Median"]).mean() < 0.6
    assert np.abs(ours["mean"] - theirs["Mean"]).mean() < 0.4
    assert np.abs(ours["low"] - theirs["Q5"]).mean() < 1
    assert np.abs(ours["high"] - theirs["Q95"]).mean() < 1


def test_weights_that_make_sub_indices_matter_alike_are_found(version_one):
    """As COINr's own test of get_opt_weights: both correlate with the index alike."""
    made = compose(*version_one)
    found = optimised_weights(made.normalised, made.recipe.structure, level=3)
    assert found["obtained"].tolist() == pytest.approx([0.5, 0.5], abs=1e-3)


def test_taking_out_one_indicator_moves_places_less_than_taking_out_a_pillar(version_one):
    made = compose(*version_one)
    tree = made.recipe.structure
    indicators = remove_elements(made.normalised, tree, level=1)
    pillars = remove_elements(made.normalised, tree, level=2)
    assert list(pillars.index) == list(tree.level(2))
    assert 0 < indicators["mean_shift"].mean() < pillars["mean_shift"].mean()
    assert indicators["correlation"].min() > 0.95


def test_statistics_are_those_that_coinrs_vignette_prints(version_one):
    """COINr 1.1.14, vignette "Analysis": skewness and kurtosis of LPI and Flights, to three digits."""
    from planning.index.coherence import statistics

    found = statistics(compose(*version_one).raw)
    assert found.loc["LPI", ["skewness", "kurtosis"]].tolist() == pytest.approx([-0.304, -0.657], abs=5e-4)
    assert found.loc["Flights", ["skewness", "kurtosis"]].tolist() == pytest.approx([2.10, 4.51], abs=5e-3)
    assert found.loc["Flights", ["min", "max", "median"]].tolist() == pytest.approx(
        [0.99, 211, 25.6], abs=0.5
    )
    assert bool(found.loc["Flights", "outliers"])
