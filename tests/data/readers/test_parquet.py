"""GeoParquet: every encoding of shapes, CRSs stated and not, tables, and broken files."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from data.readers import opened
from geo.errors import FileError

SHAPES = {
    "point": shapely.points([[0, 1], [2, 3], [4, 5]]),
    "linestring": [shapely.LineString([(n, 0), (n + 1, 1), (n + 2, 0)]) for n in range(3)],
    "polygon": [shapely.box(n, 0, n + 5, 5).difference(shapely.box(n + 1, 1, n + 2, 2)) for n in range(3)],
    "multipolygon": [
        shapely.MultiPolygon([shapely.box(n, 0, n + 1, 1), shapely.box(n + 3, 0, n + 4, 1)]) for n in range(3)
    ],
}


def read(path, *, size=2, columns=None):
    with opened(path) as source:
        look = source.layers[0]
        frames = list(source.batches(look, look.columns if columns is None else columns, size=size))
        return look, pd.concat(frames), source.notes


def rewrite_geo(path, change):
    """Change the file's own words about its shapes."""
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    change(geo)
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), path)


def test_types_shapes_and_rows_come_as_they_are(tmp_path, squares):
    squares.to_parquet(tmp_path / "网格.parquet")
    look, frame, notes = read(tmp_path / "网格.parquet")
    assert (look.name, look.columns) == ("网格", ("编号", "人数", "面积", "日期"))
    assert (look.shape, look.rows, look.bounds) == ("polygon", 3, (0, 0, 3, 1))
    assert look.crs.to_epsg() == 4549
    assert (frame.index.name, frame.index.tolist()) == ("row", [1, 2, 3])
    assert frame["编号"].tolist() == ["G1", "G2", "G3"]
    assert [None if pd.isna(n) else int(n) for n in frame["人数"]] == [10, None, 30]
    assert frame["日期"].tolist() == ["2026-10-31T13:20:00", None, "2026-11-01T00:00:00"]
    assert shapely.equals(frame.geometry.to_numpy(), squares.geometry.to_numpy()).all()
    assert frame.crs == look.crs
    assert notes == []


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_shapes_come_out_of_every_encoding(tmp_path, kind, encoding, size):
    frame = gpd.GeoDataFrame({"a": range(3)}, geometry=np.array(SHAPES[kind]), crs="EPSG:4490")
    frame.to_parquet(tmp_path / "a.parquet", geometry_encoding=encoding)
    _, found, _ = read(tmp_path / "a.parquet", size=size)
    assert shapely.equals(found.geometry.to_numpy(), frame.geometry.to_numpy()).all()


def test_what_is_no_shape_in_geoarrow_is_none(tmp_path):
    shapes = np.array([None, shapely.box(0, 0, 1, 1), None])
    frame = gpd.GeoDataFrame({"a": range(3)}, geometry=shapes, crs="EPSG:4490")
    frame.to_parquet(tmp_path / "a.parquet", geometry_encoding="geoarrow")
    _, found, _ = read(tmp_path / "a.parquet")
    assert found.geometry.isna().tolist() == [True, False, True]


def test_of_several_shapes_the_primary_one_is_read(tmp_path, squares):
    frame = squares[["编号", "geometry"]].assign(中心=squares.geometry.centroid)
    frame.to_parquet(tmp_path / "a.parquet")
    look, found, _ = read(tmp_path / "a.parquet")
    assert look.columns == ("编号",)
    assert (found.geom_type == "Polygon").all()


def test_a_crs_that_is_not_stated_is_longitude_and_latitude_and_null_is_none(tmp_path, squares):
    path = tmp_path / "a.parquet"
    squares.to_parquet(path)
    rewrite_geo(path, lambda geo: geo["columns"]["geometry"].pop("crs"))
    assert read(path)[0].crs.is_geographic
    rewrite_geo(path, lambda geo: geo["columns"]["geometry"].update(crs=None))
    assert read(path)[0].crs is None
    rewrite_geo(path, lambda geo: geo["columns"]["geometry"].update(crs={"type": "nonsense"}))
    look, _, _ = read(path)
    assert (look.crs, [note.code for note in look.notes]) == (None, ["crs_unreadable"])


def test_a_parquet_without_shapes_is_a_table(tmp_path):
    table = pa.table(
        {
            "a": pa.array([1, None], pa.int32()),
            "bytes": [b"x", b"y"],
            "list": [[1], [2]],
            "day": pa.array([20757, None], pa.date32()),
            "money": pa.array([None, 250], pa.decimal128(9, 2)),
            "kind": pa.array(["x", None]).dictionary_encode(),
            "yes": [True, None],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    look, frame, _ = read(tmp_path / "a.parquet")
    assert (look.shape, look.columns) == (None, ("a", "day", "money", "kind", "yes"))
    assert type(frame) is pd.DataFrame
    assert frame["day"].tolist() == ["2026-10-31", None]
    assert frame["kind"].tolist() == ["x", None]
    assert frame["a"].iloc[0] == 1
    assert frame["money"].iloc[1] == 250


def test_a_broken_shape_is_none_and_noted(tmp_path, squares):
    path = tmp_path / "a.parquet"
    squares.to_parquet(path)
    table = pq.read_table(path)
    blobs = table["geometry"].to_pylist()
    blobs[1] = blobs[1][:20]
    place = table.schema.get_field_index("geometry")
    pq.write_table(table.set_column(place, table.schema.field(place), [blobs]), path)
    _, frame, notes = read(path)
    assert frame.geometry.isna().tolist() == [False, True, False]
    assert [(note.code, note.facts["row"]) for note in notes] == [("shape_unreadable", 2)]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda content: content[: len(content) // 2], "file_cut"),
        (lambda content: content[:4] + b"PAR1", "file_unreadable"),
        (lambda content: content[:-200] + bytes(192) + content[-8:], "file_unreadable"),
        (lambda content: b"PK\x03\x04" + content[4:], "file_kind_differs"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, squares, spoil, code):
    path = tmp_path / "a.parquet"
    squares.to_parquet(path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(FileError) as caught:
        read(path)
    assert caught.value.code == code
