"""What may be asked of a day of patrols, and how long it may be searched."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from geo.errors import SettingError

HOURS, TEAMS, LONGEST, TRAVEL = "hours", "teams", "longest", "travel"
OBJECTIVES = (HOURS, TEAMS, LONGEST, TRAVEL)


@dataclass(frozen=True, kw_only=True)
class DayParams:
    """
    What is asked of a day of patrols.

    Whatever the objective, stops come first: nothing is left out to spare time or teams.

    Parameters
    ----------
    objective
        ``hours``: fewest hours of duty, from leaving to being back, waiting included. ``teams``: fewest
        teams, then hours. ``longest``: shortest longest shift, then hours. ``travel``: least time on the
        road.
    cap_ms
        No team is out for longer than this, so that nobody is much longer out than others; None for as long
        as its shift.
    """

    objective: str = HOURS
    cap_ms: int | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.objective not in OBJECTIVES:
            allowed = ", ".join(OBJECTIVES)
            raise SettingError("setting_wrong", name="objective", found=self.objective, allowed=allowed)
        if self.cap_ms is not None and self.cap_ms <= 0:
            raise SettingError("setting_wrong", name="cap_ms", found=self.cap_ms, allowed="> 0")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values, to be kept with a plan."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    How long to search.

    Parameters
    ----------
    seconds
        The search ends after this time.
    effort
        Just so many iterations in all, whatever the time: with the seed they make a plan repeatable.
    workers
        Searches that run at once; None for as many as there are cores. Has no bearing on the plan where
        `effort` is given.
    """

    seconds: float = 30.0
    effort: int | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, least in (("seconds", 0), ("effort", 1), ("workers", 1)):
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise SettingError("setting_wrong", name=name, found=value, allowed=f">= {least}")
