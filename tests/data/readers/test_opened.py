"""The one door: which reader gets which file, archives of several, and what is turned away."""

import gzip
import sys
import types
import zipfile

import pandas as pd
import pytest

from data import readers
from data.readers import SUFFIXES, SourceLayer, opened, suffix_of
from geo.errors import FileError


def fault(path):
    with pytest.raises(FileError) as caught, opened(path):
        pytest.fail("it was opened")
    return caught.value


def zipped(path, folder, *, under=""):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, under + file.relative_to(folder).as_posix())
    return path


@pytest.fixture
def sheets(monkeypatch):
    """A stand-in for the reader of tables that remembers what it was given."""
    given = []

    def open_sheets(path, *, encoding=None):
        given.append((path.name, path.read_bytes(), encoding))
        layers = (SourceLayer(name=path.stem, columns=("a",)),)
        return types.SimpleNamespace(file=path, layers=layers, notes=[], close=lambda: given.append("closed"))

    module = types.ModuleType("data.readers.sheets")
    module.open_sheets = open_sheets
    monkeypatch.setitem(sys.modules, "data.readers.sheets", module)
    return given


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("A.GPKG", ".gpkg"),
        ("a.b.shp", ".shp"),
        ("a.gdb.zip", ".zip"),
        ("a.CSV.gz", ".csv.gz"),
        ("a.gz", ""),
        ("a.exe", ""),
        ("gpkg", ""),
    ],
)
def test_suffixes_are_known_in_any_letters(name, suffix):
    assert suffix_of(name) == suffix


def test_what_is_not_there_empty_unknown_or_a_folder_is_turned_away(tmp_path, monkeypatch):
    assert fault(tmp_path / "a.gpkg").code == "file_missing"
    assert fault(tmp_path / ("a" * 5000 + ".gpkg")).code == "file_missing"
    assert fault(tmp_path).code == "file_is_folder"
    for suffix in SUFFIXES:
        path = tmp_path / f"a{suffix}"
        path.touch()
        assert fault(path).code == "file_empty"
    (tmp_path / "a.exe").write_bytes(b"MZ")
    unknown = fault(tmp_path / "a.exe")
    assert (unknown.code, unknown.facts["found"]) == ("file_kind_unknown", ".exe")
    monkeypatch.setattr(readers, "MAX_BYTES", 10)
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n3,4\n")
    assert fault(tmp_path / "a.csv").code == "file_too_large"


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.gpkg", b"PK\x03\x04", "ZIP"),
        ("a.csv", b"<html><table>", "HTML"),
        ("a.xls", b"<html><table>", "HTML"),
        ("a.shp", b"SQLite format 3\0", "SQLite"),
        ("a.json", b"<OGRVRTDataSource>", "XML"),
        ("a.dxf", b"AC1032", "DWG"),
        ("a.gdb", b"SQLite format 3\0", "?"),
        ("a.csv.gz", b"a,b\n", "TXT"),
    ],
)
def test_the_wrong_content_under_the_right_name_is_said_to_be_that(tmp_path, name, content, found):
    (tmp_path / name).write_bytes(content)
    error = fault(tmp_path / name)
    assert (error.code, error.facts["found"]) == ("file_kind_differs", found)


def test_a_packed_table_goes_to_the_reader_of_tables(tmp_path, sheets):
    (tmp_path / "警情.csv.gz").write_bytes(gzip.compress(b"a,b\n"))
    with opened(tmp_path / "警情.csv.gz", encoding="gbk") as source:
        assert source.layers[0].name == "警情"
    assert sheets == [("警情.csv", b"a,b\n", "gbk"), "closed"]


def test_all_shapefiles_of_an_archive_are_offered(tmp_path, write_shapefile):
    folder = tmp_path / "in"
    (folder / "数据").mkdir(parents=True)
    field = [("名称".encode("gbk"), 20)]
    write_shapefile(folder / "数据" / "网格.shp", field, [("甲".encode("gbk"),)])
    write_shapefile(folder / "数据" / "村社.shp", field, [("乙".encode("gbk"),), ("丙".encode("gbk"),)])
    (folder / "setup.exe").write_bytes(b"MZ")
    with opened(zipped(tmp_path / "a.zip", folder)) as source:
        assert source.file == tmp_path / "a.zip"
        found = {
            layer.name: pd.concat(source.batches(layer, ["名称"]))["名称"].tolist() for layer in source.layers
        }
    assert found == {"村社": ["乙", "丙"], "网格": ["甲"]}


@pytest.mark.parametrize("under", ["", "x/a.gdb/"])
def test_a_zipped_filegdb_is_read(tmp_path, squares, write, under):
    write(squares, tmp_path / "a.gdb", layer="网格")
    folder = tmp_path if not under else tmp_path / "a.gdb"
    packed = zipped(tmp_path.with_suffix(".zip"), folder, under=under)
    with opened(packed) as source:
        frame = pd.concat(source.batches(source.layers[0], ["编号"]))
    assert source.layers[0].name == "网格"
    assert frame["编号"].tolist() == ["G1", "G2", "G3"]
    packed.unlink()


def test_layers_of_one_name_in_an_archive_are_told_apart(tmp_path, squares, write):
    for part in ("东", "西"):
        (tmp_path / "in" / part).mkdir(parents=True)
        write(squares, tmp_path / "in" / part / "网格.geojson")
    with opened(zipped(tmp_path / "a.zip", tmp_path / "in")) as source:
        assert [layer.name for layer in source.layers] == ["网格", "网格 (2)"]
        assert len(next(source.batches(source.layers[1], ["编号"]))) == 3


def test_tables_and_layers_of_one_archive_come_together(tmp_path, squares, write, sheets):
    (tmp_path / "in").mkdir()
    write(squares, tmp_path / "in" / "网格.gpkg")
    (tmp_path / "in" / "清单.csv").write_text("a,b\n")
    with opened(zipped(tmp_path / "a.zip", tmp_path / "in")) as source:
        assert sorted(layer.name for layer in source.layers) == ["清单", "网格"]


def test_an_archive_of_nothing_known_is_said_to_be_that(tmp_path):
    for name in ("readme.md", "run.bat", "inner.zip"):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(name, b"1")
        assert fault(tmp_path / "a.zip").code == "archive_without_data"


def test_one_bad_file_in_an_archive_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("网格.gpkg", b"not a database")
    error = fault(tmp_path / "a.zip")
    assert (error.code, error.facts["file"]) == ("file_kind_differs", "网格.gpkg")


def test_packed_geojson_is_read(tmp_path, squares, write):
    path = write(squares, tmp_path / "a.geojson")
    (tmp_path / "网格.geojson.gz").write_bytes(gzip.compress(path.read_bytes()))
    with opened(tmp_path / "网格.geojson.gz") as source:
        assert source.layers[0].name == "网格"
