"""What a file really holds, told by its first bytes: no driver is let at what its name belies."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from geo.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

# Names of formats are the same in every language.
SQLITE, SHP, PARQUET, JSON, DXF, PBF, BZIP2 = "SQLite", "SHP", "Parquet", "JSON", "DXF", "OSM PBF", "BZIP2"
ZIP, GZIP, XLS, XML, HTML, TEXT, UNKNOWN = "ZIP", "GZIP", "XLS", "XML", "HTML", "TXT", "?"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"SQLite format 3\0", SQLITE),
    (struct.pack(">i", 9994), SHP),
    (b"PAR1", PARQUET),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\x1f\x8b", GZIP),
    (b"BZh", BZIP2),
    (b"\0\0\0\x0d\n\tOSMHeader", PBF),
    (b"\0\0\0\x0e\n\tOSMHeader", PBF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", XLS),
    (b"AutoCAD Binary DXF", "binary DXF"),
    (b"AC10", "DWG"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"7z\xbc\xaf\x27\x1c", "7Z"),
    (b"Rar!", "RAR"),
    (b"MZ", "EXE"),
    (b"fgb\x03", "FlatGeobuf"),
)
# Systems write text and call it .xls: which kind of table it is, its reader tells by the content.
_TABLE = frozenset({ZIP, XLS, TEXT, JSON})
_MARKUP = frozenset({XML, ZIP})
CONTENTS: dict[str, frozenset[str]] = {
    ".gpkg": frozenset({SQLITE}),
    ".shp": frozenset({SHP}),
    ".parquet": frozenset({PARQUET}),
    ".geoparquet": frozenset({PARQUET}),
    ".geojson": frozenset({JSON}),
    ".json": frozenset({JSON}),
    ".dxf": frozenset({DXF}),
    ".osm": frozenset({XML}),
    ".osm.bz2": frozenset({BZIP2}),
    ".osm.pbf": frozenset({PBF}),
    ".pbf": frozenset({PBF}),
    ".zip": frozenset({ZIP}),
    ".gz": frozenset({GZIP}),
    ".kmz": _MARKUP,
    ".kml": _MARKUP,
    ".ovkml": _MARKUP,
    ".xlsx": _TABLE,
    ".xlsm": _TABLE,
    ".xls": _TABLE,
    ".ods": _TABLE,
    ".csv": _TABLE,
    ".tsv": _TABLE,
    ".txt": _TABLE,
}
_HEAD = 4096


def content_of(path: Path) -> str:
    """Return the name of the format that the first bytes of a file are in, "?" where they don't tell."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return _text_kind(head)


def require_content(path: Path, suffix: str) -> None:
    """
    Raise unless a file holds what its name says.

    Parameters
    ----------
    suffix
        A key of `CONTENTS`.

    Raises
    ------
    FileError
        ``file_kind_differs`` with the format that was found.
    """
    found = content_of(path)
    if found not in CONTENTS[suffix]:
        raise FileError("file_kind_differs", file=path.name, suffix=suffix, found=found)


def require_whole(path: Path) -> None:
    """
    Raise if a file ends before the end that it tells of itself.

    Drivers may take half a shapefile for a whole one whose other shapes are empty.

    Raises
    ------
    FileError
        ``file_cut``.
    """
    check = _WHOLE.get(content_of(path))
    if check is not None and not check(path):
        raise FileError("file_cut", file=path.name)


def _text_kind(head: bytes) -> str:
    text = _as_text(head)
    if text is None:
        return UNKNOWN
    start = text.lstrip("\ufeff \t\r\n")
    lowered = start[:300].lower()
    if lowered.startswith(("<!doctype html", "<html")) or (lowered.startswith("<") and "<html" in lowered):
        return HTML
    if start.startswith("<"):
        return XML
    if start.startswith(("{", "[")):
        return JSON
    # A group code and its value a line each; comments (999) may come before.
    lines = [line.strip() for line in start.splitlines()]
    if "SECTION" in lines and lines[0] in {"0", "999"} and lines[lines.index("SECTION") - 1] == "0":
        return DXF
    return TEXT


def _as_text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    # Bytes that no text file has, in whatever Chinese encoding.
    if any(byte < 9 or 13 < byte < 26 for byte in head):
        return None
    return head.decode("utf-8-sig", errors="replace")


def _sqlite_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(100)
    if len(head) < 100:
        return False
    page = struct.unpack_from(">H", head, 16)[0]
    pages, changed, valid_for = (struct.unpack_from(">I", head, at)[0] for at in (28, 24, 92))
    # The number of pages counts only where the last writer kept it.
    whole = int(pages) * (65536 if page == 1 else int(page))
    return bool(changed != valid_for) or path.stat().st_size >= whole


def _shp_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(100)
    return len(head) == 100 and path.stat().st_size >= 2 * int(struct.unpack_from(">I", head, 24)[0])


def _ends_with(*ends: bytes) -> _Check:
    def check(path: Path) -> bool:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _HEAD))
            return stream.read().strip(b" \t\r\n\0\x1a").endswith(ends)

    return check


if TYPE_CHECKING:
    from collections.abc import Callable

    _Check = Callable[[Path], bool]

_WHOLE: dict[str, _Check] = {
    SQLITE: _sqlite_whole,
    SHP: _shp_whole,
    PARQUET: _ends_with(b"PAR1"),
    JSON: _ends_with(b"}", b"]"),
    DXF: _ends_with(b"EOF"),
}
