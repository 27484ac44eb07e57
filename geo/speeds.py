"""How fast people go: km/h by class of road, travel mode, and day or night."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geo.errors import Reason, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    # class of road → km/h; None where the mode may not go.
    ByClass = Mapping[str, float | None]

ROAD_CLASSES = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "residential",
    "service",
    "track",
    "path",
)
TRAVEL_MODES = ("walk", "ebike", "car")
DAY, NIGHT = "day", "night"
WHENS = (DAY, NIGHT)
# What a road of no stated class is taken for.
CLASS_UNSTATED = "residential"
# One-way streets bind vehicles; people on foot go both ways.
BOUND_BY_ONEWAY = frozenset({"ebike", "car"})
# Where nobody stops, gets in or out, though cars pass.
NO_STOPPING = frozenset({"motorway"})
SLOWEST_KMH, FASTEST_KMH = 1.0, 160.0


def _by_class(*kmh: float | None) -> dict[str, float | None]:
    return dict(zip(ROAD_CLASSES, kmh, strict=True))


# What patrols keep up, not what signs allow: junctions, traffic and looking about are in it. E-bikes keep
# below the 25 km/h of GB 17761. At night main roads are emptier, lanes and tracks darker.
_DEFAULTS: Mapping[str, Mapping[str, ByClass]] = {
    "walk": {
        DAY: _by_class(None, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5, 4.2, 4.0),
        NIGHT: _by_class(None, 4.2, 4.2, 4.2, 4.2, 4.2, 4.2, 3.5, 3.0),
    },
    "ebike": {
        DAY: _by_class(None, 20, 20, 20, 20, 18, 15, 12, 8),
        NIGHT: _by_class(None, 18, 18, 18, 18, 16, 14, 10, 6),
    },
    "car": {
        DAY: _by_class(90, 60, 45, 40, 35, 25, 15, 15, None),
        NIGHT: _by_class(95, 65, 52, 46, 40, 25, 15, 12, None),
    },
}


@dataclass(frozen=True, kw_only=True)
class Speeds:
    """
    Speeds that travel times are computed with; a setting that people may edit.

    Parameters
    ----------
    kmh
        Travel mode → ``day`` or ``night`` → class of road → km/h, None where the mode may not go.
    access_kmh
        Walking between a place and its road, whatever the travel mode.

    Raises
    ------
    SettingError
        ``speeds_wrong`` with a `Reason` for every fault: ``speed_wrong``, ``speed_missing``,
        ``access_speed_wrong``.
    """

    kmh: Mapping[str, Mapping[str, ByClass]] = field(default_factory=lambda: _DEFAULTS)
    access_kmh: float = 4.0

    def __post_init__(self) -> None:
        """Check that every speed is there and within what is possible, and copy them."""
        reasons = [
            reason for mode in TRAVEL_MODES for when in WHENS for reason in _faults(self.kmh, mode, when)
        ]
        if not _possible(self.access_kmh):
            reasons.append(Reason("access_speed_wrong", _found(self.access_kmh)))
        if reasons:
            raise SettingError("speeds_wrong", count=len(reasons), reasons=tuple(reasons))
        kept = {
            mode: {when: {name: self.kmh[mode][when][name] for name in ROAD_CLASSES} for when in WHENS}
            for mode in TRAVEL_MODES
        }
        object.__setattr__(self, "kmh", kept)

    def of(self, travel_mode: str, when: str = DAY) -> dict[str, float | None]:
        """
        Return the speed on each class of road, None where the mode may not go.

        Raises
        ------
        SettingError
            ``setting_wrong`` for a travel mode or a time that there is not.
        """
        require_travel(travel_mode, when)
        return dict(self.kmh[travel_mode][when])

    def replaced(self, travel_mode: str, when: str, changes: ByClass) -> Speeds:
        """
        Return these speeds with those of some classes changed, for one travel mode by day or by night.

        Raises
        ------
        SettingError
            As `of` and `Speeds`; ``setting_wrong`` for a class that there is not.
        """
        require_travel(travel_mode, when)
        for name in changes:
            _require("road_class", name, ROAD_CLASSES)
        by_when = {**self.kmh[travel_mode], when: {**self.kmh[travel_mode][when], **changes}}
        return replace(self, kmh={**self.kmh, travel_mode: by_when})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON keeps."""
        kmh = {
            mode: {when: dict(speeds) for when, speeds in whens.items()} for mode, whens in self.kmh.items()
        }
        return {"kmh": kmh, "access_kmh": self.access_kmh}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Speeds:
        """
        Return the speeds that `to_dict` made values of.

        What is absent has its default, so that settings kept by an older version go on working.

        Raises
        ------
        SettingError
            As `Speeds`; ``setting_wrong`` where the values have another form.
        """
        given = kept.get("kmh", {})
        try:
            kmh = {
                mode: {when: {**_DEFAULTS[mode][when], **given.get(mode, {}).get(when, {})} for when in WHENS}
                for mode in TRAVEL_MODES
            }
        except (AttributeError, TypeError):
            raise SettingError(
                "setting_wrong",
                name="kmh",
                found=str(given)[:80],
                allowed="{travel_mode: {when: {class: km/h}}}",
            ) from None
        return cls(kmh=kmh, access_kmh=kept.get("access_kmh", cls.access_kmh))


def require_travel(travel_mode: str, when: str) -> None:
    """Raise ``setting_wrong`` unless there is such a travel mode and such a time."""
    _require("travel_mode", travel_mode, TRAVEL_MODES)
    _require("when", when, WHENS)


def _require(name: str, found: object, allowed: tuple[str, ...]) -> None:
    if found not in allowed:
        raise SettingError("setting_wrong", name=name, found=found, allowed=", ".join(allowed))


def _faults(kmh: Mapping[str, Mapping[str, ByClass]], travel_mode: str, when: str) -> list[Reason]:
    speeds = kmh.get(travel_mode, {}).get(when, {})
    facts = {"travel_mode": travel_mode, "when": when}
    faults = []
    for name in ROAD_CLASSES:
        if name not in speeds:
            faults.append(Reason("speed_missing", {**facts, "road_class": name}))
        elif speeds[name] is not None and not _possible(speeds[name]):
            faults.append(Reason("speed_wrong", {**facts, "road_class": name, **_found(speeds[name])}))
    return faults


def _found(kmh: object) -> dict[str, object]:
    return {"found": kmh, "least": SLOWEST_KMH, "most": FASTEST_KMH}


def _possible(kmh: object) -> bool:
    is_number = isinstance(kmh, (int, float)) and not isinstance(kmh, bool)
    return is_number and SLOWEST_KMH <= kmh <= FASTEST_KMH  # type: ignore[operator]
