"""One annealing of a plan: what it aims at, how long, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from geo.errors import SettingError
from planning.redraw import _kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planning.redraw.problem import Problem


# At the end of an annealing what lies beyond the tolerance is put right at any cost.
_HARD, _LAST_PART = 1e4, 8
# What a mean zone's work beyond the asked tolerance costs where that cannot be met by all: as much as
# eight zones' work that changes hands.
_UNFAIR = 8.0
# Sums of floats: what lies on the line is inside.
_LEEWAY = 1e-9


@dataclass(frozen=True, kw_only=True)
class Aim:
    """
    What an annealing aims at: how much each thing costs, in deviations of one mean zone.

    Parameters
    ----------
    name
        What it is called in records.
    moved
        For the workload that changes zone, in mean zones.
    balance
        For the squared deviation of each zone from its target.
    shape
        For what each zone's Polsby-Popper measure lacks to 1.
    cut
        For each pair of neighbouring units in different zones.
    torn
        For each further zone in which a village lies.
    over
        For what lies beyond the tolerance; it has to outweigh the others.
    hot, cold
        First and last temperature. A hot start forgets today's plan, a cold one keeps to it.
    chain, merge
        Share of the proposals that move two units one after the other, and that merge two zones and split
        them anew; each in [0, 1], and so their sum. Where zones have few units, flips alone get stuck.
    """

    name: str
    moved: float = 0.0
    balance: float = 0.0
    shape: float = 0.0
    cut: float = 0.0
    torn: float = 0.0
    over: float = 80.0
    hot: float = 0.1
    cold: float = 0.002
    chain: float = 0.2
    merge: float = 0.02

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("moved", "balance", "shape", "cut", "torn", "over"):
            if getattr(self, name) < 0:
                raise SettingError("setting_wrong", name=name, found=getattr(self, name), allowed=">= 0")
        for name, most in (("chain", 1.0), ("merge", 1.0 - self.chain)):
            if not 0 <= getattr(self, name) <= most:
                raise SettingError(
                    "setting_wrong", name=name, found=getattr(self, name), allowed=f"[0, {most:g}]"
                )
        if not self.hot >= self.cold > 0:
            raise SettingError("setting_wrong", name="hot", found=self.hot, allowed=">= cold > 0")


class Annealer:
    """
    Anneals plans of one problem; safe to use from several threads at once.

    Parameters
    ----------
    problem
        The problem.
    tolerance
        Of each zone, as a share of its target: what every plan has to keep.
    asked
        The tolerance that was asked for; where it cannot be met, zones still come as near to it as they
        can. By default what has to be kept.
    """

    def __init__(
        self, problem: Problem, tolerance: NDArray[np.float64], *, asked: float | None = None
    ) -> None:
        self.problem = problem
        self.tolerance = tolerance
        self.asked = float(tolerance.max(initial=0.0)) if asked is None else asked
        self.stop = np.zeros(1, dtype=np.uint8)
        p = problem
        self._mean = float(p.target.mean())
        self._village = p.village if len(p.village) else np.full(p.units, -1)
        self._owner = np.repeat(np.arange(p.units), np.diff(p.first))
        self._stay_owner = np.repeat(np.arange(p.units), np.diff(p.stay_first))
        # Locked zones keep their units; the kernel asks for fixed ones only.
        pinned = p.fixed | p.closed[np.maximum(p.start, 0)]
        self._arrays = (
            *(a.astype(np.int32) for a in (p.first, p.neighbours, self._owner)),
            # Copies: pandas hands out arrays that are not to be written to, for which numba compiles anew.
            *(a.astype(float) for a in (p.shared, p.weight, p.area, p.outline, p.target)),
            tolerance.astype(float),
            self.asked,
            *(a.astype(np.int32) for a in (p.stay_first, p.stay_zone)),
            p.stay_weight / self._mean,
            pinned,
            p.closed.astype(bool),
            self._village.astype(np.int32),
            int(self._village.max(initial=-1)) + 1,
        )

    def anneal(self, zone_of: NDArray[np.int64], aim: Aim, *, moves: int, seed: int) -> NDArray[np.int64]:
        """
        Return a plan made better for an aim, in as many proposed moves.

        The zones of the result bear the names that keep most of today's workload in place.
        """
        plan = zone_of.astype(np.int32)
        last = moves // _LAST_PART
        run: Any = _kernel.anneal
        for over, part, hot in ((aim.over, moves - last, aim.hot), (_HARD, last, aim.cold)):
            costs = np.array([over, aim.balance, aim.shape, aim.cut, aim.moved, _UNFAIR, aim.torn])
            ways = (aim.chain, aim.merge)
            run(plan, *self._arrays, costs, part, hot, aim.cold, *ways, seed, self.stop)
        return self.renamed(plan.astype(np.int64))

    def renamed(self, zone_of: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the same plan with each region's zones named so that most workload stays in place."""
        p = self.problem
        if not len(p.stay_zone):
            return zone_of
        held = np.zeros(p.zones, dtype=bool)
        held[zone_of[p.fixed]] = True
        held |= p.closed
        names = np.arange(p.zones)
        kept = self.kept(zone_of)
        for region in range(len(p.region_names)):
            free = np.flatnonzero((p.zone_region == region) & ~held)
            rows, columns = linear_sum_assignment(-kept[np.ix_(free, free)])
            names[free[rows]] = free[columns]
        return names[zone_of]

    def kept(self, zone_of: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the workload of each zone of a plan (row) that lies in each zone today (column)."""
        p = self.problem
        key = zone_of[self._stay_owner] * p.zones + p.stay_zone
        table = np.bincount(key, p.stay_weight, minlength=p.zones**2)
        return table.astype(float).reshape(p.zones, p.zones)

    def region_energies(self, zone_of: NDArray[np.int64], aim: Aim) -> NDArray[np.float64]:
        """Return the energy of each region of a plan under an aim; regions add up."""
        regions = len(self.problem.region_names)
        energy = np.bincount(self.problem.zone_region, self.zone_energies(zone_of, aim), minlength=regions)
        return energy.astype(float)

    def zone_energies(self, zone_of: NDArray[np.int64], aim: Aim) -> NDArray[np.float64]:
        """Return the energy of each zone of a plan under an aim; zones add up."""
        figures = self.figures(zone_of)
        over = np.maximum(np.abs(figures.deviation) - self.tolerance, 0.0)
        # Lexicographic: no gain is worth a zone beyond the tolerance.
        energy = _HARD * np.where(over > _LEEWAY, 0.1 + over * (1 + 4 * over), 0.0)
        energy += _UNFAIR * np.maximum(np.abs(figures.deviation) - self.asked, 0.0)
        energy += aim.balance * figures.deviation**2 + aim.shape * (1 - figures.polsby_popper)
        energy += aim.cut * figures.cut_edges / 2
        energy += aim.moved * figures.moved / self._mean + aim.torn * figures.villages
        return np.asarray(energy)

    def _pieces(self, zone_of: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the zone of each piece of a village: of all its units in one zone together."""
        inside = self._village >= 0
        keys = np.unique(self._village[inside] * self.problem.zones + zone_of[inside])
        return np.asarray(keys % self.problem.zones)

    def figures(self, zone_of: NDArray[np.int64]) -> Figures:
        """Return what an aim looks at, zone by zone."""
        p = self.problem
        same = zone_of[self._owner] == zone_of[p.neighbours]
        outline = np.bincount(zone_of, p.outline, minlength=p.zones)
        outline -= np.bincount(zone_of[self._owner[same]], p.shared[same], minlength=p.zones)
        area = np.bincount(zone_of, p.area, minlength=p.zones)
        measure = np.divide(4 * np.pi * area, outline**2, out=np.ones(p.zones), where=outline > 0)
        weight = p.zone_weights(zone_of)
        stays = p.stay_zone == zone_of[self._stay_owner]
        kept = np.bincount(p.stay_zone[stays], p.stay_weight[stays], minlength=p.zones)
        return Figures(
            deviation=weight / p.target - 1.0,
            polsby_popper=measure,
            cut_edges=np.bincount(zone_of[self._owner[~same]], minlength=p.zones),
            villages=np.bincount(self._pieces(zone_of), minlength=p.zones),
            moved=np.maximum(weight - kept, 0.0) if len(p.stay_zone) else np.zeros(p.zones),
        )


def warm_up() -> None:
    """Compile the kernel, or load it from its cache."""
    n, zones = 2, 2
    nothing, two = np.zeros(0, np.int32), np.arange(n, dtype=np.int32)
    run: Any = _kernel.anneal
    run(
        two.copy(), np.arange(n + 1, dtype=np.int32), two[::-1].copy(), two, *(np.ones(n) for _ in range(4)),
        np.ones(zones), np.ones(zones), 1.0, np.zeros(n + 1, np.int32), nothing, np.zeros(0),
        np.zeros(n, bool), np.zeros(zones, bool), two, n, np.ones(_kernel.COEFFICIENTS), 1, 0.1, 0.1, 0.1,
        0.1, 1, np.zeros(1, np.uint8),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Figures:
    """
    What an aim looks at, of each zone.

    Parameters
    ----------
    deviation
        From its target, as a share of it.
    polsby_popper
        Its measure of compactness.
    cut_edges
        Pairs of neighbouring units of the region of which just one is in the zone.
    villages
        Villages that are parted, of which some lies in the zone.
    moved
        Workload that was in another zone.
    """

    deviation: NDArray[np.float64]
    polsby_popper: NDArray[np.float64]
    cut_edges: NDArray[np.int64]
    villages: NDArray[np.int64]
    moved: NDArray[np.float64]
