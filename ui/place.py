"""What every page needs to know: which workspace, in which state, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.words import Words


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
