"""Rows of a draft for a map: as they stand, also where a cell is not of its kind."""

import geopandas as gpd
import pandas as pd
import pytest
from pyproj import CRS
from shapely.geometry import box

from data.staging import Staging


@pytest.fixture
def staged():
    with Staging("grids", crs=CRS("EPSG:4549")) as staging:
        count = 10
        frame = gpd.GeoDataFrame(
            {"grid_id": [f"G{i}" for i in range(count)], "residents": ["x", *["1"] * (count - 1)]},
            geometry=[box(i, 0, i + 1, 1) for i in range(count)],
            crs="EPSG:4549",
            index=pd.Index(range(2, 2 + count), name="row"),
        )
        frame.loc[5, "geometry"] = None
        staging.append(frame)
        yield staging


def test_all_rows_come_with_number_id_and_shape_whatever_else_they_hold(staged):
    rows = staged.some_rows(100)
    assert rows.index.tolist() == list(range(2, 12))
    assert rows["grid_id"].tolist() == [f"G{i}" for i in range(10)]
    assert rows.geometry.isna().tolist() == [row == 5 for row in rows.index]
    assert rows.geometry.loc[2].equals(box(0, 0, 1, 1))
    assert rows.crs == "EPSG:4549"


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_no_more_rows_come_than_are_asked_for(staged, count):
    rows = staged.some_rows(count)
    assert 1 <= len(rows) <= count
    assert rows.index.is_monotonic_increasing
