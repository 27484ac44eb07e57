import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geo.errors import SettingError
from geo.nesting import NestingParams
from planning.nesting import nest_district

CRS = "EPSG:4549"


def codes(nesting):
    return nesting.findings["code"].value_counts().to_dict()


def with_zones(district, **shapes):
    zones = gpd.GeoDataFrame({"zone_id": list(shapes)}, geometry=list(shapes.values()), crs=CRS)
    return {**district, "zones": zones}


def test_every_kind_of_grid_is_counted(district):
    nesting = nest_district(district)
    assert nesting.grids["status"].to_dict() == {
        "g1": "nested",
        "g2": "nested",
        "g3": "straddling",
        "g4": "nested",
        "g5": "orphan",
        "g6": "nested",
    }
    summary = nesting.summary()
    assert (summary["zones"], summary["grids"], summary["nested"]) == (3, 6, 4)
    assert (summary["straddling"], summary["orphans"], summary["ties"]) == (1, 1, 0)
    assert summary["share_nested"] == pytest.approx(4 / 6)
    assert nesting.grids.at["g3", "share"] == pytest.approx(0.7)
    assert nesting.grids.at["g3", "second_zone_id"] == "z2"


def test_orphan_is_offered_a_neighbour_of_its_own_village(district):
    # Both neighbours of g5 touch it along 100 m and are of its village: the first by name is offered.
    assert nest_district(district).grids.at["g5", "suggested_zone_id"] == "z2"
    district["grids"].loc[3, "village_id"] = "v1"
    assert nest_district(district).grids.at["g5", "suggested_zone_id"] == "z3"


def test_orphan_far_from_all_goes_to_the_nearest(district):
    far = gpd.GeoDataFrame({"grid_id": ["g9"]}, geometry=[box(5000, 0, 5100, 100)], crs=CRS)
    grids = pd.concat([district["grids"], far], ignore_index=True)
    assert nest_district({**district, "grids": grids}).grids.at["g9", "suggested_zone_id"] == "z3"


def test_tie_goes_to_the_zone_of_the_same_village(district):
    halves = with_zones(district, z1=box(300, 0, 400, 100), z2=box(0, 0, 250, 100), z3=box(250, 0, 300, 100))
    nesting = nest_district(halves)
    assert nesting.grids.at["g3", "status"] == "tie"
    assert nesting.grids.at["g3", "suggested_zone_id"] == "z2"


def test_enclave_is_a_finding_until_it_is_exempted(district):
    apart = with_zones(
        district, z1=MultiPolygon([box(0, 0, 300, 100), box(400, 0, 500, 100)]), z2=box(300, 0, 400, 100),
        z3=box(500, 0, 600, 100),
    )  # fmt: skip
    assert codes(nest_district(apart)) == {"grid_enclave": 1}
    known = nest_district(apart, exempt=["g5"])
    assert codes(known) == {}
    assert (known.summary()["enclaves"], known.summary()["enclaves_exempt"]) == (0, 1)
    listed = {**apart, "exemptions": pd.DataFrame({"grid_id": ["g5"]})}
    assert codes(nest_district(listed)) == {}


def test_zone_without_grids_is_named_with_its_best_grid(district):
    sliver = with_zones(
        district, z1=box(0, 0, 550, 100), z2=box(550, 0, 600, 100).buffer(-10), z3=box(0, 0, 20, 100)
    )
    nesting = nest_district(sliver)
    assert nesting.empty_zones == ["z2", "z3"]
    found = nesting.findings[nesting.findings["code"] == "zone_empty"].set_index("id")
    assert found["other_id"].to_dict() == {"z2": "g6", "z3": "g1"}


def test_faults_of_the_layers_themselves_are_listed(district):
    bowtie = Polygon([(0, 200), (100, 300), (100, 200), (0, 300)])
    grids = gpd.GeoDataFrame({"grid_id": ["g7", "g8"]}, geometry=[bowtie, box(590, 0, 690, 100)], crs=CRS)
    grids = pd.concat([district["grids"], grids, pd.DataFrame({"grid_id": ["g9"]})], ignore_index=True)
    found = nest_district(
        {**district, "grids": gpd.GeoDataFrame(grids, geometry="geometry", crs=CRS)}
    ).findings
    by_code = found.set_index("code")
    assert by_code.at["geometry_invalid", "id"] == "g7"
    assert by_code.at["geometry_absent", "id"] == "g9"
    assert by_code.at["layer_overlap", "area_m2"] == pytest.approx(1000)


def test_hole_in_the_zones_is_a_gap(district):
    frame = box(0, 0, 600, 100).difference(box(450, 20, 460, 40))
    gap = nest_district(with_zones(district, z1=frame)).findings.set_index("code").loc["layer_gap"]
    assert gap["area_m2"] == pytest.approx(200)
    assert gap["id"] == "z1"


def test_slivers_are_counted_together(district):
    frame = box(0, 0, 600, 100).difference(box(450, 20, 455, 24)).difference(box(50, 20, 55, 22))
    row = nest_district(with_zones(district, z1=frame, z2=box(599, 0, 610, 50))).findings.set_index("code")
    assert row.loc["layer_slivers", "area_m2"] == pytest.approx(20 + 10 + 50)
    assert (row.loc["layer_slivers", "facts"]["gaps"], row.loc["layer_slivers", "facts"]["overlaps"]) == (
        2,
        1,
    )
    assert "layer_gap" not in row.index


def test_grid_of_another_village_than_stated_is_found(district):
    district["grids"].loc[0, "village_id"] = "v2"
    district["grids"].loc[1, "village_id"] = "v9"
    found = codes(nest_district(district))
    assert found["grid_village_mismatch"] == 2
    assert found["id_unknown"] == 1


def test_grid_cut_by_a_village_line_is_found(district):
    district["villages"].geometry = [box(0, 0, 260, 100), box(260, 0, 600, 100)]
    nesting = nest_district(district)
    row = nesting.findings.set_index("code").loc["grid_cut_by_village"]
    assert (row["id"], row["other_id"]) == ("g3", "v1")


def test_zone_over_two_stations_is_found(district):
    stations = gpd.GeoDataFrame(
        {"station_id": ["s1", "s2"]}, geometry=[box(0, 0, 100, 100), box(100, 0, 600, 100)], crs=CRS
    )
    row = (
        nest_district({**district, "stations": stations})
        .findings.set_index("code")
        .loc["zone_crosses_station"]
    )
    assert (row["id"], row["other_id"]) == ("z1", "s2")
    assert row["facts"]["grids"] == "g1"


def test_residents_decide_where_asked(district):
    people = gpd.GeoDataFrame({"residents": [90, 10]}, geometry=[Point(290, 50), Point(210, 50)], crs=CRS)
    tables = {**district, "population": people}
    assert nest_district(tables).grids.at["g3", "zone_id"] == "z1"
    by_residents = nest_district(tables, params=NestingParams(by="residents"))
    assert by_residents.grids.at["g3", "zone_id"] == "z2"
    with pytest.raises(SettingError, match="nest_needs_population"):
        nest_district(district, params=NestingParams(by="residents"))


def test_table_of_codes_is_enough():
    village = "339901001001"
    declared = pd.DataFrame(
        {
            "grid_id": [
                f"{village}001",
                f"{village}002",
                f"{village}002",
                f"{village}003",
                "odd",
                f"{village}004",
            ],
            "zone_id": ["z1", "z1", "z2", "z2", "z2", "z2"],
        }
    )
    listed = [*(f"{village}00{i}" for i in range(1, 6)), "odd"]
    grids = pd.DataFrame({"grid_id": listed, "village_id": village})
    nesting = nest_district({"declared_assignment": declared, "grids": grids})
    assert nesting.source == "table"
    summary = nesting.summary()
    assert (summary["grids"], summary["nested"], summary["ties"], summary["orphans"]) == (6, 4, 1, 1)
    assert codes(nesting) == {"assignment_repeated": 1, "grid_orphan": 1, "grid_code_odd": 1}


def test_codes_alone_show_a_zone_over_two_towns():
    declared = pd.DataFrame({"grid_id": ["339901001001001", "339901002001001"], "zone_id": "z1"})
    assert codes(nest_district({"declared_assignment": declared})) == {"zone_crosses_town": 1}


def test_code_that_names_another_village_is_found():
    grids = pd.DataFrame({"grid_id": ["339901001001001"], "village_id": ["339901001002"]})
    declared = pd.DataFrame({"grid_id": ["339901001001001"], "zone_id": ["z1"]})
    assert codes(nest_district({"declared_assignment": declared, "grids": grids})) == {
        "grid_code_mismatch": 1
    }


def test_polygons_are_checked_against_the_table_too(district):
    declared = pd.DataFrame({"grid_id": ["g1", "g2"], "zone_id": ["z1", "z3"]})
    found = nest_district({**district, "declared_assignment": declared}).findings.set_index("code")
    assert found.loc["assignment_differs", "id"] == "g2"


def test_nothing_to_nest_is_said(district):
    with pytest.raises(SettingError, match="nest_needs_layers"):
        nest_district({"grids": district["grids"]})


def test_inputs_are_left_alone(district):
    before = {name: frame.copy() for name, frame in district.items()}
    nest_district(district)
    for name, frame in district.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[name]))


def with_grid(district, shape, name="g9", **columns):
    more = gpd.GeoDataFrame({"grid_id": [name], **columns}, geometry=[shape], crs=CRS)
    return {**district, "grids": pd.concat([district["grids"], more], ignore_index=True)}


def test_grid_without_area_is_named_and_treated_like_one_without_shape(district):
    flat = with_grid(district, Polygon([(0, 0), (50, 0), (50, 0), (0, 0)]), village_id="v1")
    nesting = nest_district(flat)
    found = nesting.findings.set_index("id")["code"]
    assert set(found[["g9"]]) == {"grid_orphan", "geometry_no_area"}
    assert nesting.grids.at["g9", "area_m2"] == 0
    assert nest_district({**flat, "declared_assignment": pd.DataFrame({"grid_id": ["g9"], "zone_id": ["z1"]})}
    ).grids.at["g9", "zone_id"] == "z1"  # fmt: skip


def test_spiked_and_twice_drawn_grids_nest_whole(district):
    spike = Polygon([(600, 0), (700, 0), (700, 100), (700, 200), (700, 100), (600, 100)])
    twice = MultiPolygon([box(700, 0, 800, 60), box(700, 40, 800, 100)])
    odd = with_grid(with_grid(district, spike), twice, name="g10")
    nesting = nest_district(with_zones(odd, z1=box(0, 0, 800, 100)))
    assert nesting.complete
    assert nesting.grids["area_m2"].to_numpy() == pytest.approx(10_000)


@pytest.mark.parametrize(
    ("reach", "nested_share", "orphan_share", "status"),
    [
        (99, 0.99, 0.1, "nested"),  # 99 of 100 m
        (98.9, 0.99, 0.1, "straddling"),
        (100, 1.0, 0.1, "nested"),
        (99.9, 1.0, 0.1, "straddling"),
        (10, 0.99, 0.1, "orphan"),
        (10.1, 0.99, 0.1, "straddling"),
    ],
)
def test_threshold_itself_counts(reach, nested_share, orphan_share, status):
    for east in (0, 39_500_000):  # near the origin, and where a district lies
        grids = gpd.GeoDataFrame({"grid_id": ["g"]}, geometry=[box(east, 0, east + 100, 100)], crs=CRS)
        zones = gpd.GeoDataFrame({"zone_id": ["z"]}, geometry=[box(east, 0, east + reach, 100)], crs=CRS)
        params = NestingParams(nested_share=nested_share, orphan_share=orphan_share)
        nesting = nest_district({"grids": grids, "zones": zones}, params=params)
        assert nesting.grids.at["g", "status"] == status


def test_unknown_ids_of_the_table_are_listed_and_left_out(district):
    declared = pd.DataFrame({"grid_id": ["g1", "g2", "gx"], "zone_id": ["z1", "zx", "z1"]})
    nesting = nest_district({**district, "declared_assignment": declared}, source="table")
    found = nesting.findings[nesting.findings["code"] == "id_unknown"]
    assert sorted(zip(found["id"], found["other_id"], strict=True)) == [("g2", "zx"), ("gx", "gx")]
    assert set(found["layer"]) == {"declared_assignment"}
    assert "gx" not in nesting.grids.index
    assert "zx" not in nesting.zones.index


def test_residents_in_a_gap_leave_the_grid_to_the_zone_of_its_land(district):
    """g1 lies 90 % in z1, its people in the gap beside it; z2 has the only neighbour."""
    gap = with_zones(district, z1=box(10, 0, 100, 100), z2=box(100, 0, 600, 100))
    people = gpd.GeoDataFrame({"residents": [5, 7]}, geometry=[Point(5, 50), Point(-50, 50)], crs=CRS)
    nesting = nest_district({**gap, "population": people}, params=NestingParams(by="residents"))
    assert nesting.grids.at["g1", "status"] == "orphan"
    assert nesting.grids.at["g1", "suggested_zone_id"] == "z1"
    outside = nesting.findings.set_index("code").loc["population_outside", "facts"]
    assert (outside["points"], outside["residents"]) == (1, 7)


@pytest.mark.parametrize(("village", "zone"), [("v9", "z1"), ("v1", "z2")])
def test_orphan_prefers_its_only_claimant_unless_its_village_says_otherwise(district, village, zone):
    district["grids"].loc[0, "village_id"] = village
    zones = with_zones(district, z1=box(-500, 0, 5, 100), z2=box(100, 0, 600, 100))
    assert nest_district(zones).grids.at["g1", "suggested_zone_id"] == zone


def test_table_has_no_shares_of_residents(district):
    declared = pd.DataFrame({"grid_id": ["g1"], "zone_id": ["z1"]})
    with pytest.raises(SettingError, match="nest_table_by_residents"):
        nest_district({"declared_assignment": declared}, params=NestingParams(by="residents"))


def test_zone_listed_under_another_station_than_its_grids_is_found(district):
    halves = [box(0, 0, 300, 100), box(300, 0, 600, 100)]
    stations = gpd.GeoDataFrame({"station_id": ["s1", "s2"]}, geometry=halves, crs=CRS)
    found = nest_district({**district, "stations": stations}).findings
    found = found[found["code"] == "zone_station_mismatch"].set_index("id")
    assert found["other_id"].to_dict() == {"z2": "s2", "z3": "s2"}
    assert found.at["z3", "facts"]["stated"] == "s1"


def test_grid_tied_between_villages_may_state_either(district):
    district["villages"].geometry = [box(0, 0, 250, 100), box(250, 0, 600, 100)]
    for village in ("v1", "v2"):
        district["grids"].loc[2, "village_id"] = village
        assert "grid_village_mismatch" not in codes(nest_district(district))
