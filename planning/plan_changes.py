"""What a painted plan changes against today's, and why: the proposal's reasons, else the hand's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.schemas import GRID_ID, VILLAGE_ID
from planning.dual_graph import PRESENT, WORKLOAD
from planning.redraw.reasons import NEW_ZONE, UNASSIGNED, ZONE_GONE
from planning.zone_loads import placed, placed_on, zone_targets

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from planning.dual_graph import DualGraph

    Known = tuple[str, str, str, dict[str, Any]]

# What somebody painted; the second where there is no target to compare the work with.
BY_HAND, BY_HAND_ALONE = "by_hand", "by_hand_alone"


def plan_changes(
    graph: DualGraph,
    assignment: pd.Series,
    today: pd.Series,
    *,
    known: Mapping[str, Known] | None = None,
) -> pd.DataFrame:
    """
    Return a row for each grid that changes its zone, zones being those that their ids say.

    Parameters
    ----------
    graph
        The grids.
    assignment, today
        zone_id of each grid, by grid_id; missing or "" for none. Grids of today's that the graph does not
        know are passed over.
    known
        From, to, reason and facts of the grids of the proposal that the plan came from (`known_reasons`): a
        reason holds as long as from and to are the same.

    Returns
    -------
    DataFrame
        grid_id, village_id, from_zone, to_zone ("" if none), present, workload, reason, facts (dict), in
        the graph's order, as `planning.redraw.reasons.changes_with_reasons` gives them. Where no reason is
        known, it is what both plans show: `UNASSIGNED`, `ZONE_GONE`, `NEW_ZONE`. All else is `BY_HAND`, its
        facts the zone whose deviation it changes most, and the deviation `with` and `without` the grids that
        go together (`change_groups`); `BY_HAND_ALONE` where none is known.

    Raises
    ------
    SettingError
        ``assignment_unknown_grids`` or ``assignment_repeats``, naming the grids.
    """
    rows = graph.grids
    after = placed_on(assignment, rows.index).fillna("").astype(str)
    before = placed(today).reindex(rows.index).fillna("").astype(str)
    moved = np.flatnonzero((before != after).to_numpy())
    mine = rows.iloc[moved]
    changes = pd.DataFrame(
        {
            GRID_ID: mine.index.to_numpy(),
            VILLAGE_ID: mine[VILLAGE_ID].to_numpy(),
            "from_zone": before.iloc[moved].to_numpy(),
            "to_zone": after.iloc[moved].to_numpy(),
            PRESENT: mine[PRESENT].to_numpy(),
            WORKLOAD: mine[WORKLOAD].to_numpy(),
        }
    )
    shown = _shown(changes, kept={*after}, were={*before})
    painted = _by_hand(changes, graph, after)
    plain = [(seen, {}) if seen else by_hand for seen, by_hand in zip(shown, painted, strict=True)]
    why = _reasons(changes, plain, known or {})
    return changes.assign(
        reason=pd.Series([reason for reason, _ in why], dtype="str"),
        facts=pd.Series([facts for _, facts in why], dtype=object),
    )


def change_groups(changes: pd.DataFrame, graph: DualGraph) -> pd.Series:
    """
    Return a number from 0 for each row: grids that hang together and go one way are one change.

    Parameters
    ----------
    changes
        grid_id, from_zone, to_zone.
    graph
        Says which grids are neighbours.

    Returns
    -------
    Series
        Indexed as `changes`, numbered in the order of the rows.
    """
    place = pd.Index(changes[GRID_ID])
    left, right = (place.get_indexer(pd.Index(graph.borders[end])) for end in ("left", "right"))
    both = (left >= 0) & (right >= 0)
    way = changes.groupby(["from_zone", "to_zone"]).ngroup().to_numpy()
    left, right = left[both], right[both]
    alike = way[left] == way[right]
    size = (len(changes), len(changes))
    web = coo_matrix((np.ones(int(alike.sum())), (left[alike], right[alike])), shape=size)
    label = connected_components(web, directed=False)[1] if len(changes) else np.zeros(0, dtype=np.int64)
    return pd.Series(pd.factorize(label)[0], index=changes.index, name="change", dtype=np.int64)


def kept_reasons(changes: pd.DataFrame) -> dict[str, list[Any]]:
    """Return from, to, reason and facts by grid_id, as they are kept with a proposal in ``reasons``."""
    columns = (changes[name] for name in (GRID_ID, "from_zone", "to_zone", "reason", "facts"))
    return {
        str(grid): [str(left), str(to), str(reason), dict(facts)]
        for grid, left, to, reason, facts in zip(*columns, strict=True)
    }


def known_reasons(params: Mapping[str, Any]) -> dict[str, Known]:
    """Return what `kept_reasons` put into a plan's params under ``reasons``; {} where there are none."""
    return {
        grid: (left, to, reason, dict(facts))
        for grid, (left, to, reason, facts) in (params.get("reasons") or {}).items()
    }


def _shown(changes: pd.DataFrame, *, kept: Collection[str], were: Collection[str]) -> list[str]:
    """Return for each row the reason that both plans show; "" where they show none."""
    return [
        UNASSIGNED
        if not left
        else ""
        if not to
        else ZONE_GONE
        if left not in kept
        else NEW_ZONE
        if to not in were
        else ""
        for left, to in zip(changes["from_zone"], changes["to_zone"], strict=True)
    ]


def _reasons(
    changes: pd.DataFrame, plain: list[tuple[str, dict[str, Any]]], known: Mapping[str, Known]
) -> list[tuple[str, dict[str, Any]]]:
    found = []
    ways = zip(changes[GRID_ID], changes["from_zone"], changes["to_zone"], plain, strict=True)
    for grid, left, to, otherwise in ways:
        told = known.get(grid)
        same = told is not None and told[:2] == (left, to)
        found.append((told[2], dict(told[3])) if told is not None and same else otherwise)
    return found


def _by_hand(changes: pd.DataFrame, graph: DualGraph, plan: pd.Series) -> list[tuple[str, dict[str, Any]]]:
    """Return for each row the reason of what was painted."""
    groups = change_groups(changes, graph)
    target = zone_targets(plan, graph)
    target = target[target > 0]
    load = graph.grids[WORKLOAD].fillna(0.0).groupby(plan).sum()
    off = (load / target - 1.0).reindex(target.index)
    first = changes.groupby(groups)[["from_zone", "to_zone"]].first()
    work = changes[WORKLOAD].fillna(0.0).groupby(groups).sum()
    facts = [
        _most(left, to, float(work[group]), off, target)
        for group, left, to in zip(first.index, first["from_zone"], first["to_zone"], strict=True)
    ]
    return [(BY_HAND, dict(facts[group])) if facts[group] else (BY_HAND_ALONE, {}) for group in groups]


def _most(left: str, to: str, work: float, off: pd.Series, target: pd.Series) -> dict[str, Any]:
    """Return the deviation of the one of two zones that a change does most to, with it and without."""
    back = {
        zone: float(off[zone]) + sign * work / float(target[zone])
        for zone, sign in ((to, -1.0), (left, 1.0))
        if zone in off.index
    }
    if not back:
        return {}
    zone = max(back, key=lambda name: abs(back[name] - float(off[name])))
    return {"zone": zone, "with": round(float(off[zone]), 6), "without": round(back[zone], 6)}
