"""How near a plan is to the least change that is possible, region by region."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import SettingError
from planning.redraw.exact import Answer, move_least
from planning.redraw.floor import floors
from planning.redraw.part import hops as hops_from
from planning.redraw.part import open_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planning.redraw.part import Part
    from planning.redraw.problem import Problem

# Share of a region's time for the search within the hops; the rest goes into the bound without them.
_WITHIN = 0.8
# Sums of floats: what is on the line is inside.
_ON_THE_LINE = 1e-9


@dataclass(frozen=True, kw_only=True)
class RegionProof:
    """
    What is proved about the workload that a plan moves inside a region; all in workload but the gaps.

    Parameters
    ----------
    region
        Its name.
    units, zones
        How many are open.
    feasible
        The plan given keeps the tolerances. If not, `value` is not comparable with what follows.
    value
        Workload that the plan given moves.
    floor
        What arithmetic alone says must move.
    bound
        No plan within the tolerances moves less, with no other restriction; infinite if there is none.
    best
        Workload that the best plan known moves: the one given, or one found here; infinite if none keeps
        the tolerances.
    gap, gap_of_all
        `best` less `bound`, as a share of the workload of the region and of all; missing without a plan.
    within
        Least workload moved by a plan whose zones keep their core unit and stay within `hops` of it: proved
        if `closed`, else a bound; infinite if there is no such plan.
    hops
        Steps from the core allowed, widened where the plan given reaches further.
    closed
        `within` is proved. It says nothing about plans outside the hops.
    optimal
        `best` is proved to be the least without any restriction.
    seconds
        Spent on it.
    """

    region: str
    units: int
    zones: int
    feasible: bool
    value: float
    floor: float
    bound: float
    best: float
    gap: float
    gap_of_all: float
    within: float
    hops: int
    closed: bool
    optimal: bool
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Proof:
    """
    What is proved about a plan.

    Parameters
    ----------
    regions
        A row per region with open zones, in their order: the fields of `RegionProof`.
    zone_of
        The plan given with every region in which a better one was found replaced by it.
    """

    regions: pd.DataFrame
    zone_of: NDArray[np.int64]

    def summary(self) -> dict[str, float]:
        """Return regions, closed, optimal, and the gap as a share of all workload."""
        return {
            "regions": len(self.regions),
            "closed": int(self.regions["closed"].sum()),
            "optimal": int(self.regions["optimal"].sum()),
            "gap": float(self.regions["gap_of_all"].sum(skipna=False)),
        }


def prove(
    problem: Problem,
    zone_of: NDArray[np.int64],
    *,
    tolerances: NDArray[np.float64],
    seconds: float,
    hops: int | None = 4,
    workers: int = 2,
    seed: int = 0,
    tell: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Proof:
    """
    Prove how near a plan is to the least change within the tolerances.

    Each region is searched by CP-SAT twice, contiguity enforced by cuts: among plans in which every zone
    keeps its core (the heaviest unit that it has both at the start and in the plan) and stays within some
    hops of it, and among all plans. The first closes more often; only the second is a bound on the whole.

    Parameters
    ----------
    problem
        The redraw.
    zone_of
        A plan of it that keeps the hard constraints.
    tolerances
        Deviation allowed to each zone, as a share of its target.
    seconds
        For all regions together; what small regions leave goes to large ones.
    hops
        Steps from the core; None leaves out the search within hops, and its figures are the bound's.
    workers
        Threads; one region is searched after the other.
    seed
        What the searches' luck depends on. Figures of what closes depend neither on it nor on the clock;
        which of several plans of equal change is found may.
    tell
        Told how many regions of how many are done.
    cancelled
        Asked between searches; true stops them with what is proved so far.

    Raises
    ------
    SettingError
        ``setting_wrong`` if seconds or workers are not positive, or hops are negative.
    """
    _check(seconds=seconds, hops=hops, workers=workers)
    parts = [(region, open_part(problem, region)) for region in range(len(problem.region_names))]
    parts = [(region, part) for region, part in parts if len(part.zones)]
    # The smallest first: what they leave of their time goes to the others.
    queue = sorted(parts, key=lambda item: item[1].stay.size)
    answers: dict[int, tuple[RegionProof, NDArray[np.int64]]] = {}
    least = floors(problem, tolerances)
    ends = time.monotonic() + seconds
    for region, part in queue:
        began = time.monotonic()
        found, plan = _prove_part(
            part,
            part.zone_numbers(zone_of),
            part.zone_numbers(problem.start),
            tolerance=tolerances[part.zones],
            floor=float(least[region]),
            seconds=max(ends - began, 0.0) / (len(queue) - len(answers)),
            hops=hops,
            workers=workers,
            seed=seed,
            cancelled=cancelled,
        )
        row = replace(
            found,
            region=problem.region_names[region],
            gap_of_all=found.gap * part.weight.sum() / max(problem.weight.sum(), 1e-300),
            seconds=time.monotonic() - began,
        )
        answers[region] = (row, plan)
        if tell is not None:
            tell(len(answers), len(queue))
    better = zone_of.copy()
    for region, part in parts:
        better[part.units] = part.zones[answers[region][1]]
    rows = [vars(answers[region][0]) for region, _ in parts]
    return Proof(regions=pd.DataFrame(rows, columns=list(RegionProof.__dataclass_fields__)), zone_of=better)


def _check(*, seconds: float, hops: int | None, workers: int) -> None:
    if not seconds > 0:
        raise SettingError("setting_wrong", name="seconds", found=seconds, allowed="> 0")
    if hops is not None and hops < 0:
        raise SettingError("setting_wrong", name="hops", found=hops, allowed=">= 0")
    if workers < 1:
        raise SettingError("setting_wrong", name="workers", found=workers, allowed=">= 1")


def _prove_part(
    part: Part,
    plan: NDArray[np.int64],
    start: NDArray[np.int64],
    *,
    tolerance: NDArray[np.float64],
    floor: float,
    seconds: float,
    hops: int | None,
    workers: int,
    seed: int,
    cancelled: Callable[[], bool] | None,
) -> tuple[RegionProof, NDArray[np.int64]]:
    began = time.monotonic()
    feasible = _keeps(part, plan, tolerance)
    cores, known = _cores(part, plan, start), plan if feasible else None
    near, reach = None, 0
    if hops is not None:
        inside, reach = _near_cores(part, plan, cores, hops)
        near = move_least(
            part,
            tolerance,
            inside=inside,
            anchors=cores,
            hubs=cores,
            seconds=_WITHIN * seconds,
            start=known,
            workers=workers,
            seed=seed,
            cancelled=cancelled,
        )
        known = known if near.zone_of is None else near.zone_of
    free = move_least(
        part,
        tolerance,
        hubs=cores,
        seconds=max(seconds - (time.monotonic() - began), 0.0),
        start=known,
        workers=workers,
        seed=seed,
        cancelled=cancelled,
    )
    known = known if free.zone_of is None else free.zone_of
    verdict = _verdict(part, plan, known, near or free, free, floor=floor, feasible=feasible, reach=reach)
    return verdict, plan if known is None else known


def _verdict(
    part: Part,
    plan: NDArray[np.int64],
    known: NDArray[np.int64] | None,
    near: Answer,
    free: Answer,
    *,
    floor: float,
    feasible: bool,
    reach: int,
) -> RegionProof:
    best = np.inf if known is None else part.moved(known)
    bound = min(max(free.bound, floor), best)
    gap = float("nan") if known is None else (best - bound) / max(part.weight.sum(), 1e-300)
    return RegionProof(
        region="",
        units=len(part.units),
        zones=len(part.zones),
        feasible=feasible,
        value=part.moved(plan),
        floor=floor,
        bound=bound,
        best=best,
        gap=gap,
        gap_of_all=gap,
        within=near.value if near.closed else near.bound,
        hops=reach,
        closed=near.closed,
        optimal=free.closed or gap <= _ON_THE_LINE,
        seconds=0.0,
    )


def _keeps(part: Part, plan: NDArray[np.int64], tolerance: NDArray[np.float64]) -> bool:
    loads = np.bincount(plan, part.weight, minlength=len(part.zones))
    return bool((np.abs(loads - part.target) <= (tolerance + _ON_THE_LINE) * part.target).all())


def _cores(part: Part, plan: NDArray[np.int64], start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the heaviest unit that each zone has at the start and in the plan; locked units come first."""
    cores = np.empty(len(part.zones), dtype=np.int64)
    for zone in range(len(part.zones)):
        mine = plan == zone
        for choice in (mine & (part.fixed == zone), mine & (start == zone), mine):
            if choice.any():
                cores[zone] = np.where(choice, part.weight, -1.0).argmax()
                break
    return cores


def _near_cores(
    part: Part, plan: NDArray[np.int64], cores: NDArray[np.int64], hops: int
) -> tuple[NDArray[np.bool_], int]:
    """Return which units are near enough to each core, and the steps that the farthest may be away."""
    inside = np.zeros((len(part.units), len(part.zones)), bool)
    reach = hops
    for zone, core in enumerate(cores.tolist()):
        steps = hops_from(part, core)
        radius = max(hops, int(steps[plan == zone].max()))
        inside[:, zone] = steps <= radius
        reach = max(reach, radius)
    return inside, reach
