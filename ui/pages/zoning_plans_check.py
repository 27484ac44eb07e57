"""How a plan stands against today's, and what it may not have: worked out once for each revision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from data.plans import OWN, read_assignment
from data.schemas import VILLAGE_ID
from geo.errors import GridBeatError
from planning.dual_graph import WORKLOAD
from planning.zone_loads import placed
from ui.named_reasons import named_reason
from ui.plan_steps import plan_violations

if TYPE_CHECKING:
    import pandas as pd

    from geo.errors import Reason
    from ui.names import PlaceNames
    from ui.standing import Standing
    from ui.words import Words
    from ui.zoning import Zoning

_ORPHAN = "grid_orphan"
_LINES = 8


@dataclass(frozen=True, kw_only=True)
class Moved:
    """
    What changes hands between today's plan and another.

    Parameters
    ----------
    grids, villages
        How many change zones, and how many villages have such grids; None where no villages are known.
    workload
        Their share of all workload, in [0, 1]; missing where there is none.
    """

    grids: int
    villages: int | None
    workload: float | None


def moved(zoning: Zoning, plan_id: str) -> Moved | None:
    """Return what a plan changes: from its saved scorecard, else counted where people paint it; else None."""
    plan = zoning.plans.loc[plan_id]
    saved = json.loads(plan["scorecard"])
    if saved.get("grids_moved") is not None:
        return Moved(
            grids=int(saved["grids_moved"]),
            villages=None if saved.get("villages_split") is None else int(saved["villages_touched"]),
            workload=saved.get("workload_moved"),
        )
    if plan["kind"] not in OWN:
        return None
    try:
        return _moved(zoning, *_key(zoning, plan_id))
    except GridBeatError:
        # Why the district cannot be counted is said where that is asked for.
        return None


def broken(zoning: Zoning, plan_id: str) -> tuple[Reason, ...]:
    """Return what keeps a plan from being approved; raises as `ui.plan_steps.plan_violations`."""
    return _broken(zoning, *_key(zoning, plan_id))


def told_places(found: tuple[Reason, ...], t: Words, names: PlaceNames) -> list[str]:
    """Return a line for each fault with the places named, all grids without a zone in one."""
    orphans = [names("grids", fault.facts["id"]) for fault in found if fault.code == _ORPHAN]
    lines = [named_reason(fault, t, names) for fault in found if fault.code != _ORPHAN]
    if orphans:
        lines.insert(0, t("plans.orphans", count=t.number(len(orphans)), grids=t.listed(orphans)))
    left = len(lines) - _LINES
    return lines if left <= 0 else [*lines[:_LINES], t("error.further", count=t.number(left))]


def _key(zoning: Zoning, plan_id: str) -> tuple[str, str, str, int, str]:
    return zoning.place.path, zoning.place.stamp, plan_id, zoning.rev(plan_id), zoning.today_key


# `_zoning` is left out of the key: what it is read for is in the other arguments.
@st.cache_resource(max_entries=256, show_spinner=False)
def _moved(_zoning: Zoning, path: str, stamp: str, plan_id: str, rev: int, today: str) -> Moved | None:
    standing = _zoning.standing(plan_id)
    if standing.today is None:
        return None
    grids = standing.graph.grids
    changed = _zones(_zoning, plan_id, standing) != placed(standing.today).reindex(grids.index).fillna("")
    villages, touched = grids[VILLAGE_ID], grids.loc[changed, VILLAGE_ID]
    total = float(grids[WORKLOAD].sum())
    return Moved(
        grids=int(changed.sum()),
        villages=int(touched[touched != ""].nunique()) if (villages != "").any() else None,
        workload=float(grids.loc[changed, WORKLOAD].sum()) / total if total > 0 else None,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _broken(_zoning: Zoning, path: str, stamp: str, plan_id: str, rev: int, today: str) -> tuple[Reason, ...]:
    return plan_violations(_zoning.workspace, plan_id, standing=_zoning.standing(plan_id))


def _zones(zoning: Zoning, plan_id: str, standing: Standing) -> pd.Series:
    # A plan may know grids of a former edition.
    return read_assignment(zoning.workspace, plan_id).reindex(standing.graph.grids.index).fillna("")
