"""Files that appear under their name only when they are whole, and folders that nobody else sees."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PRIVATE, _DAY_SECONDS = "gridbeat-", 86_400


def private_folder() -> tempfile.TemporaryDirectory[str]:
    """
    Return a folder for this user alone, to be used in a ``with`` or cleaned up: gone afterwards.

    What a killed process left behind is swept away first: an upload may list callers.
    """
    _sweep()
    # Windows holds on to files that a reader has just let go of: that is no fault of the work.
    return tempfile.TemporaryDirectory(prefix=f"{_PRIVATE}{os.getpid()}-", ignore_cleanup_errors=True)


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PRIVATE}*"):
        with suppress(OSError):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    owner = folder.name.removeprefix(_PRIVATE).partition("-")[0]
    if sys.platform == "win32" or not owner.isdigit():
        # There is no way to ask for a process without touching it: a day is longer than any work.
        return time.time() - folder.stat().st_mtime > _DAY_SECONDS
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return True
    return False


@contextmanager
def drafted(path: Path | str, *, overwrite: bool) -> Iterator[Path]:
    """
    Yield a path to write to; what stands there at the end takes the place of `path`, or nothing does.

    Files that are written beside it (the parts of a shapefile) come along.

    Parameters
    ----------
    path
        The file to be.
    overwrite
        Whether an older file is replaced; if not, whoever comes first has the name.

    Raises
    ------
    FileError
        ``folder_missing``, ``file_is_folder``, ``file_exists``, or ``file_not_writable``.
    """
    path = Path(path).absolute()
    require_target(path)
    if path.exists() and not overwrite:
        raise FileError("file_exists", file=str(path))
    try:
        # Beside the target, so that the last step is a rename within one disk.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gridbeat-") as folder:
            yield Path(folder) / path.name
            for part in sorted(Path(folder).iterdir()):
                _place(part, path.parent / part.name, overwrite)
    except OSError as fault:
        raise FileError("file_not_writable", file=str(path), why=fault.strerror or str(fault)) from fault


def require_target(path: Path | str) -> None:
    """
    Raise unless a file could be written at `path`.

    Raises
    ------
    FileError
        ``folder_missing`` or ``file_is_folder``.
    """
    path = Path(path).absolute()
    if not path.parent.is_dir():
        raise FileError("folder_missing", file=str(path))
    if path.is_dir():
        raise FileError("file_is_folder", file=str(path))


def _place(draft: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        draft.replace(path)
        return
    try:
        # Unlike a rename, a link fails where the name is taken, also by somebody a moment ago.
        os.link(draft, path)
    except FileExistsError:
        raise FileError("file_exists", file=str(path)) from None
    except OSError:
        # A disk without hard links (exFAT): the check above has to do.
        draft.rename(path)
