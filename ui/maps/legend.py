"""The map's legend, which is the layer switch too, and the names drawn on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.maps.layers import Call
from ui.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import folium


def add_legend(m: folium.Map, *, lang: str = "zh", notes: Sequence[str] = (), folded: bool = False) -> None:
    """Add the legend for the layers that the map has by now, with `notes` below, and their names."""
    t = words(lang)
    Call("legend", {"title": t("map.legend"), "notes": list(notes), "folded": folded}).add_to(m)
    Call("labels", {}).add_to(m)
