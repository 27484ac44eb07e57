"""What a patrol plan promised, in the form in which tracks and check-ins are held against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.errors import SettingError

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    import pandas as pd

MINUTE_MS = 60_000


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannedPatrol:
    """
    A day of patrols, or a patrol of streets, as it was planned; all in one metric CRS.

    Parameters
    ----------
    date
        The day from whose midnight times are counted.
    teams
        Those that were to go out, by team_id: name, travel_mode, start_ms, end_ms, planned_m, x, y (where
        they leave from).
    stops
        A row a visit: team_id, number, stop_id, name, village_id ("" where none), priority, x, y, begin_ms,
        leave_ms.
    ways
        The roads that were to be gone, lines: team_id, geometry.
    """

    date: dt.date
    teams: pd.DataFrame
    stops: pd.DataFrame
    ways: gpd.GeoDataFrame


@dataclass(frozen=True, kw_only=True)
class ActualParams:
    """
    When a stop counts as visited, and what is worth telling.

    Parameters
    ----------
    radius_m
        Who is nearer to a stop than this is at it.
    dwell_share
        A visit lasts at least this share of the planned one.
    late_ms
        Who begins later than planned by more is late.
    gap_ms
        A longer time without a position is a gap in the record.
    extra_ms
        A longer stay elsewhere is a further stop.
    detour_m
        A longer way off the planned roads is a detour.
    """

    radius_m: float = 60.0
    dwell_share: float = 0.5
    late_ms: int = 10 * MINUTE_MS
    gap_ms: int = 5 * MINUTE_MS
    extra_ms: int = 5 * MINUTE_MS
    detour_m: float = 300.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("radius_m", "gap_ms", "extra_ms", "detour_m"):
            if not getattr(self, name) > 0:
                raise SettingError("setting_wrong", name=name, found=getattr(self, name), allowed="> 0")
        if not 0 <= self.dwell_share <= 1:
            raise SettingError("setting_wrong", name="dwell_share", found=self.dwell_share, allowed="0–1")
        if self.late_ms < 0:
            raise SettingError("setting_wrong", name="late_ms", found=self.late_ms, allowed=">= 0")
