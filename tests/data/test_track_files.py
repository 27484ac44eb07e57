"""Tracks and check-ins out of files: what is read, what is told, and what is never read."""

import datetime as dt

import pandas as pd
import pytest

from data.moments import moments_ms
from data.track_files import read_track_file
from geo.errors import FileError, SettingError
from geo.gcj02 import from_wgs84

DAY = dt.date(2026, 11, 3)
AT = (19 * 60 + 5) * 60_000 + 12_000


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-03 19:05:12",
        "2026/11/3 19:05:12",
        "2026年11月3日19时5分12秒",
        "20261103190512",
        "2026-11-03T11:05:12Z",
        "2026-11-03T12:05:12+01:00",
        "1793703912",
        "1793703912000",
        "19:05:12",
        "２０２６-11-03 19:05:12",
    ],
)
def test_moments_are_read_by_the_clock_of_the_place(text):
    assert moments_ms([text], date=DAY).tolist() == [AT]


def test_what_is_no_moment_is_missing():
    assert moments_ms(["", "昨天", "2026-11-03", "2026-13-40 25:61:00", "nan"], date=DAY).isna().all()


def gpx(points):
    body = "".join(f'<trkpt lat="{lat}" lon="{lon}"><time>{time}</time></trkpt>' for lon, lat, time in points)
    return f'<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{body}</trkseg></trk></gpx>'


def test_gpx_is_in_utc_and_belongs_to_its_file(tmp_path):
    file = tmp_path / "T1.gpx"
    file.write_text(gpx([(120.5, 30.1, "2026-11-03T11:05:12Z"), (0, 0, "2026-11-03T11:05:22Z")]))
    found = read_track_file(file, date=DAY)
    assert found.rows[["file", "device", "at_ms", "lon", "lat"]].to_numpy().tolist() == [
        ["T1.gpx", "", AT, 120.5, 30.1]
    ]
    assert [note.code for note in found.notes] == ["track_rows_unreadable"]  # 0, 0 is no place


def test_a_table_of_devices_is_read_and_its_coordinates_turned_back(tmp_path):
    lon, lat = from_wgs84([120.5], [30.1], system="gcj02")
    file = tmp_path / "北斗.csv"
    table = pd.DataFrame(
        {"终端号": ["K7"], "定位时间": ["2026-11-03 11:05:12"], "经度": lon, "纬度": lat, "姓名": ["张三"]}
    )
    table.to_csv(file, index=False, encoding="gbk")
    found = read_track_file(file, date=DAY, system="gcj02", clock_shift_hours=8)
    assert found.rows[["device", "at_ms"]].to_numpy().tolist() == [["K7", AT]]
    assert found.rows[["lon", "lat"]].to_numpy()[0] == pytest.approx([120.5, 30.1], abs=1e-8)
    assert not found.rows.astype(str).apply(lambda column: column.str.contains("张三")).any(axis=None)


def test_check_ins_are_told_from_tracks_and_come_from_workbooks_too(tmp_path):
    file = tmp_path / "签到.xlsx"
    pd.DataFrame({"巡防队": ["一队"], "巡防点": ["甲村"], "签到时间": ["19:05:12"]}).to_excel(
        file, index=False
    )
    found = read_track_file(file, date=DAY)
    assert found.check_ins
    assert found.rows[["device", "stop", "at_ms"]].to_numpy().tolist() == [["一队", "甲村", AT]]


def test_columns_can_be_named_and_lacking_ones_are_asked_for(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("甲,乙,丙\n2026-11-03 19:05:12,120.5,30.1\n2026-11-03 19:06:12,120.5,30.2\n")
    with pytest.raises(SettingError, match="track_columns_missing"):
        read_track_file(file, date=DAY)
    found = read_track_file(file, date=DAY, columns={"time": "甲", "lon": "乙", "lat": "丙"})
    assert len(found.rows) == 2
    with pytest.raises(SettingError, match="track_column_unknown"):
        read_track_file(file, date=DAY, columns={"time": "丁"})


def test_names_of_officers_are_refused_as_devices(tmp_path):
    file = tmp_path / "t.csv"
    rows = [
        f"{name},2026-11-03 19:0{k}:12,120.5,30.1"
        for k, name in enumerate(["张建国", "李秀英", "王志强", "陈丽华"])
    ]
    file.write_text("\n".join(["民警姓名,时间,经度,纬度", *rows]))
    with pytest.raises(SettingError, match="device_personal"):
        read_track_file(file, date=DAY, columns={"device": "民警姓名"})
    assert (read_track_file(file, date=DAY).rows["device"] == "").all()


def test_broken_and_absent_files_are_told_of(tmp_path):
    (tmp_path / "x.gpx").write_text("<gpx><trk>")
    with pytest.raises(FileError, match="gpx_broken"):
        read_track_file(tmp_path / "x.gpx", date=DAY)
    with pytest.raises(FileError, match="file_missing"):
        read_track_file(tmp_path / "y.gpx", date=DAY)
    (tmp_path / "e.gpx").write_text(gpx([]))
    assert [note.code for note in read_track_file(tmp_path / "e.gpx", date=DAY).notes] == ["track_empty"]
    with pytest.raises(SettingError, match="system_unknown"):
        read_track_file(tmp_path / "e.gpx", date=DAY, system="beijing54")
