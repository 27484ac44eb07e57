"""A backup put in the live file's place: whole or not at all, and nothing that anybody wrote is lost."""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from data import geopackage, workspace
from data.plans import read_plans, save_plan
from data.workspace import Workspace
from geo.errors import ConflictError, FileError

METRIC = "EPSG:4549"
ROOT = Path(workspace.__file__).parent.parent


@pytest.fixture
def ws(tmp_path):
    return Workspace.create(tmp_path / "越湖.gpkg", name="越湖区", crs=METRIC)


def grids(*names):
    shapes = [box(500_000 + 10 * i, 3_300_000, 500_010 + 10 * i, 3_300_010) for i in range(len(names))]
    return gpd.GeoDataFrame({"grid_id": list(names)}, geometry=shapes, crs=METRIC)


def calls(number):
    return pd.DataFrame({"grid_id": ["a"], "date": ["2026-10-01"], "count": [number]})


def numbers(path):
    return set(Workspace.open(path).read("incidents")["count"])


def is_whole(path):
    with sqlite3.connect(path) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return found == [("ok",)]


def leftovers(folder):
    return sorted(file.name for file in folder.iterdir() if file.suffix != ".gpkg" and file.name != "backups")


def test_restoring_brings_back_tables_plans_and_settings(ws, tmp_path):
    ws.write("grids", grids("a", "b"))
    save_plan(ws, pd.Series({"a": "z", "b": "z"}), kind="zoning", name="一")
    backup = ws.backup(tmp_path / "backups")
    ws.write("grids", grids("x", "y", "z"))
    ws.write("zones", grids("q").rename(columns={"grid_id": "zone_id"}))
    ws.set_setting("name", "改名区")
    ws.restore(backup)
    assert ws.read("grids")["grid_id"].tolist() == ["a", "b"]
    assert ws.counts() == {"grids": 2}
    assert read_plans(ws)["name"].tolist() == ["一"]
    assert ws.name == "越湖区"
    assert is_whole(ws.path)
    assert leftovers(tmp_path) == []


def test_the_state_that_was_replaced_is_backed_up_first(ws, tmp_path):
    ws.write("grids", grids("a"))
    backup = ws.backup(tmp_path / "backups")
    ws.write("grids", grids("late"))
    kept = ws.restore(backup)
    assert kept.parent == tmp_path / "backups"
    assert Workspace.open(kept).read("grids")["grid_id"].tolist() == ["late"]
    ws.restore(kept)
    assert ws.read("grids")["grid_id"].tolist() == ["late"], "and there and back again"


def test_no_backup_is_dropped_lest_it_be_the_one_restored(ws, tmp_path):
    copies = [ws.backup(tmp_path / "backups", keep=10) for _ in range(10)]
    ws.restore(copies[0])
    ws.restore(copies[0])
    assert len(list((tmp_path / "backups").iterdir())) == 12
    assert copies[0].exists()


def test_every_table_is_new_to_whoever_has_the_file_open(ws, tmp_path):
    ws.write("grids", grids("a"))
    backup = ws.backup(tmp_path / "backups")
    before = ws.stamp
    ws.restore(backup)
    assert ws.stamp != before, "also where the backup is of this very state"
    assert Workspace.open(backup).stamp == before, "the backup is only read"


def test_the_audit_goes_on_and_names_both_files(ws, tmp_path):
    backup = ws.backup(tmp_path / "backups")
    ws.write("grids", grids("a"), who="lin")
    kept = ws.restore(backup, who="chen")
    trail = ws.audit()
    assert trail["action"].tolist() == ["create", "write", "restore"]
    assert trail["who"].tolist() == ["", "lin", "chen"]
    assert json.loads(trail["facts"].iloc[-1]) == {"backup": backup.name, "kept": kept.name}
    ws.set_setting("x", 1)
    assert len(ws.audit()) == 4


def test_lines_of_the_audit_are_never_numbered_below_those_of_the_backup(ws, tmp_path):
    """What was imported knows its line by number: later changes must count as later."""
    busy = Workspace.create(tmp_path / "busy.gpkg", name="忙区", crs=METRIC)
    for number in range(9):
        busy.set_setting("x", number)
    ws.restore(busy.path)
    with geopackage.reading(ws.path) as connection:
        lines = connection.execute("SELECT fid, action FROM audit ORDER BY fid").fetchall()
    assert lines == [(1, "create"), (11, "restore")]


def test_an_older_backup_is_brought_to_this_versions_schema(ws, tmp_path, monkeypatch):
    backup = ws.backup(tmp_path / "backups")
    now = workspace.SCHEMA_VERSION
    monkeypatch.setattr(workspace, "SCHEMA_VERSION", now + 1)
    monkeypatch.setitem(workspace.MIGRATIONS, now, lambda live: live.execute("CREATE TABLE n (x)"))
    opened = Workspace.open(ws.path)
    opened.restore(backup)
    assert opened.setting("schema_version") == now + 1
    with geopackage.reading(backup) as connection:
        version = connection.execute("SELECT value FROM settings WHERE name = 'schema_version'").fetchone()
    assert version == (str(now),), "the backup stays what it is"
    assert len(list((tmp_path / "backups").iterdir())) == 2


def newer(path):
    with geopackage.writing(path) as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE name = 'schema_version'")


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scratched(path):
    """Pages in the middle overwritten: the file opens, and is rotten inside."""
    content = bytearray(path.read_bytes())
    content[8 * 4096 : 20 * 4096] = b"\xa5" * (12 * 4096)
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("harm", "codes"),
    [
        (lambda path: path.unlink(), {"workspace_missing"}),
        (lambda path: path.write_text("not a database, but long enough"), {"workspace_unreadable"}),
        (lambda path: path.write_bytes(b""), {"workspace_foreign"}),
        (newer, {"workspace_newer"}),
        (cut, {"workspace_unreadable", "backup_damaged"}),
        (scratched, {"workspace_unreadable", "backup_damaged"}),
    ],
)
def test_what_is_no_whole_workspace_is_refused_and_nothing_changes(ws, tmp_path, harm, codes):
    ws.write("grids", grids(*map(str, range(300))))
    backup = ws.backup(tmp_path / "backups")
    harm(backup)
    stamp, content = ws.stamp, ws.path.read_bytes()
    with pytest.raises(FileError) as caught:
        ws.restore(backup)
    assert caught.value.code in codes
    assert caught.value.facts["file"] == str(backup)
    assert (ws.stamp, ws.path.read_bytes()) == (stamp, content)
    assert leftovers(tmp_path) == []


def test_a_writer_meanwhile_waits_and_loses_nothing(ws, tmp_path):
    """What another process was told is kept, is kept: in the backup made first, or in the file after."""
    ws.append("incidents", calls(0))
    backup = ws.backup(tmp_path / "backups")
    script = (
        "import sys, pandas as pd; from data.workspace import Workspace\n"
        "ws = Workspace.open(sys.argv[1])\n"
        "for number in range(1, 120):\n"
        "    ws.append('incidents', pd.DataFrame({'grid_id': ['a'], 'date': ['2026-10-01'],"
        " 'count': [number]}))\n"
        "    ws.read('incidents')\n"
        "    print(number, flush=True)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(ws.path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    told, kept = [], []
    for line in other.stdout:
        told.append(int(line))
        if told[-1] in (20, 60, 90):
            kept.append(ws.restore(backup))
    other.communicate()
    assert other.returncode == 0
    assert told == list(range(1, 120))
    assert len(kept) == 3
    assert set().union(*map(numbers, [ws.path, *kept])) >= set(told)
    assert 0 in numbers(ws.path)
    assert 20 not in numbers(ws.path)
    assert is_whole(ws.path)


# The copy is broken off after a few pages, by a process that dies there or by an error.
BREAK_OFF = """
import os, sqlite3, sys
from data import geopackage, workspace
class Broken(sqlite3.Connection):
    def backup(self, target, **_):
        if sys.argv[3] in self.execute("PRAGMA database_list").fetchone()[2]:
            target.execute("PRAGMA cache_size = 5")
            sqlite3.Connection.backup(self, target, pages=7, progress=fail)
        else:
            sqlite3.Connection.backup(self, target)
def fail(status, remaining, total):
    if remaining < total / 2:
        os._exit(9)
connect = sqlite3.connect
sqlite3.connect = lambda *args, **kwargs: connect(*args, factory=Broken, **kwargs)
workspace.Workspace.open(sys.argv[1]).restore(sys.argv[2])
"""


def test_a_process_that_dies_half_way_leaves_the_old_state(ws, tmp_path):
    ws.write("grids", grids(*(f"old{i}" for i in range(2000))))
    backup = ws.backup(tmp_path / "backups")
    ws.write("grids", grids(*(f"new{i}" for i in range(2500))))
    stamp = ws.stamp
    done = subprocess.run(
        [sys.executable, "-c", BREAK_OFF, str(ws.path), str(backup), "ready.gpkg"], cwd=ROOT, check=False
    )
    assert done.returncode == 9
    assert ws.path.with_name(ws.path.name + "-journal").exists(), "it died with pages on the disk"
    assert ws.stamp == stamp
    assert ws.read("grids")["grid_id"].tolist()[-1] == "new2499"
    assert is_whole(ws.path)
    ws.restore(backup)
    assert len(ws.read("grids")) == 2000


def test_a_process_killed_at_any_moment_leaves_one_state_or_the_other(ws, tmp_path):
    ws.write("grids", grids(*(f"old{i}" for i in range(2000))))
    backup = ws.backup(tmp_path / "backups")
    ws.write("grids", grids(*(f"new{i}" for i in range(2500))))
    script = (
        "import sys; from data.workspace import Workspace\nws = Workspace.open(sys.argv[1])\n"
        "print(1, flush=True)\nwhile True: ws.restore(sys.argv[2], folder=sys.argv[3])\n"
    )
    for wait in (0.02, 0.09, 0.2):
        worker = subprocess.Popen(
            [sys.executable, "-c", script, str(ws.path), str(backup), str(tmp_path / "many")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        worker.stdout.readline()
        time.sleep(wait)
        worker.kill()
        worker.communicate()
        assert len(ws.read("grids")) in (2000, 2500)
        assert is_whole(ws.path)
    ws.restore(backup)


def test_an_error_half_way_leaves_the_old_state_and_no_lock(ws, tmp_path, monkeypatch):
    ws.write("grids", grids("a"))
    backup = ws.backup(tmp_path / "backups")
    ws.write("grids", grids("b"))

    def refuse(ready, live):
        live.execute("PRAGMA locking_mode = EXCLUSIVE")
        live.execute("COMMIT")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workspace, "_pour", refuse)
    with pytest.raises(FileError, match="No space left"):
        ws.restore(backup)
    monkeypatch.undo()
    assert ws.read("grids")["grid_id"].tolist() == ["b"]
    ws.write("grids", grids("c"))
    assert leftovers(tmp_path) == []


def test_a_reader_that_does_not_end_is_waited_for_and_then_named(ws, tmp_path, monkeypatch):
    ws.write("grids", grids("a"))
    backup = ws.backup(tmp_path / "backups")
    ws.write("grids", grids("b"))
    monkeypatch.setattr(geopackage, "_LOCK_SECONDS", 0.2)
    with geopackage.reading(ws.path) as reader:
        reader.execute("SELECT * FROM grids").fetchone()
        with pytest.raises(ConflictError, match="workspace_busy"):
            ws.restore(backup)
    assert ws.read("grids")["grid_id"].tolist() == ["b"]
    ws.restore(backup)
    assert ws.read("grids")["grid_id"].tolist() == ["a"]
