"""Which places are due on a day, how many times, and when in the day each visit is to be."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planning.patrol.calendar import DayKind
    from planning.patrol.duty import DutyLevel

    Windows = tuple[tuple[int, int], ...]

SCHOOL, INSPECTION, FESTIVAL = "school", "inspection", "festival"
_DAYS_A_WEEK, _SCHOOL_DAYS = 7, 5
# An inspection is made on one day of the week that ends with its due date.
_INSPECTION_WEEK = 7
_SHOWN = 5


def visits_due(
    stops: pd.DataFrame, *, level: DutyLevel, force: str, day: DayKind, seed: int
) -> tuple[pd.Series, tuple[Reason, ...]]:
    """
    Return how many visits each stop is due on a day, and what is told of the rest.

    What is visited less than daily is spread evenly over the days, alike kinds of a station by turns: the
    same date and seed give the same stops, and any seven days hold as many visits as are asked a week.

    Parameters
    ----------
    stops
        By stop_id: name, kind, station_id, windows, due (ISO text, "" for none).
    level
        How often.
    force
        Whose stops they are.
    day
        The day.
    seed
        Which of the ways to spread them.

    Returns
    -------
    tuple
        Visits by stop_id, and reasons: ``no_school_today``, ``inspections_overdue``.
    """
    per_week = stops["kind"].map(level.visits_a_week[force]).fillna(0.0).astype(float)
    phase = _phases(stops, per_week, seed)
    number = day.date.toordinal() - 1  # of days since a Monday
    visits = _steps(number, per_week / _DAYS_A_WEEK, phase)
    schools = stops["kind"] == SCHOOL
    visits[schools] = _school_visits(stops[schools], per_week[schools], phase[schools], day)
    if day.festive:
        visits = visits.mask(stops["kind"] == FESTIVAL, np.maximum(visits, 1))
    dated, overdue = _dated(stops, phase, day.date)
    visits = visits.mask(dated | overdue, np.maximum(visits, 1))
    return visits, (*_told_of_schools(stops[schools], day), *_told_of_overdue(stops[overdue]))


def as_visits(stops: pd.DataFrame, visits: pd.Series, *, span: tuple[int, int]) -> pd.DataFrame:
    """
    Return a row for each visit: stops with several are repeated, each with its own part of the day.

    Parameters
    ----------
    stops
        By stop_id, with windows.
    visits
        How many each is due; those with none are left out.
    span
        From when to when teams are out, in ms, for stops without windows.

    Returns
    -------
    DataFrame
        The columns of `stops`, with visit (from 1); of several the second is ``<stop_id>#2``, ``<name> (2)``.
    """
    rows, labels = [], []
    due = stops[visits > 0]
    for label, row, count in zip(due.index, due.to_dict("records"), visits[visits > 0], strict=True):
        parts = split_windows(row["windows"], int(count), span) if count > 1 else [row["windows"]]
        for number, windows in enumerate(parts, start=1):
            labels.append(str(label) if number == 1 else f"{label}#{number}")
            name = row["name"] if len(parts) == 1 else f"{row['name']} ({number})"
            rows.append({**row, "name": name, "windows": windows, "visit": number})
    columns = [*stops.columns, "visit"]
    frame = pd.DataFrame(rows, columns=columns, index=pd.Index(labels, name=stops.index.name, dtype=object))
    return frame.astype({"visit": "int64"})


def split_windows(windows: Windows, count: int, span: tuple[int, int]) -> list[Windows]:
    """
    Return `count` parts of the windows, in order: whole windows where there are enough, else pieces.

    Parameters
    ----------
    windows
        Sorted; () for the whole span.
    """
    open_ = windows or (span,)
    if count <= len(open_):
        at = np.array_split(np.arange(len(open_)), count)
        return [tuple(open_[i] for i in part.tolist()) for part in at]
    whole = sum(closes - opens for opens, closes in open_)
    edges = [round(whole * k / count) for k in range(count + 1)]
    return [_piece(open_, low, high) for low, high in zip(edges[:-1], edges[1:], strict=True)]


def begin_windows(windows: Windows, dwell_ms: int) -> Windows:
    """
    Return when a visit may begin for the whole of it to lie inside the windows that people state.

    A window that is shorter than the visit is begun in as it opens.
    """
    return tuple((opens, max(opens, closes - dwell_ms)) for opens, closes in windows)


def visit_windows(windows: Windows, dwell_ms: int) -> Windows:
    """Return the windows that whole visits lie in, from those that they begin in: for people to read."""
    return tuple((opens, closes + dwell_ms) for opens, closes in windows)


def _piece(windows: Windows, low: int, high: int) -> Windows:
    """Return what lies between two distances along the windows."""
    found, passed = [], 0
    for opens, closes in windows:
        first, last = max(low - passed, 0), min(high - passed, closes - opens)
        if first < last:
            found.append((opens + first, opens + last))
        passed += closes - opens
    return tuple(found)


def _phases(stops: pd.DataFrame, per_week: pd.Series, seed: int) -> pd.Series:
    """Return where in its interval each stop's turn comes, 0 to 1, spread evenly over alike stops."""
    order = pd.Series([_draw(seed, str(label)) for label in stops.index], index=stops.index, dtype=float)
    groups = [stops["kind"], stops["station_id"], per_week]
    rank = order.groupby(groups).rank(method="first")
    size = order.groupby(groups).transform("size")
    # Stations begin at different days, so that a district with one stop of a kind each is spread too.
    begin = stops["station_id"].map(lambda station: _draw(seed, str(station)))
    return ((rank - 0.5) / size + begin) % 1.0


def _draw(seed: int, label: str) -> float:
    digest = hashlib.sha256(f"{seed}\t{label}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def _steps(number: int, per_day: pd.Series, phase: pd.Series) -> pd.Series:
    """Return how many whole numbers are passed between two days by what grows evenly."""
    before, after = ((number + k) * per_day + phase for k in (0, 1))
    # A hair more than the number, so that sevenths add up to whole ones.
    steps: pd.Series = np.floor(after + 1e-9) - np.floor(before + 1e-9)
    return steps.astype("int64")


def _school_visits(schools: pd.DataFrame, per_week: pd.Series, phase: pd.Series, day: DayKind) -> pd.Series:
    """Return a visit for each window of schools that are due on this school day."""
    if not day.school:
        return pd.Series(0, index=schools.index, dtype="int64")
    weeks, weekday = divmod(day.date.toordinal() - 1, _DAYS_A_WEEK)
    # A Saturday that is worked for a holiday is as good as a Friday.
    number = weeks * _SCHOOL_DAYS + min(weekday, _SCHOOL_DAYS - 1)
    share = (per_week / _SCHOOL_DAYS).clip(upper=1.0)
    windows = schools["windows"].map(len).clip(lower=1).astype("int64")
    return _steps(number, share, phase) * windows


def _dated(stops: pd.DataFrame, phase: pd.Series, date: dt.date) -> tuple[pd.Series, pd.Series]:
    """Return which stops with a due date have their day, and which are past it."""
    due = pd.to_datetime(stops["due"].mask(stops["due"] == ""), errors="coerce").dt.date
    known = due.notna()
    days = [last if given else None for last, given in zip(due, known, strict=True)]
    turn = [day is not None and _its_day(day, at) == date for day, at in zip(days, phase, strict=True)]
    overdue = [day is not None and day < date for day in days]
    return pd.Series(turn, index=stops.index, dtype=bool), pd.Series(overdue, index=stops.index, dtype=bool)


def _its_day(due: dt.date, phase: float) -> dt.date:
    """Return the working day of the week up to a due date on which it is a stop's turn."""
    week = [due - dt.timedelta(days=back) for back in range(_INSPECTION_WEEK)]
    days = [day for day in week if day.weekday() < _SCHOOL_DAYS]
    return days[math.floor(phase * len(days))]


def _told_of_schools(schools: pd.DataFrame, day: DayKind) -> Sequence[Reason]:
    if day.school or schools.empty:
        return ()
    return (Reason("no_school_today", {"count": len(schools), "no_school": day.no_school}),)


def _told_of_overdue(overdue: pd.DataFrame) -> Sequence[Reason]:
    if overdue.empty:
        return ()
    names = overdue["name"].head(_SHOWN).tolist()
    return (Reason("inspections_overdue", {"count": len(overdue), "stops": names}),)
