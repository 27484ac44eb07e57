"""The districts that `benchmarks/painting.py` paints: the sample, and 15,000 grids drawn from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from redraw_instances import large
from scipy.cluster.vq import kmeans2

from data.workspace import Workspace
from geo.coverage import dissolve_by

if TYPE_CHECKING:
    from pathlib import Path

GRIDS_PER_VILLAGE = 4


def make_sample(path: Path) -> Path:
    """Make the sample district at `path`."""
    from ui.opening import make_sample

    return make_sample(path)


def make_large(path: Path, *, seed: int = 1) -> Path:
    """Make a district of 15,000 Voronoi grids, 1,500 zones, 166 stations and some 3,700 villages."""
    instance = large(seed)
    rows, shapes = instance.graph.grids, instance.graph.shapes
    village = _villages(rows, seed)
    grids = gpd.GeoDataFrame(
        {
            "grid_id": rows.index.astype(str),
            "name": [f"网格{number}" for number in range(len(rows))],
            "village_id": village.to_numpy(),
            "residents": rows["present"].astype(int).to_numpy(),
        },
        geometry=shapes.to_numpy(),
        crs=shapes.crs,
    )
    unions = dissolve_by(shapes, instance.assignment)
    station = rows["station_id"].groupby(instance.assignment).first()
    zones = gpd.GeoDataFrame(
        {"zone_id": unions.index.astype(str), "station_id": station.reindex(unions.index).to_numpy()},
        geometry=unions.to_numpy(),
        crs=shapes.crs,
    )
    zones["name"] = [f"警务区{number}" for number in range(len(zones))]
    of_village = rows["station_id"].groupby(village).first()
    villages = pd.DataFrame(
        {
            "village_id": of_village.index,
            "name": [f"村{number}" for number in range(len(of_village))],
            "kind": "village",
            "station_id": of_village.to_numpy(),
        }
    )
    names = sorted(set(rows["station_id"]))
    stations = pd.DataFrame({"station_id": names, "name": [f"派出所{name}" for name in names]})
    workspace = Workspace.create(path, name="大区县", crs=shapes.crs)
    workspace.write_all({"stations": stations, "villages": villages, "grids": grids, "zones": zones})
    return path


def _villages(rows: pd.DataFrame, seed: int) -> pd.Series:
    """Return a village for each grid: near ones of one station together."""
    village = pd.Series("", index=rows.index)
    for station, members in rows.groupby("station_id"):
        count = max(1, round(len(members) / GRIDS_PER_VILLAGE))
        points = members[["x", "y"]].to_numpy()
        _, label = kmeans2(points, count, minit="++", rng=np.random.default_rng(seed))
        village[members.index] = [f"{station}v{number:03}" for number in label]
    return village
