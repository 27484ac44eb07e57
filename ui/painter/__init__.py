"""The one map component: Leaflet and canvases in the browser, deltas to Python and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.painter.coverage import geometry
from ui.painter.registering import registered

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.words import Words

# What the browser fills in.
_PLACEHOLDERS = ("name", "zone", "count", "number", "station", "village", "grids")
_KEYS = (
    "painter.toolbar",
    "painter.map",
    "painter.zoom_in",
    "painter.zoom_out",
    "painter.tool_move",
    "painter.tool_brush",
    "painter.tool_rectangle",
    "painter.tool_fill",
    "painter.tool_pick",
    "painter.tool_erase",
    "painter.tool_lock",
    "painter.tool_new",
    "painter.tool_undo",
    "painter.tool_redo",
    "painter.tool_more",
    "painter.tool_rename",
    "painter.tool_dissolve",
    "painter.tool_lock_zone",
    "painter.rename_help",
    "painter.dissolve_help",
    "painter.lock_zone_help",
    "painter.tool_loose",
    "painter.tool_broken",
    "painter.tool_split",
    "painter.tool_changed",
    "painter.tool_fit",
    "painter.tool_keys",
    "painter.tool_panel",
    "painter.unit",
    "painter.unit_auto",
    "painter.unit_village",
    "painter.unit_grid",
    "painter.unit_auto_help",
    "painter.unit_village_help",
    "painter.unit_grid_help",
    "painter.sizes",
    "painter.size",
    "painter.chosen",
    "painter.choose_zone",
    "painter.choose_first",
    "painter.picked",
    "painter.no_zone",
    "painter.no_zone_here",
    "painter.village",
    "painter.zone_today",
    "painter.zone_now",
    "painter.present",
    "painter.workload",
    "painter.locked_zone",
    "painter.locked_village",
    "painter.locked_grid",
    "painter.refused_station",
    "painter.refused_locked",
    "painter.refused_zone_locked",
    "painter.not_editable",
    "painter.new_name",
    "painter.made_zone",
    "painter.dissolved",
    "painter.found_loose",
    "painter.found_broken",
    "painter.found_split",
    "painter.none_loose",
    "painter.none_broken",
    "painter.none_split",
    "painter.keys_title",
    "painter.keys_tools",
    "painter.keys_pick",
    "painter.keys_click",
    "painter.keys_bar",
    "painter.keys_unit",
    "painter.keys_size",
    "painter.keys_new",
    "painter.keys_undo",
    "painter.keys_find",
    "painter.keys_space",
    "painter.keys_arrows",
    "painter.keys_enter",
    "painter.keys_shift",
    "painter.keys_escape",
    "painter.keys_zoom",
    "painter.keys_keys",
    "painter.keys_search",
    "painter.search",
    "painter.search_none",
    "painter.search_zone",
    "painter.search_village",
    "painter.search_station",
    "painter.search_grid",
)

__all__ = ["component_words", "geometry", "grid_map"]


def grid_map(data: dict[str, Any], *, key: str, on_post: Callable[[], None]) -> None:
    """
    Mount the map.

    Parameters
    ----------
    data
        What it shows; all of it JSON.
    key
        Under which ``st.session_state`` holds ``posts`` (a trigger: the strokes that the browser has not been
        told are kept, each time all of them), ``have`` (key of the geometry, and language, that the browser
        has) and ``want`` (the key of a plan that it lacks).
    on_post
        Called before the run that posts have set off.
    """
    registered()(
        data=data,
        key=key,
        on_posts_change=on_post,
        on_have_change=_nothing,
        on_want_change=_nothing,
    )


def component_words(t: Words) -> dict[str, str]:
    """Return the component's words, by their keys without the prefix."""
    kept = {name: f"{{{name}}}" for name in _PLACEHOLDERS}
    return {key.removeprefix("painter."): t(key, **kept) for key in _KEYS}


def _nothing() -> None:
    """Take a state's change as it is; the run that follows reads it."""
