"""Keeping what was decided: the same steps behind the page's button and the terminal's command."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from data.plans import NESTING, save_plan
from data.schemas import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace
    from planning.repair import Repair

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
