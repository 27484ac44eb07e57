"""Which planned roads a matched track went along, and where it left them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.map_matching import MatchedTrack
    from planning.patrol.actual.planned import ActualParams

    Floats = npt.NDArray[np.float64]

# Both lie on the same drawing of the roads; cut at other points they differ by less.
_SAME_ROAD_M = 2.0
# A piece of which less than this lies on planned roads leads off them.
_ON = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadsGone:
    """
    A track held against the planned roads.

    Parameters
    ----------
    planned_m, covered_m
        Length of the planned roads, each counted once, and of those that were gone.
    driven_m, off_plan_m
        How far the track leads, off roads straight from position to position; and how much of it on roads
        that were not planned.
    detours
        begin_ms, end_ms, m, x, y (where it is farthest on), geometry.
    missed
        Lines of the planned roads that were not gone.
    """

    planned_m: float
    covered_m: float
    driven_m: float
    off_plan_m: float
    detours: gpd.GeoDataFrame
    missed: shapely.Geometry


def roads_gone(
    matched: MatchedTrack, track: pd.DataFrame, ways: gpd.GeoSeries, *, params: ActualParams
) -> RoadsGone:
    """
    Return a matched track held against the planned roads of its team.

    Parameters
    ----------
    track
        at_ms, x, y: what was matched.
    ways
        Planned lines in the same CRS.
    """
    planned = shapely.union_all(shapely.force_2d(ways.to_numpy()))
    pieces = matched.stretches
    gone = shapely.buffer(shapely.union_all(pieces.geometry.to_numpy()), _SAME_ROAD_M, cap_style="flat")
    missed = shapely.difference(planned, gone)
    asked = shapely.buffer(planned, _SAME_ROAD_M)
    shapely.prepare(asked)
    lengths = shapely.length(pieces.geometry.to_numpy())
    on = shapely.length(shapely.intersection(pieces.geometry.to_numpy(), asked))
    return RoadsGone(
        planned_m=float(shapely.length(planned)),
        covered_m=float(shapely.length(planned) - shapely.length(missed)),
        driven_m=matched.metres + _off_roads_m(matched, track, params),
        off_plan_m=float((lengths - on).sum()),
        detours=_detours(pieces, lengths, on, params),
        missed=missed,
    )


def _off_roads_m(matched: MatchedTrack, track: pd.DataFrame, params: ActualParams) -> float:
    """Return how far one went where no way on the roads is known, but for gaps in the record."""
    chain = matched.positions["chain"].to_numpy()
    some = track.loc[matched.positions.index]
    steps = np.hypot(*np.diff(some[["x", "y"]].to_numpy(dtype=float), axis=0).T)
    on_road = (chain[1:] == chain[:-1]) & (chain[1:] >= 0)
    silent = np.diff(some["at_ms"].to_numpy()) > params.gap_ms
    return float(steps[~on_road & ~silent].sum())


def _detours(pieces: gpd.GeoDataFrame, lengths: Floats, on: Floats, params: ActualParams) -> gpd.GeoDataFrame:
    """Return the runs of pieces off the planned roads that are long enough."""
    off = on < _ON * lengths
    chain = pieces["chain"].to_numpy()
    ends = np.flatnonzero((np.diff(off.astype(int)) != 0) | (np.diff(chain) != 0)) + 1
    rows, shapes = [], []
    for run in np.split(np.arange(len(off)), ends):
        if not len(run) or not off[run[0]] or lengths[run].sum() < params.detour_m:
            continue
        some = pieces.iloc[run]
        whole = shapely.multilinestrings(some.geometry.to_numpy())
        middle = some.geometry.iloc[len(some) // 2].interpolate(0.5, normalized=True)
        times = int(some["begin_ms"].iloc[0]), int(some["end_ms"].iloc[-1])
        rows.append((*times, float(lengths[run].sum()), middle.x, middle.y))
        shapes.append(whole)
    frame = pd.DataFrame(rows, columns=["begin_ms", "end_ms", "m", "x", "y"])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=pieces.crs)
