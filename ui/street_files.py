"""A patrol of streets as files: JSON, map layers, tracks for phones, lists of turns as a workbook."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from data.exporting import export_layer, export_layers
from data.files import private_folder
from geo.crs import to_lonlat
from ui.paper.bundle import file_stem
from ui.paper.drawing import writable
from ui.paper.tracks import Track, TrackPoint, gpx, kml
from ui.paper.workbooks import stamped
from ui.tables import write_xlsx

if TYPE_CHECKING:
    from planning.patrol.streets.plan import StreetRoute
    from ui.street_report import StreetReport


def street_files(
    report: StreetReport, facts: dict[str, Any], *, district: str, stamp: datetime | None = None
) -> dict[str, bytes]:
    """
    Return the files of a patrol of streets by name, without papers.

    Parameters
    ----------
    facts
        What `gridbeat patrol streets --json` says.
    district
        The district's name, for the tracks.
    stamp
        When they are made, with its time zone; now if None.
    """
    files = {"plan.json": json.dumps(facts, ensure_ascii=False, indent=1).encode()}
    layers = street_layers(report)
    with private_folder() as private:
        if layers:
            files["streets.gpkg"] = export_layers(layers, Path(private) / "streets.gpkg").read_bytes()
        if report.plan.routes:
            legs = export_layer(layers["legs"], Path(private) / "legs.geojson", name="legs")
            files[legs.name] = legs.read_bytes()
    tracks = {
        file_stem(report.team(r.team_id)): street_track(report, r, district) for r in report.plan.routes
    }
    for stem, track in tracks.items():
        files[f"gpx/{stem}.gpx"] = gpx(track)
    if tracks:
        files["streets.kml"] = kml([*tracks.values()], name=report.t("street_paper.title"))
        files["streets.xlsx"] = turns_book(report, stamp=stamp)
    return files


def street_layers(report: StreetReport) -> dict[str, gpd.GeoDataFrame]:
    """Return the map layers that hold anything: legs, and streets that are not covered with the reason."""
    problem = report.streets.problem
    layers: dict[str, gpd.GeoDataFrame] = {}
    if len(report.legs):
        legs = report.legs.assign(
            team=report.legs["team_id"].map(report.team), minutes=(report.legs["ms"] / 60_000).round(1)
        )
        columns = [
            "team_id",
            "team",
            "number",
            "road_id",
            "name",
            "covers",
            "turn",
            "minutes",
            "m",
            "geometry",
        ]
        layers["legs"] = gpd.GeoDataFrame(legs[columns], crs=report.legs.crs)
    left = problem.left[["code", "edge", "road_id"]]
    short = problem.tasks.iloc[[*report.plan.uncovered]].drop_duplicates("edge")[["edge", "road_id"]]
    rows = pd.concat([left, short.assign(code="uncovered")], ignore_index=True)
    if len(rows) and problem.network is not None:
        shapes = problem.network.layout.shapes[rows["edge"].to_numpy(dtype=int)]
        named = rows.drop(columns="edge").assign(name=report.called(rows["road_id"]))
        layers["not_covered"] = gpd.GeoDataFrame(named, geometry=shapes, crs=problem.network.layout.crs)
    return layers


def street_track(report: StreetReport, route: StreetRoute, district: str) -> Track:
    """Return a team's round as it goes onto a phone: its place, and a point where each leg turns off."""
    t, legs = report.t, to_lonlat(report.legs_of(route))
    turns = report.turns(route)
    ways = [shapely.get_coordinates(way) for way in legs.geometry]
    calls = []
    for way, row in zip(ways, turns.to_dict("records"), strict=True):
        about = f"{row['time']} {row['turn']} {row['towards']} {t.length(row['m'])} {row['does']}"
        lon, lat = way[0].tolist()
        name = f"{row['number']} {row['street']}"
        calls.append(TrackPoint(lon=lon, lat=lat, name=writable(name), about=writable(about), kind="turn"))
    end = t.clock(route.start_ms + route.duration_ms)
    lon, lat = ways[-1][-1].tolist()
    back = t("patrol_paper.returns", time=end)
    calls.append(
        TrackPoint(lon=lon, lat=lat, name=writable(back), about=writable(report.streets.post), kind="post")
    )
    span = f"{t.clock(route.start_ms)}–{end}"
    return Track(
        name=writable(report.team(route.team_id)),
        about=writable(f"{district} {report.streets.order.date.isoformat()} {span}"),
        calls=tuple(calls),
        ways=tuple(way for way in ways if len(way) > 1),
    )


def turns_book(report: StreetReport, *, stamp: datetime | None = None) -> bytes:
    """Return a workbook: all teams, a sheet a team with its turns, and what is not covered."""
    t = report.t
    teams = [
        {
            "team": report.team(route.team_id),
            "start": t.clock(route.start_ms),
            "end": t.clock(route.start_ms + route.duration_ms),
            "hours": round(route.duration_ms / 3_600_000, 2),
            "km": round(report.metres(route)[0] / 1000, 2),
            "passing_km": round(report.metres(route)[1] / 1000, 2),
        }
        for route in report.plan.routes
    ]
    sheets = {t("street_paper.teams"): _named(report, pd.DataFrame(teams))}
    for route in report.plan.routes:
        sheets[report.team(route.team_id)] = _named(report, report.turns(route))
    left = report.left.assign(why=[t(f"street_left.{code}") for code in report.left["code"]])
    short = report.uncovered.assign(why=t("street_left.uncovered"))
    rows = pd.concat([left.drop(columns="code"), short], ignore_index=True)
    if len(rows):
        rows["m"] = rows["m"].round().astype(int)
        sheets[t("street_paper.not_covered")] = _named(report, rows[["road_id", "name", "m", "why"]])
    return stamped(write_xlsx(sheets), (stamp or datetime.now(UTC)).replace(microsecond=0))


def _named(report: StreetReport, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.rename(columns={name: report.t.name("street_column", name) for name in rows})
