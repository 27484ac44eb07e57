"""The floor of change: what share of the work any plan within the tolerance has to move, by arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.schemas import STATION_ID
from geo.errors import SettingError
from planning.dual_graph import WORKLOAD
from planning.zone_loads import group_means, members, placed, zone_homes, zone_targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph

    Floats = NDArray[np.float64]


def unavoidable(
    graph: DualGraph,
    today: pd.Series,
    *,
    tolerance: float,
    zones_per_station: Mapping[str, int] | pd.Series | None = None,
) -> float:
    """
    Return the floor of change: a share of workload that every plan within the tolerance moves.

    Of a zone above (1 + tolerance) T at least the excess has to leave, into one below (1 - tolerance) T at
    least the shortfall has to come; grids in no zone have to come into one. A grid that moves can answer to
    one of each kind, so at least the larger of the two sums is moved. Where the number of zones changes,
    the lightest are taken to be given up, or new ones filled from nothing. Where the station of
    every grid is known zones may not cross stations: the larger sum is taken station by station. Of a zone
    that lies in several, each part is taken to be one that may live on, which asks for no more than the
    truth: only one of them can.

    It is a lower bound and not what a plan can reach, because work moves in whole grids, between
    neighbours, and zones have to stay contiguous. (Compare `min_move_parity` of redist, which counts people
    to a common target: Kenny, McCartan, Fifield & Imai.)

    Parameters
    ----------
    today
        zone_id of each grid, by grid_id.
    tolerance
        Deviation from the target (the mean of the station's zones) that is allowed, as a share, >= 0.
    zones_per_station
        How many zones the plan has in each station, by station_id ("" where no station is known); as many
        as today without. Not regarded where only some stations are known.

    Raises
    ------
    SettingError
        ``setting_wrong`` if the tolerance is negative.
    """
    if not tolerance >= 0:
        raise SettingError("setting_wrong", name="tolerance", found=tolerance, allowed=">= 0")
    rows = graph.grids
    before, work = placed(today).reindex(rows.index), rows[WORKLOAD].fillna(0.0)
    total, homes = float(work.sum()), zone_homes(before, graph)
    if total <= 0:
        return 0.0
    known = rows[STATION_ID] != ""
    counts = zones_per_station
    region = rows[STATION_ID]
    targets = zone_targets(before, graph, homes=homes)
    if known.any() and not known.all():
        counts, homes, region = None, homes.map(lambda _: ""), region.map(lambda _: "")
    least = 0.0
    for name, here in work.groupby(region):
        load, held = float(here.sum()), here.groupby(before[here.index]).sum().to_numpy()
        mine = homes.index[homes == name]
        zones = len(mine) if counts is None else int(counts.get(str(name), 0))
        if zones:
            # Where stations are known in part the targets differ, and the widest of them bound the rest.
            mean = known.all() or not known.any()
            target = np.array([load / zones]) if mean else targets[mine].to_numpy()
            least += _least_moved(held, load - held.sum(), zones, target, tolerance)
    return float(least / total)


def floor_of_change(workload: Floats, groups: NDArray[np.int64], *, tolerance: float) -> Floats:
    """
    Return the share of the work that must change zone before every zone is within the tolerance.

    Group by group the larger of what overfull zones have beyond (1 + tolerance) T and what others lack up to
    (1 - tolerance) T, over all work; T is the mean of the group. It is what `unavoidable` says of a plan of
    as many zones where none of today's crosses stations, for many cases at once.

    Parameters
    ----------
    workload
        A row per zone, a column per case.
    groups
        Group of each zone, from 0.
    tolerance
        Share of the target.
    """
    target, member = group_means(workload, groups), members(groups)
    over = member @ np.maximum(workload - (1 + tolerance) * target, 0.0)
    under = member @ np.maximum((1 - tolerance) * target - workload, 0.0)
    total = workload.sum(axis=0)
    share = np.zeros(workload.shape[1])
    np.divide(np.maximum(over, under).sum(axis=0), total, out=share, where=total > 0)
    return share


def _least_moved(
    held: NDArray[np.float64],
    homeless: float,
    zones: int,
    target: NDArray[np.float64],
    tolerance: float,
) -> float:
    """Return the least workload that moves where so many zones follow those that hold `held`."""
    most, least = (1.0 + tolerance) * float(np.max(target)), (1.0 - tolerance) * float(np.min(target))
    # What a zone can keep grows with what it holds, so giving up the lightest costs least.
    ranked = np.sort(held)[::-1]
    kept, dropped = ranked[:zones], ranked[zones:]
    leaves = np.maximum(kept - most, 0.0).sum() + dropped.sum() + homeless
    comes = np.maximum(least - kept, 0.0).sum() + max(zones - len(kept), 0) * max(least, 0.0)
    return float(max(leaves, comes))
