"""KML, KMZ and OVKML: folders as layers, placemarks as rows."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, TYPE_CHECKING, Self, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from data.readers.archives import refuse_bomb
from data.readers.columns import GEOMETRY, once_each
from data.readers.encodings import BROKEN_ARCHIVE, GB18030, UTF8, all_utf8, known_encoding, text_encoding
from data.readers.kml_shapes import shape_of
from data.readers.kml_stream import KmlReader, Placemark, folder_names, placemarks, systems
from data.readers.kml_tables import table_pairs
from data.readers.notes import Notes
from data.readers.source import BATCH_ROWS, ROW, FileShape, SourceLayer
from geo.errors import FileError, Reason, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from data.readers.encodings import Opener

NAME, DESCRIPTION = "name", "description"
MOST_COLUMNS = 4096
_LONLAT = CRS.from_epsg(4326)
_PROLOG = re.compile(rb"\s*<\?xml[^>]{,200}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']")


def open_kml(path: Path) -> KmlFile:
    """
    Open a KML, KMZ or OVKML for reading; a folder that holds placemarks of its own is a layer.

    Columns are ``name``, the extended data, the rows of a table in the description, and
    ``description`` where it is plain text. Links to other files are not followed, pictures not read.

    Raises
    ------
    FileError
        ``file_without_rows``, ``xml_broken``, ``xml_entities``, ``kmz_without_kml``,
        ``columns_too_many``, ``xml_text_too_long``, ``encoding_unknown``, ``encoding_wrong``,
        ``file_unreadable``; those of `data.readers.archives.refuse_bomb`.
    """
    try:
        return KmlFile(path)
    except FileError:
        raise
    except BROKEN_ARCHIVE as fault:
        raise FileError("archive_broken", file=path.name, why=str(fault)) from fault
    except OSError as fault:
        raise FileError("file_unreadable", file=path.name, why=fault.strerror or str(fault)) from fault


class KmlFile:
    """
    A KML that is open for reading; see `open_kml`.

    Attributes
    ----------
    file, layers, notes
        As every source's.
    """

    def __init__(self, path: Path) -> None:
        self.file = path
        self.notes: list[Reason] = []
        self._opened = _opener(path)
        self._encoding, guessed = _encoding(path, self._opened)
        self._noted: dict[str, Notes] = {}
        reader = KmlReader(path)
        found: dict[int, _Found] = {}
        for mark in self._placemarks(reader):
            found.setdefault(mark.folder, _Found()).add(mark, path)
        if not found:
            raise FileError("file_without_rows", file=path.name)
        names = folder_names(reader.folders)
        self._folders: dict[str, set[int]] = {}
        for folder in sorted(found):
            self._folders.setdefault(names[folder], set()).add(folder)
        self.layers = tuple(
            _layer(name, [found[at] for at in sorted(members)], path, guessed)
            for name, members in self._folders.items()
        )
        if reader.network_links:
            facts = {"file": path.name, "count": reader.network_links}
            self.notes.append(Reason("networklinks_ignored", facts))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing stays open between batches."""

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[gpd.GeoDataFrame]:
        """
        Yield the placemarks as every source does: texts, and geometry in longitude and latitude.

        Heights are left out. Coordinates that cannot be read give no geometry and a note.

        Raises
        ------
        FileError
            ``xml_broken``, ``file_unreadable``, if the file has changed.
        SchemaError
            ``column_unknown``.
        """
        for column in columns:
            if column not in layer.columns:
                known = ", ".join(layer.columns)
                raise SchemaError("column_unknown", file=self.file.name, column=column, known=known)
        if layer.name in self._noted:
            self._noted[layer.name].withdraw()
        notes = self._noted[layer.name] = Notes(self.notes, file=self.file.name)
        wanted = self._folders[layer.name]
        marks = (mark for mark in self._placemarks(KmlReader(self.file)) if mark.folder in wanted)
        numbered = enumerate(marks, start=1)
        while batch := list(islice(numbered, size)):
            yield _frame(batch, layer, columns, notes)
        notes.close()

    def _placemarks(self, reader: KmlReader) -> Iterator[Placemark]:
        return placemarks(self.file, self._opened, encoding=self._encoding, reader=reader)


@dataclass(kw_only=True)
class _Found:
    """What the placemarks of one folder have in common."""

    rows: int = 0
    columns: dict[str, None] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    systems: Counter[str] = field(default_factory=Counter)

    def add(self, mark: Placemark, path: Path) -> None:
        self.rows += 1
        self.columns.update(dict.fromkeys(_values(mark)))
        self.kinds.update(part.kind for part in mark.parts)
        if mark.system:
            self.systems[mark.system] += 1
        if len(self.columns) > MOST_COLUMNS:
            raise FileError("columns_too_many", file=path.name, found=len(self.columns), limit=MOST_COLUMNS)


def _layer(name: str, found: list[_Found], path: Path, guessed: tuple[Reason, ...]) -> SourceLayer:
    columns = dict.fromkeys(column for one in found for column in one.columns)
    # The description last, however early some placemark has one.
    ordered = [column for column in columns if column != DESCRIPTION]
    ordered += [DESCRIPTION] if DESCRIPTION in columns else []
    kinds = {kind for one in found for kind in one.kinds}
    stated: Counter[str] = sum((one.systems for one in found), Counter())
    notes = [
        Reason("ovkml_coordinates", {"file": path.name, "system": system, "count": count})
        for system, count in systems(stated)
    ]
    if not stated and path.suffix.lower().startswith(".ov"):
        notes.append(Reason("ovkml_coordinates_unstated", {"file": path.name}))
    return SourceLayer(
        name=name,
        columns=tuple(ordered),
        rows=sum(one.rows for one in found),
        shape=cast("FileShape", kinds.pop()) if len(kinds) == 1 else "mixed",
        crs=_LONLAT,
        notes=(*guessed, *notes),
    )


def _values(mark: Placemark) -> dict[str, str]:
    """Return a placemark's values by column; those that are not there at all are missing."""
    table = table_pairs(mark.description)
    pairs = mark.fields + [pair for pair in table if pair not in mark.fields]
    keys = once_each((key for key, _ in pairs), taken=(NAME, DESCRIPTION, GEOMETRY))
    values = {NAME: mark.name} if mark.name else {}
    values |= {key: value for key, (_, value) in zip(keys, pairs, strict=True) if key}
    if mark.description and not table:
        values[DESCRIPTION] = mark.description
    return values


def _frame(
    batch: Sequence[tuple[int, Placemark]], layer: SourceLayer, columns: Sequence[str], notes: Notes
) -> gpd.GeoDataFrame:
    index = pd.Index([number for number, _ in batch], name=ROW)
    rows = [_values(mark) if columns else {} for _, mark in batch]
    values = {column: [row.get(column) for row in rows] for column in columns}
    shapes = np.full(len(batch), None, dtype=object)
    for at, (number, mark) in enumerate(batch):
        try:
            shapes[at] = shape_of(mark.parts)
        except ValueError:
            notes.add("coordinates_unreadable", layer=layer.name, row=number)
    texts = pd.DataFrame(values, index=index, dtype=object)
    return gpd.GeoDataFrame(texts, geometry=gpd.GeoSeries(shapes, index=index, crs=layer.crs))


def _opener(path: Path) -> Opener:
    """Return how to open the KML itself, in an archive or not."""
    with path.open("rb") as file:
        head = file.read(4)
    if not head.startswith(b"PK"):
        return lambda: path.open("rb")
    refuse_bomb(path)
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith((".kml", ".ovkml"))]
    if not names:
        raise FileError("kmz_without_kml", file=path.name)
    # doc.kml by custom; else what lies least deep, in the archive's order.
    chosen = min(names, key=lambda name: (name.lower() != "doc.kml", name.count("/")))
    return lambda: _member(path, chosen)


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive, archive.open(name) as member:
        yield member


def _encoding(path: Path, opened: Opener) -> tuple[str, tuple[Reason, ...]]:
    """Return the encoding, and a note if the file says nothing of it or something else."""
    with opened() as stream:
        prolog = _PROLOG.match(stream.read(1024))
    declared = known_encoding(prolog[1].decode("latin-1"), path) if prolog else UTF8
    if not declared.startswith("utf") and not all_utf8(opened):
        return text_encoding(path, stated=declared, opened=opened), ()
    encoding = text_encoding(path, opened=opened)
    guess = Reason("encoding_guessed", {"found": "GB18030"})
    return encoding, (guess,) if encoding == GB18030 else ()
