"""What a planner may ask of a redraw."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class RedrawParams:
    """
    What a planner may ask of a redraw.

    Parameters
    ----------
    tolerance
        Deviation of a zone's workload from its target that is still fair, as a share of the target; in
        [0, 1]. Where it cannot be met, the smallest that can be is.
    split_villages
        Whether any village may be split among zones; by default they stay whole.
    split_above
        A community whose workload is more than this many times a mean zone's may be split anyway; > 0.
    split
        Villages that may be split as well, by id.
    across_stations
        Whether zones may cross stations and towns; the target is then the district's mean.
    zones
        How many zones there are to be in all; None for as many as today.
    station_zones
        How many zones some stations are to have, by station_id; the others as otherwise.
    recount
        Whether the zones are shared out anew among stations by workload (Webster); otherwise each station
        keeps as many as it has.
    locked
        Ids of grids, villages and zones that stay as they are today.
    stations
        Only these are redrawn, all others stay as they are today; () for the whole district.
    """

    tolerance: float = 0.10
    split_villages: bool = False
    split_above: float = 1.0
    split: tuple[str, ...] = ()
    across_stations: bool = False
    zones: int | None = None
    station_zones: tuple[tuple[str, int], ...] = ()
    recount: bool = False
    locked: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 <= self.tolerance <= 1:
            raise SettingError("setting_wrong", name="tolerance", found=self.tolerance, allowed="[0, 1]")
        if not self.split_above > 0:
            raise SettingError("setting_wrong", name="split_above", found=self.split_above, allowed="> 0")
        if few := [f"{station}={n}" for station, n in self.station_zones if n < 1]:
            raise SettingError("setting_wrong", name="station_zones", found=", ".join(few), allowed=">= 1")
        if self.zones is not None and self.zones < 1:
            raise SettingError("setting_wrong", name="zones", found=self.zones, allowed=">= 1")

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> RedrawParams:
        """Return the settings that `to_dict` made values of."""
        lists = {name: tuple(kept.get(name, ())) for name in ("split", "locked", "stations")}
        values = {**kept, **lists}
        return cls(**{**values, "station_zones": tuple(kept["station_zones"].items())})

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values, to be kept with a plan."""
        return {
            **asdict(self),
            "station_zones": dict(self.station_zones),
            "split": list(self.split),
            "locked": list(self.locked),
            "stations": list(self.stations),
        }
