"""OpenStreetMap's roads as an import like any other, also through the ordinary import."""

import bz2

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from data.importing import ImportParams, import_file
from data.imports import read_imports, undo_import
from data.road_files import district_box, keep_roads
from data.workspace import Workspace
from geo.errors import FileError

CRS = "EPSG:4549"
TOWN = """<?xml version='1.0'?><osm version="0.6">
<node id="1" lat="30.0" lon="120.0"/><node id="2" lat="30.001" lon="120.0"/>
<node id="3" lat="30.001" lon="120.002"/>
<way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
<tag k="highway" v="primary"/><tag k="name" v="鲁迅路"/></way>
<way id="8"><nd ref="3"/><nd ref="1"/><tag k="highway" v="service"/><tag k="oneway" v="yes"/></way>
</osm>"""


@pytest.fixture
def roads():
    return gpd.GeoDataFrame(
        {"road_id": ["7", "8"], "name": ["张伟", ""], "class": ["primary", "service"], "oneway": [0, 1]},
        geometry=[LineString([(120, 30), (120.001, 30)]), LineString([(120.001, 30), (120.001, 30.002)])],
        crs="EPSG:4326",
    )


def test_roads_are_kept_in_the_districts_crs_with_a_report(tmp_path, roads):
    report = keep_roads(tmp_path / "县.gpkg", roads, source="OpenStreetMap: 柯桥", district="柯桥")
    kept = Workspace.open(tmp_path / "县.gpkg")
    assert (kept.name, kept.crs.to_epsg()) == ("柯桥", 4549)
    assert (report.rows, report.file, report.import_id) == (2, "OpenStreetMap: 柯桥", "I1")
    table = kept.read("roads").set_index("road_id")
    assert table["class"].to_dict() == {"7": "primary", "8": "service"}
    assert table["name"]["7"] == "张伟"  # a street named after somebody is a street
    assert table.length.round().tolist() == [96, 222]


def test_roads_brought_in_again_take_the_place_of_the_first_and_can_be_undone(tmp_path, roads):
    keep_roads(tmp_path / "县.gpkg", roads, source="a")
    kept = Workspace.open(tmp_path / "县.gpkg")
    report = keep_roads(kept, roads.iloc[:1], source="b")
    assert report.replaced == 2
    assert len(kept.read("roads")) == 1
    assert read_imports(kept)["file"].tolist() == ["a", "b"]
    undo_import(kept, report.import_id)
    assert len(kept.read("roads")) == 2


def test_faulty_roads_leave_no_workspace_behind(tmp_path, roads):
    with pytest.raises(Exception, match="id_repeated"):
        keep_roads(tmp_path / "县.gpkg", roads.assign(road_id="7"), source="a")
    assert not (tmp_path / "县.gpkg").exists()


@pytest.mark.parametrize("name", ["town.osm", "town.osm.bz2"])
def test_osm_files_go_through_the_ordinary_import(tmp_path, name):
    content = TOWN.encode()
    (tmp_path / name).write_bytes(bz2.compress(content) if name.endswith("bz2") else content)
    report = import_file(tmp_path / "县.gpkg", tmp_path / name, "roads")
    assert report.rows == 2
    table = Workspace.open(tmp_path / "县.gpkg").read("roads").set_index("road_id")
    assert table["name"]["7"] == "鲁迅路"
    assert table["oneway"].to_dict() == {"7": 0, "8": 1}


def test_a_clipped_osm_file_is_refused_by_the_ordinary_import(tmp_path):
    (tmp_path / "a.osm").write_text(
        TOWN.replace('<node id="2" lat="30.001" lon="120.0"/>', ""), encoding="utf-8"
    )
    with pytest.raises(FileError, match="osm_clipped"):
        import_file(tmp_path / "县.gpkg", tmp_path / "a.osm", "roads", params=ImportParams(mapping={}))


def test_the_districts_box_is_that_of_its_layers_and_more(tmp_path):
    made = Workspace.create(tmp_path / "县.gpkg", name="县", crs=CRS)
    assert district_box(made, margin_m=1_000) is None
    grids = gpd.GeoDataFrame(
        {"grid_id": ["a"]}, geometry=[box(500_000, 3_300_000, 510_000, 3_310_000)], crs=CRS
    )
    made.write("grids", grids)
    box_ = district_box(made, margin_m=1_000)
    assert box_ == pytest.approx((119.9896, 29.8095, 120.1138, 29.9178), abs=2e-3)
    for x, y in ((499_001, 3_299_001), (510_999, 3_310_999)):
        (corner,) = gpd.GeoSeries([Point(x, y)], crs=CRS).to_crs("EPSG:4326")
        assert box(*box_).contains(corner)
