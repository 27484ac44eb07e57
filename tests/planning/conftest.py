import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from planning.dual_graph import DualGraph

CRS = "EPSG:4549"


@pytest.fixture
def district():
    """
    A strip of six grids of 100 m, two villages, three zones as drawn by another hand.

        grids     g1   g2   g3 | g4   g5   g6
        villages  v1           | v2
        zones     z1 ....... z2 ..... (hole) z3: z2 takes 30 m of g3, nothing covers g5
    """
    grids = gpd.GeoDataFrame(
        {"grid_id": [f"g{i}" for i in range(1, 7)], "village_id": ["v1"] * 3 + ["v2"] * 3},
        geometry=[box(100 * i, 0, 100 * i + 100, 100) for i in range(6)],
        crs=CRS,
    )
    villages = gpd.GeoDataFrame(
        {"village_id": ["v1", "v2"], "name": ["甲村", "乙村"], "kind": "village"},
        geometry=[box(0, 0, 300, 100), box(300, 0, 600, 100)],
        crs=CRS,
    )
    zones = gpd.GeoDataFrame(
        {"zone_id": ["z1", "z2", "z3"], "name": ["一区", "二区", "三区"], "station_id": "s1"},
        geometry=[box(0, 0, 270, 100), box(270, 0, 400, 100), box(500, 0, 600, 100)],
        crs=CRS,
    )
    return {"grids": grids, "villages": villages, "zones": zones}


@pytest.fixture(scope="session")
def lattice():
    """
    Make the dual graph of a lattice of squares of 1 m, numbered row by row from the lower left.

    Grids are named a, b, c…; each has the workload given (1 without), and twice as many residents.
    """

    def make(columns, rows, *, workload=None, villages="", stations="", towns="", kind="village"):
        count = columns * rows
        ids = pd.Index([chr(ord("a") + i) for i in range(count)], name="grid_id")
        x, y = np.arange(count) % columns, np.arange(count) // columns
        number = np.arange(count).reshape(rows, columns)
        pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
        left, right = (np.concatenate([pair[end].ravel() for pair in pairs]) for end in (0, 1))
        work = np.ones(count) if workload is None else np.asarray(workload, dtype=float)
        grids = pd.DataFrame(
            {
                "workload": work,
                "present": 2 * work,
                "area_m2": 1.0,
                "x": x + 0.5,
                "y": y + 0.5,
                "outline_m": 4.0,
                "village_id": list(villages) or "",
                "station_id": list(stations) or "",
                "town_id": list(towns) or "",
                "kind": kind,
            },
            index=ids,
        )
        borders = pd.DataFrame({"left": ids[left], "right": ids[right], "length_m": 1.0, "link": False})
        squares = [box(i, j, i + 1, j + 1) for i, j in zip(x, y, strict=True)]
        shapes = gpd.GeoSeries(squares, index=ids, crs=CRS)
        return DualGraph(grids=grids, borders=borders, shapes=shapes)

    return make


@pytest.fixture(scope="session")
def plan():
    """Make an assignment of a lattice from one letter per grid, row by row; a blank is no zone."""

    def make(zones):
        ids = pd.Index([chr(ord("a") + i) for i in range(len(zones))], name="grid_id")
        return pd.Series([None if zone == " " else zone for zone in zones], index=ids, dtype=object)

    return make
