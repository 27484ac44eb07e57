"""Staged rows come in whole, and go out again as if they had never been there."""

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import Point, box

from data import geopackage
from data.imports import keep_import, read_imports, undo_import
from data.staging import Staging
from data.workspace import Workspace
from geo.errors import ConflictError, SettingError

METRIC = "EPSG:4549"


@pytest.fixture
def ws(tmp_path):
    return Workspace.create(tmp_path / "d.gpkg", name="d")


def grids(*ids, residents=None, crs=METRIC, first_row=1):
    frame = gpd.GeoDataFrame(
        {"grid_id": list(ids)}, geometry=[box(i, 0, i + 1, 1) for i in range(len(ids))], crs=crs
    )
    frame.index = pd.RangeIndex(first_row, first_row + len(ids), name="row")
    return frame if residents is None else frame.assign(residents=residents)


def staged(table, *frames, crs=METRIC):
    from pyproj import CRS

    rows = Staging(table, crs=CRS.from_user_input(crs))
    for frame in frames:
        rows.append(frame)
    return rows


def rows_of(**columns):
    frame = pd.DataFrame(columns)
    frame.index = pd.RangeIndex(2, 2 + len(frame), name="row")
    return frame


def bring(ws, table, *frames, mode="replace", crs=METRIC):
    with staged(table, *frames, crs=crs) as rows:
        return keep_import(ws, rows, mode=mode, file="f.gpkg")


def triggers_and_indexes(ws):
    with geopackage.reading(ws.path) as connection:
        return sorted(
            row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'rtree%'")
        )


def test_batches_come_in_as_one_layer_that_gdal_reads_by_its_index(ws, tmp_path):
    bring(ws, "grids", grids("a", "b"), grids("c", first_row=3))
    assert ws.read("grids")["grid_id"].tolist() == ["a", "b", "c"]
    copy = ws.copy_to(tmp_path / "copy.gpkg")
    assert len(pyogrio.read_dataframe(copy, layer="grids", bbox=(1.5, 0.2, 1.6, 0.3))) == 1
    assert ws.crs.to_epsg() == 4549


def test_undo_puts_back_rows_index_and_triggers(tmp_path):
    ws = Workspace.create(tmp_path / "settled.gpkg", name="d", crs=METRIC)
    ws.write("grids", grids("a", "b", residents=[1, 2]).reset_index(drop=True))
    before, machinery = ws.read("grids"), triggers_and_indexes(ws)
    import_id = bring(ws, "grids", grids("x"))
    assert ws.read("grids")["grid_id"].tolist() == ["x"]
    assert undo_import(ws, import_id) == "grids"
    pd.testing.assert_frame_equal(ws.read("grids"), before)
    assert triggers_and_indexes(ws) == machinery
    ws.append("grids", grids("c", residents=[3]).reset_index(drop=True))
    assert len(ws.read("grids")) == 3


def test_undo_of_the_first_import_leaves_no_table_and_no_crs(ws):
    import_id = bring(ws, "grids", grids("a"))
    undo_import(ws, import_id)
    assert ws.counts() == {}
    bring(ws, "grids", grids("a", crs="EPSG:4550"), crs="EPSG:4550")
    assert ws.crs.to_epsg() == 4550


def test_crs_is_open_again_once_the_last_shape_is_gone_whichever_import_settled_it(ws):
    zones = gpd.GeoDataFrame(rows_of(zone_id=["Z"]), geometry=[box(0, 0, 1, 1)], crs=METRIC)
    first, second = bring(ws, "zones", zones), bring(ws, "grids", grids("a"))
    undo_import(ws, first)
    assert not ws.setting("crs_assumed")
    undo_import(ws, second)
    bring(ws, "grids", grids("a", crs="EPSG:4550"), crs="EPSG:4550")
    assert ws.crs.to_epsg() == 4550


def test_undo_is_refused_twice_after_later_changes_and_for_unknown_ids(ws):
    first = bring(ws, "grids", grids("a"))
    second = bring(ws, "grids", grids("b"))
    with pytest.raises(ConflictError, match="import_changed_since"):
        undo_import(ws, first)
    undo_import(ws, second)
    with pytest.raises(ConflictError, match="import_undone"):
        undo_import(ws, second)
    with pytest.raises(SettingError, match="import_unknown"):
        undo_import(ws, "I99")
    assert ws.read("grids")["grid_id"].tolist() == ["a"]


def test_imports_can_be_undone_one_after_the_other(ws):
    ids = [bring(ws, "grids", grids(name)) for name in "abc"]
    for import_id, left in zip(reversed(ids), (["b"], ["a"], []), strict=True):
        undo_import(ws, import_id)
        assert ws.read("grids")["grid_id"].tolist() == left


def test_only_the_last_few_imports_keep_what_they_replaced(ws):
    ids = [bring(ws, "grids", grids(f"g{n}")) for n in range(8)]
    with geopackage.reading(ws.path) as connection:
        shelves = connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'shelf%'").fetchone()
    assert shelves[0] == 5
    imports = read_imports(ws)
    assert imports["import_id"].tolist() == ids
    assert imports["undoable"].tolist() == [False] * 7 + [True]


def test_update_changes_what_a_table_brings_and_keeps_the_rest(ws):
    bring(ws, "grids", grids("a", "b", residents=[1, 2]))
    shapes = ws.read("grids").geometry
    update = rows_of(
        grid_id=["b", "a", "n"], residents=pd.array([20, None, 5], dtype="Int64"), floating=[7, 8, 9]
    )
    bring(ws, "grids", update, mode="update")
    after = ws.read("grids")
    assert after["grid_id"].tolist() == ["a", "b", "n"]
    assert after["residents"].tolist() == [1, 20, 5]  # a blank cell changes nothing
    assert after["floating"].tolist() == [8, 7, 9]
    assert after.geometry[:2].geom_equals(shapes).all()
    assert after.geometry[2] is None


def test_columns_that_other_programs_named_oddly_stay_through_update_and_undo(ws):
    odd = 'a"b, c'
    ws.write("grids", grids("a").reset_index(drop=True).assign(**{odd: [1]}))
    before = ws.read("grids")
    import_id = bring(ws, "grids", rows_of(grid_id=["a"], residents=[5]), mode="update")
    assert ws.read("grids")[odd].tolist() == [1]
    undo_import(ws, import_id)
    pd.testing.assert_frame_equal(ws.read("grids"), before)


def test_update_of_incidents_counts_the_days_it_covers_anew(ws):
    def calls(days, counts, source):
        return rows_of(grid_id=["a"] * len(days), date=days, source=source, count=counts)

    bring(ws, "incidents", calls(["2026-01-01", "2026-01-02", "2026-01-03"], [1, 2, 3], "reported"))
    bring(ws, "incidents", calls(["2026-01-02"], [9], "patrol"), mode="update")
    bring(ws, "incidents", calls(["2026-01-02", "2026-01-03"], [5, 6], "reported"), mode="update")
    bring(ws, "incidents", calls(["2026-01-02", "2026-01-03"], [5, 6], "reported"), mode="update")
    rows = ws.read("incidents").sort_values(["date", "source"])
    assert list(zip(rows["date"], rows["source"], rows["count"], strict=True)) == [
        ("2026-01-01", "reported", 1),
        ("2026-01-02", "patrol", 9),
        ("2026-01-02", "reported", 5),
        ("2026-01-03", "reported", 6),
    ]


def test_update_of_incidents_leaves_what_another_source_counted_under_the_same_basis(ws):
    def calls(*pairs):
        return rows_of(
            grid_id=["a"] * len(pairs),
            date=["2026-01-02"] * len(pairs),
            source=[source for source, _ in pairs],
            basis=[basis for _, basis in pairs],
            count=[1] * len(pairs),
        )

    bring(ws, "incidents", calls(("reported", "received"), ("reported", "valid"), ("patrol", None)))
    bring(ws, "incidents", calls(("reported", "received"), ("patrol", "valid")), mode="update")
    rows = ws.read("incidents")
    found = sorted(zip(rows["source"], rows["basis"].fillna(""), strict=True))
    kept = [("patrol", ""), ("reported", "valid")]
    assert found == sorted([*kept, ("reported", "received"), ("patrol", "valid")])


def test_repeated_ids_are_found_across_batches_by_row():
    with staged("grids", grids("a", "b"), grids("b", "a", "c", first_row=3)) as rows:
        assert rows.repeated() == [("b", 3, 2), ("a", 4, 1)]
        assert rows.frame().index.tolist() == [1, 2, 3, 4, 5]


def test_rows_put_in_place_of_repeated_ones_leave_each_id_once():
    with staged("grids", grids("a", "b", "a")) as rows:
        rows.replace_rows(grids("a"))
        assert rows.repeated() == []
        assert rows.rows == 2


def test_district_whose_crs_was_settled_otherwise_meanwhile_is_left_alone(ws):
    with staged("grids", grids("a", crs="EPSG:4550"), crs="EPSG:4550") as waiting:
        bring(ws, "posts", gpd.GeoDataFrame({"post_id": ["p"]}, geometry=[Point(0, 0)], crs=METRIC))
        with pytest.raises(ConflictError, match="district_crs_changed"):
            keep_import(ws, waiting, mode="replace", file="f")
    assert list(ws.counts()) == ["posts"]
