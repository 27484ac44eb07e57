"""Which workspace the app opens, and the sample that is made once however many ask for it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.sample import District
from data.workspace import Workspace
from geo.errors import FileError
from ui import opening


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
