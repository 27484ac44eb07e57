"""Files on their way in: what a browser sends lands in a private folder, under names that harm nobody."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from data.readers import SUFFIXES, suffix_of
from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

# What comes along with a .shp; a shapefile without the first two is not whole.
PARTS = (".dbf", ".shx", ".prj", ".cpg")
_NEEDED_PARTS = (".dbf", ".shx")
_STEM_BYTES = 100
# Names that Windows keeps for devices, whatever follows the dot.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def safe_name(name: str) -> str:
    """
    Return a file name that is harmless on every system and still says what the file is.

    The client's folders are dropped; so are characters that hide or reverse text. Parts of a shapefile
    keep one stem.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    plain = re.sub(r'[<>:"|?*]', "_", shown)
    suffix = suffix_of(plain) or Path(plain).suffix.lower()
    stem = plain[: len(plain) - len(suffix)] if suffix else plain
    stem = stem.encode()[:_STEM_BYTES].decode(errors="ignore").strip(". ")
    if not stem or _DEVICES.fullmatch(stem):
        stem = f"_{stem}"
    return f"{stem}{suffix.rstrip('. ')}"


def keep_uploads(uploads: Iterable[tuple[str, BinaryIO]], folder: Path) -> None:
    """
    Copy uploaded files into a folder of our own.

    Parameters
    ----------
    uploads
        (the client's name, the content); what no reader knows is left out.

    Raises
    ------
    FileError
        ``file_not_writable``.
    """
    for name, content in uploads:
        path = folder / safe_name(name)
        if suffix_of(path) not in SUFFIXES and path.suffix.lower() not in PARTS:
            continue
        try:
            content.seek(0)
            # Who adds the parts that were missing often chooses the first one again: the later one counts.
            with path.open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
        except OSError as fault:
            raise FileError("file_not_writable", file=path.name, why=fault.strerror or str(fault)) from fault


def to_open(folder: Path) -> list[Path]:
    """Return the files in a folder that can be opened by themselves; parts of a shapefile come with it."""
    return sorted(path for path in folder.iterdir() if suffix_of(path))


def missing_parts(names: Iterable[str]) -> list[str]:
    """Return the parts without which a shapefile among these files has no attributes or no index."""
    names = [safe_name(name).lower() for name in names]
    stems = [name.removesuffix(".shp") for name in names if name.endswith(".shp")]
    return [f"{stem}{part}" for stem in stems for part in _NEEDED_PARTS if f"{stem}{part}" not in names]


def typed_path(text: str) -> Path:
    """
    Return the path that somebody typed, or pasted with the quotes that Windows puts around it.

    Raises
    ------
    FileError
        ``file_missing``: also for half a path, which could mean anything.
    """
    text = text.strip().strip("\"'“”‘’").strip()
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        path = Path(text)
    if not text or "\0" in text or not path.is_absolute():
        raise FileError("file_missing", file=text.replace("\0", "�"))
    return path
