"""What one browser session is bringing in: the file, the look into it, the checked draft."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from data.files import private_folder
from ui.pages.importing_files import keep_uploads, to_open

if TYPE_CHECKING:
    from collections.abc import Iterable
    from tempfile import TemporaryDirectory
    from typing import BinaryIO

    from data.examining import Examination
    from data.importing import Draft, ImportParams
    from data.imports import Mode
    from data.reporting import ImportReport
    from geo.errors import GridBeatError

_KEY = "import_bench"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a check was asked for; another answer than the draft's makes the draft worthless."""

    path: Path
    state: tuple[int, int]
    table: str
    params: ImportParams


@dataclass
class Bench:
    """
    The work in hand of one session.

    A second click cuts the run of the first one short at any call of Streamlit's, or runs beside it; so
    what a step leaves behind is kept in plain attributes, set without such a call in between, and what
    changes the district is done under `busy`.

    Parameters
    ----------
    key
        Its own; widgets that belong to it are named after it.
    serial
        Counts the files: widgets of another file are other widgets.
    paths, path
        The files that can be opened, and the one that is chosen.
    looked, looked_for
        What was found in it, for which layer and encoding.
    draft, asked, stamp
        The checked rows, for what they were asked for, and in which state the district was.
    fault
        What kept the last step from being done.
    go
        Whether the check is to run.
    cancelled
        Whether somebody stopped it.
    kept, undone
        The last import, and the table whose import was undone last.
    modes
        Table → whether its rows are replaced or updated, where somebody has chosen.
    drawn
        The draft's map, as it was last drawn.
    taken_back
        Imports that this session has undone.
    busy
        Held while the district is changed.
    """

    key: str
    serial: int = 0
    paths: list[Path] = field(default_factory=list)
    path: Path | None = None
    looked: Examination | None = None
    looked_for: tuple[object, ...] = ()
    draft: Draft | None = None
    asked: Asked | None = None
    stamp: str = ""
    district: str = ""
    fault: GridBeatError | None = None
    go: bool = False
    cancelled: bool = False
    kept: ImportReport | None = None
    undone: str | None = None
    modes: dict[str, Mode] = field(default_factory=dict)
    drawn: dict[tuple[object, ...], str] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    busy: threading.RLock = field(default_factory=threading.RLock)
    _folder: TemporaryDirectory[str] | None = None

    def take(self, uploads: Iterable[tuple[str, BinaryIO]]) -> None:
        """Take uploaded files in place of what was there; the browser's copies can go."""
        folder = private_folder()
        try:
            keep_uploads(uploads, Path(folder.name))
            paths = to_open(Path(folder.name))
        except BaseException:
            folder.cleanup()
            raise
        if not paths:
            # The bench stays as it is: another serial would swallow what is chosen next.
            folder.cleanup()
            return
        self.clear()
        self._folder = folder
        self.choose(paths)

    def choose(self, paths: list[Path]) -> None:
        """Work on the first of these files, the others within reach."""
        self.paths = paths
        self.path = paths[0] if paths else None
        self.kept = self.undone = None

    def clear(self) -> None:
        """Put the file away, with all that was made of it."""
        self.drop_draft()
        self.paths, self.path, self.looked, self.looked_for = [], None, None, ()
        self.modes, self.go = {}, False
        self.serial += 1
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def drop_draft(self) -> None:
        """Throw the checked rows away."""
        draft, self.draft, self.asked, self.fault = self.draft, None, None, None
        self.cancelled = False
        self.drawn = {}
        if draft is not None:
            draft.close()

    def stop(self) -> None:
        """Note that somebody stopped the check; the run in which it was going has ended by now."""
        self.cancelled, self.go = True, False

    def turn_to(self, district: str) -> None:
        """Work for another district: what was checked for the former one is worth nothing."""
        if district != self.district:
            self.drop_draft()
            self.district, self.kept, self.undone = district, None, None
            self.taken_back.clear()

    def name(self, widget: str) -> str:
        """Return the key of a widget that belongs to the file in hand."""
        return f"import {widget} {self.key} {self.serial}"


def session_bench(district: str) -> Bench:
    """Return this session's bench for a district; it is cleared when the session ends."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = uuid.uuid4().hex
    bench = _bench(st.session_state[_KEY])
    bench.turn_to(district)
    return bench


@st.cache_resource(scope="session", on_release=Bench.clear, show_spinner=False)
def _bench(key: str) -> Bench:
    return Bench(key)
