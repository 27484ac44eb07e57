"""The list of exempted enclaves: what one page changes is applied to the list as it is by then."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pandas as pd

from data.schemas import GRID_ID, NOTE

if TYPE_CHECKING:
    from collections.abc import Collection

    from data.workspace import Workspace

# Several pages of one app may change the list at once: read and written by one of them at a time.
_CHANGING = threading.Lock()


def change_exemptions(
    workspace: Workspace, *, add: Collection[str] = (), remove: Collection[str] = (), who: str = "page"
) -> None:
    """
    Exempt some grids and exempt others no longer; what others have exempted, and their notes, stay.

    Parameters
    ----------
    add, remove
        Grids that are exempted from now on, and those that are no longer.
    who
        For the audit trail.
    """
    with _CHANGING:
        listed = workspace.read("exemptions")
        kept = listed[~listed[GRID_ID].isin(list(remove))]
        new = pd.DataFrame({GRID_ID: sorted(set(add) - set(kept[GRID_ID]))}, dtype="str")
        new[NOTE] = pd.Series("", index=new.index, dtype="str")
        workspace.write("exemptions", pd.concat([kept, new], ignore_index=True), who=who)
