"""Workbooks looked through before anything loads them: how far their cells reach, what failed in them."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal
from xml.parsers import expat

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from data.readers.archives import refuse_bomb
from data.readers.encodings import BROKEN_ARCHIVE
from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

WorkbookKind = Literal["xlsx", "xls", "ods"]

MAX_SHEET_BYTES = 1536 * 2**20
# A sheet is loaded as a full rectangle, 24 bytes a cell, however few of its cells hold anything.
MOST_CELLS = 50_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CHUNK = 1 << 22
_MAX_INDEX_BYTES = 16 * 2**20
# Possessive: no way back into what stands in quotation marks, and twice as fast.
_ATTRIBUTES = rb"[^>\"']*+(?:\"[^\"]*+\"[^>\"']*+|'[^']*+'[^>\"']*+)*+"
_CELL = re.compile(rb"<(?:\w+:)?c\s" + _ATTRIBUTES + rb"(?<!/)>")
_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_ERROR = re.compile(rb"\st\s*=\s*[\"']e[\"']")
_ODS_TOKEN = re.compile(
    rb"<(/?)table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])(" + _ATTRIBUTES + rb")>"
)
_REPEATED = re.compile(rb"number-(?:columns|rows)-repeated\s*=\s*[\"'](\d{1,10})[\"']")


def workbook_kind(path: Path) -> WorkbookKind | None:
    """
    Return which kind of workbook a file is by its content, None if it is none.

    Raises
    ------
    FileError
        ``file_encrypted``; ``sheet_kind_unknown`` for a binary .xlsb or an archive without sheets; what
        `refuse_bomb` raises.
    """
    with path.open("rb") as file:
        head = file.read(8)
    if head == _OLE:
        if _holds(path, _ENCRYPTED):
            raise FileError("file_encrypted", file=path.name)
        return "xls"
    if not head.startswith(b"PK"):
        return None
    refuse_bomb(path)
    with _opened(path) as archive:
        members = {name.lower() for name in archive.namelist()}
        if "meta-inf/manifest.xml" in members and "content.xml" in members:
            if b"encryption-data" in _index(archive, "META-INF/manifest.xml", path):
                raise FileError("file_encrypted", file=path.name)
            return "ods"
    if "xl/workbook.xml" in members:
        return "xlsx"
    raise FileError("sheet_kind_unknown", file=path.name)


def scan_xlsx(path: Path) -> Mapping[str, Mapping[int, int]]:
    """
    Read every member of an .xlsx once, in flat memory, and return how many cells show an error.

    Returns
    -------
    Mapping
        By sheet, then by column (from 0). The loader gives such cells as blank.

    Raises
    ------
    FileError
        ``sheet_too_large``, ``xml_entities``, ``xml_broken``, ``archive_broken``, ``file_unreadable``.
    """
    with _opened(path) as archive:
        targets = _sheet_targets(archive, path)
        sheets = set(targets.values())
        parts = {
            member.filename: _scanned(archive, member, path, is_sheet=member.filename in sheets)
            for member in archive.infolist()
        }
    return {name: parts[target] for name, target in targets.items() if target in parts}


def scan_ods(path: Path) -> None:
    """
    Raise if an .ods repeats cells until they would fill the memory.

    Raises
    ------
    FileError
        ``sheet_too_large``, ``xml_entities``, ``xml_broken``, ``archive_broken``, ``file_unreadable``.
    """
    with _opened(path) as archive:
        for member in archive.infolist():
            _scan_ods_member(archive, member, path)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileError:
        raise
    except (*BROKEN_ARCHIVE, OSError) as fault:
        raise FileError("archive_broken", file=path.name, why=str(fault)) from fault


def _holds(path: Path, wanted: bytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if wanted in tail + chunk:
                return True
            tail = chunk[-len(wanted) :]
    return False


def _pieces(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, *, is_sheet: bool = False
) -> Iterator[bytes]:
    """Yield a member's XML, checked to be whole, in pieces cut before a tag: no < stands inside of one."""
    if member.file_size > MAX_SHEET_BYTES:
        raise FileError("sheet_too_large", file=path.name, limit=MOST_CELLS)
    tail = b""
    # A sheet may be called anything: what counts is what the workbook says of it.
    is_xml = is_sheet or member.filename.lower().endswith((".xml", ".rels"))
    check = _wholeness(path) if is_xml else None
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            if check is None:
                continue
            _parse(check, chunk, path)
            piece = tail + chunk
            cut = max(piece.rfind(b"<"), 0)
            if not cut and len(piece) > 4 * _CHUNK:
                raise FileError("xml_text_too_long", file=path.name, limit=4 * _CHUNK)
            yield piece[:cut]
            tail = piece[cut:]
    if check is not None:
        _parse(check, b"", path, last=True)
    yield tail


def _wholeness(path: Path) -> expat.XMLParserType:
    """Return a parser that only checks: on XML that breaks off, the loader of .ods never comes back."""

    def refuse(*_: object) -> None:
        raise FileError("xml_entities", file=path.name)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _parse(parser: expat.XMLParserType, chunk: bytes, path: Path, *, last: bool = False) -> None:
    try:
        parser.Parse(chunk, last)
    except expat.ExpatError as fault:
        raise FileError("xml_broken", file=path.name, row=fault.lineno) from fault
    except LookupError as fault:  # an encoding that nobody knows
        raise FileError("file_unreadable", file=path.name, why=str(fault)) from fault


def _scanned(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, *, is_sheet: bool
) -> Counter[int]:
    errors: Counter[int] = Counter()
    letters: set[bytes] = set()
    rows: set[bytes] = set()
    for piece in _pieces(archive, member, path, is_sheet=is_sheet):
        cells = _CELL.findall(piece)
        references = _REFERENCE.findall(b"".join(cells))
        if references:
            columns, numbers = zip(*references, strict=True)
            letters.update(columns)
            rows.update(numbers)
        if not _ERROR.search(piece):
            continue
        for cell in cells:
            if b'"e"' in cell or b"'e'" in cell:
                place = _REFERENCE.search(cell)
                if place and _ERROR.search(cell):
                    errors[_column(place[1])] += 1
    width = max(map(_column, letters), default=0) + 1
    height = max(map(int, rows), default=0) - min(map(int, rows), default=0) + 1
    _require_loadable(width * height, path)
    return errors


def _column(letters: bytes) -> int:
    at = 0
    for letter in letters.upper():
        at = at * 26 + letter - ord("A") + 1
    return at - 1


def _require_loadable(cells: int, path: Path) -> None:
    if cells > MOST_CELLS:
        raise FileError("sheet_too_large", file=path.name, limit=MOST_CELLS)


def _scan_ods_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    width = height = at = filled_to = repeated = 0
    for piece in _pieces(archive, member, path):
        if member.filename.lower() != "content.xml":
            continue
        for closing, kind, attributes in _ODS_TOKEN.findall(piece):
            times = _times(attributes)
            if kind == b"table":
                width = height = 0
            elif kind == b"table-row" and not closing:
                repeated, at, filled_to = times, 0, 0
            elif kind == b"table-row":
                height += repeated
                width = max(width, filled_to)
                # Blank rows above filled ones are loaded as well.
                if filled_to:
                    _require_loadable(width * height, path)
            elif not closing:
                at += times
                if not attributes.endswith(b"/"):
                    filled_to = at


def _times(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return max(int(found[1]), 1) if found else 1


def _index(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    found = {member.filename.lower(): member for member in archive.infolist()}.get(name.lower())
    if found is None:
        return b""
    if found.file_size > _MAX_INDEX_BYTES:
        raise FileError("sheet_too_large", file=path.name, limit=MOST_CELLS)
    return archive.read(found)


def _sheet_targets(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """Return each sheet's member, by the sheet's name."""
    names = {member.lower(): member for member in archive.namelist()}
    links = {
        link.get("Id", ""): link.get("Target", "")
        for link in _parsed(_index(archive, "xl/_rels/workbook.xml.rels", path), path)
    }
    targets = {}
    for element in _parsed(_index(archive, "xl/workbook.xml", path), path).iter():
        if element.tag.rpartition("}")[2] == "sheet":
            link = next((value for key, value in element.items() if key.endswith("}id")), "")
            target = links.get(link, "").lstrip("/")
            full = target if target.lower().startswith("xl/") else f"xl/{target}"
            targets[element.get("name", "")] = names.get(full.lower(), full)
    return targets


def _parsed(content: bytes, path: Path) -> Element:
    try:
        root: Element = defusedxml.ElementTree.fromstring(content or b"<none/>", forbid_dtd=True)
    except DefusedXmlException as fault:
        raise FileError("xml_entities", file=path.name) from fault
    except (SyntaxError, ValueError, LookupError) as fault:
        raise FileError("file_unreadable", file=path.name, why=str(fault)) from fault
    return root
