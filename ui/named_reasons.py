"""Reasons as sentences that call places by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.errors import Reason
    from ui.names import PlaceNames
    from ui.words import Words

# Facts that are ids of places, by the table of the place.
_PLACES = {"zone": "zones", "villages": "villages", "new": "zones", "gone": "zones"}
_ZONE_CODES = ("zone_not_contiguous", "zone_crosses_station", "zone_crosses_town")
_UNITS = {"zone_crosses_station": "stations", "zone_crosses_town": "towns"}


def named_reason(found: Reason, t: Words, names: PlaceNames) -> str:
    """Return the sentence for a reason, with places called by their names."""
    return t.sentence(found.code, dict(_named_facts(found, names)))


def _named_facts(found: Reason, names: PlaceNames) -> Iterator[tuple[str, Any]]:
    for key, value in found.facts.items():
        if key == "id" and found.code in _ZONE_CODES:
            yield key, names("zones", value)
        elif key in ("other_id", "units") and found.code in _UNITS:
            table = _UNITS[found.code]
            yield key, names.all(table, value) if isinstance(value, list) else names(table, value)
        elif key in ("place", "with") and isinstance(value, str):
            yield key, names.region(value)
        elif key in _PLACES:
            table = _PLACES[key]
            yield key, names(table, value) if isinstance(value, str) else names.all(table, list(value))  # type: ignore[call-overload]
        else:
            yield key, value
