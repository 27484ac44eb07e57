"""Plans and their steps: the same behind the page's buttons and the terminal's command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.plan_states import SOUND, move_plan, plan_documents
from data.plans import plan_sizes, read_assignment, read_plans, today_plan_id
from data.strokes import plan_zone_names
from geo.errors import ConflictError
from ui.names import KEYS, PlaceNames
from ui.standing import saved_params, score_params, stand

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace
    from geo.errors import Reason
    from ui.standing import Standing


def plan_list(workspace: Workspace) -> pd.DataFrame:
    """
    Return the plans, oldest first, as people list them.

    Columns plan_id, name, kind, status, grids, rev, author, created, parent, note, document_no, effective
    ("" where there is none), and today: whether it is the saved plan that holds today.
    """
    plans = read_plans(workspace)
    documents = plan_documents(workspace).reindex(plans["plan_id"]).fillna("").reset_index(drop=True)
    listed = plans[["plan_id", "name", "kind", "status", "rev", "author", "created", "parent", "note"]]
    return listed.assign(
        parent=plans["parent"].fillna(""),
        grids=plans["plan_id"].map(plan_sizes(workspace)).fillna(0).astype("int64"),
        document_no=documents["document_no"],
        effective=documents["effective"],
        today=plans["plan_id"] == today_plan_id(workspace),
    )


def plan_violations(
    workspace: Workspace, plan_id: str, *, standing: Standing | None = None
) -> tuple[Reason, ...]:
    """
    Return what a plan breaks; stations and towns do not count where its settings let zones cross them.

    Parameters
    ----------
    standing
        How the district stands, where the caller knows; by which weights does not matter.
    """
    params = score_params(saved_params(workspace, plan_id))
    scorer = (standing or stand(workspace)).scorer(params)
    return scorer.score(read_assignment(workspace, plan_id)).violations


def plan_names(workspace: Workspace, plan_id: str) -> PlaceNames:
    """Return the names of the district's places, with those that a plan gives its zones."""
    names = PlaceNames.of(workspace.read_all([*KEYS]))
    return names.renamed("zones", plan_zone_names(workspace, plan_id))


def step_plan(
    workspace: Workspace,
    plan_id: str,
    to: str,
    *,
    rev: int,
    who: str,
    standing: Standing | None = None,
    **facts: Any,
) -> int:
    """
    Bring a plan to its next status as `move_plan` does, after looking whether it breaks anything.

    Parameters
    ----------
    rev
        Read before this call, so that what somebody paints meanwhile stops the step.
    standing
        As `plan_violations` takes it.
    **facts
        why, document_no and effective, as `move_plan` takes them.

    Raises
    ------
    ConflictError
        ``plan_broken``, with what it breaks as reasons; else as `move_plan`.
    """
    found = plan_violations(workspace, plan_id, standing=standing) if to in SOUND else ()
    try:
        return move_plan(workspace, plan_id, to, rev=rev, who=who, violations=len(found), **facts)
    except ConflictError as error:
        if error.code != "plan_broken":
            raise
        raise ConflictError(error.code, reasons=found, **error.facts) from None
