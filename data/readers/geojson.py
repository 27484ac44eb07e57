"""GeoJSON as it comes: any encoding, bare arrays of Features; rewritten in pieces where it has to be."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING

from data.readers.encodings import UTF8, text_encoding
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 20
_BLANK = b" \t\r\n"
_DIALECTS = (
    ("ESRIJSON", re.compile(rb'"esriGeometry(Polygon|Polyline|Point|Multipoint)"')),
    ("TopoJSON", re.compile(rb'"type"\s*:\s*"Topology"')),
)
_COLLECTION = b'{"type":"FeatureCollection","features":'
_FEATURE = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature)"')


def prepare(path: Path, folder: Path, *, encoding: str | None) -> tuple[Path, tuple[Reason, ...]]:
    """
    Return a file that GDAL streams, with notes: the file itself, or a copy in `folder`.

    A copy is UTF-8 without a byte order mark, and one FeatureCollection; it is made in pieces, so that
    memory stays flat.

    Raises
    ------
    FileError
        As `data.readers.encodings.text_encoding`.
    """
    codec = text_encoding(path, stated=encoding)
    first = next(_pieces(path, codec), b"").lstrip(_BLANK)[:1]
    is_array = first == b"["
    if codec == UTF8 and not is_array:
        return path, ()
    copy = folder / "features.geojson"
    with copy.open("wb") as sink:
        if is_array:
            sink.write(_COLLECTION)
        for piece in _pieces(path, codec):
            sink.write(piece)
        if is_array:
            sink.write(b"}")
    recoded = codec not in {UTF8, "utf-8-sig"} and encoding is None
    return copy, (Reason("encoding_guessed", {"found": codec.upper()}),) if recoded else ()


def driver_of(path: Path) -> str:
    """Return the GDAL driver for a JSON file, told by its head: GeoJSON unless it is another dialect."""
    head = _head(path)
    if _is_line_by_line(head):
        return "GeoJSONSeq"
    return next((driver for driver, pattern in _DIALECTS if pattern.search(head)), "GeoJSON")


def names_features(path: Path) -> bool:
    """Whether the head of a JSON file says that there are features (that a copy says so counts not)."""
    return bool(_FEATURE.search(_head(path).removeprefix(_COLLECTION)))


def _is_line_by_line(head: bytes) -> bool:
    """Whether each line is a Feature of its own, as databases export them."""
    lines = head.split(b"\n", 2)
    if len(lines) < 2 or not lines[1].startswith(b"{"):
        return False
    try:
        first = json.loads(lines[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and first.get("type") == "Feature"


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_CHUNK)


def _pieces(path: Path, codec: str) -> Iterator[bytes]:
    """Yield a file's text as UTF-8, piece by piece."""
    decoder = codecs.getincrementaldecoder(codec)()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if text := decoder.decode(chunk):
                yield text.encode()
        if text := decoder.decode(b"", final=True):
            yield text.encode()
