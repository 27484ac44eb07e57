import geopandas as gpd
import pytest
import shapely
from pyproj import CRS

from geo.crs import choose_metric_crs, require_same_metric_crs, to_lonlat, to_metric
from geo.errors import CrsError


def layer(lon, lat, crs="EPSG:4326"):
    return gpd.GeoSeries([shapely.Point(lon, lat)], crs=crs)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (120.5, 30.0, 4549),  # Keqiao: central meridian 120E
        (75.2, 39.5, 4534),  # Kashgar: the first meridian
        (134.8, 48.0, 4554),  # Fuyuan: the last
        (73.6, 39.0, 4534),  # west of every meridian: the nearest
        (-87.6, 41.8, 32616),  # Chicago: UTM
        (7.4, 43.7, 32632),  # Monaco
    ],
)
def test_metric_crs_suits_the_place(lon, lat, epsg):
    assert choose_metric_crs(layer(lon, lat)).to_epsg() == epsg


@pytest.mark.parametrize("epsg", [4214, 4610, 2438, 2379])
def test_beijing_1954_and_xian_1980_are_refused(epsg):
    with pytest.raises(CrsError) as caught:
        to_lonlat(layer(120, 30, CRS.from_epsg(epsg)))
    assert caught.value.code == "crs_refused"


def test_layer_without_crs_is_refused():
    with pytest.raises(CrsError, match="crs_missing"):
        to_metric(layer(1, 1, None), CRS.from_epsg(4549))


def test_empty_layer_has_no_place():
    with pytest.raises(CrsError, match="crs_of_nothing"):
        choose_metric_crs(gpd.GeoSeries([], crs="EPSG:4326"))


def test_feet_are_not_metric():
    feet = layer(1_000_000, 1_900_000, "EPSG:3435")
    with pytest.raises(CrsError) as caught:
        require_same_metric_crs(stations=feet)
    assert caught.value.facts["layer"] == "stations"


def test_easting_comes_first_and_input_is_unchanged():
    place = layer(120.0, 30.0)
    metric = to_metric(place, CRS.from_epsg(4549))
    assert metric.iloc[0].x == pytest.approx(500_000, abs=0.01)
    assert metric.iloc[0].y == pytest.approx(3_320_113, abs=1)
    assert place.iloc[0].x == 120.0


def test_two_layers_in_different_crs_are_named():
    with pytest.raises(CrsError) as caught:
        require_same_metric_crs(grids=layer(0, 0, "EPSG:4549"), zones=layer(0, 0, "EPSG:4548"))
    assert (caught.value.facts["first"], caught.value.facts["second"]) == ("grids", "zones")
