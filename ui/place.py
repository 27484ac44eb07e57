"""What every page needs to know: which workspace, in which state, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

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
        State of its tables: with the path, the key of what is cached. Plans and settings do not
        change it, so that saving a plan does not draw every map anew.
    name
        The district's name.
    lang, t
        The session's language and its words.
    credit
        Credit line of maps.
    """

    path: str
    stamp: int
    name: str
    lang: str
    t: Words
    credit: str


@st.cache_data(max_entries=64, show_spinner=False)
def tables_stamp(path: str, stamp: int) -> int:
    """Return the number of the last change to a table, given the stamp of the whole workspace."""
    from data.workspace import Workspace

    actions = Workspace.open(path).audit()["action"]
    changes = actions.index[actions.isin(["write", "append", "migrate"])]
    return int(changes.max()) + 1 if len(changes) else 0
