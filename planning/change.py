"""What a plan changes against today's: after the best renaming of its zones, and what no plan can spare."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from data.schemas import GRID_ID, STATION_ID, VILLAGE_ID, ZONE_ID
from geo.errors import SettingError
from planning.dual_graph import PRESENT, WORKLOAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph

# Among equals the renaming that leaves more grids, then more names, as they are; far below any workload.
_TIE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Change:
    """
    What a plan changes against today's.

    Parameters
    ----------
    workload_moved
        Workload of the grids that change zones, as a share of all, in [0, 1].
    residents_moved, residents_moved_share
        Present residents of these grids, and as a share of all.
    grids_moved
        How many grids change zones. A grid in no zone today counts once it is given one, a grid that
        loses its zone counts too.
    villages_touched, villages_moved
        Villages of which some grid changes zones, and of which all do.
    zones_touched
        Zones of either plan that lose or gain a grid.
    renamed
        The name of each zone of the plan after `relabelled`: the zone of today's that it succeeds.
    core_kept
        By zone of today's: the share of its workload that stays with the zone of its name; 0 where no zone
        of the plan succeeds it; missing for zones without workload.
    core_kept_mean, core_kept_min
        Of `core_kept`; missing where nothing of it is known.
    grids
        The list: grid_id, village_id, from_zone, to_zone ("" for none), residents (present), workload; by
        from_zone, to_zone, grid_id.
    """

    workload_moved: float
    residents_moved: float
    residents_moved_share: float
    grids_moved: int
    villages_touched: int
    villages_moved: int
    zones_touched: int
    renamed: Mapping[str, str]
    core_kept: pd.Series
    core_kept_mean: float
    core_kept_min: float
    grids: pd.DataFrame

    def summary(self) -> dict[str, float | int]:
        """Return the figures, without the lists."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, (int, float))}


def relabelled(assignment: pd.Series, today: pd.Series, workload: pd.Series) -> pd.Series:
    """
    Return a plan with its zones renamed to those of today's so that most workload keeps its zone.

    An optimal one-to-one matching (Kuhn 1955, "The Hungarian method for the assignment problem"; solved as
    Crouse 2016 does in scipy), piece by piece of zones that overlap. Zones that succeed none of today's
    keep their id, made unique by a number where one of today's bears it.

    Parameters
    ----------
    assignment, today
        zone_id of each grid, by grid_id; missing or "" for none.
    workload
        Non-negative, by grid_id; missing counts as 0.

    Returns
    -------
    Series
        zone_id, indexed as `assignment`, missing where it is.
    """
    names = renaming(assignment, today, workload)
    zones = placed(assignment)
    return zones.map(names).where(zones.notna(), None).astype(object).rename(ZONE_ID)


def renaming(assignment: pd.Series, today: pd.Series, workload: pd.Series) -> dict[str, str]:
    """Return the name of each zone of a plan after `relabelled`."""
    new, old = placed(assignment), placed(today).reindex(assignment.index)
    zones, before = sorted(new.dropna().unique()), sorted(placed(today).dropna().unique())
    succeeds = dict(_matched(new, old, workload, zones, before))
    # A name of today's that no zone succeeds stays unused: its bearer would be taken for the old zone.
    known, used = set(before), {*before, *zones}
    names = {}
    for zone in zones:
        own = _unused(zone, used) if zone in known else zone
        names[zone] = succeeds.get(zone, own)
        used.add(names[zone])
    return names


def change_from(assignment: pd.Series, today: pd.Series, graph: DualGraph) -> Change:
    """
    Measure what a plan changes against today's, after `relabelled`.

    Parameters
    ----------
    assignment, today
        zone_id of each grid, by grid_id; grids that the graph does not know are passed over.
    graph
        Gives workload, residents and villages.
    """
    rows = graph.grids
    before = placed(today).reindex(rows.index)
    plan = placed(assignment).reindex(rows.index)
    names = renaming(plan, before, rows[WORKLOAD])
    after = placed(plan.map(names))
    moved = before.fillna("") != after.fillna("")
    work, people = rows[WORKLOAD].fillna(0.0), rows[PRESENT].fillna(0.0)
    villages = rows[VILLAGE_ID].where(rows[VILLAGE_ID] != "")
    of_village = moved.groupby(villages)
    core = _core_kept(before, moved, work)
    listed = _listed(rows, before, after, moved)
    return Change(
        workload_moved=_share(work, moved),
        residents_moved=float(people[moved].sum()),
        residents_moved_share=_share(people, moved),
        grids_moved=int(moved.sum()),
        villages_touched=int(of_village.any().sum()),
        villages_moved=int(of_village.all().sum()),
        zones_touched=len((set(listed["from_zone"]) | set(listed["to_zone"])) - {""}),
        renamed=names,
        core_kept=core,
        core_kept_mean=float(core.mean()),
        core_kept_min=float(core.min()),
        grids=listed,
    )


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
        raise SettingError("setting_wrong", name="tolerance", found=tolerance, allowed="≥ 0")
    rows = graph.grids
    before, work = placed(today).reindex(rows.index), rows[WORKLOAD].fillna(0.0)
    total, homes = float(work.sum()), zone_homes(before, graph)
    if total <= 0:
        return 0.0
    known = rows[STATION_ID] != ""
    counts = zones_per_station
    region = rows[STATION_ID]
    if known.any() and not known.all():
        counts, homes, region = None, homes.map(lambda _: ""), region.map(lambda _: "")
    targets = zone_targets(before, graph)
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


def zone_homes(assignment: pd.Series, graph: DualGraph) -> pd.Series:
    """
    Return the station in which each zone has most of its workload, by zone_id ascending; "" for none.

    Of two with the same workload it is the one with more grids, then the smaller id; unknown stations count
    only where a zone has no other.
    """
    rows = graph.grids
    frame = pd.DataFrame(
        {
            ZONE_ID: placed(assignment).reindex(rows.index),
            STATION_ID: rows[STATION_ID],
            "known": rows[STATION_ID] != "",
            "work": rows[WORKLOAD].fillna(0.0),
            "grids": 1,
        }
    ).dropna(subset=[ZONE_ID])
    sums = frame.groupby([ZONE_ID, STATION_ID, "known"], as_index=False)[["work", "grids"]].sum()
    ranked = sums.sort_values(
        [ZONE_ID, "known", "work", "grids", STATION_ID], ascending=[True, False, False, False, True]
    )
    return ranked.drop_duplicates(ZONE_ID).set_index(ZONE_ID)[STATION_ID]


def grid_regions(assignment: pd.Series, graph: DualGraph) -> pd.Series:
    """Return the station of each grid; where it is not known, the home of its zone ("" for none)."""
    stations = graph.grids[STATION_ID]
    through = placed(assignment).reindex(stations.index).map(zone_homes(assignment, graph)).astype(object)
    return stations.where(stations != "", through.where(through.notna(), ""))


def zone_targets(assignment: pd.Series, graph: DualGraph) -> pd.Series:
    """
    Return the workload that each zone of a plan should have: the mean of its station's zones.

    All the workload of the station's grids, those in no zone too, over the zones whose home it is
    (`zone_homes`); the district's mean where no station is known.
    """
    homes = zone_homes(assignment, graph)
    work = graph.grids[WORKLOAD].fillna(0.0).groupby(grid_regions(assignment, graph)).sum()
    zones = homes.value_counts()
    return homes.map(work.reindex(zones.index).fillna(0.0) / zones).astype(float).rename("target")


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


def placed(assignment: pd.Series) -> pd.Series:
    """Return an assignment in which grids in no zone are missing, however that was written."""
    values = assignment.astype(object)
    return values.where(values.notna() & (values != ""), None)


def _share(values: pd.Series, chosen: pd.Series) -> float:
    total = float(values.sum())
    return float(values[chosen].sum()) / total if total > 0 else 0.0


def _unused(zone: str, used: set[str]) -> str:
    number = 2
    while f"{zone}-{number}" in used:
        number += 1
    return f"{zone}-{number}"


def _matched(
    new: pd.Series, old: pd.Series, workload: pd.Series, zones: list[str], before: list[str]
) -> Iterator[tuple[str, str]]:
    """Yield which of today's zones each zone succeeds."""
    both = (new.notna() & old.notna()).to_numpy()
    if not both.any():
        return
    row = pd.Index(zones).get_indexer(pd.Index(new[both]))
    column = pd.Index(before).get_indexer(pd.Index(old[both]))
    work = workload.reindex(new.index).fillna(0.0).to_numpy(dtype=float)[both]
    gain = _gains(row, column, work, zones, before)
    size = len(zones)
    whole = coo_matrix(
        (np.ones(gain.nnz), (gain.row, gain.col + size)), shape=(size + len(before), size + len(before))
    )
    _, piece = connected_components(whole, directed=False)
    for cells in _cells_by_piece(gain, piece[gain.row]):
        rows, mine = np.unique(gain.row[cells], return_inverse=True)
        columns, theirs = np.unique(gain.col[cells], return_inverse=True)
        table = np.zeros((len(rows), len(columns)))
        table[mine, theirs] = gain.data[cells]
        for i, j in zip(*linear_sum_assignment(table, maximize=True), strict=True):
            if table[i, j] > 0:
                yield zones[rows[i]], before[columns[j]]


def _gains(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    work: NDArray[np.float64],
    zones: list[str],
    old: list[str],
) -> Any:
    shape = (len(zones), len(old))
    kept = csr_matrix((work, (row, column)), shape=shape)
    grids = csr_matrix((np.ones(len(row)), (row, column)), shape=shape)
    unit = _TIE * (float(work.sum()) or 1.0) / len(row)
    gain = (kept + unit * grids).tocoo()
    same = np.asarray(zones, dtype=object)[gain.row] == np.asarray(old, dtype=object)[gain.col]
    gain.data = gain.data + 0.5 * unit * same / len(zones)
    return gain


def _cells_by_piece(gain: Any, piece: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    order = np.argsort(piece, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(piece[order])) + 1)


def _core_kept(before: pd.Series, moved: pd.Series, work: pd.Series) -> pd.Series:
    held = work.groupby(before).sum()
    stays = work[~moved].groupby(before[~moved]).sum().reindex(held.index).fillna(0.0)
    return (stays / held.where(held > 0)).rename("core_kept").rename_axis(ZONE_ID)


def _listed(rows: pd.DataFrame, before: pd.Series, after: pd.Series, moved: pd.Series) -> pd.DataFrame:
    mine = rows[moved]
    frame = pd.DataFrame(
        {
            GRID_ID: mine.index,
            VILLAGE_ID: mine[VILLAGE_ID].to_numpy(),
            "from_zone": before[moved].fillna("").to_numpy(),
            "to_zone": after[moved].fillna("").to_numpy(),
            "residents": mine[PRESENT].to_numpy(),
            WORKLOAD: mine[WORKLOAD].to_numpy(),
        }
    )
    return frame.sort_values(["from_zone", "to_zone", GRID_ID], ignore_index=True)
