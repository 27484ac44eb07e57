"""Layers in files of their own: what a .dbf holds and its .cpg says, and KML with names; folders of files."""

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import box

from data.exporting import dbf_encoding, export_files, export_layer
from data.workspace import Workspace
from geo.errors import FileError


def zones(**columns):
    shapes = [box(5e5 + i, 3.3e6, 5e5 + i + 1, 3.3e6 + 1) for i in range(2)]
    return gpd.GeoDataFrame({"zone_id": ["z1", "z2"], **columns}, geometry=shapes, crs=4549)


@pytest.mark.parametrize(("name", "encoding"), [("一警务区", "GBK"), ("㐀\U00020000区", "GB18030")])
def test_cpg_says_what_the_dbf_is(tmp_path, name, encoding):
    layer = zones(name=[name, "b"])
    assert dbf_encoding(layer) == encoding
    export_layer(layer, tmp_path / "a.shp", name="zones")
    assert (tmp_path / "a.cpg").read_text() == encoding
    assert name.encode(encoding) in (tmp_path / "a.dbf").read_bytes()
    # Read without being told: the .cpg alone says it.
    assert pyogrio.read_dataframe(tmp_path / "a.shp")["name"].tolist() == [name, "b"]


def test_fields_of_a_shapefile_have_names_of_ten_bytes_no_two_alike(tmp_path):
    layer = zones(
        polsby_popper=[0.1, 0.2], polsby_popped=[1, 2], 警务区工作量合计=["a", "b"], POLSBY_POP=[3, 4]
    )
    export_layer(layer, tmp_path / "a.shp", name="zones")
    found = pyogrio.read_dataframe(tmp_path / "a.shp", read_geometry=False)
    assert list(found) == ["zone_id", "polsby_pop", "polsby_po1", "警务区工作", "POLSBY_PO2"]
    assert found["polsby_po1"].tolist() == [1, 2]
    assert list(layer)[1] == "polsby_popper"


def test_long_text_is_cut_between_characters(tmp_path):
    export_layer(zones(name=["警" * 200, None]), tmp_path / "a.shp", name="zones")
    assert pyogrio.read_dataframe(tmp_path / "a.shp")["name"].fillna("").tolist() == ["警" * 127, ""]


def test_kml_bears_names_in_longitude_and_latitude(tmp_path):
    layer = zones(name=["一区 <&>\x01", "二区"], workload=[1.5, None])
    export_layer(layer, tmp_path / "a.kml", name="zones")
    back = pyogrio.read_dataframe(tmp_path / "a.kml")
    assert back["Name"].tolist() == ["一区 <&>", "二区"]
    assert back.crs.to_epsg() == 4326
    assert back["zone_id"].tolist() == ["z1", "z2"]
    assert back.to_crs(4549).area.tolist() == pytest.approx([1, 1], rel=1e-3)
    assert layer.loc[0, "name"].endswith("\x01")


FILES = {"a.txt": b"1", "b/c.txt": b"2"}


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_go_into_a_folder_that_is_made_for_them(tmp_path):
    out = tmp_path / "x" / "y"
    for _ in range(2):
        export_files(FILES, out)
        assert tree(out) == {"a.txt": b"1", "b/c.txt": b"2"}
    (out / "own.txt").write_bytes(b"3")
    export_files({"a.txt": b"4"}, out)
    assert tree(out) == {"a.txt": b"4", "b/c.txt": b"2", "own.txt": b"3"}


@pytest.mark.parametrize("room", [20, 60, 120])
def test_a_folder_too_deep_for_some_of_the_files_gets_none_of_them(tmp_path, room):
    deep = tmp_path
    while len(str(deep)) < 4096 - room - 200:
        deep = deep / ("x" * 100)
    out = deep / ("y" * (4096 - room - len(str(deep)) - 1))
    with pytest.raises(FileError, match="file_not_writable"):
        export_files({"a": b"1", "b" * 150: b"2"}, out)
    assert not out.is_dir() or tree(out) == {}


def test_a_name_that_no_folder_may_have_is_told(tmp_path):
    with pytest.raises(FileError, match="file_not_writable"):
        export_files(FILES, tmp_path / ("夹" * 200))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="file_not_writable"):
        export_files(FILES, tmp_path / "file")


def test_a_workspace_is_never_replaced_and_then_nothing_is_written(tmp_path):
    Workspace.create(tmp_path / "c.txt", name="x", crs="EPSG:4549")
    with pytest.raises(FileError, match="target_is_workspace"):
        export_files({"a.txt": b"1", "c.txt": b"2"}, tmp_path)
    assert not (tmp_path / "a.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["c.txt"]
