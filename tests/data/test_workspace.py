import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path, PureWindowsPath

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from data import geopackage, workspace
from data.assessments import read_assessments
from data.imports import read_imports
from data.ledger_columns import LEDGERS
from data.patrol_plans import read_patrol_plans
from data.plan_states import read_states
from data.plans import duplicate_plan, read_assignment, read_plans
from data.strokes import apply_stroke, read_strokes
from data.workspace import Workspace
from geo.errors import ConflictError, CrsError, FileError, SchemaError, SettingError

METRIC = "EPSG:4549"


@pytest.fixture
def ws(tmp_path):
    return Workspace.create(tmp_path / "越湖.gpkg", name="越湖区", crs=METRIC)


def grids(*names, crs=METRIC):
    shapes = [box(500_000 + 10 * i, 3_300_000, 500_010 + 10 * i, 3_300_010) for i in range(len(names))]
    return gpd.GeoDataFrame(
        {"grid_id": list(names), "residents": range(len(names))}, geometry=shapes, crs=crs
    )


def test_layer_comes_back_as_it_was_written(ws):
    hole = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], holes=[[(1, 1), (2, 1), (2, 2)]])
    shapes = [hole, MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)]), None, Polygon()]
    frame = gpd.GeoDataFrame(
        {
            "grid_id": ["a", "b", "c", "d"],
            "name": ["甲", None, "丙", "'; DROP TABLE grids"],
            "residents": [1, 2, None, 4],
        },
        geometry=shapes,
        crs=METRIC,
    ).astype({"residents": "Int64"})
    ws.write("grids", frame)
    back = ws.read("grids")
    assert back["grid_id"].tolist() == ["a", "b", "c", "d"]
    assert back["name"].isna().tolist() == [False, True, False, False]
    assert back["residents"].tolist()[:2] == [1, 2]
    assert pd.isna(back["residents"][2])
    assert back.crs == CRS.from_user_input(METRIC)
    for before, after in zip(shapes[:2], back.geometry[:2], strict=True):
        assert shapely.equals_exact(before, after, tolerance=0)
    assert back.geometry[2] is None
    assert back.geometry[3].is_empty


@pytest.mark.parametrize(
    ("table", "frame"),
    [
        ("roads", gpd.GeoDataFrame({"road_id": ["r"]}, geometry=[LineString([(0, 0), (1, 2)])], crs=METRIC)),
        ("posts", gpd.GeoDataFrame({"post_id": ["p"]}, geometry=[Point(3, 4)], crs=METRIC)),
    ],
)
def test_lines_and_points_keep_their_kind(ws, table, frame):
    ws.write(table, frame)
    assert ws.read(table).geometry[0].equals(frame.geometry[0])


def test_layers_are_kept_in_the_metric_crs(ws):
    ws.write("grids", grids("a").to_crs(4326))
    assert ws.read("grids").geometry[0].bounds == pytest.approx(
        (500_000, 3_300_000, 500_010, 3_300_010), abs=1e-6
    )


def test_table_that_is_not_there_comes_empty_with_its_columns(ws):
    empty = ws.read("zones")
    assert isinstance(empty, gpd.GeoDataFrame)
    assert empty.empty
    assert "zone_id" in empty
    assert ws.counts() == {}


def test_faulty_rows_are_refused_and_nothing_is_lost(ws):
    ws.write("grids", grids("a", "b"))
    with pytest.raises(SchemaError) as caught:
        ws.write("grids", grids("x", "x"))
    assert [reason.code for reason in caught.value.reasons] == ["id_repeated"]
    assert ws.read("grids")["grid_id"].tolist() == ["a", "b"]


def test_several_tables_are_written_together_or_not_at_all(ws):
    with pytest.raises(SchemaError):
        ws.write_all({"grids": grids("a"), "zones": grids("b")})
    assert ws.counts() == {}


def test_unknown_table_is_refused(ws):
    with pytest.raises(SettingError, match="table_unknown"):
        ws.read("people")


def test_stamp_is_new_after_every_change_to_a_table_and_never_another_files(ws, tmp_path):
    seen = [ws.stamp]
    ws.write("grids", grids("a"))
    seen.append(ws.stamp)
    ws.append("grids", grids("b"))
    seen.append(ws.stamp)
    seen.append(Workspace.create(tmp_path / "other.gpkg", name="x", crs=METRIC).stamp)
    assert len(set(seen)) == 4
    ws.set_setting("map_credit", "x")
    assert ws.stamp == seen[2]


def test_every_change_is_in_the_audit(ws):
    ws.write("grids", grids("a"), who="lin", note="first")
    ws.set_setting("map_credit", "审图号")
    trail = ws.audit()
    assert trail["action"].tolist() == ["create", "write", "set"]
    assert json.loads(trail["facts"][1]) == {"rows": 1, "note": "first"}
    assert ws.setting("map_credit") == "审图号"
    assert ws.setting("nothing", 7) == 7


def test_append_adds_rows_and_refuses_an_id_that_is_there(ws):
    ws.append("grids", grids("a"))
    ws.append("grids", grids("b"))
    assert len(ws.read("grids")) == 2
    with pytest.raises(ConflictError, match="id_exists"):
        ws.append("grids", grids("b"))
    with pytest.raises(SchemaError, match="columns_differ"):
        ws.append("grids", grids("c").assign(floating=1))
    assert len(ws.read("grids")) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "workspace_missing"),
        (b"not a database at all, but long enough to look like one", "workspace_unreadable"),
        (b"", "workspace_foreign"),  # an empty file is an empty database
    ],
)
def test_other_files_are_no_workspace(tmp_path, content, code):
    path = tmp_path / "x.gpkg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileError, match=code):
        Workspace.open(path)


def test_geopackage_of_others_is_foreign(tmp_path):
    grids("a").to_file(tmp_path / "other.gpkg", layer="grids")
    with pytest.raises(FileError, match="workspace_foreign"):
        Workspace.open(tmp_path / "other.gpkg")


def test_newer_workspace_is_not_touched(ws):
    with geopackage.writing(ws.path) as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE name = 'schema_version'")
    with pytest.raises(FileError, match="workspace_newer"):
        Workspace.open(ws.path)


def test_older_workspace_is_migrated_with_a_copy_kept(ws, monkeypatch):
    version = workspace.SCHEMA_VERSION
    monkeypatch.setattr(workspace, "SCHEMA_VERSION", version + 1)
    monkeypatch.setitem(
        workspace.MIGRATIONS, version, lambda connection: connection.execute("CREATE TABLE new (x)")
    )
    assert Workspace.open(ws.path).setting("schema_version") == version + 1
    assert ws.path.with_name(f"越湖.v{version}.gpkg").is_file()


def test_failed_migration_changes_nothing(ws, monkeypatch):
    version = workspace.SCHEMA_VERSION
    monkeypatch.setattr(workspace, "SCHEMA_VERSION", version + 1)
    monkeypatch.setitem(
        workspace.MIGRATIONS, version, lambda connection: connection.execute("DROP TABLE no_such")
    )
    with pytest.raises(sqlite3.OperationalError):
        Workspace.open(ws.path)
    assert ws.setting("schema_version") == version


# What the second version's workspaces held of plans, word for word.
PLANS_OF_VERSION_2 = (
    "CREATE TABLE plans (fid INTEGER PRIMARY KEY AUTOINCREMENT, plan_id TEXT NOT NULL UNIQUE,"
    " kind TEXT NOT NULL, name TEXT NOT NULL, parent TEXT, status TEXT NOT NULL, rev INTEGER NOT NULL,"
    " author TEXT NOT NULL, created TEXT NOT NULL, note TEXT NOT NULL, params TEXT NOT NULL,"
    " scorecard TEXT NOT NULL, digest TEXT NOT NULL)"
)


ROUTES_OF_VERSION_5 = {
    "routes": "plan_id TEXT NOT NULL, team_id TEXT NOT NULL, start_ms INTEGER NOT NULL,"
    " end_ms INTEGER NOT NULL, home_ms INTEGER NOT NULL, home_m INTEGER NOT NULL, UNIQUE (plan_id, team_id)",
    "route_visits": "plan_id TEXT NOT NULL, team_id TEXT NOT NULL, number INTEGER NOT NULL,"
    " stop_id TEXT NOT NULL, leg_ms INTEGER NOT NULL, leg_m INTEGER NOT NULL, arrive_ms INTEGER NOT NULL,"
    " begin_ms INTEGER NOT NULL, leave_ms INTEGER NOT NULL, UNIQUE (plan_id, team_id, number)",
}


def make_version_5(ws):
    with geopackage.writing(ws.path) as connection:
        for table, columns in ROUTES_OF_VERSION_5.items():
            geopackage.drop_table(connection, table)
            connection.execute(f"CREATE TABLE {table} (fid INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
            geopackage.register(connection, table, shape=None, crs=None)
        connection.execute("INSERT INTO routes VALUES (1, 'D1', 'T1', 5, 9, 2, 70)")
        connection.execute("INSERT INTO route_visits VALUES (1, 'D1', 'T1', 1, 'S1', 2, 60, 7, 7, 7)")
        connection.execute("UPDATE settings SET value = '5' WHERE name = 'schema_version'")


def test_routes_of_the_fifth_version_are_those_of_a_plans_only_day(ws, tmp_path):
    make_version_5(ws)
    Workspace.open(ws.path)
    assert columns_of(ws.path) == columns_of(Workspace.create(tmp_path / "new.gpkg", name="x").path)
    with geopackage.reading(ws.path) as connection:
        rows = connection.execute("SELECT plan_id, day, team_id, home_m FROM routes").fetchall()
        visits = connection.execute("SELECT plan_id, day, stop_id, leave_ms FROM route_visits").fetchall()
    assert (rows, visits) == ([("D1", 0, "T1", 70)], [("D1", 0, "S1", 7)])


def make_version_4(ws):
    with geopackage.writing(ws.path) as connection:
        for table in ("assessments", "assessment_files", "assessment_steps", *LEDGERS):
            geopackage.drop_table(connection, table)
        connection.execute("UPDATE settings SET value = '4' WHERE name = 'schema_version'")


def test_workspace_of_the_fourth_version_gains_assessments_and_ledgers(ws, tmp_path):
    make_version_4(ws)
    made = Workspace.open(ws.path)
    assert columns_of(ws.path) == columns_of(Workspace.create(tmp_path / "new.gpkg", name="x").path)
    assert read_assessments(made) == []


def make_version_3(ws):
    make_version_4(ws)
    with geopackage.writing(ws.path) as connection:
        for table in ("patrol_plans", "routes", "route_visits"):
            geopackage.drop_table(connection, table)
        connection.execute("UPDATE settings SET value = '3' WHERE name = 'schema_version'")


def test_workspace_of_the_third_version_gains_patrol_plans(ws, tmp_path):
    make_version_3(ws)
    made = Workspace.open(ws.path)
    assert columns_of(ws.path) == columns_of(Workspace.create(tmp_path / "new.gpkg", name="x").path)
    assert read_patrol_plans(made).empty


def make_version_2(ws):
    make_version_3(ws)
    with geopackage.writing(ws.path) as connection:
        for table in ("strokes", "plan_states"):
            geopackage.drop_table(connection, table)
        connection.execute("DROP TABLE plans")
        connection.execute(PLANS_OF_VERSION_2)
        connection.execute(
            "INSERT INTO plans (plan_id, kind, name, status, rev, author, created, note, params, scorecard,"
            " digest) VALUES ('P1', 'nesting', '现状', 'in_force', 4, '', '', '', '{}', '{}', 'd')"
        )
        connection.execute("INSERT INTO assignment (plan_id, grid_id, zone_id) VALUES ('P1', 'a', 'z1')")
        connection.execute("UPDATE settings SET value = '2' WHERE name = 'schema_version'")


def columns_of(path):
    with geopackage.reading(path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'").fetchall()
        return {name: geopackage.declared_types(connection, name) for name in names}, sorted(indexes)


def test_workspace_of_the_second_version_gains_strokes_states_names_and_locks(ws, tmp_path):
    make_version_2(ws)
    made = Workspace.open(ws.path)
    assert made.setting("schema_version") == workspace.SCHEMA_VERSION
    assert columns_of(ws.path) == columns_of(Workspace.create(tmp_path / "new.gpkg", name="x").path)
    (plan,) = read_plans(made).to_dict("records")
    assert (plan["status"], plan["rev"], plan["zone_names"], plan["locked"]) == ("in_force", 4, "{}", "[]")
    assert read_assignment(made, "P1").to_dict() == {"a": "z1"}
    assert read_states(made, "P1").empty
    copy = duplicate_plan(made, "P1", name="手绘")
    apply_stroke(made, copy, rev=1, token="t", painter="p", kind="paint", grids={"a": ("z1", "z2")})
    assert read_assignment(made, copy).to_dict() == {"a": "z2"}
    assert len(read_strokes(made, copy)) == 1
    assert ws.path.with_name("越湖.v2.gpkg").is_file()


def test_two_that_open_an_older_workspace_at_once_both_get_it_and_one_migrates(ws, monkeypatch):
    make_version_2(ws)
    met, copy_to = threading.Barrier(2, timeout=20), Workspace.copy_to

    def together(self, path):
        met.wait()
        return copy_to(self, path)

    monkeypatch.setattr(Workspace, "copy_to", together)
    with ThreadPoolExecutor(2) as pool:
        opened = list(pool.map(Workspace.open, [ws.path, ws.path]))
    assert [one.setting("schema_version") for one in opened] == [workspace.SCHEMA_VERSION] * 2
    assert (ws.audit()["action"] == "migrate").sum() == 1


def test_workspace_of_the_first_version_gains_all_that_came_since(ws):
    make_version_2(ws)
    with geopackage.writing(ws.path) as connection:
        geopackage.drop_table(connection, "imports")
        geopackage.drop_table(connection, "editions")
        connection.execute("UPDATE settings SET value = '1' WHERE name = 'schema_version'")
    made = Workspace.open(ws.path)
    assert read_imports(made).empty
    assert read_plans(made)["locked"].tolist() == ["[]"]


def test_a_tables_version_changes_with_the_table_and_with_no_other(ws):
    before = ws.version_of("grids")
    ws.write("zones", pd.DataFrame({"zone_id": ["z"]}))
    assert ws.version_of("grids") == before
    ws.write("grids", grids("a"))
    assert ws.version_of("grids") != before


def test_create_does_not_overwrite(ws):
    with pytest.raises(FileError, match="file_exists"):
        Workspace.create(ws.path, name="x", crs=METRIC)
    with pytest.raises(FileError, match="folder_missing"):
        Workspace.create(ws.path.parent / "no" / "x.gpkg", name="x", crs=METRIC)
    with pytest.raises(CrsError, match="crs_not_metric"):
        Workspace.create(ws.path.parent / "y.gpkg", name="x", crs="EPSG:4326")


def test_first_layer_settles_the_crs_of_a_district_without_one(tmp_path):
    ws = Workspace.create(tmp_path / "new.gpkg", name="x")
    ws.write("declared_assignment", pd.DataFrame({"grid_id": ["a"], "zone_id": ["z"]}))
    ws.write("grids", pd.DataFrame({"grid_id": ["a"]}))
    ws.write(
        "zones", gpd.GeoDataFrame({"zone_id": ["z"]}, geometry=[box(-87.7, 41.8, -87.6, 41.9)], crs=4326)
    )
    assert ws.crs.to_epsg() == 32616
    assert ws.read("grids").crs.to_epsg() == 32616, "layers without geometry follow"
    ws.write("grids", grids("a").to_crs(4326))
    assert ws.crs.to_epsg() == 32616, "settled once"


def test_refused_layer_settles_no_crs(tmp_path):
    ws = Workspace.create(tmp_path / "new.gpkg", name="x")
    with pytest.raises(SchemaError):
        ws.write("zones", gpd.GeoDataFrame({"zone_id": ["z", "z"]}, geometry=[box(0, 0, 1, 1)] * 2, crs=4326))
    assert ws.setting("crs_assumed") is True


def test_gis_reads_the_file_and_its_spatial_index(ws, tmp_path):
    """Checked on a copy: GDAL's own SQLite must never open the workspace itself."""
    ws.write("grids", grids("a", "b", "c"))
    copy = shutil.copy2(ws.path, tmp_path / "copy.gpkg")
    assert ["grids", "MultiPolygon"] in pyogrio.list_layers(copy).tolist()
    read = pyogrio.read_dataframe(copy, layer="grids")
    assert read["grid_id"].tolist() == ["a", "b", "c"]
    assert read.crs == CRS.from_user_input(METRIC)
    found = pyogrio.read_dataframe(copy, layer="grids", bbox=(500_001, 3_300_001, 500_002, 3_300_002))
    assert found["grid_id"].tolist() == ["a"]
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == 0x47504B47
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_spatial_index_follows_updates(ws):
    ws.write("grids", grids("a", "b"))
    moved = geopackage.encode(shapely.points([[1.0, 2.0]]), srs=4549, multi=False)[0]
    with geopackage.writing(ws.path) as connection:
        connection.execute("UPDATE grids SET geom = ? WHERE grid_id = 'a'", (moved,))
        connection.execute("UPDATE grids SET geom = NULL WHERE grid_id = 'b'")
        boxes = connection.execute("SELECT minx, maxy FROM rtree_grids_geom").fetchall()
    assert boxes == [(1.0, 2.0)]


def test_backups_are_whole_and_rotated(ws, tmp_path):
    ws.write("grids", grids("a"))
    other = tmp_path / "backups" / "越湖-notes.gpkg"
    other.parent.mkdir()
    other.write_text("mine")
    copies = [ws.backup(tmp_path / "backups", keep=2) for _ in range(3)]
    assert [copy.exists() for copy in copies] == [False, True, True]
    assert Workspace.open(copies[-1]).counts() == {"grids": 1}
    assert other.exists()
    with pytest.raises(FileError, match="file_exists"):
        ws.copy_to(copies[-1])


def calls(writer, number):
    return pd.DataFrame({"grid_id": [f"{writer}"], "date": ["2026-10-01"], "count": [number]})


def write_many(path, writer, times):
    ws = Workspace.open(path)
    for number in range(times):
        ws.append("incidents", calls(writer, number))


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_writers_at_once_lose_nothing(ws, kind):
    ws.append("incidents", calls("first", 0))
    if kind == "threads":
        pool = ThreadPoolExecutor(6)
    else:
        pool = ProcessPoolExecutor(4, mp_context=get_context("spawn"))
    with pool:
        jobs = [pool.submit(write_many, ws.path, f"w{i}", 12) for i in range(6)]
        for job in jobs:
            job.result()
    kept = ws.read("incidents")
    assert len(kept) == 1 + 6 * 12
    assert kept.groupby("grid_id")["count"].nunique().drop("first").tolist() == [12] * 6
    assert len(ws.audit()) == 2 + 6 * 12


def test_killed_writer_leaves_a_file_that_opens_in_its_last_state(ws):
    """The writer dies with pages already on disk: its journal must be rolled back by whoever reads next."""
    ws.write("grids", grids("a"))
    script = (
        "import os, sys; from pathlib import Path; from data import geopackage\n"
        "with geopackage.writing(Path(sys.argv[1])) as connection:\n"
        "    connection.execute('PRAGMA cache_size = 5')\n"
        "    connection.execute('DELETE FROM grids')\n"
        "    rows = [('x' * 500, str(i)) for i in range(5000)]\n"
        "    connection.executemany('INSERT INTO settings (value, name) VALUES (?, ?)', rows)\n"
        "    os._exit(9)\n"
    )
    root = Path(workspace.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script, str(ws.path)], cwd=root, check=False)
    assert done.returncode == 9
    assert ws.path.with_name(ws.path.name + "-journal").exists(), "the writer left its journal"
    assert Workspace.open(ws.path).read("grids")["grid_id"].tolist() == ["a"]


def test_locked_file_is_said_to_be_busy(ws, monkeypatch):
    monkeypatch.setattr(geopackage, "_LOCK_SECONDS", 0.1)
    with geopackage.writing(ws.path), pytest.raises(ConflictError, match="workspace_busy"):
        ws.set_setting("x", 1)


def test_network_shares_are_refused():
    with pytest.raises(FileError, match="workspace_on_share"):
        geopackage.refuse_share(PureWindowsPath(r"\\server\share\x.gpkg"))
    geopackage.refuse_share(PureWindowsPath(r"C:\x.gpkg"))


def test_tables_are_read_as_of_one_moment(ws):
    ws.write_all({"grids": grids("a"), "zones": grids("z").rename(columns={"grid_id": "zone_id"})})
    assert set(ws.read_all(["grids", "zones", "roads"])) == {"grids", "zones"}


def test_text_that_no_schema_asks_for_is_not_kept(ws):
    with pytest.raises(SchemaError, match="column_extra"):
        ws.write("grids", grids("a").assign(户主=["甲"]))
    ws.write("grids", grids("a").assign(shops=[3]))
    assert ws.read("grids")["shops"].tolist() == [3]


def test_crash_inside_a_transaction_keeps_the_last_state(ws):
    ws.write("grids", grids("a"))

    def broken():
        with geopackage.writing(ws.path) as connection:
            connection.execute("DELETE FROM grids")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert len(ws.read("grids")) == 1
