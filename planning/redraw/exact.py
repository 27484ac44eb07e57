"""Exact models of one region, solved by CP-SAT; contiguity is enforced by cuts, as they are needed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.sat.python import cp_model

from planning.redraw.part import separators, split_zones, ways, whole
from planning.redraw.tightening import fractional_cuts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from planning.redraw.part import Part, Whole

# Share of the time in which cuts are looked for by linear programs before the search begins.
_TIGHTENING = 0.25


@dataclass(frozen=True, kw_only=True)
class Answer:
    """
    What an exact search of a region found.

    Parameters
    ----------
    bound
        No plan that was looked for has less (workload moved, or deviation); infinite if there is none.
    zone_of
        The best plan found, as zones of the part; None if none was.
    value
        Of that plan; infinite without one.
    closed
        The plan found is proved to be the best, or it is proved that there is none.
    cuts
        How many contiguity cuts were needed.
    """

    bound: float
    zone_of: NDArray[np.int64] | None
    value: float
    closed: bool
    cuts: int


class CutModel:
    """
    Units shared out among slots (zones), whose contiguity is enforced by cuts.

    Parameters
    ----------
    part
        The open part of a region.
    numbers
        Its loads in whole numbers.
    inside
        Units by slots: which units a slot may have.
    anchors
        Of each slot a unit that it has in every plan looked for (if it has any unit), or -1.
    hubs
        Of each slot a unit that it likely has: cuts are drawn towards it.
    """

    def __init__(
        self,
        part: Part,
        numbers: Whole,
        *,
        inside: NDArray[np.bool_],
        anchors: NDArray[np.int64],
        hubs: NDArray[np.int64],
    ) -> None:
        self.part, self.numbers = part, numbers
        self.inside, self.anchors, self.hubs = inside, anchors, hubs
        self.model = cp_model.CpModel()
        self.x = {(int(u), int(z)): self.model.new_bool_var("") for u, z in np.argwhere(inside)}
        self.cuts: set[tuple[int, int, int, bytes]] = set()
        for u in range(len(part.units)):
            self.model.add_exactly_one(self.x[u, int(z)] for z in np.flatnonzero(inside[u]))

    def load(self, slot: int, weight: NDArray[np.int64]) -> Any:
        """Return the load of a slot as an expression."""
        members = np.flatnonzero(self.inside[:, slot]).tolist()
        return cp_model.LinearExpr.weighted_sum([self.x[u, slot] for u in members], weight[members])

    def cut(self, slot_of: NDArray[np.int64]) -> bool:
        """Add the cuts that a plan breaks, and return whether it is in pieces."""
        broken = False
        for slot, main, piece in split_zones(self.part, slot_of, self.hubs):
            broken, hub = True, int(self.hubs[slot])
            goal = hub if hub in main else int(main[self.part.weight[main].argmax()])
            for ring in separators(self.part, self.inside[:, slot], main, piece):
                for unit in piece.tolist():
                    self.add_cut(slot, unit, goal, ring)
        return broken

    def add_cut(self, slot: int, unit: int, goal: int, ring: NDArray[np.int64]) -> None:
        """Let a slot with a unit and a goal have some unit of the ring that parts them."""
        key = (slot, unit, goal, ring.tobytes())
        if key in self.cuts:
            return
        self.cuts.add(key)
        ends = [self.x[unit, slot].negated()]
        if goal != self.anchors[slot]:
            ends.append(self.x[goal, slot].negated())
        self.model.add_bool_or(*ends, *(self.x[int(c), slot] for c in ring))

    def minimise(
        self,
        objective: Any,
        value_of: Callable[[NDArray[np.int64]], int],
        *,
        seconds: float,
        start: NDArray[np.int64] | None,
        workers: int,
        seed: int,
        cancelled: Callable[[], bool] | None,
    ) -> tuple[int | None, NDArray[np.int64] | None, int | None]:
        """
        Return bound, best plan (in slots) and its value; a bound of None says that there is no plan.

        Plans found on the way give cuts too; the last, if contiguous and proved best, ends the search.
        """
        began, bound, best = time.monotonic(), 0, start
        value = None if start is None else value_of(start)
        if value is not None:
            self.model.add(objective <= value)
        self.model.minimize(objective)
        while not (value is not None and bound >= value):
            left = seconds - (time.monotonic() - began)
            if left <= 0 or (cancelled is not None and cancelled()):
                break
            status, proved, plans = self._solve(left, best, workers=workers, seed=seed)
            if status == cp_model.INFEASIBLE:
                return value, best, value
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                break
            bound = max(bound, proved)
            for plan in plans:
                if not self.cut(plan) and (value is None or value_of(plan) < value):
                    best, value = plan, value_of(plan)
        return bound, best, value

    def _solve(
        self, seconds: float, hint: NDArray[np.int64] | None, *, workers: int, seed: int
    ) -> tuple[object, int, list[NDArray[np.int64]]]:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        # Without it cuts are no part of the linear relaxation.
        solver.parameters.linearization_level = 2
        if hint is not None:
            self.model.clear_hints()  # type: ignore[no-untyped-call]
            for (u, z), x in self.x.items():
                self.model.add_hint(x, bool(hint[u] == z))
        plans = _Plans(self.x, len(self.part.units))
        status = solver.solve(self.model, plans)
        return status, int(np.ceil(solver.best_objective_bound - 1e-6)), plans.found


class _Plans(cp_model.CpSolverSolutionCallback):
    """Keeps every plan that a search meets."""

    def __init__(self, x: dict[tuple[int, int], Any], units: int) -> None:
        super().__init__()
        self.x, self.units = x, units
        self.found: list[NDArray[np.int64]] = []

    def on_solution_callback(self) -> None:
        """Keep the plan."""
        slot_of = np.full(self.units, -1, dtype=np.int64)
        for (u, z), x in self.x.items():
            if self.boolean_value(x):
                slot_of[u] = z
        self.found.append(slot_of)


def move_least(
    part: Part,
    tolerance: NDArray[np.float64],
    *,
    inside: NDArray[np.bool_] | None = None,
    anchors: NDArray[np.int64] | None = None,
    hubs: NDArray[np.int64],
    seconds: float,
    start: NDArray[np.int64] | None = None,
    workers: int = 1,
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> Answer:
    """
    Find the contiguous plan of a part that moves least within the tolerances, or a bound on it.

    Parameters
    ----------
    part
        The open part of a region.
    tolerance
        Deviation allowed to each zone, as a share of its target.
    inside
        Units by zones: which units a zone may have; any without it.
    anchors
        Of each zone a unit that it has in every plan looked for, or -1; locked units without it.
    hubs
        Of each zone a unit that it likely has.
    seconds
        After which it stops with what is proved so far.
    start
        A plan that is among those looked for: nothing worse is.
    workers, seed
        Threads, and what their luck depends on.
    cancelled
        Asked between solves; true stops the search.
    """
    began = time.monotonic()
    numbers = whole(part, tolerance)
    everywhere = np.ones((len(part.units), len(part.zones)), bool)
    hubs, anchors = _anchored(part, hubs, anchors)
    allowed = _reachable(part, numbers, everywhere if inside is None else inside, anchors)
    if not allowed.any(axis=1).all():
        return Answer(bound=np.inf, zone_of=None, value=np.inf, closed=True, cuts=0)
    model = CutModel(part, numbers, inside=allowed, anchors=anchors, hubs=hubs)
    for z in range(len(part.zones)):
        members = np.flatnonzero(allowed[:, z]).tolist()
        model.model.add(model.load(z, numbers.under) <= int(numbers.high[z]))
        model.model.add(model.load(z, numbers.over) >= int(numbers.low[z]))
        model.model.add_at_least_one(model.x[u, z] for u in members)
    _part_far_pairs(model)
    for slot, unit, ring in fractional_cuts(
        part,
        numbers,
        inside=allowed,
        anchors=anchors,
        hubs=hubs,
        seconds=_TIGHTENING * seconds,
        cancelled=cancelled,
    ):
        model.add_cut(slot, unit, int(hubs[slot]), ring)
    cost = cp_model.LinearExpr.weighted_sum(
        list(model.x.values()), [int(numbers.cost[key]) for key in model.x]
    )
    bound, best, value = model.minimise(
        cost,
        lambda plan: int(numbers.cost[np.arange(len(plan)), plan].sum()),
        seconds=max(seconds - (time.monotonic() - began), 0.0),
        start=start,
        workers=workers,
        seed=seed,
        cancelled=cancelled,
    )
    return _answer(part, bound, best, value, scale=numbers.scale, cuts=len(model.cuts))


def _answer(
    part: Part,
    bound: int | None,
    best: NDArray[np.int64] | None,
    value: int | None,
    *,
    scale: float,
    cuts: int,
) -> Answer:
    if bound is None:
        return Answer(bound=np.inf, zone_of=None, value=np.inf, closed=True, cuts=cuts)
    return Answer(
        bound=bound / scale,
        zone_of=best,
        value=np.inf if best is None else part.moved(best),
        closed=value is not None and bound >= value,
        cuts=cuts,
    )


def _anchored(
    part: Part, hubs: NDArray[np.int64], anchors: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return hubs and anchors; the heaviest locked unit of a zone is both."""
    hubs = hubs.copy()
    anchors = np.full(len(part.zones), -1) if anchors is None else anchors.copy()
    for z in range(len(part.zones)):
        locked = np.flatnonzero(part.fixed == z)
        if len(locked):
            hubs[z] = anchors[z] = locked[part.weight[locked].argmax()]
    return hubs, anchors


def _reachable(
    part: Part, numbers: Whole, inside: NDArray[np.bool_], anchors: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Leave out what is locked elsewhere, and what no way reaches from the anchor within the load."""
    allowed = inside.copy()
    owners: Iterable[tuple[int, int]] = (
        *((int(u), int(part.fixed[u])) for u in np.flatnonzero(part.fixed >= 0)),
        *((int(u), z) for z, u in enumerate(anchors) if u >= 0),
    )
    for u, z in owners:
        allowed[u] = False
        allowed[u, z] = True
    for z, anchor in enumerate(anchors.tolist()):
        if anchor >= 0:
            way = ways(part, anchor, inside=allowed[:, z], weight=numbers.under)
            allowed[:, z] &= way <= numbers.high[z]
    return allowed


def _part_far_pairs(model: CutModel) -> None:
    """No zone has both its hub and a unit so far off that the lightest way there overloads it."""
    for z, hub in enumerate(model.hubs.tolist()):
        if model.anchors[z] >= 0 or not model.inside[hub, z]:
            continue
        way = ways(model.part, hub, inside=model.inside[:, z], weight=model.numbers.under)
        for u in np.flatnonzero((way > model.numbers.high[z]) & model.inside[:, z]).tolist():
            model.model.add_bool_or(model.x[u, z].negated(), model.x[hub, z].negated())
