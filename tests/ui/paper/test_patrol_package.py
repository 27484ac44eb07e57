"""巡防任务包: every file is there, opens again, and says the same as the plan, as a folder and as a zip."""

import io
import json
import zipfile
from datetime import UTC, datetime

import geopandas as gpd
import gpxpy
import openpyxl
import pandas as pd
import pytest

from geo.errors import FileError
from tests.ui.conftest import square_district
from tests.ui.paper.conftest import night_of
from ui.paper.patrol_package import STAGES, link_rows, patrol_files, patrol_package, visit_rows

STAMP = datetime(2026, 11, 6, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def files():
    return patrol_files(night_of(square_district()), stamp=STAMP)


def test_package_holds_sheets_tables_tracks_and_layers(files):
    assert list(files) == [
        "00_清单.txt",
        "01_巡防任务单.pdf",
        "02_任务单（各队）/01_专职01队.pdf",
        "02_任务单（各队）/02_专职02队.pdf",
        "03_签到表.xlsx",
        "04_GPX轨迹/01_专职01队.gpx",
        "05_KML路线/01_专职01队.kml",
        "04_GPX轨迹/02_专职02队.gpx",
        "05_KML路线/02_专职02队.kml",
        "05_KML路线/全部.kml",
        "06_时刻表.csv",
        "06_时刻表.xlsx",
        "07_图层.gpkg",
    ]
    listed = files["00_清单.txt"].decode("utf-8-sig")
    assert all(name in listed for name in files if not name.startswith("00"))
    assert "内部资料" in listed


def test_timetable_is_the_plan(night, files):
    rows = pd.read_csv(io.BytesIO(files["06_时刻表.csv"]), encoding="utf-8-sig", keep_default_na=False)
    assert rows["stop"].tolist() == ["南湖村", "实验小学", "夜市路口", "湿地公园", "公园酒吧"]
    assert rows["number"].tolist() == [1, 2, 3, 1, 2]
    assert rows["begin"].tolist()[1:3] == ["21:00", "次日 01:00"]
    assert rows["leg_m"].tolist() == [visit.leg_m for route in night.plan.routes for visit in route.visits]
    book = openpyxl.load_workbook(io.BytesIO(files["06_时刻表.xlsx"]))
    assert [cell.value for cell in book.worksheets[0][1]][:3] == ["队编码", "队", "序"]
    assert book.sheetnames == ["时刻表"]


def test_layers_open_in_a_gis(night, files, tmp_path):
    (tmp_path / "a.gpkg").write_bytes(files["07_图层.gpkg"])
    routes, visits = (gpd.read_file(tmp_path / "a.gpkg", layer=name) for name in ("routes", "visits"))
    assert routes.crs == visits.crs == night.places.crs
    assert routes["metres"].sum() == sum(route.distance_m for route in night.plan.routes)
    assert visits.geometry[0].equals(night.places["v"])
    assert not [name for name in patrol_files(night, layers=False) if name.endswith(".gpkg")]


def test_links_are_in_the_package_only_where_they_are_allowed(make_night, files):
    assert not [name for name in files if name.startswith("08")]
    night = make_night("en", services=("amap", "baidu"))
    allowed = patrol_files(night, stamp=STAMP)
    book = openpyxl.load_workbook(io.BytesIO(allowed["08_links.xlsx"]))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows[0] == ["Team", "No.", "Stop", "Begins", "Amap", "Baidu Maps"]
    assert len(rows) == 1 + 4 + 3
    assert rows[1][4].startswith("https://uri.amap.com/navigation?to=")
    assert link_rows(night)["baidu"].str.contains("coord_type=gcj02").all()


def test_teams_called_alike_and_names_that_no_system_takes_have_files_of_their_own(make_night):
    names = ("一队/夜", "一队/夜", "一队:夜")
    teams = {f"T{i}": {"name": name, "start": "post"} for i, name in enumerate(names)}
    night = make_night(teams=teams, rounds={team: [f"s{i + 1}"] for i, team in enumerate(teams)})
    files = patrol_files(night, stamp=STAMP)
    sheets = [name for name in files if name.startswith("02")]
    assert len(sheets) == 3
    assert not set("".join(files)) & set('<>:"\\|?*')
    assert len([name for name in files if name.endswith(".gpx")]) == 3


@pytest.mark.parametrize("out", ["包.zip", "新/文件夹"])
def test_package_is_written_as_zip_or_folder(night, tmp_path, out):
    told = []
    names = patrol_package(night, tmp_path / out, stamp=STAMP, progress=lambda *step: told.append(step))
    if out.endswith(".zip"):
        with zipfile.ZipFile(tmp_path / out) as whole:
            assert sorted(whole.namelist()) == names
            track = whole.read("04_GPX轨迹/01_专职01队.gpx")
    else:
        assert (
            sorted(p.relative_to(tmp_path / out).as_posix() for p in (tmp_path / out).rglob("*.*")) == names
        )
        track = (tmp_path / out / "04_GPX轨迹" / "01_专职01队.gpx").read_bytes()
    assert len(gpxpy.parse(track.decode()).waypoints) == 4
    assert [stage for stage, _ in dict.fromkeys((stage, 0) for stage, _ in told)] == list(STAGES)
    assert all(0 <= share <= 1 for _, share in told)


def test_where_nothing_may_be_written_nothing_is_made(night, tmp_path):
    with pytest.raises(FileError, match="folder_missing"):
        patrol_package(night, tmp_path / "nowhere" / "a.zip", stamp=STAMP)


def test_what_progress_raises_ends_the_work(night, tmp_path):
    def stop(stage, share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        patrol_package(night, tmp_path / "a.zip", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_same_day_and_stamp_make_the_same_files(night, files):
    again = patrol_files(night, stamp=STAMP)
    assert {name for name in files if files[name] != again[name]} <= {"07_图层.gpkg"}


def test_nobody_out_is_a_package_too(make_night):
    night = make_night(rounds={})
    files = patrol_files(night, stamp=STAMP)
    assert files["01_巡防任务单.pdf"].startswith(b"%PDF")
    assert visit_rows(night).empty
    assert json.dumps(sorted(files), ensure_ascii=False)
