"""Which district a browser session works on, and what was last done: its own, reload or restart."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import FileError, GridBeatError
from ui import look, opening
from ui.recent import find, key_of, remember

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ui.words import Words

DISTRICT = "district"
UNKNOWN = "district.address_unknown"
# What files and those who share them may do to a deed.
FAULTS = (GridBeatError, OSError, sqlite3.DatabaseError)
_DESK = "desk"


@dataclass(frozen=True)
class Notice:
    """Something that was done, to be told in whatever language: a key of the words and its facts."""

    key: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Desk:
    """
    What one browser session has before it.

    A second click starts a run of its own at once, while the first one's is still at work, to be cut
    short at its next call of Streamlit's. So a deed holds the desk until it is done, and what it leaves
    behind is kept here, in plain attributes: nothing can come between the deed and its notice.

    Parameters
    ----------
    path
        The workspace's file.
    notice
        The last deed, until the next.
    rounds
        How often each deed was done: the widgets that belong to it are new after it, and a late
        second click on their former selves goes nowhere.
    asked
        The backup that is to be restored, once confirmed.
    who
        Label of the account or post that signs what is done to plans; never a person's name.
    """

    path: Path
    notice: Notice | None = None
    rounds: Counter[str] = field(default_factory=Counter)
    finished: set[str] = field(default_factory=set)
    busy: threading.Lock = field(default_factory=threading.Lock)
    asked: Path | None = None
    who: str = ""
    remembered: Path | None = None

    def turn_to(self, path: Path) -> None:
        """Work on another district from now on."""
        self.path, self.asked = path, None

    def done(self, key: str, **facts: str) -> None:
        """Note that something was done."""
        self.notice, self.asked = Notice(key, facts), None

    def key(self, deed: str, *parts: str) -> str:
        """Return the key of a widget that belongs to a deed, another one each time the deed was done."""
        return " ".join([deed, *parts, str(self.rounds[deed])])

    def once(self, key: str, deed: Callable[[], None]) -> None:
        """Do what the button with this key asks for, unless an earlier click on it did."""
        with self.busy:
            if key in self.finished:
                return
            deed()
            self.finished.add(key)
            self.rounds[key.partition(" ")[0]] += 1


def session_desk() -> Desk:
    """Return this session's desk, and have the address name its district: a reload comes back to it."""
    desk = st.session_state.get(_DESK)
    if not isinstance(desk, Desk):
        named = st.query_params.get(DISTRICT, "")
        found = find(named, opening.known_paths())
        desk = Desk(found or opening.workspace_path())
        if named and found is None:
            desk.notice = Notice(UNKNOWN)
        st.session_state[_DESK] = desk
    # What an earlier click asked for is done before anything is drawn.
    with desk.busy:
        pass
    if st.query_params.get(DISTRICT) != key_of(desk.path):
        st.query_params[DISTRICT] = key_of(desk.path)
    return desk


def note_opened(desk: Desk) -> None:
    """Remember a district that could be opened, once a session."""
    if desk.remembered != desk.path:
        desk.remembered = desk.path
        remember(opening.home(), desk.path)


def open_file(desk: Desk, path: Path) -> None:
    """Work on the district in a file from now on; raises as `opening.opened`."""
    workspace = opening.opened(path)
    desk.turn_to(workspace.path)
    desk.done("district.opened", name=workspace.name, file=str(workspace.path))


def named(fault: Exception, path: Path) -> GridBeatError:
    """Return a fault as one of ours, that can be said in words; `path` is what was worked on."""
    if isinstance(fault, GridBeatError):
        return fault
    if isinstance(fault, OSError):
        file, why = fault.filename or path, fault.strerror or str(fault)
        return FileError("file_not_writable", file=str(file), why=why)
    # It opened as a workspace, and is broken further in.
    return FileError("workspace_unreadable", file=str(path))


def carry_out(desk: Desk, key: str, deed: Callable[[], None], t: Words, *, doing: str = "") -> None:
    """Do what a button asks for, and show the page anew; what goes wrong is said below the button."""
    try:
        with st.spinner(doing) if doing else nullcontext():
            desk.once(key, deed)
    except FAULTS as fault:
        look.show_error(named(fault, desk.path), t)
    else:
        st.rerun()
