"""Which workspace the app opens, and the sample that is made once however many ask for it."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from data import geopackage
from data.sample import District
from data.workspace import Workspace
from geo.errors import FileError
from ui import opening
from ui.recent import remember
from ui.words import words


@pytest.fixture
def small_sample(monkeypatch, squares):
    made = []

    def make_district(seed=0):
        made.append(1)
        return District(name="样例", crs=squares["grids"].crs, tables=squares)

    monkeypatch.setattr("data.sample.make_district", make_district)
    monkeypatch.delenv(opening.WORKSPACE_VARIABLE, raising=False)
    return made


def test_a_named_workspace_is_opened_and_never_made(monkeypatch):
    monkeypatch.setenv(opening.WORKSPACE_VARIABLE, "/data/w.gpkg")
    assert opening.workspace_path() == Path("/data/w.gpkg")
    assert not opening.is_sample(opening.workspace_path())


def test_the_sample_lies_in_the_home_folder_that_is_set(monkeypatch, tmp_path, small_sample):
    monkeypatch.setenv(opening.HOME_VARIABLE, str(tmp_path / "警格"))
    path = opening.workspace_path()
    assert path.parent == tmp_path / "警格"
    assert opening.is_sample(path)


def test_without_a_name_the_last_one_is_opened_even_if_it_has_gone(home_folder, tmp_path, small_sample):
    assert opening.workspace_path() == home_folder / "sample.gpkg"
    remember(home_folder, tmp_path / "gone.gpkg")
    assert opening.workspace_path() == tmp_path / "gone.gpkg"


def test_a_session_may_ask_for_what_is_known_here_alone(home_folder, tmp_path, monkeypatch, small_sample):
    home_folder.mkdir()
    for name in ("b.gpkg", "c.GPKG", "notes.txt"):
        (home_folder / name).touch()
    (home_folder / "folder.gpkg").mkdir()
    remember(home_folder, tmp_path / "a.gpkg")
    monkeypatch.setenv(opening.WORKSPACE_VARIABLE, str(tmp_path / "named.gpkg"))
    names = [path.name for path in opening.known_paths()]
    assert names == ["named.gpkg", "a.gpkg", "sample.gpkg", "b.gpkg", "c.GPKG"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/a/b.gpkg", "/a/b.gpkg"),
        (' "/a/越 湖.gpkg" ', "/a/越 湖.gpkg"),  # as Windows copies a path
        ("“/a/b.gpkg”", "/a/b.gpkg"),
        ("~/b.gpkg", str(Path.home() / "b.gpkg")),
    ],
)
def test_a_path_is_understood_as_people_paste_it(text, path):
    assert opening.typed_path(text) == Path(path)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "path_missing"),
        ('  ""  ', "path_missing"),
        ("b.gpkg", "path_not_full"),
        ("./b.gpkg", "path_not_full"),
        ("~nosuchuser/b.gpkg", "path_not_full"),
        ("/a\0b.gpkg", "path_not_full"),
        ("\\\\server\\share\\b.gpkg", "workspace_on_share"),
    ],
)
def test_a_path_that_is_none_is_refused(text, code):
    with pytest.raises(FileError) as caught:
        opening.typed_path(text)
    assert caught.value.code == code


def newer(path):
    Workspace.create(path, name="x", crs="EPSG:4549")
    with geopackage.writing(path) as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE name = 'schema_version'")


def layer_of_qgis(path):
    gpd.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 1, 1)], crs=4549).to_file(path, layer="grids")


def settings_of_others(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE settings (name TEXT, value TEXT)")
        connection.execute("INSERT INTO settings VALUES ('schema_version', 'three')")
        connection.commit()


@pytest.mark.parametrize(
    ("make", "code", "remedy"),
    [
        (lambda path: None, "workspace_missing", "另选一个或新建"),
        (lambda path: path.mkdir(), "file_is_folder", "文件名"),
        (layer_of_qgis, "workspace_foreign", "再把它导入"),
        (settings_of_others, "workspace_foreign", "再把它导入"),
        (lambda path: path.write_bytes(b""), "workspace_foreign", "再把它导入"),
        (lambda path: path.write_text("编码,名称\n" * 30), "workspace_foreign", "再把它导入"),
        (lambda path: path.write_bytes(b"SQLite format 3\0" + b"\1" * 4000), "workspace_unreadable", "备份"),
        (newer, "workspace_newer", "升级"),
    ],
)
def test_a_file_that_cannot_be_opened_is_named_with_the_remedy(tmp_path, make, code, remedy):
    path = tmp_path / "<script>.gpkg"
    make(path)
    with pytest.raises(FileError) as caught:
        opening.opened(path)
    assert caught.value.code == code
    assert str(path) in words("zh").reason(caught.value)
    assert remedy in words("zh").reason(caught.value)


def test_a_name_that_is_too_long_is_the_systems_refusal(tmp_path):
    with pytest.raises((OSError, FileError)):
        opening.opened(tmp_path / ("长" * 300))


def test_the_sample_is_made_once_for_several_browsers(tmp_path, small_sample):
    path = tmp_path / "新建" / "sample.gpkg"
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: opening.make_sample(path), range(4)))
    assert set(paths) == {path}
    assert small_sample == [1]
    assert Workspace.open(path).counts()["grids"] == 36
    assert [file.name for file in path.parent.iterdir()] == ["sample.gpkg"]


def test_stages_are_told(tmp_path, small_sample):
    stages = []
    opening.make_sample(tmp_path / "s.gpkg", tell=stages.append)
    assert stages == ["making", "writing"]


def test_a_sample_made_by_another_process_meanwhile_is_kept(tmp_path, squares, monkeypatch):
    path = tmp_path / "s.gpkg"

    def overtaken(seed=0):
        # While this one is at work, another process puts its own in place.
        if not path.exists():
            Workspace.create(path, name="先到", crs=squares["grids"].crs)
        return District(name="后到", crs=squares["grids"].crs, tables=squares)

    monkeypatch.setattr("data.sample.make_district", overtaken)
    assert opening.make_sample(path) == path
    assert Workspace.open(path).name == "先到"
    assert [file.name for file in tmp_path.iterdir()] == ["s.gpkg"]


def test_a_failure_leaves_no_draft(tmp_path, squares, monkeypatch):
    def broken(seed=0):
        return District(name="坏", crs=squares["grids"].crs, tables={"no_such_table": squares["grids"]})

    monkeypatch.setattr("data.sample.make_district", broken)
    with pytest.raises(ValueError, match="table_unknown"):
        opening.make_sample(tmp_path / "s.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_written_is_said_in_words(tmp_path, small_sample):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FileError, match="file_not_writable"):
        opening.make_sample(tmp_path / "file" / "GridBeat" / "s.gpkg")


@pytest.mark.parametrize(
    ("named", "lang"),
    [("en", "en"), ("zh", "zh"), ("EN", "en"), ("", "zh"), ("fr", "zh")],  # only ours count
)
def test_the_environment_names_the_first_language(monkeypatch, named, lang):
    monkeypatch.setenv(opening.LANG_VARIABLE, named)
    assert opening.first_language() == lang
