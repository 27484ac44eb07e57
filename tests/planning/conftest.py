import geopandas as gpd
import pytest
from shapely.geometry import box

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
