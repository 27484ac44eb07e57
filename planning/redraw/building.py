"""From a district's grids to the numbers of a redraw: units, regions, zones, targets, and where to start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.schemas import COMMUNITY, KIND, VILLAGE_ID
from geo.errors import Reason, SettingError
from planning.dual_graph import AREA_M2, OUTLINE_M, PRESENT, WORKLOAD
from planning.redraw.growing import grown, settled
from planning.redraw.locks import Locks
from planning.redraw.problem import Problem
from planning.redraw.regions import zone_counts, zone_regions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from planning.redraw.params import RedrawParams
    from planning.redraw.regions import Regions


@dataclass(frozen=True, kw_only=True)
class Built:
    """
    A problem, and how the district lies in it.

    Parameters
    ----------
    problem
        The numbers.
    station_of_region
        Station of each region, "" where there are none or zones may cross them.
    notes
        What was decided on the way.
    """

    problem: Problem
    station_of_region: tuple[str, ...]
    notes: tuple[Reason, ...]


def build_problem(
    graph: DualGraph,
    today: pd.Series | None,
    *,
    params: RedrawParams,
    counts: Mapping[str, int] | None = None,
) -> Built:
    """
    Return a redraw as numbers.

    Parameters
    ----------
    graph
        The grids; every one needs a polygon and a workload.
    today
        zone_id of each grid in today's plan; None to draw from nothing, which needs `params.zones`.
    params
        What is asked.
    counts
        How many zones each station has (one entry, "", where zones may cross stations), as
        `regions.zone_counts` gives them by default.

    Raises
    ------
    SettingError
        ``redraw_needs_polygons``, ``redraw_without_work``, ``redraw_needs_zones`` (no plan and no number of
        zones), ``redraw_too_many_zones`` (with stations and numbers), ``redraw_station_without_work``,
        ``lock_unknown``, ``lock_needs_plan``, ``lock_needs_zones``, and those of `growing.settled`.
    """
    grids = graph.grids
    _require_whole(grids)
    held = today.reindex(grids.index) if today is not None else pd.Series(None, grids.index, dtype=object)
    if unknown := sorted(set(params.split) - set(grids[VILLAGE_ID])):
        raise SettingError("village_unknown", ids=", ".join(unknown))
    locks = Locks.read(params.locked, grids, held)
    counts = counts if counts is not None else zone_counts(graph, today, params=params)
    regions = zone_regions(graph, held, counts, locks, params=params)
    keys, split = _keys(grids, held, regions, locks, params)
    problem = _numbers(graph, held, _components(graph, keys), regions, locks)
    _require_room(problem)
    start, mended = settled(problem) if today is not None else (grown(problem, seed=0), ())
    return Built(
        problem=problem.replace(start=start),
        station_of_region=regions.station_of_region,
        notes=(*regions.notes, *split, *mended),
    )


def _require_whole(grids: pd.DataFrame) -> None:
    bare = grids.index[grids[AREA_M2].isna()]
    if len(bare) or grids.empty:
        raise SettingError("redraw_needs_polygons", grids=", ".join(bare[:10]), count=len(bare))
    if not (
        np.isfinite(grids[WORKLOAD]).all() and (grids[WORKLOAD] >= 0).all() and grids[WORKLOAD].sum() > 0
    ):
        raise SettingError("redraw_without_work")


def _require_room(problem: Problem) -> None:
    units = np.bincount(problem.region, minlength=len(problem.region_names))
    zones = np.bincount(problem.zone_region, minlength=len(problem.region_names))
    work = np.bincount(problem.region, problem.weight, minlength=len(problem.region_names))
    tight = [
        f"{name}: {found} < {asked}"
        for name, found, asked in zip(problem.region_names, units, zones, strict=True)
        if found < asked
    ]
    if tight:
        raise SettingError("redraw_too_many_zones", stations="; ".join(tight))
    if idle := [name for name, sum_ in zip(problem.region_names, work, strict=True) if sum_ <= 0]:
        raise SettingError("redraw_station_without_work", stations=", ".join(idle))


def _keys(
    grids: pd.DataFrame,
    held: pd.Series,
    regions: Regions,
    locks: Locks,
    params: RedrawParams,
) -> tuple[pd.Series, tuple[Reason, ...]]:
    """Return a key for each grid, alike for those that move as one, and which communities may be split."""
    village = grids[VILLAGE_ID].astype(object)
    work = grids[WORKLOAD].groupby(village).transform("sum")
    free = (village == "") | village.isin(params.split) | params.split_villages
    target = regions.of_grid.map(dict(zip(regions.of_zone, regions.targets(grids[WORKLOAD]), strict=True)))
    large = (grids[KIND] == COMMUNITY) & (work > params.split_above * target) & ~free
    # Locked grids of one village in several zones leave it no way to be whole.
    pinned = (
        held.where(grids.index.isin(locks.grids)).groupby([village, regions.of_grid]).transform("nunique") > 1
    )
    alone = free | large | pinned
    key = regions.of_grid.astype(str) + "|" + village.astype(str)
    shut = grids.index.isin(locks.shut_grids)
    key = key.where(~shut, key + "|" + held.astype(str))
    key = key.where(~alone, grids.index.to_series())
    notes = [Reason("redraw_splits", {"villages": sorted(set(village[large])), "above": params.split_above})]
    return key, tuple(notes) if large.any() else ()


def _components(graph: DualGraph, keys: pd.Series) -> NDArray[np.int64]:
    """Return the unit of each grid: what has one key and hangs together, numbered in order of the grids."""
    left, right = _positions(graph)
    codes = pd.factorize(keys)[0]
    same = codes[left] == codes[right]
    n = len(keys)
    links = coo_array((np.ones(int(same.sum())), (left[same], right[same])), shape=(n, n))
    labels = connected_components(links, directed=False)[1]
    unit: NDArray[np.int64] = pd.factorize(labels)[0].astype(np.int64)
    return unit


def _positions(graph: DualGraph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    index = graph.grids.index
    left, right = (index.get_indexer(pd.Index(graph.borders[side])) for side in ("left", "right"))
    return left.astype(np.int64), right.astype(np.int64)


def _numbers(
    graph: DualGraph, held: pd.Series, unit: NDArray[np.int64], regions: Regions, locks: Locks
) -> Problem:
    grids = graph.grids
    n = int(unit.max()) + 1
    left, right = _positions(graph)
    length = graph.borders["length_m"].to_numpy(dtype=float)
    inner = unit[left] == unit[right]
    area, outline = _sums(unit, grids[AREA_M2], n), _sums(unit, grids[OUTLINE_M], n)
    outline -= 2.0 * _sums(unit[left[inner]], length[inner], n)
    region = np.empty(n, dtype=np.int64)
    region[unit] = regions.of_grid.to_numpy()
    zone = {name: i for i, name in enumerate(regions.zone_ids)}
    today = held.map(zone).fillna(-1).to_numpy().astype(np.int64)
    fixed, start = np.zeros(n, dtype=bool), np.full(n, -1, dtype=np.int64)
    locked = np.flatnonzero(grids.index.isin(locks.grids))
    fixed[unit[locked]], start[unit[locked]] = True, today[locked]
    weight = grids[WORKLOAD].to_numpy(dtype=float)
    return Problem(
        grid_ids=tuple(grids.index),
        unit_of_grid=unit,
        weight=_sums(unit, weight, n),
        present=_sums(unit, grids[PRESENT], n),
        area=area,
        outline=np.maximum(outline, 0.0),
        x=_sums(unit, grids["x"] * grids[AREA_M2], n) / area,
        y=_sums(unit, grids["y"] * grids[AREA_M2], n) / area,
        **_neighbours(unit, left, right, length, region),
        region=region,
        region_names=regions.names,
        zone_ids=regions.zone_ids,
        zone_region=regions.of_zone,
        target=regions.targets(grids[WORKLOAD]),
        start=start,
        **_stays(unit, today, weight, n),
        fixed=fixed,
        village=_villages(unit, grids[VILLAGE_ID]),
        closed=np.isin(np.asarray(regions.zone_ids, dtype=object), list(locks.zones)),
    )


def _sums(unit: NDArray[np.int64], values: Any, n: int) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.bincount(unit, np.asarray(values, dtype=float), minlength=n).astype(float)
    return sums


def _villages(unit: NDArray[np.int64], village: pd.Series) -> NDArray[np.int64]:
    """Return the village of each unit that holds only a part of it, counted from 0; -1 for the others."""
    name = village.astype(str)
    of_unit = name.groupby(unit).first()
    parted = of_unit.where((of_unit != "") & of_unit.duplicated(keep=False))
    return pd.factorize(parted)[0].astype(np.int64)


def _neighbours(
    unit: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    length: NDArray[np.float64],
    region: NDArray[np.int64],
) -> dict[str, Any]:
    a, b = unit[left], unit[right]
    apart = (a != b) & (region[a] == region[b])
    pairs = pd.DataFrame(
        {
            "a": np.concatenate([a[apart], b[apart]]),
            "b": np.concatenate([b[apart], a[apart]]),
            "length": np.tile(length[apart], 2),
        }
    )
    sums = pairs.groupby(["a", "b"], as_index=False)["length"].sum()
    first = np.zeros(len(region) + 1, dtype=np.int64)
    np.cumsum(np.bincount(sums["a"], minlength=len(region)), out=first[1:])
    return {
        "first": first,
        "neighbours": sums["b"].to_numpy(dtype=np.int64),
        "shared": sums["length"].to_numpy(dtype=float),
    }


def _stays(
    unit: NDArray[np.int64], today: NDArray[np.int64], weight: NDArray[np.float64], n: int
) -> dict[str, Any]:
    known = today >= 0
    rows = pd.DataFrame({"unit": unit[known], "zone": today[known], "weight": weight[known]})
    sums = rows.groupby(["unit", "zone"], as_index=False)["weight"].sum()
    first = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(sums["unit"], minlength=n), out=first[1:])
    return {
        "stay_first": first,
        "stay_zone": sums["zone"].to_numpy(dtype=np.int64),
        "stay_weight": sums["weight"].to_numpy(dtype=float),
    }
