from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from data.exporting import export_layer
from data.guessing import guess_mapping
from data.importing import ImportParams, import_file, open_or_create
from data.workspace import Workspace
from geo.errors import CrsError, FileError, SchemaError, SettingError


@pytest.fixture
def ws(tmp_path):
    return open_or_create(tmp_path / "district.gpkg")


def village_layer(crs="EPSG:4326"):
    shapes = [box(120, 30, 120.01, 30.01), box(120.01, 30, 120.02, 30.01)]
    columns = {
        "网格编码": [1001, 1002],
        "网格名称": ["东一", "东二"],
        "户籍人口": [12.0, 30.0],
        "网格长": ["x", "y"],
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "中文 夹.shp"])
def test_layer_is_read_by_guessed_columns(ws, tmp_path, name):
    village_layer().to_file(tmp_path / name, encoding="GB18030" if name.endswith("shp") else None)
    report = import_file(ws, tmp_path / name, "grids")
    assert report.mapping == {"grid_id": "网格编码", "name": "网格名称", "residents": "户籍人口"}
    assert report.left_out == ["网格长"]
    grids = ws.read("grids")
    assert grids["grid_id"].tolist() == ["1001", "1002"]
    assert grids["name"].tolist() == ["东一", "东二"]
    assert grids["residents"].tolist() == [12, 30]
    assert ws.crs.to_epsg() == 4549


@pytest.mark.parametrize("cpg", ["kept", "missing"])
def test_shapefile_in_gbk_is_read_with_and_without_its_cpg(ws, tmp_path, cpg):
    village_layer().to_file(tmp_path / "a.shp", encoding="GB18030")
    if cpg == "missing":
        (tmp_path / "a.cpg").unlink()
    import_file(ws, tmp_path / "a.shp", "grids")
    assert ws.read("grids")["name"].tolist() == ["东一", "东二"]


def test_columns_that_were_not_chosen_are_never_read(ws, tmp_path):
    layer = village_layer().assign(联系电话=["13800000000", "13900000000"])
    layer.to_file(tmp_path / "a.geojson")
    report = import_file(ws, tmp_path / "a.geojson", "grids")
    assert "联系电话" in report.left_out
    assert b"13800000000" not in ws.path.read_bytes()


def test_stated_mapping_wins_over_the_guess(ws, tmp_path):
    village_layer().to_file(tmp_path / "a.gpkg")
    report = import_file(ws, tmp_path / "a.gpkg", "grids", params=ImportParams(mapping={"name": "网格长"}))
    assert report.mapping["name"] == "网格长"
    assert ws.read("grids")["name"].tolist() == ["x", "y"]


def test_repeated_ids_are_refused_or_dissolved(ws, tmp_path):
    layer = village_layer().assign(网格编码=["7", "7"])
    layer.to_file(tmp_path / "a.gpkg")
    with pytest.raises(SchemaError, match="id_repeated"):
        import_file(ws, tmp_path / "a.gpkg", "grids")
    assert ws.counts() == {}
    report = import_file(ws, tmp_path / "a.gpkg", "grids", params=ImportParams(mapping={}, dissolve=True))
    assert (report.rows, report.dissolved) == (1, 1)
    assert isinstance(ws.read("grids").geometry[0], Polygon)


def test_wrong_crs_of_a_file_can_be_stated(ws, tmp_path):
    metric = village_layer().to_crs("EPSG:4549")
    metric.set_crs("EPSG:4326", allow_override=True).to_file(tmp_path / "a.gpkg")
    import_file(ws, tmp_path / "a.gpkg", "grids", params=ImportParams(mapping={}, crs="EPSG:4549"))
    west, south, *_ = ws.read("grids").to_crs(4326).total_bounds
    assert (west, south) == pytest.approx((120, 30), abs=1e-6)


@pytest.mark.parametrize(
    ("params", "error", "code"),
    [
        ({"mapping": {"grid_id": "网格号"}}, SchemaError, "column_unknown"),  # the file has no such column
        ({"mapping": {"colour": "网格长"}}, SettingError, "field_unknown"),  # grids have no such field
        ({"mapping": {}, "layer": "b"}, FileError, "layer_unknown"),
        ({"mapping": {}, "crs": "EPSG:999999"}, CrsError, "crs_unknown"),
        ({"mapping": {}, "crs": "EPSG:2438"}, CrsError, "crs_refused"),  # Beijing 1954
        ({"mapping": {"residents": "网格长"}}, SchemaError, "value_wrong"),  # no numbers
    ],
)
def test_wrong_settings_are_refused_and_nothing_is_written(ws, tmp_path, params, error, code):
    village_layer().to_file(tmp_path / "a.gpkg", layer="a")
    with pytest.raises(error, match=code):
        import_file(ws, tmp_path / "a.gpkg", "grids", params=ImportParams(**params))
    assert ws.counts() == {}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.dwg", b"x", "file_kind_unknown"),
        ("a.gpkg", b"no database", "file_unreadable"),
        ("a.geojson", b"{", "file_unreadable"),
        ("a.csv", b"\x80\x81\xff", "file_unreadable"),
        ("a.xlsx", b"no zip", "file_unreadable"),
    ],
)
def test_unreadable_files_are_named(ws, tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=code) as caught:
        import_file(ws, tmp_path / name, "grids")
    assert name in str(caught.value.facts["file"])


def test_table_cells_keep_what_they_say(ws, tmp_path):
    (tmp_path / "a.csv").write_text("grid_id,zone_id\nNA,null\n'=1+1, z2 \n", encoding="utf-8")
    import_file(ws, tmp_path / "a.csv", "declared_assignment")
    rows = ws.read("declared_assignment")
    assert rows["grid_id"].tolist() == ["NA", "=1+1"]
    assert rows["zone_id"].tolist() == ["null", "z2"]


def test_dates_of_a_spreadsheet_become_days(ws, tmp_path):
    frame = pd.DataFrame({"village_id": ["v"], "name": ["甲"], "kind": ["行政村"]})
    frame["valid_from"] = pd.to_datetime(["2026-10-01"])
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    import_file(ws, tmp_path / "a.xlsx", "villages")
    row = ws.read("villages").iloc[0]
    assert (row["valid_from"], row["kind"]) == ("2026-10-01", "village")


def test_faults_name_the_file(ws, tmp_path):
    (tmp_path / "a.csv").write_text("grid_id,zone_id\n,z1\n", encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        import_file(ws, tmp_path / "a.csv", "declared_assignment")
    assert caught.value.facts["file"] == "a.csv"


@pytest.mark.parametrize(
    ("params", "error", "code"),
    [
        ({"mapping": {}, "encoding": "klingon"}, FileError, "encoding_unknown"),
        ({"mapping": {"grid_id": "a", "zone_id": "a"}}, SchemaError, "column_twice"),
        (
            {"mapping": {"grid_id": "a", "zone_id": ""}},
            SchemaError,
            "id_column_unknown",
        ),  # left out, but needed
    ],
)
def test_wrong_settings_for_tables_are_refused(ws, tmp_path, params, error, code):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(error, match=code):
        import_file(ws, tmp_path / "a.csv", "declared_assignment", params=ImportParams(**params))


def test_guessed_column_can_be_left_out(ws, tmp_path):
    (tmp_path / "a.csv").write_text("grid_id,pop\ng,12.5\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="value_wrong"):
        import_file(ws, tmp_path / "a.csv", "grids")
    import_file(ws, tmp_path / "a.csv", "grids", params=ImportParams(mapping={"residents": ""}))
    assert ws.read("grids")["grid_id"].tolist() == ["g"]


def test_file_without_rows_replaces_nothing(ws, tmp_path):
    (tmp_path / "a.csv").write_text("grid_id\ng\n", encoding="utf-8")
    import_file(ws, tmp_path / "a.csv", "grids")
    (tmp_path / "b.csv").write_text("grid_id\n", encoding="utf-8")
    with pytest.raises(FileError, match="file_without_rows"):
        import_file(ws, tmp_path / "b.csv", "grids")
    assert len(ws.read("grids")) == 1


def test_metres_that_claim_to_be_degrees_are_refused(ws, tmp_path):
    metric = village_layer().to_crs("EPSG:4549").set_crs("EPSG:4326", allow_override=True)
    metric.to_file(tmp_path / "a.geojson")
    with pytest.raises(CrsError, match="crs_not_lonlat"):
        import_file(ws, tmp_path / "a.geojson", "grids")


def test_failed_import_makes_no_workspace(tmp_path):
    (tmp_path / "a.csv").write_text("grid_id\n", encoding="utf-8")
    with pytest.raises(FileError):
        import_file(tmp_path / "new.gpkg", tmp_path / "a.csv", "grids")
    assert not (tmp_path / "new.gpkg").exists()


def test_first_imports_at_once_all_arrive(tmp_path):
    village_layer().to_file(tmp_path / "a.gpkg")
    (tmp_path / "b.csv").write_text("grid_id,zone_id\n1001,z1\n", encoding="utf-8")
    jobs = [("a.gpkg", "grids"), ("b.csv", "declared_assignment"), ("a.gpkg", "areas"), ("a.gpkg", "zones")]
    mapping = {"zones": {"zone_id": "网格编码"}, "areas": {"area_id": "网格编码"}}
    with ThreadPoolExecutor(4) as pool:
        done = [
            pool.submit(
                import_file,
                tmp_path / "new.gpkg",
                tmp_path / file,
                table,
                params=ImportParams(mapping=mapping.get(table, {})),
            )
            for file, table in jobs
        ]
        for job in done:
            job.result()
    ws = Workspace.open(tmp_path / "new.gpkg")
    assert ws.counts() == {"grids": 2, "zones": 2, "areas": 2, "declared_assignment": 1}
    assert ws.crs.to_epsg() == 4549


def test_export_never_replaces_a_workspace(ws):
    layer = village_layer().rename(columns={"网格编码": "grid_id"})
    with pytest.raises(FileError, match="target_is_workspace"):
        export_layer(layer, ws.path, name="grids")
    assert Workspace.open(ws.path).counts() == {}


def test_missing_file_and_unknown_table(ws, tmp_path):
    with pytest.raises(FileError, match="file_missing"):
        import_file(ws, tmp_path / "none.gpkg", "grids")
    with pytest.raises(SettingError, match="table_unknown"):
        import_file(ws, tmp_path / "none.gpkg", "people")


def test_layer_without_an_id_is_asked_for_one(ws, tmp_path):
    village_layer()[["geometry"]].to_file(tmp_path / "a.gpkg")
    with pytest.raises(SchemaError, match="id_column_unknown"):
        import_file(ws, tmp_path / "a.gpkg", "grids")


def test_workspace_is_no_source(ws, tmp_path):
    with pytest.raises(FileError, match="file_is_workspace"):
        import_file(ws, ws.path, "grids", params=ImportParams(mapping={}, layer="settings"))


def test_several_layers_must_be_told_apart(ws, tmp_path):
    village_layer().to_file(tmp_path / "a.gpkg", layer="a")
    village_layer().to_file(tmp_path / "a.gpkg", layer="b")
    with pytest.raises(FileError, match="layer_ambiguous"):
        import_file(ws, tmp_path / "a.gpkg", "grids")
    import_file(ws, tmp_path / "a.gpkg", "grids", params=ImportParams(mapping={}, layer="b"))
    assert len(ws.read("grids")) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_table_of_codes_is_read_in_any_encoding(ws, tmp_path, encoding):
    text = "网格编码,警务区编码,备注\r\n339901001001001,云溪一区,𠮷\r\n339901001001002,云溪二区,\r\n"
    (tmp_path / "编组.csv").write_bytes(text.encode(encoding))
    report = import_file(ws, tmp_path / "编组.csv", "declared_assignment")
    assert report.left_out == ["备注"]
    rows = ws.read("declared_assignment")
    assert rows["grid_id"].tolist() == ["339901001001001", "339901001001002"]
    assert rows["zone_id"].tolist() == ["云溪一区", "云溪二区"]


def test_spreadsheet_keeps_long_codes(ws, tmp_path):
    frame = pd.DataFrame({"grid_id": ["039901001001001"], "zone_id": ["z1"]})
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    import_file(ws, tmp_path / "a.xlsx", "declared_assignment")
    assert ws.read("declared_assignment")["grid_id"].tolist() == ["039901001001001"]


def test_third_dimension_is_dropped(ws, tmp_path):
    raised = Polygon([(120, 30, 5), (120.1, 30, 5), (120.1, 30.1, 5)])
    gpd.GeoDataFrame({"grid_id": ["a"]}, geometry=[raised], crs=4326).to_file(tmp_path / "a.geojson")
    import_file(ws, tmp_path / "a.geojson", "grids")
    assert not ws.read("grids").has_z.any()


def test_guess_uses_no_column_twice():
    mapping = guess_mapping("zones", ["编号", "名称", "警务区"])
    assert mapping == {"zone_id": "警务区", "name": "名称"}


def test_gbk_shapefile_as_it_comes(ws, real_data):
    path = real_data / "china/gbk_shapefiles/chongqing/区县界_area.shp"
    columns = import_columns(path)
    report = import_file(ws, path, "areas", params=ImportParams(mapping={"name": columns[0]}, dissolve=True))
    assert report.rows == 38


def import_columns(path):
    import pyogrio

    return [str(name) for name in pyogrio.read_info(path, encoding="GB18030")["fields"]]


def test_real_villages_nest_in_their_towns(ws, real_data):
    folder = real_data / "china/village_polygons_chiayi"
    towns = ImportParams(mapping={"town_id": "TOWNCODE", "name": "TOWNNAME"})
    villages = ImportParams(mapping={"village_id": "VILLCODE", "name": "VILLNAME", "town_id": "TOWNCODE"})
    assert import_file(ws, folder / "towns.gpkg", "towns", params=towns).rows == 18
    assert import_file(ws, folder / "villages.gpkg", "villages", params=villages).rows == 357


def test_exported_layer_comes_back(tmp_path):
    layer = gpd.GeoDataFrame(
        {"zone_id": ["z1"], "name": ["一区"]},
        geometry=[MultiPolygon([box(5e5, 3.3e6, 5e5 + 9, 3.3e6 + 9)])],
        crs=4549,
    )
    for name in ("a.gpkg", "a.geojson", "a.shp"):
        export_layer(layer, tmp_path / name, name="zones")
        back = gpd.read_file(tmp_path / name)
        assert back["name"].tolist() == ["一区"]
        assert back.to_crs(4549).area[0] == pytest.approx(81, rel=1e-3)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".gridbeat")]
    with pytest.raises(FileError, match="file_kind_unknown"):
        export_layer(layer, tmp_path / "a.pdf", name="zones")
    with pytest.raises(FileError, match="folder_missing"):
        export_layer(layer, tmp_path / "no" / "a.gpkg", name="zones")


def test_second_import_replaces_the_first(ws, tmp_path):
    village_layer().to_file(tmp_path / "a.gpkg")
    import_file(ws, tmp_path / "a.gpkg", "grids")
    village_layer().iloc[:1].to_file(tmp_path / "b.gpkg")
    import_file(ws, tmp_path / "b.gpkg", "grids")
    assert Workspace.open(ws.path).counts() == {"grids": 1}
