"""What a hand-over of a plan is made from: the plan, today's, what changes between them, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.plan_states import RETIRED, plan_documents, read_states
from data.plans import PAINTED, read_assignment, read_plan, read_plans
from data.strokes import plan_zone_names
from geo.errors import Reason
from planning.plan_changes import known_reasons, plan_changes
from planning.scorecard import ScoreParams
from ui.place import credit_line
from ui.standing import nested, profile_of, saved_params, stand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.workspace import Workspace
    from planning.scorecard import Scorecard
    from ui.names import PlaceNames
    from ui.standing import Standing
    from ui.words import Words


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
        As `planning.plan_changes.plan_changes`.
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
        What changes and why; by `planning.plan_changes.plan_changes` if None.
    zone_names
        The plan's own names of zones.
    """
    ids = standing.graph.grids.index
    lost = sorted({*assignment.index} - {*ids})
    facts = {"plan": plan.name, "count": len(lost), "grids": lost[:5]}
    notes = (Reason("plan_grids_unknown", facts),) if lost else ()
    after, before = _whole(assignment, ids), _whole(standing.today, ids)
    own = {zone: name for zone, name in (zone_names or {}).items() if name}
    scorer = standing.scorer(replace(params or ScoreParams(), draws=0))
    return HandOver(
        district=district,
        plan=plan,
        standing=standing,
        assignment=after,
        today=before,
        card=scorer.score(after),
        today_card=None if standing.today is None else scorer.score(before),
        changes=plan_changes(standing.graph, after, before) if changes is None else changes,
        names=standing.names.renamed("zones", own),
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
    changes
        What changes and why; against today's plan, with the reasons saved with the plan, if None. A plan
        that holds today is told against what it took the place of.
    zone_names
        Names of zones; those that the plan gives itself if None.

    Raises
    ------
    SettingError
        ``plan_unknown``.
    """
    row, assignment = read_plan(workspace, plan_id), read_assignment(workspace, plan_id)
    params = saved_params(workspace, plan_id)
    ground = standing or stand(workspace, profile_of(workspace, None, plan_id))
    if ground.today_id == plan_id:
        ground = replace(ground, today=_before(workspace, plan_id, ground))
    if changes is None:
        after, before = (_whole(one, ground.graph.grids.index) for one in (assignment, ground.today))
        changes = plan_changes(ground.graph, after, before, known=known_reasons(params))
    return hand_over(
        ground,
        assignment,
        _plan_facts(workspace, row),
        district=workspace.name,
        t=t,
        params=_score_params(row["kind"], params.get("settings") or {}),
        changes=changes,
        zone_names=plan_zone_names(workspace, plan_id) if zone_names is None else zone_names,
        posts=workspace.read("posts") if "posts" in workspace.counts() else None,
        credit=credit_line(workspace, t),
    )


def _before(workspace: Workspace, plan_id: str, ground: Standing) -> pd.Series | None:
    """Return what a plan that holds today took the place of: another plan, else the nesting."""
    for other in read_plans(workspace)["plan_id"][::-1]:
        states = read_states(workspace, other)
        if ((states["now"] == RETIRED) & (states["why"] == plan_id)).any():
            return read_assignment(workspace, other)
    return nested(ground.tables)[1]


def _plan_facts(workspace: Workspace, row: Mapping[str, Any]) -> PlanFacts:
    said = {name: _said(row, name) for name in ("plan_id", "name", "status", "note")}
    documents = plan_documents(workspace)
    if row["plan_id"] in documents.index:
        entered = documents.loc[row["plan_id"]].to_dict()
        said |= {name: _said(entered, name) for name in ("document_no", "effective")}
    return PlanFacts(**said)


def _score_params(kind: str, settings: Mapping[str, Any]) -> ScoreParams:
    return ScoreParams(
        tolerance=float(settings.get("tolerance", ScoreParams.tolerance)),
        across_stations=bool(settings.get("across_stations", False)),
        # Who paints means the zone that the colour says, not the one that most of it was.
        keep_names=kind == PAINTED,
    )


def _whole(assignment: pd.Series | None, ids: pd.Index) -> pd.Series:
    if assignment is None:
        return pd.Series("", index=ids, dtype=object)
    return assignment.reindex(ids).astype(object).where(lambda zone: zone.notna(), "").map(str)


def _said(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None or value != value else str(value)  # noqa: PLR0124
