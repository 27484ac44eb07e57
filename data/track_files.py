"""Tracks and check-ins out of files: GPX, tables of 北斗 or GPS devices, tables of check-ins; never names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.moments import moments_ms
from data.privacy import judge
from data.readers import opened, suffix_of
from geo.errors import FileError, Reason, SettingError
from geo.gcj02 import SYSTEMS, to_wgs84

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

DEVICE, TIME, LON, LAT, STOP = "device", "time", "lon", "lat", "stop"
WGS84 = "wgs84"
TRACK_SYSTEMS = (WGS84, *SYSTEMS)
# What columns are called, whole words first; a longer word before one that it begins with.
_CALLED: Mapping[str, tuple[str, ...]] = {
    DEVICE: (
        "team_id", "team", "巡防队", "队伍", "队号", "队", "终端号", "终端", "设备号", "设备编号", "设备",
        "device_id", "device", "terminal", "imei", "车载终端", "车辆编号", "编号",
    ),
    TIME: (
        "time", "定位时间", "签到时间", "打卡时间", "采集时间", "上报时间", "时间", "gpstime", "datetime",
        "timestamp", "日期时间",
    ),
    LON: ("lon", "lng", "longitude", "经度", "x"),
    LAT: ("lat", "latitude", "纬度", "y"),
    STOP: (
        "stop_id", "stop", "巡防点编码", "巡防点", "必巡点", "点位编码", "点位", "二维码", "qr", "code",
        "签到点", "地点",
    ),
}  # fmt: skip
_GPX = ".gpx"
_TRACK_COLUMNS = ["file", DEVICE, "at_ms", LON, LAT]
_CHECK_IN_COLUMNS = ["file", DEVICE, STOP, "at_ms"]


@dataclass(frozen=True, kw_only=True)
class TrackFile:
    """
    What a file tells.

    Parameters
    ----------
    rows
        Of a track: file, device ("" where the file tells of one alone), at_ms, lon, lat (WGS84). Of
        check-ins: file, device, stop (as it stands), at_ms. Times are ms since midnight of the day; in the
        file's order.
    check_ins
        Which of the two.
    notes
        What could not be read.
    """

    rows: pd.DataFrame
    check_ins: bool
    notes: tuple[Reason, ...]


def read_track_file(
    path: Path | str,
    *,
    date: dt.date,
    columns: Mapping[str, str] | None = None,
    system: str = WGS84,
    utc_offset_hours: float = 8.0,
    clock_shift_hours: float = 0.0,
    encoding: str | None = None,
) -> TrackFile:
    """
    Return the positions, or the check-ins, that a file holds.

    A table with a column of stops and none of longitudes holds check-ins. No other column is read than those
    of the device or team, the time, and the place.

    Parameters
    ----------
    date
        The day from whose midnight times are counted.
    columns
        device, time, lon, lat, stop → column of the file, where it is not guessed right.
    system
        One of `TRACK_SYSTEMS`.
    utc_offset_hours
        Clock of the place, for times that state another zone.
    clock_shift_hours
        Added to times that state none, for devices whose clock is another one's.

    Raises
    ------
    SettingError
        ``system_unknown``; ``track_column_unknown`` (file, column, known); ``track_columns_missing`` (file,
        lacking, known); ``device_personal`` (file, column): the column is about persons, and is not read.
    FileError
        As `data.readers.opened`, and ``gpx_broken``.
    """
    path = Path(path)
    if system not in TRACK_SYSTEMS:
        raise SettingError("system_unknown", found=system, known=TRACK_SYSTEMS)
    if path.suffix.lower() == _GPX:
        rows, notes = _gpx(path, date, utc_offset_hours)
    else:
        rows, notes = _table(path, date, columns or {}, utc_offset_hours, clock_shift_hours, encoding)
    if LON in rows and system != WGS84 and len(rows):
        rows[LON], rows[LAT] = to_wgs84(rows[LON], rows[LAT], system=system)
    return TrackFile(rows=rows, check_ins=LON not in rows, notes=tuple(notes))


def _gpx(path: Path, date: dt.date, offset: float) -> tuple[pd.DataFrame, list[Reason]]:
    import gpxpy
    from gpxpy.gpx import GPXException

    if not path.is_file():
        raise FileError("file_missing", file=str(path))
    try:
        document = gpxpy.parse(path.read_bytes())
    except (GPXException, ValueError, LookupError) as fault:
        raise FileError("gpx_broken", file=path.name, why=type(fault).__name__) from fault
    points = [
        (point.time.isoformat() if point.time else "", point.longitude, point.latitude)
        for track in document.tracks
        for segment in track.segments
        for point in segment.points
    ]
    frame = pd.DataFrame(points, columns=[TIME, LON, LAT])
    frame["at_ms"] = moments_ms(frame[TIME], date=date, utc_offset_hours=offset)
    return _whole(frame.assign(file=path.name, **{DEVICE: ""}), _TRACK_COLUMNS, path)


def _table(
    path: Path,
    date: dt.date,
    stated: Mapping[str, str],
    offset: float,
    shift: float,
    encoding: str | None,
) -> tuple[pd.DataFrame, list[Reason]]:
    if not suffix_of(path):
        raise FileError(
            "file_kind_unknown", file=str(path), found=path.suffix or path.name, known=".gpx .csv .xlsx"
        )
    with opened(path, encoding=encoding) as source:
        layer = source.layers[0]
        mapping = _mapping(path, layer.columns, stated)
        batches = [batch[[*mapping.values()]] for batch in source.batches(layer, [*mapping.values()])]
    read = pd.concat(batches) if batches else pd.DataFrame(columns=[*mapping.values()])
    frame = pd.DataFrame({field: read[column].astype(str) for field, column in mapping.items()})
    if DEVICE in frame:
        verdict = judge(mapping[DEVICE], frame[DEVICE], field="team_id")
        if verdict is not None and verdict.certain:
            raise SettingError("device_personal", file=path.name, column=mapping[DEVICE])
    frame[DEVICE] = frame[DEVICE].str.strip() if DEVICE in frame else ""
    naive = ~frame[TIME].str.contains(r"Z$|[+-]\d{2}:?\d{2}$", regex=True)
    frame["at_ms"] = moments_ms(frame[TIME], date=date, utc_offset_hours=offset)
    frame["at_ms"] += np.where(naive, shift * 3_600_000, 0.0)
    for name in (LON, LAT):
        if name in frame:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
    wanted = _TRACK_COLUMNS if LON in frame else _CHECK_IN_COLUMNS
    return _whole(frame.assign(file=path.name), wanted, path)


def _mapping(path: Path, known: Sequence[str], stated: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each field: the stated one, else one that is called so."""
    for field, column in stated.items():
        if field not in _CALLED or column not in known:
            raise SettingError(
                "track_column_unknown", file=path.name, found=f"{field}={column}", known=[*known]
            )
    plain = {name.strip().lower().replace(" ", ""): name for name in known}
    mapping: dict[str, str] = {}
    for field, words in _CALLED.items():
        found = stated.get(field) or next((plain[word] for word in words if word in plain), None)
        found = found or _containing(words, plain, {*mapping.values(), *stated.values()})
        if found is not None:
            mapping[field] = found
    needed = (TIME, LON, LAT) if LON in mapping or STOP not in mapping else (TIME, STOP)
    if lacking := [field for field in needed if field not in mapping]:
        raise SettingError("track_columns_missing", file=path.name, lacking=lacking, known=[*known])
    kept = (DEVICE, *needed)
    return {field: column for field, column in mapping.items() if field in kept}


def _containing(words: Sequence[str], plain: Mapping[str, str], taken: set[str]) -> str | None:
    long = [word for word in words if len(word) > 1]
    return next(
        (name for word in long for key, name in plain.items() if word in key and name not in taken), None
    )


def _whole(frame: pd.DataFrame, columns: list[str], path: Path) -> tuple[pd.DataFrame, list[Reason]]:
    """Return the rows that say all that is needed, and how many do not."""
    right = frame["at_ms"].notna()
    if LON in columns:
        lon, lat = frame[LON], frame[LAT]
        right &= lon.between(-180, 180) & lat.between(-90, 90) & ((lon != 0) | (lat != 0))
    else:
        right &= frame[STOP].str.strip() != ""
    notes = []
    if not len(frame):
        notes.append(Reason("track_empty", {"file": path.name}))
    elif lost := int((~right).sum()):
        notes.append(Reason("track_rows_unreadable", {"file": path.name, "count": lost, "rows": len(frame)}))
    kept = frame.loc[right, columns].reset_index(drop=True)
    kept["at_ms"] = kept["at_ms"].round().astype("int64")
    return kept, notes
