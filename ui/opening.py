"""Which workspace the app shows: the one named in the environment, or a sample made on first start."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WORKSPACE_VARIABLE, HOME_VARIABLE = "GRIDBEAT_WORKSPACE", "GRIDBEAT_HOME"
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
    """
    from data.sample import make_district
    from data.workspace import Workspace

    with _MAKING:
        if path.is_file():
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        _tell(tell, "making")
        district = make_district(seed)
        _tell(tell, "writing")
        # Under another name until it is whole: a sample broken off half-way is never opened.
        draft = path.with_name(f"{path.stem}.{os.getpid()}.part")
        draft.unlink(missing_ok=True)
        workspace = Workspace.create(draft, name=district.name, crs=district.crs)
        workspace.write_all(district.tables, who="sample")
        draft.replace(path)
    return path


def _tell(tell: Callable[[str], None] | None, stage: str) -> None:
    if tell is not None:
        tell(stage)
