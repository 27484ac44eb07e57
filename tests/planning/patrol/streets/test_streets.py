"""Streets as problems, plans of several teams, the checker, and legs as people go them."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point, box

from geo.errors import SettingError
from geo.road_cutting import cut_at_border
from geo.road_graph import road_graph
from geo.road_network import RoadNetwork
from geo.speeds import Speeds
from planning.patrol.params import HOURS, Limits
from planning.patrol.streets.checking import plan_faults
from planning.patrol.streets.legs import street_legs
from planning.patrol.streets.plan import PASSING, Step, StreetParams
from planning.patrol.streets.problem import street_problem
from planning.patrol.streets.solving import plan_streets

CRS = "EPSG:4549"
# On foot 3.6 km/h: 1 m takes 1,000 ms. By car 10 m a second.
SPEEDS = (
    Speeds(access_kmh=3.6)
    .replaced("walk", "day", {"residential": 3.6, "path": 3.6})
    .replaced("car", "day", {"residential": 36.0})
)
HOUR = 3_600_000
#  (0,100) --3-- (100,100)
#     |4            |2
#  (0,0) ---1--- (100,0) ---5--- (200,0): a dead end
BLOCK = {
    "1": [(0, 0), (100, 0)],
    "2": [(100, 0), (100, 100)],
    "3": [(100, 100), (0, 100)],
    "4": [(0, 100), (0, 0)],
    "5": [(100, 0), (200, 0)],
}


def layout_of(lines, **columns):
    frame = gpd.GeoDataFrame(
        {"road_id": [*lines], "class": "residential"},
        geometry=[LineString(line) for line in lines.values()],
        crs=CRS,
    )
    return RoadNetwork.from_graph(
        road_graph(frame.assign(**columns), crossings=False), travel_mode="walk", speeds=SPEEDS
    ).layout


def teams(count=1, *, at=(0, 0), hours=10.0):
    frame = {"name": [str(k) for k in range(count)], "shift_start_ms": 0, "shift_end_ms": int(hours * HOUR)}
    return gpd.GeoDataFrame(
        frame, index=[f"t{k}" for k in range(count)], geometry=[Point(at)] * count, crs=CRS
    )


def problem_of(
    lines=BLOCK, *, mode="walk", sides="once", count=1, hours=10.0, closed=(), kmh=None, **columns
):
    layout = layout_of(lines, **columns)
    network = RoadNetwork(layout=layout, travel_mode=mode, speeds=SPEEDS, closed=frozenset(closed))
    wanted = np.ones(len(layout.start), dtype=bool)
    return street_problem(network, wanted, teams(count, hours=hours), sides=sides, patrol_kmh=kmh)


def planned(problem, **params):
    return plan_streets(problem, params=StreetParams(**params), limits=Limits(seconds=5, effort=60), seed=1)


def codes(problem, plan):
    return {fault.code for fault in plan_faults(problem, plan)}


def test_a_block_with_a_dead_end_is_gone_once_round_and_into_the_dead_end():
    plan = planned(problem_of())
    assert plan.exact
    assert plan.value_ms == pytest.approx(600_000, abs=5)  # 4 sides and 100 m twice
    assert plan.routes[0].passing_ms == pytest.approx(100_000, abs=5)


def test_both_sides_are_every_street_twice():
    problem = problem_of(sides="both")
    plan = planned(problem)
    assert plan.exact
    assert len(problem.tasks) == 10
    assert plan.value_ms == pytest.approx(1_000_000, abs=5)


def test_one_way_streets_bind_cars_and_not_people_on_foot():
    oneway = [1, 1, 1, 1, 0]
    car, walk = (problem_of(mode=mode, sides="both", oneway=oneway) for mode in ("car", "walk"))
    assert (len(car.tasks), len(walk.tasks)) == (6, 10)
    plan = planned(car)
    count = len(car.network.layout.start)
    against = [s.arc for s in plan.routes[0].steps if count <= s.arc < 2 * count and oneway[s.arc % count]]
    assert plan.feasible
    assert against == []


def test_looking_about_takes_the_time_that_is_asked():
    plan = planned(problem_of(kmh=1.8))
    assert plan.value_ms == pytest.approx(2 * 500_000 + 100_000, abs=5)


def test_streets_that_nobody_can_cover_are_told_with_the_reason():
    lines = {**BLOCK, "6": [(500, 0), (600, 0)], "7": [(0, 0), (-50, 0)]}
    problem = problem_of(lines, mode="car", closed=["5"], **{"class": [*["residential"] * 6, "path"]})
    assert dict(zip(problem.left["road_id"], problem.left["code"], strict=True)) == {
        "5": "closed",
        "6": "cut_off",
        "7": "not_for_mode",
    }
    assert planned(problem).feasible


def test_several_teams_share_evenly_and_a_cap_is_kept():
    problem = problem_of(count=2, sides="both")
    plan = planned(problem)
    durations = [route.duration_ms for route in plan.routes]
    assert plan.feasible
    assert max(durations) < 0.75 * sum(durations)
    assert plan.bound_ms <= plan.value_ms
    alone = planned(problem, objective=HOURS)
    assert (len(alone.routes), alone.exact) == (1, True)
    capped = planned(problem, objective=HOURS, cap_ms=800_000)
    assert capped.feasible
    assert max(route.duration_ms for route in capped.routes) <= 800_000


def test_what_does_not_fit_into_the_shift_is_left_and_told():
    problem = problem_of(hours=0.1)
    plan = planned(problem)
    assert not plan.feasible
    assert plan.uncovered
    assert plan.faults == ()
    assert all(route.duration_ms <= 0.1 * HOUR for route in plan.routes)


def with_steps(plan, steps):
    return replace(plan, routes=(replace(plan.routes[0], steps=tuple(steps)),))


def test_the_checker_finds_each_fault_that_is_planted():
    problem = problem_of(mode="car", oneway=[1, 0, 0, 0, 0])
    plan = planned(problem)
    steps = [*plan.routes[0].steps]
    assert codes(problem, plan) == set()
    assert "street_jump" in codes(problem, with_steps(plan, [steps[0], *steps[2:]]))
    assert "street_not_home" in codes(problem, with_steps(plan, steps[:-1]))
    covering = next(i for i, step in enumerate(steps) if step.task != PASSING)
    assert "street_forgotten" in codes(
        problem,
        with_steps(plan, [replace(s, task=PASSING) if i == covering else s for i, s in enumerate(steps)]),
    )
    later = [replace(step, ms=step.ms + 7) if i == 2 else step for i, step in enumerate(steps)]
    assert codes(problem, with_steps(plan, later)) == {"street_time_mistaken"}
    against = Step(arc=len(problem.network.layout.start), task=PASSING, ms=10_000)  # the one-way, backwards
    assert "street_not_open" in codes(problem, with_steps(plan, [*steps, against]))
    wrong = next(i for i, s in enumerate(steps) if s.task not in (PASSING, 0))
    swapped = [replace(s, task=0) if i == wrong else s for i, s in enumerate(steps)]
    assert {"street_wrong_way", "street_covered_twice"} <= codes(problem, with_steps(plan, swapped))
    assert "shift_over" in codes(replace(problem, teams=problem.teams.assign(shift_end_ms=1_000)), plan)
    assert "cap_over" in codes(problem, replace(plan, cap_ms=1_000))


def test_legs_follow_one_another_and_add_up_to_the_round():
    problem = problem_of(sides="both")
    plan = planned(problem)
    legs = street_legs(problem, plan, {"1": "甲路", "5": "甲路"})
    assert legs["ms"].sum() == plan.routes[0].duration_ms
    assert (legs["begin_ms"].diff().iloc[1:] == legs["ms"].iloc[:-1].to_numpy()).all()
    ends = [line.coords[-1] for line in legs.geometry[:-1]], [line.coords[0] for line in legs.geometry[1:]]
    assert ends[0] == ends[1]
    assert legs.geometry.iloc[0].coords[0] == legs.geometry.iloc[-1].coords[-1] == (0, 0)
    assert legs.loc[legs["covers"], "m"].sum() == 1000
    # 200 m of one name in one go, and back where it ends
    assert 200 in legs.loc[legs["name"] == "甲路", "m"].tolist()
    assert "back" in legs["turn"].tolist()


def test_roads_are_cut_where_they_leave_the_area():
    layout = layout_of(
        {"long": [(0, 0), (1000, 0)], "near": [(0, 50), (110, 50)], "out": [(0, 900), (9, 900)]}
    )
    cut, inside = cut_at_border(layout, box(-10, -10, 100, 100), least_m=30)
    lengths = {(str(road), bool(i)): m for road, i, m in zip(cut.road_id, inside, cut.length_m, strict=True)}
    assert lengths == {("near", True): 110, ("out", False): 9, ("long", True): 100, ("long", False): 900}
    assert cut.length_m.sum() == layout.length_m.sum()
    graph_ends = set(zip(cut.start.tolist(), cut.end.tolist(), strict=True))
    assert len(graph_ends) == 4


def test_wrong_settings_are_refused():
    with pytest.raises(SettingError, match="sides"):
        problem_of(sides="left")
    with pytest.raises(SettingError, match="patrol_kmh"):
        problem_of(kmh=-1)
    with pytest.raises(SettingError, match="objective"):
        StreetParams(objective="teams")
    layout = layout_of(BLOCK)
    network = RoadNetwork(layout=layout, travel_mode="walk", speeds=SPEEDS)
    everything = np.ones(len(layout.start), dtype=bool)
    with pytest.raises(SettingError, match="street_team_off_roads"):
        street_problem(network, everything, teams(at=(0, 5_000)))
    with pytest.raises(SettingError, match="streets_without_teams"):
        street_problem(network, everything, teams(0))
