"""All sheets of a district's villages as files, and an atlas of them; gone on with where work stopped."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from typing import TYPE_CHECKING, Any

from data.exporting import export_bytes, require_export_folder
from data.schemas import TOWN_ID
from ui.paper import village_said
from ui.paper.bundle import file_stem
from ui.paper.layout import breakable
from ui.paper.typeset import Press, template_bytes
from ui.paper.village_book import require_village
from ui.paper.village_sheet import TEMPLATE, badge, marks, page_of, village_picture, village_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ui.paper.village_book import VillageBook

MANIFEST, ATLAS_TEMPLATE = "sheets.json", "village_atlas.typ"
SHEETS, ATLAS = "sheets", "atlas"
_SAVED_EVERY_S = 2.0
_AT_ONCE = 4
# Of a name in a file's name.
_LONGEST = 40


@dataclass(frozen=True, kw_only=True)
class SheetOrder:
    """
    Which sheets are made.

    Parameters
    ----------
    villages
        Their codes; None for all, with an atlas of them.
    size
        One of `ui.paper.village_sheet.SIZES`.
    grey
        Without colours.
    png
        Pictures for phones beside the PDFs.
    """

    villages: Sequence[str] | None = None
    size: str = "A4"
    grey: bool = False
    png: bool = False


@dataclass(frozen=True, kw_only=True)
class MadeSheets:
    """
    What became of an order.

    Parameters
    ----------
    made, kept
        Names of files that were made, and of those that were there already.
    wanted
        How many files were ordered.
    atlas
        Name of the atlas; "" for none.
    """

    made: tuple[str, ...]
    kept: tuple[str, ...]
    wanted: int
    atlas: str

    @property
    def is_whole(self) -> bool:
        """Whether all that was ordered is there."""
        return len(self.made) + len(self.kept) == self.wanted


def make_sheets(
    book: VillageBook,
    folder: Path,
    order: SheetOrder,
    *,
    progress: Callable[[str, float], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> MadeSheets:
    """
    Write the sheets of villages into a folder, and where all are asked for an atlas of them.

    A manifest in the folder tells of each file what it was made from and its SHA-256: what is there already,
    from the same, is kept. Each file appears whole or not at all, so that nothing is lost when work is
    cancelled, or ends otherwise.

    Parameters
    ----------
    progress
        Told the stage (`SHEETS`, `ATLAS`) and the share of it that is done.
    cancelled
        Asked between sheets.

    Raises
    ------
    SettingError
        ``village_unknown``; ``setting_wrong`` for another size.
    FileError
        As `data.exporting.require_export_folder` and `export_bytes`.
    """
    page_of(None, order.size)
    for village in order.villages or ():
        require_village(book, village)
    require_export_folder(folder)
    return _Work(book, folder, order, progress or (lambda stage, share: None), cancelled).run()


def sheet_names(book: VillageBook, villages: Iterable[str], order: SheetOrder) -> dict[str, str]:
    """Return what each village's file is called, without its ending; no two alike."""
    used: set[str] = set()
    names = {}
    for village in villages:
        name = str(book.index.villages.at[village, "name"])
        parts = [file_stem(village), *([file_stem(name[:_LONGEST])] if name else [])]
        stem = "_".join([*parts, *_endings(book, order)])
        # Windows takes A1 and a1 for the same.
        count = 2
        while stem.casefold() in used:
            stem, count = "_".join([*parts, *_endings(book, order), str(count)]), count + 1
        used.add(stem.casefold())
        names[village] = stem
    return names


def atlas_name(book: VillageBook, order: SheetOrder) -> str:
    """Return what the atlas is called."""
    return "_".join([file_stem(book.t("sheet.contents")), *_endings(book, order)]) + ".pdf"


def _endings(book: VillageBook, order: SheetOrder) -> Iterator[str]:
    yield file_stem(book.index.panel.period.name)
    yield order.size
    if order.grey:
        yield file_stem(book.t("sheet.file_grey"))
    if not book.is_internal:
        yield file_stem(book.t("sheet.open_mark"))


class _Work:
    """An order while it is worked off."""

    def __init__(
        self,
        book: VillageBook,
        folder: Path,
        order: SheetOrder,
        progress: Callable[[str, float], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.book, self.folder, self.order = book, folder, order
        self.progress, self.cancelled = progress, cancelled
        self.stamp = datetime.now(UTC).replace(microsecond=0)
        self.villages = _by_town(book, order.villages)
        self.names = sheet_names(book, self.villages, order)
        self.atlas = atlas_name(book, order) if order.villages is None else ""
        self.manifest = _Manifest(folder)
        self.made: list[str] = []
        self.kept: list[str] = []
        self._own = threading.local()

    def run(self) -> MadeSheets:
        try:
            self._sheets()
            if self.atlas and not self.cancelled():
                self._atlas()
        finally:
            self.manifest.save()
        wanted = len(self.villages) * (1 + self.order.png) + bool(self.atlas)
        return MadeSheets(made=tuple(self.made), kept=tuple(self.kept), wanted=wanted, atlas=self.atlas)

    def _sheets(self) -> None:
        wanted = {village: missing for village in self.villages if (missing := self._missing(village))}
        if not wanted:
            return
        self.progress(SHEETS, 0.0)
        self._prepare()
        # Drawing takes turns, but typst lets other threads run.
        with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, _AT_ONCE)) as pool:
            tasks = [pool.submit(self._sheet, village, names) for village, names in wanted.items()]
            noted = set()
            try:
                for task in as_completed(tasks):
                    noted.add(task)
                    self._note(task.result())
                    self.progress(SHEETS, len(noted) / len(tasks))
                    if self.cancelled():
                        break
            finally:
                # What has not begun is left, what runs is finished and counts.
                begun = [task for task in tasks if not task.cancel() and task not in noted]
                for task in wait(begun).done:
                    if task.exception() is None:
                        self._note(task.result())

    def _missing(self, village: str) -> list[str]:
        """Return the names of a village's files that are not there, and note those that are."""
        endings = (".pdf", ".png") if self.order.png else (".pdf",)
        names = [self.names[village] + ending for ending in endings]
        there = [name for name in names if self.manifest.has(name, self._key(name))]
        self.kept += there
        return [name for name in names if name not in there]

    def _sheet(self, village: str, names: Sequence[str]) -> dict[str, str]:
        """Make a village's files, and return the SHA-256 of each."""
        grey, press = self.order.grey, self._press
        files = {}
        for name in names:
            if name.endswith(".png"):
                content = village_picture(self.book, village, grey=grey, press=press)
            else:
                size, stamp = self.order.size, self.stamp
                content = village_sheet(self.book, village, size=size, grey=grey, stamp=stamp, press=press)
            export_bytes(content, self.folder / name)
            files[name] = hashlib.sha256(content).hexdigest()
        return files

    def _atlas(self) -> None:
        """Bind the sheets, as they lie in the folder, behind their contents."""
        if self.manifest.has(self.atlas, self._key(self.atlas)):
            self.kept.append(self.atlas)
            return
        self.progress(ATLAS, 0.0)
        book, t = self.book, self.book.t
        document = {
            "lang": t.lang,
            "title": t("sheet.contents"),
            "about": f"{breakable(book.district)} · {village_said.period(book)}",
            **marks(book),
            "source": village_said.source(book),
            "paper": self.order.size,
            "grown": page_of(None, self.order.size).grown,
            "grey": self.order.grey,
            "towns": [
                {"name": town, "villages": [self._bound(village) for village in villages]}
                for town, villages in groupby(self.villages, key=self._town)
            ],
        }
        content = Press(ATLAS_TEMPLATE, root=self.folder.absolute()).set(document, stamp=self.stamp)
        export_bytes(content, self.folder / self.atlas)
        self._note({self.atlas: hashlib.sha256(content).hexdigest()})
        self.progress(ATLAS, 1.0)

    def _bound(self, village: str) -> dict[str, Any]:
        """Return a village as the atlas has it: its name and grade for the contents, its page and file."""
        grade = village_said.grade(self.book, village)
        return {
            "label": f"village-{village}",
            "name": breakable(self.book.index.villages.at[village, "name"] or village),
            "grade": grade["word"],
            "fill": badge(grade["code"], grey=self.order.grey)[0],
            "page": page_of(self.book.ground.villages.get(village), self.order.size).size,
            "file": f"{self.names[village]}.pdf",
        }

    def _town(self, village: str) -> str:
        town = self.book.index.villages.at[village, TOWN_ID]
        return breakable(self.book.names("towns", town)) if town else self.book.t("sheet.other_town")

    @property
    def _press(self) -> Press:
        """The press of the thread that asks."""
        if not hasattr(self._own, "press"):
            self._own.press = Press(TEMPLATE)
        press: Press = self._own.press
        return press

    def _prepare(self) -> None:
        """Work out what all sheets share before threads ask for it at the same time."""
        book, ground = self.book, self.book.ground
        for layer in (ground.villages, ground.grids, ground.water, ground.roads, ground.posts):
            _ = layer.sindex
        _ = ground.facilities, book.names, book.people, book.usual, book.kinds, book.staff, book.grid_counts

    def _key(self, name: str) -> str:
        """Return what a file of a name is made from, as one text."""
        templates = template_bytes(TEMPLATE) + template_bytes(ATLAS_TEMPLATE)
        program = version("gridbeat"), hashlib.sha256(templates).hexdigest()
        return hashlib.sha256(repr((self.book.fingerprint, name, program)).encode()).hexdigest()

    def _note(self, files: Mapping[str, str]) -> None:
        for name, digest in files.items():
            self.made.append(name)
            self.manifest.note(name, self._key(name), digest)


class _Manifest:
    """What a folder's files were made from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = _read(folder / MANIFEST)
        self._saved = time.monotonic()

    def has(self, name: str, key: str) -> bool:
        """Whether a file is there, made from this, and as it was made."""
        held = self._files.get(name)
        if held is None or held.get("key") != key:
            return False
        try:
            content = (self.folder / name).read_bytes()
        except OSError:
            return False
        return hashlib.sha256(content).hexdigest() == held.get("sha256")

    def note(self, name: str, key: str, digest: str) -> None:
        """Keep what a file was made from; on disk a moment later at the latest."""
        self._files[name] = {"key": key, "sha256": digest}
        if time.monotonic() > self._saved + _SAVED_EVERY_S:
            self.save()

    def save(self) -> None:
        """Write it down."""
        text = json.dumps({"files": self._files}, ensure_ascii=False, indent=1, sort_keys=True)
        export_bytes(text.encode(), self.folder / MANIFEST)
        self._saved = time.monotonic()


def _read(path: Path) -> dict[str, dict[str, str]]:
    """Return what a manifest tells; nothing where there is none that can be read."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {str(name): dict(facts) for name, facts in held.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _by_town(book: VillageBook, villages: Sequence[str] | None) -> list[str]:
    """Return villages by the code of their town, then their own; those of no town last."""
    rows = book.index.villages if villages is None else book.index.villages.loc[[*dict.fromkeys(villages)]]
    towns = rows[TOWN_ID]
    return sorted(rows.index, key=lambda village: (towns[village] == "", towns[village], village))
