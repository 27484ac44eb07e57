"""How near to its targets any plan of a region can come, whatever the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from planning.redraw.exact import CutModel
from planning.redraw.part import Part, open_part, ways, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planning.redraw.part import Whole
    from planning.redraw.problem import Problem

Kind = Literal["arithmetic", "search", "exact"]
# Deviations of zones with unequal targets are compared to a thousandth.
_FINE = 1000


@dataclass(frozen=True, kw_only=True)
class LeastDeviation:
    """
    The smallest largest deviation that a region's plans could have.

    Parameters
    ----------
    bound
        No plan of the region has less, as a share of the target; infinite if the region has no plan.
    kind
        What proves it: arithmetic on the weights alone, an unfinished search, or a finished one, which means
        that `zone_of` cannot be beaten by more than rounding.
    value
        Largest deviation of the best plan found; infinite without one.
    zone_of
        That plan, as the zone of every unit of the problem (other regions as in its start); None without.
    """

    bound: float
    kind: Kind
    value: float
    zone_of: NDArray[np.int64] | None


def least_deviation(
    problem: Problem,
    region: int,
    *,
    seconds: float,
    workers: int = 1,
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> LeastDeviation:
    """
    Bound the smallest max deviation abs(W - T) / T of a region's open zones, and find a plan that has it.

    Where all targets are equal and nothing is locked, zones are told apart by their heaviest unit, so that
    no plan is met under two numberings (asymmetric representatives, Campêlo et al. 2008).

    Parameters
    ----------
    problem
        The redraw; its start is the first plan compared with.
    region
        Number of the region.
    seconds
        After which it stops with what is proved so far.
    workers, seed
        Threads, and what their luck depends on.
    cancelled
        Asked between solves; true stops the search.
    """
    part = open_part(problem, region)
    if not len(part.zones):
        return LeastDeviation(bound=0.0, kind="exact", value=0.0, zone_of=problem.start.copy())
    start = part.zone_numbers(problem.start)
    simple, value = _arithmetic_deviation(part), part.deviation(start)
    if simple >= value - 1e-9:
        return LeastDeviation(bound=value, kind="exact", value=value, zone_of=problem.start.copy())
    alike = bool(np.ptp(part.target) <= 1e-9 * part.target.max()) and not (part.fixed >= 0).any()
    model, numbers = _deviation_model(part, start, alike=alike)
    most = _step_up(part, numbers, start)
    deviation = model.model.new_int_var(0, most, "")
    _limit(model, numbers, deviation, alike=alike)
    found, best, steps = model.minimise(
        deviation,
        lambda plan: _step_up(part, numbers, _zones_of_slots(part, plan) if alike else plan),
        seconds=seconds,
        start=_slots_of_zones(part, start) if alike else start,
        workers=workers,
        seed=seed,
        cancelled=cancelled,
    )
    if best is not None:
        best = _zones_of_slots(part, best) if alike else best
        if part.deviation(best) < value:
            start, value = best, part.deviation(best)
    # A step is a whole number of workload, rounded up.
    proved = 0.0 if found is None else max(found - 1, 0) / (numbers.scale * part.target.min())
    closed = found is not None and steps is not None and found >= steps
    kind: Kind = "exact" if closed else "search" if proved > simple else "arithmetic"
    return LeastDeviation(
        bound=min(max(simple, proved), value),
        kind=kind,
        value=value,
        zone_of=_in_problem(problem, part, start),
    )


def _arithmetic_deviation(part: Part) -> float:
    """Return the deviation that the heaviest unit and the sum of all force."""
    alone = part.weight.max() / part.target.max() - 1
    return float(max(alone, abs(part.weight.sum() / part.target.sum() - 1), 0.0))


def _deviation_model(part: Part, start: NDArray[np.int64], *, alike: bool) -> tuple[CutModel, Whole]:
    numbers = whole(part, np.full(len(part.zones), part.deviation(start)))
    size = len(part.units)
    if alike:
        anchors = np.arange(size)
        inside = np.zeros((size, size), bool)
        rank = _rank(part)
        for slot in range(size):
            later = rank >= rank[slot]
            inside[:, slot] = ways(part, slot, inside=later, weight=numbers.under) <= numbers.high[0]
        return CutModel(part, numbers, inside=inside, anchors=anchors, hubs=anchors), numbers
    inside = np.ones((size, len(part.zones)), bool)
    anchors = np.full(len(part.zones), -1)
    hubs = np.array([_heaviest(part, start == zone) for zone in range(len(part.zones))])
    for unit in np.flatnonzero(part.fixed >= 0):
        inside[unit] = False
        inside[unit, part.fixed[unit]] = True
        hubs[part.fixed[unit]] = anchors[part.fixed[unit]] = unit
    return CutModel(part, numbers, inside=inside, anchors=anchors, hubs=hubs), numbers


def _limit(model: CutModel, numbers: Whole, deviation: object, *, alike: bool) -> None:
    """Keep the load of every slot in use within the deviation."""
    part, build = model.part, model.model
    times, pace = _pace(part)
    target = part.target * numbers.scale
    for slot in range(model.inside.shape[1]):
        zone = 0 if alike else slot
        used = model.x[slot, slot] if alike else 1
        most, least = int(np.ceil(times * target[zone])), int(np.floor(times * target[zone]))
        build.add(times * model.load(slot, numbers.under) <= most * used + pace[zone] * deviation)
        build.add(times * model.load(slot, numbers.over) >= least * used - pace[zone] * deviation)
        members = np.flatnonzero(model.inside[:, slot]).tolist()
        if alike:
            for unit in members:
                build.add_implication(model.x[unit, slot], model.x[slot, slot])
        else:
            build.add_at_least_one(model.x[unit, slot] for unit in members)
    if alike:
        build.add(sum(model.x[slot, slot] for slot in range(len(part.units))) == len(part.zones))


def _pace(part: Part) -> tuple[int, NDArray[np.int64]]:
    """Return by what loads are multiplied, and what a step of deviation then is to each zone."""
    ratio = part.target / part.target.min()
    times = 1 if ratio.max() <= 1 + 1e-9 else _FINE
    return times, np.ceil(times * ratio - 1e-6).astype(np.int64)


def _step_up(part: Part, numbers: Whole, zone_of: NDArray[np.int64]) -> int:
    """Return the least steps of deviation that let a plan pass."""
    times, pace = _pace(part)
    target = times * part.target * numbers.scale
    zones = len(part.zones)
    under = times * np.bincount(zone_of, numbers.under, minlength=zones)
    over = times * np.bincount(zone_of, numbers.over, minlength=zones)
    off = np.maximum(under - np.ceil(target), np.floor(target) - over)
    return max(int(np.ceil(off / pace).max()), 0)


def _rank(part: Part) -> NDArray[np.int64]:
    """Return the place of each unit, the heaviest first."""
    rank = np.empty(len(part.units), dtype=np.int64)
    rank[np.argsort(-part.weight, kind="stable")] = np.arange(len(part.units))
    return rank


def _slots_of_zones(part: Part, zone_of: NDArray[np.int64]) -> NDArray[np.int64]:
    rank = _rank(part)
    slot_of = np.empty_like(zone_of)
    for zone in np.unique(zone_of):
        members = np.flatnonzero(zone_of == zone)
        slot_of[members] = members[rank[members].argmin()]
    return slot_of


def _zones_of_slots(part: Part, slot_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each slot the zone of today that it has most of, the heaviest overlap first."""
    slots, numbers = np.unique(slot_of, return_inverse=True)
    shared = np.zeros((len(slots), len(part.zones)))
    np.add.at(shared, numbers, part.stay)
    slot, zone = linear_sum_assignment(-shared)
    named = np.empty(len(slots), dtype=np.int64)
    named[slot] = zone
    return named[numbers]


def _heaviest(part: Part, members: NDArray[np.bool_]) -> int:
    return int(np.where(members, part.weight, -1.0).argmax())


def _in_problem(problem: Problem, part: Part, zone_of: NDArray[np.int64]) -> NDArray[np.int64]:
    plan = problem.start.copy()
    plan[part.units] = part.zones[zone_of]
    return plan
