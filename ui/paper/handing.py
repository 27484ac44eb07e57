"""What a hand-over of a plan is made from: the plan, today's, what changes between them, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.plans import read_assignment, read_plans
from data.schemas import GRID_ID, VILLAGE_ID
from geo.errors import Reason
from planning.dual_graph import PRESENT, WORKLOAD
from planning.redraw.reasons import NEW_ZONE, UNASSIGNED, ZONE_GONE
from planning.scorecard import ScoreParams
from ui.place import credit_line
from ui.standing import profile_of, saved_params, stand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.workspace import Workspace
    from planning.dual_graph import DualGraph
    from planning.scorecard import Scorecard
    from ui.names import PlaceNames
    from ui.standing import Standing
    from ui.words import Words

# The reason for a change of which nothing more is known than that the plan has it.
GIVEN = "given"


@dataclass(frozen=True, kw_only=True)
class PlanFacts:
    """
    What is said of a plan on paper.

    Parameters
    ----------
    plan_id, name, status, note
        As saved.
    document_no, effective
        文号 and 生效日期 (ISO); "" where not given: a blank line to be filled in.
    """

    plan_id: str
    name: str
    status: str = "draft"
    note: str = ""
    document_no: str = ""
    effective: str = ""


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """
    A plan ready to be handed over.

    Parameters
    ----------
    district
        The district's name.
    plan
        What is said of the plan.
    standing
        How the district stands; `standing.today` is what the plan is compared with.
    assignment
        zone_id by grid_id of every grid of the district; "" for none.
    today
        The same of today's plan; all "" where there is none.
    card, today_card
        Scorecards of both; None where there is no plan of today.
    changes
        As `planning.redraw.reasons.changes_with_reasons`.
    names
        Of the places, the plan's own zones among them.
    posts
        post_id, name, kind, geometry; None where there are none.
    notes
        What was left out or counted as 0.
    credit
        Credit line of maps (审图号).
    t
        Words of the language.
    """

    district: str
    plan: PlanFacts
    standing: Standing
    assignment: pd.Series
    today: pd.Series
    card: Scorecard
    today_card: Scorecard | None
    changes: pd.DataFrame
    names: PlaceNames
    posts: pd.DataFrame | None
    notes: tuple[Reason, ...]
    credit: str
    t: Words


def hand_over(
    standing: Standing,
    assignment: pd.Series,
    plan: PlanFacts,
    *,
    district: str,
    t: Words,
    params: ScoreParams | None = None,
    changes: pd.DataFrame | None = None,
    zone_names: Mapping[str, str] | None = None,
    posts: pd.DataFrame | None = None,
    credit: str = "",
) -> HandOver:
    """
    Return what a hand-over is made from.

    Parameters
    ----------
    assignment
        zone_id by grid_id; grids that are not in the district any more are left out, and told of.
    params
        How both plans are scored; the default if None.
    changes
        What changes and why (`planning.redraw.reasons.changes_with_reasons`); by comparison if None.
    zone_names
        The plan's own names of zones.
    """
    ids = standing.graph.grids.index
    lost = sorted({*assignment.index} - {*ids})
    facts = {"plan": plan.name, "count": len(lost), "grids": lost[:5]}
    notes = (Reason("plan_grids_unknown", facts),) if lost else ()
    after, before = _whole(assignment, ids), _whole(standing.today, ids)
    scorer = standing.scorer(replace(params or ScoreParams(), draws=0))
    return HandOver(
        district=district,
        plan=plan,
        standing=standing,
        assignment=after,
        today=before,
        card=scorer.score(after),
        today_card=None if standing.today is None else scorer.score(before),
        changes=changes_between(standing.graph, after, before) if changes is None else changes,
        names=_with_own(standing.names, zone_names or {}),
        posts=posts,
        notes=(*standing.notes, *notes),
        credit=credit,
        t=t,
    )


def hand_over_plan(
    workspace: Workspace,
    plan_id: str,
    *,
    t: Words,
    standing: Standing | None = None,
    changes: pd.DataFrame | None = None,
    zone_names: Mapping[str, str] | None = None,
) -> HandOver:
    """
    Return the hand-over of a saved plan, scored with the settings it was made with.

    Parameters
    ----------
    standing
        How the district stands, if it was read before.

    Raises
    ------
    SettingError
        ``plan_unknown``.
    """
    assignment, params = read_assignment(workspace, plan_id), saved_params(workspace, plan_id)
    row = read_plans(workspace).set_index("plan_id").loc[plan_id].to_dict()
    settings = params.get("settings") or {}
    posts = workspace.read("posts") if "posts" in workspace.counts() else None
    return hand_over(
        standing or stand(workspace, profile_of(workspace, None, plan_id)),
        assignment,
        PlanFacts(
            plan_id=plan_id,
            **{name: _said(row, name) for name in ("name", "status", "note", "document_no", "effective")},
        ),
        district=workspace.name,
        t=t,
        params=ScoreParams(
            tolerance=float(settings.get("tolerance", ScoreParams.tolerance)),
            across_stations=bool(settings.get("across_stations", False)),
        ),
        changes=changes,
        zone_names=zone_names,
        posts=posts,
        credit=credit_line(workspace, t),
    )


def changes_between(graph: DualGraph, after: pd.Series, before: pd.Series) -> pd.DataFrame:
    """
    Return a row for each grid that changes its zone, as `planning.redraw.reasons.changes_with_reasons` does.

    Reasons are what can be seen from the two plans alone.
    """
    ids = after.index[after.to_numpy() != before.reindex(after.index).fillna("").to_numpy()]
    rows, old, new = graph.grids.loc[ids], before.loc[ids], after.loc[ids]
    known, kept = {*before}, {*after}
    reasons = [
        UNASSIGNED if a == "" else ZONE_GONE if a not in kept else NEW_ZONE if b not in known else GIVEN
        for a, b in zip(old, new, strict=True)
    ]
    return pd.DataFrame(
        {
            GRID_ID: ids.to_numpy(),
            VILLAGE_ID: rows[VILLAGE_ID].to_numpy(),
            "from_zone": old.to_numpy(),
            "to_zone": new.to_numpy(),
            PRESENT: rows[PRESENT].to_numpy(),
            WORKLOAD: rows[WORKLOAD].to_numpy(),
            "reason": pd.Series(reasons, dtype="str"),
            "facts": pd.Series([{} for _ in reasons], dtype=object),
        }
    )


def _whole(assignment: pd.Series | None, ids: pd.Index) -> pd.Series:
    if assignment is None:
        return pd.Series("", index=ids, dtype=object)
    return assignment.reindex(ids).astype(object).where(lambda zone: zone.notna(), "").map(str)


def _with_own(names: PlaceNames, own: Mapping[str, str]) -> PlaceNames:
    given = {zone: name for zone, name in own.items() if name}
    return replace(names, known={**names.known, "zones": {**names.known.get("zones", {}), **given}})


def _said(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None or value != value else str(value)  # noqa: PLR0124
