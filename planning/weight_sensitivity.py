"""How the balance of a plan depends on what counts as work."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import Reason, SettingError
from planning.balance import Balance, balance
from planning.zone_loads import relative_loads, station_codes, zone_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planning.workload import Workload

    Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """
    How a plan's balance depends on the weights.

    Parameters
    ----------
    base
        Under the weights as they are.
    busiest, idlest
        Zone with the largest and the smallest load (W / T) under them.
    factors
        A row per factor and side ("less", "more"): weight (of 1), max_deviation, cv, within, busiest, idlest,
        with that weight changed by the spread and the others rescaled.
    draws
        A row per draw of all weights at once: max_deviation, cv, within, busiest, idlest.
    quantiles
        10 %, 50 % and 90 % points of max_deviation and cv over the draws: index p10, median, p90.
    fair
        Share of draws in which every zone is within the tolerance.
    busiest_share
        How often each zone is the busiest: share of the draws, indexed by zone, largest first.
    notes
        Grids of the district that the plan leaves out.
    """

    base: Balance
    busiest: str
    idlest: str
    factors: pd.DataFrame
    draws: pd.DataFrame
    quantiles: pd.DataFrame
    fair: float
    busiest_share: pd.Series
    notes: tuple[Reason, ...] = ()


def weight_sensitivity(
    workload: Workload,
    assignment: pd.Series,
    *,
    stations: pd.Series | None = None,
    tolerance: float = 0.10,
    spread: float = 0.3,
    draws: int = 500,
    seed: int = 0,
) -> Sensitivity:
    """
    Return how a plan's balance depends on the weights of the factors.

    One factor at a time: its weight times 1 - spread and 1 + spread (at most all), the others rescaled. All
    at once: each weight times a factor uniform in [1 - spread, 1 + spread], then rescaled to sum to 1.
    Targets move with the weights: they are means of what the zones have.

    Parameters
    ----------
    workload
        Of the grids.
    assignment
        zone_id of each grid, indexed by grid_id.
    stations
        station_id of each grid: a zone's target is then the mean of its station's zones, else the
        district's.
    tolerance
        Deviation that is still fair, as a share of the target.
    spread
        In [0, 1].
    draws
        From 1.
    seed
        Of the draws.

    Raises
    ------
    SettingError
        ``setting_wrong``; ``assignment_foreign`` if no grid of the plan is the district's.
    """
    _require_between("tolerance", tolerance, 0, math.inf)
    _require_between("spread", spread, 0, 1)
    _require_between("draws", draws, 1, math.inf)
    zones, notes = zone_sums(workload.shares, assignment)
    groups = station_codes(zones.index, assignment, stations, workload.total)
    weights = workload.weights.to_numpy()
    alone = _one_by_one(weights, spread)
    drawn = weights * np.random.default_rng(seed).uniform(1 - spread, 1 + spread, (draws, len(weights)))
    # A spread of 1 may draw nothing but zeros only with probability 0; a tiny floor keeps sums positive.
    drawn = np.maximum(drawn, 1e-12)
    trials = np.vstack([weights, alone, drawn / drawn.sum(axis=1, keepdims=True)])
    loads = relative_loads(zones.to_numpy() @ trials.T, groups)
    scores = _scores(loads, zones.index, tolerance)
    one = _named_trials(scores.iloc[1 : 1 + len(alone)], alone, workload.shares.columns)
    many = scores.iloc[1 + len(alone) :].reset_index(drop=True)
    quantiles = many[["max_deviation", "cv"]].quantile([0.1, 0.5, 0.9]).set_axis(["p10", "median", "p90"])
    base = pd.Series(loads[:, 0], index=zones.index)
    return Sensitivity(
        base=balance(base, pd.Series(1.0, index=zones.index), tolerance=tolerance),
        busiest=str(scores["busiest"].iloc[0]),
        idlest=str(scores["idlest"].iloc[0]),
        factors=one,
        draws=many,
        quantiles=quantiles,
        fair=float((many["within"] == 1.0).mean()),
        busiest_share=many["busiest"].value_counts(normalize=True, sort=True).rename("share"),
        notes=notes,
    )


def _one_by_one(weights: Floats, spread: float) -> Floats:
    """Return the weights with one changed at a time: less and more of each, in turn."""
    rows = []
    for at, weight in enumerate(weights):
        for change in (1 - spread, 1 + spread):
            changed = min(weight * change, 1.0)
            row = weights * ((1 - changed) / (1 - weight) if weight < 1 else 0.0)
            row[at] = changed if weight < 1 else 1.0
            rows.append(row)
    return np.array(rows)


def _named_trials(scores: pd.DataFrame, trials: Floats, factors: pd.Index) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([factors, ["less", "more"]], names=["factor", "side"])
    own = trials[np.arange(len(trials)), np.arange(len(trials)) // 2]
    named = scores.set_axis(index)
    named.insert(0, "weight", own)
    return named


def _scores(loads: Floats, zones: pd.Index, tolerance: float) -> pd.DataFrame:
    ids = zones.to_numpy(dtype=object)
    off = np.abs(loads - 1.0)
    mean = loads.mean(axis=0)
    return pd.DataFrame(
        {
            "max_deviation": off.max(axis=0),
            "cv": np.divide(loads.std(axis=0), mean, out=np.zeros_like(mean), where=mean > 0),
            "within": (off <= tolerance + 1e-9).mean(axis=0),
            "busiest": ids[loads.argmax(axis=0)],
            "idlest": ids[loads.argmin(axis=0)],
        }
    )


def _require_between(name: str, value: float, low: float, high: float) -> None:
    if not (isinstance(value, (int, float)) and low <= value <= high and math.isfinite(value)):
        allowed = f">= {low}" if math.isinf(high) else f"[{low}, {high}]"
        raise SettingError("setting_wrong", name=name, found=value, allowed=allowed)
