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
    grids = pd.DataFrame({"grid_id": [f"{village}00{i}" for i in range(1, 6)], "village_id": village})
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
