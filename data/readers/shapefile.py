"""Shapefiles: the encoding of their table found out, a lost index made anew."""

from __future__ import annotations

import codecs
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from data.readers.encodings import codec_named, stated_codec
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK_BYTES = 1 << 20
# Cells beyond ASCII that are looked at: enough to tell, however large the file.
_TELLING_CELLS = 20_000
# A broken cell or two don't make a UTF-8 file a GB18030 one.
_BROKEN_SHARE = 0.01
# The language driver byte of a .dbf; those that every writer leaves there (ANSI) say nothing.
_LANGUAGE_DRIVERS = {
    0x4D: "gb18030",
    0x7A: "gb18030",
    0x4F: "cp950",
    0x78: "cp950",
    0x4E: "cp949",
    0x79: "cp949",
    0x13: "cp932",
    0x7B: "cp932",
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """
    A text as it could be decoded.

    Parameters
    ----------
    cut
        Whether half a character was dropped from its end.
    broken
        Whether bytes inside it are no characters; they read �.
    """

    text: str
    cut: bool = False
    broken: bool = False


@dataclass(frozen=True, kw_only=True)
class _Table:
    rows: int
    header_bytes: int
    row_bytes: int
    language_driver: int
    names: tuple[bytes, ...]
    text_spans: tuple[slice, ...]


def sibling(path: Path, suffix: str) -> Path | None:
    """Return the part of a shapefile with this suffix, in whatever letters; None if it is missing."""
    wanted = path.with_suffix(suffix).name.lower()
    exact = path.with_suffix(suffix)
    if exact.is_file():
        return exact
    return next((file for file in sorted(path.parent.iterdir()) if file.name.lower() == wanted), None)


def decode(raw: bytes, codec: str) -> Cell:
    """Return a cell's text; a field may end in mid-character, and that half is dropped."""
    try:
        return Cell(text=raw.decode(codec))
    except UnicodeDecodeError:
        pass
    decoder = codecs.getincrementaldecoder(codec)("replace")
    text = decoder.decode(raw)
    return Cell(text=text, cut=bool(decoder.getstate()[0]), broken="\ufffd" in text)


def settle_encoding(path: Path, *, stated: str | None) -> tuple[str, tuple[Reason, ...]]:
    """
    Return the codec of a shapefile's table, and notes on how it was settled.

    What the user states holds. Otherwise .cpg and the language driver byte are believed as long as
    the bytes agree: many a .cpg came from another file. Without either it is UTF-8 if the bytes are,
    else GB18030.

    Parameters
    ----------
    path
        The .shp.
    stated
        The encoding the user named.

    Raises
    ------
    FileError
        ``encoding_unknown``.
    """
    if stated is not None:
        return stated_codec(stated, path), ()
    dbf = sibling(path, ".dbf")
    table = None if dbf is None else _table(dbf)
    if dbf is None or table is None:
        return "utf-8", ()
    claimed = _claimed(path, table)
    cells, utf8_bad, gb_bad = _count_bad(dbf, table)
    if not cells:
        return claimed or "utf-8", ()
    is_utf8 = utf8_bad <= cells * _BROKEN_SHARE and utf8_bad <= gb_bad + cells * _BROKEN_SHARE
    found = "utf-8" if is_utf8 else "gb18030"
    if claimed is None:
        return found, (Reason("encoding_guessed", {"found": found.upper()}),)
    # Bytes that are UTF-8 are so by no chance; other codecs can't be told apart by bytes alone.
    if claimed == found or (not is_utf8 and claimed != "utf-8"):
        return claimed, ()
    return found, (Reason("encoding_differs", {"stated": claimed.upper(), "found": found.upper()}),)


def row_counts(path: Path) -> tuple[int, int] | None:
    """Return how many shapes and how many table rows a shapefile has; None where a part is missing."""
    dbf, shx = sibling(path, ".dbf"), sibling(path, ".shx")
    table = None if dbf is None else _table(dbf)
    if shx is None or table is None:
        return None
    return max(0, shx.stat().st_size - 100) // 8, table.rows


def table_is_whole(path: Path) -> bool:
    """Whether the .dbf is as long as its header says."""
    dbf = sibling(path, ".dbf")
    table = None if dbf is None else _table(dbf)
    if dbf is None or table is None:
        return True
    return dbf.stat().st_size >= table.header_bytes + table.rows * table.row_bytes


def write_index(shp: Path, target: Path) -> None:
    """Write the .shx of a .shp: where each shape begins and how long it is, in 16-bit words."""
    size = shp.stat().st_size
    with shp.open("rb") as source, target.open("wb") as sink:
        header = source.read(100)
        sink.write(header)
        at = 100
        while at + 8 <= size:
            source.seek(at)
            words = struct.unpack(">iI", source.read(8))[1]
            if at + 8 + 2 * words > size:
                break
            sink.write(struct.pack(">II", at // 2, words))
            at += 8 + 2 * words
        length = sink.tell() // 2
        sink.seek(24)
        sink.write(struct.pack(">I", length))


def _claimed(path: Path, table: _Table) -> str | None:
    cpg = sibling(path, ".cpg")
    if cpg is not None:
        with cpg.open("rb") as stream:
            return codec_named(stream.read(100).decode("ascii", errors="ignore"))
    return _LANGUAGE_DRIVERS.get(table.language_driver)


def _table(dbf: Path) -> _Table | None:
    """Return what a .dbf says of itself; None if it makes no sense."""
    with dbf.open("rb") as stream:
        head = stream.read(32)
        if len(head) < 32:
            return None
        rows, header_bytes, row_bytes = struct.unpack_from("<IHH", head, 4)
        fields = stream.read(max(0, header_bytes - 33))
    names, spans, at = [], [], 1
    for start in range(0, len(fields) - 31, 32):
        if fields[start] == 0x0D:
            break
        names.append(fields[start : start + 11].split(b"\0")[0])
        kind, width, decimals = fields[start + 11 : start + 12], fields[start + 16], fields[start + 17]
        # Texts longer than 255 bytes put the rest of their width where numbers have their decimals.
        width += decimals * 256 if kind == b"C" else 0
        if kind == b"C":
            spans.append(slice(at, at + width))
        at += width
    if not names or row_bytes < 1:
        return None
    return _Table(
        rows=rows,
        header_bytes=header_bytes,
        row_bytes=row_bytes,
        language_driver=head[29],
        names=tuple(names),
        text_spans=tuple(spans),
    )


def _count_bad(dbf: Path, table: _Table) -> tuple[int, int, int]:
    """Return how many cells go beyond ASCII, and how many of them are not UTF-8, not GB18030."""
    cells = utf8_bad = gb_bad = 0
    with dbf.open("rb") as stream:
        for cell in _cells_beyond_ascii(stream, table):
            cells += 1
            utf8_bad += decode(cell, "utf-8").broken
            gb_bad += decode(cell, "gb18030").broken
            if cells == _TELLING_CELLS:
                break
    return cells, utf8_bad, gb_bad


def _cells_beyond_ascii(stream: BinaryIO, table: _Table) -> Iterator[bytes]:
    yield from (name for name in table.names if not name.isascii())
    stream.seek(table.header_bytes)
    rows_at_once = max(1, _CHUNK_BYTES // table.row_bytes)
    while chunk := stream.read(rows_at_once * table.row_bytes):
        if chunk.isascii():
            continue
        for start in range(0, len(chunk), table.row_bytes):
            row = chunk[start : start + table.row_bytes]
            for span in table.text_spans:
                cell = row[span].rstrip(b" \0")
                if not cell.isascii():
                    yield cell
