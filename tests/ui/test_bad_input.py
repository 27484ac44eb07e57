"""Whatever is wrong with a file is said clearly in both languages, and nothing of the district changes."""

import zipfile

import geopandas as gpd
import pytest
from shapely.geometry import GeometryCollection, LineString, Point, Polygon, box
from typer.testing import CliRunner

from data.workspace import Workspace
from ui import cli

SQUARES = [box(120 + i / 100, 30, 120.01 + i / 100, 30.01) for i in range(3)]
BOW = Polygon([(120, 30), (120.01, 30.01), (120.01, 30), (120, 30.01)])


def grids(shapes=SQUARES, ids=("G1", "G2", "G3"), crs=4326):
    return gpd.GeoDataFrame({"网格编码": list(ids), "名称": "东网格"}, geometry=list(shapes), crs=crs)


def saved(layer, name):
    def make(folder):
        layer.to_file(folder / name, **({"encoding": "GB18030"} if name.endswith("shp") else {}))
        return folder / name

    return make


def written(name, content):
    def make(folder):
        (folder / name).write_bytes(content)
        return folder / name

    return make


def archived(name, **members):
    def make(folder):
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member.replace("UP", "../"), content)
        return folder / name

    return make


def halved(folder):
    path = saved(grids(), "a.gpkg")(folder)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def in_beijing_1954(folder):
    path = saved(grids().to_crs("EPSG:4549"), "a.shp")(folder)
    path.with_suffix(".prj").write_text(
        'PROJCS["Beijing_1954_3_Degree_GK_CM_120E",GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",'
        'SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
        'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["Central_Meridian",120.0],'
        'PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    return path


ENTITY = b"""<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<kml><Document><Placemark><name>&x;</name><Point><coordinates>120,30</coordinates></Point></Placemark></Document></kml>"""
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<kml><Document><name>&b;</name></Document></kml>"
)

CASES = {
    "empty file": (written("a.gpkg", b""), "grids", "空", "empty"),
    "metres called degrees": (
        saved(grids().to_crs("EPSG:4549").set_crs(4326, allow_override=True), "a.gpkg"),
        "grids",
        "坐标",
        "longitudes and latitudes",
    ),
    "Beijing 1954": (in_beijing_1954, "grids", "Beijing 1954", "Beijing 1954"),
    "mixed geometry": (
        saved(grids([SQUARES[0], LineString([(120, 30), (121, 31)]), Point(120, 30)]), "a.gpkg"),
        "grids",
        "第 2 行",
        "row 2",
    ),
    "collections": (
        saved(grids([GeometryCollection([SQUARES[0], Point(120, 30)]), *SQUARES[1:]]), "a.geojson"),
        "grids",
        "--repair",
        "--repair",
    ),
    "duplicate ids": (saved(grids(ids=("G1", "G2", "G2")), "a.gpkg"), "grids", "第 3 行", "row 3"),
    "missing columns": (saved(grids()[["名称", "geometry"]], "a.gpkg"), "grids", "编码", "Code"),
    "no rows": (written("a.csv", "网格编码,名称\n".encode()), "grids", "没有", "no rows"),
    "zip bomb": (archived("a.zip", **{"a.csv": b"0" * 60_000_000}), "grids", "压缩", "200 times"),
    "climbing archive": (archived("a.zip", **{"UPUPa.csv": "网格编码\nG1\n"}), "grids", "路径", "path"),
    "external entity": (written("a.kml", ENTITY), "posts", "实体", "entit"),
    "a billion laughs": (written("a.kml", LAUGHS), "posts", "实体", "entit"),
    "cut in half": (halved, "grids", "不完整", "incomplete"),
    "a web page named Excel": (
        written("a.xlsx", b"<html><table><tr><td>1</td></tr></table></html>"),
        "grids",
        "另存",
        "save",
    ),
    "a picture named GeoPackage": (
        written("a.gpkg", b"\x89PNG\r\n\x1a\n" + b"0" * 500),
        "grids",
        "内容",
        "something else",
    ),
    "a drawing of an unknown kind": (written("a.dwg", b"AC1027"), "grids", ".gpkg", ".gpkg"),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_said_in_words(tmp_path, case, lang):
    make, table, *words = CASES[case]
    workspace = Workspace.create(tmp_path / "d.gpkg", name="d", crs="EPSG:4549")
    before = workspace.path.read_bytes()
    path = make(tmp_path)
    done = CliRunner().invoke(
        cli.door, ["import", str(workspace.path), str(path), "--as", table, "--lang", lang]
    )
    said = done.stderr
    assert done.exit_code == 2, said
    assert words[lang == "en"].lower() in said.lower(), said
    assert "Traceback" not in said
    assert "{" not in said, "a fact is missing"
    assert "—" not in said.replace(" — ", ""), said
    assert workspace.path.read_bytes() == before


def test_crossing_rings_are_told_and_mended_only_if_asked(tmp_path):
    path = saved(grids([BOW, *SQUARES[1:]]), "a.gpkg")(tmp_path)
    for lang, word in (("zh", "自相交"), ("en", "crosses itself")):
        target = tmp_path / f"{lang}.gpkg"
        done = CliRunner().invoke(
            cli.door, ["import", str(target), str(path), "--as", "grids", "--lang", lang]
        )
        assert done.exit_code == 0
        assert word in done.stderr.lower()
        assert not Workspace.open(target).read("grids").geometry[0].is_valid
    mended = tmp_path / "mended.gpkg"
    CliRunner().invoke(cli.door, ["import", str(mended), str(path), "--as", "grids", "--repair"])
    assert Workspace.open(mended).read("grids").is_valid.all()


def test_script_in_a_name_is_text_and_nothing_else(tmp_path):
    from ui.maps.offline import offline_html
    from ui.maps.overview import elements_map

    layer = grids()
    layer["名称"] = "<script>alert(1)</script>"
    target = tmp_path / "d.gpkg"
    done = CliRunner().invoke(
        cli.door, ["import", str(target), str(saved(layer, "a.geojson")(tmp_path)), "--as", "grids"]
    )
    assert done.exit_code == 0
    tables = {"grids": Workspace.open(target).read("grids")}
    assert tables["grids"]["name"].tolist() == ["<script>alert(1)</script>"] * 3
    html = offline_html(elements_map(tables, lang="zh", credit=""), title="t")
    assert "<script>alert(1)" not in html
