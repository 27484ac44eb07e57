import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geo.errors import CrsError, SettingError
from geo.isochrones import reach
from geo.road_graph import road_graph
from geo.speeds import ROAD_CLASSES, Speeds
from geo.travel_times import UNREACHABLE, RoadNetwork, times_between

CRS = "EPSG:4549"
# 10 m a second by car, 1 m a second from a place to its road.
TEN = Speeds(access_kmh=3.6).replaced("car", "day", dict.fromkeys(ROAD_CLASSES, 36.0))


def network(*lines, travel_mode="car", **columns):
    roads = gpd.GeoDataFrame(
        {"road_id": [f"R{i}" for i in range(len(lines))], **columns},
        geometry=[LineString(line) for line in lines],
        crs=CRS,
    )
    return RoadNetwork.from_graph(road_graph(roads), travel_mode=travel_mode, speeds=TEN)


def places(**at):
    return gpd.GeoSeries({name: Point(xy) for name, xy in at.items()}, crs=CRS)


def stretches(roads):
    ends = [tuple(round(x, 6) for x in line.coords[i]) for line in roads.geometry for i in (0, -1)]
    return list(zip(roads["road_id"], ends[::2], ends[1::2], strict=True))


STRAIGHT = [(0, 0), (1_000, 0)]
CROSS = [(0, 0), (1_000, 0)], [(500, 0), (500, 900)]


def test_roads_are_cut_where_the_time_is_up():
    roads = reach(network(STRAIGHT), places(a=(400, 0))).roads(10_000)
    assert stretches(roads) == [("R0", (300, 0), (500, 0))]
    assert roads["length_m"].tolist() == [200]
    assert roads.crs == CRS


def test_the_walk_to_the_road_uses_up_time():
    roads = reach(network(STRAIGHT), places(a=(400, 4))).roads(10_000)
    assert stretches(roads) == [("R0", (340, 0), (460, 0))]


def test_time_goes_on_over_a_junction_into_every_road():
    roads = reach(network(*CROSS), places(a=(400, 0))).roads(20_000)
    assert stretches(roads) == [
        ("R0", (200, 0), (500, 0)),
        ("R0", (500, 0), (600, 0)),
        ("R1", (500, 0), (500, 100)),
    ]


def test_one_ways_are_reached_in_their_direction_only():
    roads = reach(network(*CROSS, oneway=[1, 0]), places(a=(900, 0), b=(500, 50))).roads(10_000)
    assert stretches(roads) == [
        ("R0", (500, 0), (550, 0)),
        ("R0", (900, 0), (1_000, 0)),
        ("R1", (500, 0), (500, 150)),
    ]


def test_a_road_reached_from_both_ends_is_one_stretch_when_they_meet():
    ring = [(0, 0), (0, 100), (600, 100), (600, 0)], [(0, 0), (600, 0)]
    whole = reach(network(*ring), places(a=(300, 0))).roads(80_000)
    assert whole["length_m"].sum() == 800 + 600
    parted = reach(network(*ring), places(a=(300, 0))).roads(50_000)
    assert parted["length_m"].tolist() == [200, 200, 600]


def test_no_time_and_no_way_reach_nothing():
    reached = reach(network(STRAIGHT, [(0, 500), (100, 500)]), places(a=(400, 0)))
    assert reached.roads(0).empty
    assert stretches(reached.roads(10**9)) == [("R0", (0, 0), (1_000, 0))]
    assert reach(network(STRAIGHT), places(a=(0, 9_999))).roads(10**9).empty
    assert reach(network(STRAIGHT), places(a=(0, 0)).iloc[:0]).roads(10**9).empty


def test_places_are_reached_from_the_nearest_origin():
    reached = reach(network(*CROSS), places(west=(0, 0), north=(500, 900)))
    found = reached.places(places(a=(100, 0), b=(500, 700), c=(900, 2), d=(900, 9_999)))
    assert found["ms"].tolist() == [10_000, 20_000, 92_000, UNREACHABLE]
    assert found["origin"].tolist() == ["west", "north", "west", None]


def test_a_place_beside_an_origin_on_its_edge_is_reached_along_it():
    reached = reach(network(STRAIGHT, oneway=[1]), places(a=(400, 0)))
    assert reached.places(places(on=(450, 0), back=(350, 0)))["ms"].tolist() == [5_000, UNREACHABLE]


def test_areas_lie_beside_the_roads_and_grow_with_time():
    areas = reach(network(*CROSS), places(a=(500, 0))).areas([30_000, 10_000, 30_000], beside_m=50)
    assert areas["within_ms"].tolist() == [10_000, 30_000]
    assert areas["road_km"].tolist() == pytest.approx([0.3, 0.9])
    small, large = areas.geometry
    assert small.within(large.buffer(1e-6))
    assert small.contains(Point(600, 40))
    assert not small.contains(Point(700, 0))
    # three arms of 100 m, less where they overlap, and a half circle at the end of each
    assert small.area == pytest.approx(200 * 100 + 50 * 100 + 1.5 * 3.14 * 50**2, rel=0.02)


def test_a_time_in_which_nothing_is_reached_has_an_empty_area():
    areas = reach(network(STRAIGHT), places(a=(400, 20))).areas([10_000])
    assert areas.geometry.is_empty.tolist() == [True]
    assert areas["road_km"].tolist() == [0]


@pytest.mark.parametrize("beside_m", [0, -3, float("nan")])
def test_areas_have_a_width(beside_m):
    with pytest.raises(SettingError, match="beside_m"):
        reach(network(STRAIGHT), places(a=(0, 0))).areas([1_000], beside_m=beside_m)


def test_origins_in_another_crs_are_refused():
    with pytest.raises(CrsError, match="crs_differ"):
        reach(network(STRAIGHT), places(a=(0, 0)).set_crs("EPSG:4550", allow_override=True))


metres = st.integers(0, 5).map(lambda n: n * 20.0)
points = st.tuples(metres, metres)
drawn = st.lists(
    st.tuples(st.lists(points, min_size=2, max_size=3, unique=True), st.booleans()), min_size=1, max_size=10
)
spots = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=5)


@settings(max_examples=30)
@given(drawn, spots, spots, st.sampled_from(["car", "walk"]))
def test_places_are_reached_as_soon_as_travel_times_say(lines, origins, destinations, travel_mode):
    net = network(
        *(line for line, _ in lines), travel_mode=travel_mode, oneway=[int(oneway) for _, oneway in lines]
    )
    from_ = places(**{f"o{i}": xy for i, xy in enumerate(origins)})
    to = places(**{f"d{i}": xy for i, xy in enumerate(destinations)})
    found = reach(net, from_).places(to)
    between = times_between(net, from_, to, engine="scipy")
    assert found["ms"].tolist() == between.min(axis=0).tolist()
    for label, row in found.iterrows():
        if row["ms"] < UNREACHABLE:
            assert between.at[row["origin"], label] == row["ms"]
        else:
            assert row["origin"] is None


@settings(max_examples=15)
@given(drawn, spots, st.integers(0, 30_000))
def test_what_lies_on_a_reached_stretch_is_reached_in_time(lines, origins, within_ms):
    net = network(*(line for line, _ in lines), oneway=[int(oneway) for _, oneway in lines])
    reached = reach(net, places(**{f"o{i}": xy for i, xy in enumerate(origins)}))
    roads = reached.roads(within_ms)
    assert roads.length.tolist() == pytest.approx(roads["length_m"].tolist(), abs=1e-6)
    layout = net.layout
    for edge, line in enumerate(layout.shapes):
        inside = roads[roads["road_id"] == layout.road_id[edge]]
        for share in (0.1, 0.5, 0.9):
            point = line.interpolate(share, normalized=True)
            at_m = share * layout.length_m[edge]
            by_edge = _soonest(net, reached, edge, at_m)
            near = inside.distance(point).min() if len(inside) else np.inf
            if by_edge <= within_ms - 5:
                assert near < 1e-6


def _soonest(net, reached, edge, at_m):
    """Soonest that a point of an edge is reached, from its ends and from origins on it."""
    layout = net.layout
    found = [reached.node_ms[layout.start[edge]] + at_m * 100]
    if net.open_back[edge]:
        found.append(reached.node_ms[layout.end[edge]] + (layout.length_m[edge] - at_m) * 100)
    for spot in reached.spots.itertuples():
        if spot.edge == edge and (at_m >= spot.at_m or net.open_back[edge]):
            found.append(spot.snap_m * 1000 + abs(at_m - spot.at_m) * 100)
    return min(found)
