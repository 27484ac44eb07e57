"""What every page needs to know: which workspace, in which state, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.workspace import Workspace
    from ui.words import Words


CREDIT_SETTING = "map_credit"


@dataclass(frozen=True, kw_only=True)
class Place:
    """
    The workspace a page shows.

    Parameters
    ----------
    path
        The workspace's file.
    stamp
        `Workspace.stamp`: with the path, the key of what is cached. Plans and settings do not change
        it, so that saving a plan does not draw every map anew.
    name
        The district's name.
    lang, t
        The session's language and its words.
    credit
        Credit line of maps.
    """

    path: str
    stamp: str
    name: str
    lang: str
    t: Words
    credit: str


def credit_line(workspace: Workspace, t: Words) -> str:
    """Return the credit line of a workspace's maps (审图号): as it was set, else that they are internal."""
    return str(workspace.setting(CREDIT_SETTING) or t("map.credit", name=workspace.name))
