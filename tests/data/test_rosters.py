"""Teams, stops and closed roads from files as bureaus write them; members are counted, never named."""

import openpyxl
import pandas as pd
import pytest

from data.importing import ImportParams, import_file, open_or_create, prepare
from data.reporting import Findings
from data.rosters import members_counted, team_rows
from geo.errors import SchemaError

NAMES = ("张伟", "王芳", "李强", "刘洋", "陈静", "13812345678")


@pytest.fixture
def ws(tmp_path):
    made = open_or_create(tmp_path / "district.gpkg")
    villages = {"village_id": ["V1", "V2"], "name": ["云溪村", "青枫社区"], "kind": ["village", "community"]}
    made.write("villages", pd.DataFrame(villages))
    made.write("stations", pd.DataFrame({"station_id": ["S1"], "name": ["平湖派出所"]}))
    return made


def written(path, text, encoding="gb18030"):
    path.write_bytes(text.encode(encoding))
    return path


def assert_nameless(ws):
    kept = ws.path.read_bytes()
    assert [name for name in NAMES if name.encode() in kept] == []


def test_members_that_a_cell_names_are_counted():
    cells = pd.Series(
        ["张伟、王芳", "张伟 王芳 李强", "张伟等5人", "7", "张伟(队长)，王芳", "", None], index=range(3, 10)
    )
    counts = members_counted(cells)
    assert counts.index.tolist() == list(range(3, 10))
    assert counts.fillna(0).tolist() == [2, 3, 5, 7, 2, 0, 0]


def test_a_roster_in_gbk_gives_counts_and_no_names(ws, tmp_path):
    file = written(
        tmp_path / "巡防队.csv",
        "队伍编号,队伍名称,所属村社,队员,出行方式,班次,联系电话\n"
        "A1,云溪村巡防队,云溪村,张伟、王芳、李强,电动车,19:00-21:30,13812345678\n"
        "A2,青枫社区巡防队,青枫社区,刘洋、陈静,步行,夜班(20:00-次日02:00),13812345678\n",
    )
    report = import_file(ws, file, "teams")
    assert report.mapping["member_names"] == "队员"
    assert "联系电话" in report.left_out
    teams = ws.read("teams").set_index("team_id")
    assert teams["members"].to_dict() == {"A1": 3, "A2": 2}
    assert teams["travel_mode"].to_dict() == {"A1": "ebike", "A2": "walk"}
    assert teams["village_id"].to_dict() == {"A1": "V1", "A2": "V2"}
    assert teams.loc["A2", ["shift_start", "shift_end", "force"]].tolist() == ["20:00", "02:00", "village"]
    assert_nameless(ws)


def test_a_roster_with_a_row_for_each_member_becomes_a_row_for_each_team(ws, tmp_path):
    file = written(
        tmp_path / "花名册.csv",
        "队伍名称,姓名,电话,所属派出所,巡逻方式,上班时间,下班时间\n"
        "平湖所一队,张伟,13812345678,平湖派出所,警车,8:00,20:00\n"
        "平湖所一队,王芳,13812345678,平湖派出所,警车,8:00,20:00\n"
        "平湖所二队,李强,13812345678,平湖派出所,警车,20:00,8:00\n",
    )
    report = import_file(ws, file, "teams")
    assert report.rows == 2
    teams = ws.read("teams").set_index("name")
    assert teams["members"].to_dict() == {"平湖所一队": 2, "平湖所二队": 1}
    assert teams["force"].unique().tolist() == ["squad"]
    assert teams["station_id"].unique().tolist() == ["S1"]
    assert_nameless(ws)


def test_a_stated_column_of_members_is_counted_too(ws, tmp_path):
    file = written(tmp_path / "a.csv", "编号,名称,花名\nA1,一队,张伟;王芳\n")
    import_file(ws, file, "teams", params=ImportParams(mapping={"member_names": "花名"}))
    assert ws.read("teams")["members"].tolist() == [2]
    assert_nameless(ws)


def test_a_count_of_members_is_read_as_it_is(ws, tmp_path):
    file = written(tmp_path / "a.csv", "编号,名称,人数,队长\nA1,一队,10,张伟\nA2,二队,5,王芳\n")
    import_file(ws, file, "teams")
    assert ws.read("teams")["members"].tolist() == [10, 5]
    assert_nameless(ws)


def test_stops_are_read_from_a_workbook_with_its_own_times_and_words(ws, tmp_path):
    book = openpyxl.Workbook()
    for row in [
        ["名称", "类别", "所属村社", "停留分钟", "时段", "优先级", "到期日期", "经度", "纬度"],
        ["云溪小学", "小学", "云溪村", 30, "7:20-8:10；15:40-16:30", "必巡", "2026年11月5日", 120.5, 30.1],
        ["第一水厂", "重点单位", "青枫社区", 15, "全天", "应巡", None, 120.51, 30.11],
        ["北门夜市", "高发部位", "青枫社区", None, "22:00-02:00", 3, None, 120.52, 30.12],
    ]:
        book.active.append(row)
    book.save(tmp_path / "必巡点.xlsx")
    import_file(ws, tmp_path / "必巡点.xlsx", "stops")
    stops = ws.read("stops")
    assert stops["kind"].tolist() == ["school", "key_unit", "hot_spot"]
    assert stops["windows"].fillna("").tolist() == ["07:20-08:10;15:40-16:30", "", "22:00-02:00"]
    assert stops["priority"].tolist() == [1, 2, 3]
    assert stops["due"].fillna("").tolist() == ["2026-11-05", "", ""]
    assert stops["village_id"].tolist() == ["V1", "V2", "V2"]
    assert stops.geometry.notna().all()
    assert stops["stop_id"].is_unique


def test_a_sheets_times_are_read_as_shifts(ws, tmp_path):
    import datetime as dt

    book = openpyxl.Workbook()
    book.active.append(["编号", "名称", "上班时间", "下班时间"])
    book.active.append(["A1", "一队", dt.time(19, 0), dt.time(21, 30)])
    book.save(tmp_path / "a.xlsx")
    import_file(ws, tmp_path / "a.xlsx", "teams")
    assert ws.read("teams")[["shift_start", "shift_end"]].iloc[0].tolist() == ["19:00", "21:30"]


def test_every_slip_is_told_by_its_row(ws, tmp_path):
    teams = written(
        tmp_path / "teams.csv",
        "队伍编号,名称,所属村社,上班时间,下班时间,人数,出行方式\n"
        "A1,甲队,云溪村,25:00,21:30,5,步行\n"
        "A2,乙队,无此村,19:00,21:30,0,飞机\n",
    )
    stops = written(
        tmp_path / "stops.csv",
        "编号,名称,类别,停留时间,时间窗,优先级\n1,甲,学校,-5,08:10-07:20,1\n2,乙,飞碟,15,放学,7\n",
    )
    assert told(ws, teams, "teams") == {
        ("clock_wrong", 2, "shift_start"),
        ("value_wrong", 3, "members"),
        ("value_wrong", 3, "travel_mode"),
    }
    assert told(ws, stops, "stops") == {
        ("value_wrong", 2, "dwell_min"),
        ("windows_backwards", 2, "windows"),
        ("value_wrong", 3, "kind"),
        ("windows_wrong", 3, "windows"),
        ("value_wrong", 3, "priority"),
    }


def told(ws, file, table):
    with prepare(file, table, workspace=ws) as draft:
        assert ("name_unknown" in draft.report.counts.get("note", {})) == (table == "teams")
        with pytest.raises(SchemaError):
            draft.require_right()
        return {(fault.code, fault.facts["row"], fault.facts["column"]) for fault in draft.report.faults}


def test_a_closed_road_that_is_not_there_is_told_and_a_closure_backwards_refused(ws, tmp_path):
    file = written(tmp_path / "封路.csv", "道路编码,封闭开始,封闭结束,原因\nR1,2026-11-01,2026-10-01,施工\n")
    with pytest.raises(SchemaError, match="closed_backwards"):
        import_file(ws, file, "closed_roads")
    file = written(tmp_path / "封路.csv", "道路编码,封闭开始,原因\nR1,2026-11-01,施工\n")
    import_file(ws, file, "closed_roads")
    assert ws.read("closed_roads")["closed_from"].tolist() == ["2026-11-01"]


@pytest.mark.parametrize(
    ("row", "force"),
    [
        ({"name": "云溪村巡防队", "village_id": "V1", "station_id": "S1"}, "village"),
        ({"name": "一队", "station_id": "S1"}, "squad"),
        ({"name": "平湖所专职巡防队"}, "squad"),
        ({"name": "一队"}, "village"),
        ({"name": "一队", "station_id": "S1", "force": "village"}, "village"),  # what is said holds
    ],
)
def test_a_force_that_is_not_stated_is_told_by_place_and_name(row, force):
    rows = team_rows(pd.DataFrame([row], dtype="str"), None, Findings())
    assert rows["force"].tolist() == [force]


def test_a_shift_that_states_no_times_is_told(ws, tmp_path):
    file = written(tmp_path / "a.csv", "编号,名称,班次\nA1,一队,夜班\nA2,二队,20:00-8:00\n")
    with prepare(file, "teams", workspace=ws) as draft:
        assert draft.report.counts["note"]["shift_unreadable"] == 1
        assert draft.staged.frame()["shift_end"].fillna("").tolist() == ["", "08:00"]
