"""Who is on duty and what is due, from whatever tables there are; and who may serve what."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from geo.errors import SettingError
from geo.straight_times import straight_times
from planning.patrol.day_problem import day_places, day_problem, when_of
from planning.patrol.duty import DutySettings
from planning.patrol.on_duty import on_duty
from planning.patrol.solving import Limits, plan_day

CRS = "EPSG:4549"
MIN, HOUR = 60_000, 3_600_000
MONDAY = dt.date(2026, 11, 2)
DAILY = DutySettings.from_dict(
    {
        "levels": {
            "routine": {
                "visits_a_week": {force: {"village": 7, "checkpoint": 7} for force in ("village", "squad")}
            }
        }
    }
)


def district():
    """
    Four villages of 1 km in a row, two a station; posts in their middles.

        stations  s1 .......... | s2 ..........
        villages  v1     v2     | v3     v4
    """
    shapes = [box(1000 * i, 0, 1000 * i + 1000, 1000) for i in range(4)]
    villages = gpd.GeoDataFrame(
        {
            "village_id": ["v1", "v2", "v3", "v4"],
            "name": ["甲村", "乙村", "丙村", "丁村"],
            "station_id": ["s1", "s1", "s2", "s2"],
        },
        geometry=shapes,
        crs=CRS,
    )
    posts = gpd.GeoDataFrame(
        {"post_id": ["p1", "p2", "p3", "p4"], "kind": "workstation", "village_id": villages["village_id"]},
        geometry=[shape.centroid for shape in shapes],
        crs=CRS,
    )
    stations = pd.DataFrame({"station_id": ["s1", "s2"], "name": ["东所", "西所"]})
    return {"villages": villages, "posts": posts, "stations": stations}


def teams(**columns):
    count = len(columns["team_id"])
    return pd.DataFrame({"force": ["village"] * count, **columns})


def stops(points, **columns):
    frame = {"stop_id": [f"k{i + 1}" for i in range(len(points))], "kind": "checkpoint", **columns}
    return gpd.GeoDataFrame(frame, geometry=[Point(xy) if xy else None for xy in points], crs=CRS)


def duty(tables, **asked):
    return on_duty(tables, **{"date": MONDAY, "settings": DAILY, **asked})


def codes(on):
    return [reason.code for reason in on.left_out]


def problem_of(on, **asked):
    places = day_places(on, crs=CRS)
    travel = {mode: straight_times(places, kmh=20) for mode in set(on.teams["travel_mode"])}
    return day_problem(on, travel, **asked)


def test_villages_and_posts_alone_give_teams_stops_and_a_plan():
    on = duty({name: district()[name] for name in ("villages", "posts")})
    assert on.teams["village_id"].tolist() == ["v1", "v2", "v3", "v4"]
    assert on.stops["name"].tolist() == ["甲村", "乙村", "丙村", "丁村"]
    assert [point.coords[0] for point in on.stops["point"]] == [
        (500, 500),
        (1500, 500),
        (2500, 500),
        (3500, 500),
    ]
    assert codes(on) == ["teams_assumed", "stops_assumed"]
    plan = plan_day(problem_of(on), limits=Limits(effort=50))
    assert plan.feasible
    assert len(plan.routes) == 4


def test_a_village_without_a_post_is_visited_inside_its_borders():
    on = duty({"villages": district()["villages"]})
    assert all(
        shape.contains(point)
        for shape, point in zip(district()["villages"].geometry, on.stops["point"], strict=True)
    )


def test_squads_of_stations_are_taken_for_granted_where_none_are_listed():
    on = duty(district(), force="squad")
    assert on.teams["name"].tolist() == ["东所", "西所"]
    assert on.teams["travel_mode"].tolist() == ["car", "car"]
    # No stop, no facility: the villages.
    assert on.stops["village_id"].tolist() == ["v1", "v2", "v3", "v4"]
    assert codes(on) == ["teams_assumed", "stops_assumed"]


def test_facilities_are_what_squads_visit_where_no_stop_is_stated():
    facilities = gpd.GeoDataFrame(
        {
            "facility_id": ["f1", "f2", "f3"],
            "name": ["小学", "医院", "调解室"],
            "kind": ["primary_school", "hospital", "mediation_room"],
        },
        geometry=[Point(100, 100), Point(2100, 100), Point(0, 0)],
        crs=CRS,
    )
    on = duty({**district(), "facilities": facilities}, force="squad", duty="second")
    assert on.stops["name"].tolist() == ["小学 (1)", "小学 (2)", "医院"]
    assert on.stops["station_id"].tolist() == ["s1", "s1", "s2"]
    assert [len(windows) for windows in on.stops["windows"]] == [1, 1, 0]


def test_the_two_forces_are_never_mixed():
    tables = district()
    tables["teams"] = teams(
        team_id=["t1", "t2"], force=["village", "squad"], village_id=["v1", None], station_id=["s1", "s1"]
    )
    tables["stops"] = stops(
        [(500, 500), (600, 500), (700, 500)], force=["village", "squad", None], priority=1
    )
    village, squad = duty(tables), duty(tables, force="squad")
    assert village.teams.index.tolist() == ["t1"]
    assert squad.teams.index.tolist() == ["t2"]
    assert [stop for stop in village.stops.index if stop.startswith("k")] == ["k1", "k3"]
    assert squad.stops.index.tolist() == ["k2", "k3"]


def test_what_teams_do_not_say_is_taken_for_granted_and_told():
    tables = district()
    tables["teams"] = teams(
        team_id=["t1", "t2", "t3", "t4"],
        village_id=["v1", "v2", "v9", None],
        post_id=["p1", None, "p3", None],
        shift_start=["18:00", None, "22:00", "19:00"],
        shift_end=["21:00", "21:00", "02:00", "21:00"],
        travel_mode=["walk", None, None, None],
        skills=["急救、搜爆", None, None, None],
    )
    on = duty(tables)
    assert on.teams.index.tolist() == ["t1", "t2", "t3"]
    assert on.teams["travel_mode"].tolist() == ["walk", "ebike", "ebike"]
    assert on.teams["shift_start_ms"].tolist() == [18 * HOUR, 19 * HOUR, 22 * HOUR]
    assert on.teams["shift_end_ms"].tolist() == [21 * HOUR, 21.5 * HOUR, 26 * HOUR]
    assert on.teams["skills"].tolist() == [("急救", "搜爆"), (), ()]
    assert on.teams["station_id"].tolist() == ["s1", "s1", ""]
    assert set(codes(on)) >= {
        "teams_village_unknown",
        "travel_mode_assumed",
        "shift_assumed",
        "teams_without_place",
    }


def test_stops_find_their_village_and_station_by_where_they_lie():
    tables = district()
    tables["stops"] = stops(
        [(2600, 100), None, None], village_id=[None, "v2", "v9"], name=["桥头", None, "别处"]
    )
    on = duty(tables, force="squad")
    assert on.stops["village_id"].tolist() == ["v3", "v2"]
    assert on.stops["station_id"].tolist() == ["s2", "s1"]
    assert on.stops["name"].tolist() == ["桥头", "k2"]
    assert on.stops.at["k2", "point"].coords[0] == (1500, 500)
    assert "stops_village_unknown" in codes(on)
    assert "stops_without_place" in codes(on)


def test_dwell_windows_priority_and_skill_are_the_stops_own_or_the_usual():
    tables = district()
    tables["stops"] = stops(
        [(100, 100), (200, 100)],
        dwell_min=[25.0, None],
        windows=["20:00-22:00;01:00-02:00", None],
        priority=pd.array([3, None], dtype="Int64"),
        skill=["急救", None],
    )
    tables["teams"] = teams(
        team_id=["t1"], force=["squad"], station_id=["s1"], shift_start=["19:00"], shift_end=["07:00"]
    )
    on = duty(tables, force="squad")
    assert on.stops["dwell_ms"].tolist() == [25 * MIN, 10 * MIN]
    # The small hours once more, for the shift that goes on past midnight; each 25 minutes shorter.
    assert on.stops["windows"].iloc[0] == (
        (1 * HOUR, 2 * HOUR - 25 * MIN),
        (20 * HOUR, 22 * HOUR - 25 * MIN),
        (25 * HOUR, 26 * HOUR - 25 * MIN),
    )
    assert on.stops["priority"].tolist() == [3, 1]
    assert on.stops["skill"].tolist() == ["急救", ""]


def test_two_stops_alike_are_both_visited_and_told_of():
    tables = district()
    tables["stops"] = stops([(100, 100)] * 3, name=["桥头", "桥头", "桥尾"])
    on = duty(tables, force="squad")
    assert len(on.stops) == 3
    (told,) = [reason for reason in on.left_out if reason.code == "stops_alike"]
    assert told.facts == {"count": 1, "names": ["桥头"]}


def test_windows_of_the_day_and_of_schools_are_not_there_once_more_after_midnight():
    """Out from 7:00 until 8:00 on the next day: only what opens before seven was missed on the day itself."""
    tables = district()
    tables["stops"] = stops(
        [(100, 100)] * 3,
        kind=["checkpoint", "checkpoint", "school"],
        windows=["07:20-08:10", "06:30-07:30", "06:30-07:30"],
        dwell_min=[10.0, 10.0, 90.0],
    )
    tables["teams"] = teams(
        team_id=["t1", "t2"],
        force=["squad"] * 2,
        station_id=["s1"] * 2,
        shift_start=["07:00", "20:00"],
        shift_end=["20:00", "08:00"],
    )
    on = duty(tables, force="squad")
    minutes = [[(a // MIN, b // MIN) for a, b in windows] for windows in on.stops["windows"]]
    # The school's visit is longer than its window: it begins as that opens.
    assert minutes == [[(440, 480)], [(390, 440), (1830, 1880)], [(390, 390)]]


def test_a_higher_level_lengthens_shifts_and_shortens_visits():
    calm, alarmed = duty(district()), duty(district(), duty="first")
    assert (alarmed.teams["shift_end_ms"] - calm.teams["shift_end_ms"]).unique().tolist() == [2 * HOUR]
    assert alarmed.stops["dwell_ms"].unique().tolist() == [12 * MIN]
    assert (alarmed.stops["visit"] == 2).sum() == 4


def test_squads_rest_in_turn_and_no_station_is_left_without():
    tables = district()
    ids = [f"t{i}" for i in range(11)]
    tables["teams"] = teams(team_id=ids, force=["squad"] * 11, station_id=["s1"] * 10 + ["s2"])
    on = [duty(tables, force="squad", date=MONDAY + dt.timedelta(days=day)) for day in range(10)]
    assert [one.teams.groupby("station_id").size().to_dict() for one in on] == [{"s1": 7, "s2": 1}] * 10
    turns = pd.Series([team for one in on for team in one.teams.index]).value_counts()
    assert turns.drop("t10").unique().tolist() == [7]


def test_villages_that_are_no_more_are_not_visited():
    tables = district()
    tables["villages"] = tables["villages"].assign(valid_to=[None, "2026-10-31", None, None])
    assert duty(tables).stops["name"].tolist() == ["甲村", "丙村", "丁村"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"force": "army"}, "force_unknown"),
        ({"duty": "fifth"}, "duty_unknown"),
        ({"date": dt.date(2150, 1, 1)}, "holidays_unknown"),
    ],
)
def test_what_there_is_not_is_refused(asked, code):
    with pytest.raises(SettingError, match=code):
        duty(district(), **asked)


def test_a_district_without_villages_teams_and_stops_is_told_what_it_needs():
    with pytest.raises(SettingError, match="patrol_needs_villages"):
        duty({})


def test_empty_tables_are_as_good_as_none():
    tables = district()
    bare = duty(tables)
    tables |= {"stops": stops([]), "teams": teams(team_id=[])}
    assert duty(tables).stops.equals(bare.stops)
    assert codes(duty(tables)) == codes(bare)


def test_stops_without_teams_and_teams_without_stops_are_problems_too():
    tables = {"stops": stops([(100, 100), (200, 100)])}
    nobody = problem_of(duty(tables), mode="joint")
    assert nobody.allowed.shape == (0, 2)
    assert not plan_day(nobody, limits=Limits(effort=10)).feasible
    point = gpd.GeoDataFrame(teams(team_id=["t1"], force=["squad"]), geometry=[Point(0, 0)], crs=CRS)
    idle = problem_of(duty({"teams": point}, force="squad"), mode="joint")
    assert idle.allowed.shape == (0, 0)
    assert plan_day(idle, limits=Limits(effort=10)).routes == ()


def test_the_tables_are_left_as_they_are():
    tables = {**district(), "stops": stops([(100, 100)], name=["甲"])}
    before = {name: frame.copy() for name, frame in tables.items()}
    duty(tables, force="squad")
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_own_teams_serve_their_village_and_nobody_elses():
    problem = problem_of(duty(district()), mode="own")
    assert np.array_equal(problem.allowed, np.eye(4, dtype=bool))


def test_joint_teams_serve_their_station_and_squads_the_whole_district():
    block = np.kron(np.eye(2, dtype=bool), np.ones((2, 2), dtype=bool))
    assert np.array_equal(problem_of(duty(district()), mode="joint").allowed, block)
    squads = duty(district(), force="squad")
    assert np.array_equal(problem_of(squads, mode="own").allowed, np.repeat(np.eye(2, dtype=bool), 2, axis=1))
    assert problem_of(squads, mode="joint").allowed.all()


def test_shared_villages_of_a_station_have_one_team_of_theirs():
    problem = problem_of(duty(district()), mode="shared")
    # 1 km apart, a quarter of an hour each: both villages of a station fit into one evening.
    assert len(problem.teams) == 2
    assert problem.teams["station_id"].tolist() == ["s1", "s2"]
    assert problem.allowed.tolist() == [[True, True, False, False], [False, False, True, True]]
    plan = plan_day(problem, limits=Limits(effort=50))
    assert plan.feasible
    assert len(plan.routes) == 2


def test_shared_groups_are_as_large_as_asked_or_as_the_cap_allows():
    alone = problem_of(duty(district()), mode="shared", most=1)
    assert np.array_equal(alone.allowed, np.eye(4, dtype=bool))
    capped = problem_of(duty(district()), mode="shared", cap_ms=20 * MIN)
    assert len(capped.teams) == 4


def test_a_village_without_a_team_is_led_by_its_neighbour():
    tables = district()
    tables["teams"] = teams(team_id=["t2", "t2b", "t4"], village_id=["v2", "v2", "v4"])
    problem = problem_of(duty(tables), mode="shared")
    assert problem.teams.index.tolist() == ["t2", "t4"]
    assert problem.allowed.all(axis=0).tolist() == [False] * 4
    assert problem.allowed.any(axis=0).all()


def test_shared_squads_are_those_of_neighbouring_stations():
    assert problem_of(duty(district(), force="squad"), mode="shared").allowed.all()
    apart = problem_of(duty(district(), force="squad"), mode="shared", most=1)
    assert np.array_equal(apart.allowed, np.repeat(np.eye(2, dtype=bool), 2, axis=1))


def test_areas_may_be_given():
    areas = pd.Series({"v1": "a", "v4": "a", "v2": "b"})
    problem = problem_of(duty(district()), mode="joint", groups=areas)
    assert problem.teams["village_id"].tolist() == ["v1", "v2", "v4"]
    assert problem.allowed.tolist() == [
        [True, False, False, True],
        [False, True, False, False],
        [True, False, False, True],
    ]
    assert "stops_without_team" in [reason.code for reason in problem.left_out]


def test_a_district_without_stations_is_one_area():
    tables = {"villages": district()["villages"].drop(columns="station_id")}
    assert problem_of(duty(tables), mode="joint").allowed.all()


def test_fewer_teams_are_shared_out_by_the_stops():
    tables = district()
    tables["stops"] = stops([(2100, 100), (2200, 100), (2300, 100), (2400, 100)])
    problem = problem_of(duty(tables), mode="joint", teams_at_most=2)
    # Two stops in s1, six in s2: Webster gives one team each.
    assert problem.teams["station_id"].tolist() == ["s1", "s2"]
    assert "teams_not_asked_for" in [reason.code for reason in problem.left_out]
    with pytest.raises(SettingError, match="setting_wrong"):
        problem_of(duty(tables), mode="joint", teams_at_most=0)


def test_teams_and_stops_at_one_spot_share_its_place():
    problem = problem_of(duty(district()))
    assert problem.teams["start"].tolist() == problem.stops["place"].tolist()


def test_teams_and_stops_may_be_numbered_alike():
    tables = {"stops": stops([(3000, 100)]).assign(stop_id="1")}
    tables["teams"] = gpd.GeoDataFrame(teams(team_id=["1"]), geometry=[Point(0, 100)], crs=CRS)
    on = duty(tables)
    problem = problem_of(on, mode="joint")
    travel = problem.travel["ebike"]
    leg = travel.labels.get_indexer([problem.teams.at["1", "start"], problem.stops.at["1", "place"]])
    # 3 km × 1.35 at 20 km/h.
    assert travel.ms[leg[0], leg[1]] == 729_000


def test_night_speeds_hold_where_every_shift_is_at_night():
    assert when_of(duty(district())) == "night"
    assert when_of(duty(district(), force="squad")) == "day"


def test_an_unknown_mode_is_refused():
    with pytest.raises(SettingError, match="patrol_mode_unknown"):
        problem_of(duty(district()), mode="mixed")
