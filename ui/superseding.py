"""Proposals that a newer redraw of the same plan takes the place of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.plan_states import move_plan
from data.plans import DRAFT, REDRAW, RETIRED, read_plans
from geo.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.workspace import Workspace


def retire_superseded(workspace: Workspace, *, parent: str | None, kept: Sequence[str]) -> list[str]:
    """
    Retire the computed drafts that were made from the same plan and that nobody has touched or built upon.

    Parameters
    ----------
    parent
        The plan that was redrawn.
    kept
        The new proposals.
    """
    plans = read_plans(workspace)
    old = plans[
        (plans["kind"] == REDRAW)
        & (plans["status"] == DRAFT)
        & (plans["rev"] == 1)
        & (plans["parent"].fillna("") == (parent or ""))
        & ~plans["plan_id"].isin([*plans["parent"].dropna(), *kept])
    ]
    return [plan for plan in old["plan_id"] if _retired(workspace, str(plan), by=next(iter(kept), ""))]


def _retired(workspace: Workspace, plan_id: str, *, by: str) -> bool:
    try:
        move_plan(workspace, plan_id, RETIRED, rev=1, who="", why=by)
    except ConflictError:
        # Somebody has just taken it up.
        return False
    return True
