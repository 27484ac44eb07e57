"""Small files of every kind, as programs write them, and as they come broken."""

import json
import struct
import tempfile
import warnings

import geopandas as gpd
import pandas as pd
import pytest
import shapely

SQUARES = [shapely.box(x, 0, x + 1, 1) for x in range(3)]


@pytest.fixture(autouse=True)
def private_folder(tmp_path_factory, monkeypatch):
    """Where temporary folders go in these tests, so that what stays behind is seen."""
    folder = tmp_path_factory.mktemp("private")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="session")
def squares():
    """Three unit squares in a row, west to east, with a column of each type."""
    return gpd.GeoDataFrame(
        {
            "编号": ["G1", "G2", "G3"],
            "人数": pd.array([10, None, 30], dtype="Int64"),
            "面积": [1.5, None, 2.5],
            "日期": pd.to_datetime(["2026-10-31 13:20:00", None, "2026-11-01 00:00:00"]),
        },
        geometry=SQUARES,
        crs="EPSG:4549",
    )


@pytest.fixture(scope="session")
def write():
    """Write a frame with the driver its name asks for; GDAL's remarks on it are nobody's concern here."""

    def writer(frame, path, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            driver = {"driver": "OpenFileGDB"} if path.suffix == ".gdb" else {}
            frame.to_file(path, engine="pyogrio", **driver, **options)
        return path

    return writer


@pytest.fixture(scope="session")
def write_dbf():
    """Write a .dbf byte by byte: names and cells as bytes, cells cut at the width of their field."""

    def writer(path, fields, rows, *, language_driver=0):
        row_bytes = 1 + sum(width for _, width in fields)
        head = struct.pack(
            "<B3BIHH17xB2x", 3, 126, 1, 1, len(rows), 33 + 32 * len(fields), row_bytes, language_driver
        )
        for name, width in fields:
            head += struct.pack("<11sc4xBB14x", name[:10], b"C", width, 0)
        cells = b"".join(
            b" " + b"".join(cell[:width].ljust(width) for cell, (_, width) in zip(row, fields, strict=True))
            for row in rows
        )
        path.write_bytes(head + b"\r" + cells + b"\x1a")

    return writer


@pytest.fixture(scope="session")
def write_shapefile(write, write_dbf):
    """Write a shapefile of unit squares whose table is given in bytes; no .cpg unless asked for."""

    def writer(path, fields, rows, *, cpg=None, language_driver=0, crs="EPSG:4549"):
        squares = [shapely.box(x, 0, x + 1, 1) for x in range(len(rows))]
        write(gpd.GeoDataFrame({"n": range(len(rows))}, geometry=squares, crs=crs), path)
        write_dbf(path.with_suffix(".dbf"), fields, rows, language_driver=language_driver)
        path.with_suffix(".cpg").unlink()
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg)
        return path

    return writer


@pytest.fixture(scope="session")
def write_json():
    """Write anything as JSON."""

    def writer(path, content, *, encoding="utf-8"):
        path.write_bytes(json.dumps(content, ensure_ascii=False).encode(encoding))
        return path

    return writer


def dxf_text(*entities, codepage="ANSI_936", version="AC1015"):
    """Return a drawing of entities, each a list of group codes and values."""
    pairs = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, version), (9, "$DWGCODEPAGE"), (3, codepage)]
    pairs += [(0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")]
    pairs += [pair for entity in entities for pair in entity]
    pairs += [(0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code}\n{value}\n" for code, value in pairs)


def polyline(layer, points, *, closed=True):
    pairs = [(0, "LWPOLYLINE"), (8, layer), (100, "AcDbEntity"), (100, "AcDbPolyline")]
    pairs += [(90, len(points)), (70, int(closed))]
    return pairs + [pair for x, y in points for pair in ((10, x), (20, y))]


def text(layer, x, y, said):
    return [
        (0, "TEXT"),
        (8, layer),
        (100, "AcDbEntity"),
        (100, "AcDbText"),
        (10, x),
        (20, y),
        (40, 1),
        (1, said),
    ]


@pytest.fixture(scope="session")
def drawing():
    """Two closed outlines and an open line on layer 网格, texts in the first outline; all in GBK."""
    content = dxf_text(
        polyline("网格", [(0, 0), (10, 0), (10, 10), (0, 10)]),
        polyline("网格", [(20, 0), (30, 0), (30, 10), (20, 0)], closed=False),  # ends where it began
        polyline("网格", [(50, 0), (60, 0), (60, 10)], closed=False),
        polyline("警务区", [(0, 0), (100, 0), (100, 100), (0, 100)]),
        text("注记", 5, 5, "越城一格"),
        text("注记", 50, 50, "甲"),
    )
    return content.encode("gbk")
