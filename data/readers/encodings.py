"""How a file of text is encoded, settled over the whole file in flat memory."""

from __future__ import annotations

import codecs
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    # How to open the bytes: the file's own, or those of a member of an archive.
    Opener = Callable[[], AbstractContextManager[IO[bytes]]]

UTF8, GB18030 = "utf-8", "gb18030"
# GB2312 and GBK are parts of GB18030, and files that claim to be the one often hold the other.
_PARTS_OF_GB18030 = ("gb2312", "gbk", "gb18030")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20
# What zipfile raises while the bytes of a member are read.
BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
# As programs call them that number their encodings, or mean Microsoft's by a common name.
_CODE_PAGES = {
    "65001": "utf-8",
    "936": "gb18030",
    "54936": "gb18030",
    "2312": "gb18030",
    "88591": "latin-1",
    "950": "cp950",
    "big5": "cp950",
}
# Codecs of Python that are no encodings of files.
_NO_TEXT = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")


@dataclass(frozen=True, kw_only=True)
class _Fault:
    """The first byte that does not fit an encoding: where, and whether only the end is missing."""

    byte: int
    line: int
    at_end: bool
    ascii_before: bool


def text_encoding(path: Path, *, stated: str | None = None, opened: Opener | None = None) -> str:
    """
    Return the encoding in which the whole file can be read.

    A byte order mark decides; then UTF-8, if all bytes are; then GB18030, which holds GBK. The whole
    file counts: its head may be plain ASCII.

    Parameters
    ----------
    stated
        An encoding to be used instead.
    opened
        How to open the bytes, where they are not the file's own (a member of an archive).

    Raises
    ------
    FileError
        ``encoding_unknown``; ``encoding_wrong`` with the line and the byte that do not fit;
        ``file_cut`` where UTF-8 ends in mid-character.
    """
    opened = opened or (lambda: path.open("rb"))
    if stated:
        encoding = known_encoding(stated, path)
        _require_readable(opened, encoding, path)
        return encoding
    with opened() as file:
        head = file.read(4)
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), UTF8)
    fault = _first_fault(opened, encoding)
    if fault is None:
        return encoding
    if encoding != UTF8:
        raise _wrong(fault, encoding, path)
    if fault.at_end and not fault.ascii_before:
        raise FileError("file_cut", file=path.name, row=fault.line)
    _require_readable(opened, GB18030, path)
    return GB18030


def all_utf8(opened: Opener) -> bool:
    """Return whether all bytes are UTF-8, be it plain ASCII."""
    return _first_fault(opened, UTF8) is None


def codec_named(name: str) -> str | None:
    """Return Python's codec for an encoding as people and .cpg files name it; None if there is none."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if "gbk" in plain or plain.startswith("gb2312"):
        return GB18030
    number = re.sub(r"[^0-9]", "", plain)
    for candidate in (_CODE_PAGES.get(number), _CODE_PAGES.get(plain), plain, name.strip(), f"cp{number}"):
        try:
            # Refuses what only looks like an encoding: base64, rot13.
            b"ab".decode(candidate or "", errors="replace")
            codec = codecs.lookup(candidate or "").name
        except (LookupError, ValueError):
            continue
        if codec.replace("-", "_") not in _NO_TEXT:
            return GB18030 if codec in _PARTS_OF_GB18030 else codec
    return None


def stated_codec(stated: str, path: Path) -> str:
    """
    Return Python's name of an encoding that a person states.

    Raises
    ------
    FileError
        ``encoding_unknown`` if there is none of that name, or it does not stand for text.
    """
    codec = codec_named(stated)
    if codec is None:
        raise FileError("encoding_unknown", file=path.name, found=stated)
    return codec


def known_encoding(stated: str, path: Path) -> str:
    """Return `stated_codec` for a whole file, at whose head UTF-8 may have a byte order mark."""
    codec = stated_codec(stated, path)
    return "utf-8-sig" if codec == UTF8 else codec


def _require_readable(opened: Opener, encoding: str, path: Path) -> None:
    if fault := _first_fault(opened, encoding):
        raise _wrong(fault, encoding, path)


def _wrong(fault: _Fault, encoding: str, path: Path) -> FileError:
    return FileError("encoding_wrong", file=path.name, encoding=encoding, row=fault.line, byte=fault.byte)


def _first_fault(opened: Opener, encoding: str) -> _Fault | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    read, lines, ascii_before = 0, 1, True
    with opened() as file:
        while True:
            chunk = file.read(_CHUNK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeError as fault:
                start = getattr(fault, "start", waiting) - waiting
                good = chunk[: max(start, 0)]
                return _Fault(
                    byte=read + start,
                    line=lines + good.count(b"\n"),
                    at_end=not chunk,
                    ascii_before=ascii_before and good.isascii(),
                )
            if not chunk:
                return None
            read += len(chunk)
            lines += chunk.count(b"\n")
            ascii_before = ascii_before and chunk.isascii()
