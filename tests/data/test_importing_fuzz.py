"""
Spoilt files end in words or come in whole; what was in the district stays to the last byte otherwise.

GRIDBEAT_FUZZ=5000 tries so many of each kind.
"""

import os
import random
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from data.importing import ImportParams, import_file
from data.schemas import TABLES
from data.workspace import Workspace
from geo.errors import GridBeatError

TRIES = int(os.environ.get("GRIDBEAT_FUZZ", "25"))
KINDS = ("gpkg", "geojson", "shp", "csv", "xlsx", "kml", "parquet", "zip")


def grids():
    shapes = [box(120 + i / 100, 30, 120.01 + i / 100, 30.01) for i in range(6)]
    frame = gpd.GeoDataFrame({"网格编码": [f"G{i}" for i in range(6)]}, geometry=shapes, crs=4326)
    return frame.assign(网格名称=[f"东{i}网格" for i in range(6)], 户籍人口=range(6))


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder, frame = tmp_path_factory.mktemp("originals"), grids()
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(图形=frame.geometry.to_wkt())
    for kind in KINDS:
        (folder / kind).mkdir()
    for kind in ("gpkg", "geojson", "shp"):
        frame.to_file(folder / kind / f"a.{kind}", **({"encoding": "GB18030"} if kind == "shp" else {}))
    table.to_csv(folder / "csv" / "a.csv", index=False, encoding="gb18030")
    table.to_excel(folder / "xlsx" / "a.xlsx", index=False)
    frame.to_parquet(folder / "parquet" / "a.parquet")
    shutil.make_archive(str(folder / "zip" / "a"), "zip", folder / "shp")
    places = "".join(
        f"<Placemark><name>{name}</name><ExtendedData><Data name='网格编码'><value>{code}</value></Data>"
        "</ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        + " ".join(f"{x},{y}" for x, y in shape.exterior.coords)
        + "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for code, name, shape in zip(frame["网格编码"], frame["网格名称"], frame.geometry, strict=True)
    )
    kml = f"<?xml version='1.0' encoding='UTF-8'?><kml><Document>{places}</Document></kml>"
    (folder / "kml" / "a.kml").write_text(kml, encoding="utf-8")
    return {
        kind: next(path for path in (folder / kind).iterdir() if path.suffix == f".{kind}") for kind in KINDS
    }


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.create(tmp_path / "d.gpkg", name="d", crs="EPSG:4549")
    workspace.write("grids", grids().rename(columns={"网格编码": "grid_id"})[["grid_id", "geometry"]])
    return workspace


def comes_in_whole_or_not_at_all(workspace, path, table, params):
    """Return whether it came in; any error but ours is let through."""
    before = workspace.path.read_bytes()
    try:
        report = import_file(workspace, path, table, params=params)
    except GridBeatError:
        assert workspace.path.read_bytes() == before
        return False
    assert workspace.counts()[table] >= report.rows > 0
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_originals_come_in(ws, originals, kind):
    assert comes_in_whole_or_not_at_all(ws, originals[kind], "grids", ImportParams(mapping={}))


@pytest.mark.parametrize("kind", KINDS)
def test_spoilt_files_come_in_whole_or_not_at_all(ws, originals, tmp_path, kind, mutate):
    folder, came_in = tmp_path / "spoilt", 0
    for seed in range(TRIES):
        rng = random.Random(f"{kind} {seed}")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(originals[kind].parent, folder)
        part = rng.choice(sorted(folder.iterdir()))
        part.write_bytes(mutate(part.read_bytes(), rng))
        params = ImportParams(mapping={}, repair=rng.random() < 0.5, dissolve=rng.random() < 0.5)
        came_in += comes_in_whole_or_not_at_all(ws, folder / originals[kind].name, "grids", params)
    print(f"{kind}: {TRIES} tried, {came_in} came in, {TRIES - came_in} refused")


HEADERS = st.sampled_from(
    [
        "网格编码",
        "名称",
        "编号",
        "经度",
        "纬度",
        "日期",
        "数量",
        "警情类别",
        "姓名",
        "人口",
        "村社代码",
        "wkt",
        "x",
        "",
    ]
)
CELLS = st.one_of(
    st.text(max_size=8),
    st.integers(-(10**19), 10**19).map(str),
    st.floats(allow_nan=True).map(str),
    st.sampled_from(
        ["2026-10-01", "2026/1/5 13:20", "POINT (1 2)", "POLYGON EMPTY", "=1+1", "村", "13812345678"]
    ),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.lists(HEADERS, min_size=1, max_size=6),
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=0, max_size=6),
    table=st.sampled_from(sorted(TABLES)),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    crs=st.sampled_from([None, "gcj02", "EPSG:4490", "EPSG:4549"]),
)
def test_any_table_comes_in_whole_or_not_at_all(ws, tmp_path, headers, rows, table, encoding, crs):
    path = tmp_path / "a.csv"
    width = len(headers)
    lines = [headers, *([*row, *[""] * width][:width] for row in rows)]
    pd.DataFrame(lines).to_csv(path, index=False, header=False, encoding=encoding, errors="replace")
    comes_in_whole_or_not_at_all(ws, path, table, ImportParams(mapping={}, crs=crs, repair=True))
