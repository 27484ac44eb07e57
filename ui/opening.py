"""Which workspace the app shows: the one named in the environment, or a sample made on first start."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from data.files import drafted
from geo.errors import FileError
from ui.words import LANGS

if TYPE_CHECKING:
    from collections.abc import Callable

WORKSPACE_VARIABLE, HOME_VARIABLE = "GRIDBEAT_WORKSPACE", "GRIDBEAT_HOME"
LANG_VARIABLE = "GRIDBEAT_LANG"
SAMPLE_FILE = "sample.gpkg"
# Several browsers may open the app at once on its first start: one of them makes the sample.
_MAKING = threading.Lock()


def workspace_path() -> Path:
    """Return the workspace that the environment names, else where the sample lies."""
    named = os.environ.get(WORKSPACE_VARIABLE)
    if named:
        return Path(named).expanduser()
    home = os.environ.get(HOME_VARIABLE)
    return (Path(home).expanduser() if home else Path.home() / "GridBeat") / SAMPLE_FILE


def first_language() -> str:
    """Return the language a page starts in: the environment's, where it names one of ours, else Chinese."""
    named = os.environ.get(LANG_VARIABLE, "").strip().lower()
    return named if named in LANGS else LANGS[0]


def is_sample(path: Path) -> bool:
    """Whether a path is the sample's, which may be made where it is missing."""
    return not os.environ.get(WORKSPACE_VARIABLE) and path == workspace_path()


def make_sample(path: Path, *, seed: int = 0, tell: Callable[[str], None] | None = None) -> Path:
    """
    Make the sample district at `path`, unless somebody else just did.

    Parameters
    ----------
    path
        A workspace file that may not exist yet.
    seed
        Another seed makes another district.
    tell
        Called with the stage that begins: ``making``, ``writing``.

    Raises
    ------
    FileError
        ``file_not_writable`` if the folder cannot be made or written to.
    """
    with _MAKING:
        if path.is_file():
            return path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise FileError("file_not_writable", file=str(path), why=fault.strerror or "") from fault
        try:
            _publish_sample(path, seed, tell)
        except FileError as fault:
            # Another process was faster, or another window: theirs is as good, and may be in use.
            if fault.code != "file_exists":
                raise
    return path


def _publish_sample(path: Path, seed: int, tell: Callable[[str], None] | None) -> None:
    from data.sample import make_district
    from data.workspace import Workspace

    # Under another name until it is whole: a sample broken off half-way is never opened.
    with drafted(path, overwrite=False) as draft:
        _tell(tell, "making")
        district = make_district(seed)
        _tell(tell, "writing")
        workspace = Workspace.create(draft, name=district.name, crs=district.crs)
        workspace.write_all(district.tables, who="sample")


def _tell(tell: Callable[[str], None] | None, stage: str) -> None:
    if tell is not None:
        tell(stage)
