"""The files of districts: named after them, made, copied, backed up, looked at without being opened."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sqlite3
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from data import geopackage
from data.files import drafted, private_folder
from data.schemas import TABLES
from data.workspace import SCHEMA_VERSION, Workspace
from geo.crs import refuse_unknown, require_metric
from geo.errors import CrsError, FileError, GridBeatError, SettingError
from ui import opening
from ui.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SUFFIX = ".gpkg"
BACKUP_FOLDER = "backups"
BACKUPS_KEPT = 10
NAME_LENGTH = 60
# Windows allows none of these in a name, nor these names, whatever comes after the first dot.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
# A file's name has 255 bytes on most disks, and backups add 27 to it.
_NAME_BYTES = 180
_EPSG = re.compile(r"(?:epsg\s*:?\s*)?([0-9]{4,6})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Glance:
    """
    What can be said of a file without opening it as a workspace.

    Parameters
    ----------
    path
        The file.
    name
        The district's name, empty where there is a fault.
    rows
        Rows of each table.
    changed
        When the file last changed.
    size
        Bytes.
    fault
        Why it cannot be opened, as the code of an error.
    """

    path: Path
    name: str = ""
    rows: Mapping[str, int]
    changed: dt.datetime | None = None
    size: int = 0
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup of a workspace: its file, when it was made, its bytes."""

    path: Path
    made: dt.datetime
    size: int


def file_stem(name: str) -> str:
    """
    Return the name of a file for a district's name, one that Windows too allows; without its suffix.

    Source: Microsoft, "Naming Files, Paths, and Namespaces".
    """
    text = _FORBIDDEN.sub("-", visible(unicodedata.normalize("NFC", name)))
    text = text.encode("utf-8", "ignore")[:_NAME_BYTES].decode("utf-8", "ignore")
    text = text.strip(" .-") or "district"
    return f"_{text}" if _RESERVED.fullmatch(text) else text


def free_paths(folder: Path, name: str) -> Iterator[Path]:
    """Yield the paths a district's file may take: its name, then numbered, those that are taken left out."""
    stem = file_stem(name)
    for number in range(1, 1000):
        path = folder / (f"{stem}{SUFFIX}" if number == 1 else f"{stem}-{number}{SUFFIX}")
        if not path.exists():
            yield path


def district_name(text: str) -> str:
    """
    Return a district's name without stray blanks.

    Raises
    ------
    SettingError
        ``district_name_missing``.
    """
    name = visible(text)[:NAME_LENGTH]
    if not name:
        raise SettingError("district_name_missing")
    return name


def metric_crs(text: str) -> CRS | None:
    """
    Return the CRS that somebody typed as an EPSG code, or None where nothing was typed.

    Raises
    ------
    CrsError
        ``epsg_unknown``; ``crs_refused`` (Beijing54, Xian80); ``crs_not_for_measuring`` if it is not
        projected in metres, or is Mercator's, whose areas at 30° N come out a third too large.
    """
    if not text.strip():
        return None
    code = _EPSG.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        crs = CRS.from_epsg(int(code[1])) if code else None
    except CRSError:
        crs = None
    if crs is None:
        raise CrsError("epsg_unknown", found=text.strip())
    refuse_unknown(crs)
    try:
        require_metric(crs, layer="district")
    except CrsError as fault:
        raise CrsError("crs_not_for_measuring", found=crs.to_string(), name=crs.name) from fault
    if _is_mercators(crs):
        raise CrsError("crs_not_for_measuring", found=crs.to_string(), name=crs.name)
    return crs


def _is_mercators(crs: CRS) -> bool:
    method = crs.coordinate_operation.method_name.lower() if crs.coordinate_operation else ""
    return "mercator" in method and not any(kind in method for kind in ("transverse", "oblique"))


def make_folder(folder: Path) -> None:
    """
    Make a folder unless it is there.

    Raises
    ------
    FileError
        ``file_not_writable``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise FileError("file_not_writable", file=str(folder), why=fault.strerror or "") from fault


def create_district(name: str, *, folder: Path, crs: CRS | None = None) -> Path:
    """
    Make a district's workspace in a folder, under a name of its own, and return its path.

    Raises
    ------
    SettingError, CrsError, FileError
        As `district_name`, `data.workspace.Workspace.create`.
    """
    name = district_name(name)
    for path in free_paths(folder, name):
        try:
            return Workspace.create(path, name=name, crs=crs).path
        except FileError as fault:
            # Somebody took the name a moment ago: the next one.
            if fault.code != "file_exists":
                raise
    raise FileError("file_exists", file=str(folder / f"{file_stem(name)}{SUFFIX}"))


def save_as(workspace: Workspace, name: str, *, folder: Path) -> Path:
    """
    Copy a workspace as it is at this moment under another name, and return the copy's path.

    Raises
    ------
    SettingError, FileError
        As `district_name`, `data.workspace.Workspace.copy_to`.
    """
    name = district_name(name)
    for path in free_paths(folder, name):
        try:
            copy = Workspace.open(workspace.copy_to(path))
        except FileError as fault:
            if fault.code != "file_exists":
                raise
            continue
        if copy.name != name:
            copy.set_setting("name", name)
        return copy.path
    raise FileError("file_exists", file=str(folder / f"{file_stem(name)}{SUFFIX}"))


def copy_bytes(path: Path) -> bytes:
    """Return a workspace's file as it is at this moment, for download."""
    with private_folder() as folder:
        return Workspace.open(path).copy_to(Path(folder) / f"copy{SUFFIX}").read_bytes()


def make_backup(workspace: Workspace) -> Path:
    """Back a workspace up into the folder beside it; the oldest beyond ten go."""
    return workspace.backup(workspace.path.parent / BACKUP_FOLDER, keep=BACKUPS_KEPT)


def backups_of(path: Path) -> list[Backup]:
    """Return the backups in the folder beside a workspace, present or gone, the latest first."""
    dated = re.compile(re.escape(path.stem) + r"-(\d{8}-\d{6}-\d{6})\.gpkg")
    found = []
    for file in opening.in_folder(path.parent / BACKUP_FOLDER):
        # A number that is no date, or a file that is gone by now: none of ours.
        with suppress(OSError, ValueError):
            if match := dated.fullmatch(file.name):
                made = dt.datetime.strptime(match[1], "%Y%m%d-%H%M%S-%f")
                found.append(Backup(path=file, made=made, size=file.stat().st_size))
    return sorted(found, key=lambda backup: backup.made, reverse=True)


def recover(path: Path, backup: Path) -> Path:
    """
    Put a backup where a workspace was, or beside it where a damaged one lies, and return the new path.

    Raises
    ------
    FileError
        As `data.workspace.Workspace` for a backup that cannot be opened.
    """
    target = next(free_paths(path.parent, path.stem))
    try:
        with drafted(target, overwrite=False) as draft:
            shutil.copyfile(backup, draft)
            Workspace.open(draft)
    except FileError as fault:
        facts: dict[str, Any] = {**fault.facts, "file": str(backup)}
        raise FileError(fault.code, **facts) from fault
    return target


def glance(path: Path) -> Glance:
    """Return what a file is, without bringing an older workspace to this version."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return Glance(path=path, rows={}, fault="workspace_missing")
    return _glance(path, found.st_mtime_ns, found.st_size)


def is_foreign(path: Path) -> bool:
    """Whether a file is another program's."""
    return glance(path).fault == "workspace_foreign"


# Counting rows reads the file: once for each state of it.
@lru_cache(maxsize=512)
def _glance(path: Path, mtime_ns: int, size: int) -> Glance:
    changed = dt.datetime.fromtimestamp(mtime_ns / 1e9)
    try:
        name, rows = _name_and_rows(path)
    except GridBeatError as fault:
        return Glance(path=path, rows={}, changed=changed, size=size, fault=fault.code)
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as fault:
        broken = getattr(fault, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT
        code = "workspace_unreadable" if broken else "workspace_foreign"
        return Glance(path=path, rows={}, changed=changed, size=size, fault=code)
    return Glance(path=path, name=name, rows=rows, changed=changed, size=size)


def _name_and_rows(path: Path) -> tuple[str, dict[str, int]]:
    with geopackage.reading(path) as connection:
        settings = dict(
            connection.execute("SELECT name, value FROM settings WHERE name IN ('name', 'schema_version')")
        )
        version = json.loads(settings["schema_version"])
        if version > SCHEMA_VERSION:
            raise FileError("workspace_newer", file=str(path), found=version, known=SCHEMA_VERSION)
        present = [name for name in geopackage.table_names(connection) if name in TABLES]
        count = {name: f"SELECT COUNT(*) FROM {name}" for name in present}
        rows = {name: connection.execute(statement).fetchone()[0] for name, statement in count.items()}
    return str(json.loads(settings["name"])), rows
