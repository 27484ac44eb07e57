import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from geo.errors import SettingError
from geo.nesting import NestingParams
from planning.nesting import nest_district
from planning.repair import givable, repair_district

CRS = "EPSG:4549"


def repaired(tables, **options):
    return repair_district(tables, nest_district(tables), **options)


def test_repair_makes_every_zone_a_union_of_grids(district):
    result = repaired(district)
    assert result.assignment.to_dict() == {
        "g1": "z1",
        "g2": "z1",
        "g3": "z1",
        "g4": "z2",
        "g5": "z2",
        "g6": "z3",
    }
    assert result.nesting.complete
    assert result.nesting.summary()["share_nested"] == 1.0
    zones = result.zones.set_index("zone_id")
    assert zones.geometry["z1"].equals(box(0, 0, 300, 100))
    assert zones["name"].to_dict() == {"z1": "一区", "z2": "二区", "z3": "三区"}


def test_report_says_what_moved(district):
    moved = repaired(district).moved.set_index("grid_id")
    assert moved.loc["g3"].to_dict() == {
        "from_zone_id": "z2",
        "to_zone_id": "z1",
        "area_m2": pytest.approx(3000),
        "reason": "straddling",
    }
    assert moved.at["g5", "area_m2"] == pytest.approx(10_000)
    assert pd.isna(moved.at["g5", "from_zone_id"])


def test_zone_areas_balance_what_was_gained_and_lost(district):
    changes = repaired(district).zone_changes
    balance = changes["area_before_m2"] + changes["gained_m2"] - changes["lost_m2"]
    assert balance.to_numpy() == pytest.approx(changes["area_after_m2"].to_numpy())
    assert changes["grids"].to_dict() == {"z1": 3, "z2": 2, "z3": 1}


def empty_zone_district(district):
    zones = gpd.GeoDataFrame(
        {"zone_id": ["z1", "z2"]}, geometry=[box(0, 0, 600, 100), box(0, 0, 30, 100)], crs=CRS
    )
    return {**district, "zones": zones}


def test_empty_zone_stays_empty_unless_it_is_given_a_grid(district):
    tables = empty_zone_district(district)
    left = repaired(tables)
    assert left.empty_zones == ["z2"]
    given_one = repaired(tables, give_to=["z2"])
    assert given_one.empty_zones == []
    assert given_one.assignment["g1"] == "z2"
    assert given_one.moved.set_index("grid_id").at["g1", "reason"] == "zone_empty"


@pytest.mark.parametrize(
    ("zone", "shape", "code"),
    [
        ("z1", box(0, 0, 30, 100), "zone_not_empty"),
        ("z2", box(9000, 0, 9030, 100), "zone_without_land"),
    ],
)
def test_giving_where_it_cannot_be_is_refused(district, zone, shape, code):
    zones = gpd.GeoDataFrame({"zone_id": ["z1", "z2"]}, geometry=[box(0, 0, 600, 100), shape], crs=CRS)
    with pytest.raises(SettingError, match=code):
        repaired({**district, "zones": zones}, give_to=[zone])


def test_last_grid_of_a_zone_is_not_given_away(district):
    grids = district["grids"].iloc[:1]
    with pytest.raises(SettingError, match="zone_last_grid"):
        repaired({**empty_zone_district(district), "grids": grids}, give_to=["z2"])


def test_repairing_twice_changes_nothing(district):
    first = repaired(district)
    second = repaired({**district, "zones": first.zones})
    assert second.moved.empty
    assert second.assignment.to_dict() == first.assignment.to_dict()


def test_grids_are_left_as_they_are(district):
    before = district["grids"].copy()
    repaired(district)
    assert district["grids"].geometry.geom_equals_exact(before.geometry, 0).all()


def test_table_without_polygons_is_repaired_too():
    declared = pd.DataFrame({"grid_id": ["a", "a", "b"], "zone_id": ["z1", "z2", "z2"]})
    result = repaired({"declared_assignment": declared})
    assert result.nesting.complete
    assert result.assignment.to_dict() == {"a": "z1", "b": "z2"}


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 99), min_size=2, max_size=6, unique=True),
    seed=st.integers(0, 3),
)
def test_any_zones_repair_to_a_partition_of_the_grids(cuts, seed):
    """Zones are vertical strips cut anywhere (one of them dropped) over a 10 × 4 board of grids."""
    board = [(x, y) for x in range(10) for y in range(4)]
    grids = gpd.GeoDataFrame(
        {"grid_id": [f"g{x}{y}" for x, y in board]},
        geometry=[box(10 * x, 10 * y, 10 * x + 10, 10 * y + 10) for x, y in board],
        crs=CRS,
    )
    edges = [0, *sorted(cuts), 100]
    strips = [box(a, 0, b, 40) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    del strips[seed % len(strips)]
    zones = gpd.GeoDataFrame({"zone_id": [f"z{i}" for i in range(len(strips))]}, geometry=strips, crs=CRS)
    result = repaired({"grids": grids, "zones": zones})
    assert sorted(result.assignment.index) == sorted(grids["grid_id"])
    assert result.nesting.complete
    shapes = result.zones.geometry.dropna()
    assert shapes.area.sum() == pytest.approx(4000)
    assert shapely.union_all(shapes.to_numpy()).area == pytest.approx(4000)


def balance(changes):
    plus, minus = ("area_before_m2", "gained_m2"), ("lost_m2", "outside_m2", "overlap_m2")
    return changes[list(plus)].sum(axis=1) - changes[list(minus)].sum(axis=1)


@settings(max_examples=40, deadline=None)
@given(
    corners=st.lists(
        st.tuples(st.integers(-30, 100), st.integers(-30, 30), st.integers(5, 80), st.integers(5, 60)),
        min_size=1,
        max_size=6,
    )
)
def test_report_adds_up_for_zones_that_overlap_and_reach_outside(corners):
    """Zones are boxes thrown over a 10 × 4 board of grids, anywhere and over each other."""
    board = [(x, y) for x in range(10) for y in range(4)]
    squares = [box(10 * x, 10 * y, 10 * x + 10, 10 * y + 10) for x, y in board]
    grids = gpd.GeoDataFrame({"grid_id": [f"g{x}{y}" for x, y in board]}, geometry=squares, crs=CRS)
    boxes = [box(-20, -20, 15, 15), *(box(x, y, x + w, y + h) for x, y, w, h in corners)]
    zones = gpd.GeoDataFrame({"zone_id": [f"z{i}" for i in range(len(boxes))]}, geometry=boxes, crs=CRS)
    result = repaired({"grids": grids, "zones": zones})
    changes, moved = result.zone_changes, result.moved
    after = changes["area_after_m2"].fillna(0.0)
    assert balance(changes).to_numpy() == pytest.approx(after.to_numpy(), abs=1e-3)
    outside = zones.set_index("zone_id").difference(box(0, 0, 100, 40)).area
    assert changes["outside_m2"].to_numpy() == pytest.approx(outside.to_numpy(), abs=1e-3)
    uncovered = 4000 - zones.union_all().intersection(box(0, 0, 100, 40)).area
    assert moved.loc[moved["from_zone_id"].isna(), "area_m2"].sum() == pytest.approx(uncovered, abs=1e-3)
    assert moved["area_m2"].sum() == pytest.approx(changes["gained_m2"].sum(), abs=1e-3)
    assert changes["gained_m2"].sum() == pytest.approx(changes["lost_m2"].sum() + uncovered, abs=1e-3)


def test_spiked_grid_does_not_stop_the_repair(district):
    spike = Polygon([(0, 0), (100, 0), (100, 100), (100, 200), (100, 100), (0, 100)])
    district["grids"].loc[0, "geometry"] = spike
    assert repaired(district).zones.set_index("zone_id").geometry["z1"].area == pytest.approx(30_000)


def test_repaired_grids_are_whole_at_any_threshold(district):
    nesting = nest_district(district, params=NestingParams(nested_share=1))
    assert repair_district(district, nesting).nesting.complete


def test_grid_without_shape_stays_where_the_table_puts_it(district):
    district["grids"] = pd.concat([district["grids"], pd.DataFrame({"grid_id": ["g9"]})], ignore_index=True)
    declared = pd.DataFrame({"grid_id": ["g9"], "zone_id": ["z3"]})
    result = repaired({**district, "declared_assignment": declared})
    assert result.assignment["g9"] == "z3"
    assert result.nesting.complete
    assert result.nesting.grids.at["g9", "zone_id"] == "z3"


def test_empty_zone_of_a_table_alone_survives():
    grids = pd.DataFrame({"grid_id": ["a", "b"]})
    declared = pd.DataFrame({"grid_id": ["a", "a", "b"], "zone_id": ["z1", "z2", "z1"]})
    result = repaired({"grids": grids, "declared_assignment": declared})
    assert list(result.zones["zone_id"]) == ["z1", "z2"]
    assert result.empty_zones == ["z2"]


def test_only_true_moves_count_where_a_table_decides(district):
    declared = pd.DataFrame({"grid_id": [f"g{i}" for i in range(1, 7)], "zone_id": ["z1"] * 3 + ["z2"] * 3})
    tables = {**district, "declared_assignment": declared}
    settled = repair_district(tables, nest_district(tables, source="table"))
    assert settled.moved.empty
    lacking = {**tables, "declared_assignment": declared.iloc[:5]}
    result = repair_district(lacking, nest_district(lacking, source="table"))
    assert result.moved[["grid_id", "area_m2"]].to_numpy().tolist() == [["g6", 10_000.0]]
    filled = result.zone_changes.fillna(0.0)
    assert balance(filled).to_numpy() == pytest.approx(filled["area_after_m2"].to_numpy())


def test_zones_away_from_all_grids_are_said_to_be(district):
    zones = gpd.GeoDataFrame({"zone_id": ["z1"]}, geometry=[box(9000, 0, 9100, 100)], crs=CRS)
    with pytest.raises(SettingError, match="nest_no_overlap"):
        repaired({**district, "zones": zones})


def two_empty_zones(district, second):
    shapes = [box(0, 0, 600, 100), box(0, 0, 30, 100), second]
    zones = gpd.GeoDataFrame({"zone_id": ["z1", "z2", "z3"]}, geometry=shapes, crs=CRS)
    return {**district, "zones": zones}


def test_empty_zones_that_want_the_same_grid_get_the_next_best(district):
    tables = two_empty_zones(district, box(60, 0, 120, 100))
    assert repaired(tables, give_to=["z2", "z3"]).assignment[["g1", "g2"]].tolist() == ["z2", "z3"]


def test_empty_zone_that_can_be_given_nothing_is_named(district):
    tables = two_empty_zones(district, box(0, 0, 20, 100))
    with pytest.raises(SettingError, match="zone_last_grid.*'zone': 'z3'"):
        repaired(tables, give_to=["z2", "z3"])


def test_unknown_zone_cannot_be_given_a_grid(district):
    with pytest.raises(SettingError, match="zone_unknown"):
        repaired(district, give_to=["z99"])


def test_repair_finds_what_a_fresh_look_would(district):
    district["grids"].loc[0, "village_id"] = "v9"
    district["villages"].geometry = [box(0, 0, 260, 100), box(250, 0, 600, 100)]
    result = repaired(district)
    fresh = nest_district({**district, "zones": result.zones})
    pd.testing.assert_frame_equal(fresh.grids, result.nesting.grids)
    assert fresh.findings.drop(columns="facts").equals(result.nesting.findings.drop(columns="facts"))


def test_as_many_empty_zones_as_possible_can_be_given_a_grid(district):
    """Three zones all lie in g1; z1, which holds every grid, can spare them only while it keeps one."""
    shapes = [box(0, 0, 200, 100), box(0, 0, 30, 100), box(0, 0, 20, 100), box(0, 0, 10, 100)]
    zones = gpd.GeoDataFrame({"zone_id": ["z1", "z2", "z3", "z4"]}, geometry=shapes, crs=CRS)
    tables = {**district, "grids": district["grids"].iloc[:2], "zones": zones}
    nesting = nest_district(tables)
    chosen = givable(nesting)
    assert len(chosen) == 1
    assert set(nesting.empty_zones) == {"z2", "z3", "z4"}
    assert repair_district(tables, nesting, give_to=chosen).nesting.complete
