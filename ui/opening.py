"""Which workspace the app opens: as named, the last one, or a sample that is made on the first start."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from data.files import drafted
from geo.errors import FileError
from ui.recent import distinct, read_recent
from ui.words import LANGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workspace import Workspace

WORKSPACE_VARIABLE, HOME_VARIABLE = "GRIDBEAT_WORKSPACE", "GRIDBEAT_HOME"
LANG_VARIABLE = "GRIDBEAT_LANG"
SAMPLE_FILE = "sample.gpkg"
_SQLITE_HEAD = b"SQLite format 3\0"
# Several browsers may open the app at once on its first start: one of them makes the sample.
_MAKING = threading.Lock()


def home() -> Path:
    """Return the folder for what the app makes itself: the environment's, else GridBeat in the user's own."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named).expanduser().absolute() if named else Path.home() / "GridBeat"


def sample_path() -> Path:
    """Return where the sample lies, or will."""
    return home() / SAMPLE_FILE


def workspace_path() -> Path:
    """Return what a new session starts with: the environment's workspace, else the last one, the sample."""
    named = os.environ.get(WORKSPACE_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    # Even if it has gone since: to start with another district, without a word, would mislead.
    return next((entry.path for entry in read_recent(home())), sample_path())


def known_paths() -> list[Path]:
    """Return what a session may be asked for by key: started with, recent, in the home folder."""
    started, folder = workspace_path(), home()
    recent = [entry.path for entry in read_recent(folder)]
    return distinct([started, *recent, sample_path(), *in_folder(folder)])


def in_folder(folder: Path) -> list[Path]:
    """Return the GeoPackages in a folder, whosever they are; a folder that cannot be read holds none."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".gpkg" and path.is_file())
    except OSError:
        return []


def typed_path(text: str) -> Path:
    """
    Return the path that somebody typed, or pasted with the quotes that Windows puts around it.

    Raises
    ------
    FileError
        ``path_missing``, ``path_not_full``, ``workspace_on_share``.
    """
    text = text.strip().strip("\"'“”‘’").strip()
    if not text:
        raise FileError("path_missing")
    if text.startswith("\\\\"):
        raise FileError("workspace_on_share", file=text)
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        path = Path(text)
    # Against the folder that the server happens to run in, half a path would mean anything.
    if not path.is_absolute() or "\0" in text:
        raise FileError("path_not_full", file=text)
    return path


def opened(path: Path) -> Workspace:
    """
    Return the workspace in a file.

    Raises
    ------
    FileError
        ``file_is_folder``, and as `data.workspace.Workspace`; ``workspace_foreign`` also for files that
        are no database at all.
    """
    from data.workspace import Workspace

    if path.is_dir():
        raise FileError("file_is_folder", file=str(path))
    if path.is_file() and not _is_database(path):
        raise FileError("workspace_foreign", file=str(path))
    try:
        return Workspace.open(path)
    except json.JSONDecodeError as fault:
        # Another program's table of settings, which happens to be called like ours.
        raise FileError("workspace_foreign", file=str(path)) from fault


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(len(_SQLITE_HEAD))
    except OSError as fault:
        raise FileError("file_not_writable", file=str(path), why=fault.strerror or str(fault)) from fault
    return head == _SQLITE_HEAD


def first_language() -> str:
    """Return the language a page starts in: the environment's, where it names one of ours, else Chinese."""
    named = os.environ.get(LANG_VARIABLE, "").strip().lower()
    return named if named in LANGS else LANGS[0]


def is_sample(path: Path) -> bool:
    """Whether a path is the sample's, which may be made where it is missing."""
    return path == sample_path()


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
