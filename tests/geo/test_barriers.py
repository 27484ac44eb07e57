import geopandas as gpd
import pytest
from shapely.geometry import LineString, box

from geo.adjacency import shared_borders
from geo.barriers import barrier_crossings, without_barriers
from geo.errors import CrsError

CRS = "EPSG:4549"


def squares(side=100.0):
    """Two rows of two squares: a b below, c d above."""
    names = {"a": (0, 0), "b": (1, 0), "c": (0, 1), "d": (1, 1)}
    shapes = {n: box(side * i, side * j, side * i + side, side * j + side) for n, (i, j) in names.items()}
    return gpd.GeoSeries(shapes, crs=CRS)


def lines(*drawn):
    return gpd.GeoDataFrame({"kind": ["river"] * len(drawn)}, geometry=list(drawn), crs=CRS)


def left_over(shapes, barriers, crossings=None, **options):
    found = without_barriers(shared_borders(shapes), shapes, barriers, crossings, **options)
    return set(zip(found["left"], found["right"], strict=True))


RIVER = LineString([(-50, 104), (250, 97)])
ALL = {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}


def test_a_river_along_a_border_parts_the_grids_on_its_banks_and_no_others():
    assert left_over(squares(), lines(RIVER)) == {("a", "b"), ("c", "d")}


def test_a_bridge_joins_the_grids_at_its_ends_and_no_others():
    bridge = lines(LineString([(50, 60), (50, 140)]))
    crossings = barrier_crossings(squares(), bridge, lines(RIVER))
    assert left_over(squares(), lines(RIVER), crossings) == {("a", "b"), ("c", "d"), ("a", "c")}
    assert left_over(squares(), lines(RIVER), crossings.iloc[:0]) == {("a", "b"), ("c", "d")}


def test_a_short_bridge_between_two_roads_is_a_bridge():
    roads = lines(*(LineString([(50, y), (50, y + 20)]) for y in (70, 90, 110)))
    crossings = barrier_crossings(squares(), roads, lines(RIVER))
    assert crossings.to_numpy().tolist() == [["a", "c"]]


def test_a_road_that_follows_the_barrier_for_a_stretch_and_then_crosses_is_a_crossing():
    """Some 90 m of its 220 m lie in the band."""
    street = lines(LineString([(50, 20), (50, 95), (110, 95), (110, 180)]))
    crossings = barrier_crossings(squares(), street, lines(RIVER))
    assert crossings.to_numpy().tolist() == [["a", "b"], ["b", "d"]]


def test_a_road_along_the_barrier_crosses_nothing_though_it_wavers_about_the_border():
    beside = lines(LineString([(0, 95), (50, 105), (100, 95), (150, 105), (200, 95)]))
    assert barrier_crossings(squares(), beside, lines(RIVER)).empty


@pytest.mark.parametrize("side", [12.0, 40.0, 100.0])
def test_a_barrier_across_a_border_parts_nobody(side):
    """However short the border: the railway runs through a and b, over the border between them."""
    railway = lines(LineString([(-10, side / 2), (2 * side + 10, side / 2)]))
    assert left_over(squares(side), railway) == ALL


def test_a_barrier_too_far_off_or_too_short_parts_nobody():
    beside = lines(LineString([(0, 118), (200, 118)]))
    assert left_over(squares(), beside) == ALL
    assert left_over(squares(), lines(LineString([(0, 100), (30, 100)]))) == ALL
    assert left_over(squares(), beside, within_m=40) == {("a", "b"), ("c", "d")}


def test_both_tracks_of_a_railway_count_once():
    """Each covers 30 m and the same 30 m of the border of 100 m."""
    tracks = lines(LineString([(0, 98), (30, 98)]), LineString([(0, 102), (30, 102)]))
    assert left_over(squares(), tracks) == ALL
    apart = lines(LineString([(0, 98), (30, 98)]), LineString([(70, 102), (100, 102)]))
    assert left_over(squares(), apart) == ALL - {("a", "c")}


def test_without_barriers_nothing_changes_and_inputs_stay():
    shapes, borders = squares(), shared_borders(squares()).assign(link=True)
    before = borders.copy()
    assert without_barriers(borders, shapes, lines()).equals(before)
    cut = without_barriers(borders, shapes, lines(RIVER, None))
    assert cut["link"].tolist() == [True, True]
    assert borders.equals(before)


def test_barriers_in_other_coordinates_are_refused():
    with pytest.raises(CrsError):
        left_over(squares(), lines(RIVER).to_crs(4326))
