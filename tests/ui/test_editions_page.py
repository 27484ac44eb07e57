"""A new edition recorded from the page and from the terminal: the same steps, told in either language."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from pyproj import CRS
from shapely.geometry import box
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from data.imports import keep_import
from data.plan_states import move_plan
from data.plans import read_plans, save_plan
from data.staging import Staging
from data.workspace import Workspace
from geo.errors import SchemaError
from ui import cli
from ui.edition_report import lines
from ui.new_edition import codes_table, counts_by_kind, propose, read_codes, settled
from ui.tables import write_csv, write_xlsx
from ui.words import words

APP = str(Path(__file__).resolve().parents[2] / "app.py")
METRIC = "EPSG:4549"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
OLD = {"a": (0, 1), "b": (1, 2), "=c": (2, 3), "d": (3, 4)}
NEW = {"a": (0, 2), "=c": (2, 3), "d1": (3, 3.5), "d2": (3.5, 4)}


def strip(cells):
    shapes = [box(5e5 + 100 * a, 3.3e6, 5e5 + 100 * b, 3.3e6 + 100) for a, b in cells.values()]
    names = ["<script>alert(1)</script>", *["网格"] * (len(cells) - 1)]
    return gpd.GeoDataFrame({"grid_id": list(cells), "name": names}, geometry=shapes, crs=METRIC)


def bring(ws, frame):
    with Staging("grids", crs=CRS.from_user_input(METRIC)) as rows:
        rows.append(frame)
        return keep_import(ws, rows, mode="replace", file="新网格.gpkg")


@pytest.fixture
def ws(tmp_path):
    """Four grids with a plan in force; then a and b merged and d split by an import, I1."""
    ws = Workspace.create(tmp_path / "县.gpkg", name="县", crs=METRIC)
    ws.write("grids", strip(OLD))
    ws.write("incidents", pd.DataFrame({"grid_id": list(OLD), "date": "2026-10-01", "count": [1, 2, 4, 8]}))
    assignment = pd.Series({"a": "z1", "b": "z1", "=c": "z2", "d": "z2"}).rename_axis("grid_id")
    plan, rev = save_plan(ws, assignment, kind="nesting", name="首版"), 1
    for to in ("consulted", "approved", "in_force"):
        rev = move_plan(ws, plan, to, rev=rev, who="", document_no="1", effective="2026-01-01")
    bring(ws, strip(NEW))
    return ws


@pytest.fixture
def app(ws, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(ws.path))

    def start(lang="中文"):
        from streamlit.util import calc_hash

        test = AppTest.from_file(APP, default_timeout=60)
        test.query_params["lang"] = lang
        test.run()
        # AppTest cannot follow st.navigation's links of pages that are functions: it asks by their hash.
        test._page_hash = calc_hash("editions")
        return test.run()

    return start


@pytest.fixture
def run(ws):
    def call(*arguments, lang="zh"):
        return CliRunner().invoke(cli.door, ["edition", str(ws.path), *map(str, arguments), "--lang", lang])

    return call


def texts(page):
    elements = [*page.caption, *page.error, *page.warning, *page.info, *page.success]
    return "\n".join([*(one.value for one in elements), *(str(one.proto.body) for one in page.get("html"))])


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("lang", "merged", "button"),
    [("中文", "合并", "记为新版"), ("English", "Merged", "Record as new edition")],
)
def test_page_shows_what_changed_and_records_it(app, ws, lang, merged, button):
    page = app(lang)
    assert not page.exception
    assert not page.error
    assert merged in texts(page)
    assert len(page.get("iframe")) == 1
    (record,) = [one for one in page.button if one.key == "record_edition"]
    assert record.label == button
    record.click().run()
    assert not page.exception
    assert "E1" in page.success[0].value
    assert "P2" in page.success[0].value
    assert sorted(ws.read("successions")["kind"]) == ["merged", "merged", "same", "split", "split"]
    # What was recorded is an older edition now, and can be taken back.
    (cancel,) = [one for one in page.button if one.key == "drop_edition"]
    cancel.click().run()
    assert not page.exception
    assert "successions" not in ws.counts()
    assert read_plans(ws)["plan_id"].tolist() == ["P1"]


def test_page_says_where_there_is_nothing_to_record(tmp_path, app, monkeypatch):
    Workspace.create(tmp_path / "w.gpkg", name="空区", crs=METRIC)
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(tmp_path / "w.gpkg"))
    page = app()
    assert not page.exception
    assert "没有待记的新版" in texts(page)


def test_page_begins_with_the_last_import_that_changed_places(ws, app):
    people = pd.DataFrame({"grid_id": list(NEW), "residents": 5}, index=range(2, 6))
    with Staging("grids", crs=CRS.from_user_input(METRIC)) as rows:
        rows.append(people)
        later = keep_import(ws, rows, mode="update", file="人口.xlsx")
    page = app()
    assert page.selectbox[0].value == "I1"
    page.selectbox[0].select(later).run()
    assert not page.exception
    assert "没有变化" in page.success[0].value


def test_page_compares_tables_without_shapes(ws, app):
    bring(ws, pd.DataFrame(strip(NEW)).drop(columns="geometry"))
    page = app()
    assert not page.exception
    assert "没有图形" in texts(page)


def test_terminal_records_lists_and_cancels(run, ws):
    done = facts(run("--as", "grids", "--from", "2026-11-01", "--note", "并村", "--json"))
    assert done["kinds"] == {"same": 1, "merged": 2, "split": 2}
    assert (done["edition_id"], done["valid_to"], done["import"]) == ("E1", "2026-10-31", "I1")
    assert done["approval_needed"] == ["P1", "P2"]
    assert (done["rekeyed"], done["left_old"]) == ({"incidents": 1}, {"incidents": 1})
    assert read_plans(ws)["name"].tolist() == ["首版", "首版（2026-11-01 版网格）"]
    (listed,) = facts(run("--list", "--json"))["editions"]
    assert (listed["edition_id"], listed["valid_from"], listed["rows"], listed["note"]) == (
        "E1",
        None,
        4,
        "并村",
    )
    assert "2026-10-31" in run("--list").stdout
    assert facts(run("--cancel", "E1", "--json")) == {"edition": "E1", "plans_kept": []}


def test_attributes_brought_in_afterwards_do_not_hide_the_change(run, ws):
    people = pd.DataFrame({"grid_id": list(NEW), "residents": 5}, index=range(2, 6))
    with Staging("grids", crs=CRS.from_user_input(METRIC)) as rows:
        rows.append(people)
        keep_import(ws, rows, mode="update", file="人口.xlsx")
    assert facts(run("--as", "grids", "--from", "2026-11-01", "--json"))["import"] == "I1"


def test_terminal_tells_what_is_left_to_do_in_words(run):
    told = run("--as", "grids", "--from", "2026-11-01", lang="en").stdout
    assert "Merged\t2" in told
    assert "draft P2 needs a new approval" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2026-11-01"], "--as"),
        (["--as", "grids"], "--from"),
        (["--as", "zones", "--from", "2026-11-01"], "还没有导入过"),
        (["--as", "grids", "--from", "11月1日"], "无法识别"),
        (["--import-id", "I9", "--from", "2026-11-01"], "I9"),
        (["--cancel", "E7"], "E7"),
        (["--as", "grids", "--write-codes", "codes.pdf"], ".pdf"),
    ],
)
def test_terminal_refuses_in_words(run, ws, arguments, said):
    before = ws.stamp
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert ws.stamp == before


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_code_table_goes_out_and_comes_back_the_same(ws, tmp_path, suffix, lang):
    proposal = propose(ws, "I1")
    table = codes_table(proposal, proposal.rows, words(lang))
    file = tmp_path / f"codes{suffix}"
    file.write_bytes(write_xlsx({"codes": table}) if suffix == ".xlsx" else write_csv(table))
    rows = settled(proposal, read_codes(file))
    columns = ["old_id", "new_id", "share_old", "share_new", "kind"]
    ordered = [
        frame[columns].sort_values(["old_id", "new_id"], ignore_index=True) for frame in (rows, proposal.rows)
    ]
    pd.testing.assert_frame_equal(*ordered)


def test_corrected_codes_are_what_the_terminal_records(run, ws, tmp_path):
    codes = tmp_path / "改正.csv"
    codes.write_text("旧编码,新编码,说明\nb,a,\nd,d1,\nd,,\n", encoding="gb18030")
    result = run("--as", "grids", "--from", "2026-11-01", "--codes", codes)
    assert result.exit_code == 2
    assert "d 既标为撤销" in result.stderr
    codes.write_text("旧编码,新编码,说明\nb,a,\nd,d1,\n", encoding="gb18030")
    done = facts(run("--as", "grids", "--from", "2026-11-01", "--codes", codes, "--json"))
    assert done["kinds"] == {"same": 1, "renamed": 1, "merged": 2, "new": 1}
    assert ws.read("incidents")["grid_id"].tolist() == ["a", "a", "=c", "d1"]


def test_file_without_our_headings_is_refused(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("foo,bar\n1,2\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="id_column_unknown"):
        read_codes(file)


def test_pairs_stated_by_hand_get_kinds_and_shares_anew(ws):
    proposal = propose(ws, "I1")
    rows = settled(
        proposal, pd.DataFrame({"old_id": ["b", "d", "d", "a"], "new_id": ["a", "d1", "d2", "d2"]})
    )
    assert counts_by_kind(rows) == {"same": 1, "recut": 3, "renamed": 1}
    assert rows["share_new"].tolist()[:3] == [0.5, 1, 1]
    with pytest.raises(SchemaError) as caught:
        settled(proposal, pd.DataFrame({"old_id": ["b"], "new_id": ["gone"]}))
    assert [r.code for r in caught.value.reasons] == ["succession_unknown_id", "succession_incomplete"]


def test_what_is_left_to_do_is_told_in_both_languages(ws):
    from data.editions import CarriedPlan, RecordedEdition

    plans = (
        CarriedPlan(plan_id="P1", name="首版", follower="P2", grids_left=("n",), zones_left=("z9",)),
        CarriedPlan(plan_id="P3", name="旧", follower=None),
    )
    done = RecordedEdition(
        edition_id="E1",
        layer="grids",
        valid_from=None,
        valid_to="2026-10-31",
        plans=plans,
        left_old={"staff": 3},
    )
    for lang in ("zh", "en"):
        told = lines(done, words(lang))
        assert len(told) == 4
        assert "n" in told[1]
        assert "z9" in told[1]
        assert "P3" in told[2]


def test_names_that_look_like_scripts_stay_text_on_the_map(ws):
    from ui.maps.offline import offline_html
    from ui.maps.succession import edition_map, succession_map

    proposal = propose(ws, "I1")
    change = succession_map(proposal.old, proposal.new, proposal.rows, key="grid_id", base={})
    edition = edition_map(proposal.old, key="grid_id", title="E1")
    for m in (change, edition):
        assert "<script>alert(1)" not in offline_html(m, title="x")
    assert edition_map(pd.DataFrame({"grid_id": ["a"]}), key="grid_id", title="E1") is None
