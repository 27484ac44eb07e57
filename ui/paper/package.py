"""方案报批包: all papers and files of a plan, as they are handed over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.exporting import export_layer, export_layers
from data.files import private_folder
from ui.paper.bundle import contents, file_stem
from ui.paper.comparison import (
    changed_rows,
    changed_zones,
    comparison_table,
    grid_rows,
    zone_rows,
    zone_table,
)
from ui.paper.layout import breakable, printed
from ui.paper.maps import paper_maps
from ui.paper.memo import memo, memo_stage
from ui.paper.transfers import transfers
from ui.paper.typeset import typeset
from ui.paper.workbooks import stamped, write_workbook
from ui.proposal_tables import assignment_table, grids_layer, in_words, zones_layer
from ui.tables import write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ui.paper.handing import HandOver
    from ui.paper.layout import Table
    from ui.paper.maps import PaperMap
    from ui.paper.transfers import Transfers

PAPERS = ("A4", "A3")


def handover_files(
    handing: HandOver, *, papers: Collection[str] = PAPERS, stamp: datetime | None = None
) -> dict[str, bytes]:
    """
    Return the files of a hand-over by name: memo, tables, lists, maps, assignment and layers.

    Parameters
    ----------
    papers
        Sizes of paper of the memo, of `PAPERS`.
    stamp
        When it was made, with its time zone; now if None. Papers with the same content and stamp are the
        same to the byte; GeoPackage and shapefile bear the day on which they were written.
    """
    moment = (stamp or datetime.now(UTC)).replace(microsecond=0)
    made = _Made(handing)
    # Pages are set beside the rest: typst lets other threads run.
    with ThreadPoolExecutor(max_workers=1) as press:
        pages = {
            made.file(made.memo_name, f"_{paper}.pdf"): press.submit(
                typeset, "handover.typ", made.document(paper), stamp=moment
            )
            for paper in papers
        }
        others = {
            **made.workbooks(moment),
            **made.assignments(moment),
            **made.drawings(),
            **made.layers(),
        }
        files = {**{name: page.result() for name, page in pages.items()}, **others}
    return {made.t("paper.file_readme") + ".txt": made.readme(files, moment), **files}


def handover_facts(handing: HandOver) -> dict[str, int]:
    """Return how much changes hands: grids, villages, zones, residents."""
    changes = handing.changes
    return {
        "grids": len(changes),
        "villages": int(changes["village_id"].where(changes["village_id"] != "").nunique()),
        "zones": len({*changes["from_zone"], *changes["to_zone"]} - {""}),
        "residents": round(float(changes["present"].sum())),
        "violations": len(handing.card.violations),
    }


class _Made:
    """What the files of a hand-over have in common."""

    def __init__(self, handing: HandOver) -> None:
        self.handing, self.t = handing, handing.t
        self.rows = grid_rows(handing)
        self.changed = changed_rows(self.rows)
        self.zones = zone_rows(handing)
        self.stations: tuple[Transfers, ...] = ()
        if len(self.changed):
            self.stations = transfers(handing, self.changed, self.zones)
        numbers = dict(zip(self.changed["grid_id"], self.changed["number"].tolist(), strict=True))
        self.maps: tuple[PaperMap, ...] = paper_maps(
            handing, numbers, tuple(station.station_id for station in self.stations)
        )

    @property
    def memo_name(self) -> str:
        """Key of what the memo's file is called: a plan that is settled asks for nothing."""
        return (
            "paper.file_notice" if memo_stage(self.handing) in ("settled", "retired") else "paper.file_memo"
        )

    def file(self, key: str, ending: str) -> str:
        return file_stem(self.t(key)) + ending

    def document(self, paper: str) -> dict[str, Any]:
        """Return the memo and what is attached to it, as the printing template takes them."""
        t, handing, attached = self.t, self.handing, dict(self._attached())
        label = {
            name: t("paper.attachment", number=t.number(number))
            for number, name in enumerate(attached, start=1)
        }
        return {
            "paper": paper,
            "lang": t.lang,
            "mark": t("paper.mark"),
            "running": breakable(f"{handing.district} · {handing.plan.name}"),
            "page_of": t("paper.page_of", page="{page}", pages="{pages}"),
            "memo": memo(handing, attached=[*attached.values()]),
            "tables": [
                {**printed(table, t), "label": label[name], "note": note}
                for name, table, note in self._tables()
            ],
            "maps_label": label.get("maps", ""),
            "transfers_label": label.get("transfers", ""),
            "maps": [{"title": one.title, "lying": one.lying, "svg": one.draw(paper)} for one in self.maps],
            "transfers": [
                {
                    "title": breakable(self._heading(station)),
                    "zones": printed(station.zones, t),
                    "lists": [printed(table, t) for table in station.lists],
                }
                for station in self.stations
            ],
        }

    def workbooks(self, stamp: datetime) -> dict[str, bytes]:
        t, mark = self.t, self.t("paper.mark")
        whole = comparison_table(self.rows, title=t("paper.all_title"), t=t)
        tables = {
            t("paper.sheet_changes"): [self._comparison()],
            t("paper.sheet_all"): [whole],
            t("paper.sheet_zones"): [self._zone_sums()],
        }
        files = {self.file("paper.file_comparison", ".xlsx"): write_workbook(tables, mark=mark, stamp=stamp)}
        if self.stations:
            sheets = {
                title: [replace(one.zones, title=self._heading(one)), *one.lists]
                for title, one in self._station_sheets()
            }
            files[self.file("paper.file_transfers", ".xlsx")] = write_workbook(sheets, mark=mark, stamp=stamp)
        return files

    def assignments(self, stamp: datetime) -> dict[str, bytes]:
        handing, t = self.handing, self.t
        table = assignment_table(handing.assignment, handing.standing.graph, handing.names)
        sheet = stamped(write_xlsx({t("redraw.file_assignment"): in_words(table, t)}), stamp)
        return {
            self.file("paper.file_assignment", ".csv"): write_csv(table),
            self.file("paper.file_assignment", ".xlsx"): sheet,
        }

    def drawings(self) -> dict[str, bytes]:
        """Return the maps: numbered by place, and 1 before, 2 after."""
        folder = self.file("paper.folder_maps", "")
        places = {one.station_id: None for one in self.maps}
        numbers = {place: number for number, place in enumerate(places, start=1)}
        return {
            f"{folder}/{numbers[one.station_id]:02}-{1 + one.after}_{file_stem(one.title)}.svg": one.draw(
                PAPERS[-1]
            ).encode()
            for one in self.maps
        }

    def layers(self) -> dict[str, bytes]:
        handing, graph = self.handing, self.handing.standing.graph
        if graph.shapes is None or not len(graph.shapes):
            return {}
        zones = zones_layer(handing.assignment, handing.card, graph, handing.names)
        grids = grids_layer(handing.assignment, handing.changes, graph, handing.names)
        folder = self.file("paper.folder_layers", "")
        with private_folder() as private:
            # The grids first: who reads the plan back needs them.
            export_layers({"grids": grids, "zones": zones}, Path(private) / "plan.gpkg")
            for ending in (".shp", ".kml"):
                export_layer(zones, Path(private) / f"zones{ending}", name="zones")
            return {f"{folder}/{path.name}": path.read_bytes() for path in _written(Path(private))}

    def readme(self, files: Collection[str], stamp: datetime) -> bytes:
        t, plan = self.t, self.handing.plan
        above = (
            t("paper.readme_title", district=self.handing.district),
            t("paper.plan_called", name=plan.name, id=plan.plan_id) + " · " + t.name("state", plan.status),
        )
        back = (t("paper.readme_back"),)
        return contents(files, about=self._about, above=above, beneath=back, stamp=stamp, t=t)

    def _about(self, name: str) -> str:
        key = f"paper_file.{name.rpartition('.')[2]}"
        return self.t(key) if self.t.has(key) else ""

    def _tables(self) -> Iterator[tuple[str, Table, str]]:
        """Yield what each printed table is attached as, the table, and the note beneath it."""
        if len(self.changed):
            yield "comparison", self._comparison(printed=True), ""
        yield "zones", self._zone_sums(printed=True), self.t("paper.zones_note")

    def _comparison(self, *, printed: bool = False) -> Table:
        title = self.t("paper.comparison_title")
        return comparison_table(self.changed, title=title, t=self.t, printed=printed)

    def _zone_sums(self, *, printed: bool = False) -> Table:
        """Return the zones' sums; printed are those that change, if some do."""
        t, some = self.t, changed_zones(self.zones)
        if some.empty or not printed:
            key = "paper.zones_all_title" if some.empty else "paper.zones_title"
            return zone_table(self.zones, title=t(key), t=t)
        counts = {"count": t.number(len(some)), "kept": t.number(len(self.zones) - len(some))}
        return zone_table(some, title=t("paper.zones_changed_title", **counts), t=t)

    def _heading(self, station: Transfers) -> str:
        return self.t("paper.transfer_title", station=station.station)

    def _station_sheets(self) -> Iterator[tuple[str, Transfers]]:
        """Yield a title for each station's sheet, no two alike."""
        used: set[str] = set()
        for station in self.stations:
            title = station.station[:24]
            while title.casefold() in used:
                title = f"{station.station[:14]} {station.station_id[-9:]}-{len(used)}"
            used.add(title.casefold())
            yield title, station

    def _attached(self) -> Iterator[tuple[str, str]]:
        """Yield what is attached to the memo, and what it is called there, in order."""
        t = self.t
        if len(self.changed):
            yield "comparison", t("paper.attached_comparison", grids=t.number(len(self.changed)))
        zones = t.number(len(self._zone_sums(printed=True).rows) - 1)
        yield "zones", t("paper.attached_zones" if self.stations else "paper.attached_zones_all", zones=zones)
        if self.maps:
            yield "maps", t("paper.attached_maps", maps=t.number(len(self.maps)))
        if self.stations:
            known = [one for one in self.stations if one.station_id]
            key = "paper.attached_transfers" if known else "paper.attached_transfers_whole"
            yield "transfers", t(key, stations=t.number(len(known)))


def _written(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.iterdir() if path.is_file())
