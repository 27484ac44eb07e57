"""What the zones of a plan have to carry, and what they should: sums over grids, means over stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import Reason, SettingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def zone_sums(values: pd.DataFrame, assignment: pd.Series) -> tuple[pd.DataFrame, tuple[Reason, ...]]:
    """
    Sum grid values by the zone of a plan.

    Parameters
    ----------
    values
        Indexed by grid_id.
    assignment
        zone_id of each grid; grids of it that `values` does not hold are passed over.

    Returns
    -------
    DataFrame
        Indexed by zone_id, sorted; and a note on the grids that the plan leaves out, if there are some.

    Raises
    ------
    SettingError
        ``assignment_foreign`` if no grid of the plan is the district's.
    """
    zone = assignment[~assignment.index.duplicated()].reindex(values.index)
    zone = zone.where(zone != "")
    if zone.isna().all():
        raise SettingError("assignment_foreign", count=len(assignment))
    lost = int(zone.isna().sum())
    notes = (Reason("grids_unassigned", {"count": lost}),) if lost else ()
    return values.groupby(zone.rename("zone_id")).sum(), notes


def station_codes(zones: pd.Index, assignment: pd.Series, stations: pd.Series | None) -> NDArray[np.int64]:
    """
    Return a number from 0 for each zone's station; all 0 without stations.

    A zone is of the station that most of its grids are of, the first by id where two have as many; zones of
    no known station form a group of their own.

    Parameters
    ----------
    zones
        zone_ids.
    assignment
        zone_id of each grid.
    stations
        station_id of each grid.
    """
    if stations is None:
        return np.zeros(len(zones), dtype=np.int64)
    station = stations[~stations.index.duplicated()].reindex(assignment.index)
    counted = pd.DataFrame({"zone": assignment, "station": station.where(station != "")}).dropna()
    sizes = counted.groupby(["zone", "station"]).size().reset_index(name="grids")
    sizes = sizes.sort_values(["grids", "station"], ascending=[False, True], kind="stable")
    of_zone = sizes.drop_duplicates("zone").set_index("zone")["station"].reindex(zones)
    return np.asarray(pd.factorize(of_zone.fillna("").astype(str), sort=True)[0], dtype=np.int64)


def relative_loads(workload: Floats, groups: NDArray[np.int64]) -> Floats:
    """
    Return W / T, T being the mean of the zone's group; 1 where the whole group has no work.

    Parameters
    ----------
    workload
        A row per zone, a column per case.
    groups
        Group of each zone, from 0.
    """
    target = targets(workload, groups)
    loads = np.ones(workload.shape)
    np.divide(workload, target, out=loads, where=target > 0)
    return loads


def targets(workload: Floats, groups: NDArray[np.int64]) -> Floats:
    """Return the mean of each zone's group, in the shape of `workload` (zones in rows)."""
    member = np.zeros((int(groups.max()) + 1, len(groups)))
    member[groups, np.arange(len(groups))] = 1.0
    means = np.asarray(member @ workload, dtype=float) / member.sum(axis=1, keepdims=True)
    return np.asarray(means[groups], dtype=float)


def floor_of_change(workload: Floats, groups: NDArray[np.int64], *, tolerance: float) -> Floats:
    """
    Return the share of the work that must change zone before every zone is within the tolerance.

    The larger of what overfull zones have beyond (1 + tolerance) T and what others lack up to
    (1 - tolerance) T, over all work; T is the mean of the zone's group. No plan on the same zones can move
    less.

    Parameters
    ----------
    workload
        A row per zone, a column per case.
    groups
        Group of each zone, from 0.
    tolerance
        Share of the target.
    """
    target = targets(workload, groups)
    over = np.maximum(workload - (1 + tolerance) * target, 0.0).sum(axis=0)
    under = np.maximum((1 - tolerance) * target - workload, 0.0).sum(axis=0)
    total = workload.sum(axis=0)
    share = np.zeros(workload.shape[1])
    np.divide(np.maximum(over, under), total, out=share, where=total > 0)
    return share
