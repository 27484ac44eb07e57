"""Areas in common: by hand, against GEOS on every kind of dirt, and where GEOS must take over."""

import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely import MultiPolygon, Point, Polygon, box

from geo import overlay
from geo.errors import CrsError, SettingError

METRIC = "EPSG:4549"  # CGCS2000 / 3-degree Gauss-Kruger, central meridian 120E
FAR = (500_000.0, 3_300_000.0)
# A tenth of the promise. GEOS itself drops overlaps a micrometre wide (up to 5e-4 m² on these polygons)
# where coordinates are large.
TOLERANCE_M2 = 1e-3

seeds = st.integers(0, 2**32 - 1)
places = st.sampled_from([(0.0, 0.0), FAR])


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    overlay.warm_up()


def layer(*shapes, index=None, crs=METRIC):
    return gpd.GeoSeries(list(shapes), index=index, crs=crs)


def moved(shapes, x, y):
    return [shapely.transform(shape, lambda xy: xy + (x, y)) for shape in shapes]


def areas(left, right, **options):
    table = overlay.overlap_areas(left, right, **options)
    return {(a, b): area for a, b, area in table.itertuples(index=False)}


def plain_areas(left, right):
    """Intersect everything with everything, with nothing of the module under test."""
    found = {}
    for a, one in left.items():
        for b, two in right.items():
            one, two = (shapely.make_valid(g, method="structure", keep_collapsed=False) for g in (one, two))
            found[a, b] = shapely.area(shapely.intersection(one, two))
    return found


def assert_like_geos(left, right, tolerance=TOLERANCE_M2):
    left, right = (gpd.GeoSeries(s, crs=METRIC) for s in (left, right))
    expected = plain_areas(left, right)
    for engine in ("edges", "geos"):
        got = areas(left, right, engine=engine)
        assert set(got) <= set(expected)
        for pair, area in expected.items():
            assert got.get(pair, 0.0) == pytest.approx(area, rel=1e-9, abs=tolerance), (engine, pair)


def by_geos(left, right):
    found = overlay._overlaps_by_edges(overlay._kernel(), np.array(left), np.array(right), 1)
    return found.by_geos


def star(rng, radius=100.0, corners=None, centre=(0.0, 0.0)):
    corners = corners or int(rng.integers(4, 40))
    # No gap of half a turn, so that the ring never crosses itself.
    angle = (np.arange(corners) + rng.uniform(0, 0.9, corners)) * 2 * np.pi / corners
    reach = radius * rng.uniform(0.2, 1.0, corners)
    return Polygon(np.c_[reach * np.cos(angle), reach * np.sin(angle)] + centre)


def stars(rng, count, spread=150.0):
    return [star(rng, centre=rng.uniform(-spread, spread, 2)) for _ in range(count)]


def pierced(rng, shape):
    """Cut a scaled copy of a star out of it, and put a smaller one back as an island."""
    hole = shapely.affinity.scale(shape, 0.6, 0.6, origin=shape.representative_point())
    island = shapely.affinity.scale(shape, 0.2, 0.2, origin=shape.representative_point())
    return shape.difference(hole).union(island) if rng.random() < 0.5 else shape.difference(hole)


def tessellation(rng, columns=4, rows=3, size=100.0, pieces=3):
    """Cells with wiggly shared borders; every border is one list of points, used by both sides."""
    corner = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0), indexing="ij"), -1) * size
    corner += rng.uniform(-0.25, 0.25, corner.shape) * size
    share = np.arange(1, pieces) / pieces

    def border(a, b):
        wiggle = rng.uniform(-0.1, 0.1, (pieces - 1, 2)) * size / pieces
        return np.concatenate([[a], a + (b - a) * share[:, None] + wiggle, [b]])

    along = {(c, r): border(corner[c, r], corner[c + 1, r]) for c in range(columns) for r in range(rows + 1)}
    up = {(c, r): border(corner[c, r], corner[c, r + 1]) for c in range(columns + 1) for r in range(rows)}
    return [
        Polygon(
            np.concatenate(
                [along[c, r][:-1], up[c + 1, r][:-1], along[c, r + 1][:0:-1], up[c, r][:0:-1]],
            )
        )
        for c in range(columns)
        for r in range(rows)
    ]


def jittered(rng, shapes, size_m):
    return [shapely.transform(s, lambda xy: closed(xy + rng.normal(0, size_m, xy.shape))) for s in shapes]


def closed(xy):
    xy[-1] = xy[0]
    return xy


def with_last_x(value):
    return shapely.transform(box(0, 0, 1, 1), lambda xy: np.where(xy == (0, 1), (value, 1), xy))


# By hand


def test_two_unit_squares_shifted_by_half_share_a_quarter():
    assert areas(layer(box(0, 0, 1, 1)), layer(box(0.5, 0.5, 1.5, 1.5))) == {(0, 0): pytest.approx(0.25)}


def test_pairs_carry_the_labels_and_come_sorted_by_position():
    left = layer(box(1, 0, 2, 1), box(0, 0, 1, 1), index=["z", "a"])
    right = layer(box(0.5, 0, 1.5, 1), box(0, 0, 2, 1), index=[7, 3])
    got = overlay.overlap_areas(left, right)
    expected = pd.DataFrame(
        {"left": ["z", "z", "a", "a"], "right": [7, 3, 7, 3], "area_m2": [0.5, 1.0, 0.5, 1.0]}
    )
    assert_frame_equal(got, expected)


def test_multiindex_labels_become_tuples():
    index = pd.MultiIndex.from_tuples([("town", 1)])
    assert list(areas(layer(box(0, 0, 1, 1), index=index), layer(box(0, 0, 1, 1)))) == [(("town", 1), 0)]


def test_squares_touching_along_an_edge_or_at_a_corner_do_not_overlap():
    around = [box(1, 0, 2, 1), box(1, 1, 2, 2), box(-1, -1, 0, 0), box(0, 1, 1, 2), box(0.25, 1, 0.5, 2)]
    assert areas(layer(box(0, 0, 1, 1)), layer(*around)) == {}
    assert areas(layer(*around), layer(box(0, 0, 1, 1))) == {}


def test_equal_squares_share_everything():
    assert areas(layer(box(0, 0, 1, 1)), layer(box(0, 0, 1, 1))) == {(0, 0): pytest.approx(1.0)}


def test_polygon_in_a_hole_overlaps_nothing_and_across_its_rim_only_the_rest():
    frame = box(0, 0, 10, 10).difference(box(3, 3, 7, 7))
    right = layer(box(4, 4, 6, 6), box(3, 3, 7, 7), box(2, 4, 5, 6), box(-1, -1, 11, 11))
    assert areas(layer(frame), right) == pytest.approx({(0, 2): 2.0, (0, 3): 84.0})


def test_parts_of_a_multipolygon_add_up():
    parts = MultiPolygon([box(0, 0, 1, 1), box(4, 0, 5, 1)])
    assert areas(layer(parts), layer(box(0.5, 0, 4.25, 1))) == {(0, 0): pytest.approx(0.75)}


def test_ring_direction_does_not_matter():
    clockwise = Polygon([(0, 0), (0, 2), (2, 2), (2, 0)], [[(0.5, 0.5), (1, 0.5), (1, 1), (0.5, 1)]])
    assert areas(layer(clockwise), layer(shapely.reverse(clockwise))) == {(0, 0): pytest.approx(3.75)}


def test_polygons_of_one_layer_may_overlap_each_other():
    right = layer(box(0, 0, 2, 2), box(1, 1, 3, 3), box(0, 0, 2, 2))
    assert areas(layer(box(0, 0, 2, 2)), right) == pytest.approx({(0, 0): 4.0, (0, 1): 1.0, (0, 2): 4.0})


def test_bowtie_counts_with_both_its_wings():
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    for engine in ("edges", "geos"):
        got = areas(layer(bowtie), layer(box(0, 0, 1, 2), box(0, 0, 2, 2)), engine=engine)
        assert got == pytest.approx({(0, 0): 1.0, (0, 1): 2.0}), engine


def test_a_spike_and_a_doubled_vertex_change_nothing():
    spiked = Polygon([(0, 0), (1, 0), (1, 0), (1, 1), (5, 1), (1, 1), (0, 1)])
    assert areas(layer(spiked), layer(box(0, 0, 9, 9))) == {(0, 0): pytest.approx(1.0)}


def test_overlapping_parts_count_once():
    doubled = MultiPolygon([box(0, 0, 2, 2), box(1, 0, 3, 2)])
    assert areas(layer(doubled), layer(box(0, 0, 9, 9))) == {(0, 0): pytest.approx(6.0)}


def test_a_polygon_that_repair_leaves_empty_overlaps_nothing():
    flat = Polygon([(0, 0), (1, 0), (2, 0)])
    assert areas(layer(flat, box(0, 0, 1, 1)), layer(box(0, 0, 9, 9))) == {(1, 0): pytest.approx(1.0)}


def test_pairs_up_to_the_smallest_area_are_left_out():
    left, right = layer(box(0, 0, 1, 1)), layer(box(0.5, 0, 2, 1), box(0.75, 0, 2, 1))
    assert list(areas(left, right, min_area_m2=0.3)) == [(0, 0)]
    assert areas(left, right, min_area_m2=2.0) == {}


# Inputs


@pytest.mark.parametrize("engine", ["edges", "geos"])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        (layer(), layer()),
        (layer(), layer(box(0, 0, 1, 1))),
        (layer(box(0, 0, 1, 1)), layer()),
        (layer(None, Polygon()), layer(box(0, 0, 1, 1))),
        (layer(box(0, 0, 1, 1)), layer(None, MultiPolygon())),
        (layer(Point()), layer(box(0, 0, 1, 1))),
    ],
)
def test_nothing_in_nothing_out(left, right, engine):
    table = overlay.overlap_areas(left, right, engine=engine)
    assert list(table.columns) == ["left", "right", "area_m2"]
    assert len(table) == 0
    assert table["area_m2"].dtype == float


@pytest.mark.parametrize("engine", ["edges", "geos"])
def test_null_and_empty_geometries_are_passed_over(engine):
    left = layer(None, box(0, 0, 1, 1), Polygon(), index=list("abc"))
    right = layer(Polygon(), None, box(0, 0, 2, 2), index=list("xyz"))
    assert areas(left, right, engine=engine) == {("b", "z"): pytest.approx(1.0)}


@pytest.mark.parametrize("engine", ["edges", "geos"])
def test_inputs_stay_as_they_are(engine):
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    clockwise = Polygon([(0, 0), (0, 2), (2, 2), (2, 0)])
    left, right = layer(bowtie, clockwise, None), layer(clockwise, box(1, 1, 3, 3))
    before = left.to_wkb(), right.to_wkb()
    overlay.overlap_areas(left, right, engine=engine)
    assert left.to_wkb().equals(before[0])
    assert right.to_wkb().equals(before[1])
    assert not shapely.is_prepared(np.concatenate([left.array, right.array])).any()


def test_heights_are_ignored():
    left = layer(shapely.force_3d(box(0, 0, 1, 1), 30.0))
    assert areas(left, layer(box(0, 0, 1, 1))) == {(0, 0): pytest.approx(1.0)}


@pytest.mark.parametrize(
    ("left_crs", "right_crs", "code"),
    [
        (None, METRIC, "crs_missing"),
        (METRIC, None, "crs_missing"),
        ("EPSG:4490", "EPSG:4490", "crs_not_metric"),  # degrees
        ("EPSG:2263", "EPSG:2263", "crs_not_metric"),  # feet
        (METRIC, "EPSG:4550", "crs_differ"),
    ],
)
def test_layers_need_the_same_metric_crs(left_crs, right_crs, code):
    with pytest.raises(CrsError, match=code) as caught:
        overlay.overlap_areas(layer(box(0, 0, 1, 1), crs=left_crs), layer(box(0, 0, 1, 1), crs=right_crs))
    assert caught.value.code == code


@pytest.mark.parametrize("engine", ["edges", "geos"])
@pytest.mark.parametrize(
    ("right", "code"),
    [
        (layer(box(0, 0, 1, 1), box(0, 0, 1, 1), index=["a", "a"]), "label_repeated"),
        (layer(Point(0, 0)), "not_polygons"),
        (layer(with_last_x(np.nan)), "not_finite"),
        (layer(with_last_x(np.inf)), "not_finite"),
    ],
)
def test_layers_that_cannot_be_answered_for_are_refused(right, code, engine):
    with pytest.raises(SettingError, match=code) as caught:
        overlay.overlap_areas(layer(box(0, 0, 1, 1)), right, engine=engine)
    assert caught.value.facts["layer"] == "right"
    assert caught.value.facts["labels"] == (right.index[0],)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"engine": "magic"}, "engine_unknown"),
        ({"min_area_m2": -1.0}, "min_area_negative"),
        ({"min_area_m2": float("nan")}, "min_area_negative"),
        ({"workers": 0}, "workers_too_few"),
    ],
)
def test_options_out_of_range_are_refused(options, code):
    with pytest.raises(SettingError, match=code):
        overlay.overlap_areas(layer(), layer(), **options)


# Against GEOS


@settings(deadline=None, max_examples=60)
@given(seed=seeds, place=places)
def test_random_stars_agree_with_geos(seed, place):
    rng = np.random.default_rng(seed)
    assert_like_geos(moved(stars(rng, 5), *place), moved(stars(rng, 4), *place))


@settings(deadline=None, max_examples=40)
@given(seed=seeds, place=places)
def test_holes_and_islands_agree_with_geos(seed, place):
    rng = np.random.default_rng(seed)
    left = [pierced(rng, s) for s in stars(rng, 4)]
    right = [shapely.union_all([pierced(rng, s) for s in stars(rng, 3)]), pierced(rng, star(rng, 300.0))]
    polygonal = [s for s in left + right if s.geom_type in ("Polygon", "MultiPolygon")]
    assert_like_geos(moved(polygonal, *place), moved(polygonal[::-1], *place))


@settings(deadline=None, max_examples=40)
@given(seed=seeds, place=places)
def test_cells_shared_with_zones_made_of_them_agree_with_geos(seed, place):
    rng = np.random.default_rng(seed)
    cells = moved(tessellation(rng), *place)
    zones = [shapely.union_all([cells[n] for n in group]) for group in np.array_split(rng.permutation(12), 3)]
    assert_like_geos(cells, zones)
    assert_like_geos(zones, cells)


@settings(deadline=None, max_examples=40)
@given(seed=seeds, size_m=st.sampled_from([0.0, 1e-9, 3e-9, 1e-6, 1e-3]), place=places)
def test_the_same_cells_digitised_again_agree_with_geos(seed, size_m, place):
    rng = np.random.default_rng(seed)
    cells = moved(tessellation(rng), *place)
    assert_like_geos(cells, jittered(rng, cells, size_m))


@settings(deadline=None, max_examples=60)
@given(seed=seeds, grid=st.sampled_from([1.0, 10.0, 50.0]), place=places)
def test_coordinates_snapped_to_a_grid_agree_with_geos(seed, grid, place):
    rng = np.random.default_rng(seed)
    snapped = [shapely.transform(s, lambda xy: np.round(xy / grid) * grid) for s in stars(rng, 8, 80.0)]
    assert_like_geos(moved(snapped[:4], *place), moved(snapped[4:], *place))


@settings(deadline=None, max_examples=40)
@given(seed=seeds, place=places)
def test_boxes_on_a_lattice_agree_with_geos(seed, place):
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 5, (10, 2))
    boxes = [box(*low, *(low + size)) for low, size in zip(corner, rng.integers(1, 4, (10, 2)), strict=True)]
    boxes.append(shapely.union_all(boxes[:3]))
    boxes.append(box(-1, -1, 8, 8).difference(shapely.union_all(boxes[3:6])))
    assert_like_geos(moved(boxes, *place), moved(boxes, *place))


@settings(deadline=None, max_examples=40)
@given(seed=seeds, place=places)
def test_vertices_lying_on_the_others_edges_agree_with_geos(seed, place):
    rng = np.random.default_rng(seed)
    shapes = moved(stars(rng, 5), *place)
    dense = [shapely.segmentize(s, float(rng.uniform(1, 50))) for s in shapes]
    assert_like_geos(shapes, dense)


@settings(deadline=None, max_examples=40)
@given(seed=seeds, width=st.sampled_from([1e-8, 1e-6, 1e-3, 0.1]), place=places)
def test_slivers_agree_with_geos(seed, width, place):
    rng = np.random.default_rng(seed)
    turn = float(rng.uniform(0, 360))
    slivers = [box(-200, y, 200, y + width) for y in rng.uniform(-50, 50, 4)]
    slivers = [shapely.affinity.rotate(s, turn, origin=(0, 0)) for s in slivers]
    assert_like_geos(moved(slivers, *place), moved([*stars(rng, 3), *slivers], *place))


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_self_crossing_rings_agree_with_geos(seed):
    rng = np.random.default_rng(seed)
    tangled = [Polygon(rng.uniform(-100, 100, (int(rng.integers(4, 9)), 2))) for _ in range(4)]
    assert_like_geos(tangled, [*stars(rng, 3), *tangled])


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_simple_rings_are_told_from_crossing_ones_as_geos_does(seed):
    kernel = overlay._kernel()
    rng = np.random.default_rng(seed)
    shapes = np.array(
        [Polygon(rng.uniform(-9, 9, (5, 2))) for _ in range(10)]
        + [shapely.transform(star(rng, 9.0), np.round) for _ in range(10)]
        + stars(rng, 10)
    )
    sure = kernel.surely_valid(kernel.build_layer(*overlay._rings(shapes, np.zeros(2))))
    assert not (sure & ~shapely.is_valid(shapes)).any()
    assert sure[20:].all()


def test_a_ring_going_twice_round_its_middle_is_not_taken_for_a_star():
    turn = np.arange(5) * 2 * (2 * np.pi / 5)
    pentagram = Polygon(np.c_[np.cos(turn), np.sin(turn)] * 100)
    assert_like_geos([pentagram], [box(-20, -20, 20, 200), pentagram])


def test_a_ring_of_many_vertices_agrees_with_geos():
    rng = np.random.default_rng(1)
    outline = Point(FAR).buffer(40_000, quad_segs=5_000)
    parts = moved([star(rng, 30_000.0, 3_000), star(rng, 45_000.0, 3_000), outline], *FAR)
    assert_like_geos([outline], [*parts[:2], outline], tolerance=0.01)


def test_cells_tile_a_zone_to_the_square_millimetre():
    cells = gpd.GeoSeries(moved(tessellation(np.random.default_rng(5), 20, 20), *FAR), crs=METRIC)
    zone = gpd.GeoSeries([cells.union_all()], crs=METRIC)
    table = overlay.overlap_areas(cells, zone)
    assert len(table) == 400
    assert table["area_m2"].sum() == pytest.approx(zone.area.sum(), abs=1e-6)


def test_a_table_turned_round_is_the_table_of_the_layers_turned_round():
    rng = np.random.default_rng(3)
    left, right = layer(*moved(tessellation(rng), *FAR)), layer(*moved(stars(rng, 5), *FAR))
    turned = overlay.overlap_areas(right, left).rename(columns={"left": "right", "right": "left"})
    turned = turned.sort_values(["left", "right"], ignore_index=True)[["left", "right", "area_m2"]]
    assert_frame_equal(overlay.overlap_areas(left, right), turned, rtol=0, atol=1e-6)


# Blocks, workers, fallback


@pytest.fixture
def _small_blocks(monkeypatch):
    monkeypatch.setattr(overlay, "BLOCK_VERTICES", 200)
    monkeypatch.setattr(overlay, "GEOS_BLOCK", 7)


@pytest.mark.usefixtures("_small_blocks")
def test_the_number_of_workers_changes_no_bit():
    rng = np.random.default_rng(4)
    cells = layer(*moved(tessellation(rng, 12, 12), *FAR))
    again = layer(*jittered(rng, cells, 1e-3))
    one = overlay.overlap_areas(cells, again, workers=1)
    assert len(one) > 400
    for workers in (2, 3, None):
        assert_frame_equal(overlay.overlap_areas(cells, again, workers=workers), one, check_exact=True)


@pytest.mark.usefixtures("_small_blocks")
def test_small_blocks_agree_with_geos():
    rng = np.random.default_rng(6)
    cells = moved(tessellation(rng, 6, 6), *FAR)
    assert_like_geos(cells, jittered(rng, cells, 1e-3))


def test_clean_nested_layers_need_no_geos():
    cells = moved(tessellation(np.random.default_rng(7), 10, 10), *FAR)
    zones = [shapely.union_all(cells[n : n + 10]) for n in range(0, 100, 10)]
    assert by_geos(cells, zones) == 0
    assert by_geos(cells, cells) == 0
    assert by_geos([box(x, y, x + 1, y + 1) for x in range(5) for y in range(5)], [box(0, 0, 5, 5)]) == 0


def test_ties_that_the_nudge_itself_makes_are_left_to_geos():
    # The right layer lies just where the nudge moves it onto the left one: each comparison is a tie.
    cells = [box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)]
    x, y = -overlay._nudge(4.0)
    again = moved(cells, x, y)
    assert by_geos(cells, again) >= 16
    expected = {(n, n): pytest.approx(1.0) for n in range(16)}
    got = areas(layer(*cells), layer(*again))
    assert {pair: area for pair, area in got.items() if area > 1e-6} == expected


def test_a_pair_with_an_invalid_walk_is_handed_back():
    # surely_valid keeps such a ring from the walk; should one get there, the alternation must catch it.
    kernel = overlay._kernel()
    twice_round = np.array([Polygon([(0, 0), (4, 0), (2, 4), (0, 0.5), (4, 0.5), (2, 4.5)])])
    square = np.array([box(1, -1, 3, 3)])
    nudge = overlay._nudge(5.0)
    ours = kernel.build_layer(*overlay._rings(square, np.zeros(2)))
    theirs = kernel.build_layer(*overlay._rings(twice_round, -nudge))
    assert not kernel.surely_valid(theirs)[0]
    _, doubt = kernel.overlap_pairs(ours, theirs, np.array([[0, 0]]), *nudge)
    assert doubt[0] == kernel.DOUBTFUL


def test_doubtful_pairs_are_computed_by_geos(monkeypatch):
    kernel = overlay._kernel()

    class Doubting:
        build_layer, surely_valid = staticmethod(kernel.build_layer), staticmethod(kernel.surely_valid)

        @staticmethod
        def overlap_pairs(left, right, pairs, dx, dy):
            return np.full(len(pairs), -1.0), np.ones(len(pairs), np.int8)

    cells = tessellation(np.random.default_rng(8))
    left, right = layer(*cells), layer(*stars(np.random.default_rng(9), 9))
    expected = overlay.overlap_areas_geos(left, right)
    monkeypatch.setattr(overlay, "_kernel", lambda: Doubting)
    got = overlay.overlap_areas(left, right)
    assert_frame_equal(
        got[got["area_m2"] > 1e-6].reset_index(drop=True), expected[expected["area_m2"] > 1e-6]
    )
    assert len(got) > 3


def test_without_numba_geos_answers(monkeypatch):
    monkeypatch.setitem(sys.modules, "geo._overlay_kernel", None)
    monkeypatch.delattr("geo._overlay_kernel", raising=False)
    assert overlay._kernel() is None
    assert areas(layer(box(0, 0, 1, 1)), layer(box(0, 0, 1, 1))) == {(0, 0): 1.0}
