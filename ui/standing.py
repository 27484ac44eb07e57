"""How a district stands: its grids with their workload, and today's plan."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data.plans import read_assignment, read_plans, today_plan_id
from data.schemas import ZONE_ID
from geo.errors import Reason, SettingError
from planning.dual_graph import dual_graph, grid_road_links
from planning.nesting import district_ground, nest_district
from planning.profile import DEFAULT_PROFILE, Profile
from planning.scorecard import ScoreParams, Scorer
from planning.workload import grid_workload
from ui.names import PlaceNames
from ui.saving import NESTING_TABLES, read_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from data.workspace import Workspace
    from planning.dual_graph import DualGraph
    from planning.nesting import Ground
    from planning.workload import Workload

# Besides the hierarchy: what makes work, what joins or parts grids, and who is there.
STANDING_TABLES = (*NESTING_TABLES, "incidents", "roads", "barriers", "staff")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """
    How a district stands.

    Parameters
    ----------
    stamp
        `Workspace.stamp` of the tables.
    tables
        Those of `STANDING_TABLES` that there are.
    workload
        Of the grids.
    graph
        The grids, with it.
    today_id
        The saved plan that holds today; None where that is the nesting, or nothing.
    today
        zone_id by grid_id; None without zones.
    names
        Of the places.
    notes
        What was left out or counted as 0.
    """

    stamp: str
    tables: Mapping[str, pd.DataFrame]
    workload: Workload
    graph: DualGraph
    today_id: str | None
    today: pd.Series | None
    names: PlaceNames
    notes: tuple[Reason, ...]

    def scorer(self, params: ScoreParams) -> Scorer:
        """Return what scores the district's plans, with its roads and its staff."""
        return Scorer(
            self.graph,
            today=self.today,
            params=params,
            road_links=grid_road_links(self.tables),
            staff=self.tables.get("staff"),
        )


def stand(workspace: Workspace, profile: Profile = DEFAULT_PROFILE) -> Standing:
    """Return how a district stands; raises as `planning.workload.grid_workload`."""
    stamp, tables = workspace.stamp, read_tables(workspace, STANDING_TABLES)
    workload = grid_workload(tables, profile)
    today_id = today_plan_id(workspace)
    if today_id is None:
        ground, today, lost = *nested(tables), ()
    else:
        ground, today = district_ground(tables), read_assignment(workspace, today_id)
        lost = tuple(_lost(today_id, today, workload.total.index))
        today = today[today.index.isin(workload.total.index)]
    return Standing(
        stamp=stamp,
        tables=tables,
        workload=workload,
        graph=dual_graph(tables, ground, workload.total, today=today),
        today_id=today_id,
        today=today,
        names=PlaceNames.of(tables),
        notes=(*workload.notes, *lost),
    )


def profile_of(workspace: Workspace, texts: Iterable[str] | None, plan_id: str | None = None) -> Profile:
    """
    Return the profile that ``FACTOR=W`` texts state, else the one saved with a plan, else the default.

    Raises
    ------
    SettingError
        ``weights_unreadable``.
    """
    if texts:
        return Profile.from_texts(texts)
    saved = saved_params(workspace, plan_id).get("profile") if plan_id else None
    return Profile.from_dict(saved) if saved else DEFAULT_PROFILE


def saved_params(workspace: Workspace, plan_id: str) -> dict[str, Any]:
    """Return what was saved with a plan; {} where there is no such plan."""
    plans = read_plans(workspace).set_index("plan_id")
    found = json.loads(plans.at[plan_id, "params"]) if plan_id in plans.index else {}
    return found if isinstance(found, dict) else {}


def score_params(saved: Mapping[str, Any]) -> ScoreParams:
    """
    Return how a saved plan is scored: as it was computed where it was, its zones under their own names.

    Parameters
    ----------
    saved
        What was saved with it (`saved_params`).
    """
    settings = saved.get("settings") or {}
    return ScoreParams(
        tolerance=float(settings.get("tolerance", ScoreParams.tolerance)),
        across_stations=bool(settings.get("across_stations", False)),
        draws=0,
        keep_names=True,
    )


def plan_name(workspace: Workspace, plan_id: str) -> str:
    """Return the name of a saved plan."""
    return str(read_plans(workspace).set_index("plan_id").at[plan_id, "name"])


def nested(tables: Mapping[str, pd.DataFrame]) -> tuple[Ground, pd.Series | None]:
    """Return the ground of a district and the zone_id of each grid by nesting; None without zones."""
    try:
        nesting = nest_district(tables)
    except SettingError as lack:
        if lack.code != "nest_needs_layers":
            raise
        return district_ground(tables), None
    today = nesting.grids["suggested_zone_id"].dropna().rename(ZONE_ID)
    return nesting.ground, today if len(today) else None


def _lost(plan_id: str, assignment: pd.Series, grids: pd.Index) -> Iterable[Reason]:
    if lost := sorted(set(assignment.index) - set(grids)):
        yield Reason("plan_grids_unknown", {"plan": plan_id, "count": len(lost), "grids": lost[:5]})
