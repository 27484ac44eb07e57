"""The districts opened of late: a small file in the home folder, and the short key each has in an address."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.files import drafted
from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RECENT_FILE = "recent.json"
AT_MOST = 20
# Several browser sessions share one file; what another process adds in the same instant may be lost.
_WRITING = threading.Lock()


@dataclass(frozen=True)
class Recent:
    """
    A workspace that was opened.

    Parameters
    ----------
    path
        Its file, which may be gone by now.
    opened
        When, as an ISO text.
    """

    path: Path
    opened: str


def read_recent(home: Path) -> list[Recent]:
    """Return what was opened, the latest first; a file that is missing or broken holds nothing."""
    try:
        listed = json.loads((home / RECENT_FILE).read_text(encoding="utf-8"))["recent"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    found = [_entry(item) for item in listed] if isinstance(listed, list) else []
    entries = sorted(
        (entry for entry in found if entry is not None), key=lambda entry: entry.opened, reverse=True
    )
    paths = distinct(entry.path for entry in entries)
    return [next(entry for entry in entries if entry.path == path) for path in paths][:AT_MOST]


def remember(home: Path, path: Path) -> None:
    """Put a workspace at the head of what was opened; a home that cannot be written is no fault."""
    opened = dt.datetime.now().astimezone().isoformat(timespec="milliseconds")
    _keep(home, lambda entries: [Recent(path, opened), *_without(entries, path)])


def forget(home: Path, path: Path) -> None:
    """Take a workspace off the list; its file stays."""
    _keep(home, lambda entries: _without(entries, path))


def key_of(path: Path) -> str:
    """
    Return the short key of a path, for addresses.

    An address names a district by it, never by its path: a link from elsewhere can then open
    nothing but what is known here already.
    """
    return hashlib.sha256(os.path.normcase(path.absolute()).encode("utf-8", "replace")).hexdigest()[:10]


def distinct(paths: Iterable[Path]) -> list[Path]:
    """Return paths in their order, each file once."""
    first: dict[str, Path] = {}
    for path in paths:
        first.setdefault(key_of(path), path)
    return list(first.values())


def find(key: str, paths: Iterable[Path]) -> Path | None:
    """Return the path that has the key, if one has."""
    return next((path for path in paths if key_of(path) == key), None)


def _entry(item: Any) -> Recent | None:
    if not isinstance(item, dict):
        return None
    path, opened = item.get("path"), item.get("opened")
    if not (isinstance(path, str) and isinstance(opened, str)):
        return None
    return Recent(Path(path), opened) if Path(path).is_absolute() and "\0" not in path else None


def _without(entries: list[Recent], path: Path) -> list[Recent]:
    return [entry for entry in entries if key_of(entry.path) != key_of(path)]


def _keep(home: Path, change: Callable[[list[Recent]], list[Recent]]) -> None:
    with _WRITING, suppress(OSError, FileError):
        home.mkdir(parents=True, exist_ok=True)
        entries = change(read_recent(home))[:AT_MOST]
        listed = [{"path": str(entry.path), "opened": entry.opened} for entry in entries]
        with drafted(home / RECENT_FILE, overwrite=True) as draft:
            draft.write_text(json.dumps({"recent": listed}, ensure_ascii=False, indent=1), encoding="utf-8")
