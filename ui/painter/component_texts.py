"""Texts for the browser: as they are in the catalogue, their {places} left for it to fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ui.words import Words

_GROUP = "painter."
# Every place that the component's texts have.
_PLACES = (
    "count",
    "deviation",
    "from",
    "from_zone",
    "grids",
    "hours",
    "press",
    "km",
    "minutes",
    "name",
    "number",
    "present",
    "share",
    "state",
    "station",
    "stop",
    "target",
    "team",
    "time",
    "to",
    "to_zone",
    "tolerance",
    "village",
    "villages",
    "what",
    "workload",
    "zone",
    "zones",
)


def component_texts(t: Words, keys: Iterable[str]) -> dict[str, str]:
    """Return the texts of ``painter.…`` keys, by their keys without that beginning."""
    places = {name: f"{{{name}}}" for name in _PLACES}
    return {key.removeprefix(_GROUP): t(key, **places) for key in keys}
