"""What cannot be met, station by station, how near one can come, and what would help."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import VILLAGE_ID
from geo.errors import SettingError
from planning.redraw.bounds import least_deviation
from planning.redraw.building import build_problem
from planning.redraw.search import reachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from planning.redraw.building import Built
    from planning.redraw.params import RedrawParams

# Numbers of zones that are tried, nearest first, and of villages that might be split.
_ZONES = (1, -1, 2, -2, 3, -3)
_VILLAGES = (1, 2, 3, 4, 6, 8, 12)
_LEEWAY = 1e-9
# Most stations of whole villages are proved in a fraction of a second; the others can wait for a proof.
_PROOF_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """
    A station whose zones cannot be as even as was asked.

    Parameters
    ----------
    station
        Its id; "" where zones may cross stations.
    zones
        How many zones it has.
    asked, met
        The tolerance asked for, and the smallest that a plan was found for.
    bound
        No plan keeps a smaller tolerance than this: proved.
    zones_needed
        The nearest number of zones with which the tolerance asked for can be met, and the station is no
        further from the district's mean than now or than the tolerance; None if none was found.
    split
        Villages whose splitting makes it possible, as few as were found to do; () if none were.
    """

    station: str
    zones: int
    asked: float
    met: float
    bound: float
    zones_needed: int | None
    split: tuple[str, ...]

    @property
    def proved(self) -> bool:
        """Whether it is impossible, rather than not found."""
        return bool(self.bound > self.asked + _LEEWAY)


def explain_unmet(
    graph: DualGraph,
    today: pd.Series | None,
    built: Built,
    met: NDArray[np.float64],
    kept: NDArray[np.int64],
    *,
    params: RedrawParams,
    seed: int,
    workers: int = 1,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Unmet, ...]:
    """
    Return the stations in which the tolerance cannot be met, and what would help.

    Parameters
    ----------
    graph, today, built, params
        The redraw.
    met, kept
        The smallest tolerance that was met in each region, and the plan that meets it (`search.reachable`).
    seed
        From which all randomness comes.
    workers
        Stations that are worked on at once.
    cancelled
        Asked now and then; once it says True no more remedies are looked for.
    """
    failing = np.flatnonzero(met > params.tolerance + _LEEWAY)
    stations = list(dict.fromkeys(built.station_of_region[region] for region in failing))

    def fair(regions: list[int], zones: int) -> bool:
        """Whether so many zones leave a station no further from the district's mean than it may be or is."""
        p = built.problem
        now, whole = int(np.isin(p.zone_region, regions).sum()), float(p.weight.sum() / p.zones)
        work = float(p.weight[np.isin(p.region, regions)].sum())
        off = {n: abs(work / n / whole - 1) for n in (now, zones)}
        return now == p.zones or off[zones] <= max(off[now], params.tolerance) + _LEEWAY

    def explain(station: str) -> Unmet:
        inside = [i for i, name in enumerate(built.station_of_region) if name == station]
        zones = int(np.isin(built.problem.zone_region, inside).sum())
        part = _Station.cut_out(graph, today, built, inside, params, seed, cancelled)
        return Unmet(
            station=station,
            zones=zones,
            asked=params.tolerance,
            met=float(met[inside].max()),
            bound=proved_bound(built, kept, inside, float(met[inside].max()), seconds=_PROOF_S * len(inside)),
            zones_needed=next((n for n in _near(zones) if fair(inside, n) and part.can_do(zones=n)), None),
            split=part.fewest(_in_the_way(graph, built, kept, inside, params.tolerance), zones=zones),
        )

    with ThreadPoolExecutor(workers) as pool:
        return tuple(pool.map(explain, stations))


@dataclass(frozen=True, kw_only=True)
class _Station:
    """A station by itself, to try what would help."""

    graph: DualGraph
    today: pd.Series | None
    name: str
    params: RedrawParams
    seed: int
    cancelled: Callable[[], bool] | None

    @classmethod
    def cut_out(
        cls,
        graph: DualGraph,
        today: pd.Series | None,
        built: Built,
        regions: list[int],
        params: RedrawParams,
        seed: int,
        cancelled: Callable[[], bool] | None,
    ) -> _Station:
        unit = built.problem.unit_of_grid
        grids = [
            grid
            for grid, region in zip(built.problem.grid_ids, built.problem.region[unit], strict=True)
            if region in regions
        ]
        part = graph.within(pd.Index(grids))
        held = today.reindex(grids).dropna() if today is not None else None
        known = {*grids, *part.grids[VILLAGE_ID], *(held if held is not None else ())}
        locked = tuple(name for name in params.locked if name in known)
        station = built.station_of_region[regions[0]]
        split = tuple(village for village in params.split if village in known)
        params = replace(params, locked=locked, split=split, zones=None, station_zones=(), recount=False)
        return cls(graph=part, today=held, name=station, params=params, seed=seed, cancelled=cancelled)

    def can_do(self, *, zones: int, split: tuple[str, ...] = ()) -> bool:
        """Return whether a plan with so many zones, and with some villages split, keeps the tolerance."""
        if self.cancelled is not None and self.cancelled():
            return False
        params = replace(self.params, split=(*self.params.split, *split))
        try:
            built = build_problem(self.graph, self.today, params=params, counts={self.name: zones})
        except SettingError:
            return False
        asked = np.full(len(built.problem.region_names), params.tolerance)
        met, _ = reachable(built.problem, asked, seed=self.seed, starts=2, halvings=0, workers=1)
        return bool((met <= asked + _LEEWAY).all())

    def fewest(self, villages: list[str], *, zones: int) -> tuple[str, ...]:
        """Return the first villages of a list with which, split, it can be done, less those not needed."""
        for count in _VILLAGES:
            split = tuple(villages[:count])
            if self.can_do(zones=zones, split=split):
                for village in split if count > 1 else ():
                    fewer = tuple(v for v in split if v != village)
                    if self.can_do(zones=zones, split=fewer):
                        split = fewer
                return split
            if count >= len(villages):
                break
        return ()


def _in_the_way(
    graph: DualGraph, built: Built, plan: NDArray[np.int64], regions: list[int], tolerance: float
) -> list[str]:
    """Return the villages that are whole now, those of zones beyond the tolerance first, heavy ones first."""
    p = built.problem
    off = np.abs(p.zone_weights(plan) / p.target - 1) > tolerance + _LEEWAY
    grids = np.bincount(p.unit_of_grid, minlength=p.units)
    owner = np.repeat(np.arange(p.units), np.diff(p.first))
    beside = np.zeros(p.zones, dtype=bool)
    beside[plan[p.neighbours[off[plan[owner]]]]] = True
    village = graph.grids[VILLAGE_ID].reindex(list(p.grid_ids)).to_numpy()
    first = np.zeros(p.units, dtype=np.int64)
    first[p.unit_of_grid[::-1]] = np.arange(len(p.unit_of_grid))[::-1]
    whole = np.flatnonzero((grids > 1) & np.isin(p.region, regions) & ~p.fixed)
    rank = np.where(off[plan], 0, np.where(beside[plan], 1, 2))
    order = whole[np.lexsort((whole, -p.weight[whole], rank[whole]))]
    return list(dict.fromkeys(str(village[first[unit]]) for unit in order))


def proved_bound(
    built: Built,
    kept: NDArray[np.int64],
    regions: list[int],
    met: float,
    *,
    seconds: float,
    workers: int = 1,
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> float:
    """Return a tolerance below which no plan of some regions can be; at most what a plan was found for."""
    problem = built.problem.replace(start=kept)
    bounds = [
        least_deviation(
            problem,
            region,
            seconds=seconds / len(regions),
            workers=workers,
            seed=seed,
            cancelled=cancelled,
        ).bound
        for region in regions
    ]
    # Rounding of weights must not put the bound above what a plan has.
    return float(min(max(bounds), met))


def _near(zones: int) -> Iterator[int]:
    return (zones + step for step in _ZONES if zones + step >= 1)
