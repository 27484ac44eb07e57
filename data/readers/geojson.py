"""GeoJSON as it comes: any encoding, bare arrays of Features; rewritten in pieces where it has to be."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from data.readers.shapefile import codec_named
from geo.errors import FileError, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 20
_BLANK = b" \t\r\n"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DIALECTS = (
    ("ESRIJSON", re.compile(rb'"esriGeometry(Polygon|Polyline|Point|Multipoint)"')),
    ("TopoJSON", re.compile(rb'"type"\s*:\s*"Topology"')),
)
_FEATURE = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature)"')


def prepare(path: Path, folder: Path, *, encoding: str | None) -> tuple[Path, tuple[Reason, ...]]:
    """
    Return a file that GDAL streams, with notes: the file itself, or a copy in `folder`.

    A copy is UTF-8 without a byte order mark, and one FeatureCollection; it is made in pieces, so that
    memory stays flat.

    Raises
    ------
    FileError
        ``encoding_unknown``, ``encoding_unclear``.
    """
    codec = _settled_codec(path, encoding)
    first = next(_pieces(path, codec), b"").lstrip(_BLANK)[:1]
    is_array = first == b"["
    if codec == "utf-8" and not is_array:
        return path, ()
    copy = folder / "features.geojson"
    with copy.open("wb") as sink:
        if is_array:
            sink.write(b'{"type":"FeatureCollection","features":')
        for piece in _pieces(path, codec):
            sink.write(piece)
        if is_array:
            sink.write(b"}")
    recoded = codec not in {"utf-8", "utf-8-sig"} and encoding is None
    return copy, (Reason("encoding_guessed", {"found": codec.upper()}),) if recoded else ()


def driver_of(path: Path) -> str:
    """Return the GDAL driver for a JSON file, told by its head: GeoJSON unless it is another dialect."""
    head = _head(path)
    return next((driver for driver, pattern in _DIALECTS if pattern.search(head)), "GeoJSON")


def names_features(path: Path) -> bool:
    """Whether the head of a JSON file says that there are features."""
    return bool(_FEATURE.search(_head(path)))


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_CHUNK)


def _settled_codec(path: Path, stated: str | None) -> str:
    if stated is not None:
        codec = codec_named(stated)
        if codec is None:
            raise FileError("encoding_unknown", file=path.name, found=stated)
        return codec
    with path.open("rb") as stream:
        head = stream.read(4)
    marked = next((codec for bom, codec in _BOMS if head.startswith(bom)), None)
    for codec in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            for _ in _pieces(path, codec):
                pass
        except UnicodeError:
            continue
        return codec
    raise FileError("encoding_unclear", file=path.name)


def _pieces(path: Path, codec: str) -> Iterator[bytes]:
    """Yield a file's text as UTF-8, piece by piece."""
    decoder = codecs.getincrementaldecoder(codec)()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if text := decoder.decode(chunk):
                yield text.encode()
        if text := decoder.decode(b"", final=True):
            yield text.encode()
