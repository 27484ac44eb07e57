"""Keeping what was decided: the same steps behind the page's button and the terminal's command."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from data.plans import NESTING, REDRAW, save_plan, save_plans
from data.schemas import TABLES
from planning.plan_changes import kept_reasons
from ui.proposals import extremes, margins, title

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace
    from planning.profile import Profile
    from planning.redraw.redrawing import Redraw
    from planning.repair import Repair
    from ui.words import Words

# What the nesting reads; incidents and the like are left in the file.
NESTING_TABLES = (
    "towns",
    "stations",
    "villages",
    "grids",
    "zones",
    "population",
    "exemptions",
    "declared_assignment",
)


def read_tables(workspace: Workspace, names: tuple[str, ...] = tuple(TABLES)) -> dict[str, pd.DataFrame]:
    """Return those of the named tables that the workspace holds."""
    return workspace.read_all(names)


def save_nesting(
    workspace: Workspace, repair: Repair, *, name: str, author: str = "", stamp: str | None = None
) -> str:
    """
    Keep a repaired nesting as a draft plan and return its id; saved twice, it is still one plan.

    Parameters
    ----------
    stamp
        `Workspace.stamp` of the tables that were repaired.

    Raises
    ------
    ConflictError
        ``tables_changed`` if somebody changed the tables since.
    """
    params = repair.nesting.params
    return save_plan(
        workspace,
        repair.assignment,
        kind=NESTING,
        name=name,
        author=author,
        params=asdict(params),
        scorecard=repair.nesting.summary(),
        stamp=stamp,
    )


def save_proposals(
    workspace: Workspace,
    found: Redraw,
    *,
    profile: Profile,
    t: Words,
    author: str = "",
    parent: str | None = None,
    stamp: str | None = None,
) -> list[str]:
    """
    Keep all plans of a redraw as drafts, or none, and return their ids; saved twice, each is still one plan.

    Parameters
    ----------
    profile
        What counted as work; kept with each plan, as are the settings, the effort and why grids move.
    t
        In which language the plans are named.
    parent
        The plan that was redrawn.
    stamp
        `Workspace.stamp` of the tables that were redrawn.

    Raises
    ------
    ConflictError
        ``tables_changed`` if somebody changed the tables since.
    """
    plans = [
        (
            proposal.assignment,
            {
                "kind": REDRAW,
                "name": t("redraw.plan_name", title=title(proposal, t)),
                "author": author,
                "parent": parent,
                "params": {
                    "profile": profile.to_dict(),
                    "settings": found.params.to_dict(),
                    "effort": found.effort.to_dict(),
                    "aim": proposal.name,
                    "mark": proposal.mark,
                    "reasons": kept_reasons(proposal.changes),
                },
                "scorecard": {
                    **proposal.scorecard.summary(),
                    **margins(proposal),
                    **extremes(proposal.scorecard),
                },
            },
        )
        for proposal in found.proposals
    ]
    return save_plans(workspace, plans, stamp=stamp)
