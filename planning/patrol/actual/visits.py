"""Which planned stops a track, or check-ins, tell of, when, for how long; and where else it stayed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planning.patrol.actual.tracks import HOUR_MS

if TYPE_CHECKING:
    import numpy.typing as npt

    from planning.patrol.actual.planned import ActualParams

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

# What is told of a planned stop. Nothing is said of a time of which there is no record.
VISITED, SHORT, PASSED, MISSED, NO_RECORD, BY_OTHER = STATUSES = (
    "visited",
    "short",
    "passed",
    "missed",
    "no_record",
    "by_other",
)
# A device that sends nothing while it does not move is still where it was.
_STILL_MS = HOUR_MS // 2
# As fast as this, straight, somebody may have gone to a stop and back while nothing was recorded.
_FASTEST_KMH = {"walk": 6.0, "ebike": 25.0, "car": 70.0}
_NUMBER = r"#\d+$"
VISIT_COLUMNS = ["status", "arrive_ms", "stay_ms", "late_ms"]


def visits_of(
    track: pd.DataFrame, gaps: pd.DataFrame, stops: pd.DataFrame, *, travel_mode: str, params: ActualParams
) -> pd.DataFrame:
    """
    Return what a team's track tells of its planned stops.

    Parameters
    ----------
    track, gaps
        See `planning.patrol.actual.tracks`.
    stops
        x, y, begin_ms, leave_ms of the planned visits.

    Returns
    -------
    DataFrame
        On the stops' index: status (`VISITED`; `SHORT`: stayed less than the share of the planned time;
        `PASSED`: only passed; `MISSED`; `NO_RECORD`: the visit may lie in a gap), arrive_ms (missing unless
        it was there), stay_ms, late_ms (after the planned beginning; negative before it).
    """
    rows = []
    used: set[tuple[float, float, int]] = set()
    for stop in stops.to_dict("records"):
        place, begin = (float(stop["x"]), float(stop["y"])), int(stop["begin_ms"])
        needed = params.dwell_share * (int(stop["leave_ms"]) - begin)
        stays, near = _stays(track, place, params)
        # One stay is one visit, though a stop may be planned to be visited twice.
        free = [one for one in stays if (*place, one[0]) not in used]
        arrive, stay = _meant(free, begin, needed) or (None, 0)
        if arrive is not None and stay >= needed:
            status = VISITED
            used.add((*place, arrive))
        elif _may_hide(gaps, place, needed, _FASTEST_KMH[travel_mode]):
            status = NO_RECORD
        elif arrive is not None and stay > 0:
            status = SHORT
        else:
            status = PASSED if near else MISSED
        late = np.nan if arrive is None else arrive - begin
        rows.append((status, np.nan if arrive is None else arrive, stay, late))
    return pd.DataFrame(rows, columns=VISIT_COLUMNS, index=stops.index)


def _stays(
    track: pd.DataFrame, place: tuple[float, float], params: ActualParams
) -> tuple[list[tuple[int, int]], bool]:
    """Return when each stay at a place began and how long it was, and whether it was passed at least."""
    xy, at = track[["x", "y"]].to_numpy(dtype=float), track["at_ms"].to_numpy(dtype=np.int64)
    off = xy - np.array(place)
    here = np.flatnonzero(np.hypot(*off.T) <= params.radius_m)
    if not len(here):
        return [], _passes(off, at, params)
    broken = np.flatnonzero((np.diff(here) > 1) | (np.diff(at[here]) > _STILL_MS))
    runs = np.split(here, broken + 1)
    return [(int(at[run[0]]), int(at[run[-1]] - at[run[0]])) for run in runs], True


def _meant(stays: list[tuple[int, int]], planned_ms: int, needed_ms: float) -> tuple[int, int] | None:
    """Return the stay that is the planned one: of those long enough the nearest in time, else the longest."""
    enough = [one for one in stays if one[1] >= needed_ms]
    if enough:
        return min(enough, key=lambda one: (abs(one[0] - planned_ms), one[0]))
    return max(stays, key=lambda one: (one[1], -one[0]), default=None)


def _passes(off: Floats, at: Ints, params: ActualParams) -> bool:
    """Return whether one of the straight ways between positions, not too far apart in time, comes near."""
    if len(off) < 2:
        return False
    one, step = off[:-1], np.diff(off, axis=0)
    share = np.clip(-(one * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-9), 0, 1)
    near = np.hypot(*(one + share[:, None] * step).T) <= params.radius_m
    return bool((near & (np.diff(at) <= params.gap_ms)).any())


def _may_hide(gaps: pd.DataFrame, place: tuple[float, float], needed_ms: float, kmh: float) -> bool:
    """Return whether a visit may have been made while nothing was recorded."""
    if gaps.empty:
        return False
    ways = [
        np.nan_to_num(np.hypot(*(gaps[[f"{end}_x", f"{end}_y"]].to_numpy(dtype=float) - place).T))
        for end in ("from", "to")
    ]
    takes = (ways[0] + ways[1]) / (kmh * 1000) * HOUR_MS + max(needed_ms, 1.0)
    return bool((gaps["end_ms"] - gaps["begin_ms"] >= takes).any())


def checked_in(check_ins: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """
    Return what check-ins tell of planned stops, as `visits_of` does; how long anybody stayed is not known.

    Parameters
    ----------
    check_ins
        A team's: stop_id, at_ms.
    stops
        stop_id, begin_ms of the planned visits.
    """
    rows: list[tuple[Any, ...]] = []
    # The second visit of a day is called <stop_id>#2, and the code at the place knows no number.
    base = check_ins["stop_id"].astype(str).str.replace(_NUMBER, "", regex=True)
    left = {stop: times.tolist() for stop, times in check_ins["at_ms"].groupby(base)}
    for stop in stops.to_dict("records"):
        times, begin = left.get(re.sub(_NUMBER, "", str(stop["stop_id"])), []), int(stop["begin_ms"])
        if not times:
            rows.append((MISSED, np.nan, 0, np.nan))
            continue
        at = times[int(np.abs(np.array(times) - begin).argmin())]
        times.remove(at)
        rows.append((VISITED, at, 0, at - begin))
    return pd.DataFrame(rows, columns=VISIT_COLUMNS, index=stops.index)


def further_stops(track: pd.DataFrame, known: Floats, *, params: ActualParams) -> pd.DataFrame:
    """
    Return where a track stayed for long, other than at planned stops and its own place.

    Parameters
    ----------
    known
        (place, 2): where it was to stay.

    Returns
    -------
    DataFrame
        begin_ms, stay_ms, x, y.
    """
    xy, at = track[["x", "y"]].to_numpy(dtype=float), track["at_ms"].to_numpy(dtype=np.int64)
    rows: list[tuple[int, int, float, float]] = []
    first = 0
    while first < len(xy):
        last = first
        while (
            last + 1 < len(xy)
            and np.hypot(*(xy[last + 1] - xy[first])) <= params.radius_m
            and at[last + 1] - at[last] <= _STILL_MS
        ):
            last += 1
        stay = int(at[last] - at[first])
        x, y = xy[first : last + 1].mean(axis=0)
        elsewhere = not len(known) or np.hypot(*(known - [x, y]).T).min() > params.radius_m
        if stay >= params.extra_ms and elsewhere:
            rows.append((int(at[first]), stay, float(x), float(y)))
        first = last + 1 if stay >= params.extra_ms else first + 1
    return pd.DataFrame(rows, columns=["begin_ms", "stay_ms", "x", "y"])
