"""Reasons as sentences that call places by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ui.names import PlaceNames
    from ui.words import Words

# Facts that are ids of places, by the table of the place.
_PLACES = {
    "zone": "zones",
    "villages": "villages",
    "new": "zones",
    "gone": "zones",
    "team": "teams",
    "teams": "teams",
    "like": "teams",
    "stop": "stops",
    "stops": "stops",
}
_ZONE_CODES = ("zone_not_contiguous", "zone_crosses_station", "zone_crosses_town")
_LACKING = "factor_without_data"
_UNITS = {"zone_crosses_station": "stations", "zone_crosses_town": "towns"}


def named_reason(found: Reason, t: Words, names: PlaceNames) -> str:
    """Return the sentence for a reason, with places called by their names."""
    code = "redraw_splits_by_default" if _by_default(found) else found.code
    return t.sentence(code, dict(_named_facts(found, names)))


def note_lines(notes: Iterable[Reason], t: Words, names: PlaceNames) -> list[str]:
    """Return a line for each note; one for all factors without data."""
    return [f"{t('score.note')}{named_reason(note, t, names)}" for note in _joined([*notes])]


def _by_default(found: Reason) -> bool:
    return found.code == "redraw_splits" and found.facts.get("above") == 1


def _joined(notes: list[Reason]) -> Iterator[Reason]:
    lacking = [note.facts["column"] for note in notes if note.code == _LACKING]
    for note in notes:
        if note.code != _LACKING:
            yield note
        elif lacking:
            yield Reason(_LACKING, {"column": [*lacking]})
            lacking.clear()


def _named_facts(found: Reason, names: PlaceNames) -> Iterator[tuple[str, Any]]:
    for key, value in found.facts.items():
        if key == "id" and found.code in _ZONE_CODES:
            yield key, names("zones", value)
        elif key in ("other_id", "units") and found.code in _UNITS:
            table = _UNITS[found.code]
            yield key, names.all(table, value) if isinstance(value, list) else names(table, value)
        elif key == "other" and found.code == "other_window_missed":
            yield key, names("stops", value)
        elif key in ("place", "with") and isinstance(value, str):
            yield key, names.region(value)
        elif key in _PLACES and isinstance(value, (str, list, tuple)):
            table = _PLACES[key]
            yield key, names(table, value) if isinstance(value, str) else names.all(table, value)
        else:
            yield key, value
