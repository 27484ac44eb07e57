"""Which workspace the app opens, and the sample that is made once however many ask for it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.sample import District
from data.workspace import Workspace
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
