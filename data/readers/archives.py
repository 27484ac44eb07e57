"""Archives made safe: looked at before anything is unpacked, unpacked only into a private folder."""

from __future__ import annotations

import gzip
import re
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from data.files import private_folder
from geo.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MEMBERS = 10_000
MAX_BYTES = 4 * 2**30
MAX_RATIO = 200
# What unpacks to less than this does no harm, however well it was packed (blank table cells are).
HARMLESS_BYTES = 32 * 2**20

_CHUNK = 1 << 20
# The list of members is read whole, before it can be counted: 1 kB a member is ample.
_MAX_DIRECTORY = MAX_MEMBERS * 1024
_ENCRYPTED = 0x1
_UTF8_NAMES = 0x800
_MAX_SEGMENT_BYTES = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
_JUNK = ("__macosx", ".ds_store")
_FAULTS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    gzip.BadGzipFile,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
)


def refuse_bomb(path: Path) -> None:
    """
    Raise if a zip (also an .xlsx, .ods or .kmz) is broken or would do harm; nothing is unpacked.

    Raises
    ------
    FileError
        ``archive_broken``, ``archive_encrypted``, ``archive_crowded``, ``archive_too_large``,
        ``archive_bomb``, ``archive_path_unsafe``, ``archive_link``.
    """
    with _opened(Path(path)) as archive:
        _checked(archive, Path(path))


def member_names(path: Path) -> list[str]:
    """
    Return the names of a zip's files as people see them, after the checks of `refuse_bomb`.

    Names without the UTF-8 flag are taken for UTF-8 where their bytes are, else for GB18030: what
    Chinese Windows writes.
    """
    with _opened(Path(path)) as archive:
        return [_name(member) for member in _checked(archive, Path(path))]


@contextmanager
def unpacked(path: Path, *, only: tuple[str, ...] | None = None) -> Iterator[Path]:
    """
    Yield a private folder with a zip's files; it is gone afterwards.

    Folders of the archive are kept, members' names made fit for any disk. Bytes are counted as they
    are written, since an archive can lie about their number.

    Parameters
    ----------
    only
        Endings, in small letters, of the members that are wanted; all by default. Scripts and whatever
        else lies in an archive are not so much as unpacked.

    Raises
    ------
    FileError
        As `refuse_bomb`; ``archive_member_twice``; ``file_not_writable`` if the disk refuses.
    """
    path = Path(path)
    with private_folder() as name:
        folder = Path(name)
        with _opened(path) as archive:
            left = MAX_BYTES
            for member in _checked(archive, path):
                if only is None or _name(member).lower().endswith(only):
                    left -= _unpack(archive, member, folder, left=left, file=path)
        yield folder


@contextmanager
def gunzipped(path: Path) -> Iterator[Path]:
    """
    Yield a private copy of what a .gz file holds, named as the file without its ``.gz``.

    Raises
    ------
    FileError
        ``archive_broken``, ``archive_too_large``, ``archive_bomb``, or ``file_not_writable``.
    """
    path = Path(path)
    with private_folder() as name:
        target = Path(name) / _fit(path.stem)
        # A .gz doesn't say how much it holds: what counts is what has come out.
        limit = max(HARMLESS_BYTES, path.stat().st_size * MAX_RATIO)
        beyond = _too_large(path) if limit > MAX_BYTES else _bomb(path)
        with _faults_told(path), gzip.open(path, "rb") as source:
            _copy(source, target, limit=min(limit, MAX_BYTES), beyond=beyond, file=path)
        yield target


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with _faults_told(path):
        _refuse_long_directory(path)
        archive = zipfile.ZipFile(path)
    with archive:
        yield archive


@contextmanager
def _faults_told(path: Path) -> Iterator[None]:
    """Turn what zipfile, gzip and the disk raise into errors that say something to people."""
    try:
        yield
    except FileError:
        raise
    except _FAULTS as fault:
        raise FileError("archive_broken", file=path.name, why=str(fault)) from fault
    except OSError as fault:
        raise FileError("file_unreadable", file=path.name, why=fault.strerror or str(fault)) from fault


def _refuse_long_directory(path: Path) -> None:
    """Raise if the list of members alone would fill the memory: zipfile reads it in one piece."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 66_000))
        tail = stream.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            return  # zipfile says what is wrong
        length = struct.unpack_from("<L", tail, at + 12)[0]
        if length == 0xFFFFFFFF and at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
            stream.seek(min(struct.unpack_from("<Q", tail, at - 12)[0], size))
            length = struct.unpack_from("<Q", stream.read(48).ljust(48, b"\xff"), 40)[0]
    if length > _MAX_DIRECTORY:
        raise FileError("archive_crowded", file=path.name, limit=MAX_MEMBERS)


def _checked(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """Return the members that are files, after every check that needs no unpacking."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise FileError("archive_crowded", file=path.name, limit=MAX_MEMBERS)
    for member in members:
        _refuse_unsafe(member, path)
    total = sum(member.file_size for member in members)
    if total > MAX_BYTES:
        raise _too_large(path)
    if total > max(HARMLESS_BYTES, path.stat().st_size * MAX_RATIO):
        raise FileError("archive_bomb", file=path.name, limit=MAX_RATIO)
    return [member for member in members if not member.is_dir() and not _is_junk(_name(member))]


def _refuse_unsafe(member: zipfile.ZipInfo, path: Path) -> None:
    name = _name(member)
    segments = name.split("/")
    if (
        not name.strip("/ .")
        or "\\" in name
        or "\0" in member.orig_filename
        or name.startswith("/")
        or re.match(r"[A-Za-z]:", name)
        # Some systems drop blanks and dots at the end: "... " may climb as well.
        or any(segment.startswith("..") and not segment.strip(" .") for segment in segments)
    ):
        raise FileError("archive_path_unsafe", file=path.name, member=name)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise FileError("archive_link", file=path.name, member=name)
    if member.flag_bits & _ENCRYPTED:
        raise FileError("archive_encrypted", file=path.name, member=name)


def _name(member: zipfile.ZipInfo) -> str:
    # zipfile cuts names at a NUL and turns this system's separators: look at what really stands there.
    name = member.orig_filename
    if member.flag_bits & _UTF8_NAMES:
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _is_junk(name: str) -> bool:
    segments = name.lower().split("/")
    return segments[0] in _JUNK or segments[-1] in _JUNK or segments[-1].startswith("._")


def _fit(segment: str) -> str:
    """Return a name that every disk takes: no forbidden signs, not too long, its ending kept."""
    name = _FORBIDDEN.sub("_", segment).rstrip(" .") or "_"
    stem, dot, suffix = name.rpartition(".")
    suffix = dot + suffix if stem and len(suffix) <= 12 else ""
    stem = stem if suffix else name
    room = _MAX_SEGMENT_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, *, left: int, file: Path) -> int:
    target = folder.joinpath(*(_fit(segment) for segment in _name(member).split("/") if segment.strip(" .")))
    with _faults_told(file), archive.open(member) as source:
        return _copy(source, target, limit=left, beyond=_too_large(file), file=file)


def _copy(
    source: IO[bytes] | gzip.GzipFile, target: Path, *, limit: int, beyond: FileError, file: Path
) -> int:
    """Write `source` to `target` in pieces, raising `beyond` once it is more than `limit` bytes."""
    written = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sink = target.open("xb")
    except (FileExistsError, NotADirectoryError) as fault:
        raise FileError("archive_member_twice", file=file.name, member=target.name) from fault
    except OSError as fault:
        raise _unwritable(target, fault) from fault
    with sink:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > limit:
                raise beyond
            try:
                sink.write(chunk)
            except OSError as fault:
                raise _unwritable(target, fault) from fault
    return written


def _unwritable(target: Path, fault: OSError) -> FileError:
    return FileError("file_not_writable", file=target.name, why=fault.strerror or str(fault))


def _too_large(path: Path) -> FileError:
    return FileError("archive_too_large", file=path.name, limit_gb=MAX_BYTES // 2**30)


def _bomb(path: Path) -> FileError:
    return FileError("archive_bomb", file=path.name, limit=MAX_RATIO)
