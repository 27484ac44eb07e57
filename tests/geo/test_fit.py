import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.errors import CrsError
from geo.fit import distance_apart_m, point_fits, reading_fits, suggested_system
from geo.gcj02 import SYSTEMS, from_wgs84

CORNER = np.array([540_000.0, 3_320_000.0])  # in Keqiao, EPSG:4549


def tessellation(count, seed, *, size=20_000.0, offset=0.0):
    """`count` polygons that fill a square of `size` metres."""
    square = shapely.box(0, 0, size, size)
    centres = shapely.MultiPoint(np.random.default_rng(seed).uniform(0, size, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(centres, extend_to=square))
    cells = shapely.transform(shapely.intersection(cells, square), lambda xy: xy + CORNER + offset)
    return gpd.GeoSeries(cells, crs=4549)


def merged(cells, into):
    """`cells` joined to about `into` larger polygons, which they nest in."""
    centres = shapely.get_coordinates(shapely.centroid(cells.to_numpy()))
    seats = centres[np.random.default_rng(1).choice(len(cells), into, replace=False)]
    group = np.linalg.norm(centres[:, None] - seats[None], axis=2).argmin(axis=1)
    parts = [shapely.union_all(cells.to_numpy()[group == one]) for one in range(into)]
    return gpd.GeoSeries(parts, crs=4549)


def jittered(layer, metres, seed=0):
    noise = np.random.default_rng(seed)
    rings = [shapely.get_coordinates(shapely.get_exterior_ring(cell))[:-1] for cell in layer]
    moved = [shapely.Polygon(ring + noise.normal(0, metres, ring.shape)) for ring in rings]
    return gpd.GeoSeries(shapely.make_valid(moved, method="structure"), crs=layer.crs)


def shifted(layer, system):
    lonlat = layer.to_crs(4326)
    moved = shapely.transform(
        lonlat.to_numpy(), lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], system=system))
    )
    return gpd.GeoSeries(moved, index=layer.index, crs=4326)


@pytest.fixture(scope="module")
def grids():
    return tessellation(1415, 0)


@pytest.fixture(scope="module")
def villages(grids):
    return merged(grids, 340)


@pytest.fixture(scope="module")
def chiayi(real_data):
    folder = real_data / "china" / "village_polygons_chiayi"
    return tuple(
        gpd.read_file(folder / f"{name}.gpkg").geometry.to_crs(4326) for name in ("villages", "towns")
    )


@pytest.fixture(scope="module")
def shaoxing(real_data):
    folder = real_data / "china" / "county_polygons"
    drawn = gpd.read_file(folder / "shaoxing_6_counties_GCJ02.geojson").set_index("name").geometry
    true = gpd.read_file(folder / "zhejiang_counties_tianditu_cgcs2000.gpkg").set_index("district_name")
    return drawn, true.geometry


def test_keqiao_from_a_map_service_is_recognised_by_its_outline_alone(shaoxing):
    drawn, true = shaoxing
    fits = reading_fits(drawn.loc[["柯桥区"]], true.loc[["柯桥区"]])
    by_system = fits.set_index("system")["fit"]
    assert by_system["raw"] == pytest.approx(0.907, abs=0.001)
    assert by_system["gcj02"] == pytest.approx(0.956, abs=0.001)
    assert by_system["bd09"] == pytest.approx(0.869, abs=0.001)
    assert fits["kind"].unique().tolist() == ["same"]
    assert suggested_system(fits) == "gcj02"


@pytest.mark.parametrize("name", ["越城区", "柯桥区", "上虞区", "新昌县", "诸暨市", "嵊州市"])
def test_each_county_is_recognised_among_its_90_neighbours_and_left_alone_once_right(shaoxing, name):
    """The drawings differ by 2 to 11 % even where both are right."""
    drawn, true = shaoxing
    assert suggested_system(reading_fits(drawn.loc[[name]], true)) == "gcj02"
    assert suggested_system(reading_fits(shifted(true.loc[[name]], "gcj02"), drawn)) is None
    assert (
        suggested_system(reading_fits(shifted(drawn.loc[[name]], "gcj02"), shifted(drawn, "gcj02"))) is None
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_shifted_villages_are_recognised_by_towns_and_towns_by_villages(chiayi, system):
    villages, towns = chiayi
    outline = gpd.GeoSeries([towns.union_all()], crs=4326)
    assert suggested_system(reading_fits(shifted(villages, system), towns)) == system
    assert suggested_system(reading_fits(shifted(towns, system), villages)) == system
    assert suggested_system(reading_fits(shifted(villages, system), outline)) == system
    assert suggested_system(reading_fits(shifted(villages, system), villages)) == system


def test_right_villages_and_towns_are_left_alone(chiayi):
    villages, towns = chiayi
    for layer, loaded in [(villages, towns), (towns, villages), (villages, villages)]:
        fits = reading_fits(layer, loaded)
        assert fits["fit"].iloc[0] == pytest.approx(1.0, abs=1e-6)
        assert fits["fit"].iloc[1:].max() < 0.95
        assert suggested_system(fits) is None


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("noise_m", [0.0, 5.0, 15.0])
def test_shifted_grids_are_recognised_by_villages_though_borders_are_redrawn(
    grids, villages, system, noise_m
):
    new = shifted(jittered(grids, noise_m), system)
    assert suggested_system(reading_fits(new, villages)) == system
    assert suggested_system(reading_fits(new.iloc[:60], villages)) == system


@pytest.mark.parametrize("noise_m", [0.0, 5.0, 15.0])
def test_right_grids_are_left_alone_though_borders_are_redrawn(grids, villages, noise_m):
    new = jittered(grids, noise_m).to_crs(4490)
    assert suggested_system(reading_fits(new, villages)) is None
    assert suggested_system(reading_fits(villages.to_crs(4490), jittered(grids, noise_m))) is None


@pytest.mark.parametrize(("fine", "coarse"), [(3, 5), (8, 12), (20, 40), (80, 60), (150, 500)])
def test_tessellations_that_do_not_nest_never_suggest_a_shift(fine, coarse):
    """Without a border in common, every reading fits as badly: twelve draws each, no false alarm."""
    for seed in range(12):
        new = tessellation(fine, seed, size=9_000, offset=5_000).to_crs(4326)
        loaded = tessellation(coarse, 100 + seed)
        assert suggested_system(reading_fits(new, loaded)) is None


def test_lone_parks_across_borders_never_suggest_a_shift():
    loaded = tessellation(40, 0)
    for seed in range(25):
        draw = np.random.default_rng(seed)
        centres = CORNER + draw.uniform(1_000, 19_000, (draw.integers(1, 15), 2))
        parks = shapely.buffer(shapely.points(centres), draw.uniform(100, 1_500, len(centres)))
        assert suggested_system(reading_fits(gpd.GeoSeries(parks, crs=4549), loaded)) is None


def test_outside_china_the_raw_reading_is_kept(real_data):
    folder = real_data / "police" / "chicago"
    beats = gpd.read_file(folder / "beats_2019.gpkg").geometry
    tracts = gpd.read_file(folder / "census_tracts_2010.gpkg").geometry
    fits = reading_fits(beats, tracts)
    assert fits["fit"].nunique() == 1
    assert suggested_system(fits) is None


def test_layers_apart_fit_nothing_and_suggest_nothing(grids):
    far = tessellation(30, 3, offset=300_000.0)
    fits = reading_fits(far.to_crs(4326), grids)
    assert fits["fit"].isna().all()
    assert fits["kind"].unique().tolist() == ["nothing"]
    assert suggested_system(fits) is None
    assert distance_apart_m(far, grids) == pytest.approx(np.hypot(280_000, 280_000), rel=0.01)


def test_distance_of_neighbours_and_of_another_continent(grids):
    beside = gpd.GeoSeries([shapely.box(*(CORNER + [20_400, 0]), *(CORNER + [21_000, 500]))], crs=4549)
    assert distance_apart_m(beside, grids) == pytest.approx(400, abs=1)
    assert distance_apart_m(grids.iloc[:3].to_crs(4326), grids) == 0
    chicago = gpd.GeoSeries([shapely.Point(-87.6, 41.8)], crs=4326)
    assert 10_000_000 < distance_apart_m(chicago, grids) < 21_000_000
    assert np.isnan(distance_apart_m(gpd.GeoSeries([], crs=4326), grids))


def test_everything_inside_one_partner_tells_nothing(grids):
    region = gpd.GeoSeries([shapely.box(*(CORNER - 50_000), *(CORNER + 80_000))], crs=4549)
    fits = reading_fits(shifted(grids, "gcj02"), region)
    assert (fits["fit"] == 1.0).all()
    assert fits["counted"].iloc[0] == 0
    assert suggested_system(fits) is None


@pytest.mark.parametrize("system", SYSTEMS)
def test_shifted_points_are_recognised_by_the_village_they_name(villages, system):
    draw = np.random.default_rng(0)
    owner = draw.integers(0, len(villages), 300)
    places = gpd.GeoSeries(shapely.point_on_surface(villages.to_numpy()[owner]), crs=4549)
    own = pd.Series(owner.astype(object))
    own.iloc[:20] = None
    own.iloc[20:40] = "elsewhere"
    fits = point_fits(shifted(places, system), own, villages)
    assert fits["counted"].iloc[0] == 260
    assert suggested_system(fits) == system
    assert suggested_system(point_fits(places.to_crs(4326), own, villages)) is None
    wrong_in_a_tenth = own.where(draw.random(300) > 0.1, 0)
    assert suggested_system(point_fits(places.to_crs(4326), wrong_in_a_tenth, villages)) is None
    assert suggested_system(point_fits(shifted(places, system), wrong_in_a_tenth, villages)) == system


def test_points_without_names_are_recognised_by_the_outline_only(villages):
    west = gpd.GeoSeries(shapely.points(CORNER + [[100, 300 + 400 * n] for n in range(45)]), crs=4549)
    fits = reading_fits(shifted(west.translate(19_750, 0), "gcj02"), villages)
    assert fits["kind"].iloc[0] == "points"
    assert suggested_system(fits) == "gcj02"
    assert suggested_system(reading_fits(west.to_crs(4326), villages)) is None


def test_odd_rows_are_passed_over(villages):
    with np.errstate(invalid="ignore"):
        nan = shapely.Polygon([(120, 30), (121, 30), (np.nan, 31)])
    line = shapely.LineString([(120, 30), (121, 31)])
    odd = gpd.GeoSeries([None, shapely.Polygon(), nan, line], crs=4326)
    assert reading_fits(odd, villages)["counted"].tolist() == [0, 0, 0]
    both = pd.concat([odd, villages.to_crs(4326)])
    assert reading_fits(both, villages)["fit"].iloc[0] == pytest.approx(1.0, abs=1e-6)
    assert point_fits(odd, pd.Series([0, 1, 2, 3]), villages)["kind"].iloc[0] == "nothing"


def test_layers_without_crs_are_refused(villages):
    with pytest.raises(CrsError, match="crs_missing"):
        reading_fits(gpd.GeoSeries([shapely.Point(120, 30)]), villages)


def test_the_draw_is_repeatable_and_the_inputs_stay(grids, villages):
    new = shifted(grids, "gcj02")
    before = new.to_wkb().tolist(), villages.to_wkb().tolist()
    first = reading_fits(new, villages, max_features=50, seed=3)
    pd.testing.assert_frame_equal(first, reading_fits(new, villages, max_features=50, seed=3))
    assert first["counted"].iloc[0] == 50
    assert suggested_system(first) == "gcj02"
    assert (new.to_wkb().tolist(), villages.to_wkb().tolist()) == before


def test_a_district_of_1415_grids_is_compared_in_a_second(grids, villages):
    new = shifted(grids, "gcj02")
    reading_fits(new.iloc[:3], villages)  # compiled once
    start = time.process_time()
    reading_fits(new, villages)
    assert time.process_time() - start < 2.0  # 0.15 s where it was measured
