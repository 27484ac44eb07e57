"""Tracks made fit to be compared, with all that is wrong with them; and the gaps in their record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo.crs import LONLAT
from geo.errors import Reason
from geo.gcj02 import SYSTEMS, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    from pyproj import CRS

    from geo.road_network import RoadNetwork
    from planning.patrol.actual.planned import ActualParams, PlannedPatrol

    Floats = npt.NDArray[np.float64]

HOUR_MS = 3_600_000
# What was recorded so long before or after a round is of another day, or of a clock that is wrong.
_AROUND_MS = 6 * HOUR_MS
# Nobody goes faster than this; positions that are off by less are nothing to speak of.
_FASTEST_KMH, _OFF_M = 160.0, 100.0
# Positions farther than this from all that was planned are of another place.
_FAR_M = 20_000.0
# Shifted coordinates lie along no road: told where another system is that much nearer, and near enough.
_NEARER, _NEAR_M, _ASKED = 0.4, 15.0, 2_000
# Clocks that differ by whole zones.
_CLOCKS = (8, -8)
GAP_COLUMNS = ["begin_ms", "end_ms", "from_x", "from_y", "to_x", "to_y"]


def fit_track(rows: pd.DataFrame, plan: PlannedPatrol, team: str) -> tuple[pd.DataFrame, tuple[Reason, ...]]:
    """
    Return a team's positions in the order of time, without those that cannot be right, and what was found.

    Parameters
    ----------
    rows
        at_ms, x, y in the plan's CRS, as the file has them.

    Returns
    -------
    tuple
        at_ms, x, y, ascending and each time once; and ``track_out_of_order``, ``track_repeated``,
        ``track_hours_off``, ``track_wrong_day``, ``track_far``, ``track_jumps``, with their counts.
    """
    told: list[Reason] = []
    facts = {"team": team}
    found = rows[["at_ms", "x", "y"]]
    if backwards := int((found["at_ms"].diff() < 0).sum()):
        told.append(Reason("track_out_of_order", {**facts, "count": backwards}))
    found = found.sort_values("at_ms", kind="stable")
    again = found["at_ms"].duplicated()
    if again.any():
        told.append(Reason("track_repeated", {**facts, "count": int(again.sum())}))
    found = _of_the_day(found[~again], plan, team, told)
    found = _near(found, plan, facts, told)
    jumps = _jumps(found)
    if jumps.any():
        told.append(Reason("track_jumps", {**facts, "count": int(jumps.sum())}))
    return found[~jumps].reset_index(drop=True), tuple(told)


def _of_the_day(found: pd.DataFrame, plan: PlannedPatrol, team: str, told: list[Reason]) -> pd.DataFrame:
    row: dict[Any, Any] = plan.teams.loc[team].to_dict()
    start, end = int(row["start_ms"]), int(row["end_ms"])

    def share(hours: int) -> float:
        at = found["at_ms"] + hours * HOUR_MS
        return float(at.between(start - HOUR_MS, end + HOUR_MS).mean())

    if len(found) and share(0) < 0.1:
        hours = max(_CLOCKS, key=share)
        if share(hours) > 0.6:
            told.append(Reason("track_hours_off", {"team": team, "hours": hours}))
    inside = found["at_ms"].between(start - _AROUND_MS, end + _AROUND_MS)
    if not inside.all():
        days = np.unique(found.loc[~inside, "at_ms"] // (24 * HOUR_MS)).tolist()
        dates = [str(plan.date + pd.Timedelta(days=day).to_pytimedelta()) for day in days]
        told.append(Reason("track_wrong_day", {"team": team, "count": int((~inside).sum()), "dates": dates}))
    return found[inside]


def _near(
    found: pd.DataFrame, plan: PlannedPatrol, facts: Mapping[str, object], told: list[Reason]
) -> pd.DataFrame:
    """Return the positions that lie somewhere near what was planned."""
    known = pd.concat([plan.stops[["x", "y"]], plan.teams[["x", "y"]]]).dropna()
    if known.empty or found.empty:
        return found
    box = shapely.box(known["x"].min(), known["y"].min(), known["x"].max(), known["y"].max())
    far = shapely.distance(shapely.points(found[["x", "y"]].to_numpy(dtype=float)), box) > _FAR_M
    if far.any():
        told.append(Reason("track_far", {**facts, "count": int(far.sum()), "rows": len(found)}))
    return found[~far]


def _jumps(found: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which positions nobody can have been at, coming from the one before and going to the next."""
    jumps = np.zeros(len(found), dtype=bool)
    if len(found) < 3:
        return jumps
    xy, at = found[["x", "y"]].to_numpy(dtype=float), found["at_ms"].to_numpy(dtype=float)
    metres = np.hypot(*np.diff(xy, axis=0).T)
    most = np.diff(at) / HOUR_MS * _FASTEST_KMH * 1000 + _OFF_M
    around = np.hypot(*(xy[2:] - xy[:-2]).T)
    fast = metres > most
    jumps[1:-1] = fast[:-1] & fast[1:] & (around < np.minimum(metres[:-1], metres[1:]))
    return jumps


def track_gaps(track: pd.DataFrame, begin_ms: int, end_ms: int, *, params: ActualParams) -> pd.DataFrame:
    """
    Return when nothing was recorded between two moments, for longer than the parameters allow.

    Returns
    -------
    DataFrame
        `GAP_COLUMNS`; places are missing before the first and after the last position.
    """
    at, xy = track["at_ms"].to_numpy(dtype=np.int64), track[["x", "y"]].to_numpy(dtype=float)
    nowhere = np.full((1, 2), np.nan)
    times = np.concatenate([[min(begin_ms, at[0]) if len(at) else begin_ms], at])
    times = np.concatenate([times, [max(end_ms, times[-1])]])
    places = np.vstack([nowhere, xy, nowhere])
    gaps = np.flatnonzero(np.diff(times) > params.gap_ms)
    columns = [times[gaps], times[gaps + 1], *places[gaps].T, *places[gaps + 1].T]
    return pd.DataFrame(dict(zip(GAP_COLUMNS, columns, strict=True)))


def shifted_system(lon: Floats, lat: Floats, network: RoadNetwork) -> Reason | None:
    """
    Return that positions fit the roads far better as coordinates of a map service; None where they do not.

    ``track_shifted`` (system, off_m: how far off they lie as they are).

    Parameters
    ----------
    lon, lat
        As they were read, taken for WGS84.
    """
    usable = network.layout.shapes[network.kmh > 0]
    if not len(lon) or not len(usable):
        return None
    tree = shapely.STRtree(usable)
    some = np.unique(np.linspace(0, len(lon) - 1, _ASKED).astype(int))
    x, y = lon[some], lat[some]
    crs = network.layout.crs
    as_is = _off_roads(tree, x, y, crs)
    off = {system: _off_roads(tree, *to_wgs84(x, y, system=system), crs) for system in SYSTEMS}
    best = min(off, key=lambda system: off[system])
    if off[best] > min(_NEARER * as_is, _NEAR_M):
        return None
    moved = to_wgs84(x, y, system=best)
    metres = np.hypot((moved[0] - x) * 111_320 * np.cos(np.radians(y)), (moved[1] - y) * 110_574)
    return Reason("track_shifted", {"system": best, "off_m": float(np.median(metres))})


def _off_roads(tree: shapely.STRtree, lon: Floats, lat: Floats, crs: CRS) -> float:
    from pyproj import Transformer

    x, y = Transformer.from_crs(LONLAT, crs, always_xy=True).transform(lon, lat)
    _, metres = tree.query_nearest(shapely.points(x, y), return_distance=True, all_matches=False)
    return float(np.median(metres))
