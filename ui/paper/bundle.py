"""Files that are handed over together: their names, their list of contents, one zip or a folder of them."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from data.exporting import export_bytes, export_files, require_export_folder, require_export_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ui.words import Words

_FORBIDDEN = frozenset('<>:"/\\|?*')
_ZIP = ".zip"


def file_stem(text: str) -> str:
    """Return a text as part of the name of a file, on any system."""
    kept = "".join(" " if char in _FORBIDDEN or not char.isprintable() else char for char in text)
    return " ".join(kept.split()).strip(". ")[:60] or "_"


def zipped(files: Mapping[str, bytes], *, stamp: datetime | None = None) -> bytes:
    """Return files as one zip, whose bytes depend on the files and the stamp alone."""
    moment = (stamp or datetime.now(UTC)).timetuple()[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in files.items():
            whole.writestr(zipfile.ZipInfo(name, moment), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def require_bundle_target(out: Path) -> None:
    """Raise, as `write_files` would, unless files may go there; a folder is made."""
    if out.suffix.lower() == _ZIP:
        require_export_target(out)
    else:
        require_export_folder(out)


def write_files(files: Mapping[str, bytes], out: Path) -> None:
    """
    Write files into a folder, or as one zip where `out` ends in ``.zip``.

    Raises
    ------
    FileError
        As `data.exporting.export_files` and `data.exporting.export_bytes`.
    """
    if out.suffix.lower() == _ZIP:
        export_bytes(zipped(files), out)
    else:
        export_files(files, out)


def contents(
    files: Iterable[str],
    *,
    about: Callable[[str], str],
    above: Iterable[str],
    beneath: Iterable[str] = (),
    stamp: datetime,
    t: Words,
) -> bytes:
    """
    Return the text that lists files and what each is.

    Parameters
    ----------
    about
        Says what the file of a name is.
    above, beneath
        Lines before and after the list.
    stamp
        When they were made, with its time zone.
    """
    lines = [
        *above,
        t("paper.made", at=stamp.astimezone().strftime("%Y-%m-%d %H:%M")),
        t("paper.mark"),
        "",
        *(f"{name}\t{about(name)}".rstrip() for name in sorted(files)),
        *(("", *beneath) if beneath else ()),
    ]
    # Notepad of older systems takes a text without this mark for GBK.
    return "\r\n".join(lines).encode("utf-8-sig")
