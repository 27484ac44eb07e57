"""A district of squares for tests, known by heart, with hostile names in it; and the app in a browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box

CRS = "EPSG:4549"
WEST, SOUTH, SIDE = 540_000.0, 3_310_000.0, 500.0
SCRIPT, FORMULA = "<script>alert(1)</script>", "=cmd|'/c calc'!A1"
ROOT = Path(__file__).resolve().parents[2]
# Every host name but the machine's own stays unresolved: what asks for one is caught below.
NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1"
PATIENCE_MS = 30_000


@pytest.fixture(autouse=True)
def home_folder(tmp_path_factory, monkeypatch):
    """A home folder of the test's own, and no district named: nothing is remembered in the real one."""
    folder = tmp_path_factory.mktemp("home") / "GridBeat"
    monkeypatch.setenv("GRIDBEAT_HOME", str(folder))
    # The command that opens the app names its district here, for the rest of the process.
    monkeypatch.delenv("GRIDBEAT_WORKSPACE", raising=False)
    return folder


def square_district(n: int = 6) -> dict[str, pd.DataFrame]:
    """
    n × n grids, zones of 3 × 3 grids shifted by 60 m in one corner, villages of 3 × 1, two towns.

    The first zone is drawn 60 m too far east: it takes a strip of its neighbour's first column.
    """
    cells = [(i, j) for j in range(n) for i in range(n)]
    grids = gpd.GeoDataFrame(
        {
            "grid_id": [f"G{i:02}{j:02}" for i, j in cells],
            "name": [f"网格{i}-{j}" for i, j in cells],
            "village_id": [f"V{i // 3:02}{j:02}" for i, j in cells],
            "residents": [100 + 10 * i + j for i, j in cells],
            "floating": [20 + i for i, j in cells],
        },
        geometry=[_cell(i, j, i + 1, j + 1) for i, j in cells],
        crs=CRS,
    )
    grids.loc[0, "name"] = SCRIPT
    grids.loc[1, "name"] = FORMULA
    blocks = [(i, j) for j in range(n // 3) for i in range(n // 3)]
    zones = gpd.GeoDataFrame(
        {
            "zone_id": [f"Z{i:02}{j:02}" for i, j in blocks],
            "name": [f"警务区{k + 1}" for k in range(len(blocks))],
            "station_id": "S1",
        },
        geometry=[_cell(3 * i, 3 * j, 3 * i + 3, 3 * j + 3) for i, j in blocks],
        crs=CRS,
    )
    taken = box(WEST + 3 * SIDE, SOUTH, WEST + 3 * SIDE + 60, SOUTH + 3 * SIDE)
    zones.loc[0, "geometry"] = zones.geometry[0].union(taken)
    zones.loc[1, "geometry"] = zones.geometry[1].difference(taken)
    rows = [(i, j) for j in range(n) for i in range(n // 3)]
    villages = gpd.GeoDataFrame(
        {
            "village_id": [f"V{i:02}{j:02}" for i, j in rows],
            "name": [f"村{i}-{j}" for i, j in rows],
            "kind": ["community" if (i + j) % 2 else "village" for i, j in rows],
            "town_id": ["T1" if j < n // 2 else "T2" for i, j in rows],
            "station_id": "S1",
        },
        geometry=[_cell(3 * i, j, 3 * i + 3, j + 1) for i, j in rows],
        crs=CRS,
    )
    towns = gpd.GeoDataFrame(
        {"town_id": ["T1", "T2"], "name": ["南镇", "北街道"]},
        geometry=[_cell(0, 0, n, n // 2), _cell(0, n // 2, n, n)],
        crs=CRS,
    )
    stations = pd.DataFrame({"station_id": ["S1"], "name": ["中心派出所"]})
    posts = gpd.GeoDataFrame(
        {
            "post_id": ["P1", "P2", "P3"],
            "name": [SCRIPT, "东警务站", "园区特色站"],
            "kind": ["police_room", "workstation", "special"],
            "village_id": ["V0000", "V0100", None],
        },
        geometry=[_at(0.5, 0.5), _at(4.5, 0.5), _at(2.5, 4.5)],
        crs=CRS,
    )
    roads = gpd.GeoDataFrame(
        {
            "road_id": [f"R{k}" for k in range(2 * n)],
            "class": ["primary", "residential"] * n,
            "name": None,
        },
        geometry=[
            LineString([_at(0, k), _at(n, k)]) if k < n else LineString([_at(k - n, 0), _at(k - n, n)])
            for k in range(2 * n)
        ],
        crs=CRS,
    )
    water = gpd.GeoDataFrame({"name": ["湖"], "kind": ["lake"]}, geometry=[_cell(1, 1, 2.5, 1.8)], crs=CRS)
    return {
        "towns": towns,
        "stations": stations,
        "villages": villages,
        "grids": grids,
        "zones": zones,
        "posts": posts,
        "roads": roads,
        "water": water,
        "incidents": _incidents(grids),
        "staff": pd.DataFrame(
            {"place_id": ["V0000", "Z0000"], "role": ["auxiliary", "community_officer"], "count": [2, 1]}
        ),
    }


def _incidents(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    days = pd.date_range("2025-09-01", "2026-10-31", freq="D")
    rows = len(days) * 2
    return pd.DataFrame(
        {
            "grid_id": rng.choice(grids["grid_id"], rows),
            "date": np.repeat(days.strftime("%Y-%m-%d"), 2),
            "hour": rng.integers(0, 24, rows),
            "category": rng.choice(["theft", "traffic"], rows),
            "source": rng.choice(["reported", "reported", "patrol"], rows),
            "count": 1,
        }
    )


def _cell(x0: float, y0: float, x1: float, y1: float):
    return box(WEST + x0 * SIDE, SOUTH + y0 * SIDE, WEST + x1 * SIDE, SOUTH + y1 * SIDE)


def _at(x: float, y: float) -> Point:
    return Point(WEST + x * SIDE, SOUTH + y * SIDE)


@pytest.fixture
def squares() -> dict[str, pd.DataFrame]:
    """A fresh district of 36 squares."""
    return square_district()


@pytest.fixture(scope="session")
def hostile() -> tuple[str, str]:
    """Names that no page, map or spreadsheet may run."""
    return SCRIPT, FORMULA


@pytest.fixture
def workspace_file(tmp_path):
    """A workspace file with the district of squares."""
    return keep(square_district(), tmp_path / "方格区.gpkg")


@pytest.fixture(scope="session")
def make_workspace():
    """Function that keeps a district of n × n squares in a file."""
    return lambda path, n=6: keep(square_district(n), path)


def keep(tables, path):
    from data.workspace import Workspace

    workspace = Workspace.create(path, name="方格区", crs=CRS)
    workspace.write_all(tables)
    return path


@pytest.fixture(scope="session")
def serving():
    """Context manager that serves the app as people start it, and yields its address."""
    return _serving


@pytest.fixture(scope="session")
def served(tmp_path_factory, make_workspace):
    """Address of the app, served on a district of squares."""
    path = make_workspace(tmp_path_factory.mktemp("browser") / "方格区.gpkg")
    with _serving(path, home=path.parent / "home") as address:
        yield address


@pytest.fixture(scope="session")
def browser(chromium):
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", NO_INTERNET],
        )
        yield opened
        opened.close()


@pytest.fixture
def page(new_page):
    """A page that notes every request to elsewhere and every fault in its scripts."""
    return new_page()


@pytest.fixture
def new_page(browser):
    """Function that opens a page in a browser context of its own, watched as `page` is."""
    opened = []

    def make():
        opened.append(_watched(browser))
        return opened[-1]

    yield make
    for page in opened:
        page.context.close()
    for page in opened:
        assert page.outside == []
        assert page.faults == []


def _watched(browser):
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    opened.outside, opened.faults = [], []
    context.on("request", lambda request: _note_outside(opened.outside, request.url))
    opened.on("pageerror", lambda fault: opened.faults.append(str(fault)))
    opened.on("console", lambda message: _note_refusal(opened.faults, message.text))
    return opened


@pytest.fixture(scope="session")
def starting():
    """Context manager as `serving` that also yields the server's process: (address, process)."""
    return _starting


@contextmanager
def _serving(*arguments, home, port=None):
    with _starting(*arguments, home=home, port=port) as (address, _):
        yield address


@contextmanager
def _starting(*arguments, home, port=None):
    port = port or _free_port()
    start = "import sys; sys.argv[0] = 'gridbeat'; from ui.cli import main; main()"
    command = [sys.executable, "-c", start, "app", *map(str, arguments), "--no-browser", f"--port={port}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRIDBEAT_HOME": str(home)}
    for name in ("GRIDBEAT_LANG", "GRIDBEAT_WORKSPACE"):
        environment.pop(name, None)
    # From a folder without any configuration of ours.
    server = subprocess.Popen(
        command, cwd=home.parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        server.wait(timeout=20)


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _note_refusal(faults, text):
    if "Content Security Policy" in text:
        faults.append(text)


def _note_outside(outside, url):
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost"):
        outside.append(url)


def _wait_for(url, server):
    for _ in range(300):
        if server.poll() is not None:
            pytest.fail("the app's server ended before it answered")
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the app's server did not answer")


def patrol_tables() -> dict[str, pd.DataFrame]:
    """
    Three squads of an evening and eight stops on the squares.

    The one stop with a skill can be served by T3 alone; the required B8 is open when nobody is on duty.
    """
    teams = gpd.GeoDataFrame(
        {
            "team_id": ["T1", "T2", "T3"],
            "name": ["一队", "二队", SCRIPT],
            "force": "squad",
            "travel_mode": "car",
            "station_id": "S1",
            "members": [3, 4, 2],
            "shift_start": "18:00",
            "shift_end": ["22:00", "22:00", "23:00"],
            "skills": [None, None, "dog"],
        },
        geometry=[_at(0.5, 0), _at(5.5, 6), _at(0, 5.5)],
        crs=CRS,
    )
    places = [(1, 1), (2, 1), (1, 2), (5, 5), (4, 5), (5, 4), (0, 4), (3, 3)]
    stops = gpd.GeoDataFrame(
        {
            "stop_id": [f"B{i}" for i in range(1, 9)],
            "name": ["一号点", "二号点", "三号点", FORMULA, "五号点", "六号点", "七号点", "八号点"],
            "kind": "checkpoint",
            "village_id": ["V0001", "V0001", "V0002", "V0105", "V0105", "V0104", "V0004", "V0103"],
            "force": "squad",
            "dwell_min": 15,
            "windows": [None, "19:00-20:00", None, None, None, None, None, "03:00-04:00"],
            "priority": [1, 1, 2, 1, 2, 2, 1, 1],
            "skill": [None, None, None, None, None, None, "dog", None],
        },
        geometry=[_at(*place) for place in places],
        crs=CRS,
    )
    return {"teams": teams, "stops": stops}


@pytest.fixture(scope="session")
def make_patrols():
    """Function that keeps the district of squares in a file, with squads and stops."""

    def make(path):
        from data.workspace import Workspace

        keep(square_district(), path)
        Workspace.open(path).write_all(patrol_tables())
        return path

    return make


@pytest.fixture(scope="session")
def squad_day(tmp_path_factory, make_patrols):
    """An evening of the squads as it is asked: `ui.patrol_ground.Day`, and its workspace's file."""
    import datetime as dt

    from data.workspace import Workspace
    from ui.patrol_ground import DayOrder, ordered_day, patrol_ground

    path = make_patrols(tmp_path_factory.mktemp("patrols") / "巡防.gpkg")
    order = DayOrder(date=dt.date(2026, 12, 1), force="squad", mode="joint", objective="longest")
    return ordered_day(patrol_ground(Workspace.open(path)), order), path


@pytest.fixture(scope="session")
def squad_plan(squad_day):
    """A plan of that evening, in which all three go out; B8 stays unvisited."""
    from planning.patrol.params import Limits
    from planning.patrol.solving import plan_day

    day = squad_day[0]
    return plan_day(day.problem, params=day.order.params(), limits=Limits(effort=300, workers=1))
