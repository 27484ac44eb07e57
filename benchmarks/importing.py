"""
Benchmark importing 150,000 polygons of each large format, beside plain geopandas in one run.

Run `python benchmarks/importing.py`; it prints a markdown table. Both end with a GeoPackage in a metric
CRS. GeoPandas reads, reprojects and writes; the import also guesses the mapping, looks for persons,
checks and cleans every shape, checks every row, ids and fit, and leaves a report and an undo. Each runs
in a process of its own, so that the peak memory is its own; imports are loaded before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

METRIC, LONLAT = "EPSG:4549", "EPSG:4326"
ORIGIN, CELL_M, PIECES = (400_000.0, 3_200_000.0), 300.0, 8
FORMATS = (".gpkg", ".shp", ".geojson", ".parquet", ".gdb")
ENGINES = ("geopandas", "gridbeat")


def polygons(columns: int, rows: int) -> gpd.GeoDataFrame:
    """Return columns × rows cells of 4 × `PIECES` points with a code, a name and counts, in lon/lat."""
    side = np.linspace(0, 1, PIECES, endpoint=False)
    ring = np.concatenate(
        [
            np.column_stack(pair)
            for pair in (
                (side, 0 * side),
                (0 * side + 1, side),
                (1 - side, 0 * side + 1),
                (0 * side, 1 - side),
            )
        ]
    )
    ring = np.vstack([ring, ring[:1]])
    corner = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    xy = np.asarray(ORIGIN) + (corner[:, None, :] + ring) * CELL_M
    number = np.arange(len(corner))
    return gpd.GeoDataFrame(
        {
            "网格编码": [f"330603{n:09}" for n in number],
            "网格名称": [f"第{n}网格" for n in number],
            "户籍人口": number % 900,
            "流动人口": number % 400,
        },
        geometry=shapely.polygons(xy),
        crs=METRIC,
    ).to_crs(LONLAT)


def write(layer: gpd.GeoDataFrame, path: Path) -> None:
    """Write a layer as the file's suffix says."""
    if path.suffix == ".parquet":
        layer.to_parquet(path)
    elif path.suffix == ".gdb":
        pyogrio.write_dataframe(layer, path, driver="OpenFileGDB", layer="grids")
    else:
        pyogrio.write_dataframe(layer, path, **({"encoding": "GB18030"} if path.suffix == ".shp" else {}))


def run(engine: str, path: Path, target: Path) -> dict[str, float]:
    """Bring a file into a GeoPackage, and return seconds and peak memory above what was loaded."""
    from data.importing import import_file

    before = _memory("VmRSS")
    # The mark starts anew: a child begins with its parent's.
    Path("/proc/self/clear_refs").write_text("5")
    start = time.perf_counter()
    if engine == "gridbeat":
        rows = import_file(target, path, "grids").rows
    else:
        read = gpd.read_parquet if path.suffix == ".parquet" else gpd.read_file
        layer = read(path).to_crs(METRIC)
        layer.to_file(target, layer="grids")
        rows = len(layer)
    seconds = time.perf_counter() - start
    return {"rows": rows, "seconds": seconds, "peak_mb": (_memory("VmHWM") - before) / 1024}


def _memory(name: str) -> int:
    """Return a line of Linux's account of this process, in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def apart(engine: str, path: Path, folder: Path) -> dict[str, float]:
    """Run in a process of its own."""
    target = folder / f"{engine}{path.suffix}.gpkg"
    target.unlink(missing_ok=True)
    command = [sys.executable, __file__, "--one", engine, str(path), str(target)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(out.strip().splitlines()[-1]))


def main() -> None:
    """Print the table, or run one engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "FILE", "TARGET"))
    parser.add_argument("--columns", type=int, default=500)
    parser.add_argument("--rows", type=int, default=300)
    args = parser.parse_args()
    if args.one:
        engine, path, target = args.one
        print(json.dumps(run(engine, Path(path), Path(target))))
        return
    layer = polygons(args.columns, args.rows)
    print(f"{date.today()}, {len(layer):,} polygons of {4 * PIECES + 1} points, 4 columns\n")
    print("| format | MB | engine | seconds | × geopandas | peak MB | × geopandas |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for suffix in FORMATS:
            path = folder / f"grids{suffix}"
            write(layer, path)
            parts = (
                path.iterdir() if path.is_dir() else folder.glob("grids.*") if suffix == ".shp" else [path]
            )
            size = sum(part.stat().st_size for part in parts if part.is_file()) / 1e6
            results = {engine: apart(engine, path, folder) for engine in ENGINES}
            peer = results["geopandas"]
            for engine, found in results.items():
                print(
                    f"| {suffix} | {size:.0f} | {engine} | {found['seconds']:.1f} |"
                    f" {found['seconds'] / peer['seconds']:.2f} | {found['peak_mb']:.0f} |"
                    f" {found['peak_mb'] / peer['peak_mb']:.2f} |"
                )


if __name__ == "__main__":
    main()
