import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import SettingError
from geo.gcj02 import SYSTEMS, from_wgs84, shapes_to_wgs84, to_wgs84

M_PER_DEG = 111_320
inland_lon = st.floats(72.1, 137.7)
inland_lat = st.floats(0.9, 55.7)


def metres_apart(lon, lat, other_lon, other_lat):
    east = (np.asarray(lon) - other_lon) * np.cos(np.radians(lat)) * M_PER_DEG
    return np.hypot(east, (np.asarray(lat) - other_lat) * M_PER_DEG)


@pytest.mark.parametrize(("system", "column"), [("gcj02", "GCJ02"), ("bd09", "BD09")])
def test_664_cities_agree_with_the_published_table_within_a_metre(real_data, system, column):
    cities = pd.read_csv(real_data / "gcj02" / "gcoord_fixture_664_cities.csv")
    assert len(cities) == 664
    true = cities["WGS84_x"].to_numpy(), cities["WGS84_y"].to_numpy()
    shifted = cities[f"{column}_x"].to_numpy(), cities[f"{column}_y"].to_numpy()
    assert metres_apart(*from_wgs84(*true, system=system), *shifted).max() < 1.0
    assert metres_apart(*to_wgs84(*shifted, system=system), *true).max() < 1.0


def eviltransform_vectors(real_data, kind):
    vectors = pd.read_csv(real_data / "gcj02" / "eviltransform_test_vectors.csv")
    vectors = vectors[vectors["kind"] == kind]
    assert len(vectors) >= 2
    return tuple(vectors[column].to_numpy() for column in ("in_lon", "in_lat", "out_lon", "out_lat"))


def test_eviltransform_vectors_of_gcj02(real_data):
    in_lon, in_lat, *expected = eviltransform_vectors(real_data, "wgs2gcj")
    np.testing.assert_allclose(from_wgs84(in_lon, in_lat, system="gcj02"), expected, rtol=0, atol=1e-9)


def test_eviltransform_vectors_of_baidu_come_from_its_slip(real_data):
    """
    It has plain pi where ``bd_encrypt`` has 3000 pi / 180, and subtracts the offset once: 10 to 40 m off.

    With both slips its numbers come out to the last digit; without, the 664 cities do.
    """
    in_lon, in_lat, *expected = eviltransform_vectors(real_data, "bd2wgs")
    x, y = in_lon - 0.0065, in_lat - 0.006
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * np.pi)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * np.pi)
    lon, lat = radius * np.cos(angle), radius * np.sin(angle)
    there = from_wgs84(lon, lat, system="gcj02")
    np.testing.assert_allclose((2 * lon - there[0], 2 * lat - there[1]), expected, rtol=0, atol=1e-12)
    assert 5 < metres_apart(*to_wgs84(in_lon, in_lat, system="bd09"), *expected).max() < 50


def test_shift_by_hand_where_most_terms_vanish():
    """At 105E 35N every sine is zero: 300 m east and 100 m south remain."""
    lon, lat = from_wgs84(105.0, 35.0, system="gcj02")
    assert metres_apart(105.0, 35.0, lon, 35.0) == pytest.approx(300, abs=1)
    assert (35.0 - lat) * 110_941 == pytest.approx(100, abs=1)


@pytest.mark.parametrize("system", SYSTEMS)
@given(lon=inland_lon, lat=inland_lat)
def test_there_and_back_ends_within_a_centimetre(system, lon, lat):
    back = to_wgs84(*from_wgs84(lon, lat, system=system), system=system)
    assert metres_apart(lon, lat, *back) < 0.01
    assert np.abs(np.subtract(back, (lon, lat))).max() < 1e-9
    forth = from_wgs84(*to_wgs84(lon, lat, system=system), system=system)
    assert np.abs(np.subtract(forth, (lon, lat))).max() < 1e-9


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(("lon", "lat"), [(-87.6, 41.9), (7.4, 43.7), (153.0, -27.5), (-43.2, -22.9), (0, 0)])
def test_outside_china_nothing_moves(system, lon, lat):
    assert tuple(map(float, from_wgs84(lon, lat, system=system))) == (lon, lat)
    assert tuple(map(float, to_wgs84(lon, lat, system=system))) == (lon, lat)


@pytest.mark.parametrize("convert", [from_wgs84, to_wgs84])
def test_no_number_stays_none_and_spoils_no_other(convert):
    alone = convert(np.array([120.5]), np.array([30.0]), system="bd09")
    lon, lat = convert(np.array([np.nan, 120.5, np.inf]), np.array([30.0, 30.0, 30.0]), system="bd09")
    assert np.isnan(lon[0])
    assert (lon[1], lat[1]) == (alone[0][0], alone[1][0])
    assert lon[2] == np.inf


def test_empty_in_empty_out():
    lon, lat = to_wgs84([], [], system="gcj02")
    assert lon.size == lat.size == 0


@pytest.mark.parametrize("convert", [from_wgs84, to_wgs84])
def test_unknown_system_is_named(convert):
    with pytest.raises(SettingError) as caught:
        convert(120.0, 30.0, system="gcj-2")
    assert caught.value.code == "system_unknown"
    assert caught.value.facts["found"] == "gcj-2"
    with pytest.raises(SettingError):
        shapes_to_wgs84(np.array([], dtype=object), system="gcj-2")


def test_shapes_move_without_heights_and_the_input_stays():
    shapes = np.array([shapely.Point(120.5, 30.0, 7.0), None, shapely.box(120, 30, 121, 31)], dtype=object)
    before = shapely.to_wkb(shapes).copy()
    moved = shapes_to_wgs84(shapes, system="gcj02")
    lon, lat = to_wgs84(120.5, 30.0, system="gcj02")
    assert shapely.get_coordinates(moved[0]).tolist() == [[float(lon), float(lat)]]
    assert not moved[0].has_z
    assert moved[1] is None
    assert list(shapely.to_wkb(shapes)) == list(before)


def test_keqiao_outline_is_put_right(real_data):
    """Read raw it overlaps the true outline, drawn with a third of its vertices, by 0.907."""
    folder = real_data / "china" / "county_polygons"
    counties = gpd.read_file(folder / "shaoxing_6_counties_GCJ02.geojson")
    true = gpd.read_file(folder / "zhejiang_counties_tianditu_cgcs2000.gpkg").to_crs(4549)
    true = true.geometry[true["district_name"] == "柯桥区"].iloc[0]
    keqiao = counties.geometry[counties["name"] == "柯桥区"].to_numpy()

    def overlap(shapes):
        shape = gpd.GeoSeries(shapes, crs=4326).to_crs(4549).iloc[0]
        return shape.intersection(true).area / shape.union(true).area

    assert overlap(keqiao) == pytest.approx(0.907, abs=0.001)
    assert overlap(shapes_to_wgs84(keqiao, system="gcj02")) == pytest.approx(0.956, abs=0.001)
    assert overlap(shapes_to_wgs84(keqiao, system="bd09")) < 0.9
