"""Layers that GDAL reads: as programs write them, as bureaus send them, and broken."""

import json
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from data.readers import opened
from data.workspace import Workspace
from geo.errors import FileError


def read(path, *, layer=0, columns=None, size=2, **options):
    """Return a layer's look, its rows as one frame, and the notes of the reading."""
    with opened(path, **options) as source:
        look = source.layers[layer]
        frames = list(source.batches(look, look.columns if columns is None else columns, size=size))
        return look, pd.concat(frames) if frames else None, source.notes


def codes(notes):
    return [note.code for note in notes]


def fault(path, **options):
    with pytest.raises(FileError) as caught:
        read(path, **options)
    return caught.value.code


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.gdb"])
def test_types_shapes_and_rows_come_as_they_are(tmp_path, squares, write, name):
    look, frame, notes = read(write(squares, tmp_path / name))
    assert look.columns == ("编号", "人数", "面积", "日期")
    assert (look.shape, look.rows) == ("polygon", 3)
    assert look.crs.to_epsg() == 4549
    assert (frame.index.name, frame.index.tolist()) == ("row", [1, 2, 3])
    assert frame["编号"].tolist() == ["G1", "G2", "G3"]
    assert [None if pd.isna(n) else int(n) for n in frame["人数"]] == [10, None, 30]
    assert frame["日期"].tolist() == ["2026-10-31T13:20:00", None, "2026-11-01T00:00:00"]
    assert np.allclose(frame.geometry.area, 1)
    assert frame.crs == look.crs
    assert notes == []


def test_only_the_columns_that_are_asked_for_are_read_in_the_order_asked(tmp_path, squares, write):
    _, frame, _ = read(write(squares, tmp_path / "a.gpkg"), columns=["面积", "编号"])
    assert list(frame.columns) == ["面积", "编号", "geometry"]
    assert frame.iloc[0, :2].tolist() == [1.5, "G1"]
    _, frame, _ = read(tmp_path / "a.gpkg", columns=["编号", "人数"])
    assert frame.iloc[0, :2].tolist() == ["G1", 10]
    _, frame, _ = read(tmp_path / "a.gpkg", columns=[])
    assert list(frame.columns) == ["geometry"]


def test_a_source_is_read_again_from_its_beginning(tmp_path, squares, write):
    with opened(write(squares, tmp_path / "a.gpkg")) as source:
        first = next(source.batches(source.layers[0], ["编号"], size=1))
        again = [row for batch in source.batches(source.layers[0], ["编号"], size=1) for row in batch.index]
    assert first.index.tolist() == [1]
    assert again == [1, 2, 3]


def test_bytes_lists_and_the_shape_itself_are_no_columns(tmp_path, write_json):
    features = [{"type": "Feature", "properties": {"l": [1, 2], "a": 1, "geometry": "x"}, "geometry": None}]
    look, frame, _ = read(
        write_json(tmp_path / "a.json", {"type": "FeatureCollection", "features": features})
    )
    assert look.columns == ("a", "geometry (2)")
    assert frame["geometry (2)"].tolist() == ["x"]
    assert frame.geometry.tolist() == [None]


def test_a_table_without_shapes_is_a_table(tmp_path, squares, write):
    path = write(squares, tmp_path / "a.gpkg", layer="格")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE 表 (fid INTEGER PRIMARY KEY, 名称 TEXT)")
        connection.execute("INSERT INTO 表 VALUES (1, '甲')")
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('表', 'attributes', '表')"
        )
    connection.close()
    look, frame, _ = read(path, layer=1)
    assert (look.name, look.shape, look.crs, look.columns) == ("表", None, None, ("名称",))
    assert type(frame) is pd.DataFrame
    assert frame["名称"].tolist() == ["甲"]


def test_a_layer_without_rows_yields_nothing(tmp_path, squares, write):
    look, frame, _ = read(write(squares.iloc[:0], tmp_path / "a.gpkg"))
    assert (look.rows, frame) == (0, None)


def test_a_workspace_is_never_opened(tmp_path):
    Workspace.create(tmp_path / "a.gpkg", name="x")
    assert fault(tmp_path / "a.gpkg") == "file_is_workspace"


def test_curves_are_made_straight_and_counted(tmp_path, squares, write):
    path = write(squares.drop(columns="日期"), tmp_path / "a.gpkg", geometry_type="Unknown")
    # Circle of radius 1 around (1, 0): CURVEPOLYGON of one CIRCULARSTRING.
    ring = struct.pack("<BII10d", 1, 8, 5, 0, 0, 1, 1, 2, 0, 1, -1, 0, 0)
    circle = b"GP\0\x01" + struct.pack("<i", 4549) + struct.pack("<BII", 1, 10, 1) + ring
    with sqlite3.connect(path) as connection:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            connection.create_function(name, 1, lambda _: 0)
        connection.execute("UPDATE a SET geom = ? WHERE fid = 2", (circle,))
    connection.close()
    _, frame, notes = read(path)
    assert frame.geometry.area.round(2).tolist() == [1, 3.14, 1]
    assert [(note.code, note.facts["count"]) for note in notes] == [("curves_straightened", 1)]


def test_a_broken_shape_is_none_and_noted(tmp_path, squares, write):
    path = write(squares, tmp_path / "a.gpkg", geometry_type="Unknown")
    open_ring = struct.pack("<BIII6d", 1, 3, 1, 3, 0, 0, 2, 0, 2, 2)
    head = b"GP\0\x01" + struct.pack("<i", 4549)
    with sqlite3.connect(path) as connection:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            connection.create_function(name, 1, lambda _: 0)
        connection.execute("UPDATE a SET geom = ? WHERE fid = 2", (head + b"\x01\x03\0\0\0\xff",))
        connection.execute("UPDATE a SET geom = ? WHERE fid = 3", (head + open_ring,))
    connection.close()
    _, frame, notes = read(path)
    assert frame.geometry.isna().tolist() == [False, True, False]
    assert frame.geometry.iloc[2].area == 2
    assert {(note.code, note.facts["row"]) for note in notes} >= {
        ("shape_unreadable", 2),
        ("rings_closed", 3),
    }


# GeoJSON


def feature(number, **properties):
    shape = shapely.geometry.mapping(shapely.box(120 + number, 30, 121 + number, 31))
    return {"type": "Feature", "properties": properties, "geometry": shape}


def test_a_bare_array_of_features_is_read(tmp_path, write_json):
    look, frame, _ = read(
        write_json(tmp_path / "a.json", [feature(n, 名称=f"村{n}", 日=f"2026-10-3{n}") for n in range(2)])
    )
    assert look.crs.to_epsg() == 4326
    assert frame["名称"].tolist() == ["村0", "村1"]
    assert frame["日"].tolist() == ["2026-10-30", "2026-10-31"]


@pytest.mark.parametrize(
    ("encoding", "noted"),
    [("utf-8-sig", []), ("gbk", ["encoding_guessed"]), ("utf-16", ["encoding_guessed"])],
)
@pytest.mark.parametrize("is_array", [True, False])
def test_geojson_comes_in_any_encoding(tmp_path, write_json, encoding, noted, is_array):
    features = [feature(0, 名称="柯桥")]
    content = features if is_array else {"type": "FeatureCollection", "features": features}
    look, frame, _ = read(write_json(tmp_path / "a.geojson", content, encoding=encoding))
    assert frame["名称"].tolist() == ["柯桥"]
    assert codes(look.notes) == (["encoding_guessed"] if encoding == "utf-16" else noted)


def test_an_encoding_that_is_named_holds_and_one_that_is_none_is_refused(tmp_path, write_json):
    path = write_json(tmp_path / "a.json", [feature(0, 名称="柯桥")], encoding="gbk")
    assert read(path, encoding="GBK")[1]["名称"].tolist() == ["柯桥"]
    assert fault(path, encoding="klingon") == "encoding_unknown"
    assert fault(path, encoding="utf-8") == "encoding_wrong"


@pytest.mark.parametrize("content", [{}, {"a": 1}, [], [{"a": 1}], [[1]], {"type": "Topology"}])
def test_json_without_features_is_said_to_have_none(tmp_path, write_json, content):
    assert fault(write_json(tmp_path / "a.json", content)) in {"json_without_features", "file_unreadable"}


def test_json_that_commands_is_not_obeyed(tmp_path, squares, write, write_json):
    secret = write(squares, tmp_path / "secret.gpkg")
    command = {"type": "gdal_streamed_alg", "command_line": f"gdal vector convert {secret}"}
    assert fault(write_json(tmp_path / "a.json", command)) == "json_without_features"


def test_other_dialects_of_json_are_read(tmp_path, write_json):
    esri = {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": 4490},
        "features": [{"attributes": {"a": 1}, "geometry": {"x": 120, "y": 30}}],
    }
    look, frame, _ = read(write_json(tmp_path / "a.json", esri))
    assert (look.shape, look.crs.to_epsg(), frame["a"].tolist()) == ("point", 4490, [1])


def test_features_line_by_line_are_read(tmp_path):
    lines = [json.dumps(feature(n, 名称=f"村{n}"), ensure_ascii=False) for n in range(3)]
    (tmp_path / "a.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert read(tmp_path / "a.json")[1]["名称"].tolist() == ["村0", "村1", "村2"]


# Shapefiles


def gbk(*texts):
    return tuple(text.encode("gbk") for text in texts)


FIELDS = [("名称".encode("gbk"), 20)]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
@pytest.mark.parametrize(
    ("cpg", "language_driver"),
    [
        (None, 0),  # nothing said
        (None, 0x57),  # "ANSI", which says nothing
        (None, 0x4D),  # CP936
        ("UTF-8", 0),
        ("936", 0),
        ("GBK", 0),
        ("nonsense", 0),
        ("", 0),
    ],
)
def test_the_table_is_read_by_its_bytes_whatever_is_said_of_it(
    tmp_path, write_shapefile, encoding, cpg, language_driver
):
    path = write_shapefile(
        tmp_path / "网格.shp",
        [("名称".encode(encoding), 20)],
        [("越城区".encode(encoding),), (b"abc",)],
        cpg=cpg,
        language_driver=language_driver,
    )
    look, frame, notes = read(path)
    assert look.columns == ("名称",)
    assert frame["名称"].tolist() == ["越城区", "abc"]
    agrees = {"utf-8": cpg == "UTF-8", "gbk": cpg in {"936", "GBK"} or language_driver == 0x4D}[encoding]
    claimed = cpg in {"UTF-8", "936", "GBK"} or (cpg is None and language_driver == 0x4D)
    expected = [] if agrees else ["encoding_differs" if claimed else "encoding_guessed"]
    assert codes(look.notes) == expected
    assert notes == []


def test_what_the_user_says_of_the_table_holds(tmp_path, write_shapefile):
    path = write_shapefile(tmp_path / "a.shp", [(b"name", 20)], [("越".encode("big5"),)])
    assert read(path, encoding="Big5")[1]["name"].tolist() == ["越"]
    assert fault(path, encoding="klingon") == "encoding_unknown"


@pytest.mark.parametrize(
    ("encoding", "name", "column", "begin"),
    [("utf-8", "警务区名称", "警务区", "xy"), ("gbk", "A警务区名称", "A警务区名", "x")],
)
def test_names_and_texts_cut_in_mid_character_lose_that_half(
    tmp_path, write_shapefile, encoding, name, column, begin
):
    long = begin + "柯桥街道" * 5
    path = write_shapefile(
        tmp_path / "a.shp",
        [(name.encode(encoding), 10)],
        [("柯桥".encode(encoding),), (long.encode(encoding),), (long.encode(encoding),)],
    )
    look, frame, notes = read(path)
    assert look.columns == (column,)
    assert [note.facts["columns"] for note in look.notes if note.code == "column_names_cut"] == [(column,)]
    texts = frame[column].tolist()
    assert texts == ["柯桥"] + [long.encode(encoding)[:10].decode(encoding, "ignore")] * 2
    assert [(n.code, n.facts["count"], n.facts["row"]) for n in notes] == [("text_cut", 2, 2)]


def test_bytes_that_are_no_characters_are_noted(tmp_path, write_shapefile):
    rows = [("越城".encode(),)] * 200 + [("越城".encode()[:4] + b"abc",)]
    look, frame, notes = read(write_shapefile(tmp_path / "a.shp", [(b"name", 10)], rows), size=50)
    assert look.notes[0].facts["found"] == "UTF-8"
    assert frame["name"].iloc[-1] == "越\ufffdabc"
    assert [(n.code, n.facts["count"], n.facts["row"]) for n in notes] == [("text_unreadable", 1, 201)]


def test_names_that_repeat_after_cutting_are_told_apart(tmp_path, write_shapefile):
    fields = [("一二三四五六".encode("gbk"), 4), ("一二三四五七".encode("gbk"), 4), (b"n", 4)]
    look, frame, _ = read(
        write_shapefile(tmp_path / "a.shp", fields, [(b"a", b"b", b"c"), (b"d", b"e", b"f")])
    )
    assert look.columns == ("一二三四五", "一二三四五 (2)", "n")
    assert frame["一二三四五"].tolist() == ["a", "d"]
    assert frame["一二三四五 (2)"].tolist() == ["b", "e"]
    _, frame, _ = read(tmp_path / "a.shp", columns=["n", "一二三四五 (2)"])
    assert frame.iloc[0, :2].tolist() == ["c", "b"]


def test_a_lost_index_is_made_anew_beside_nothing_of_the_users(tmp_path, write_shapefile):
    path = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲"), gbk("乙"), gbk("丙")])
    lost = path.with_suffix(".shx").read_bytes()
    path.with_suffix(".shx").unlink()
    before = sorted(file.name for file in tmp_path.iterdir())
    look, frame, _ = read(path)
    assert frame["名称"].tolist() == ["甲", "乙", "丙"]
    assert np.allclose(frame.geometry.area, 1)
    assert "index_restored" in codes(look.notes)
    assert sorted(file.name for file in tmp_path.iterdir()) == before

    from data.readers.shapefile import write_index

    write_index(path, tmp_path / "again.shx")
    assert (tmp_path / "again.shx").read_bytes() == lost


def test_without_its_table_a_shapefile_has_shapes_only(tmp_path, write_shapefile):
    path = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲")])
    path.with_suffix(".dbf").unlink()
    look, frame, _ = read(path)
    assert look.columns == ()
    assert codes(look.notes) == ["table_part_missing"]
    assert len(frame) == 1


def test_a_table_of_another_export_is_noted(tmp_path, write_shapefile, write_dbf):
    path = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲"), gbk("乙")])
    write_dbf(path.with_suffix(".dbf"), FIELDS, [gbk("甲")])
    look, _, _ = read(path)
    assert "parts_differ" in codes(look.notes)


def test_without_prj_the_crs_is_not_known(tmp_path, write_shapefile):
    path = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲")])
    path.with_suffix(".prj").unlink()
    assert read(path)[0].crs is None


@pytest.mark.parametrize("content", ["", "GEOGCS[", "garbage", "EPSG:4490"])
def test_a_prj_that_makes_no_sense_does_not_stop_the_reading(tmp_path, write_shapefile, content):
    path = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲")])
    path.with_suffix(".prj").write_text(content)
    look, frame, _ = read(path)
    assert len(frame) == 1
    assert look.crs is None or look.crs.to_epsg() == 4490


def test_the_prj_of_esri_is_understood(tmp_path, write_shapefile):
    path = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲")])
    path.with_suffix(".prj").write_text(
        'PROJCS["CGCS2000_3_Degree_GK_CM_120E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
        'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    assert read(path)[0].crs.to_epsg() == 4549


def test_a_prj_with_a_name_in_gbk_is_understood_and_left_as_it_is(tmp_path, write_shapefile):
    path = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲")])
    said = path.with_suffix(".prj").read_text().replace("CGCS2000", "国家2000", 1).encode("gbk")
    path.with_suffix(".prj").write_bytes(said)
    look, frame, _ = read(path)
    assert "crs_unreadable" not in codes(look.notes)
    assert look.crs.is_projected
    assert frame.crs == look.crs
    assert path.with_suffix(".prj").read_bytes() == said


@pytest.mark.parametrize("name", ["a!b.shp", "a;b.shp", "a#b?.shp", "%41.shp", "柯桥 网格(1).shp"])
def test_signs_in_names_are_no_addresses(tmp_path, write_shapefile, name):
    made = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲")])
    for suffix in (".shp", ".shx", ".dbf", ".prj"):
        made.with_suffix(suffix).rename((tmp_path / name).with_suffix(suffix))
    assert read(tmp_path / name)[1]["名称"].tolist() == ["甲"]


@pytest.mark.parametrize("name", ["a!b.gpkg", "a;b.geojson", "a?b#.gdb"])
def test_signs_in_other_names_are_no_addresses_either(tmp_path, squares, write, name):
    made = write(squares, tmp_path / f"plain{Path(name).suffix}")
    made.rename(tmp_path / name)
    assert len(read(tmp_path / name)[1]) == 3


# Drawings


def test_closed_outlines_of_each_drawing_layer_come_with_the_one_text_inside(tmp_path, drawing):
    (tmp_path / "a.dxf").write_bytes(drawing)
    with opened(tmp_path / "a.dxf") as source:
        assert [(layer.name, layer.rows, layer.crs) for layer in source.layers] == [
            ("网格", 2, None),
            ("警务区", 1, None),
        ]
        grids = pd.concat(source.batches(source.layers[0], ["layer", "text"], size=1))
        zones = next(source.batches(source.layers[1], ["text"]))
    assert grids["text"].tolist() == ["越城一格", None]
    assert grids["layer"].tolist() == ["网格", "网格"]
    assert grids.geometry.area.tolist() == [100, 50]
    assert grids.index.tolist() == [1, 2]
    assert zones["text"].tolist() == [None]  # two texts inside
    assert [(n.code, n.facts["count"]) for n in source.layers[0].notes] == [("lines_open", 1)]


def test_a_drawing_of_open_lines_is_refused(tmp_path):
    from_lines = "0\nSECTION\n2\nENTITIES\n0\nLINE\n8\n0\n10\n0\n20\n0\n11\n1\n21\n1\n0\nENDSEC\n0\nEOF\n"
    (tmp_path / "a.dxf").write_text(from_lines)
    assert fault(tmp_path / "a.dxf") == "drawing_without_outlines"


# Broken files


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp"])
def test_half_a_file_is_said_to_be_half(tmp_path, squares, write, name):
    path = write(squares, tmp_path / name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert fault(path) == "file_cut"


def test_half_a_table_of_a_shapefile_is_said_to_be_half(tmp_path, write_shapefile):
    path = write_shapefile(tmp_path / "a.shp", FIELDS, [gbk("甲")] * 50)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:300])
    assert fault(path) == "file_cut"


def test_half_a_drawing_is_said_to_be_half(tmp_path, drawing):
    (tmp_path / "a.dxf").write_bytes(drawing[: len(drawing) // 2])
    assert fault(tmp_path / "a.dxf") == "file_cut"


def test_a_gdb_without_its_catalogue_is_refused(tmp_path, squares, write):
    path = write(squares, tmp_path / "a.gdb")
    (path / "a00000001.gdbtable").unlink()
    assert fault(path) == "file_kind_differs"


def test_leaving_early_leaves_nothing_behind(tmp_path, write_json, private_folder):
    path = write_json(tmp_path / "a.json", [feature(n, a=n) for n in range(5)])
    with opened(path) as source:
        batches = source.batches(source.layers[0], ["a"], size=1)
        assert next(batches).index.tolist() == [1]
    batches.close()
    assert list(private_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "rows", "names"),
    [
        ("china/gbk_shapefiles/chongqing/区县界_area.shp", None, None),
        ("china/county_polygons/zhejiang_counties_tianditu_cgcs2000.gpkg", None, None),
        ("china/county_polygons/shaoxing_6_counties_GCJ02.geojson", 6, None),
        ("china/county_polygons/330603.json", 1, None),
        ("police/chicago/districts_before_dec2012_shp/PoliceDistrict.shp", None, None),
    ],
)
def test_real_files_are_read_without_a_broken_character(real_data, path, rows, names):
    look, frame, notes = read(real_data / path, size=1000)
    assert len(frame) == look.rows
    assert rows is None or len(frame) == rows
    assert not codes(notes)
    texts = frame.drop(columns="geometry").select_dtypes(object).stack().astype(str)
    assert not texts.str.contains("\ufffd").any()
    assert frame.geometry.notna().all()
