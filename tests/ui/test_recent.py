"""The list of recent districts: in order, short, and never a reason to fail."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ui.recent import AT_MOST, RECENT_FILE, distinct, find, forget, key_of, read_recent, remember


def paths(home):
    return [entry.path for entry in read_recent(home)]


def test_the_last_opened_comes_first_and_each_once(tmp_path):
    home = tmp_path / "家" / "GridBeat"
    for name in ("a", "b", "a"):
        remember(home, tmp_path / f"{name}.gpkg")
    assert paths(home) == [tmp_path / "a.gpkg", tmp_path / "b.gpkg"]
    assert [file.name for file in home.iterdir()] == [RECENT_FILE]


def test_what_is_taken_off_the_list_stays_on_the_disk(tmp_path):
    (tmp_path / "a.gpkg").touch()
    remember(tmp_path, tmp_path / "a.gpkg")
    forget(tmp_path, tmp_path / "a.gpkg")
    forget(tmp_path, tmp_path / "never.gpkg")
    assert paths(tmp_path) == []
    assert (tmp_path / "a.gpkg").exists()


def test_the_list_is_short(tmp_path):
    for number in range(AT_MOST + 5):
        remember(tmp_path, tmp_path / f"{number}.gpkg")
    assert len(paths(tmp_path)) == AT_MOST
    assert paths(tmp_path)[0].name == f"{AT_MOST + 4}.gpkg"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"recent": 3}',
        b'{"recent": [1, null, {"path": 3, "opened": "x"}, {"path": "half/a", "opened": "x"}]}',
        b'{"recent": [{"path": "/a\\u0000b", "opened": "x"}, {"path": "/a"}]}',
        b"[" * 200_000,  # nested deeper than any reader follows
    ],
)
def test_a_broken_file_holds_nothing_and_is_mended_by_the_next(tmp_path, content):
    (tmp_path / RECENT_FILE).write_bytes(content)
    assert paths(tmp_path) == []
    remember(tmp_path, tmp_path / "a.gpkg")
    assert paths(tmp_path) == [tmp_path / "a.gpkg"]


def test_what_is_whole_in_a_half_broken_file_is_kept(tmp_path):
    whole = {"path": str(tmp_path / "a.gpkg"), "opened": "2026-10-01T08:00:00+08:00"}
    (tmp_path / RECENT_FILE).write_text(json.dumps({"recent": [whole, {"path": None}, whole]}))
    assert paths(tmp_path) == [tmp_path / "a.gpkg"]


def test_a_home_that_cannot_be_written_is_no_fault(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    remember(tmp_path / "file" / "GridBeat", tmp_path / "a.gpkg")
    assert read_recent(tmp_path / "file" / "GridBeat") == []


def test_sessions_at_once_lose_nothing(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: remember(tmp_path, tmp_path / f"{number}.gpkg"), range(AT_MOST)))
    assert len(paths(tmp_path)) == AT_MOST


def test_a_key_finds_its_path_and_names_none():
    known = [Path("/a/越湖区.gpkg"), Path("/b/c.gpkg")]
    assert find(key_of(known[1]), known) == known[1]
    assert find("nothing", known) is None
    assert find("", known) is None
    assert key_of(known[0]).isalnum()


def test_a_file_is_the_same_however_windows_writes_it(monkeypatch):
    monkeypatch.setattr(os.path, "normcase", lambda text: str(text).lower())
    assert distinct([Path("/A/b.gpkg"), Path("/a/B.gpkg"), Path("/c")]) == [Path("/A/b.gpkg"), Path("/c")]
