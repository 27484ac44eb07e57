"""The same units under other recipes: two side by side, one element less, and many by chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planning.index.aggregating import add_groups, aggregate, ranks
from planning.index.composing import compose
from planning.index.sobol import sobol_design, sobol_indices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from planning.index.composing import Recipe
    from planning.index.structure import Structure

    Floats = NDArray[np.float64]
    Change = Callable[[Recipe], Recipe]


@dataclass(frozen=True, kw_only=True)
class Uncertainty:
    """
    An index under many recipes.

    Parameters
    ----------
    scores, ranks
        A row per unit, a column per run.
    statistics
        Of each unit's place, as `rank_statistics` tells.
    sensitivity
        As `planning.index.sobol.sobol_indices` tells, of the mean shift of places; None if not asked for.
    """

    scores: pd.DataFrame
    ranks: pd.DataFrame
    statistics: pd.DataFrame
    sensitivity: pd.DataFrame | None = None


def compare(scenarios: Mapping[str, pd.Series]) -> pd.DataFrame:
    """
    Return the scores and places of units under several scenarios, and how they move from the first.

    Returns
    -------
    DataFrame
        Indexed by unit, sorted by the first scenario's place: score_NAME and rank_NAME of each scenario, and
        for all but the first score_change_NAME and rank_change_NAME (positive: gone up).
    """
    first, *others = scenarios
    table = pd.DataFrame(index=scenarios[first].index)
    for name, scores in scenarios.items():
        table[f"score_{name}"] = scores.reindex(table.index)
        table[f"rank_{name}"] = ranks(table[f"score_{name}"])
    for name in others:
        table[f"score_change_{name}"] = table[f"score_{name}"] - table[f"score_{first}"]
        table[f"rank_change_{name}"] = table[f"rank_{first}"] - table[f"rank_{name}"]
    return table.sort_values(f"rank_{first}", kind="stable")


def remove_elements(normalised: pd.DataFrame, structure: Structure, *, level: int = 1) -> pd.DataFrame:
    """
    Return how places move if one indicator or group is taken out at a time.

    Parameters
    ----------
    normalised
        The indicators on one scale.
    level
        What is taken out: 1 for indicators, 2 for the groups above them …

    Returns
    -------
    DataFrame
        Indexed by what was taken out: mean_shift, largest_shift (of places), correlation (Spearman's, of the
        places with and without it).
    """
    whole = ranks(aggregate(normalised, structure)[structure.root])
    rows = {}
    for name in structure.level(level):
        # The last member leaves with its group; without the last group nothing is left to rank.
        if set(structure.below(name)) == set(structure.indicators):
            continue
        tree = structure.without([name])
        without = ranks(aggregate(normalised, tree)[tree.root])
        shift = (without - whole).abs()
        rows[name] = {
            "mean_shift": float(shift.mean()),
            "largest_shift": float(shift.max()),
            "correlation": float(whole.corr(without)),
        }
    columns = ["mean_shift", "largest_shift", "correlation"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("without")


def rank_statistics(nominal: pd.Series, runs: pd.DataFrame, *, share: float = 0.90) -> pd.DataFrame:
    """
    Return where each unit stands over many runs: nominal, mean, median, low and high.

    Parameters
    ----------
    share
        Of the runs that lie between low and high, the rest half on either side.
    """
    tail = (1.0 - share) / 2.0
    marks = np.nanquantile(runs.to_numpy(dtype=float), [tail, 0.5, 1.0 - tail], axis=1)
    return pd.DataFrame(
        {
            "nominal": nominal,
            "mean": runs.mean(axis=1),
            "median": marks[1],
            "low": marks[0],
            "high": marks[2],
        },
        index=runs.index,
    )


def vary(
    units: pd.DataFrame,
    recipe: Recipe,
    factors: Mapping[str, Sequence[Change]],
    *,
    runs: int = 100,
    sensitivity: bool = False,
    resamples: int = 100,
    seed: int = 0,
) -> Uncertainty:
    """
    Return an index under recipes that are drawn by chance from alternatives.

    Parameters
    ----------
    factors
        What is uncertain, by name: the changes of the recipe of which one is drawn in each run.
    runs
        How many there are; with sensitivity, of each of its factors + 2 samples, rounded up to a power of 2.
    sensitivity
        Whether it is told which factor the places hang on.
    """
    names = list(factors)
    if sensitivity:
        design = sobol_design(runs, len(names), seed=seed)
    else:
        design = np.random.default_rng(seed).random((runs, len(names)))
    nominal = compose(units, recipe).index
    counts = np.array([len(factors[name]) for name in names])
    chosen, run_of = np.unique((design * counts).astype(int), axis=0, return_inverse=True)
    made = _Maker(units)
    single = np.column_stack([made(_changed(recipe, factors, at)).reindex(nominal.index) for at in chosen])
    scores = pd.DataFrame(single[:, run_of.ravel()], index=nominal.index)
    places, usual = ranks(scores), ranks(nominal)
    # Only the points of the two first samples are drawn independently.
    chance = places.iloc[:, : 2 * len(design) // (len(names) + 2)] if sensitivity else places
    shift = np.nanmean(np.abs(places.to_numpy() - usual.to_numpy()[:, None]), axis=0)
    return Uncertainty(
        scores=scores,
        ranks=places,
        statistics=rank_statistics(usual, chance),
        sensitivity=sobol_indices(shift, names, resamples=resamples, seed=seed) if sensitivity else None,
    )


def _changed(recipe: Recipe, factors: Mapping[str, Sequence[Change]], at: NDArray[np.int64]) -> Recipe:
    for changes, place in zip(factors.values(), at.tolist(), strict=True):
        recipe = changes[place](recipe)
    return recipe


class _Maker:
    """Makes indices of the same units, and what only differs in weights and means from one set of scores."""

    def __init__(self, units: pd.DataFrame) -> None:
        self._units = units
        self._made: list[tuple[Recipe, pd.Index, dict[str, Floats]]] = []

    def __call__(self, recipe: Recipe) -> pd.Series:
        tree = recipe.structure
        plain = replace(recipe, structure=replace(tree, weights={}, methods={}, powers={}))
        found = next((made for made in self._made if made[0] == plain), None)
        if found is None:
            normalised = compose(self._units, plain).normalised
            columns = dict(zip(tree.indicators, normalised[list(tree.indicators)].to_numpy().T, strict=True))
            found = plain, normalised.index, columns
            self._made.append(found)
        scores = add_groups(found[2], tree, recipe.least_known_in_group)
        return pd.Series(scores[tree.root], index=found[1])
