"""Layers in files of their own: what a .dbf holds and its .cpg says, and KML with names."""

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import box

from data.exporting import dbf_encoding, export_layer


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
