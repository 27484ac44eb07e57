import geopandas as gpd
import pytest
import shapely
from pyproj import CRS
from pyproj.database import query_crs_info

from geo.crs import (
    choose_metric_crs,
    in_china_box,
    refuse_unknown,
    require_same_metric_crs,
    to_lonlat,
    to_metric,
)
from geo.errors import CrsError


def geographic(name, datum, ellipsoid):
    return (
        f'GEOGCS["{name}",DATUM["{datum}",SPHEROID[{ellipsoid}]],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
    )


def projected(name, base, easting=500_000, meridian=120):
    return (
        f'PROJCS["{name}",{base},PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",{easting}.0],'
        f'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{meridian}.0],'
        'PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )


def with_height(horizontal):
    return f'COMPD_CS["with height",{horizontal},VERT_CS["h",VERT_DATUM["h",2005],UNIT["metre",1.0]]]'


KRASSOWSKY, IAG, GRS80 = '"E",6378245.0,298.3', '"E",6378140.0,298.257', '"E",6378137.0,298.257222101'
BEIJING = geographic("GCS_Beijing_1954", "D_Beijing_1954", KRASSOWSKY)
XIAN = geographic("GCS_Xian_1980", "D_Xian_1980", IAG)
CHINA_2000 = geographic("GCS_China_Geodetic_Coordinate_System_2000", "D_China_2000", GRS80)


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


def registered(needle):
    for authority in ("EPSG", "ESRI"):
        for info in query_crs_info(auth_name=authority):
            if needle(info.name.lower()):
                yield f"{authority}:{info.code}"


def test_every_registered_crs_on_an_old_chinese_datum_is_refused():
    """Geographic, 3- and 6-degree with and without zone number, EPSG and ESRI: 196 in PROJ 9.5."""
    codes = list(registered(lambda name: "beijing" in name or "xian 1980" in name or "xian_1980" in name))
    assert len(codes) > 150
    assert {"EPSG:4214", "EPSG:4610", "EPSG:4555", "EPSG:2327", "EPSG:2442", "EPSG:21413"} <= set(codes)
    for code in codes:
        with pytest.raises(CrsError) as caught:
            refuse_unknown(CRS.from_user_input(code))
        assert caught.value.code == "crs_refused", code


def test_every_other_registered_crs_of_the_region_passes():
    """CGCS2000 and WGS84 in China; its neighbours' datums, some on the same ellipsoid as Beijing 1954."""
    wanted = ("cgcs2000", "china geodetic", "pulkovo", "hanoi", "lao ", "wgs 84 / utm", "hong kong", "twd")
    codes = [f"EPSG:{code}" for code in (4326, 4479, 4480, 4490, 3857, 2326, 3826, 3435)]
    codes += registered(lambda name: name.startswith(wanted) and "height" not in name)
    assert len(codes) > 200
    for code in codes:
        refuse_unknown(CRS.from_user_input(code))


@pytest.mark.parametrize(
    "stated",
    [
        4214,
        4610,
        4555,
        2438,
        2379,
        BEIJING,
        XIAN,
        projected("Beijing_1954_3_Degree_GK_CM_120E", BEIJING),
        projected("Xian_1980_3_Degree_GK_Zone_39", XIAN, 39_500_000, 117),
        geographic("GCS_New_Beijing", "D_New_Beijing", KRASSOWSKY),
        geographic("GCS_Krasovsky_1940", "D_Krasovsky_1940", KRASSOWSKY),  # no datum: how ArcGIS says it
        geographic("unknown", "unknown", KRASSOWSKY),
        geographic("unnamed", "D_Unknown", IAG),
        projected("Krasovsky_1940_Transverse_Mercator", geographic("k", "D_Krasovsky_1940", KRASSOWSKY)),
        geographic("北京54坐标系", "北京54", '"E",6378137.0,298.257222101'),  # by name, ellipsoid wrong
        projected("西安80 3度带 120", geographic("g", "unknown", GRS80)),
        projected("BJ54_120", geographic("g", "unknown", GRS80)),
        projected("Xi'an 1980 local", geographic("g", "unknown", GRS80)),
        with_height(projected("Xian_1980_3_Degree_GK_CM_120E", XIAN)),
        "EPSG:2438+5737",
        "+proj=longlat +ellps=krass +no_defs",
        "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass +units=m +no_defs",
        "+proj=tmerc +lon_0=120 +x_0=500000 +a=6378140 +b=6356755.288157528 +units=m +no_defs",
        # bound to WGS84 by shift parameters of unknown origin
        "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3,0,0,0,0 +units=m",
        BEIJING.replace("]],PRIMEM", "],TOWGS84[15.8,-154.4,-82.3,0,0,0,0]],PRIMEM"),
        CRS.from_epsg(2438).to_wkt("WKT1_ESRI"),
        CRS.from_epsg(2379).to_wkt("WKT1_GDAL"),
        CRS.from_epsg(2349).to_wkt("WKT2_2015"),
    ],
)
def test_beijing_1954_and_xian_1980_are_refused_however_they_are_stated(stated):
    crs = CRS.from_user_input(stated)
    with pytest.raises(CrsError) as caught:
        to_lonlat(layer(120, 30, crs))
    assert caught.value.code == "crs_refused"
    with pytest.raises(CrsError):
        to_metric(layer(120, 30, crs), CRS.from_epsg(4549))


@pytest.mark.parametrize(
    "stated",
    [
        CHINA_2000,
        projected("CGCS2000_3_Degree_GK_Zone_40", CHINA_2000, 40_500_000),
        projected("Beijing_local_2000", CHINA_2000, meridian=116),  # the city's name, not the datum's
        projected("Xian_city_CGCS2000", CHINA_2000, meridian=109),
        geographic("Pulkovo 1942", "Pulkovo_1942", KRASSOWSKY),
        "EPSG:28420",  # Pulkovo 1942 / Gauss-Kruger zone 20
        "+proj=longlat +ellps=GRS80 +no_defs",
        "+proj=tmerc +lon_0=120.5 +x_0=500000 +ellps=GRS80 +units=m",
        with_height(projected("CGCS2000_3_Degree_GK_CM_120E", CHINA_2000)),
    ],
)
def test_what_can_be_converted_passes(stated):
    refuse_unknown(CRS.from_user_input(stated))


def test_local_crs_without_a_place_on_earth_is_refused():
    with pytest.raises(CrsError) as caught:
        refuse_unknown(CRS.from_wkt('LOCAL_CS["city grid",UNIT["metre",1]]'))
    assert (caught.value.code, caught.value.facts["found"]) == ("crs_local", "city grid")


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4326"])
def test_x_is_longitude_though_the_crs_puts_latitude_first(code):
    assert CRS.from_user_input(code).axis_info[0].direction == "north"
    place = layer(120.5, 30.0, code)
    assert shapely.get_coordinates(to_lonlat(place).to_numpy()).tolist() == [[120.5, 30.0]]
    metric = to_metric(place, CRS.from_epsg(4549)).iloc[0]
    assert metric.x == pytest.approx(548_243, abs=2)
    assert metric.y == pytest.approx(3_320_218, abs=2)


def test_zone_number_only_moves_the_easting():
    """EPSG:4528 is zone 40, EPSG:4549 the same without; both say northing first, x is the easting."""
    zone = layer(40_548_243, 3_320_218, "EPSG:4528")
    metric = to_metric(zone, CRS.from_epsg(4549)).iloc[0]
    assert (metric.x, metric.y) == pytest.approx((548_243, 3_320_218), abs=0.01)


def test_box_of_china_holds_more_than_china_and_no_nonsense():
    lon, lat = [120.5, 121.0, 127.0, -87.6, float("nan")], [30.0, 23.5, 37.5, 41.8, 30.0]
    assert in_china_box(lon, lat).tolist() == [True, True, True, False, False]


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
