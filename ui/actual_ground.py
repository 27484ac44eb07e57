"""A kept plan and the files of what was gone, held against each other. For page and terminal."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from data.patrol_plans import STREETS
from data.schemas import NAME, STOP_ID, VILLAGE_ID
from data.track_files import DEVICE, LAT, LON, STOP
from geo.crs import LONLAT
from geo.errors import Reason, SettingError
from geo.road_network import RoadNetwork
from planning.patrol.actual.comparing import compare_patrol
from planning.patrol.actual.planned import ActualParams, PlannedPatrol
from planning.patrol.actual.tracks import shifted_system
from planning.patrol.places import containing
from planning.patrol.streets.legs import street_legs
from planning.patrol.whereabouts import ends, route_legs
from ui.patrol_ground import DayOrder, closed_roads, ordered_day
from ui.patrol_saving import kept_plan
from ui.street_ground import StreetOrder, ordered_streets, street_tables
from ui.street_saving import kept_streets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from data.patrol_plans import SavedPatrol
    from data.track_files import TrackFile
    from data.workspace import Workspace
    from planning.patrol.actual.comparing import Comparison
    from ui.patrol_ground import PatrolGround

_PARTS_OF_CODE = re.compile(r"[\s/?&=#,;|]+")
_SHOWN = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """
    A plan held against what was gone.

    Parameters
    ----------
    saved
        The plan.
    planned
        What it promised.
    found
        What was gone.
    notes
        What is to be told of the files, before what is told of teams.
    """

    saved: SavedPatrol
    planned: PlannedPatrol
    found: Comparison
    notes: tuple[Reason, ...]


def planned_patrol(workspace: Workspace, ground: PatrolGround, saved: SavedPatrol) -> PlannedPatrol:
    """
    Return what a kept plan promised, its ways as the roads are now.

    Raises
    ------
    SettingError
        As the orders that it was made from.
    """
    if saved.kind == STREETS:
        return _planned_streets(workspace, ground, saved)
    order = DayOrder.from_dict(saved.params)
    day = ordered_day(ground, order)
    plan = kept_plan(saved, day.problem)
    # What has gone from the tables since cannot be held against anything.
    teams, stops = day.problem.teams, day.problem.stops
    routes = tuple(route for route in plan.routes if route.team_id in teams.index)
    rows = [
        {
            "team_id": route.team_id,
            "number": number,
            **stops.loc[visit.stop_id, ["name", VILLAGE_ID, "priority", "place"]].to_dict(),
            STOP_ID: visit.stop_id,
            "begin_ms": visit.begin_ms,
            "leave_ms": visit.leave_ms,
        }
        for route in routes
        for number, visit in enumerate(route.visits, start=1)
        if visit.stop_id in stops.index
    ]
    columns = ["team_id", "number", STOP_ID, "name", VILLAGE_ID, "priority", "place", "begin_ms", "leave_ms"]
    planned = pd.DataFrame(rows, columns=columns)
    at = day.places.loc[planned.pop("place")]
    planned["x"], planned["y"] = at.x.to_numpy(), at.y.to_numpy()
    starts = day.places.loc[[ends(day.problem, route.team_id)[0] for route in routes]]
    whole = all(visit.stop_id in stops.index for route in routes for visit in route.visits)
    legs = (
        route_legs(day.problem, plan) if whole and day.by_road and len(routes) == len(plan.routes) else None
    )
    table = pd.DataFrame(
        {
            "name": [str(teams.at[route.team_id, "name"]) for route in routes],
            "travel_mode": [str(teams.at[route.team_id, "travel_mode"]) for route in routes],
            "start_ms": [route.start_ms for route in routes],
            "end_ms": [route.end_ms for route in routes],
            "planned_m": [route.distance_m for route in routes],
            "x": starts.x.to_numpy(),
            "y": starts.y.to_numpy(),
        },
        index=pd.Index([route.team_id for route in routes], name="team_id"),
    )
    ways = _no_ways(ground) if legs is None else legs.loc[legs.geometry.notna(), ["team_id", "geometry"]]
    return PlannedPatrol(date=order.date, teams=table, stops=planned, ways=ways)


def _planned_streets(workspace: Workspace, ground: PatrolGround, saved: SavedPatrol) -> PlannedPatrol:
    order = StreetOrder.from_dict(saved.params)
    streets = ordered_streets(ground, street_tables(workspace), order)
    plan = kept_streets(saved, streets.problem)
    if plan.faults:
        raise SettingError("streets_changed", plan=saved.plan_id, reasons=plan.faults[:_SHOWN])
    legs = street_legs(streets.problem, plan, streets.names)
    metres = streets.problem.metres
    spots = streets.places.loc[[route.team_id for route in plan.routes]]
    table = pd.DataFrame(
        {
            "name": [str(streets.problem.teams.at[route.team_id, NAME]) for route in plan.routes],
            "travel_mode": order.travel_mode,
            "start_ms": [route.start_ms for route in plan.routes],
            "end_ms": [route.start_ms + route.duration_ms for route in plan.routes],
            "planned_m": [sum(float(metres[step.arc]) for step in route.steps) for route in plan.routes],
            "x": spots.x.to_numpy(),
            "y": spots.y.to_numpy(),
        },
        index=pd.Index([route.team_id for route in plan.routes], name="team_id"),
    )
    columns = ["team_id", "number", STOP_ID, "name", VILLAGE_ID, "priority", "begin_ms", "leave_ms", "x", "y"]
    covered = legs.loc[legs["covers"], ["team_id", "geometry"]]
    return PlannedPatrol(date=order.date, teams=table, stops=pd.DataFrame(columns=columns), ways=covered)


def _no_ways(ground: PatrolGround) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"team_id": []}, geometry=[], crs=ground.crs)


def compared(
    workspace: Workspace,
    ground: PatrolGround,
    saved: SavedPatrol,
    files: Sequence[TrackFile],
    *,
    of_team: Mapping[str, str] | None = None,
    system: str = "wgs84",
    params: ActualParams | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Compared:
    """
    Return a kept plan held against the tracks and check-ins of files.

    Parameters
    ----------
    files
        As `data.track_files.read_track_file` returns them, with times of the plan's day.
    of_team
        Device, or name of a file, → team_id, where the file does not name the team itself.
    system
        In which the files were read: another one is suggested only where they were taken for WGS84.

    Raises
    ------
    SettingError
        ``team_unknown``; as `planned_patrol`.
    """
    planned = planned_patrol(workspace, ground, saved)
    notes = [note for file in files for note in file.notes]
    known = _team_names(planned, of_team or {})
    tracks, told = _teamed([file.rows for file in files if not file.check_ins], planned, known)
    signs, more = _teamed([file.rows for file in files if file.check_ins], planned, known)
    notes += [*told, *more, *_shared_devices(tracks)]
    signs, strange = _stop_ids(signs, ground, planned)
    notes += strange
    networks = _networks(ground, saved, planned)
    if system == "wgs84" and len(tracks) and networks:
        anybody = next(iter(networks.values()))
        suggestion = shifted_system(
            tracks[LON].to_numpy(dtype=float), tracks[LAT].to_numpy(dtype=float), anybody
        )
        notes += [suggestion] if suggestion else []
    points = gpd.GeoSeries(gpd.points_from_xy(tracks[LON], tracks[LAT]), crs=LONLAT).to_crs(ground.crs)
    found = compare_patrol(
        planned,
        positions=tracks.assign(x=points.x.to_numpy(), y=points.y.to_numpy()),
        check_ins=signs,
        networks=networks,
        params=params or ActualParams(),
        progress=progress,
    )
    placed = {name: _with_villages(getattr(found, name), ground) for name in ("extras", "detours")}
    return Compared(saved=saved, planned=planned, found=replace(found, **placed), notes=tuple(notes))


def _with_villages(rows: pd.DataFrame, ground: PatrolGround) -> pd.DataFrame:
    """Return places with the village in which each lies."""
    points = pd.Series([*gpd.points_from_xy(rows["x"], rows["y"])], index=rows.index, dtype=object)
    points[rows["x"].isna().to_numpy(dtype=bool)] = None
    return rows.assign(village_id=containing(points, ground.tables, "villages", VILLAGE_ID))


def _team_names(planned: PlannedPatrol, of_team: Mapping[str, str]) -> dict[str, str]:
    """Return the team of each name by which a file may call it."""
    names = planned.teams["name"].astype(str)
    once = ~names.duplicated(keep=False)
    known = {name: str(team) for team, name in names[once].items()} | {
        str(team): str(team) for team in names.index
    }
    for called, team in of_team.items():
        if team not in known:
            raise SettingError("team_unknown", found=team, known=[*names.index[:_SHOWN]])
        known[called] = known[team]
    return known


def _teamed(
    frames: Sequence[pd.DataFrame], planned: PlannedPatrol, known: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Reason]]:
    """Return the rows whose team is known, and how many devices of each file have none."""
    columns = ["file", DEVICE, "at_ms", LON, LAT, "team_id"]
    rows, told = [], []
    alone = planned.teams.index[0] if len(planned.teams) == 1 else None
    for frame in frames:
        stem = frame["file"].str.replace(r"\.[^.]*$", "", regex=True)
        team = frame[DEVICE].map(known).fillna(frame["file"].map(known)).fillna(stem.map(known))
        if alone is not None and frame[DEVICE].nunique() == 1:
            team = team.fillna(alone)
        lost = frame[team.isna()]
        if len(lost):
            facts = {
                "file": str(frame["file"].iloc[0]),
                "count": int(lost[DEVICE].nunique()),
                "rows": len(lost),
            }
            told.append(Reason("track_device_unknown", facts))
        rows.append(frame.assign(team_id=team)[team.notna()])
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns), told


def _shared_devices(tracks: pd.DataFrame) -> list[Reason]:
    """Tell of teams with several devices, and of devices that say the very same."""
    told = []
    for team, rows in tracks.groupby("team_id", sort=False):
        if (devices := len(rows.groupby(["file", DEVICE]))) > 1:
            told.append(Reason("track_several_devices", {"team": str(team), "count": devices}))
    keys = ["at_ms", LON, LAT]
    twins = tracks.drop_duplicates(["team_id", *keys])
    if (again := twins.duplicated(keys, keep=False)).sum() > len(twins) // 10:
        teams = twins.loc[again, "team_id"].unique().tolist()
        told.append(Reason("track_twins", {"teams": teams, "count": int(again.sum())}))
    return told


def _stop_ids(
    signs: pd.DataFrame, ground: PatrolGround, planned: PlannedPatrol
) -> tuple[pd.DataFrame, list[Reason]]:
    """Return check-ins with the stop that each means: by its id, its name, or a code that holds the id."""
    if signs.empty:
        return pd.DataFrame(columns=["team_id", STOP_ID, "at_ms"]), []
    # Of a stop that is visited several times a day the visits have ids of their own.
    ids = planned.stops[[STOP_ID, "name"]].astype(str)
    table = ground.tables.get("stops")
    if table is not None and NAME in table:
        ids = pd.concat([ids, table[[STOP_ID, NAME]].astype(str).set_axis([STOP_ID, "name"], axis=1)])
    by_id = {stop: stop for stop in ids[STOP_ID]}
    names = ids.drop_duplicates("name", keep=False) if ids["name"].duplicated().any() else ids
    by_name = dict(zip(names["name"], names[STOP_ID], strict=True))
    by_name |= dict(zip(planned.stops["name"].astype(str), planned.stops[STOP_ID].astype(str), strict=True))

    def meant(text: str) -> str | None:
        tries = [text, *_PARTS_OF_CODE.split(text)]
        return next((by_id.get(one) or by_name[one] for one in tries if one in by_id or one in by_name), None)

    found = signs[STOP].astype(str).str.strip().map(meant)
    told = []
    if lost := int(found.isna().sum()):
        told.append(Reason("check_in_stop_unknown", {"count": lost, "rows": len(signs)}))
    kept = signs.assign(**{STOP_ID: found})[found.notna()]
    return pd.DataFrame(kept[["team_id", STOP_ID, "at_ms"]]), told


def _networks(ground: PatrolGround, saved: SavedPatrol, planned: PlannedPatrol) -> dict[str, RoadNetwork]:
    """Return the roads by travel mode, as they were open on the day."""
    if ground.layout is None:
        return {}
    order = DayOrder(date=dt.date.fromisoformat(saved.date), closed=tuple(saved.params.get("closed", ())))
    closed, _ = closed_roads(ground, order)
    modes = np.unique(planned.teams["travel_mode"].astype(str)).tolist()
    return {
        mode: RoadNetwork(layout=ground.layout, travel_mode=mode, speeds=ground.speeds, closed=closed)
        for mode in modes
    }
