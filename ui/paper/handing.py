"""What a hand-over of a plan is made from: the plan, today's, what changes between them, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.plan_states import plan_documents, read_states
from data.plans import DRAFT, IN_FORCE, RETIRED, read_assignment, read_plan, read_plans
from data.strokes import plan_zone_names
from geo.errors import Reason
from planning.plan_changes import known_reasons, plan_changes
from ui.place import credit_line
from ui.standing import nested, profile_of, saved_params, score_params, stand

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
    status: str = DRAFT
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


def hand_over_plan(
    workspace: Workspace, plan_id: str, *, t: Words, standing: Standing | None = None
) -> HandOver:
    """
    Return the hand-over of a saved plan against today's, both scored with the settings it was made with.

    A plan that holds today is set against what it took the place of. Grids of the plan that are not in the
    district any more are left out, and told of.

    Parameters
    ----------
    standing
        How the district stands, if it was read before.

    Raises
    ------
    SettingError
        ``plan_unknown``.
    """
    row, assignment = read_plan(workspace, plan_id), read_assignment(workspace, plan_id)
    saved = saved_params(workspace, plan_id)
    ground = standing or stand(workspace, profile_of(workspace, None, plan_id))
    if ground.today_id == plan_id:
        ground = replace(ground, today=_before(workspace, plan_id, ground))
    ids = ground.graph.grids.index
    after, before = _whole(assignment, ids), _whole(ground.today, ids)
    scorer = ground.scorer(score_params(saved))
    return HandOver(
        district=workspace.name,
        plan=_plan_facts(workspace, row),
        standing=ground,
        assignment=after,
        today=before,
        card=scorer.score(after),
        today_card=None if ground.today is None else scorer.score(before),
        changes=plan_changes(ground.graph, after, before, known=known_reasons(saved)),
        names=ground.names.renamed("zones", plan_zone_names(workspace, plan_id)),
        posts=workspace.read("posts") if "posts" in workspace.counts() else None,
        notes=(*ground.notes, *_lost(row["name"], assignment, ids)),
        credit=credit_line(workspace, t),
        t=t,
    )


def _lost(name: str, assignment: pd.Series, ids: pd.Index) -> tuple[Reason, ...]:
    """Return the note that a plan has grids which the district no longer has, if it does."""
    lost = sorted({*assignment.index} - {*ids})
    facts = {"plan": name, "count": len(lost), "grids": lost[:5]}
    return (Reason("plan_grids_unknown", facts),) if lost else ()


def _before(workspace: Workspace, plan_id: str, ground: Standing) -> pd.Series | None:
    """Return what a plan that holds today took the place of: another plan, else the nesting."""
    for other in read_plans(workspace)["plan_id"][::-1]:
        states = read_states(workspace, other)
        if ((states["was"] == IN_FORCE) & (states["now"] == RETIRED) & (states["why"] == plan_id)).any():
            return read_assignment(workspace, other)
    return nested(ground.tables)[1]


def _plan_facts(workspace: Workspace, row: Mapping[str, Any]) -> PlanFacts:
    said = {name: _said(row, name) for name in ("plan_id", "name", "status", "note")}
    documents = plan_documents(workspace)
    if row["plan_id"] in documents.index:
        entered = documents.loc[row["plan_id"]].to_dict()
        said |= {name: _said(entered, name) for name in ("document_no", "effective")}
    return PlanFacts(**said)


def _whole(assignment: pd.Series | None, ids: pd.Index) -> pd.Series:
    if assignment is None:
        return pd.Series("", index=ids, dtype=object)
    return assignment.reindex(ids).astype(object).where(lambda zone: zone.notna(), "").map(str)


def _said(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None or value != value else str(value)  # noqa: PLR0124
