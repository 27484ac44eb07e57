import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from data.schemas import TABLES, validate
from geo.errors import SchemaError


def faults(frame, table):
    with pytest.raises(SchemaError) as caught:
        validate(frame, table)
    return [
        (reason.code, reason.facts.get("row"), reason.facts.get("column")) for reason in caught.value.reasons
    ]


def test_every_fault_is_listed_at_once():
    frame = pd.DataFrame(
        {
            "grid_id": ["a", "a", None, "d"],
            "date": ["2026-10-01", "1.10.2026", "2026-10-02", "2026-02-30"],
            "hour": [1, -1, 2.5, "noon"],
            "source": ["reported", "rumour", "patrol", ""],
            "count": [1, 2, None, 3],
        }
    )
    assert faults(frame, "incidents") == [
        ("value_missing", 3, "grid_id"),
        ("value_wrong", 2, "date"),
        ("value_wrong", 4, "date"),
        ("value_wrong", 2, "hour"),
        ("value_wrong", 3, "hour"),
        ("value_wrong", 4, "hour"),
        ("value_wrong", 2, "source"),
        ("value_missing", 3, "count"),
    ]


def test_repeated_key_of_several_columns_is_named():
    staff = pd.DataFrame({"place_id": ["a", "a"], "role": ["aux", "aux"], "count": [1, 2]})
    with pytest.raises(SchemaError) as caught:
        validate(staff, "staff")
    assert caught.value.reasons[0].facts == {"id": "a/aux", "row": 2}


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ([box(0, 0, 1, 1), Point(0, 0)], [("geometry_kind", 2, None)]),
        ([None, box(0, 0, 1, 1)], [("geometry_empty", 1, None)]),
    ],
)
def test_wrong_geometry_is_named_by_row(shapes, expected):
    areas = gpd.GeoDataFrame({"area_id": ["a", "b"]}, geometry=shapes, crs="EPSG:4549")
    assert faults(areas, "areas") == expected


def test_missing_column_and_missing_geometry():
    assert faults(pd.DataFrame({"name": ["x"]}), "posts") == [
        ("column_missing", None, "post_id"),
        ("geometry_missing", None, None),
    ]


def test_grids_may_come_without_shapes():
    validate(pd.DataFrame({"grid_id": ["a"]}), "grids")


def test_references_point_to_tables_with_that_key():
    for table in TABLES.values():
        for column, spec in table.columns.items():
            if spec.references:
                assert TABLES[spec.references].key == (column,)
