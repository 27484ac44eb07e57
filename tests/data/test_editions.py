"""A new edition of a layer: what was stays to be looked at, what depends on it follows; all undoable."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from pyproj import CRS
from shapely.geometry import Point, box

from data import geopackage
from data.editions import (
    before_and_after,
    drop_edition,
    possible_imports,
    read_edition,
    read_editions,
    record_edition,
)
from data.imports import keep_import, undo_import
from data.plan_states import move_plan
from data.plans import change_plan, duplicate_plan, read_assignment, read_plans, save_plan, today_plan_id
from data.staging import Staging
from data.strokes import apply_stroke, assignment_at, plan_locks, plan_zone_names, read_strokes
from data.workspace import Workspace
from geo.errors import ConflictError, SchemaError, SettingError
from planning.succession import carry_over, carry_zones, guess_succession

METRIC = "EPSG:4549"
DAY = "2026-11-01"
OLD = {"a": (0, 1), "b": (1, 2), "c": (2, 3), "d": (3, 4)}
# a and b merged, c divided, d under another code.
NEW = {"ab": (0, 2), "c1": (2, 2.5), "c2": (2.5, 3), "e": (3, 4)}


def strip(key, cells, **columns):
    return gpd.GeoDataFrame(
        {key: list(cells), **columns},
        geometry=[box(100 * a, 0, 100 * b, 100) for a, b in cells.values()],
        crs=METRIC,
    )


def bring(ws, table, frame, mode="replace"):
    with Staging(table, crs=CRS.from_user_input(METRIC)) as rows:
        rows.append(frame)
        return keep_import(ws, rows, mode=mode, file="f.gpkg")


@pytest.fixture
def ws(tmp_path):
    """Four grids in two villages, calls on each, a plan in force and a draft; then the grids cut anew."""
    ws = Workspace.create(tmp_path / "d.gpkg", name="d", crs=METRIC)
    bring(ws, "grids", strip("grid_id", OLD, village_id=["v1", "v1", "v2", "v2"]))
    ws.write(
        "incidents",
        pd.DataFrame(
            {
                "grid_id": ["a", "b", "c", "d", "a"],
                "date": ["2026-10-01", "2026-10-01", "2026-10-01", "2026-10-02", "2026-10-03"],
                "count": [1, 2, 4, 8, 16],
            }
        ),
    )
    ws.write("exemptions", pd.DataFrame({"grid_id": ["a", "b", "c"], "note": ["岛", "岸", "飞地"]}))
    ws.write("declared_assignment", pd.DataFrame({"grid_id": ["a", "d"], "zone_id": ["z1", "z2"]}))
    assignment = pd.Series({"a": "z1", "b": "z1", "c": "z2", "d": "z2"}).rename_axis("grid_id")
    plan = save_plan(ws, assignment, kind="nesting", name="首版", params={"by": "area"})
    rev = 1
    for to in ("consulted", "approved", "in_force"):
        rev = move_plan(ws, plan, to, rev=rev, who="", document_no="1", effective="2026-01-01")
    save_plan(ws, assignment.replace("z2", "z1"), kind="nesting", name="并区")
    retired = save_plan(ws, assignment.replace("z1", "z2"), kind="nesting", name="旧案")
    move_plan(ws, retired, "retired", rev=1, who="")
    return ws


def cut_anew(ws):
    return bring(ws, "grids", strip("grid_id", NEW))


def guessed(ws, import_id):
    layer, old, new = before_and_after(ws, import_id)
    return guess_succession(
        old, new, key={"grids": "grid_id", "villages": "village_id"}.get(layer, "zone_id")
    )


def record(ws, import_id, **options):
    options = {"valid_from": DAY, "carry": carry_over, "plan_suffix": "（新版）", **options}
    options.setdefault("successions", guessed(ws, import_id))
    return record_edition(ws, import_id, **options)


def pairs(frame, *columns):
    return [tuple(row) for row in frame[list(columns)].astype(object).to_numpy()]


def content(ws):
    """Everything in the file that people see, but for the audit trail, the stamp and counters."""
    with geopackage.reading(ws.path) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith(("audit", "rtree", "sqlite", "gpkg", "settings"))
        ]
        return {n: connection.execute(f"SELECT * FROM {n} ORDER BY fid").fetchall() for n in sorted(names)}


def test_what_an_import_replaced_becomes_an_edition_that_can_be_read(ws):
    done = record(ws, cut_anew(ws), note="街道调整")
    assert (done.edition_id, done.layer, done.valid_from, done.valid_to) == (
        "E1",
        "grids",
        None,
        "2026-10-31",
    )
    old = read_edition(ws, "E1")
    assert old["grid_id"].tolist() == list(OLD)
    assert old.crs.to_epsg() == 4549
    listed = read_editions(ws)
    assert pairs(listed, "edition_id", "layer", "valid_to", "import_id", "rows", "note") == [
        ("E1", "grids", "2026-10-31", "I2", 4, "街道调整")
    ]
    with pytest.raises(SettingError, match="edition_unknown"):
        read_edition(ws, "E9")


def test_the_code_table_is_kept_with_kind_and_day(ws):
    record(ws, cut_anew(ws))
    rows = ws.read("successions")
    assert rows[["layer", "valid_from"]].drop_duplicates().to_numpy().tolist() == [["grids", DAY]]
    assert pairs(rows, "old_id", "new_id", "kind") == [
        ("a", "ab", "merged"),
        ("b", "ab", "merged"),
        ("c", "c1", "split"),
        ("c", "c2", "split"),
        ("d", "e", "renamed"),
    ]


def test_rows_of_other_tables_follow_where_a_place_is_wholly_in_one_other(ws):
    before = ws.read("incidents")["count"].sum()
    done = record(ws, cut_anew(ws))
    calls = ws.read("incidents")
    assert pairs(calls, "grid_id", "count") == [("ab", 1), ("ab", 2), ("c", 4), ("e", 8), ("ab", 16)]
    assert calls["count"].sum() == before
    assert pairs(ws.read("exemptions"), "grid_id", "note") == [("ab", "岛"), ("c", "飞地")]
    assert ws.read("declared_assignment")["grid_id"].tolist() == ["ab", "e"]
    assert done.rekeyed == {"incidents": 4, "exemptions": 2, "declared_assignment": 2}
    assert done.left_old == {"incidents": 1, "exemptions": 1}


def test_plans_are_carried_over_as_drafts_and_none_comes_into_force_by_itself(ws):
    done = record(ws, cut_anew(ws))
    plans = read_plans(ws).set_index("plan_id")
    assert [(p.plan_id, p.follower) for p in done.plans] == [("P1", "P4"), ("P2", "P5")]
    assert plans.loc["P4", ["name", "parent", "status", "rev"]].tolist() == ["首版（新版）", "P1", "draft", 1]
    assert json.loads(plans.at["P4", "params"]) == {"by": "area", "edition": "E1"}
    assert read_assignment(ws, "P4").to_dict() == {"ab": "z1", "c1": "z2", "c2": "z2", "e": "z2"}
    assert plans.at["P1", "status"] == "in_force"
    assert done.approval_needed == ("P1", "P4")
    assert today_plan_id(ws) == "P1"


def test_names_and_locks_of_a_painted_plan_follow_and_its_strokes_stay(ws):
    painted = duplicate_plan(ws, "P1", name="手绘")
    apply_stroke(
        ws,
        painted,
        rev=1,
        token="t",
        painter="p",
        kind="zone",
        grids={"d": ("z2", "n1")},
        names={"n1": ("", "新区"), "z1": ("", "老城")},
        locks=dict.fromkeys(("zone:z1", "grid:a", "grid:c", "grid:d", "village:v1"), (False, True)),
    )
    record(ws, cut_anew(ws))
    plans = read_plans(ws).set_index("plan_id")
    (follower,) = plans.index[plans["parent"] == painted]
    assert plans.loc[follower, ["kind", "name", "rev", "digest"]].tolist() == [
        "painted",
        "手绘（新版）",
        1,
        "",
    ]
    assert plan_zone_names(ws, follower) == {"n1": "新区", "z1": "老城"}
    # a is in ab now, c is divided, d goes on as e.
    assert plan_locks(ws, follower) == {"zone:z1", "grid:ab", "grid:e", "village:v1"}
    assert read_assignment(ws, follower)["e"] == "n1"
    assert (len(read_strokes(ws, painted)), read_strokes(ws, follower)) == (1, ())
    assert assignment_at(ws, painted, 0).to_dict() == read_assignment(ws, "P1").to_dict()
    found = apply_stroke(
        ws, follower, rev=1, token="t", painter="p", kind="paint", grids={"c1": ("z2", "z1")}
    )
    assert found.rev == 2
    assert follower in drop_edition(ws, "E1"), "it has been worked on"


def test_names_and_locks_of_zones_follow_to_the_zones_new_ids(ws):
    ws.write("zones", strip("zone_id", {"z1": (0, 2), "z2": (2, 4)}))
    painted = duplicate_plan(ws, "P1", name="手绘")
    apply_stroke(
        ws,
        painted,
        rev=1,
        token="t",
        painter="p",
        kind="zone",
        names={"z1": ("", "甲"), "z2": ("", "乙"), "n": ("", "新")},
        locks={"zone:z1": (False, True), "zone:z2": (False, True), "grid:a": (False, True)},
    )
    import_id = bring(ws, "zones", strip("zone_id", {"y1": (0, 2), "y2": (2, 3), "y3": (3, 4)}))
    record(ws, import_id, carry=carry_zones)
    plans = read_plans(ws).set_index("plan_id")
    (follower,) = plans.index[plans["parent"] == painted]
    assert plan_zone_names(ws, follower) == {"y1": "甲", "n": "新"}, "z2 was divided"
    assert plan_locks(ws, follower) == {"zone:y1", "grid:a"}


def test_grids_and_zones_that_a_plan_loses_are_told(ws):
    import_id = bring(ws, "grids", strip("grid_id", {"a": (0, 1), "b": (1, 2), "n": (8, 9)}))
    done = record(ws, import_id)
    assert [(p.grids_left, p.zones_left) for p in done.plans] == [(("n",), ("z2",)), (("n",), ())]
    assert done.left_old == {"incidents": 2, "exemptions": 1, "declared_assignment": 1}


def test_drop_leaves_the_file_as_it_was_and_lets_the_import_be_undone(ws):
    before = content(ws)
    import_id = cut_anew(ws)
    imported = content(ws)
    record(ws, import_id)
    with pytest.raises(ConflictError, match="import_is_edition"):
        undo_import(ws, import_id)
    assert drop_edition(ws, "E1") == []
    assert content(ws) == imported
    undo_import(ws, import_id)
    after = content(ws)
    assert {name: rows for name, rows in after.items() if name != "imports"} == {
        name: rows for name, rows in before.items() if name != "imports"
    }


def test_drop_keeps_plans_that_somebody_has_worked_on(ws):
    record(ws, cut_anew(ws))
    change_plan(ws, "P4", rev=1, changes={"note": "已核"})
    assert drop_edition(ws, "E1") == ["P4"]
    assert read_plans(ws)["plan_id"].tolist() == ["P1", "P2", "P3", "P4"]


def test_drop_is_refused_once_a_table_that_followed_has_changed(ws):
    record(ws, cut_anew(ws))
    ws.append("incidents", pd.DataFrame({"grid_id": ["e"], "date": ["2026-11-02"], "count": [1]}))
    before = content(ws)
    with pytest.raises(ConflictError, match="edition_changed_since"):
        drop_edition(ws, "E1")
    assert content(ws) == before


def test_import_of_a_table_that_followed_is_not_undone_before_the_edition(ws):
    calls = ws.read("incidents")
    calls.index = pd.RangeIndex(2, 2 + len(calls))
    imported = bring(ws, "incidents", calls)
    record(ws, cut_anew(ws))
    with pytest.raises(ConflictError, match="import_changed_since"):
        undo_import(ws, imported)
    drop_edition(ws, "E1")
    undo_import(ws, imported)


def test_numbers_of_dropped_editions_and_plans_do_not_come_again(ws):
    import_id = cut_anew(ws)
    record(ws, import_id)
    drop_edition(ws, "E1")
    done = record(ws, import_id)
    assert done.edition_id == "E2"
    assert [p.follower for p in done.plans] == ["P6", "P7"]


def test_editions_follow_each_other_day_by_day(ws):
    record(ws, cut_anew(ws))
    second = bring(ws, "grids", strip("grid_id", {**NEW, "e": (3, 4), "f": (4, 5)}))
    with pytest.raises(SettingError, match="edition_date_order"):
        record(ws, second, valid_from=DAY)
    done = record(ws, second, valid_from="2027-01-01")
    assert (done.edition_id, done.valid_from, done.valid_to) == ("E2", DAY, "2026-12-31")
    assert read_edition(ws, "E2")["grid_id"].tolist() == list(NEW)
    assert ws.read("successions").groupby("valid_from").size().to_dict() == {DAY: 5, "2027-01-01": 5}
    with pytest.raises(ConflictError, match="edition_followed"):
        drop_edition(ws, "E1")
    drop_edition(ws, "E2")
    assert ws.read("successions")["valid_from"].unique().tolist() == [DAY]


@pytest.mark.parametrize("text", ["2026-13-01", "1 Nov", "", "2026-11-01T00:00"])
def test_what_is_no_day_is_refused(ws, text):
    with pytest.raises(SettingError, match="edition_date_wrong"):
        record(ws, cut_anew(ws), valid_from=text)


def test_what_cannot_become_an_edition_is_refused_with_the_reason(ws):
    def refused(import_id):
        with pytest.raises((ConflictError, SettingError)) as caught:
            before_and_after(ws, import_id)
        return caught.value.code

    assert refused("I1") == "edition_nothing_before"
    first = cut_anew(ws)
    second = cut_anew(ws)
    assert possible_imports(ws)["import_id"].tolist() == [first, second]
    undo_import(ws, second)
    assert (refused("I9"), refused(second)) == ("import_unknown", "edition_import_undone")
    assert possible_imports(ws)["import_id"].tolist() == [first]
    record(ws, first)
    assert (refused(first), len(possible_imports(ws))) == ("edition_exists", 0)
    posts = gpd.GeoDataFrame({"post_id": ["p"]}, geometry=[Point(0, 0)], crs=METRIC)
    assert refused(bring(ws, "posts", posts)) == "edition_layer_unfit"


def test_attributes_that_came_in_after_the_shapes_belong_to_the_new_edition(ws):
    cut = cut_anew(ws)
    people = pd.DataFrame({"grid_id": list(NEW), "residents": [1, 2, 3, 4]}, index=range(2, 6))
    counted = bring(ws, "grids", people, mode="update")
    done = record(ws, cut)
    assert read_edition(ws, done.edition_id)["grid_id"].tolist() == list(OLD)
    assert ws.read("grids")["residents"].tolist() == [1, 2, 3, 4]
    with pytest.raises(ConflictError, match="edition_superseded"):
        before_and_after(ws, counted)
    with pytest.raises(ConflictError, match="import_changed_since"):
        undo_import(ws, counted)
    drop_edition(ws, done.edition_id)
    undo_import(ws, counted)
    assert "residents" not in ws.read("grids")


def test_faulty_code_table_changes_nothing(ws):
    import_id = cut_anew(ws)
    before = content(ws)
    rows = pd.DataFrame({"old_id": ["a", "b", "d"], "new_id": ["ab", "ab", "nowhere"]})
    with pytest.raises(SchemaError) as caught:
        record(ws, import_id, successions=rows)
    assert [reason.code for reason in caught.value.reasons] == [
        "succession_unknown_id",
        "succession_incomplete",
    ]
    assert content(ws) == before


def test_table_of_changes_alone_is_enough(ws):
    import_id = bring(ws, "grids", strip("grid_id", {"a": (0, 2), "c": (2, 3), "d": (3, 4)}))
    record(ws, import_id, successions=pd.DataFrame({"old_id": ["b"], "new_id": ["a"]}))
    assert pairs(ws.read("successions"), "old_id", "new_id", "kind") == [
        ("b", "a", "merged"),
        ("a", "a", "merged"),
        ("c", "c", "same"),
        ("d", "d", "same"),
    ]


def test_swapped_codes_are_followed_at_once_and_not_in_turn(ws):
    import_id = bring(ws, "grids", strip("grid_id", {"b": (0, 1), "a": (1, 2), "c": (2, 3), "d": (3, 4)}))
    done = record(ws, import_id)
    assert ws.read("incidents")["grid_id"].tolist() == ["b", "a", "c", "d", "b"]
    assert pairs(ws.read("exemptions").sort_values("grid_id"), "grid_id", "note") == [
        ("a", "岸"),
        ("b", "岛"),
        ("c", "飞地"),
    ]
    assert read_assignment(ws, "P1").to_dict() == {"a": "z1", "b": "z1", "c": "z2", "d": "z2"}
    assert done.plans == ()  # both are of one zone, in either plan


def test_merged_villages_add_up_and_their_dates_are_filled_in(ws):
    cells = {"v1": (0, 2), "v2": (2, 3), "v3": (3, 4)}
    since = [None, "2020-01-01", None]
    bring(ws, "villages", strip("village_id", cells, name=["甲", "乙", "丙"], valid_from=since))
    ws.write(
        "indicators",
        pd.DataFrame(
            {
                "village_id": ["v1", "v2", "v3", "v3"],
                "period_start": "2026-10-01",
                "period_end": "2026-10-31",
                "indicator": ["fire", "fire", "fire", "petition"],
                "value": [1.0, 2.0, None, 4.0],
                "exposure": [10.0, 20.0, 30.0, None],
            }
        ),
    )
    ws.write(
        "staff",
        pd.DataFrame(
            {"place_id": ["v1", "v2", "v3"], "role": ["aux", "aux", "head"], "count": pd.array([1, 2, 4])}
        ),
    )
    sums = [ws.read(t)[c].sum() for t, c in (("staff", "count"), ("indicators", "value"))]
    cells = {"v1": (0, 2), "w": (2, 4)}
    import_id = bring(ws, "villages", strip("village_id", cells, name=["甲", "乙"], valid_from=None))
    done = record(ws, import_id, carry=None)
    indicators = ws.read("indicators")
    assert pairs(indicators.fillna({"exposure": 0}), "village_id", "indicator", "value", "exposure") == [
        ("v1", "fire", 1, 10),
        ("w", "fire", 2, 50),
        ("w", "petition", 4, 0),
    ]
    assert pairs(ws.read("staff"), "place_id", "role", "count") == [
        ("v1", "aux", 1),
        ("w", "aux", 2),
        ("w", "head", 4),
    ]
    assert [ws.read(t)[c].sum() for t, c in (("staff", "count"), ("indicators", "value"))] == sums
    assert ws.read("grids")["village_id"].tolist() == ["v1", "v1", "w", "w"]
    assert ws.read("villages")["valid_from"].fillna("").tolist() == ["", DAY]
    assert done.plans == ()
    drop_edition(ws, done.edition_id)
    assert ws.read("villages")["valid_from"].isna().all()
    assert ws.read("indicators")["village_id"].tolist() == ["v1", "v2", "v3", "v3"]


def test_staff_whose_id_may_be_another_levels_place_stays(ws):
    ws.write("stations", pd.DataFrame({"station_id": ["7"]}))
    ws.write("staff", pd.DataFrame({"place_id": ["7", "8"], "role": "aux", "count": [1, 2]}))
    bring(ws, "villages", strip("village_id", {"7": (0, 2), "8": (2, 4)}))
    import_id = bring(ws, "villages", strip("village_id", {"71": (0, 2), "81": (2, 4)}))
    done = record(ws, import_id, carry=None)
    assert ws.read("staff")["place_id"].tolist() == ["7", "81"]
    assert (done.rekeyed["staff"], done.left_old["staff"]) == (1, 1)


def test_new_zone_codes_are_carried_into_plans(ws):
    bring(ws, "zones", strip("zone_id", {"z1": (0, 2), "z2": (2, 4)}))
    import_id = bring(ws, "zones", strip("zone_id", {"y1": (0, 2), "z2": (2, 4)}))
    done = record(ws, import_id, carry=carry_zones)
    assert read_assignment(ws, done.plans[0].follower).to_dict() == {
        "a": "y1",
        "b": "y1",
        "c": "z2",
        "d": "z2",
    }
    assert ws.read("declared_assignment")["zone_id"].tolist() == ["y1", "z2"]


def test_change_that_no_plan_feels_makes_no_plan(ws):
    import_id = bring(ws, "grids", strip("grid_id", OLD).set_geometry(strip("grid_id", OLD).translate(1, 1)))
    done = record(ws, import_id)
    assert done.plans == ()
    assert done.approval_needed is None
    assert len(read_plans(ws)) == 3


def test_code_table_that_was_imported_by_itself_is_replaced_for_that_day_alone(ws):
    rows = pd.DataFrame({"layer": "grids", "old_id": ["x", "y"], "new_id": ["z", "z"]})
    ws.write("successions", rows.assign(valid_from=["2020-01-01", DAY]))
    record(ws, cut_anew(ws))
    kept = ws.read("successions")
    assert kept.groupby("valid_from").size().to_dict() == {"2020-01-01": 1, DAY: 5}
    assert "y" not in set(kept["old_id"])


def test_layer_still_opens_with_its_index_in_gdal_after_all_this(ws, tmp_path):
    import pyogrio

    record(ws, cut_anew(ws))
    copy = ws.copy_to(tmp_path / "copy.gpkg")
    assert len(pyogrio.read_dataframe(copy, layer="grids", bbox=(10, 10, 20, 20))) == 1
    assert not [name for name, _ in pyogrio.list_layers(copy) if name.startswith("shelf")]
