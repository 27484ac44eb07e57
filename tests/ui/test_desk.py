"""A session's desk: what a button asks for is done once, also by clicks that run at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from geo.errors import FileError, SettingError
from ui.desk import Desk, named


def test_clicks_at_the_same_time_do_one_deed():
    desk, done = Desk(Path("/a")), []
    key = desk.key("create")

    def slow():
        time.sleep(0.05)
        done.append(1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: desk.once(key, slow), range(4)))
    assert done == [1]


def test_a_deed_that_was_done_renews_its_own_widgets_alone():
    desk = Desk(Path("/a"))
    before = desk.key("create"), desk.key("create", "name"), desk.key("backup")
    desk.once(desk.key("create"), lambda: None)
    after = desk.key("create"), desk.key("create", "name"), desk.key("backup")
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]


def test_what_failed_can_be_tried_again():
    desk, done = Desk(Path("/a")), []

    def refuse():
        raise SettingError("district_name_missing")

    key = desk.key("create")
    with pytest.raises(SettingError):
        desk.once(key, refuse)
    assert desk.key("create") == key
    desk.once(key, lambda: done.append(1))
    assert done == [1]


def test_another_district_forgets_what_was_asked_for_the_last():
    desk = Desk(Path("/a"), asked=Path("/a/backups/x"))
    desk.turn_to(Path("/b"))
    assert (desk.path, desk.asked) == (Path("/b"), None)


@pytest.mark.parametrize(
    ("fault", "code", "file"),
    [
        (FileError("file_exists", file="x"), "file_exists", "x"),
        (PermissionError(13, "Permission denied", "/b"), "file_not_writable", "/b"),
        (OSError("odd"), "file_not_writable", "/a"),
        (ValueError("broken further in"), "workspace_unreadable", "/a"),
    ],
)
def test_faults_are_named(fault, code, file):
    found = named(fault, Path("/a"))
    assert (found.code, found.facts["file"]) == (code, file)
