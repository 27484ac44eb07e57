"""Files that appear under their name only when they are whole, and folders that nobody else sees."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator


def private_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for this user alone, to be used in a ``with`` or cleaned up: gone afterwards."""
    # Windows holds on to files that a reader has just let go of: that is no fault of the work.
    return tempfile.TemporaryDirectory(prefix="gridbeat-", ignore_cleanup_errors=True)


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
