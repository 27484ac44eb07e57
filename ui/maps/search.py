"""The map's own search: by name or code, by keyboard alone, over the layers marked searchable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.maps.layers import Call
from ui.words import words

if TYPE_CHECKING:
    import folium


def add_search(m: folium.Map, *, lang: str = "zh") -> None:
    """Add the search for the layers that the map has by now; what is chosen opens its details."""
    t = words(lang)
    Call("search", {"placeholder": t("map.search"), "nothing": t("map.search_nothing")}).add_to(m)
