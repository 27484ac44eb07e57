"""Backup while patrolling: by hand on one road, and as a search from every spot of every minute finds it."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geo.errors import SettingError
from geo.road_graph import road_graph
from geo.road_network import UNREACHABLE, RoadNetwork
from geo.speeds import Speeds
from geo.travel_times import TravelTimes, travel_times
from planning.patrol.backup import Backup, backup
from planning.patrol.whereabouts import POST, STOP, WAITING, WAY, route_legs, spells, whereabouts
from tests.planning.patrol.straight_days import HOUR, MINUTE, driven, points, problem

CRS = "EPSG:4549"
TEN = HOUR * 10
# 6 km/h is 100 m a minute.
SLOW = Speeds().replaced("car", "day", {"residential": 6.0}).replaced("walk", "day", {"residential": 3.0})


def network(*lines, travel_mode="car", **columns):
    roads = gpd.GeoDataFrame(
        {"road_id": [f"R{i}" for i in range(len(lines))], "class": "residential"},
        geometry=[LineString(line) for line in lines],
        crs=CRS,
    ).assign(**columns)
    return RoadNetwork.from_graph(road_graph(roads), travel_mode=travel_mode, speeds=SLOW)


def spots(**at):
    return gpd.GeoSeries({name: Point(xy) for name, xy in at.items()}, crs=CRS)


def day(roads, at, teams, stops, **facts):
    """A day from 10:00 to 11:00 on roads."""
    shift = {"shift_start_ms": TEN, "shift_end_ms": TEN + HOUR}
    teams = {name: {**shift, **row} for name, row in teams.items()}
    travel = {"car": travel_times(roads, at)}
    return problem(at, teams, stops, travel=travel, **facts)


@pytest.fixture
def street():
    """A team goes from 0 m to a stop at 1,000 m in ten minutes, stays for five and comes back."""
    found = day(
        network([(0, 0), (2000, 0)]),
        spots(base=(0, 0), far=(1000, 0)),
        {"T": {"start": "base"}},
        {"S": {"place": "far", "dwell_ms": 5 * MINUTE}},
    )
    return found, driven(found, {"T": ["S"]}, begin={"T": TEN + 5 * MINUTE})


VILLAGES = spots(west=(0, 0), middle=(500, 0), east=(1500, 0), nowhere=(0, 9000))


def test_spells_follow_one_another_from_the_shifts_beginning_to_its_end(street):
    (found,) = spells(*street).values()
    minutes = [(s.doing, (s.begin_ms - TEN) // MINUTE, (s.end_ms - TEN) // MINUTE) for s in found]
    assert minutes == [(POST, 0, 5), (WAY, 5, 15), (STOP, 15, 20), (WAY, 20, 30), (POST, 30, 60)]


def test_a_team_that_waits_for_a_window_stands_at_the_stop():
    at = points({"a": (0, 0), "b": (0, 1000)})
    window = ((21 * HOUR, 22 * HOUR),)
    found = problem(at, {"T": {"start": "a"}}, {"S": {"place": "b", "windows": window}}, ms_per_m=60)
    turns = spells(found, driven(found, {"T": ["S"]}))["T"]
    assert [turn.doing for turn in turns] == [WAY, WAITING, STOP, WAY, POST]
    assert turns[1].end_ms == 21 * HOUR


def test_a_round_may_end_elsewhere(street):
    found, plan = street
    found.teams["end"] = "far"
    assert [turn.destination for turn in spells(found, plan)["T"]][-2:] == ["far", "far"]
    assert route_legs(found, plan)["destination"].tolist() == ["far", "far"]


def test_whereabouts_are_on_the_way_at_the_time_that_has_passed(street):
    moments = np.arange(TEN, TEN + HOUR + 1, 5 * MINUTE)
    found = whereabouts(*street, moments)
    assert found["x"].round().tolist() == [0, 0, 500, 1000, 1000, 500, 0, 0, 0, 0, 0, 0, 0]
    assert found["doing"].tolist()[:6] == [POST, WAY, WAY, STOP, WAY, WAY]
    assert found["at_ms"].tolist() == moments.tolist()


def test_village_is_as_far_as_it_is_from_where_the_team_is(street):
    found = backup(*street, VILLAGES)
    by_minute = (found.times.set_axis((found.times.index - TEN) // MINUTE) / MINUTE).round(3)
    # At its post, half way out, at the stop, a quarter back, at its post again.
    assert by_minute.loc[[3, 10, 18, 22, 40], "west"].tolist() == [0, 5, 10, 8, 0]
    assert by_minute.loc[[3, 10, 18, 22, 40], "east"].tolist() == [15, 10, 5, 7, 15]
    assert (found.times["nowhere"] == UNREACHABLE).all()
    assert (found.teams == 1).all()
    assert len(found.teams) == 61


def test_curve_and_weakest_quarter_and_villages_never_covered(street):
    found = backup(*street, VILLAGES, weights=pd.Series({"west": 1, "middle": 2, "nowhere": 1}))
    curve = found.curve(5 * MINUTE)
    # Within five minutes: west and middle at the post, middle and east at the stop.
    assert curve["villages"].loc[[TEN, TEN + 10 * MINUTE, TEN + 18 * MINUTE]].tolist() == [2, 2, 2]
    assert curve["share"].iloc[0] == 0.5
    assert curve["weight_share"].iloc[0] == 0.75
    assert found.never(5 * MINUTE).tolist() == ["nowhere"]
    assert found.never(4 * MINUTE).tolist() == ["east", "nowhere"]
    about = found.villages(5 * MINUTE)
    assert about.loc["east", "best_ms"] == 5 * MINUTE
    # Covered from 10:15 to 10:20: six moments, and then none for forty minutes.
    assert about.loc["east", "covered_share"] == pytest.approx(6 / 61)
    assert about.loc["east", "longest_gap_ms"] == 40 * MINUTE
    assert about.loc["nowhere", "longest_gap_ms"] == 61 * MINUTE


def test_weakest_is_the_first_of_those_that_are_alike():
    moments = TEN + MINUTE * np.arange(60)
    late = np.where((np.arange(60) >= 20) & (np.arange(60) < 40), 11, 9) * MINUTE
    times = pd.DataFrame({"a": late, "b": 0}, index=pd.Index(moments, name="at_ms"))
    found = Backup(times=times, teams=pd.Series(1, index=times.index)).weakest(10 * MINUTE)
    assert (found.begin_ms, found.end_ms, found.share) == (TEN + 20 * MINUTE, TEN + 35 * MINUTE, 0.5)


def test_one_way_street_does_not_let_a_team_turn_back():
    ring = [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)]
    found = day(
        network(ring, oneway=[1]),
        spots(base=(0, 0), far=(1000, 1000)),
        {"T": {"start": "base"}},
        {"S": {"place": "far", "dwell_ms": 0}},
    )
    times = backup(found, driven(found, {"T": ["S"]}), spots(behind=(500, 0))).times["behind"]
    # After 6 minutes it is at 600 m: 100 m past the village, and 3,900 m before it again.
    assert times.loc[TEN + 6 * MINUTE] == 39 * MINUTE


def test_teams_at_their_posts_count_only_where_they_are_on_duty():
    found = day(
        network([(0, 0), (2000, 0)]),
        spots(base=(0, 0), far=(1000, 0)),
        {"T": {"start": "base"}, "U": {"start": "far", "shift_end_ms": TEN + 30 * MINUTE}},
        {"S": {"place": "base"}},
    )
    plan = driven(found, {"T": ["S"]})
    assert set(backup(found, plan, VILLAGES).teams) == {1}
    both = backup(found, plan, VILLAGES, idle=True)
    assert both.teams.loc[[TEN, TEN + 30 * MINUTE, TEN + 31 * MINUTE]].tolist() == [2, 2, 1]
    assert both.times["east"].iloc[0] == 5 * MINUTE


def test_each_team_goes_by_its_own_travel_mode():
    lines = ([(0, 0), (2000, 0)],)
    at = spots(base=(0, 0), far=(1000, 0))
    shift = {"start": "base", "shift_start_ms": TEN, "shift_end_ms": TEN + HOUR}
    travel = {mode: travel_times(network(*lines, travel_mode=mode), at) for mode in ("car", "walk")}
    for mode, minutes in (("car", 5), ("walk", 10)):
        found = problem(at, {"T": {**shift, "travel_mode": mode}}, {"S": {"place": "base"}}, travel=travel)
        times = backup(found, driven(found, {"T": ["S"]}), VILLAGES).times
        assert times["middle"].iloc[0] == minutes * MINUTE


def test_nobody_out_is_no_fault():
    found = day(network([(0, 0), (100, 0)]), spots(a=(0, 0)), {"T": {"start": "a"}}, {"S": {"place": "a"}})
    empty = backup(found, driven(found, {}), VILLAGES)
    assert empty.curve(MINUTE).empty
    assert empty.weakest(MINUTE) is None
    assert empty.never(MINUTE).tolist() == VILLAGES.index.tolist()
    assert (empty.villages(MINUTE)["best_ms"] == UNREACHABLE).all()


def test_where_there_are_no_roads_straight_lines_do():
    at = points({"a": (0, 0), "b": (0, 1000)})
    found = problem(at, {"T": {"start": "a"}}, {"S": {"place": "b"}}, ms_per_m=600)
    times = backup(found, driven(found, {"T": ["S"]}), points({"v": (0, 500)})).times
    # Half way out after five of ten minutes.
    assert times["v"].iloc[[0, 5, 10]].tolist() == [5 * MINUTE, 0, 5 * MINUTE]


def test_times_from_elsewhere_do_not_say_where_their_ways_lie():
    at = points({"a": (0, 0), "b": (0, 1000)})
    plain = TravelTimes(labels=at.index, ms=np.array([[0, 60_000], [60_000, 0]]))
    stops, teams = {"S": {"place": "b"}}, {"T": {"start": "a"}}
    plan = driven(problem(at, teams, stops), {"T": ["S"]})
    with pytest.raises(SettingError, match="legs_without_roads"):
        backup(problem(at, teams, stops, travel={"car": plain}), plan, points({"v": (0, 0)}))


@settings(max_examples=8)
@given(data=st.data())
def test_backup_is_what_a_search_from_every_spot_finds(data):
    """On a lattice with one-ways: each moment's point becomes a node, and Dijkstra does the rest."""
    side, cell = 3, 200.0
    corners = [(i, j) for i in range(side) for j in range(side)]
    streets = [((i, j), (i + 1, j)) for i, j in corners if i + 1 < side]
    streets += [((i, j), (i, j + 1)) for i, j in corners if j + 1 < side]
    oneway = [int(one) for one in data.draw(st.permutations([1] * 3 + [0] * (len(streets) - 3)))]
    lines = [[(x * cell, y * cell) for x, y in street] for street in streets]
    roads = network(*lines, oneway=oneway)
    crossing = st.sampled_from(corners)
    at = data.draw(st.lists(crossing, min_size=3, max_size=4, unique=True))
    there = data.draw(st.lists(crossing, min_size=1, max_size=3, unique=True))
    labels = spots(**{f"p{k}": (x * cell, y * cell) for k, (x, y) in enumerate(at)})
    found = day(
        roads,
        labels,
        {"T": {"start": "p0"}},
        {f"S{k}": {"place": f"p{k}", "dwell_ms": 2 * MINUTE} for k in range(1, len(at))},
    )
    order = [f"S{k}" for k in range(1, len(at))]
    way = [*range(len(at)), 0]
    villages = spots(**{f"v{k}": (x * cell, y * cell) for k, (x, y) in enumerate(there)})
    # Corners that one cannot come to or go from hang on a road elsewhere.
    assume(all((roads.snapped(layer)["snap_m"] == 0).all() for layer in (labels, villages)))
    ms = found.travel["car"].ms
    assume(all(ms[a, b] < UNREACHABLE for a, b in zip(way, way[1:], strict=False)))
    plan = driven(found, {"T": order})
    times = backup(found, plan, villages).times
    graph = nx.DiGraph()
    for (a, b), one in zip(streets, oneway, strict=True):
        graph.add_edge(a, b, m=cell)
        if not one:
            graph.add_edge(b, a, m=cell)
    for _, row in whereabouts(found, plan, times.index.to_numpy()).iterrows():
        split = _with_spot(graph, row["x"] / cell, row["y"] / cell, cell)
        for village, corner in zip(times.columns, there, strict=True):
            try:
                metres = nx.dijkstra_path_length(split, "spot", corner, weight="m")
            except nx.NetworkXNoPath:
                assert times.at[row["at_ms"], village] == UNREACHABLE
                continue
            assert times.at[row["at_ms"], village] == pytest.approx(metres * 600, abs=5)


def _with_spot(graph, x, y, cell):
    """The graph with a node at a point of one of its streets."""
    split = graph.copy()
    low = (int(x + 1e-6), int(y + 1e-6))
    share = max(x - low[0], y - low[1])
    if share < 1e-6:
        split.add_edge("spot", low, m=0.0)
        return split
    high = (low[0] + (x - low[0] > 1e-6), low[1] + (y - low[1] > 1e-6))
    if graph.has_edge(low, high):
        split.add_edge("spot", high, m=(1 - share) * cell)
    if graph.has_edge(high, low):
        split.add_edge("spot", low, m=share * cell)
    return split
