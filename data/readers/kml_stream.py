"""KML as a stream of placemarks, in flat memory, without entities and whatever they bring."""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from data.readers.encodings import BROKEN_ARCHIVE
from data.readers.kml_shapes import Part, PartKind
from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from xml.sax.xmlreader import AttributesImpl

    from data.readers.encodings import Opener

LONGEST_TEXT = 64 * 2**20
_LONGEST_NAME = 200
_DEEPEST = 64
_CHUNK = 1 << 18
_FOLDERS = ("Folder", "Document")
_PARTS: Mapping[str, PartKind] = {
    "Point": "point",
    "LineString": "line",
    "LinearRing": "line",
    "Track": "line",
    "Polygon": "polygon",
}


@dataclass(kw_only=True)
class Placemark:
    """
    One placemark, its texts as they stand.

    Parameters
    ----------
    folder
        Number of the folder it lies in, by order of appearance; 0 is the file itself.
    fields
        Extended data, in order.
    system
        What 奥维 says the coordinates are in; "" where it says nothing.
    """

    folder: int
    name: str = ""
    description: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    system: str = ""


@dataclass(kw_only=True)
class Folder:
    """A folder or document: the one it lies in, and what it is called."""

    parent: int | None
    is_document: bool
    name: str = ""
    system: str = ""


class KmlReader(ContentHandler):
    """
    Takes the parser's events and hands out placemarks.

    Attributes
    ----------
    folders
        All folders seen so far, by number.
    network_links
        How many links to other files there are; none is followed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.folders = [Folder(parent=None, is_document=True)]
        self.network_links = 0
        self._file = path.name
        self._open: list[str] = [""]
        self._inside: list[int] = [0]
        self._mark: Placemark | None = None
        self._part: Part | None = None
        self._key = ""
        self._text: list[str] | None = None
        self._text_size = self._text_depth = 0
        self._done: list[Placemark] = []

    def taken(self) -> list[Placemark]:
        """Return the placemarks that are complete, once."""
        done, self._done = self._done, []
        return done

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the parser's name
        """Open an element."""
        tag, parent = name.rpartition(":")[2], self._open[-1]
        self._open.append(tag)
        if self._mark is None:
            self._start_outside(tag, parent)
        else:
            self._start_inside(tag, parent, attrs)

    def characters(self, content: str) -> None:
        """Collect text, if it is wanted."""
        if self._text is None:
            return
        self._text_size += len(content)
        if self._text_size > LONGEST_TEXT:
            raise FileError("xml_text_too_long", file=self._file, limit=LONGEST_TEXT)
        self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - the parser's name
        """Close an element and keep what it held."""
        tag = self._open.pop()
        if self._text is not None and len(self._open) == self._text_depth:
            self._keep(tag, "".join(self._text))
            self._text = None
        elif tag == "Placemark" and self._mark is not None and "Placemark" not in self._open:
            self._mark.system = self._mark.system or self._system()
            self._done.append(self._mark)
            self._mark = self._part = None
        elif self._mark is None and tag in _FOLDERS and len(self._inside) > 1:
            self._inside.pop()

    def _start_outside(self, tag: str, parent: str) -> None:
        if tag in _FOLDERS:
            self.folders.append(Folder(parent=self._inside[-1], is_document=tag == "Document"))
            self._inside.append(len(self.folders) - 1)
        elif tag == "Placemark":
            self._mark = Placemark(folder=self._inside[-1])
        elif tag == "NetworkLink":
            self.network_links += 1
        elif parent in _FOLDERS and tag in ("name", "OvCoordType"):
            self._collect()

    def _start_inside(self, tag: str, parent: str, attrs: AttributesImpl) -> None:
        if tag in ("Data", "SimpleData"):
            self._key = attrs.get("name") or ""
        if tag in _PARTS and not (self._part and "Polygon" in self._open[:-1]):
            self._part = Part(kind=_PARTS[tag])
            self._mark.parts.append(self._part)  # type: ignore[union-attr]  # only called inside of one
        elif (
            tag in ("SimpleData", "OvCoordType", "coordinates", "coord")
            or (parent == "Placemark" and tag in ("name", "description"))
            or (parent == "Data" and tag == "value")
        ):
            self._collect()

    def _collect(self) -> None:
        if self._text is None:
            self._text, self._text_size, self._text_depth = [], 0, len(self._open) - 1

    def _keep(self, tag: str, text: str) -> None:
        if tag in ("coordinates", "coord"):
            self._keep_coordinates(tag, text)
        elif self._mark is None:
            folder = self.folders[self._inside[-1]]
            if tag == "name":
                folder.name = " ".join(text.split())[:_LONGEST_NAME]
            else:
                folder.system = text.strip()[:_LONGEST_NAME]
        elif tag == "name":
            self._mark.name = text.strip()
        elif tag == "description":
            self._mark.description = text.strip()
        elif tag == "OvCoordType":
            self._mark.system = text.strip()[:_LONGEST_NAME]
        else:
            self._mark.fields.append((" ".join(self._key.split()), text.strip()))

    def _keep_coordinates(self, tag: str, text: str) -> None:
        if self._part is None:
            return
        if tag == "coord":
            # A track sets its three numbers apart by blanks.
            self._part.outer.append(",".join(text.split()[:2]))
        elif "innerBoundaryIs" in self._open:
            self._part.inner.append(text)
        else:
            self._part.outer.append(text)

    def _system(self) -> str:
        return next((self.folders[at].system for at in reversed(self._inside) if self.folders[at].system), "")


def placemarks(path: Path, opened: Opener, *, encoding: str, reader: KmlReader) -> Iterator[Placemark]:
    """
    Yield the placemarks of a KML as they become complete.

    Parameters
    ----------
    opened
        How to open the bytes: the file's own, or a member of an archive.
    encoding
        Of these bytes; what the XML says of itself does not count.
    reader
        A new one; it knows the folders afterwards.

    Raises
    ------
    FileError
        ``xml_broken``, ``xml_entities``, ``xml_text_too_long``, ``file_unreadable``.
    """
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(reader)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with opened() as stream:
            # The parser knows no GBK, but takes text whatever the prolog says of its bytes.
            parser.feed(decoder.decode(stream.read(_CHUNK)).lstrip("\ufeff \t\r\n"))
            while chunk := stream.read(_CHUNK):
                yield from reader.taken()
                parser.feed(decoder.decode(chunk))
        parser.feed(decoder.decode(b"", final=True))
        parser.close()
        yield from reader.taken()
    except DefusedXmlException as fault:
        raise FileError("xml_entities", file=path.name) from fault
    except SAXParseException as fault:
        raise FileError("xml_broken", file=path.name, row=fault.getLineNumber() or 1) from fault
    except FileError:
        raise
    except (SAXException, OSError, *BROKEN_ARCHIVE) as fault:
        raise FileError("file_unreadable", file=path.name, why=str(fault)) from fault


def folder_names(folders: list[Folder]) -> dict[int, str]:
    """
    Return what each folder is called as a layer: its path through the folders around it.

    Documents count only where there is no folder.
    """
    return {at: _path(folders, at) for at in range(len(folders))}


def _path(folders: list[Folder], at: int) -> str:
    if folders[at].is_document and all(folders[up].is_document for up in _upwards(folders, at)):
        return folders[at].name
    names = [folders[up].name or str(up) for up in _upwards(folders, at) if not folders[up].is_document]
    return "/".join(reversed(names[:_DEEPEST]))


def _upwards(folders: list[Folder], at: int) -> Iterator[int]:
    up: int | None = at
    while up is not None:
        yield up
        up = folders[up].parent


def systems(marks: Counter[str]) -> list[tuple[str, int]]:
    """Return the systems that 奥维 stated, written alike: GCJ-02, CGCS2000, and how often."""
    alike: Counter[str] = Counter()
    for stated, count in marks.items():
        plain = stated.upper().replace("_", "-").replace(" ", "")
        alike[{"GCJ02": "GCJ-02", "BD09": "BD-09", "WGS-84": "WGS84"}.get(plain, plain)] += count
    return sorted(alike.items())
