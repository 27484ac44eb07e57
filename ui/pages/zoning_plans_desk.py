"""What one browser session has before it in the view 方案库: whom it acts for, what it asked and was told."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from ui.desk import Notice

if TYPE_CHECKING:
    import pandas as pd

    from geo.errors import GridBeatError, Reason


@dataclass(frozen=True, kw_only=True)
class Upload:
    """
    An assignment that was read from a file.

    Parameters
    ----------
    file
        Its name.
    assignment
        zone_id by grid_id, "" for none.
    notes
        What the file leaves out, and the zones that nobody knows.
    """

    file: str
    assignment: pd.Series
    notes: tuple[Reason, ...]


@dataclass
class PlansDesk:
    """
    What a session has before it; plain attributes, as a deed must leave its traces without a pause.

    Parameters
    ----------
    painter
        Under which the view's own strokes (import, restore) are kept: they can be undone.
    who
        An office or a post, as it was typed last.
    asked
        (plan, step or deletion) that waits to be filled in or confirmed.
    told
        What was done last.
    turn
        The plan to put on the table next.
    seen
        The revision of each plan that this session has looked at.
    preview, listed
        The plan and the number of the stroke to go back to, and the key of the table it was chosen in.
    texts
        The name and the note with which each form began.
    upload, uploads
        The file that was read and waits to be kept, and how many there were.
    fault
        What was wrong with the last file.
    """

    painter: str
    who: str = ""
    asked: tuple[str, str] = ("", "")
    told: Notice | None = None
    turn: str | None = None
    seen: dict[str, int] = field(default_factory=dict)
    preview: tuple[str, int] | None = None
    listed: str = ""
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    upload: Upload | None = None
    uploads: int = 0
    fault: GridBeatError | None = None

    def done(self, key: str, *, turn: str | None = None, **facts: str) -> None:
        """Note that something was done, and which plan comes on the table by it."""
        self.told, self.turn, self.asked = Notice(key, facts), turn, ("", "")
        self.preview = self.fault = None

    def chose(self) -> None:
        """Forget what was asked and told: somebody puts another plan on the table."""
        self.told, self.asked, self.preview = None, ("", ""), None


# Of the view's own strokes; browsers name themselves otherwise.
OWN_PAINTER = "plans-"


def session_plans_desk(path: str) -> PlansDesk:
    """Return this session's desk for a district."""
    key = f"plans desk {path}"
    if key not in st.session_state:
        st.session_state[key] = PlansDesk(painter=f"{OWN_PAINTER}{uuid.uuid4().hex}")
    found: PlansDesk = st.session_state[key]
    return found
