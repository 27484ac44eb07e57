"""Readers: every kind of file that bureaus hand over, opened safely and read in batches."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from data.readers import archives, osm, parquet, vector
from data.readers.columns import once_each
from data.readers.sniffing import UNKNOWN, require_content, require_whole
from data.readers.source import BATCH_ROWS, ROW, FileShape, Source, SourceLayer
from data.workspace import is_workspace
from geo.errors import FileError, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

__all__ = [
    "BATCH_ROWS",
    "MAX_BYTES",
    "ROW",
    "SUFFIXES",
    "FileShape",
    "Source",
    "SourceLayer",
    "opened",
    "suffix_of",
]

MAX_BYTES = 4 * 2**30
_MARKUP_SUFFIXES = (".kml", ".kmz", ".ovkml")
_OSM_SUFFIXES = tuple(suffix for suffix in osm.OSM_SUFFIXES if not suffix.endswith(".gz"))
_SHEET_SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")
_PLAIN_SUFFIXES = (
    *vector.VECTOR_SUFFIXES,
    *parquet.PARQUET_SUFFIXES,
    *_MARKUP_SUFFIXES,
    *_SHEET_SUFFIXES,
    *_OSM_SUFFIXES,
)
_PACKED_SUFFIXES = tuple(f"{suffix}.gz" for suffix in (".csv", ".tsv", ".txt", ".geojson", ".json", ".osm"))
SUFFIXES: tuple[str, ...] = (*_PLAIN_SUFFIXES, ".zip", *_PACKED_SUFFIXES)

# The parts of a shapefile that are read, and what a FileGDB folder is made of.
_PARTS = (".shx", ".dbf", ".prj", ".cpg")
_GDB_PARTS = (".gdbtable", ".gdbtablx", ".gdbindexes", ".atx", ".spx", ".freelist", ".horizon")
_GDB_PLAIN_PARTS = ("/gdb", "/timestamps")


def suffix_of(path: Path | str) -> str:
    """Return which of `SUFFIXES` a file has, in small letters; "" if none. ``x.gdb.zip`` is a .zip."""
    name = Path(path).name.lower()
    return next((suffix for suffix in (*_PACKED_SUFFIXES, *SUFFIXES) if name.endswith(suffix)), "")


@contextmanager
def opened(path: Path | str, *, encoding: str | None = None) -> Iterator[Source]:
    """
    Open a file of any kind that is known, for as long as the context lasts.

    What the file holds is looked at before a driver gets hold of it. Archives are unpacked into a
    private folder that is gone afterwards; all layers of all the files in a zip are offered.

    Parameters
    ----------
    path
        A file with one of `SUFFIXES`, or a FileGDB folder.
    encoding
        Of texts, where the guess is wrong and the format does not say.

    Raises
    ------
    FileError
        ``file_missing``, ``file_is_folder``, ``file_kind_unknown``, ``file_empty``, ``file_too_large``,
        ``file_kind_differs``, ``file_cut``, ``file_is_workspace``, ``archive_without_data``, the codes
        of `data.readers.archives`, and those of the format's reader.
    """
    path = Path(path)
    suffix = _settled_suffix(path)
    with ExitStack() as stack:
        try:
            source = _open(path, suffix, stack, encoding)
        except OSError as fault:
            raise FileError("file_unreadable", file=path.name, why=fault.strerror or str(fault)) from fault
        yield source


def _settled_suffix(path: Path) -> str:
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):  # a name with a NUL, or too long
        is_folder = is_file = False
    if not is_folder and not is_file:
        raise FileError("file_missing", file=str(path))
    suffix = suffix_of(path)
    if is_folder and suffix != ".gdb":
        raise FileError("file_is_folder", file=str(path))
    if not suffix:
        known = " ".join(SUFFIXES)
        raise FileError("file_kind_unknown", file=str(path), found=path.suffix or path.name, known=known)
    return suffix


def _open(path: Path, suffix: str, stack: ExitStack, encoding: str | None) -> Source:
    _refuse_size(path)
    if suffix in _PACKED_SUFFIXES:
        require_content(path, ".gz")
        inner = stack.enter_context(archives.gunzipped(path))
        return _open(inner, suffix.removesuffix(".gz"), stack, encoding)
    if suffix == ".gdb":
        if not path.is_dir() or not (path / "a00000001.gdbtable").is_file():
            raise FileError("file_kind_differs", file=path.name, suffix=suffix, found=UNKNOWN)
    else:
        require_content(path, suffix)
        require_whole(path)
    if suffix == ".zip":
        return _open_archive(path, stack, encoding)
    if suffix == ".gpkg" and is_workspace(path):
        # A second SQLite (GDAL's) must never open a workspace that somebody may be working in.
        raise FileError("file_is_workspace", file=path.name)
    return _open_plain(path, suffix, stack, encoding)


def _open_plain(path: Path, suffix: str, stack: ExitStack, encoding: str | None) -> Source:
    # Readers that bring big libraries along are loaded when a file wants them.
    if suffix in _MARKUP_SUFFIXES:
        from data.readers.kml import open_kml

        placemarks = open_kml(path)
        stack.callback(placemarks.close)
        return placemarks
    if suffix in _SHEET_SUFFIXES:
        from data.readers.sheets import open_sheets

        table = open_sheets(path, encoding=encoding)
        stack.callback(table.close)
        return table
    if suffix in _OSM_SUFFIXES:
        return osm.OsmSource(file=path)
    if suffix in parquet.PARQUET_SUFFIXES:
        return stack.enter_context(parquet.open_parquet(path))
    return stack.enter_context(vector.open_vector(path, suffix=suffix, encoding=encoding))


def _refuse_size(path: Path) -> None:
    files = [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    if not size:
        raise FileError("file_empty", file=path.name)
    if size > MAX_BYTES:
        raise FileError("file_too_large", file=path.name, limit_gb=MAX_BYTES // 2**30)


def _open_archive(path: Path, stack: ExitStack, encoding: str | None) -> Source:
    wanted = (*_PLAIN_SUFFIXES, *_PARTS, *_GDB_PARTS, *_GDB_PLAIN_PARTS)
    folder = stack.enter_context(archives.unpacked(path, only=wanted))
    found = [file for file in sorted(folder.rglob("*")) if _is_data(file)]
    if not found:
        raise FileError("archive_without_data", file=path.name, known=" ".join(_PLAIN_SUFFIXES))
    sources = [_open(file, suffix_of(file), stack, encoding) for file in found]
    return _Bundle.of(path, sources)


def _is_data(file: Path) -> bool:
    inside_gdb = any(parent.suffix.lower() == ".gdb" and parent.is_dir() for parent in file.parents)
    return (
        suffix_of(file) in _PLAIN_SUFFIXES and file.is_dir() == (suffix_of(file) == ".gdb") and not inside_gdb
    )


@dataclass(kw_only=True)
class _Bundle:
    """All the files of an archive as one source."""

    file: Path
    layers: tuple[SourceLayer, ...]
    origins: dict[str, tuple[Source, SourceLayer]]
    sources: tuple[Source, ...]

    @classmethod
    def of(cls, path: Path, sources: Sequence[Source]) -> _Bundle:
        pairs = [(source, layer) for source in sources for layer in source.layers]
        names = once_each(layer.name for _, layer in pairs)
        return cls(
            file=path,
            layers=tuple(replace(layer, name=name) for name, (_, layer) in zip(names, pairs, strict=True)),
            origins=dict(zip(names, pairs, strict=True)),
            sources=tuple(sources),
        )

    @property
    def notes(self) -> list[Reason]:
        return [note for source in self.sources for note in source.notes]

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[pd.DataFrame]:
        source, own = self.origins[layer.name]
        # The layer that is asked for may carry another CRS than the file's.
        return source.batches(replace(own, crs=layer.crs), columns, size=size)
