"""A patrol plan held against what was gone: by team, by village, stop by stop; counts and places alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.errors import Reason
from geo.map_matching import match_track
from planning.patrol.actual.roads import roads_gone
from planning.patrol.actual.tracks import GAP_COLUMNS, fit_track, track_gaps
from planning.patrol.actual.visits import (
    BY_OTHER,
    MISSED,
    NO_RECORD,
    PASSED,
    SHORT,
    VISIT_COLUMNS,
    VISITED,
    checked_in,
    further_stops,
    visits_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.road_network import RoadNetwork
    from planning.patrol.actual.planned import ActualParams, PlannedPatrol

_COUNTED = (VISITED, SHORT, PASSED, MISSED, NO_RECORD, BY_OTHER)
_EXTRAS = ["team_id", "begin_ms", "stay_ms", "x", "y"]
_DETOURS = ["team_id", "begin_ms", "end_ms", "m", "x", "y"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """
    What was gone, against what was planned.

    Parameters
    ----------
    teams
        By team_id: name, recorded (whether there is anything of it), stops, one count for each of
        `planning.patrol.actual.visits.STATUSES`, late, extra, planned_m, driven_m, road_m, covered_m (of
        the planned roads, each counted once), off_plan_m, detours, gaps, gap_ms; missing where nothing tells.
    villages
        By village_id: stops, the same counts, late.
    stops
        The planned visits with status, arrive_ms, stay_ms, late_ms, late, by (the other team).
    extras, gaps, detours
        Further stops, gaps in the record, ways off the planned roads: team_id, times, places, lengths.
    ways
        Lines of what was gone, and of planned roads that were not: team_id, kind (``gone``, ``missed``).
    notes
        What is wrong with the files.
    """

    teams: pd.DataFrame
    villages: pd.DataFrame
    stops: pd.DataFrame
    extras: pd.DataFrame
    gaps: pd.DataFrame
    detours: pd.DataFrame
    ways: gpd.GeoDataFrame
    notes: tuple[Reason, ...]


def compare_patrol(
    plan: PlannedPatrol,
    *,
    positions: pd.DataFrame | None = None,
    check_ins: pd.DataFrame | None = None,
    networks: Mapping[str, RoadNetwork],
    params: ActualParams,
    progress: Callable[[str, float], None] | None = None,
) -> Comparison:
    """
    Return a plan held against tracks, check-ins, or both.

    A team without either has no record, and nothing is said of its stops.

    Parameters
    ----------
    positions
        team_id, at_ms, x, y (the plan's CRS), as the files have them.
    check_ins
        team_id, stop_id, at_ms.
    networks
        By travel mode, to match tracks to; without one, roads are not compared.
    progress
        Told the stage ``match`` and which share of it is done.
    """
    say = progress or (lambda _stage, _share: None)
    notes: list[Reason] = []
    tracks: dict[str, pd.DataFrame] = {}
    for team, rows in (positions if positions is not None else _nothing()).groupby("team_id", sort=False):
        tracks[str(team)], told = fit_track(rows, plan, str(team))
        notes += told
    checks = {
        str(team): rows
        for team, rows in (check_ins if check_ins is not None else _nothing()).groupby("team_id")
    }
    compared = []
    for done, team in enumerate(plan.teams.index.astype(str)):
        say("match", done / max(len(plan.teams), 1))
        compared.append(_compared(plan, team, tracks.get(team), checks.get(team), networks, params))
    stops = pd.concat([one.stops for one in compared]) if compared else plan.stops
    stops = _by_others(stops, tracks, params)
    stops["late"] = stops["status"].isin([VISITED, SHORT]) & (stops["late_ms"] > params.late_ms)
    silent = [one.team for one in compared if not one.recorded]
    if silent:
        notes.append(Reason("teams_without_record", {"count": len(silent), "teams": silent}))
    return Comparison(
        teams=_teams(plan, compared, stops),
        villages=_counts(stops[stops["village_id"] != ""], "village_id"),
        stops=stops.reset_index(drop=True),
        extras=_joined([one.extras for one in compared], _EXTRAS),
        gaps=_joined([one.gaps for one in compared], ["team_id", *GAP_COLUMNS]),
        detours=_joined([one.detours for one in compared], _DETOURS),
        ways=_ways(plan, compared),
        notes=tuple(notes),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Team:
    team: str
    recorded: bool
    stops: pd.DataFrame
    extras: pd.DataFrame
    gaps: pd.DataFrame
    detours: pd.DataFrame
    figures: dict[str, float]
    lines: tuple[Any, Any]


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({"team_id": []})


def _compared(
    plan: PlannedPatrol,
    team: str,
    track: pd.DataFrame | None,
    check_ins: pd.DataFrame | None,
    networks: Mapping[str, RoadNetwork],
    params: ActualParams,
) -> _Team:
    row: dict[Any, Any] = plan.teams.loc[team].to_dict()
    stops = plan.stops[plan.stops["team_id"] == team]
    mode, begin, end = str(row["travel_mode"]), int(row["start_ms"]), int(row["end_ms"])
    gone = None
    extras, gaps = pd.DataFrame(), pd.DataFrame()
    lines: tuple[Any, Any] = (None, None)
    if track is not None and len(track):
        gaps = track_gaps(track, begin, end, params=params)
        told = visits_of(track, gaps, stops, travel_mode=mode, params=params)
        known = np.vstack([stops[["x", "y"]].to_numpy(dtype=float), [[row["x"], row["y"]]]])
        extras = further_stops(track, known, params=params)
        ways = plan.ways.loc[plan.ways["team_id"] == team, "geometry"]
        if mode in networks:
            matched = match_track(networks[mode], track)
            gone = roads_gone(matched, track, ways, params=params)
            lines = (matched.stretches.geometry.union_all(), gone.missed)
    else:
        told = pd.DataFrame({"status": NO_RECORD}, index=stops.index).reindex(columns=VISIT_COLUMNS)
    if check_ins is not None:
        signed = checked_in(check_ins, stops)
        better = (signed["status"] == VISITED) & (told["status"] != VISITED)
        # Where check-ins are all there is, a stop without one was missed.
        told = signed if track is None else told.where(~better, signed)
        extras = pd.concat([extras, _signed_elsewhere(check_ins, stops)], ignore_index=True)
    figures = {} if gone is None else {name: getattr(gone, name) for name in _FIGURES}
    return _Team(
        team=team,
        recorded=(track is not None and len(track) > 0) or check_ins is not None,
        stops=stops.join(told),
        extras=extras.assign(team_id=team),
        gaps=gaps.assign(team_id=team),
        detours=pd.DataFrame()
        if gone is None
        else pd.DataFrame(gone.detours.drop(columns="geometry")).assign(team_id=team),
        figures={("road_m" if name == "planned_m" else name): value for name, value in figures.items()},
        lines=lines,
    )


_FIGURES = ("planned_m", "covered_m", "driven_m", "off_plan_m")


def _signed_elsewhere(check_ins: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    own = stops["stop_id"].astype(str).str.replace(r"#\d+$", "", regex=True)
    other = check_ins[~check_ins["stop_id"].astype(str).str.replace(r"#\d+$", "", regex=True).isin(own)]
    return pd.DataFrame(
        {"begin_ms": other["at_ms"].to_numpy(), "stay_ms": 0, "x": np.nan, "y": np.nan},
        index=range(len(other)),
    )


def _by_others(stops: pd.DataFrame, tracks: Mapping[str, pd.DataFrame], params: ActualParams) -> pd.DataFrame:
    """Return the stops, those that another team visited in the place of their own named."""
    stops = stops.assign(by="").reset_index(drop=True)
    nobody = pd.DataFrame(columns=GAP_COLUMNS)
    for at in np.flatnonzero(stops["status"].isin([MISSED, PASSED]).to_numpy()).tolist():
        stop = stops.loc[[at], ["x", "y", "begin_ms", "leave_ms"]]
        for team, track in tracks.items():
            if team == stops.at[at, "team_id"]:
                continue
            told = visits_of(track, nobody, stop, travel_mode="car", params=params)
            if told.at[at, "status"] == VISITED:
                stops.loc[[at], VISIT_COLUMNS] = told
                stops.loc[at, ["status", "by"]] = BY_OTHER, team
                break
    return stops


def _teams(plan: PlannedPatrol, compared: list[_Team], stops: pd.DataFrame) -> pd.DataFrame:
    counts = _counts(stops, "team_id").reindex(plan.teams.index, fill_value=0)
    rows = [
        {
            "recorded": one.recorded,
            "extra": len(one.extras),
            **one.figures,
            "detours": len(one.detours),
            "gaps": len(one.gaps),
            "gap_ms": int((one.gaps["end_ms"] - one.gaps["begin_ms"]).sum()) if len(one.gaps) else 0,
        }
        for one in compared
    ]
    found = pd.DataFrame(rows, index=plan.teams.index)
    wanted = [
        "recorded",
        "extra",
        "road_m",
        "covered_m",
        "driven_m",
        "off_plan_m",
        "detours",
        "gaps",
        "gap_ms",
    ]
    return plan.teams[["name", "planned_m"]].join(counts).join(found.reindex(columns=wanted))


def _counts(stops: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return how many stops there are of each status."""
    groups = stops.groupby(key, sort=False)
    counts = groups["status"].value_counts().unstack(fill_value=0).reindex(columns=_COUNTED, fill_value=0)
    counts.columns.name = None
    return counts.assign(stops=groups.size(), late=groups["late"].sum())[["stops", *_COUNTED, "late"]].astype(
        int
    )


def _joined(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    some = [frame.reindex(columns=columns) for frame in frames if len(frame)]
    return pd.concat(some, ignore_index=True) if some else pd.DataFrame(columns=columns)


def _ways(plan: PlannedPatrol, compared: list[_Team]) -> gpd.GeoDataFrame:
    rows, shapes = [], []
    for one in compared:
        for kind, line in zip(("gone", "missed"), one.lines, strict=True):
            if line is not None and not line.is_empty:
                rows.append({"team_id": one.team, "kind": kind})
                shapes.append(line)
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["team_id", "kind"]), geometry=shapes, crs=plan.ways.crs
    )
