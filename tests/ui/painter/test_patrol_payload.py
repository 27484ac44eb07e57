"""A day of patrols as the map gets it: whole numbers that lie where the places and roads are."""

import json

import numpy as np
import pytest

from data.workspace import Workspace
from geo.crs import to_lonlat
from ui.names import PlaceNames
from ui.painter.patrol_geometry import GROUND_TABLES, patrol_geometry
from ui.painter.patrol_payload import day_frame, route_rows
from ui.words import words


@pytest.fixture
def frame(squad_day):
    day, path = squad_day
    names = PlaceNames.of({"stations": Workspace.open(path).read("stations")})
    return day_frame(day.problem, day.places, names=names, t=words("zh"))


def decoded(way, scale):
    return np.cumsum(np.array(way).reshape(-1, 2), axis=0) / scale


def test_teams_and_stops_lie_where_their_places_are(frame, squad_day):
    day, _ = squad_day
    degrees = to_lonlat(day.places)
    for team, start in zip(frame["teams"], day.problem.teams["start"], strict=True):
        point = degrees[start]
        assert np.array(team["at"]) / frame["scale"] == pytest.approx([point.x, point.y], abs=1e-5)
    assert [stop["id"] for stop in frame["stops"]] == list(day.problem.stops.index)
    assert frame["teams"][0]["station"] == "中心派出所"
    assert frame["stops"][1]["windows"] == [[19 * 3600, 20 * 3600]]
    assert (frame["stops"][1]["rank"], frame["stops"][2]["rank"]) == ("必巡", "应巡")


def test_circles_hold_the_teams_that_may_take_a_stop(frame, squad_day):
    allowed = squad_day[0].problem.allowed
    for at, stop in enumerate(frame["stops"]):
        assert frame["circles"][stop["circle"]] == np.flatnonzero(allowed[:, at]).tolist()


def test_a_route_has_a_way_for_each_visit_and_one_home_and_they_hang_together(frame, squad_day, squad_plan):
    rows = route_rows(squad_day[0].problem, squad_plan.routes)
    assert len(rows) == 3
    for row in rows:
        assert len(row["ways"]) == len(row["visits"]) + 1
        lines = [decoded(way, frame["scale"]) for way in row["ways"]]
        home = np.array(frame["teams"][row["team"]]["at"]) / frame["scale"]
        assert lines[0][0] == pytest.approx(home, abs=2e-5)
        for line, following, visit in zip(lines, lines[1:], row["visits"], strict=False):
            stop = np.array(frame["stops"][visit[0]]["at"]) / frame["scale"]
            assert line[-1] == pytest.approx(stop, abs=2e-5)
            assert following[0] == pytest.approx(stop, abs=2e-5)
        assert lines[-1][-1] == pytest.approx(home, abs=2e-5)


def test_times_of_a_route_are_seconds_in_order(squad_day, squad_plan):
    for row, route in zip(
        route_rows(squad_day[0].problem, squad_plan.routes), squad_plan.routes, strict=True
    ):
        times = [row["start"], *(time for visit in row["visits"] for time in visit[3:]), row["end"]]
        assert times == sorted(times)
        assert row["end"] == round(route.end_ms / 1000)


def test_the_ground_needs_no_grids(squad_day):
    tables = Workspace.open(squad_day[1]).read_all(GROUND_TABLES)
    names = PlaceNames.of(tables)
    whole = patrol_geometry(tables, names)
    assert len(whole["grids"]["ids"]) == 12  # villages
    roads_alone = patrol_geometry({"roads": tables["roads"]}, names)
    assert roads_alone["grids"]["ids"] == []
    west, south, east, north = roads_alone["extent"]
    assert west < east
    assert south < north
    assert roads_alone["base"]["roads"]
    assert patrol_geometry({}, names)["extent"] == []
    json.dumps([whole, roads_alone])
