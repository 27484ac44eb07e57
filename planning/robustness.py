"""How a plan's balance stands up to demand that turns out otherwise than counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from data.schemas import VILLAGE_ID
from geo.errors import SettingError
from planning.dual_graph import WORKLOAD
from planning.zone_loads import grid_regions, placed, zone_homes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph

_CHUNK = 50


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """
    A plan under noisy demand.

    Parameters
    ----------
    noise
        Standard deviation of a grid's workload, as a share of it.
    draws
        How many times it was drawn.
    holds
        Share of the draws in which no zone deviates by more than the tolerance.
    max_deviation_p90
        The largest deviation that nine draws in ten stay below.
    """

    noise: float
    draws: int
    holds: float
    max_deviation_p90: float


def robustness(
    graph: DualGraph,
    assignment: pd.Series,
    *,
    noise: float,
    tolerance: float = 0.10,
    draws: int = 500,
    seed: int = 0,
) -> Robustness:
    """
    Score a plan's balance again and again under noisy workload.

    A grid's workload is multiplied by exp(noise · (a + b) / √2 - noise² / 2), a normal and drawn for each
    grid, b normal and shared by the grids of a village: lognormal with mean 1, a standard deviation of
    about `noise`, half the variance common to a village, since neighbours have good and bad years
    together. Targets are the means of the drawn workload. The same seed draws the same demand for
    every plan of a district, so that plans can be compared.

    Parameters
    ----------
    assignment
        zone_id of each grid, by grid_id; grids in no zone count in no zone.
    noise
        In [0, 1].
    draws
        At least 1.

    Raises
    ------
    SettingError
        ``setting_wrong`` if noise or draws are out of range.
    """
    if not 0.0 <= noise <= 1.0:
        raise SettingError("setting_wrong", name="noise", found=noise, allowed="0–1")
    if draws < 1:
        raise SettingError("setting_wrong", name="draws", found=draws, allowed=">= 1")
    worst = np.concatenate(list(_worst(graph, assignment, noise, draws, seed)))
    return Robustness(
        noise=noise,
        draws=draws,
        holds=float((worst <= tolerance + 1e-9).mean()),
        max_deviation_p90=float(np.percentile(worst, 90)),
    )


def _worst(
    graph: DualGraph, assignment: pd.Series, noise: float, draws: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """Yield the largest deviation of a zone in each draw."""
    homes = zone_homes(assignment, graph)
    work = graph.grids[WORKLOAD].fillna(0.0).to_numpy()
    village, villages = _villages(graph)
    zone = homes.index.get_indexer(pd.Index(placed(assignment).reindex(graph.grids.index)))
    member = _sums(zone, len(homes))
    regions, names = pd.factorize(grid_regions(assignment, graph, homes=homes))
    station = pd.Index(names).get_indexer(pd.Index(homes))
    # As in `zone_targets`: the work of a station's grids, in a zone or not, over its zones.
    share = np.bincount(station, minlength=len(names))[station][:, None]
    whole = _sums(regions, len(names))
    rng = np.random.default_rng(seed)
    for start in range(0, draws, _CHUNK):
        count = min(_CHUNK, draws - start)
        own = rng.standard_normal((len(village), count))
        shared = rng.standard_normal((villages, count))[village]
        factor = np.exp(noise * (own + shared) / np.sqrt(2.0) - noise**2 / 2.0)
        demand = work[:, None] * factor
        load, target = member @ demand, (whole @ demand)[station] / share
        off = np.abs(np.divide(load, target, out=np.ones_like(load), where=target > 0) - 1.0)
        yield off.max(axis=0, initial=0.0)


def _sums(group: NDArray[np.int64], groups: int) -> Any:
    """Return the matrix that sums grids by group; those of group -1 are in none."""
    inside = np.flatnonzero(group >= 0)
    return csr_matrix((np.ones(len(inside)), (group[inside], inside)), shape=(groups, len(group)))


def _villages(graph: DualGraph) -> tuple[NDArray[np.int64], int]:
    """Return a number for the village of each grid, one of its own where it has none, and how many."""
    known = graph.grids[VILLAGE_ID]
    own = known.where(known != "", "\0" + known.index.astype(str).to_series(index=known.index))
    numbers, names = own.factorize()
    return numbers.astype(np.int64), len(names)
