"""Roads closed on a day: found by a click, kept with the district, held against a plan."""

import datetime as dt

import geopandas as gpd
import pytest
from shapely.geometry import Point

from data.workspace import Workspace
from geo.crs import LONLAT
from ui.closed_roads import ClosedRoads
from ui.names import PlaceNames
from ui.patrol_names import day_names
from ui.words import words

DAY = dt.date(2026, 12, 1)
T = words("zh")


@pytest.fixture
def workspace(tmp_path, make_patrols):
    return Workspace.open(make_patrols(tmp_path / "封路.gpkg"))


@pytest.fixture
def roads(workspace):
    return closing(workspace)


def closing(workspace, date=DAY):
    return ClosedRoads(workspace, workspace.read("roads").set_index("road_id"), date=date)


def lonlat(workspace, x, y):
    point = gpd.GeoSeries([Point(540_000 + 500 * x, 3_310_000 + 500 * y)], crs=workspace.crs).to_crs(LONLAT)[
        0
    ]
    return point.x, point.y


def test_a_click_finds_the_nearest_road_within_reach(workspace, roads):
    # R1 runs along y = 1.
    assert roads.near(*lonlat(workspace, 2.5, 1.02), 30.0) == "R1"
    assert roads.near(*lonlat(workspace, 2.5, 1.4), 30.0) is None


def test_a_road_is_closed_from_the_day_on_until_it_is_opened(workspace, roads):
    roads.put("R1", closed=True)
    assert roads.is_closed("R1")
    assert closing(workspace).is_closed("R1")
    assert closing(workspace, DAY + dt.timedelta(days=9)).is_closed("R1")
    assert not closing(workspace, DAY - dt.timedelta(days=1)).is_closed("R1")
    assert workspace.stamp in roads.stamps
    roads.put("R1", closed=False)
    assert workspace.read("closed_roads").empty


def test_a_closure_that_is_over_is_renewed(workspace, roads):
    from data.editing import Changes, edit_rows

    over = {"road_id": "R1", "closed_from": "2026-01-01", "closed_to": "2026-01-31"}
    edit_rows(workspace, "closed_roads", Changes(added=(over,)), stamp=workspace.stamp)
    roads = closing(workspace)
    assert not roads.is_closed("R1")
    roads.put("R1", closed=True)
    assert roads.is_closed("R1")
    assert len(workspace.read("closed_roads")) == 1


def test_the_browser_gets_name_and_way_of_each(roads):
    assert roads.told(T) == []
    roads.put("R1", closed=True)
    (road,) = roads.told(T)
    assert road["id"] == "R1"
    assert "R1" in road["name"]
    assert len(road["way"]) >= 4


def test_a_plan_whose_way_is_closed_is_stale_and_names_the_teams(roads, squad_day, squad_plan):
    problem = squad_day[0].problem
    names = day_names(problem, PlaceNames({}))
    assert roads.stale(problem, squad_plan, T, names) == ""
    # Somebody goes along y = 1 or along x = 1 to the first stop.
    for road in ("R1", "R7"):
        roads.put(road, closed=True)
    said = roads.stale(problem, squad_plan, T, names)
    assert "一队" in said
    assert said.startswith("封闭了 2 段路")
    for road in ("R1", "R7"):
        roads.put(road, closed=False)
    assert roads.stale(problem, squad_plan, T, names) == ""


def test_a_road_off_all_routes_is_told_as_such(roads, squad_day, squad_plan):
    problem = squad_day[0].problem
    far = next(road for road in roads.roads.index if not roads_through(roads, road, squad_day, squad_plan))
    roads.put(far, closed=True)
    names = day_names(problem, PlaceNames({}))
    assert roads.stale(problem, squad_plan, T, names) == T("patrols.stale_closed_aside", count="1")


def roads_through(roads, road, squad_day, squad_plan):
    return roads._through(squad_day[0].problem, squad_plan, frozenset({road}))
