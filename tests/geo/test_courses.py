"""Where one is on the way: on the line that is drawn, at the time that is counted, whatever the engine."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geo.courses import courses
from geo.errors import SettingError
from geo.road_graph import road_graph
from geo.road_network import UNREACHABLE
from geo.speeds import Speeds
from geo.straight_times import straight_times
from geo.travel_times import RoadNetwork, travel_times

CRS = "EPSG:4549"
# 36 km/h is 10 m a second: 100 m take 10,000 ms.
TEN = Speeds().replaced("car", "day", {"residential": 36.0})


def network(*lines, **columns):
    roads = gpd.GeoDataFrame(
        {"road_id": [f"R{i}" for i in range(len(lines))], "class": "residential"},
        geometry=[LineString(line) for line in lines],
        crs=CRS,
    ).assign(**columns)
    return RoadNetwork.from_graph(road_graph(roads), travel_mode="car", speeds=TEN)


def places(**at):
    return gpd.GeoSeries({name: Point(xy) for name, xy in at.items()}, crs=CRS)


def corner():
    return network([(0, 0), (100, 0)], [(100, 0), (100, 200)])


def where(times, pair, ms):
    return times.spots_along([pair], [np.array(ms)])


def course_of(times, *pair):
    (one,), (other,) = (times.labels.get_indexer([label]) for label in pair)
    ends = (times.spots.iloc[[at]] for at in (one, other))
    (found,) = courses(times.network, *ends, times.ms[[one], [other]], engine=times.engine)
    return found


def test_one_moves_evenly_along_each_stretch():
    times = travel_times(corner(), places(a=(40, 0), b=(100, 50)))
    found = where(times, ("a", "b"), [0, 3_000, 6_000, 11_000])
    assert found[["x", "y"]].to_numpy().tolist() == [[40, 0], [70, 0], [100, 0], [100, 50]]
    assert found["snap_m"].tolist() == [0, 0, 0, 0]


def test_between_place_and_road_one_walks():
    times = travel_times(corner(), places(a=(40, 30), b=(100, 50)))
    walk = int(times.network.access_ms(np.array([30.0]))[0])
    found = where(times, ("a", "b"), [0, walk // 2, walk, walk + 3_000])
    assert found["snap_m"].round(1).tolist() == [30, 15, 0, 0]
    assert found[["x", "y"]].round(1).to_numpy().tolist() == [[40, 30], [40, 15], [40, 0], [70, 0]]


def test_on_one_edge_and_straight_across_the_course_is_as_long_as_the_time():
    times = travel_times(corner(), places(a=(10, 0), b=(90, 0), c=(20, 300), d=(22, 300)))
    for pair in (("a", "b"), ("b", "a"), ("c", "d")):
        course = course_of(times, *pair)
        assert course.end_ms[-1] == times.ms[times.labels.get_loc(pair[0]), times.labels.get_loc(pair[1])]
        ends = course.spots(times.network, np.array([0, course.end_ms[-1]]))
        assert ends[["x", "y"]].to_numpy().tolist() == [list(times_xy(times, name)) for name in pair]


def times_xy(times, name):
    return times.spots.loc[name, ["x", "y"]].astype(float)


def test_there_is_no_course_where_there_is_no_way():
    apart = network([(0, 0), (100, 0)], [(0, 900), (100, 900)])
    times = travel_times(apart, places(a=(0, 0), b=(0, 900), c=(0, 5_000)))
    assert [course_of(times, *pair) for pair in ("ab", "ac", "cc")] == [None, None, None]
    with pytest.raises(SettingError, match="no_way"):
        where(times, ("a", "b"), [0])


@pytest.mark.parametrize("engine", ["cch", "scipy"])
@settings(max_examples=6)
@given(data=st.data())
def test_from_anywhere_on_a_course_the_end_is_as_far_as_the_rest_of_it(engine, data):
    spots = st.tuples(st.integers(0, 300), st.integers(0, 300))
    side = range(0, 301, 100)
    lines = [[(x, 0), (x, 300)] for x in side] + [[(0, y), (300, y)] for y in side]
    at = data.draw(st.lists(spots, min_size=2, max_size=5, unique=True))
    oneway = data.draw(st.lists(st.integers(0, 1), min_size=len(lines), max_size=len(lines)))
    roads = network(*lines, oneway=oneway)
    times = travel_times(roads, places(**{f"p{i}": xy for i, xy in enumerate(at)}), engine=engine)
    pairs = [(a, b) for a in times.labels for b in times.labels if a != b]
    for a, b in pairs:
        whole, course = times.ms[times.labels.get_loc(a), times.labels.get_loc(b)], course_of(times, a, b)
        if whole >= UNREACHABLE:
            assert course is None
            continue
        assert course.end_ms[-1] == whole
        passed = np.arange(0, whole, 7_000)
        there = times.spots_along([(a, b)], [passed])
        left = times.ms_from(there, gpd.GeoSeries([Point(times_xy(times, b))], index=[b], crs=CRS))[:, 0]
        # Each stretch is rounded by itself.
        assert np.abs(left - (whole - passed)).max() <= 6


def test_spots_of_places_are_where_they_lie_and_go_on_as_the_times_say():
    times = travel_times(corner(), places(a=(40, 30), b=(100, 50)))
    there = times.spots_of(["b", "a", "b"])
    assert there["x"].tolist() == [100, 40, 100]
    assert times.ms_from(there, places(a=(40, 30))).ravel().tolist() == [times.ms[1, 0], 0, times.ms[1, 0]]


def test_straight_ways_are_gone_evenly_and_go_on_straight():
    times = straight_times(places(a=(0, 0), b=(0, 1000)), kmh=36, detour=1.0)
    there = times.spots_along([("a", "b"), ("b", "a")], [np.array([0, 50_000, 100_000]), np.array([25_000])])
    assert there["y"].tolist() == [0, 500, 1000, 750]
    assert times.ms_from(there, places(c=(0, 1000))).ravel().tolist() == [100_000, 50_000, 0, 25_000]
    assert times.spots_of(["b"])["y"].tolist() == [1000]
