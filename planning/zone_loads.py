"""What the zones of a plan have to carry, and what they should: sums over grids, means over stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import COMMUNITY, KIND, STATION_ID, VILLAGE, ZONE_ID
from geo.errors import Reason, SettingError
from planning.dual_graph import PRESENT, WORKLOAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph

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
    zone = placed(assignment[~assignment.index.duplicated()]).reindex(values.index)
    if zone.isna().all():
        raise SettingError("assignment_foreign", count=len(assignment))
    lost = int(zone.isna().sum())
    notes = (Reason("grids_unassigned", {"count": lost}),) if lost else ()
    return values.groupby(zone.rename("zone_id")).sum(), notes


def placed(assignment: pd.Series) -> pd.Series:
    """Return an assignment in which grids in no zone are missing, however that was written."""
    values = assignment.astype(object)
    return values.where(values.notna() & (values != ""), None)


def placed_on(assignment: pd.Series, grids: pd.Index) -> pd.Series:
    """
    Return an assignment of a district's grids in their order, missing where one is in no zone.

    Raises
    ------
    SettingError
        ``assignment_unknown_grids`` or ``assignment_repeats``, naming the grids.
    """
    strangers = assignment.index.difference(grids)
    if len(strangers):
        named = [str(grid) for grid in strangers]
        raise SettingError("assignment_unknown_grids", grids=named, count=len(named))
    twice = assignment.index[assignment.index.duplicated()].unique()
    if len(twice):
        raise SettingError("assignment_repeats", grids=[str(grid) for grid in twice], count=len(twice))
    return placed(assignment).reindex(grids)


def home_places(zones: pd.Series, places: pd.Series, workload: pd.Series) -> pd.Series:
    """
    Return the place in which each zone has most of its workload, by zone_id ascending.

    Of two with the same workload it is the one with more grids, then the smaller by name; "", which stands
    for places that are not known, counts only where a zone has no other.

    Parameters
    ----------
    zones, places, workload
        Of each grid, alike in their index; grids with any of them missing are passed over.
    """
    rows = pd.DataFrame({ZONE_ID: zones, "place": places, "work": workload}).dropna()
    zone, names = pd.factorize(rows[ZONE_ID], sort=True)
    place, known = pd.factorize(rows["place"], sort=True)
    # Places are numbered by name, and "" comes before every name.
    unknown = 0 if len(known) and known[0] == "" else -1
    home = home_numbers(zone, place, rows["work"].to_numpy(dtype=float), unknown=unknown)
    return pd.Series(known.take(home).array, index=pd.Index(names, name=ZONE_ID), name="place")


def home_numbers(
    zone: NDArray[np.int64], place: NDArray[np.int64], workload: Floats, *, unknown: int
) -> NDArray[np.int64]:
    """
    Return the place in which each zone has most of its workload (`home_places`), all in numbers.

    Parameters
    ----------
    zone, place, workload
        Of each grid; zones are numbered from 0 without a gap, places from 0 by name.
    unknown
        The number that stands for places that are not known; -1 if there is none.
    """
    pairs, of_pair = np.unique(zone * (int(place.max(initial=0)) + 1) + place, return_inverse=True)
    where = np.zeros(len(pairs), dtype=np.int64)
    where[of_pair] = np.arange(len(zone))
    whose, home = zone[where], place[where]
    work, grids = np.bincount(of_pair, weights=workload), np.bincount(of_pair)
    order = np.lexsort((home, -grids, -work, home == unknown, whose))
    first = np.unique(whose[order], return_index=True)[1]
    return np.asarray(home[order][first], dtype=np.int64)


def zone_homes(assignment: pd.Series, graph: DualGraph) -> pd.Series:
    """Return the station that is home to each zone of a plan (`home_places`), "" for none."""
    rows = graph.grids
    zones = placed(assignment).reindex(rows.index)
    return home_places(zones, rows[STATION_ID], rows[WORKLOAD].fillna(0.0)).rename(STATION_ID)


def grid_regions(assignment: pd.Series, graph: DualGraph, *, homes: pd.Series | None = None) -> pd.Series:
    """
    Return the station of each grid; where it is not known, the home of its zone ("" for none).

    Parameters
    ----------
    homes
        `zone_homes` of the plan, where they are known already.
    """
    stations = graph.grids[STATION_ID]
    homes = zone_homes(assignment, graph) if homes is None else homes
    through = placed(assignment).reindex(stations.index).map(homes).astype(object)
    return stations.where(stations != "", through.where(through.notna(), ""))


def zone_kinds(assignment: pd.Series, graph: DualGraph) -> pd.Series:
    """Return the kind of village that most of each zone's present residents live in, "" where not known."""
    rows, zones = graph.grids, placed(assignment).reindex(graph.grids.index)
    people = pd.DataFrame(
        {kind: rows[PRESENT].where(rows[KIND] == kind, 0.0) for kind in (COMMUNITY, VILLAGE)}
    )
    sums = people.groupby(zones).sum()
    return sums.idxmax(axis=1).where(sums.sum(axis=1) > 0, "") if len(sums) else pd.Series(dtype=object)


def zone_targets(assignment: pd.Series, graph: DualGraph, *, homes: pd.Series | None = None) -> pd.Series:
    """
    Return the workload that each zone of a plan should have: the mean of its station's zones.

    All the workload of the station's grids, those in no zone too, over the zones whose home it is
    (`zone_homes`); the district's mean where no station is known.

    Parameters
    ----------
    homes
        `zone_homes` of the plan, where they are known already.
    """
    homes = zone_homes(assignment, graph) if homes is None else homes
    regions = grid_regions(assignment, graph, homes=homes)
    work = graph.grids[WORKLOAD].fillna(0.0).groupby(regions).sum()
    zones = homes.value_counts()
    return homes.map(work.reindex(zones.index).fillna(0.0) / zones).astype(float).rename("target")


def station_codes(
    zones: pd.Index, assignment: pd.Series, stations: pd.Series | None, workload: pd.Series
) -> NDArray[np.int64]:
    """
    Return a number from 0 for the station that is home to each zone (`home_places`); all 0 without stations.

    Zones of no known station form a group of their own.

    Parameters
    ----------
    zones
        zone_ids.
    assignment
        zone_id of each grid.
    stations, workload
        station_id and workload of each grid; grids without workload count as 0.
    """
    if stations is None:
        return np.zeros(len(zones), dtype=np.int64)
    grids = workload.index
    station = stations[~stations.index.duplicated()].reindex(grids)
    zone = placed(assignment[~assignment.index.duplicated()]).reindex(grids)
    home = home_places(zone, station.where(station.notna(), ""), workload.fillna(0.0)).reindex(zones)
    return np.asarray(pd.factorize(home.fillna("").astype(str), sort=True)[0], dtype=np.int64)


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
    target = group_means(workload, groups)
    loads = np.ones(workload.shape)
    np.divide(workload, target, out=loads, where=target > 0)
    return loads


def group_means(workload: Floats, groups: NDArray[np.int64]) -> Floats:
    """Return the mean of each zone's group, in the shape of `workload` (zones in rows)."""
    member = members(groups)
    means = np.asarray(member @ workload, dtype=float) / member.sum(axis=1, keepdims=True)
    return np.asarray(means[groups], dtype=float)


def members(groups: NDArray[np.int64]) -> Floats:
    """Return groups by zones: 1 where a zone is of a group, else 0."""
    return np.asarray(groups == np.arange(int(groups.max()) + 1)[:, None], dtype=float)
