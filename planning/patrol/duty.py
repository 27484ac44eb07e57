"""Duty levels (勤务等级): how often places are visited, who goes out, how long shifts and visits last."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from data.clock import clock_ms
from data.schemas import FORCES, SQUAD, STOP_KINDS, VILLAGE
from geo.errors import Reason, SettingError
from planning.patrol.calendar import SCHOOL_BREAKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# 平时, 三级, 二级, 一级: the calmest first.
ROUTINE, THIRD, SECOND, FIRST = LEVELS = ("routine", "third", "second", "first")
# More than once an hour is no visit any more but a post.
_MOST_A_WEEK = 168.0
_MOST_MINUTES = 1_440.0


@dataclass(frozen=True, kw_only=True)
class DutyLevel:
    """
    What a level of duty asks.

    Parameters
    ----------
    visits_a_week
        By force and kind of stop. Schools are visited on school days only, festivals on holidays,
        inspections when they are due.
    team_share
        By force, the share of each station's teams that is on duty.
    shift_longer_min
        By how much every shift goes on longer.
    dwell_factor
        What the usual dwell is multiplied by.
    """

    visits_a_week: Mapping[str, Mapping[str, float]]
    team_share: Mapping[str, float]
    shift_longer_min: int = 0
    dwell_factor: float = 1.0


def _visits(**by_kind: tuple[float, float, float, float]) -> list[dict[str, float]]:
    """Return what is given by kind of stop, by level."""
    return [{kind: levels[at] for kind, levels in by_kind.items()} for at in range(len(LEVELS))]


# 平时每周一次、战时高频多次; hot spots at least daily, at the highest level once in a shift and more.
_BY_FORCE = {
    VILLAGE: _visits(
        village=(1, 3, 7, 14),
        school=(5, 5, 5, 5),
        key_unit=(1, 2, 7, 7),
        venue=(1, 3, 7, 14),
        hospital=(1, 2, 7, 7),
        enterprise=(1, 2, 3, 7),
        hot_spot=(3, 7, 14, 21),
        checkpoint=(3, 7, 7, 14),
        inspection=(0, 0, 0, 0),
        festival=(0, 0, 0, 0),
    ),
    SQUAD: _visits(
        village=(1, 2, 7, 7),
        school=(5, 5, 5, 5),
        key_unit=(2, 3, 7, 14),
        venue=(2, 3, 7, 14),
        hospital=(3, 7, 7, 14),
        enterprise=(0.5, 1, 2, 7),
        hot_spot=(7, 7, 14, 21),
        checkpoint=(7, 7, 14, 21),
        inspection=(0, 0, 0, 0),
        festival=(0, 0, 0, 0),
    ),
}
# Part-time teams go out whenever their village is due; squads rest in turn while all is calm.
_SQUADS_OUT = (0.7, 0.8, 1.0, 1.0)
_LONGER_MIN = (0, 0, 60, 120)
_DWELL_FACTOR = (1.0, 1.0, 1.0, 0.8)


def _default_levels() -> dict[str, DutyLevel]:
    return {
        level: DutyLevel(
            visits_a_week={force: by_level[at] for force, by_level in _BY_FORCE.items()},
            team_share={VILLAGE: 1.0, SQUAD: _SQUADS_OUT[at]},
            shift_longer_min=_LONGER_MIN[at],
            dwell_factor=_DWELL_FACTOR[at],
        )
        for at, level in enumerate(LEVELS)
    }


# 15 minutes keep a place quiet for longest (Koper 1995); a school's gate needs the half hour of its rush.
_DWELL_MIN = {
    "village": 15.0,
    "school": 30.0,
    "key_unit": 10.0,
    "venue": 15.0,
    "hospital": 15.0,
    "enterprise": 10.0,
    "hot_spot": 15.0,
    "checkpoint": 10.0,
    "inspection": 30.0,
    "festival": 30.0,
}


@dataclass(frozen=True, kw_only=True)
class DutySettings:
    """
    The bureau's own duty levels; a setting that people may edit.

    Parameters
    ----------
    levels
        By code, see `LEVELS`; a bureau may have more.
    dwell_min
        By kind of stop, minutes of a visit where the stop does not say.
    shifts
        By force, the shift of teams that do not say; times as ``19:00``.
    travel_modes
        By force, how teams go that do not say.
    school_breaks
        See `planning.patrol.calendar.day_kind`.

    Raises
    ------
    SettingError
        ``duty_wrong`` with a `Reason` for every fault: ``duty_number_wrong``, ``duty_clock_wrong``.
    """

    levels: Mapping[str, DutyLevel] = field(default_factory=_default_levels)
    dwell_min: Mapping[str, float] = field(default_factory=lambda: dict(_DWELL_MIN))
    shifts: Mapping[str, tuple[str, str]] = field(
        default_factory=lambda: {VILLAGE: ("19:00", "21:30"), SQUAD: ("08:00", "20:00")}
    )
    travel_modes: Mapping[str, str] = field(default_factory=lambda: {VILLAGE: "ebike", SQUAD: "car"})
    school_breaks: tuple[tuple[str, str], ...] = SCHOOL_BREAKS

    def __post_init__(self) -> None:
        """Check every number and time."""
        faults = (*_number_faults(self), *_clock_faults(self))
        if faults:
            raise SettingError("duty_wrong", count=len(faults), reasons=faults)

    def level(self, code: str) -> DutyLevel:
        """Return the level of that code; raises ``duty_unknown`` with those there are."""
        if code not in self.levels:
            raise SettingError("duty_unknown", found=code, known=list(self.levels))
        return self.levels[code]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON keeps."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> DutySettings:
        """
        Return the settings that `to_dict` made values of; what is absent has its default.

        Raises
        ------
        SettingError
            As `DutySettings`; ``setting_wrong`` where the values have another form.
        """
        try:
            levels = _default_levels()
            for code, given in kept.get("levels", {}).items():
                levels[code] = _level(levels.get(code, levels[ROUTINE]), given)
            usual = cls()
            return cls(
                levels=levels,
                dwell_min={**usual.dwell_min, **kept.get("dwell_min", {})},
                shifts={**usual.shifts, **{f: (a, b) for f, (a, b) in kept.get("shifts", {}).items()}},
                travel_modes={**usual.travel_modes, **kept.get("travel_modes", {})},
                school_breaks=tuple((a, b) for a, b in kept.get("school_breaks", usual.school_breaks)),
            )
        except (AttributeError, TypeError, KeyError, ValueError) as fault:
            if isinstance(fault, SettingError):
                raise
            raise SettingError(
                "setting_wrong", name="duty", found=str(kept)[:80], allowed="{levels: {code: …}}"
            ) from None


def _level(usual: DutyLevel, given: Mapping[str, Any]) -> DutyLevel:
    stated = given.get("visits_a_week", {})
    return DutyLevel(
        visits_a_week={force: {**usual.visits_a_week[force], **stated.get(force, {})} for force in FORCES},
        team_share={**usual.team_share, **given.get("team_share", {})},
        shift_longer_min=given.get("shift_longer_min", usual.shift_longer_min),
        dwell_factor=given.get("dwell_factor", usual.dwell_factor),
    )


def _numbers(settings: DutySettings) -> Iterator[tuple[str, str, object, float, float]]:
    """Yield level, what it is, and least and most of every number."""
    for code, level in settings.levels.items():
        for force in FORCES:
            for kind in STOP_KINDS:
                yield code, kind, level.visits_a_week.get(force, {}).get(kind), 0.0, _MOST_A_WEEK
            yield code, "team_share", level.team_share.get(force), 0.0, 1.0
        yield code, "shift_longer_min", level.shift_longer_min, -_MOST_MINUTES, _MOST_MINUTES
        yield code, "dwell_factor", level.dwell_factor, 0.1, 10.0
    for kind in STOP_KINDS:
        yield "", kind, settings.dwell_min.get(kind), 0.0, _MOST_MINUTES


def _number_faults(settings: DutySettings) -> Iterator[Reason]:
    for duty, name, found, least, most in _numbers(settings):
        number = isinstance(found, (int, float)) and not isinstance(found, bool) and math.isfinite(found)
        if not number or not least <= found <= most:  # type: ignore[operator]
            facts = {"duty": duty, "name": name, "found": found, "least": least, "most": most}
            yield Reason("duty_number_wrong", facts)


def _clock_faults(settings: DutySettings) -> Iterator[Reason]:
    for force, ends in settings.shifts.items():
        for text in ends:
            if clock_ms(str(text)) is None:
                yield Reason("duty_clock_wrong", {"force": force, "found": text})
