"""KML, KMZ, OVKML: folders become layers, placemarks rows, and nothing outside the file is ever read."""

import time
import zipfile

import pandas as pd
import pytest
import shapely

from data.readers import kml_stream
from data.readers.kml import open_kml
from data.readers.kml_tables import table_pairs
from geo.errors import FileError, SchemaError

POINT = "<Point><coordinates>120.5,30.5,0</coordinates></Point>"
RING = "<LinearRing><coordinates>{}</coordinates></LinearRing>"
OUTER = "<outerBoundaryIs>" + RING.format("0,0 4,0 4,4 0,4 0,0") + "</outerBoundaryIs>"
INNER = "<innerBoundaryIs>" + RING.format("1,1 2,1 2,2 1,1") + "</innerBoundaryIs>"
POLYGON = f"<Polygon>{OUTER}{INNER}</Polygon>"
LINE = "<LineString><coordinates>0,0 1,1</coordinates></LineString>"


def mark(content=POINT, name="x"):
    return f"<Placemark><name>{name}</name>{content}</Placemark>"


def kml(folder, body, *, encoding="utf-8", prolog='<?xml version="1.0" encoding="UTF-8"?>', name="t.kml"):
    text = f'{prolog}\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>文件</name>{body}</Document></kml>'
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def everything(path, at=0):
    with open_kml(path) as source:
        layer = source.layers[at]
        return pd.concat(source.batches(layer, layer.columns, size=2)), layer, list(source.notes)


def shape(folder, content):
    frame, _, _ = everything(kml(folder, mark(content)))
    return frame.geometry.iloc[0]


def code_of(path):
    with pytest.raises(FileError) as error:
        everything(path)
    return error.value.code


@pytest.mark.parametrize(
    ("content", "wkt"),
    [
        (POINT, "POINT (120.5 30.5)"),
        (LINE, "LINESTRING (0 0, 1 1)"),
        (RING.format("0,0 1,0 1,1 0,0"), "LINESTRING (0 0, 1 0, 1 1, 0 0)"),
        (POLYGON, "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 1))"),
        (f"<MultiGeometry>{LINE}{LINE}</MultiGeometry>", "MULTILINESTRING ((0 0, 1 1), (0 0, 1 1))"),
        (
            f"<MultiGeometry><MultiGeometry>{POINT}</MultiGeometry>{LINE}</MultiGeometry>",
            "GEOMETRYCOLLECTION (POINT (120.5 30.5), LINESTRING (0 0, 1 1))",
        ),
        (f"<MultiGeometry>{POINT}</MultiGeometry>", "POINT (120.5 30.5)"),
        (
            "<gx:Track><gx:coord>1 2 3</gx:coord><gx:coord>4 5 6</gx:coord></gx:Track>",
            "LINESTRING (1 2, 4 5)",
        ),
        ("<Point><coordinates>\n 120.5 ,\t30.5 , 7\n</coordinates></Point>", "POINT (120.5 30.5)"),
    ],
)
def test_shapes(tmp_path, content, wkt):
    assert shapely.equals_exact(shape(tmp_path, content), shapely.from_wkt(wkt))


@pytest.mark.parametrize(
    "text", ["", "120", "a,b", "nan,1", "inf,1", "120 30", ",", "120,", "1,2,3 4", "１２０。5,30"]
)
def test_coordinates_that_cannot_be_read_leave_a_row_without_shape_and_a_note(tmp_path, text):
    bad = mark(f"<Point><coordinates>{text}</coordinates></Point>")
    frame, layer, notes = everything(kml(tmp_path, mark() + bad))
    if text == "1,2,3 4":
        assert frame.geometry.iloc[1] is None
    assert frame.geometry.isna().tolist() == [False, True]
    assert [(note.code, note.facts["row"]) for note in notes] == [("coordinates_unreadable", 2)]


@pytest.mark.parametrize(
    "content",
    ["<LineString><coordinates>1,1</coordinates></LineString>", f"<Polygon>{INNER}</Polygon>", "<Polygon/>"],
)
def test_shapes_of_too_few_coordinates_are_none(tmp_path, content):
    assert shape(tmp_path, mark(content)) is None


def test_layers_are_folders_by_path_and_rows_are_numbered_in_each(tmp_path):
    inner = f"<Folder><name>内</name>{mark(POLYGON)}{mark(POLYGON)}</Folder>"
    body = f"{mark(name='lone')}<Folder>{inner}<name>外</name></Folder><Folder><name>空</name></Folder>"
    path = kml(tmp_path, body)
    with open_kml(path) as source:
        assert [(layer.name, layer.rows, layer.shape) for layer in source.layers] == [
            ("文件", 1, "point"),
            ("外/内", 2, "polygon"),
        ]
    frame, layer, _ = everything(path, 1)
    assert frame.index.tolist() == [1, 2]
    assert layer.crs.to_epsg() == 4326
    assert frame.crs == layer.crs


def test_folders_of_one_name_are_one_layer(tmp_path):
    one = f"<Folder><name>网格</name>{mark()}</Folder>"
    assert len(everything(kml(tmp_path, one * 3))[0]) == 3


def test_columns_come_from_extended_data_and_tables(tmp_path):
    data = '<ExtendedData><Data name="编码"><value>G1</value></Data>'
    data += '<SchemaData><SimpleData name="name">n</SimpleData>'
    table = "<![CDATA[<table><tr><td>人口</td><td>12</td></tr></table>]]>"
    first = mark(f"{data}</SchemaData></ExtendedData><description>{table}</description>{POINT}")
    frame, layer, _ = everything(kml(tmp_path, first + mark(f"<description>plain</description>{POINT}")))
    assert layer.columns == ("name", "编码", "name (2)", "人口", "description")
    assert frame.iloc[0, :4].tolist() == ["x", "G1", "n", "12"]
    assert frame["description"].tolist() == [None, "plain"]


def test_a_name_with_a_script_is_text(tmp_path):
    frame, _, _ = everything(kml(tmp_path, mark(name="&lt;script&gt;alert(1)&lt;/script&gt;")))
    assert frame["name"].tolist() == ["<script>alert(1)</script>"]


@pytest.mark.parametrize(
    ("html", "pairs"),
    [
        (
            "<table><tr><td>a</td><td>1</td></tr><tr><th>b：</th><td> 2 <b>x</b></td></tr></table>",
            [("a", "1"), ("b", "2 x")],
        ),
        # ArcGIS: a title, and the table inside of another
        (
            "<html><body><table><tr><td>Grid 1</td></tr><tr><td><table><tr><td>FID</td><td>7</td></tr>"
            "<tr bgcolor='#D4E4F3'><td>NAME</td><td>&lt;Null&gt;</td></tr></table>"
            "</td></tr></table></body></html>",
            [("FID", "7"), ("NAME", "")],
        ),
        ("<TABLE><TR><TD>a<TD>1<TR><TD>b<TD>2", [("a", "1"), ("b", "2")]),
        ("<table><tr><td>a</td><td>b</td><td>c</td></tr></table>", []),
        ("<table><tr><td>a</td><td><script>x</script>1</td></tr></table>", [("a", "1")]),
        ("plain <b>text</b>", []),
        ("<table><tr><td>a</td><td>1</td></tr></table><![CD[x", [("a", "1")]),  # breaks off
        ("<td" * 100_000, []),
    ],
)
def test_tables_of_descriptions(html, pairs):
    assert table_pairs(html) == pairs


@pytest.mark.parametrize(
    ("encoding", "declared", "guessed"),
    [
        ("gbk", "GB2312", False),
        ("gb18030", "gbk", False),
        ("gbk", "UTF-8", True),
        ("utf-8", "GBK", False),
        ("utf-16", "UTF-16", False),
        ("utf-8-sig", "UTF-8", False),
        ("big5", "Big5", False),
    ],
)
def test_names_are_read_whatever_the_prolog_says_of_their_encoding(tmp_path, encoding, declared, guessed):
    prolog = f'<?xml version="1.0" encoding="{declared}"?>'
    frame, layer, _ = everything(kml(tmp_path, mark(name="中文名"), encoding=encoding, prolog=prolog))
    assert frame["name"].tolist() == ["中文名"]
    assert [note.code for note in layer.notes] == ["encoding_guessed"] * guessed


def test_what_ovital_says_of_its_coordinates_is_told(tmp_path):
    body = mark(f"<OvCoordType>GCJ-02</OvCoordType>{POINT}") + mark(
        f"<OvCoordType>GCJ02</OvCoordType>{POINT}"
    )
    body += f"<Folder><OvCoordType>CGCS2000</OvCoordType>{mark()}</Folder>"
    path = kml(tmp_path, body, name="t.ovkml")
    with open_kml(path) as source:
        stated = [[(n.code, n.facts["system"], n.facts["count"]) for n in one.notes] for one in source.layers]
    assert stated == [[("ovkml_coordinates", "GCJ-02", 2)], [("ovkml_coordinates", "CGCS2000", 1)]]


def test_an_ovkml_that_says_nothing_of_its_coordinates_is_told(tmp_path):
    _, layer, _ = everything(kml(tmp_path, mark(), name="t.ovkml"))
    assert [note.code for note in layer.notes] == ["ovkml_coordinates_unstated"]


def test_links_are_not_followed_but_told(tmp_path):
    link = "<NetworkLink><name>n</name><Link><href>http://127.0.0.1:1/x.kml</href></Link></NetworkLink>"
    overlay = "<GroundOverlay><name>g</name><Icon><href>file:///etc/passwd</href></Icon></GroundOverlay>"
    frame, _, notes = everything(kml(tmp_path, link + overlay + mark()))
    assert len(frame) == 1
    assert [(note.code, note.facts["count"]) for note in notes] == [("networklinks_ignored", 1)]


def test_a_second_pass_tells_nothing_twice(tmp_path):
    with open_kml(kml(tmp_path, mark("<Point/>") * 3)) as source:
        for _ in range(2):
            list(source.batches(source.layers[0], []))
        assert len(source.notes) == 3


def test_archives_give_doc_kml_or_the_first(tmp_path):
    doc, other = kml(tmp_path, mark(name="doc")), kml(tmp_path, mark(name="other"), name="o.kml")
    path = tmp_path / "t.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("files/a.png", b"x")
        archive.write(other, "a/other.kml")
        archive.write(doc, "doc.kml")
    assert everything(path)[0]["name"].tolist() == ["doc"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(other, "a/other.kml")
    assert everything(path)[0]["name"].tolist() == ["other"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"x")
    assert code_of(path) == "kmz_without_kml"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "xml_broken"),
        (b"<kml><Document><Placemark>", "xml_broken"),  # cut in half
        (b"<kml/>", "file_without_rows"),
        (b"hello", "xml_broken"),
        (b"PK\x03\x04rest", "archive_broken"),
        (b'<!DOCTYPE k [<!ENTITY e SYSTEM "file:///etc/passwd">]><kml>&e;</kml>', "xml_entities"),
        (b'<!DOCTYPE k [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><kml>&b;</kml>', "xml_entities"),
        (b'<!DOCTYPE k SYSTEM "http://127.0.0.1/x.dtd"><kml/>', "xml_entities"),
        (b'<?xml version="1.0" encoding="martian"?><kml/>', "encoding_unknown"),
        (b"<kml>\xff\xff</kml>", "encoding_wrong"),
    ],
)
def test_bad_files_are_refused_in_words(tmp_path, content, code):
    path = tmp_path / "t.kml"
    path.write_bytes(content)
    assert code_of(path) == code


def test_a_text_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(kml_stream, "LONGEST_TEXT", 1000)
    assert code_of(kml(tmp_path, mark(name="x" * 2000))) == "xml_text_too_long"


def test_deep_nesting_is_no_fault(tmp_path):
    body = (
        "<Folder>" * 3000
        + mark("<MultiGeometry>" * 3000 + POINT + "</MultiGeometry>" * 3000)
        + "</Folder>" * 3000
    )
    assert len(everything(kml(tmp_path, body))[0]) == 1


def test_unknown_columns_are_named(tmp_path):
    with open_kml(kml(tmp_path, mark())) as source, pytest.raises(SchemaError, match="nope"):
        list(source.batches(source.layers[0], ["nope"]))


@pytest.mark.parametrize(
    "junk", ["<a", "<!--", '<a b="', "<td", "<td x=", "</", "&", "<script>", "<![", "<td>"]
)
def test_descriptions_of_tags_without_end_take_no_time(junk):
    started = time.process_time()
    table_pairs("<td>" + junk * 20_000)
    assert time.process_time() - started < 1
