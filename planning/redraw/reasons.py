"""Why each grid of a plan changes its zone: which constraint asks for it, or what is gained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.schemas import GRID_ID, VILLAGE_ID
from planning.dual_graph import PRESENT, WORKLOAD
from planning.redraw.growing import components, near

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from planning.redraw.problem import Problem

# In the order in which they are looked for.
UNASSIGNED, ZONE_GONE, OTHER_STATION, NEW_ZONE, VILLAGE_WHOLE = (
    "unassigned",
    "zone_gone",
    "other_station",
    "new_zone",
    "village_whole",
)
RELIEVES, FILLS, CONTIGUITY, BALANCE, SHAPE, PASSES_ON = (
    "relieves",
    "fills",
    "contiguity",
    "balance",
    "shape",
    "passes_on",
)
CHANGE_REASONS = (
    UNASSIGNED,
    ZONE_GONE,
    OTHER_STATION,
    NEW_ZONE,
    VILLAGE_WHOLE,
    RELIEVES,
    FILLS,
    CONTIGUITY,
    BALANCE,
    SHAPE,
    PASSES_ON,
)
_SMALL = 1e-9


def changes_with_reasons(
    graph: DualGraph,
    problem: Problem,
    zone_of: NDArray[np.int64],
    today: pd.Series,
    *,
    tolerance: NDArray[np.float64],
    assignment: pd.Series | None = None,
) -> pd.DataFrame:
    """
    Return a row for each grid that changes its zone, and why it does.

    What has to change (a zone that is gone, a village that is made whole…) says so. For the others, the
    units that go together from one zone to another are put back in thought: what that would spoil is the
    reason why they go.

    Parameters
    ----------
    graph
        The grids.
    problem, zone_of
        The numbers and a plan in them.
    today
        zone_id of each grid today.
    tolerance
        Of each zone.
    assignment
        The same plan as zone_id by grid_id, where its zones bear other names than in the numbers.

    Returns
    -------
    DataFrame
        grid_id, village_id, from_zone ("" if none), to_zone, present, workload, reason (one of
        `CHANGE_REASONS`), facts (dict: zone, the deviation `with` and `without` the change), in the
        graph's order.
    """
    before = today.reindex(graph.grids.index).astype(object).where(lambda held: held.notna(), "")
    named = problem.assignment(zone_of) if assignment is None else assignment
    after = named.reindex(graph.grids.index)
    changed = np.flatnonzero((before != after).to_numpy())
    number = {zone: i for i, zone in enumerate(problem.zone_ids)}
    held = before.map(number).fillna(-1).to_numpy(dtype=np.int64)
    known = set(today.dropna())
    main = _main_zones(problem)
    why = dict(_gains(problem, zone_of, main, tolerance))
    reasons, facts = [], []
    for grid in changed:
        unit = int(problem.unit_of_grid[grid])
        forced = _forced(problem, zone_of, unit, before.iloc[grid], int(held[grid]), int(main[unit]), known)
        reason, fact = (forced, {}) if forced else why.get(unit, (PASSES_ON, {}))
        reasons.append(reason)
        facts.append(fact)
    rows = graph.grids.iloc[changed]
    return pd.DataFrame(
        {
            GRID_ID: rows.index.to_numpy(),
            VILLAGE_ID: rows[VILLAGE_ID].to_numpy(),
            "from_zone": before.iloc[changed].to_numpy(),
            "to_zone": after.iloc[changed].to_numpy(),
            PRESENT: rows[PRESENT].to_numpy(),
            WORKLOAD: rows[WORKLOAD].to_numpy(),
            "reason": pd.Series(reasons, dtype="str"),
            "facts": pd.Series(facts, dtype=object),
        }
    )


def _main_zones(problem: Problem) -> NDArray[np.int64]:
    """Return the zone that holds most of each unit today; -1 where none of the plan's does."""
    owner = np.repeat(np.arange(problem.units), np.diff(problem.stay_first))
    order = np.lexsort((problem.stay_zone, -problem.stay_weight, owner))
    main = np.full(problem.units, -1, dtype=np.int64)
    units, at = np.unique(owner[order], return_index=True)
    main[units] = problem.stay_zone[order][at]
    return main


def _forced(
    problem: Problem,
    zone_of: NDArray[np.int64],
    unit: int,
    before: str,
    held: int,
    main: int,
    known: set[str],
) -> str | None:
    zone = int(zone_of[unit])
    if before == "":
        return UNASSIGNED
    if held < 0:
        return ZONE_GONE
    if problem.zone_region[held] != problem.region[unit]:
        return OTHER_STATION
    if problem.zone_ids[zone] not in known:
        return NEW_ZONE
    # The rest of its village stays, and this part of it comes along.
    return VILLAGE_WHOLE if zone == main and held != main else None


def _gains(
    problem: Problem, zone_of: NDArray[np.int64], main: NDArray[np.int64], tolerance: NDArray[np.float64]
) -> Iterator[tuple[int, tuple[str, dict[str, Any]]]]:
    """Yield for each unit that moves the reason of the units that move with it."""
    members = {z: set(np.flatnonzero(zone_of == z).tolist()) for z in range(problem.zones)}
    load = problem.zone_weights(zone_of)
    moved = np.flatnonzero((main >= 0) & (main != zone_of))
    moved = moved[problem.zone_region[main[moved]] == problem.region[moved]]
    pairs: dict[tuple[int, int], list[int]] = {}
    for unit in moved.tolist():
        pairs.setdefault((int(main[unit]), int(zone_of[unit])), []).append(unit)
    for (a, b), units in pairs.items():
        for part in components(problem, units):
            reason = _gain(problem, members, load, a, b, part, tolerance)
            for unit in part:
                yield unit, reason


def _gain(
    problem: Problem,
    members: dict[int, set[int]],
    load: NDArray[np.float64],
    a: int,
    b: int,
    part: list[int],
    tolerance: NDArray[np.float64],
) -> tuple[str, dict[str, Any]]:
    weight = float(problem.weight[part].sum())
    now = {z: float(load[z] / problem.target[z] - 1) for z in (a, b)}
    back = {
        a: float((load[a] + weight) / problem.target[a] - 1),
        b: float((load[b] - weight) / problem.target[b] - 1),
    }
    if back[a] > tolerance[a] + _SMALL:
        return RELIEVES, _fact(problem, a, now, back)
    if back[b] < -tolerance[b] - _SMALL:
        return FILLS, _fact(problem, b, now, back)
    with_part, without = members[a] | set(part), members[b] - set(part)
    if not without or len(components(problem, sorted(with_part))) > 1:
        return CONTIGUITY, _fact(problem, a, now, back)
    if len(components(problem, sorted(without))) > len(components(problem, sorted(members[b]))):
        return CONTIGUITY, _fact(problem, b, now, back)
    evener = sum(back[z] ** 2 - now[z] ** 2 for z in (a, b))
    rounder = _shape(problem, members[a]) + _shape(problem, members[b])
    rounder -= _shape(problem, with_part) + _shape(problem, without)
    if max(evener, rounder) <= _SMALL:
        return PASSES_ON, {}
    if evener >= rounder:
        return BALANCE, _fact(problem, a if abs(back[a]) > abs(back[b]) else b, now, back)
    return SHAPE, {"zone": problem.zone_ids[b]}


def _fact(problem: Problem, zone: int, now: dict[int, float], back: dict[int, float]) -> dict[str, Any]:
    return {"zone": problem.zone_ids[zone], "with": round(now[zone], 6), "without": round(back[zone], 6)}


def _shape(problem: Problem, units: set[int]) -> float:
    """Return the Polsby-Popper measure of some units taken together."""
    outline = area = 0.0
    for unit in units:
        outline += float(problem.outline[unit])
        area += float(problem.area[unit])
        start = int(problem.first[unit])
        for i, v in enumerate(near(problem, unit)):
            if v in units:
                outline -= float(problem.shared[start + i])
    return 4 * np.pi * area / outline**2 if outline > 0 else 0.0
