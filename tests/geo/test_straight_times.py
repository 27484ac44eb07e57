import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point

from geo.errors import CrsError
from geo.straight_times import straight_times

PLACES = gpd.GeoSeries(
    [Point(0, 0), Point(3_000, 4_000), Point(0, 0)], index=["a", "b", "c"], crs="EPSG:4549"
)


def test_straight_lines_take_as_long_as_lengthened_at_that_speed():
    times = straight_times(PLACES, kmh=20, detour=1.2)
    # 5 km × 1.2 at 20 km/h are 18 minutes.
    assert times.ms.tolist() == [[0, 1_080_000, 0], [1_080_000, 0, 1_080_000], [0, 1_080_000, 0]]
    assert times.ms.dtype == np.int64
    assert times.ms.flags["C_CONTIGUOUS"]


def test_legs_are_straight_and_as_long_as_they_were_taken_to_be():
    legs = straight_times(PLACES, kmh=20, detour=1.2).legs([("a", "b"), ("b", "b")])
    assert legs["m"].tolist() == [6_000, 0]
    assert legs["ms"].tolist() == [1_080_000, 0]
    assert legs.geometry[0].equals(LineString([(0, 0), (3_000, 4_000)]))
    assert legs.crs == PLACES.crs


def test_places_in_degrees_are_refused():
    with pytest.raises(CrsError):
        straight_times(PLACES.set_crs("EPSG:4326", allow_override=True), kmh=20)
