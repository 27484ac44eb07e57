"""The hand-over of a plan: what is in its tables, lists, memo, maps and layers, and that text stays text."""

import io
import json
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import Polygon
from typer.testing import CliRunner

from data.plan_states import move_plan
from data.plans import duplicate_plan, save_plan
from data.strokes import apply_stroke
from data.workspace import Workspace
from ui import cli
from ui.assignment_files import read_assignment_file
from ui.paper import package
from ui.paper.bundle import file_stem, zipped
from ui.paper.comparison import changed_rows, grid_rows, zone_rows
from ui.paper.handing import hand_over_plan
from ui.paper.layout import breakable
from ui.paper.memo import memo
from ui.paper.package import handover_facts, handover_files
from ui.paper.transfers import transfers
from ui.words import words

STAMP = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
MARKUP = '#panic("x") *_$@\\ `<b>` = [#let x] //'


def quarters(grids, **changed):
    """The zones as they are: 3 × 3 grids each."""
    zones = [f"Z{int(g[1:3]) // 3:02}{int(g[3:5]) // 3:02}" for g in grids]
    return pd.Series(zones, index=pd.Index(grids, name="grid_id"), name="zone_id").replace(changed)


def moved(grids):
    """The village of the south-west corner goes to the zone in the east of it."""
    plan = quarters(grids)
    plan[["G0000", "G0100", "G0200"]] = "Z0100"
    return plan


def kept(path, tables, plan, **facts):
    """Keep a district and a plan, and return the workspace and the plan's id."""
    workspace = Workspace.create(path, name=facts.pop("district", "方格区"), crs="EPSG:4549")
    workspace.write_all(tables)
    return workspace, save_plan(workspace, plan, kind="redraw", name=facts.pop("name", "一号"), **facts)


def handed(workspace, plan_id, lang="zh"):
    return hand_over_plan(workspace, plan_id, t=words(lang))


@pytest.fixture(scope="module")
def handing(tmp_path_factory, make_workspace):
    workspace = Workspace.open(make_workspace(tmp_path_factory.mktemp("handing") / "a.gpkg"))
    plan = moved(workspace.read("grids")["grid_id"])
    return handed(workspace, save_plan(workspace, plan, kind="redraw", name="一号"))


@pytest.fixture
def set_pages(monkeypatch):
    """What was given to the printing template, in place of the pages."""
    given = []
    monkeypatch.setattr(package, "typeset", lambda name, data, stamp: given.append(data) or b"%PDF")
    return given


def sheets(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def transfers_of(handing):
    return transfers(handing, changed_rows(grid_rows(handing)), zone_rows(handing))


def file_of(files, ending):
    return next(content for name, content in files.items() if name.endswith(ending))


def test_comparison_lists_the_changed_grids_by_code_with_people_and_reasons(handing, hostile):
    rows = changed_rows(grid_rows(handing))
    assert rows["grid_id"].tolist() == ["G0000", "G0100", "G0200"]
    assert rows["number"].tolist() == [1, 2, 3]
    # 100 + 10 i registered and 20 + i floating residents.
    assert rows["present"].tolist() == [120, 131, 142]
    assert rows["grid_name"].tolist() == [*hostile, "网格2-0"]
    assert set(rows["from_zone_name"]) == {"警务区1"}
    assert set(rows["to_zone_name"]) == {"警务区2"}
    assert set(rows["reason"]) == {"人工调整：警务区2与应有工作量相比由 +0.7% 变为 +30.0%"}
    assert set(rows["town_name"]) == {"南镇"}
    assert handover_facts(handing) == {
        "grids": 3,
        "villages": 1,
        "zones": 2,
        "residents": 393,
        "violations": 0,
    }


def test_rows_come_by_village_code_and_then_by_grid_code(tmp_path, squares):
    codes = sorted(squares["villages"]["village_id"])
    turned = dict(zip(codes, codes[::-1], strict=True))
    squares["grids"]["village_id"] = squares["grids"]["village_id"].map(turned)
    handing = handed(*kept(tmp_path / "a.gpkg", squares, quarters(squares["grids"]["grid_id"])))
    rows = grid_rows(handing)
    assert rows["village_id"].is_monotonic_increasing
    assert all(part["grid_id"].is_monotonic_increasing for _, part in rows.groupby("village_id"))
    assert rows["grid_id"].iloc[0].startswith("G03")


def test_comparison_workbook_holds_texts_alone_and_is_ready_to_print(handing, set_pages, hostile):
    book = sheets(file_of(handover_files(handing, stamp=STAMP), "对照表.xlsx"))
    sheet = book["调整前后对照表"]
    assert [cell.value for cell in sheet[2]][:4] == ["序号", "网格编码", "网格名称", "村社"]
    assert [cell.value for cell in sheet[3]][:5] == [1, "G0000", hostile[0], "村0-0", "南镇"]
    assert sheet["C4"].value == hostile[1]
    assert sheet["C4"].data_type == "s"
    assert sheet["A6"].value == "合计"
    assert [cell.value for cell in sheet[6] if isinstance(cell.value, int)] == [393]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A3", "$1:$2")
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    # The sum stays beneath when the rows are sorted.
    assert sheet.auto_filter.ref.endswith("5")
    assert book["全部网格"].max_row == 2 + 36 + 1
    assert not [c for s in book for row in s.iter_rows() for c in row if c.data_type == "f"]


def test_transfer_list_names_grids_and_posts_with_lines_to_sign(handing, hostile):
    (station,) = transfers_of(handing)
    assert (station.station, station.grids) == ("中心派出所", 3)
    (listed,) = station.lists
    assert "警务区1" in listed.title
    assert "警务区2" in listed.title
    labels = [column.name for column in listed.columns]
    assert listed.rows[0][1][labels.index("posts")] == hostile[0]
    assert listed.rows[-1][0] == "sum"
    assert listed.rows[-1][1][labels.index("present")] == 393
    assert listed.sign == ("移交人：", "接收人：", "监交人：", "日期：")
    # Of nine grids three go.
    table = {row[0]: row[1:5] for kind, row in station.zones.rows if kind == "row"}
    assert table == {"警务区1": (9, 3, 0, 6), "警务区2": (9, 0, 3, 12)}


def test_what_goes_to_another_station_is_in_the_lists_of_both(tmp_path, squares, set_pages):
    grids = squares["grids"]
    grids["station_id"] = ["S1" if g < "G03" else "S2" for g in grids["grid_id"]]
    squares["stations"] = pd.DataFrame({"station_id": ["S1", "S2"], "name": ["一所", "二所"]})
    squares["villages"]["station_id"] = [
        "S1" if v < "V01" else "S2" for v in squares["villages"]["village_id"]
    ]
    squares["zones"]["station_id"] = ["S1" if z < "Z01" else "S2" for z in squares["zones"]["zone_id"]]
    handing = handed(*kept(tmp_path / "a.gpkg", squares, moved(grids["grid_id"])))
    found = transfers_of(handing)
    assert [(one.station, one.grids) for one in found] == [("一所", 3), ("二所", 3)]
    # A zone across two stations may not be: the memo says so before anything else.
    assert [why.code for why in handing.card.violations] == ["zone_crosses_station"]
    said = memo(handing, attached=[])
    assert said["warning"]
    assert any("不符合硬性要求 1 处" in text for text in said["sections"][3]["texts"])
    files = handover_files(handing, papers=("A4",), stamp=STAMP)
    assert sheets(file_of(files, "移交清单.xlsx")).sheetnames == ["一所", "二所"]
    assert [one["title"] for one in set_pages[0]["transfers"]] == ["一所警务区移交清单", "二所警务区移交清单"]


def test_zone_sums_follow_from_the_changes(handing):
    rows = zone_rows(handing)
    assert (rows["grids_before"] - rows["grids_out"] + rows["grids_in"] == rows["grids_after"]).all()
    assert rows["grids_after"].sum() == 36


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_memo_says_what_and_why_in_figures(tmp_path, squares, lang):
    facts = {"note": "按工作量", "name": "二号"}
    handing = handed(*kept(tmp_path / "a.gpkg", squares, moved(squares["grids"]["grid_id"]), **facts), lang)
    said = memo(handing, attached=["a"])
    text = json.dumps(said, ensure_ascii=False)
    assert not [key for key in ("paper.", "paper_", "—") if key in text]
    assert said["meta"][0][1] == ""
    assert said["warning"] == ""
    assert "393" in said["sections"][1]["texts"][0]
    assert any("按工作量" in line for line in said["sections"][0]["texts"])
    first = said["figures"]["rows"][0]
    assert first[1:] == ["4", "4"]


def test_plan_that_changes_nothing_says_so(tmp_path, squares, set_pages):
    handing = handed(*kept(tmp_path / "a.gpkg", squares, quarters(squares["grids"]["grid_id"])))
    files = handover_files(handing, papers=("A4",), stamp=STAMP)
    (data,) = set_pages
    assert "不作调整" in data["memo"]["title"]
    assert data["transfers"] == []
    assert [table["title"] for table in data["tables"]] == ["警务区一览"]
    assert data["tables"][0]["heads"][-3:] == ["网格", "实有人口", "偏差"]
    assert [one["title"] for one in data["maps"]] == ["方格区警务区示意图（调整后）"]
    assert not [name for name in files if "移交清单" in name]


def test_district_without_polygons_stations_villages_and_towns(tmp_path, squares):
    grids = pd.DataFrame(squares["grids"]).drop(columns=["geometry", "village_id"])
    zones = pd.DataFrame(squares["zones"]).drop(columns=["geometry", "station_id"])
    plan = moved(grids["grid_id"])
    workspace, plan_id = kept(tmp_path / "a.gpkg", {"grids": grids, "zones": zones}, plan)
    save_plan(workspace, quarters(grids["grid_id"]), kind="nesting", name="现状")
    handing = handed(workspace, plan_id)
    rows = grid_rows(handing)
    assert not {"village_name", "town_name", "station_name", "key_units"} & set(rows)
    (only,) = transfers_of(handing)
    assert (only.station, only.grids) == ("方格区", 3)
    files = handover_files(handing, papers=("A4",), stamp=STAMP)
    assert not [name for name in files if name.endswith((".svg", ".gpkg", ".shp", ".kml"))]
    assert file_of(files, ".pdf").startswith(b"%PDF")


def test_grids_that_cross_themselves_overlap_or_have_no_polygon_are_no_fault(tmp_path, squares):
    grids = squares["grids"]
    west, south, east, north = grids.geometry[0].bounds
    grids.loc[0, "geometry"] = Polygon([(west, south), (east, north), (east, south), (west, north)])
    grids.loc[7, "geometry"] = grids.geometry[7].buffer(30)
    grids.loc[35, "geometry"] = None
    handing = handed(*kept(tmp_path / "a.gpkg", squares, moved(grids["grid_id"])))
    files = handover_files(handing, papers=("A4",), stamp=STAMP)
    assert file_of(files, ".pdf").startswith(b"%PDF")
    assert len([name for name in files if name.endswith(".svg")]) == 2


def test_plan_without_a_today_gives_every_grid_its_zone(tmp_path, squares):
    del squares["zones"], squares["staff"]
    handing = handed(*kept(tmp_path / "a.gpkg", squares, quarters(squares["grids"]["grid_id"])))
    assert handing.today_card is None
    assert set(handing.changes["reason"]) == {"unassigned"}
    assert len(changed_rows(grid_rows(handing))) == 36
    assert file_of(handover_files(handing, papers=("A4",), stamp=STAMP), ".pdf").startswith(b"%PDF")


def test_names_are_text_on_paper_whatever_is_in_them(tmp_path, squares):
    long = "很长" * 60 + "W" * 120
    for table, at in (
        ("zones", 0),
        ("villages", 0),
        ("stations", 0),
        ("towns", 0),
        ("posts", 0),
        ("grids", 2),
    ):
        squares[table].loc[at, "name"] = MARKUP
    squares["zones"].loc[1, "name"] = long
    facts = {"name": MARKUP, "note": MARKUP, "district": MARKUP}
    handing = handed(*kept(tmp_path / "a.gpkg", squares, moved(squares["grids"]["grid_id"]), **facts))
    files = handover_files(handing, stamp=STAMP)
    # Were it markup, setting it would stop at the panic.
    assert [files[f"01_请示及附件_{paper}.pdf"][:4] for paper in ("A4", "A3")] == [b"%PDF"] * 2
    drawing = ET.fromstring(file_of(files, ".svg"))
    assert any(MARKUP[:10] in (text.text or "") for text in drawing.iter("{http://www.w3.org/2000/svg}text"))
    assert not drawing.findall(".//{http://www.w3.org/2000/svg}script")
    for name in files:
        assert not set(name) & set('<>:"\\|?*')


def test_many_changes_are_listed_whole(tmp_path, make_workspace, set_pages):
    workspace = Workspace.open(make_workspace(tmp_path / "a.gpkg", 21))
    grids = workspace.read("grids")["grid_id"]
    zones = sorted(set(quarters(grids)))
    plan = quarters(grids).map(dict(zip(zones, [*zones[1:], zones[0]], strict=True)))
    handing = handed(workspace, save_plan(workspace, plan, kind="redraw", name="轮换"))
    book = sheets(file_of(handover_files(handing, papers=("A4",), stamp=STAMP), "对照表.xlsx"))
    assert book["调整前后对照表"].max_row == 2 + 441 + 1
    (data,) = set_pages
    assert len(data["tables"][0]["rows"]) == 442


def test_same_plan_and_stamp_make_the_same_papers(handing):
    first, again = (handover_files(handing, papers=("A4",), stamp=STAMP) for _ in range(2))
    assert list(first) == list(again)
    same = [name for name in first if first[name] == again[name]]
    assert {name.rpartition(".")[2] for name in set(first) - set(same)} <= {"gpkg", "dbf"}
    assert zipped(first, stamp=STAMP) == zipped(first, stamp=STAMP)


def test_command_writes_a_zip_whose_assignments_can_be_read_back(tmp_path, squares):
    grids = squares["grids"]["grid_id"]
    workspace, plan_id = kept(tmp_path / "a.gpkg", squares, moved(grids))
    out = tmp_path / "包.zip"
    typed = ["handover", str(workspace.path), plan_id, "--out", str(out), "--paper", "a4", "--json"]
    result = CliRunner().invoke(cli.door, typed)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["rows"], told["grids"], told["villages"], told["residents"]) == (3, 3, 1, 393)
    with zipfile.ZipFile(out) as whole:
        assert sorted(whole.namelist()) == told["files"]
        whole.extractall(tmp_path / "x")
    contents = (tmp_path / "x" / "00_清单.txt").read_text(encoding="utf-8-sig")
    assert all(name in contents for name in told["files"] if not name.startswith("00"))
    for name in ("04_编组对应.csv", "04_编组对应.xlsx", "06_图层/plan.gpkg"):
        back, notes = read_assignment_file(tmp_path / "x" / name, pd.Index(grids))
        assert notes == ()
        assert back.sort_index().to_dict() == moved(grids).to_dict()
    layers = {name: gpd.read_file(tmp_path / "x" / "06_图层" / name) for name in ("zones.shp", "zones.kml")}
    assert layers["zones.shp"].set_index("zone_id")["grids"].to_dict() == {
        "Z0000": 6,
        "Z0001": 9,
        "Z0100": 12,
        "Z0101": 9,
    }
    assert sorted(layers["zones.kml"]["Name"]) == ["警务区1", "警务区2", "警务区3", "警务区4"]
    assert not [name for name in told["files"] if "A3" in name]


def test_command_writes_a_folder_and_speaks_of_what_is_wrong(tmp_path, squares):
    workspace, plan_id = kept(tmp_path / "a.gpkg", squares, moved(squares["grids"]["grid_id"]))

    def run(*typed):
        return CliRunner().invoke(cli.door, ["handover", str(workspace.path), *typed])

    done = run(plan_id, "--out", str(tmp_path / "out"), "--paper", "A4", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "04_assignment.csv").is_file()
    assert "393" in done.stdout
    for typed in (
        ["P9", "--out", str(tmp_path / "b")],
        [plan_id, "--out", str(tmp_path / "b"), "--paper", "A5"],
    ):
        wrong = run(*typed)
        assert wrong.exit_code == 2
        assert not (tmp_path / "b").exists()
    assert run(plan_id, "--out", str(tmp_path / "no" / "a.zip")).exit_code == 2


def test_plans_own_names_of_zones_stand_on_paper(tmp_path, squares):
    plan = moved(squares["grids"]["grid_id"]).replace("Z0100", "N1")
    workspace, plan_id = kept(tmp_path / "a.gpkg", squares, plan)
    painted = duplicate_plan(workspace, plan_id, name="二号")
    named = {"names": {"N1": ("", "湖东警务区")}}
    apply_stroke(workspace, painted, rev=1, token="t", painter="a", kind="zone", **named)
    rows = changed_rows(grid_rows(handed(workspace, painted)))
    assert set(rows["to_zone_name"]) == {"湖东警务区"}
    assert set(rows["reason"]) == {"划给新设的警务区", "原警务区撤销"}


def test_painted_plan_keeps_its_zones_names_and_the_reasons_of_its_proposal(tmp_path, squares):
    reasons = {"G0000": ["Z0000", "N1", "relieves", {"zone": "Z0000", "with": 0.0, "without": 0.25}]}
    grids = squares["grids"]["grid_id"]
    workspace, proposal = kept(
        tmp_path / "a.gpkg", squares, quarters(grids), params={"reasons": reasons, "settings": {}}
    )
    plan_id = duplicate_plan(workspace, proposal, name="手绘")
    apply_stroke(
        workspace,
        plan_id,
        rev=1,
        token="a",
        painter="p",
        kind="paint",
        grids={grid: ("Z0000", "N1") for grid in ("G0000", "G0001")},
        names={"N1": ("", "湖东警务区")},
    )
    handing = handed(workspace, plan_id)
    rows = changed_rows(grid_rows(handing)).set_index("grid_id")
    assert rows["reason"].to_dict() == {
        "G0000": "减轻警务区1：不调出则与应有工作量相比 +25.0%，调出后 +0.0%",
        "G0001": "划给新设的警务区",
    }
    assert set(rows["to_zone_name"]) == {"湖东警务区"}
    assert handing.card.zones.index.tolist() == ["N1", "Z0000", "Z0001", "Z0100", "Z0101"]
    # The new zone stands by its station, and only the zones that change are printed.
    assert zone_rows(handing)["zone_id"].iloc[0] == "N1"
    assert "新设警务区 1 个：湖东警务区。" in memo(handing, attached=[])["sections"][1]["texts"]


@pytest.mark.parametrize(
    ("steps", "day", "title", "said"),
    [
        ((), "", "的请示", "妥否，请批示。"),
        (("consulted",), "", "（征求意见稿）", "意见栏"),
        (("consulted", "approved"), "", "的请示", "妥否，请批示。"),
        (("consulted", "approved", "in_force"), "2999-01-01", "的通知", "自 2999-01-01 起执行"),
        (("consulted", "approved", "in_force"), "2026-03-01", "的通知", "依据“甲〔2026〕1 号”"),
        (("retired",), "", "（已停用）", "留档备查"),
    ],
)
def test_the_memo_asks_for_what_is_still_to_be_decided(tmp_path, squares, steps, day, title, said):
    workspace, plan = kept(tmp_path / "a.gpkg", squares, moved(squares["grids"]["grid_id"]))
    for rev, step in enumerate(steps, start=1):
        document = {"document_no": "甲〔2026〕1 号", "effective": day} if step == "in_force" else {}
        move_plan(workspace, plan, step, rev=rev, who="", **document)
    texts = memo(handed(workspace, plan), attached=[])
    assert texts["title"].endswith(title)
    assert said in texts["closing"]
    english = memo(handed(workspace, plan, "en"), attached=[])
    assert ("approval" in english["closing"]) == (said == "妥否，请批示。")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_papers_do_not_speak_of_what_a_district_has_not(tmp_path, squares, lang):
    bare = {
        "grids": squares["grids"].drop(columns=["village_id", "residents", "floating"]),
        "zones": squares["zones"].drop(columns="station_id"),
    }
    workspace, plan = kept(tmp_path / "a.gpkg", bare, moved(squares["grids"]["grid_id"]))
    attached = dict(package._Made(handed(workspace, plan, lang))._attached())
    texts = memo(handed(workspace, plan, lang), attached=[*attached.values()])
    told = "\n".join([text for part in texts["sections"][:3] for text in part["texts"]] + texts["attached"])
    for thing in ("村社", "派出所", "人口", "village", "station", "resident"):
        assert thing not in told
    out = ["--out", str(tmp_path / "out"), "--paper", "A4", "--lang", lang]
    said = CliRunner().invoke(cli.door, ["handover", str(workspace.path), plan, *out]).stdout
    assert ("3 个网格换警务区" if lang == "zh" else "3 grids change zones") in said


def test_plan_in_force_tells_its_document_and_what_it_took_the_place_of(tmp_path, squares):
    grids = squares["grids"]["grid_id"]
    workspace, first = kept(tmp_path / "a.gpkg", squares, moved(grids))
    second = save_plan(workspace, quarters(grids), kind="redraw", name="二号")
    # Retired for the second's sake as well, but never in force.
    other = save_plan(workspace, quarters(grids, Z0000="Z0101"), kind="redraw", name="三号")
    move_plan(workspace, other, "retired", rev=1, who="", why=second)
    for plan_id, number in ((first, "甲〔2026〕1 号"), (second, "甲〔2026〕2 号")):
        for rev, step in enumerate(("consulted", "approved"), start=1):
            move_plan(workspace, plan_id, step, rev=rev, who="")
        facts = {"document_no": number, "effective": "2026-03-01"}
        move_plan(workspace, plan_id, "in_force", rev=3, who="", **facts)
        if plan_id == first:
            # Nothing was in force before: what the tables say.
            assert len(handed(workspace, first).changes) == 3
    handing = handed(workspace, second)
    # The first took three grids out of the zone to which the second gives them back.
    assert set(handing.changes["to_zone"]) == {"Z0000"}
    assert [line[1] for line in memo(handing, attached=[])["meta"]] == [
        "甲〔2026〕2 号",
        "2026-03-01",
        f"二号（{second}）",
        "现行",
    ]
    assert handed(workspace, first).plan.document_no == "甲〔2026〕1 号"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/b:c", "a b c"),
        ("..", "_"),
        ("", "_"),
        ("x" * 99, "x" * 60),
        ("CON\x00\n", "CON"),
        ("一所 ", "一所"),
    ],
)
def test_file_stem_is_a_name_on_any_system(text, name):
    assert file_stem(text) == name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("一区", ["一区"]),
        ("很长" + "W" * 17, ["很长" + "W" * 8, "W" * 8, "W"]),
        ("W" * 16, ["W" * 16]),
        ("3399011090010021234", ["3399011090010021234"]),  # a code
        ("two words that are long", ["two words that are long"]),
        ("within 10 % of it", ["within 10\u00a0% of it"]),  # never 10 on one line and % on the next
    ],
)
def test_long_runs_of_letters_can_be_broken(text, parts):
    assert breakable(text).split("\u200b") == parts
