"""What was gone against what was planned, on a track made by hand: each gap, detour and stop is known."""

import datetime as dt

import geopandas as gpd
import gpxpy
import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer
from shapely.geometry import LineString

from data.track_files import read_track_file
from geo.errors import SettingError
from geo.gcj02 import from_wgs84
from geo.road_graph import road_graph
from geo.road_network import RoadNetwork
from planning.patrol.actual.comparing import compare_patrol
from planning.patrol.actual.planned import ActualParams, PlannedPatrol
from planning.patrol.actual.tracks import shifted_system

CRS = "EPSG:4549"
MIN = 60_000
WEST, SOUTH = 540_000.0, 3_310_000.0
# Streets 500 m apart; the round of 4 km along the border of 1 × 1 km, five minutes at each of four stops.
GRID = [[(0, y), (2000, y)] for y in (0, 500, 1000)] + [
    [(x, 0), (x, 1000)] for x in (0, 500, 1000, 1500, 2000)
]
STOPS = {"a": (500, 0), "b": (1000, 500), "c": (500, 1000), "d": (0, 500)}
START = 19 * 60 * MIN


def moved(points):
    return [(WEST + x, SOUTH + y) for x, y in points]


@pytest.fixture(scope="module")
def roads():
    frame = gpd.GeoDataFrame(
        {"road_id": [f"R{k}" for k in range(len(GRID))], "class": "residential"},
        geometry=[LineString(moved(line)) for line in GRID],
        crs=CRS,
    )
    return RoadNetwork.from_graph(road_graph(frame, crossings=True), travel_mode="ebike")


@pytest.fixture
def plan():
    ring = LineString(moved([(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)]))
    # 200 m a minute, and five minutes at each stop.
    begins = [
        START + round(ring.project(LineString(moved([xy, xy])).centroid) / 200 * MIN) for xy in STOPS.values()
    ]
    begin = [ms + 5 * MIN * k for k, ms in enumerate(begins)]
    xy = np.array(moved(STOPS.values()))
    stops = pd.DataFrame(
        {"team_id": "T1", "number": [1, 2, 3, 4], "stop_id": [*STOPS], "name": [*"甲乙丙丁"]}
        | {"village_id": ["V1", "V1", "V2", "V2"], "priority": 1, "x": xy[:, 0], "y": xy[:, 1]}
        | {"begin_ms": begin, "leave_ms": [ms + 5 * MIN for ms in begin]}
    )
    teams = pd.DataFrame(
        {"name": "一队", "travel_mode": "ebike", "start_ms": START, "end_ms": START + 40 * MIN}
        | {"planned_m": 4000.0, "x": WEST, "y": SOUTH},
        index=["T1"],
    )
    ways = gpd.GeoDataFrame({"team_id": ["T1"]}, geometry=[ring], crs=CRS)
    return PlannedPatrol(date=dt.date(2026, 11, 3), teams=teams, stops=stops, ways=ways)


def gone(*pieces, every_s=10, start=START):
    """Positions of a track: a number of minutes stays, a pair goes there at 200 m a minute."""
    at, here, rows, silent = start, np.array([0.0, 0.0]), [], False
    for piece in pieces:
        if piece in ("silent", "heard"):
            silent = piece == "silent"
            continue
        if isinstance(piece, tuple):
            ends, last = (here, np.array(piece, dtype=float)), np.array(piece, dtype=float)
            span = np.hypot(*(ends[1] - ends[0])) / 200 * MIN
        else:
            ends, last, span = (here, here), here, piece * MIN
        for ms in np.arange(0, span, every_s * 1000):
            if not silent:
                rows.append((int(at + ms), *(ends[0] + (ends[1] - ends[0]) * ms / span)))
        at, here = at + span, last
    rows.append((int(at), *here))
    frame = pd.DataFrame(rows, columns=["at_ms", "x", "y"])
    return frame.assign(team_id="T1", x=frame["x"] + WEST, y=frame["y"] + SOUTH)


AS_PLANNED = (
    (500, 0),
    5,
    (1000, 0),
    (1000, 500),
    5,
    (1000, 1000),
    (500, 1000),
    5,
    (0, 1000),
    (0, 500),
    5,
    (0, 0),
)


def compared(plan, roads, track=None, check_ins=None, **params):
    found = compare_patrol(
        plan, positions=track, check_ins=check_ins, networks={"ebike": roads}, params=ActualParams(**params)
    )
    return found, dict(zip(found.stops["stop_id"], found.stops["status"], strict=True))


def codes(found):
    return {note.code: dict(note.facts) for note in found.notes}


def test_a_round_as_planned_has_nothing_to_be_told_of(plan, roads):
    found, status = compared(plan, roads, gone(*AS_PLANNED))
    team = found.teams.loc["T1"]
    assert set(status.values()) == {"visited"}
    assert (team["visited"], team["late"], team["extra"], team["gaps"], team["detours"]) == (4, 0, 0, 0, 0)
    assert team["driven_m"] == pytest.approx(4000, abs=60)
    assert team["covered_m"] / team["road_m"] == pytest.approx(1, abs=0.01)
    assert found.villages.loc["V1", "visited"] == 2
    assert found.notes == ()


def through_gpx(track, file):
    """The same track as a device writes it: in UTC, in WGS84."""
    document = gpxpy.gpx.GPX()
    document.tracks.append(gpxpy.gpx.GPXTrack())
    document.tracks[0].segments.append(gpxpy.gpx.GPXTrackSegment())
    back = Transformer.from_crs(CRS, 4326, always_xy=True)
    for row in track.itertuples():
        lon, lat = back.transform(row.x, row.y)
        moment = dt.datetime(2026, 11, 2, 16, tzinfo=dt.UTC) + dt.timedelta(milliseconds=int(row.at_ms))
        document.tracks[0].segments[0].points.append(gpxpy.gpx.GPXTrackPoint(lat, lon, time=moment))
    file.write_text(document.to_xml())
    rows = read_track_file(file, date=dt.date(2026, 11, 3)).rows
    x, y = Transformer.from_crs(4326, CRS, always_xy=True).transform(rows["lon"], rows["lat"])
    return rows.assign(team_id="T1", x=x, y=y)


def test_gaps_detours_and_missed_stops_are_told_as_they_are_known(plan, roads, tmp_path):
    track = gone(
        (500, 0), 1,  # a: one minute of five
        (1000, 0), (1500, 0), 7, (1500, 500), (1000, 500), 5,  # b by way of x = 1500, 7 minutes there
        (1000, 1000), (550, 1000), "silent", (500, 1000), 5, (450, 1000), "heard",  # c lies in a gap
        (0, 1000), (0, 620), (0, 1000),  # d: turns back 120 m before it
    )  # fmt: skip
    found, status = compared(plan, roads, through_gpx(track, tmp_path / "T1.gpx"))
    assert status == {"a": "short", "b": "visited", "c": "no_record", "d": "missed"}
    team, b = found.teams.loc["T1"], found.stops.set_index("stop_id").loc["b"]
    # b: 2.5 + 1 + 5 + 7 + 5 minutes after the start, less the last 60 m; 12.5 were planned
    assert (b["arrive_ms"] - START) / MIN == pytest.approx(20.5 - 0.3, abs=0.2)
    assert b["late_ms"] == b["arrive_ms"] - b["begin_ms"]
    assert (team["late"], team["extra"], team["gaps"], team["detours"]) == (0, 1, 1, 1)
    stay = found.extras[["begin_ms", "stay_ms"]].to_numpy(dtype=float)[0] / MIN
    assert stay == pytest.approx([START / MIN + 8.5, 7], abs=0.7)
    assert team["gap_ms"] / MIN == pytest.approx(5.5, abs=0.4)
    detour = found.detours.iloc[0]
    assert detour["m"] == pytest.approx(1500, abs=30)
    assert detour["x"] - WEST > 1000
    # Of the 4 km were not gone: 500 m at the detour, 100 m in the gap, 620 m at the end.
    assert team["covered_m"] / team["road_m"] == pytest.approx(1 - 1220 / 4000, abs=0.02)
    assert team["driven_m"] == pytest.approx(1000 + 1500 + 950 + 450 + 760, abs=60)
    assert found.villages.loc["V2", ["no_record", "missed"]].tolist() == [1, 1]


def test_late_is_told_in_minutes_and_only_beyond_what_is_allowed(plan, roads):
    track = gone(15, *AS_PLANNED)
    found, _ = compared(plan, roads, track)
    assert found.teams.loc["T1", "late"] == 4
    assert found.stops["late_ms"].to_numpy() / MIN == pytest.approx([15] * 4, abs=0.8)
    assert compared(plan, roads, track, late_ms=20 * MIN)[0].teams.loc["T1", "late"] == 0


def test_a_team_without_a_track_has_no_record_and_no_absence(plan, roads):
    found, status = compared(plan, roads)
    assert set(status.values()) == {"no_record"}
    assert codes(found)["teams_without_record"] == {"count": 1, "teams": ["T1"]}
    assert not found.teams.loc["T1", "recorded"]


def test_check_ins_tell_when_and_a_stop_without_one_was_missed(plan, roads):
    signs = pd.DataFrame(
        {"team_id": "T1", "stop_id": ["a", "b", "z"], "at_ms": START + np.array([3, 30, 31]) * MIN}
    )
    found, status = compared(plan, roads, check_ins=signs)
    assert status == {"a": "visited", "b": "visited", "c": "missed", "d": "missed"}
    assert found.teams.loc["T1", ["visited", "missed", "late", "extra"]].tolist() == [2, 2, 1, 1]
    both, status = compared(plan, roads, gone((500, 0), (1000, 0)), signs)
    assert status["b"] == "visited"


def test_bad_tracks_are_mended_and_told_of(plan, roads):
    good = gone(*AS_PLANNED)
    rows = pd.concat([good.iloc[100:], good.iloc[:100], good.iloc[[5, 5]]], ignore_index=True)
    rows.loc[40, "x"] += 3_000
    rows.loc[len(rows)] = {"at_ms": START + 48 * 60 * MIN, "x": WEST, "y": SOUTH, "team_id": "T1"}
    rows.loc[len(rows)] = {"at_ms": START + MIN + 1, "x": WEST + 90_000, "y": SOUTH, "team_id": "T1"}
    found, status = compared(plan, roads, rows)
    assert set(status.values()) == {"visited"}
    told = codes(found)
    assert told["track_wrong_day"] == {"team": "T1", "count": 1, "dates": ["2026-11-05"]}
    assert told["track_far"]["count"] == 1
    assert told["track_jumps"]["count"] == 1
    assert told["track_repeated"]["count"] == 2
    assert told["track_out_of_order"]["count"] >= 1


def test_a_clock_of_another_zone_is_told_of_and_not_put_right(plan, roads):
    track = gone(*AS_PLANNED, start=START - 8 * 60 * MIN)
    found, status = compared(plan, roads, track)
    assert codes(found)["track_hours_off"] == {"team": "T1", "hours": 8}
    assert "visited" not in status.values()


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_coordinates_of_a_map_service_are_noticed(plan, roads, system):
    track = gone(*AS_PLANNED)
    lon, lat = Transformer.from_crs(CRS, 4326, always_xy=True).transform(
        track["x"].to_numpy(), track["y"].to_numpy()
    )
    assert shifted_system(lon, lat, roads) is None
    found = shifted_system(*from_wgs84(lon, lat, system=system), roads)
    assert (found.code, found.facts["system"]) == ("track_shifted", system)
    assert found.facts["off_m"] > 100


def test_a_stop_that_another_team_visited_says_so(plan, roads):
    teams = pd.concat([plan.teams, plan.teams.rename(index={"T1": "T2"})])
    two = PlannedPatrol(date=plan.date, teams=teams, stops=plan.stops, ways=plan.ways)
    tracks = pd.concat([gone((500, 0), 5, (500, 1), 30), gone(*AS_PLANNED).assign(team_id="T2")])
    found, status = compared(two, roads, tracks)
    assert status == {"a": "visited", "b": "by_other", "c": "by_other", "d": "by_other"}
    assert set(found.stops.loc[found.stops["status"] == "by_other", "by"]) == {"T2"}


def test_a_stop_that_is_planned_twice_needs_two_stays(plan, roads):
    again = plan.stops.iloc[[0]].assign(
        stop_id="a#2", number=5, begin_ms=START + 35 * MIN, leave_ms=START + 40 * MIN
    )
    two = PlannedPatrol(
        date=plan.date, teams=plan.teams, stops=pd.concat([plan.stops, again]), ways=plan.ways
    )
    assert compared(two, roads, gone(*AS_PLANNED))[1]["a#2"] == "passed"
    assert compared(two, roads, gone(*AS_PLANNED, (500, 0), 5))[1]["a#2"] == "visited"


def test_wrong_settings_are_refused():
    for wrong in ({"radius_m": 0}, {"dwell_share": 2}, {"late_ms": -1}, {"gap_ms": 0}):
        with pytest.raises(SettingError, match="setting_wrong"):
            ActualParams(**wrong)
