"""巡防任务包: all papers and files of a day of patrols, as they are handed to the teams."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from ui.paper.bundle import contents, file_stem, require_bundle_target, write_files
from ui.paper.patrol_links import stop_links
from ui.paper.patrol_sheets import Sheets
from ui.paper.sign_in import sign_in_book
from ui.paper.tracks import gpx, kml, track
from ui.paper.workbooks import stamped
from ui.patrol_files import layers_file
from ui.tables import write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ui.paper.patrol_day import PatrolDay

    Progress = Callable[[str, float], None]

# What is told while files are made, in order.
STAGES = ("sheets", "bind", "team_sheets", "tracks", "tables")


def patrol_package(
    day: PatrolDay, out: Path, *, stamp: datetime | None = None, progress: Progress | None = None
) -> list[str]:
    """
    Write the files of a day into a folder, or as one zip where `out` ends in ``.zip``; return their names.

    Parameters
    ----------
    stamp, progress
        As `patrol_files`.

    Raises
    ------
    FileError
        As `data.exporting.export_bytes`.
    """
    require_bundle_target(out)
    files = patrol_files(day, stamp=stamp, progress=progress)
    write_files(files, out)
    return sorted(files)


def patrol_files(
    day: PatrolDay,
    *,
    layers: bool = True,
    stamp: datetime | None = None,
    progress: Progress | None = None,
) -> dict[str, bytes]:
    """
    Return the files of a day by name: sheets, sign-in tables, tracks, timetable, layers, links if allowed.

    Parameters
    ----------
    layers
        Whether a GeoPackage of the rounds is among them.
    stamp
        When they are made, with its time zone; now if None. The same day with the same stamp makes the same
        files to the byte, but for the GeoPackage.
    progress
        Told a stage of `STAGES` and which share of it is done. What it raises ends the work.
    """
    moment = (stamp or datetime.now(UTC)).replace(microsecond=0)
    tell = progress or (lambda _stage, _share: None)
    made = _Made(day, moment, tell, layers=layers)
    files = {**made.sheets(), **made.tracks(), **made.tables()}
    t = day.t
    above = (t("patrol_package.title", district=day.district), day.day())
    # Files are called by numbers in every language.
    readme = contents(
        files, about=lambda name: t.name("patrol_about", name[:2]), above=above, stamp=moment, t=t
    )
    return {t("paper.file_readme") + ".txt": readme, **files}


class _Made:
    """What the files of a day have in common."""

    def __init__(self, day: PatrolDay, stamp: datetime, tell: Progress, *, layers: bool) -> None:
        self.day, self.t, self.stamp, self.tell, self.layers = day, day.t, stamp, tell, layers
        self.stems = dict(self._stems())

    def file(self, key: str, ending: str = "") -> str:
        return file_stem(self.t(f"patrol_package.{key}")) + ending

    def sheets(self) -> dict[str, bytes]:
        routes = max(len(self.day.plan.routes), 1)
        sheets = Sheets(self.day, stamp=self.stamp, progress=lambda done: self.tell("sheets", done / routes))
        self.tell("bind", 0.0)
        files = {self.file("sheets", ".pdf"): sheets.whole()}
        folder = self.file("team_sheets")
        for done, (route, content) in enumerate(sheets.each()):
            self.tell("team_sheets", done / routes)
            files[f"{folder}/{self.stems[route.team_id]}.pdf"] = content
        return files

    def tracks(self) -> dict[str, bytes]:
        """Return the sign-in tables, and each team's route for phones."""
        self.tell("tracks", 0.0)
        files = {self.file("sign_in", ".xlsx"): sign_in_book(self.day, stamp=self.stamp)}
        tracks = {self.stems[route.team_id]: track(self.day, route) for route in self.day.plan.routes}
        for stem, found in tracks.items():
            files[f"{self.file('gpx')}/{stem}.gpx"] = gpx(found)
            files[f"{self.file('kml')}/{stem}.kml"] = kml([found], name=found.name)
        whole = f"{self.day.district} {self.day.day()}"
        files[f"{self.file('kml')}/{self.file('kml_all')}.kml"] = kml([*tracks.values()], name=whole)
        return files

    def tables(self) -> dict[str, bytes]:
        self.tell("tables", 0.0)
        visits = visit_rows(self.day)
        files = {
            self.file("timetable", ".csv"): write_csv(visits),
            self.file("timetable", ".xlsx"): self._book("timetable", visits),
        }
        if self.layers and len(visits):
            day = self.day
            files[self.file("layers", ".gpkg")] = layers_file(day.problem, day.plan, day.places)
        if self.day.services:
            files[self.file("links", ".xlsx")] = self._book("links", link_rows(self.day))
        return files

    def _book(self, key: str, rows: pd.DataFrame) -> bytes:
        t = self.t
        named = rows.rename(columns={name: t.name("patrol_column", name) for name in rows})
        return stamped(write_xlsx({t(f"patrol_package.{key}")[3:]: named}), self.stamp)

    def _stems(self) -> Iterator[tuple[str, str]]:
        """Yield the beginning of the names of a team's files, which stand in the order of the sheets."""
        routes = self.day.plan.routes
        digits = max(len(str(len(routes))), 2)
        for number, route in enumerate(routes, start=1):
            yield route.team_id, file_stem(f"{number:0{digits}}_{self.day.team(route.team_id)}")


def visit_rows(day: PatrolDay) -> pd.DataFrame:
    """Return a row for every visit of a day: team, number, stop, kind, times of the day and minutes."""
    rows = [
        {
            "team_id": route.team_id,
            "team": day.team(route.team_id),
            "number": number,
            "stop_id": visit.stop_id,
            "stop": day.stop(visit.stop_id),
            "kind": day.t.name("stop_kind", day.problem.stops.at[visit.stop_id, "kind"]),
            "arrive": day.t.clock(visit.arrive_ms),
            "begin": day.t.clock(visit.begin_ms),
            "leave": day.t.clock(visit.leave_ms),
            "leg_min": round(visit.leg_ms / 60_000, 1),
            "leg_m": visit.leg_m,
        }
        for route in day.plan.routes
        for number, visit in enumerate(route.visits, start=1)
    ]
    return pd.DataFrame(rows, columns=_VISIT_COLUMNS)


_VISIT_COLUMNS = [
    "team_id",
    "team",
    "number",
    "stop_id",
    "stop",
    "kind",
    "arrive",
    "begin",
    "leave",
    "leg_min",
    "leg_m",
]


def link_rows(day: PatrolDay) -> pd.DataFrame:
    """Return a row for every link of a day: team, number, place, time, and the address with each service."""
    rows = [
        {
            "team": day.team(route.team_id),
            "number": link.number,
            "stop": link.name,
            "begin": link.time,
            **link.addresses,
        }
        for route in day.plan.routes
        for link in stop_links(day, route)
    ]
    return pd.DataFrame(rows, columns=["team", "number", "stop", "begin", *day.services])
