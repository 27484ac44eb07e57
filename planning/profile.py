"""Profiles of work: which factors count as work in a district, and how much."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from data.schemas import KEY_UNITS, RENTED, VENUES
from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Factors that are worked out rather than read from a column.
PRESENT, CALLS, ROAD_KM, AREA_KM2 = "present", "calls", "road_km", "area_km2"
DERIVED = (PRESENT, CALLS, ROAD_KM, AREA_KM2)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """
    What counts as work, and how much: saved with the plan that was made from it.

    Parameters
    ----------
    weights
        Weight of each factor, from 0, not all 0; only their proportions count. Factors are numeric columns
        of the grids and those of `DERIVED`.
    diverted
        Share (0 to 1) of non-police calls (非警务警情) that are handed to other services and so are no work
        of the police. 1: all of them leave; where they are 54.6 % of the calls received, that is a
        diverted share (分流率) of 54.6 %. Calls of no stated kind count in full, as do invalid ones: somebody
        answered them. What patrols find never counts: else patrolled zones would seem to need patrols.
    first_day, last_day
        First and last day of the calls that count (ISO); None for all there are.
    """

    weights: Mapping[str, float]
    diverted: float = 1.0
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.weights, Mapping):
            raise SettingError(
                "setting_wrong", name="weights", found=self.weights, allowed="{factor: weight}"
            )
        weights = {str(name): _number(name, weight) for name, weight in self.weights.items()}
        if not any(weights.values()):
            raise SettingError("setting_wrong", name="weights", found=_listed(weights), allowed="> 0")
        if not 0 <= _number("diverted", self.diverted) <= 1:
            raise SettingError("setting_wrong", name="diverted", found=self.diverted, allowed="[0, 1]")
        first, last = (_day(name, getattr(self, name)) for name in ("first_day", "last_day"))
        if first is not None and last is not None and last < first:
            raise SettingError("setting_wrong", name="last_day", found=self.last_day, allowed=f">= {first}")
        object.__setattr__(self, "weights", weights)

    def __hash__(self) -> int:
        return hash((frozenset(self.weights.items()), self.diverted, self.first_day, self.last_day))

    def to_dict(self) -> dict[str, Any]:
        """Return the profile as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Profile:
        """
        Return the profile that `to_dict` gave.

        Raises
        ------
        SettingError
            ``setting_wrong``, also for a field that a profile does not have.
        """
        fields = tuple(cls.__dataclass_fields__)
        if unknown := [name for name in saved if name not in fields]:
            raise SettingError(
                "setting_wrong", name="profile", found=_listed(unknown), allowed=_listed(fields)
            )
        return cls(**{"weights": None, **saved})

    @classmethod
    def from_texts(cls, texts: Iterable[str], **options: Any) -> Profile:
        """
        Return the profile that a terminal states as ``FACTOR=W``, with just those factors.

        Raises
        ------
        SettingError
            ``weights_unreadable`` for a text of another form, a factor stated twice, or a weight that is no
            number.
        """
        weights: dict[str, float] = {}
        for text in texts:
            name, _, weight = (part.strip() for part in text.partition("="))
            try:
                value = float(weight)
            except ValueError:
                raise SettingError("weights_unreadable", found=text) from None
            if not name or name in weights:
                raise SettingError("weights_unreadable", found=text)
            weights[name] = value
        return cls(weights=weights, **options)


def _number(name: object, value: object) -> float:
    wanted = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not wanted or not math.isfinite(float(value)) or float(value) < 0:  # type: ignore[arg-type]
        raise SettingError("setting_wrong", name=name, found=value, allowed=">= 0")
    return float(value)  # type: ignore[arg-type]


def _day(name: str, value: str | None) -> dt.date | None:
    if value is None:
        return None
    try:
        day = dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    # Python also reads 20260131, which no longer sorts among the days of the table.
    if day is None or day.isoformat() != value:
        raise SettingError("setting_wrong", name=name, found=value, allowed="2026-01-31")
    return day


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(str, names))


# People and their calls are half the work; what needs visits comes next, ground to cover last.
DEFAULT_PROFILE = Profile(
    weights={
        PRESENT: 0.25,
        CALLS: 0.25,
        RENTED: 0.15,
        VENUES: 0.15,
        KEY_UNITS: 0.1,
        ROAD_KM: 0.05,
        AREA_KM2: 0.05,
    }
)
