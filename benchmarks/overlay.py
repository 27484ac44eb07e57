"""
Benchmark `geo.overlay` beside the engines that people would use instead.

Run `python benchmarks/overlay.py --size small` (or medium, large, all); it prints a markdown table.
Layers are jittered cells of 64 vertices and zones of about 200: "nested" zones are unions of ten cells,
"free" zones are drawn independently. Every engine runs in a process of its own, so that the peak memory
is its own; it answers one tiny question first, so that imports and numba's cache are warm.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.overlay import overlap_areas, overlap_areas_geos

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

METRIC = "EPSG:4549"
ORIGIN = (480_000.0, 3_300_000.0)
CELL_M = 850.0
BLOCK = (5, 2)  # cells of one zone
PIECES = 16  # segments on each side of a cell
SIZES = {"small": (10, 142, 1415), "medium": (150, 100, 15_000), "large": (500, 300, 150_000)}
REPEATS = {"small": 7, "medium": 3, "large": 1}
KINDS = ("nested", "free")
PICKLED_AT_ONCE = 2_000  # loading must not raise the peak that is measured


def lattice(
    columns: int, rows: int, size: tuple[float, float], pieces: int, seed: int
) -> NDArray[np.object_]:
    """Return jittered quadrilaterals with wiggly sides, a valid coverage, as a columns × rows array."""
    rng = np.random.default_rng(seed)
    corner = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0), indexing="ij"), axis=-1)
    corner[1:-1, 1:-1] += rng.uniform(-0.25, 0.25, (columns - 1, rows - 1, 2))
    share = (np.arange(pieces) / pieces)[:, None]

    def sides(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        line = start[:, :, None] + (end - start)[:, :, None] * share
        line[:, :, 1:] += rng.uniform(-0.2, 0.2, line[:, :, 1:].shape) / pieces
        return np.concatenate([line, end[:, :, None]], axis=2)

    along, up = sides(corner[:-1], corner[1:]), sides(corner[:, :-1], corner[:, 1:])
    ring = np.concatenate([along[:, :-1, :-1], up[1:, :, :-1], along[:, 1:, :0:-1], up[:-1, :, ::-1]], axis=2)
    return np.asarray(shapely.polygons(ring * np.array(size) + np.array(ORIGIN)))


def make_layers(size: str, kind: str) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the cells and the zones of one case."""
    columns, rows, count = SIZES[size]
    wide, high = BLOCK
    cells = lattice(columns, rows, (CELL_M, CELL_M), PIECES, seed=1)
    if kind == "free":
        zones = lattice(columns // wide, rows // high, (wide * CELL_M, high * CELL_M), 3 * PIECES, seed=2)
    else:
        blocks = cells.reshape(columns // wide, wide, rows // high, high).swapaxes(1, 2)
        zones = shapely.coverage_union_all(blocks.reshape(-1, wide * high), axis=1)
    return cells.ravel()[:count], np.asarray(zones).ravel()


def plain_shapely(cells: gpd.GeoSeries, zones: gpd.GeoSeries) -> pd.DataFrame:
    """Intersect every pair whose boxes meet, all at once."""
    i, j = shapely.STRtree(zones.array).query(cells.array)
    area = shapely.area(shapely.intersection(np.asarray(cells.array)[i], np.asarray(zones.array)[j]))
    return pd.DataFrame({"left": i, "right": j, "area_m2": area})[area > 0.0]


def plain_geopandas(cells: gpd.GeoSeries, zones: gpd.GeoSeries) -> pd.DataFrame:
    """Overlay two frames as the manual says, and measure the pieces."""
    left = gpd.GeoDataFrame({"left": cells.index}, geometry=cells)
    right = gpd.GeoDataFrame({"right": zones.index}, geometry=zones)
    pieces = gpd.overlay(left, right, how="intersection")
    return pd.DataFrame({"left": pieces["left"], "right": pieces["right"], "area_m2": pieces.area})


ENGINES: dict[str, Callable[[gpd.GeoSeries, gpd.GeoSeries], pd.DataFrame]] = {
    "geopandas.overlay": plain_geopandas,
    "shapely: STRtree, intersection": plain_shapely,
    "overlap_areas_geos": overlap_areas_geos,
    "overlap_areas, 1 thread": lambda cells, zones: overlap_areas(cells, zones, workers=1),
    "overlap_areas, 2 threads": lambda cells, zones: overlap_areas(cells, zones, workers=2),
}


def save(shapes: NDArray[np.object_], path: Path) -> None:
    """Write shapes as a stream of small pickles."""
    with path.open("wb") as file:
        for start in range(0, len(shapes), PICKLED_AT_ONCE):
            pickle.dump(shapely.to_wkb(shapes[start : start + PICKLED_AT_ONCE]), file)


def load(path: Path) -> gpd.GeoSeries:
    """Read what `save` wrote."""
    parts = []
    with path.open("rb") as file, suppress(EOFError):
        while True:
            parts.append(shapely.from_wkb(pickle.load(file)))
    return gpd.GeoSeries(np.concatenate(parts), crs=METRIC)


def peak_mb() -> float:
    """Return this process's peak resident memory so far, in MB (10⁶ bytes)."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike getrusage's, this peak starts anew with the program: it is not the parent's.
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if found:
            return int(found[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def measure(engine: str, folder: Path, repeats: int) -> None:
    """Run one engine in this process; print its times and save its table."""
    run = ENGINES[engine]
    few = gpd.GeoSeries([shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2)], crs=METRIC)
    run(few, few)
    cells, zones = load(folder / "cells"), load(folder / "zones")
    before = peak_mb()
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        table = run(cells, zones)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    extra = peak_mb() - before
    table.to_pickle(folder / "table")
    print(json.dumps({"wall": min(walls), "cpu": min(cpus), "extra": extra}))


def largest_difference(table: pd.DataFrame, reference: pd.DataFrame) -> float:
    """Return the largest difference of a pair's area in m², missing pairs counting as nothing."""
    both = table.merge(reference, on=["left", "right"], how="outer", suffixes=("", "_reference")).fillna(0.0)
    return float((both["area_m2"] - both["area_m2_reference"]).abs().max())


def rows_of(size: str, kind: str) -> list[str]:
    """Measure every engine on one case; return markdown rows."""
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cells, zones = make_layers(size, kind)
        save(cells, folder / "cells")
        save(zones, folder / "zones")
        reference, base = None, {}
        for engine in ENGINES:
            command = [sys.executable, __file__, "--measure", engine, name, str(REPEATS[size])]
            got = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            table = pd.read_pickle(folder / "table")
            reference, base = (table, got) if reference is None else (reference, base)
            rows.append(
                f"| {len(cells):,} × {len(zones):,} {kind} | {engine} | {got['wall']:.3f} | {got['cpu']:.3f} "
                f"| {base['wall'] / got['wall']:.1f} | {base['cpu'] / got['cpu']:.1f} | {got['extra']:.0f} "
                f"| {len(table):,} | {largest_difference(table, reference):.0e} |"
            )
            print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", choices=[*SIZES, "all"], default="small")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        engine, folder, repeats = options.measure
        measure(engine, Path(folder), int(repeats))
        return
    versions = (
        f"shapely {shapely.__version__}, GEOS {shapely.geos_version_string}, geopandas {gpd.__version__}"
    )
    print(f"{date.today()}, {os.cpu_count()} cores, {versions}\n")
    print(
        "| layers | engine | wall s | CPU s | × faster, wall | × faster, CPU | extra peak MB | pairs | Δ m² |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for size in SIZES if options.size == "all" else [options.size]:
        for kind in KINDS:
            rows_of(size, kind)


if __name__ == "__main__":
    main()
