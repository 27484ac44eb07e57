"""Files of districts: names that Windows allows, new ones, copies, backups, a glance that changes nothing."""

import re
import shutil
import sqlite3

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from data import geopackage, workspace
from data.workspace import Workspace
from geo.errors import CrsError, FileError, SettingError
from ui.district_files import (
    backups_of,
    copy_bytes,
    create_district,
    district_name,
    file_stem,
    glance,
    is_foreign,
    make_backup,
    metric_crs,
    recover,
    save_as,
)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("越湖区", "越湖区"),
        ("越湖区/柯桥", "越湖区-柯桥"),
        ("<script>alert(1)</script>", "script-alert(1)-script"),
        ('a:b"c|d?e*f\\g', "a-b-c-d-e-f-g"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),  # reserved whatever comes after the dot
        ("COM¹", "_COM¹"),
        ("com10", "com10"),
        ("区. .", "区"),  # Windows drops dots and blanks at the end
        (" .hidden", "hidden"),
        ("两\n行\t区", "两 行 区"),
        ("\u202egpkg.区", "gpkg.区"),  # reads from right to left
        ("", "district"),
        ("...", "district"),
        ("\ud800区", "区"),  # half a character
    ],
)
def test_a_district_gives_its_file_a_name_that_windows_allows(name, stem):
    assert file_stem(name) == stem


@given(st.text())
def test_every_name_gives_a_file(name):
    stem = file_stem(name)
    assert stem
    assert len(stem.encode()) <= 181
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', stem)
    assert stem == stem.strip(" .")
    assert stem.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
    assert file_stem(stem) == stem


@pytest.mark.parametrize("name", ["越" * 300, "CON", "<script>", "区 区"])
def test_such_a_name_can_be_written_copied_and_backed_up(tmp_path, name):
    path = create_district(name, folder=tmp_path)
    kept = make_backup(Workspace.open(path))
    assert kept.is_file()
    assert [backup.path for backup in backups_of(path)] == [kept]


def test_names_without_anything_to_see_are_refused():
    assert district_name("  越 湖\t区 ") == "越 湖 区"
    for empty in ("", "   ", "\u200b\u202e"):
        with pytest.raises(SettingError, match="district_name_missing"):
            district_name(empty)


@pytest.mark.parametrize("text", ["4549", "EPSG:4549", " epsg 4549 ", "ｅｐｓｇ：４５４９"])
def test_an_epsg_code_is_understood_as_people_write_it(text):
    assert metric_crs(text).to_epsg() == 4549


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("abc", "epsg_unknown"),
        ("999999", "epsg_unknown"),
        ("4549; DROP", "epsg_unknown"),
        ("4326", "crs_not_for_measuring"),  # degrees
        ("4490", "crs_not_for_measuring"),
        ("3857", "crs_not_for_measuring"),  # metres at the equator alone
        ("3395", "crs_not_for_measuring"),
        ("2227", "crs_not_for_measuring"),  # feet
        ("5773", "crs_not_for_measuring"),  # heights
        ("4978", "crs_not_for_measuring"),  # metres from the Earth's centre
        ("2437", "crs_refused"),  # Beijing 1954
    ],
)
def test_a_crs_that_cannot_be_measured_in_is_refused(text, code):
    with pytest.raises(CrsError) as caught:
        metric_crs(text)
    assert caught.value.code == code


def test_no_crs_is_left_to_the_first_layer(tmp_path):
    assert metric_crs("  ") is None
    made = Workspace.open(create_district("甲", folder=tmp_path, crs=None))
    made.write("zones", gpd.GeoDataFrame({"zone_id": ["z"]}, geometry=[box(120, 30, 121, 31)], crs=4490))
    assert made.crs.to_epsg() == 4549


def test_a_name_that_is_taken_gets_a_number(tmp_path):
    made = [create_district("越湖区", folder=tmp_path).name for _ in range(3)]
    assert made == ["越湖区.gpkg", "越湖区-2.gpkg", "越湖区-3.gpkg"]
    assert Workspace.open(tmp_path / "越湖区-2.gpkg").name == "越湖区"


def test_a_name_that_somebody_takes_meanwhile_gets_a_number(tmp_path, monkeypatch):
    create, taken = Workspace.create, []

    def overtaken(path, **facts):
        if not taken:
            taken.append(create(path, name="先到"))
        return create(path, **facts)

    monkeypatch.setattr(Workspace, "create", overtaken)
    assert create_district("区", folder=tmp_path).name == "区-2.gpkg"
    assert Workspace.open(tmp_path / "区.gpkg").name == "先到"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match="folder_missing"):
        create_district("区", folder=tmp_path / "no")


def test_a_copy_is_whole_and_has_its_own_name(workspace_file, tmp_path):
    source = Workspace.open(workspace_file)
    copy = save_as(source, "方格区 副本", folder=tmp_path)
    assert copy.name == "方格区 副本.gpkg"
    assert Workspace.open(copy).name == "方格区 副本"
    assert Workspace.open(copy).counts() == source.counts()
    assert source.name == "方格区"
    assert save_as(source, "方格区 副本", folder=tmp_path).name == "方格区 副本-2.gpkg"


def test_a_download_is_a_workspace(workspace_file, tmp_path):
    (tmp_path / "down.gpkg").write_bytes(copy_bytes(workspace_file))
    assert Workspace.open(tmp_path / "down.gpkg").counts() == Workspace.open(workspace_file).counts()


def test_backups_are_listed_latest_first_and_only_a_districts_own(workspace_file):
    source = Workspace.open(workspace_file)
    made = [make_backup(source) for _ in range(3)]
    folder = made[0].parent
    for other in (
        "别区-20261001-080000-000000.gpkg",
        "方格区-notes.gpkg",
        "方格区-20269999-999999-000000.gpkg",
    ):
        shutil.copy(made[0], folder / other)
    assert [backup.path for backup in backups_of(workspace_file)] == made[::-1]
    assert all(backup.size > 0 for backup in backups_of(workspace_file))


def test_ten_backups_are_kept(workspace_file):
    source = Workspace.open(workspace_file)
    made = [make_backup(source) for _ in range(12)]
    assert [backup.path for backup in backups_of(workspace_file)] == made[:1:-1]


def test_a_district_without_backups_has_none(workspace_file):
    assert backups_of(workspace_file) == []


def test_a_backup_takes_the_place_of_a_file_that_is_gone(workspace_file):
    backup = make_backup(Workspace.open(workspace_file))
    workspace_file.unlink()
    assert recover(workspace_file, backup) == workspace_file
    assert Workspace.open(workspace_file).counts()["grids"] == 36


def test_a_damaged_file_is_left_alone_and_its_backup_put_beside_it(workspace_file):
    backup = make_backup(Workspace.open(workspace_file))
    workspace_file.write_bytes(b"SQLite format 3\0 and then nothing")
    made = recover(workspace_file, backup)
    assert made.name == "方格区-2.gpkg"
    assert Workspace.open(made).counts()["grids"] == 36
    assert workspace_file.read_bytes().endswith(b"nothing")


def test_a_backup_that_is_none_is_named_and_leaves_nothing(workspace_file):
    backup = make_backup(Workspace.open(workspace_file))
    backup.write_text("not a database, but long enough to be none")
    before = sorted(workspace_file.parent.iterdir())
    with pytest.raises(FileError) as caught:
        recover(workspace_file, backup)
    assert caught.value.facts["file"] == str(backup)
    assert sorted(workspace_file.parent.iterdir()) == before


def test_a_glance_counts_without_touching(workspace_file):
    before = workspace_file.read_bytes()
    found = glance(workspace_file)
    assert (found.name, found.rows["grids"], found.fault) == ("方格区", 36, "")
    assert found.size == len(before)
    assert workspace_file.read_bytes() == before


def test_a_glance_sees_changes(workspace_file):
    glance(workspace_file)
    Workspace.open(workspace_file).set_setting("name", "改名区")
    assert glance(workspace_file).name == "改名区"


def test_a_glance_brings_no_older_workspace_to_this_version(workspace_file, monkeypatch):
    now = workspace.SCHEMA_VERSION
    monkeypatch.setattr(workspace, "SCHEMA_VERSION", now + 1)
    monkeypatch.setattr("ui.district_files.SCHEMA_VERSION", now + 1)
    monkeypatch.setitem(workspace.MIGRATIONS, now, lambda live: live.execute("CREATE TABLE n (x)"))
    assert glance(workspace_file).name == "方格区"
    with geopackage.reading(workspace_file) as connection:
        version = connection.execute("SELECT value FROM settings WHERE name = 'schema_version'").fetchone()
    assert version == (str(now),)


def newer(path):
    with geopackage.writing(path) as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE name = 'schema_version'")


def others(path):
    path.unlink()
    gpd.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 1, 1)], crs=4549).to_file(path)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_settings(path):
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE settings (name TEXT, value TEXT)")
    connection.execute("INSERT INTO settings VALUES ('schema_version', 'three')")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (lambda path: path.unlink(), "workspace_missing"),
        (lambda path: path.write_text("text that is no database at all"), "workspace_foreign"),
        (lambda path: path.write_bytes(b""), "workspace_foreign"),
        (newer, "workspace_newer"),
        (others, "workspace_foreign"),
        (cut, "workspace_unreadable"),
        (other_settings, "workspace_foreign"),
    ],
)
def test_a_glance_names_what_cannot_be_opened(workspace_file, harm, fault):
    harm(workspace_file)
    assert glance(workspace_file).fault == fault
    assert is_foreign(workspace_file) == (fault == "workspace_foreign")
