import pickle
import threading

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geo import shortest_ways
from geo.errors import CrsError, SettingError
from geo.road_graph import road_graph
from geo.road_layout import RoadLayout
from geo.speeds import ROAD_CLASSES, Speeds
from geo.travel_times import UNREACHABLE, RoadNetwork, TravelTimes, times_between, travel_times

CRS = "EPSG:4549"
# 36 km/h are 10 m a second: 100 m take 10,000 ms. On foot 3.6 km/h: 1 m takes 1,000 ms.
TEN = (
    Speeds(access_kmh=3.6)
    .replaced("car", "day", dict.fromkeys(("residential", "motorway", "primary"), 36.0))
    .replaced("car", "night", {"residential": 18.0})
    .replaced("walk", "day", {"residential": 3.6})
)


def roads(*lines, **columns):
    frame = gpd.GeoDataFrame(
        {"road_id": [f"R{i}" for i in range(len(lines))], "class": "residential"},
        geometry=[LineString(line) for line in lines],
        crs=CRS,
    )
    return frame.assign(**columns)


def network(*lines, travel_mode="car", when="day", closed=(), speeds=TEN, **columns):
    return RoadNetwork.from_graph(
        road_graph(roads(*lines, **columns)), travel_mode=travel_mode, when=when, speeds=speeds, closed=closed
    )


def places(**at):
    return gpd.GeoSeries({name: Point(xy) for name, xy in at.items()}, crs=CRS)


@pytest.fixture(params=["cch", "scipy"])
def engine(request):
    return request.param


CORNER = [(0, 0), (100, 0)], [(100, 0), (100, 200)]


def test_place_at_the_mouth_of_a_one_way_street_is_at_its_junction(engine):
    corners = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    block = network(*zip(corners, corners[1:], strict=False), oneway=[1, 0, 0, 0])
    times = travel_times(block, places(mouth=(0, 0), north=(0, 100)), engine=engine)
    assert block.layout.oneway[times.spots["edge"].iloc[0]]
    # Not round the block by the one-way street, at whose beginning it stands.
    assert times.ms.tolist() == [[0, 10_000], [10_000, 0]]


def test_a_way_over_a_junction_takes_the_sum_of_its_stretches(engine):
    times = travel_times(network(*CORNER), places(a=(40, 0), b=(100, 50)), engine=engine)
    assert times.ms.tolist() == [[0, 11_000], [11_000, 0]]
    assert times.ms.dtype == np.int64
    assert times.ms.flags.c_contiguous
    leg = times.legs([("a", "b")]).iloc[0]
    assert (leg["ms"], leg["m"]) == (11_000, 110)
    assert list(leg["geometry"].coords) == [(40, 0), (100, 0), (100, 50)]


def test_the_walk_between_place_and_road_counts_at_both_ends(engine):
    times = travel_times(network(*CORNER), places(a=(40, 3), b=(107, 50)), engine=engine)
    assert times.ms[0, 1] == 3_000 + 6_000 + 5_000 + 7_000
    assert times.spots["snap_m"].tolist() == pytest.approx([3, 7])
    leg = times.legs([("b", "a")]).iloc[0]
    assert leg["m"] == 3 + 60 + 50 + 7
    assert list(leg["geometry"].coords) == [(107, 50), (100, 50), (100, 0), (40, 0), (40, 3)]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_two_places_on_one_edge_need_not_leave_it(engine, order):
    both = places(a=(20, 0), b=(70, 0))
    times = travel_times(network(*CORNER), both[list(order)], engine=engine)
    assert times.ms.tolist() == [[0, 5_000], [5_000, 0]]
    leg = times.legs([order]).iloc[0]
    assert leg["m"] == 50
    assert list(leg["geometry"].coords) == [both[label].coords[0] for label in order]


def test_a_one_way_street_binds_cars_on_the_same_edge_too(engine):
    ring = [(0, 0), (100, 0)], [(100, 0), (50, 80), (0, 0)]
    round_about = 10_000 * (1 + 2 * np.hypot(50, 80) / 100)
    there = places(a=(20, 0), b=(70, 0))
    times = travel_times(network(*ring, oneway=[1, 1]), there, engine=engine)
    assert times.ms[0, 1] == 5_000
    assert times.ms[1, 0] == pytest.approx(round_about - 5_000, abs=2)
    leg = times.legs([("b", "a")]).iloc[0]
    assert list(leg["geometry"].coords) == [(70, 0), (100, 0), (50, 80), (0, 0), (20, 0)]
    on_foot = travel_times(network(*ring, oneway=[1, 1], travel_mode="walk"), there, engine=engine)
    assert on_foot.ms.tolist() == [[0, 50_000], [50_000, 0]]


def test_e_bikes_keep_to_one_ways_and_walkers_do_not(engine):
    lines = [(0, 0), (100, 0)], [(100, 0), (50, 50), (0, 0)]
    ends = places(a=(0, 1), b=(100, 1))
    for travel_mode, same in (("walk", True), ("ebike", False), ("car", False)):
        times = travel_times(network(*lines, oneway=[1, 1], travel_mode=travel_mode), ends, engine=engine)
        assert (times.ms[0, 1] == times.ms[1, 0]) is np.bool_(same)


def test_a_place_on_a_junction_is_no_different(engine):
    times = travel_times(network(*CORNER), places(a=(100, 0), b=(0, 0), c=(100, 200)), engine=engine)
    assert times.ms.tolist() == [[0, 10_000, 20_000], [10_000, 0, 30_000], [20_000, 30_000, 0]]


def test_places_on_one_spot_are_nothing_apart(engine):
    times = travel_times(
        network(*CORNER), places(a=(50, 0), b=(50, 0), c=(30, 40), d=(30, 40)), engine=engine
    )
    assert times.ms[0, 1] == times.ms[2, 3] == 0
    leg = times.legs([("c", "d")]).iloc[0]
    assert (leg["ms"], leg["m"], leg["geometry"].length) == (0, 0, 0)


def test_places_nearer_to_each_other_than_to_their_road_are_walked_between(engine):
    times = travel_times(network(*CORNER), places(a=(30, 40), b=(33, 44), c=(95, 1)), engine=engine)
    assert times.ms[0, 1] == 5_000
    assert list(times.legs([("a", "b")]).iloc[0]["geometry"].coords) == [(30, 40), (33, 44)]
    assert times.ms[1, 2] == 44_000 + 6_200 + 1_000


def test_a_place_that_no_way_leads_to_is_a_result(engine):
    apart = network([(0, 0), (100, 0)], [(0, 500), (100, 500)])
    times = travel_times(apart, places(a=(10, 0), b=(90, 0), island=(50, 500)), engine=engine)
    assert times.ms[0].tolist() == [0, 8_000, UNREACHABLE]
    assert times.ms[2].tolist() == [UNREACHABLE, UNREACHABLE, 0]
    legs = times.legs([("a", "island"), ("a", "b"), ("island", "island")])
    assert legs["ms"].tolist() == [UNREACHABLE, 8_000, 0]
    assert legs["m"].tolist() == [UNREACHABLE, 80, 0]
    assert legs.geometry.isna().tolist() == [True, False, False]
    (reason,) = times.reasons()
    assert reason.code == "place_cut_off"
    assert reason.facts == {"id": "island", "km": 0.1, "road_id": "R1"}


def test_a_place_too_far_from_any_road_is_told_with_its_distance(engine):
    far = places(a=(10, 0), b=(90, 0), hermit=(50, 700))
    times = travel_times(network(*CORNER[:1]), far, limit_m=600, engine=engine)
    assert times.ms[2].tolist() == [UNREACHABLE, UNREACHABLE, 0]
    assert times.ms[:, 2].tolist() == [UNREACHABLE, UNREACHABLE, 0]
    assert times.spots.loc["hermit", ["edge", "snap_m", "part"]].tolist() == [-1, 700, -1]
    (reason,) = times.reasons()
    assert (reason.code, reason.facts) == ("place_off_roads", {"id": "hermit", "snap_m": 700})
    assert travel_times(network(*CORNER[:1]), far, limit_m=701).ms[0, 2] < UNREACHABLE


def test_a_closed_road_is_gone_round_or_cuts_off(engine):
    square = [(0, 0), (100, 0)], [(100, 0), (100, 100)], [(0, 0), (0, 100)], [(0, 100), (100, 100)]
    ends = places(a=(0, 0), b=(100, 0))
    net = network(*square)
    assert travel_times(net, ends, engine=engine).ms[0, 1] == 10_000
    without = net.replaced(closed=frozenset({"R0"}))
    assert travel_times(without, ends, engine=engine).ms[0, 1] == 30_000
    assert without.layout is net.layout
    none = net.replaced(closed=frozenset({"R0", "R3", "elsewhere"}))
    assert travel_times(none, ends, engine=engine).ms[0, 1] == UNREACHABLE
    assert travel_times(net, ends, engine=engine).ms[0, 1] == 10_000


def test_a_place_on_a_closed_road_walks_to_the_next_open_one(engine):
    lines = [(0, 0), (100, 0)], [(100, 0), (100, 200)]
    times = travel_times(network(*lines, closed=["R0"]), places(a=(90, 0), b=(100, 100)), engine=engine)
    assert times.spots.loc["a", ["road_id", "snap_m"]].tolist() == ["R1", 10]
    assert times.ms[0, 1] == 10_000 + 10_000


def test_night_has_its_own_speeds(engine):
    ends = places(a=(0, 0), b=(100, 0))
    day = network(*CORNER)
    assert travel_times(day, ends, engine=engine).ms[0, 1] == 10_000
    assert travel_times(day.replaced(when="night"), ends, engine=engine).ms[0, 1] == 20_000


def test_cars_keep_off_paths_and_walkers_off_motorways(engine):
    lines = [(0, 0), (100, 0)], [(0, 0), (0, 30), (100, 30), (100, 0)], [(100, 0), (200, 0)]
    ends = places(a=(0, 1), b=(200, 0))
    classes = {"class": ["path", "residential", "residential"]}
    by_car = travel_times(network(*lines, **classes), ends, engine=engine)
    assert by_car.ms[0, 1] == 26_000 - 100
    path = Speeds().of("walk")["path"]
    on_foot = travel_times(network(*lines, travel_mode="walk", **classes), ends, engine=engine)
    assert on_foot.ms[0, 1] == 1_000 + round(100 * 3600 / path) + 100_000
    motorway = {"class": ["motorway", "residential", "residential"]}
    walked = travel_times(network(*lines, travel_mode="walk", **motorway), ends, engine=engine)
    assert walked.ms[0, 1] == 259_000 + 0


def test_nobody_stops_on_a_motorway_though_cars_pass_along_it(engine):
    lines = [(0, 0), (500, 0)], [(0, 0), (0, 50)], [(500, 0), (500, 50)]
    net = network(*lines, **{"class": ["motorway", "residential", "residential"]})
    times = travel_times(net, places(beside=(100, 5), a=(0, 50), b=(500, 50)), engine=engine)
    assert times.ms[1, 2] == 60_000
    assert times.spots.loc["beside", "road_id"] == "R1"


def test_a_place_below_a_viaduct_lies_on_the_street_beside_it():
    net = network([(0, 0), (500, 0)], [(0, 30), (500, 30)], bridge=[1, 0])
    spots = net.snapped(places(below=(250, 1), on=(250, -40)))
    assert spots["road_id"].tolist() == ["R1", "R1"]
    assert net.snapped(places(on=(250, -40)), limit_m=60)["road_id"].tolist() == ["R0"]


def test_a_stump_of_a_one_way_is_passed_over_by_places():
    stump = [(0, 0), (500, 0)], [(100, 0), (100, 900)]
    net = network(*stump, oneway=[0, 1])
    there = places(p=(100, 200))
    assert net.snapped(there)["road_id"].tolist() == ["R0"]
    assert net.snapped(there, limit_m=100)["road_id"].tolist() == ["R1"]
    (reason,) = net.missed(places(q=(100, 800)))
    assert (reason.code, reason.facts) == ("place_no_return", {"id": "q", "road_id": "R1"})


def test_equally_near_edges_are_taken_in_their_order():
    net = network([(0, 10), (100, 10)], [(0, -10), (100, -10)])
    assert net.snapped(places(p=(50, 0)))["road_id"].tolist() == ["R0"]


def test_the_faster_of_parallel_roads_is_taken_never_their_sum(engine):
    lines = [(0, 0), (100, 0)], [(0, 0), (50, 20), (100, 0)], [(100, 0), (200, 0)]
    times = travel_times(network(*lines), places(a=(0, 0), b=(200, 0)), engine=engine)
    assert times.ms[0, 1] == 20_000


@pytest.mark.parametrize("at", [10, 120, 250])
def test_a_place_on_a_ring_road_goes_round_the_shorter_way(engine, at):
    ring = LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    net = network(list(ring.coords), [(0, 0), (-50, 0)])
    times = travel_times(net, places(a=ring.interpolate(at).coords[0], b=(-50, 0)), engine=engine)
    assert times.ms[0, 1] == 100 * min(at, 400 - at) + 5_000
    assert times.legs([("a", "b")]).iloc[0]["m"] == min(at, 400 - at) + 50


def test_very_short_roads_take_a_millisecond_at_least():
    net = network([(0, 0), (0.6, 0)], speeds=Speeds().replaced("car", "day", {"residential": 160}))
    assert net.arc_ms.min() >= 1
    tiny = network([(0, 0), (0.001, 0), (0.002, 0)], speeds=TEN)
    assert tiny.arc_ms.tolist() == []


def test_ways_longer_than_the_hierarchies_count_agree_too(monkeypatch):
    monkeypatch.setattr(shortest_ways, "_CCH_INFINITE", 15_000)
    slow = Speeds().replaced("walk", "day", {"residential": 1.0})
    far = 2_000_000
    net = network([(0, 0), (far, 0)], [(far, 0), (2 * far, 0)], travel_mode="walk", speeds=slow)
    ends = places(a=(0, 0), b=(far, 0), c=(2 * far, 0))
    one, other = (travel_times(net, ends, engine=engine) for engine in ("cch", "scipy"))
    assert one.ms.tolist() == other.ms.tolist()
    assert one.ms[0, 2] == 2 * far * 3_600
    assert one.legs([("a", "c")])["m"].tolist() == [2 * far]


def test_times_between_two_layers_are_those_among_all(engine):
    net = network(*CORNER, oneway=[1, 0])
    some, others = places(a=(40, 3), b=(100, 50)), places(c=(70, 1), d=(100, 150), hermit=(0, 5_000))
    whole = travel_times(net, pd.concat([some, others]), engine=engine)
    between = times_between(net, some, others, engine=engine)
    assert between.index.tolist() == ["a", "b"]
    assert between.columns.tolist() == ["c", "d", "hermit"]
    assert between.to_numpy().tolist() == whole.ms[:2, 2:].tolist()


def test_no_places_and_no_roads_are_no_fault(engine):
    nowhere = places(a=(0, 0)).iloc[:0]
    assert travel_times(network(*CORNER), nowhere, engine=engine).ms.shape == (0, 0)
    empty = RoadNetwork.from_graph(road_graph(roads(*CORNER).iloc[:0]), travel_mode="car")
    times = travel_times(empty, places(a=(0, 0), b=(1, 1)), engine=engine)
    assert times.ms.tolist() == [[0, UNREACHABLE], [UNREACHABLE, 0]]
    assert [reason.code for reason in times.reasons()] == ["place_off_roads"] * 2
    assert empty.part_km.tolist() == []


def test_legs_come_in_the_order_asked_and_may_repeat(engine):
    times = travel_times(network(*CORNER), places(a=(0, 0), b=(100, 0), c=(100, 200)), engine=engine)
    legs = times.legs([("c", "a"), ("a", "b"), ("c", "a"), ("b", "b")])
    assert legs["origin"].tolist() == ["c", "a", "c", "b"]
    assert legs["destination"].tolist() == ["a", "b", "a", "b"]
    assert legs["m"].tolist() == [300, 100, 300, 0]
    assert legs.crs == CRS
    assert times.legs([]).empty


def test_unknown_labels_are_told_all_at_once():
    times = travel_times(network(*CORNER), places(a=(0, 0)))
    with pytest.raises(SettingError, match="travel_places_unknown") as caught:
        times.legs([("a", "x"), ("y", "a")])
    assert caught.value.facts == {"count": 2, "places": ["x", "y"]}


def test_times_from_elsewhere_have_no_legs():
    times = TravelTimes(labels=pd.Index(["a"]), ms=np.zeros((1, 1), dtype=np.int64))
    assert times.reasons() == ()
    with pytest.raises(SettingError, match="legs_without_roads"):
        times.legs([("a", "a")])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (places(a=(0, 0)).set_crs("EPSG:4550", allow_override=True), "crs_differ"),
        (places(a=(0, 0)).set_crs("EPSG:4326", allow_override=True), "crs_not_metric"),
        (gpd.GeoSeries({"a": Point(0, 0)}), "crs_missing"),
    ],
)
def test_places_in_another_crs_are_refused(wrong, code):
    with pytest.raises(CrsError, match=code):
        travel_times(network(*CORNER), wrong)


@pytest.mark.parametrize("shape", [None, Point(), LineString([(0, 0), (1, 1)])])
def test_places_need_points(shape):
    with pytest.raises(SettingError, match="places_wrong") as caught:
        travel_times(network(*CORNER), gpd.GeoSeries({"a": Point(0, 0), "b": shape}, crs=CRS))
    assert caught.value.facts == {"count": 1, "places": ["b"]}


def test_labels_are_unique():
    twice = gpd.GeoSeries([Point(0, 0), Point(1, 1)], index=["a", "a"], crs=CRS)
    with pytest.raises(SettingError, match="places_repeated"):
        travel_times(network(*CORNER), twice)


def test_unknown_engines_modes_and_times_are_refused():
    net = network(*CORNER)
    with pytest.raises(SettingError, match="engine"):
        travel_times(net, places(a=(0, 0)), engine="horse")
    with pytest.raises(SettingError, match="travel_mode"):
        net.replaced(travel_mode="horse")
    with pytest.raises(SettingError, match="when"):
        net.replaced(when="noon")


def test_without_the_hierarchies_scipy_answers(monkeypatch):
    monkeypatch.setattr(shortest_ways.importlib.util, "find_spec", lambda _: None)
    times = travel_times(network(*CORNER), places(a=(0, 0), b=(100, 0)))
    assert times.engine == "scipy"
    assert times.ms[0, 1] == 10_000
    with pytest.raises(SettingError, match="engine"):
        travel_times(network(*CORNER), places(a=(0, 0)), engine="cch")


@pytest.mark.parametrize(
    ("change", "attribute"),
    [
        ({"length_m": None}, "length_m"),  # misspelt: networkx would count 1
        ({"length_m": 0.0}, "length_m"),
        ({"length_m": float("nan")}, "length_m"),
        ({"length_m": -3.0}, "length_m"),
        ({"geometry": None}, "geometry"),
    ],
)
def test_weights_are_checked_when_the_network_is_made(change, attribute):
    graph = road_graph(roads(*CORNER))
    for name, value in change.items():
        data = next(iter(graph.edges(data=True)))[2]
        del data[name]
        if value is not None:
            data[name] = value
    with pytest.raises(SettingError, match="road_graph_wrong") as caught:
        RoadLayout.from_graph(graph)
    assert caught.value.facts == {"attribute": attribute, "count": 1}


def test_networks_and_times_go_to_other_processes():
    net = network(*CORNER)
    times = travel_times(net, places(a=(0, 0), b=(100, 200)), engine="cch")
    again = pickle.loads(pickle.dumps(times))
    assert again.ms.tolist() == times.ms.tolist()
    assert again.legs([("a", "b")])["m"].tolist() == [300]
    assert again.network.layout.order.tolist() == net.layout.order.tolist()


def test_several_threads_may_ask_at_once():
    net = network(*CORNER)
    ends = places(a=(0, 0), b=(100, 200), c=(30, 4))
    answers = []

    def ask():
        times = travel_times(net, ends, engine="cch")
        answers.append((times.ms.tolist(), times.legs([("a", "b"), ("c", "b")])["m"].tolist()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)


def test_inputs_are_left_alone():
    graph, ends = road_graph(roads(*CORNER)), places(a=(0, 0), b=(100, 200))
    before, arcs = ends.copy(), [dict(data) for *_, data in graph.edges(data=True)]
    travel_times(RoadNetwork.from_graph(graph, travel_mode="walk"), ends)
    assert ends.equals(before)
    assert [data for *_, data in graph.edges(data=True)] == arcs


# What follows knows nothing of how networks hold their arcs: it reads the graph, and its own geometry.


def told_by_networkx(graph, spots, *, travel_mode, kmh, access_kmh):
    """Travel times by networkx on the graph itself, places put in as nodes of their own."""
    world = nx.MultiDiGraph()
    drawn = {}
    for u, v, key, data in graph.edges(keys=True, data=True):
        if not data["reversed"]:
            drawn[key] = (u, v, data)
        speed = kmh[data["road_class"]]
        if speed is None:
            continue
        ms = max(1, round(data["length_m"] * 3600 / speed))
        world.add_edge(u, v, ms=ms)
        if travel_mode == "walk":
            world.add_edge(v, u, ms=ms)
    for label, spot in spots.iterrows():
        world.add_nodes_from([("out", label), ("in", label)])
        if spot["edge"] < 0:
            continue
        u, v, data = drawn[spot["edge"]]
        speed, walk = kmh[data["road_class"]], round(spot["snap_m"] * 3600 / access_kmh)
        at = data["geometry"].project(Point(spot["x"], spot["y"]))
        rest = data["length_m"] - at
        two_way = travel_mode == "walk" or not data["oneway"]
        to_start, to_end = round(at * 3600 / speed), round(rest * 3600 / speed)
        world.add_edge(("out", label), v, ms=walk + to_end)
        world.add_edge(u, ("in", label), ms=walk + to_start)
        # Who is at an end of a one-way is at its junction.
        if two_way or to_start == 0:
            world.add_edge(("out", label), u, ms=walk + to_start)
        if two_way or to_end == 0:
            world.add_edge(v, ("in", label), ms=walk + to_end)
        for other, spot2 in spots.iterrows():
            if spot2["edge"] != spot["edge"] or other == label:
                continue
            at2 = data["geometry"].project(Point(spot2["x"], spot2["y"]))
            walk2 = round(spot2["snap_m"] * 3600 / access_kmh)
            if at2 >= at or two_way:
                world.add_edge(
                    ("out", label), ("in", other), ms=walk + walk2 + round(abs(at2 - at) * 3600 / speed)
                )
            straight = float(np.hypot(spot["x"] - spot2["x"], spot["y"] - spot2["y"]))
            if straight <= spot["snap_m"] + spot2["snap_m"]:
                world.add_edge(("out", label), ("in", other), ms=round(straight * 3600 / access_kmh))
    ms = np.full((len(spots), len(spots)), UNREACHABLE)
    for i, one in enumerate(spots.index):
        found = nx.single_source_dijkstra_path_length(world, ("out", one), weight="ms")
        for j, other in enumerate(spots.index):
            ms[i, j] = 0 if i == j else found.get(("in", other), UNREACHABLE)
    return ms


metres = st.integers(0, 5).map(lambda n: n * 20.0)
points = st.tuples(metres, metres)
drawn_roads = st.lists(
    st.tuples(
        st.lists(points, min_size=2, max_size=4),
        st.booleans(),
        st.sampled_from([*ROAD_CLASSES, "residential", "residential"]),
    ),
    min_size=1,
    max_size=14,
)
anywhere = st.floats(-30, 130).map(lambda x: round(x, 1))
drawn_places = st.lists(st.one_of(points, st.tuples(anywhere, anywhere)), min_size=1, max_size=7)


@settings(max_examples=35)
@given(
    drawn_roads, drawn_places, st.sampled_from(["walk", "ebike", "car"]), st.sampled_from([5.0, 60.0, 1e3])
)
def test_every_engine_gives_the_times_that_networkx_does(lines, spots, travel_mode, limit_m):
    layer = roads(
        *(line for line, _, _ in lines),
        oneway=[int(oneway) for _, oneway, _ in lines],
        **{"class": [name for _, _, name in lines]},
    )
    graph = road_graph(layer, tolerance_m=0.01)
    net = RoadNetwork.from_graph(graph, travel_mode=travel_mode)
    where = places(**{f"p{i}": xy for i, xy in enumerate(spots)})
    by_cch, by_scipy = (travel_times(net, where, limit_m=limit_m, engine=e) for e in ("cch", "scipy"))
    expected = told_by_networkx(
        graph, by_cch.spots, travel_mode=travel_mode, kmh=Speeds().of(travel_mode), access_kmh=4.0
    )
    assert by_cch.ms.tolist() == expected.tolist()
    assert by_scipy.ms.tolist() == expected.tolist()
    pairs = [(a, b) for a in where.index for b in where.index]
    for times in (by_cch, by_scipy):
        check_legs(times, pairs)


def check_legs(times, pairs):
    legs = times.legs(pairs)
    at = [times.labels.get_indexer(side) for side in zip(*pairs, strict=True)]
    assert legs["ms"].tolist() == times.ms[at[0], at[1]].tolist()
    for leg in legs[legs["ms"] < UNREACHABLE].itertuples():
        spots = times.spots.loc[[leg.origin, leg.destination]]
        assert leg.geometry.coords[0] == pytest.approx(spots[["x", "y"]].iloc[0].tolist())
        assert leg.geometry.coords[-1] == pytest.approx(spots[["x", "y"]].iloc[1].tolist())
        assert leg.m == pytest.approx(leg.geometry.length, abs=0.51)


@settings(max_examples=20)
@given(drawn_roads, drawn_places)
def test_legs_are_drawn_along_the_way_that_their_times_stand_for(lines, spots):
    """With one speed for all, also on foot, the length of the drawing tells the time."""
    even = Speeds(access_kmh=36).replaced("car", "day", dict.fromkeys(ROAD_CLASSES, 36))
    layer = roads(*(line for line, _, _ in lines), oneway=[int(oneway) for _, oneway, _ in lines])
    net = RoadNetwork.from_graph(road_graph(layer, tolerance_m=0.01), travel_mode="car", speeds=even)
    where = places(**{f"p{i}": xy for i, xy in enumerate(spots)})
    on_roads = layer.union_all().buffer(1e-6)
    for engine in ("cch", "scipy"):
        times = travel_times(net, where, engine=engine)
        legs = times.legs([(a, b) for a in where.index for b in where.index])
        for leg in legs[legs["ms"] < UNREACHABLE].itertuples():
            assert leg.geometry.length * 100 == pytest.approx(leg.ms, abs=20)
            spots = times.spots.loc[[leg.origin, leg.destination]]
            beside = leg.geometry.difference(on_roads).length
            assert beside <= spots["snap_m"].sum() + 1e-3


def test_the_engines_agree_on_a_town():
    """1,600 crossings, crooked, a third of the streets one-way, some doubled, some missing."""
    rng = np.random.default_rng(7)
    side = 40
    xy = (np.indices((side, side)).reshape(2, -1).T + rng.uniform(-0.3, 0.3, (side * side, 2))) * 100
    right = [(n, n + 1) for n in range(side * side) if (n + 1) % side]
    down = [(n, n + side) for n in range(side * (side - 1))]
    links = [pair for pair in [*right, *down, *right[::9]] if rng.random() < 0.9]
    layer = roads(
        *([xy[a], (xy[a] + xy[b]) / 2 + rng.uniform(-9, 9, 2), xy[b]] for a, b in links),
        oneway=(rng.random(len(links)) < 0.33).astype(int),
        **{"class": rng.choice(ROAD_CLASSES[1:], len(links))},
    )
    where = gpd.GeoSeries(gpd.points_from_xy(*rng.uniform(0, 4_000, (2, 60))), crs=CRS)
    graph = road_graph(layer)
    for travel_mode in ("car", "walk"):
        net = RoadNetwork.from_graph(graph, travel_mode=travel_mode)
        by_cch, by_scipy = (travel_times(net, where, engine=engine) for engine in ("cch", "scipy"))
        assert (by_cch.ms == by_scipy.ms).all()
        assert (by_cch.ms < UNREACHABLE).mean() > 0.5
    check_legs(by_cch, [(a, b) for a in range(10) for b in range(10)])
