"""What a plan changes against today's, after the best renaming of its zones or under their own names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from data.schemas import GRID_ID, VILLAGE_ID, ZONE_ID
from planning.dual_graph import PRESENT, WORKLOAD
from planning.zone_loads import placed

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
        The name of each zone of the plan after `relabelled`: the zone of today's that it succeeds; its own
        where names were kept.
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


def change_from(
    assignment: pd.Series, today: pd.Series, graph: DualGraph, *, keep_names: bool = False
) -> Change:
    """
    Measure what a plan changes against today's, after `relabelled`.

    Parameters
    ----------
    assignment, today
        zone_id of each grid, by grid_id; grids that the graph does not know are passed over.
    graph
        Gives workload, residents and villages.
    keep_names
        Whether zones are those that their ids say, and none is renamed.
    """
    rows = graph.grids
    before = placed(today).reindex(rows.index)
    plan = placed(assignment).reindex(rows.index)
    if keep_names:
        names = {zone: zone for zone in sorted(plan.dropna().unique())}
    else:
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
    for cells in _cells_by_piece(piece[gain.row]):
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


def _cells_by_piece(piece: NDArray[np.int64]) -> list[NDArray[np.int64]]:
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
