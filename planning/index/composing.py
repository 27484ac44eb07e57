"""
An index from end to end: denominators, missing values, screening, outliers, one scale, adding up.

`compose` follows one recipe and keeps every stage; with another recipe it gives the other scenario. The order
is COINr's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from planning.index.aggregating import aggregate, ranks
from planning.index.imputing import impute
from planning.index.normalising import normalise
from planning.index.screening import screen
from planning.index.treating import TreatParams, treat

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from planning.index.imputing import By
    from planning.index.normalising import Scaling
    from planning.index.structure import Structure
    from planning.index.treating import Treatment


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """
    How an index is made.

    Parameters
    ----------
    structure
        The tree.
    denominators
        Column that each indicator is divided by; those without stay as they are.
    imputing
        What stands in for missing values; by group: of the column `groups`.
    groups
        Column of the units that tells their group.
    least_known
        Share of the indicators that has to be known of a unit after imputing; 0 keeps all.
    treating
        How outliers are treated; None leaves them.
    scaling, settings
        The scale.
    least_known_in_group
        Share of a group's members that has to be known.
    """

    structure: Structure
    denominators: Mapping[str, str] = field(default_factory=dict)
    imputing: By = "none"
    groups: str | None = None
    least_known: float = 0.0
    treating: TreatParams | None = None
    scaling: Scaling = "minmax"
    settings: Mapping[str, Any] = field(default_factory=dict)
    least_known_in_group: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Composed:
    """
    An index with every stage of its making: frames with a row per unit.

    Parameters
    ----------
    raw, denominated, imputed, screened, treated, normalised
        The indicators stage by stage.
    was_imputed
        Which values were missing and stood in for.
    screening
        As `planning.index.screening.screen` tells.
    treatments
        What was done to each indicator's outliers.
    scores
        The normalised indicators, every group, and the whole as the last column.
    ranks
        The places, 1 the best.
    recipe
        How it was made.
    """

    raw: pd.DataFrame
    denominated: pd.DataFrame
    imputed: pd.DataFrame
    was_imputed: pd.DataFrame
    screening: pd.DataFrame
    screened: pd.DataFrame
    treated: pd.DataFrame
    treatments: Mapping[str, Treatment]
    normalised: pd.DataFrame
    scores: pd.DataFrame
    ranks: pd.DataFrame
    recipe: Recipe

    @property
    def index(self) -> pd.Series:
        """The whole's score of each unit."""
        return self.scores[self.recipe.structure.root]


def compose(units: pd.DataFrame, recipe: Recipe) -> Composed:
    """
    Return the index that a recipe makes of some units.

    Parameters
    ----------
    units
        A row per unit: the indicators, and the columns that the recipe divides or groups by.

    Raises
    ------
    SettingError
        As the stages do.
    """
    names = list(recipe.structure.indicators)
    raw = units[names].astype(float)
    denominated = denominate(raw, units, recipe.denominators)
    groups = units[recipe.groups] if recipe.groups else None
    imputed, was_imputed = impute(denominated, recipe.imputing, groups=groups)
    found = screen(imputed, least_known=recipe.least_known)
    screened = imputed[found["kept"]]
    treated, treatments = (screened, {}) if recipe.treating is None else treat(screened, recipe.treating)
    normalised = normalise(
        treated, recipe.scaling, directions=recipe.structure.directions, **dict(recipe.settings)
    )
    scores = aggregate(normalised, recipe.structure, least_known=recipe.least_known_in_group)
    return Composed(
        raw=raw,
        denominated=denominated,
        imputed=imputed,
        was_imputed=was_imputed,
        screening=found,
        screened=screened,
        treated=treated,
        treatments=treatments,
        normalised=normalised,
        scores=scores,
        ranks=ranks(scores),
        recipe=recipe,
    )


def denominate(
    values: pd.DataFrame, units: pd.DataFrame, denominators: Mapping[str, str], *, scale: float = 1.0
) -> pd.DataFrame:
    """
    Return indicators divided by what they are measured against; missing where that is 0 or missing.

    Parameters
    ----------
    denominators
        Column of `units` for each indicator that is divided.
    scale
        Per how many: 10,000 for cases per 10,000 residents.
    """
    divided = values.copy()
    for name, column in denominators.items():
        below = units[column].where(units[column] != 0)
        divided[name] = values[name] / below * scale
    return divided
