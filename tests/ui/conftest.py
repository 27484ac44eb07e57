"""A district of squares for tests: known by heart, with hostile names in it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box

CRS = "EPSG:4549"
WEST, SOUTH, SIDE = 540_000.0, 3_310_000.0, 500.0
SCRIPT, FORMULA = "<script>alert(1)</script>", "=cmd|'/c calc'!A1"


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
