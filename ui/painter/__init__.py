"""The one map component: Leaflet and canvases in the browser, deltas to Python and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.painter.coverage import geometry
from ui.painter.registering import registered

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.words import Words

# What the browser fills in.
_PLACEHOLDERS = ("name", "zone", "count", "number", "station", "village", "code", "was", "text", "percent")
_KEYS = (
    "painter.zoom_in",
    "painter.zoom_out",
)

__all__ = ["component_words", "geometry", "grid_map"]


def grid_map(data: dict[str, Any], *, key: str, on_post: Callable[[], None], height: int) -> None:
    """
    Mount the map.

    Parameters
    ----------
    data
        What it shows; all of it JSON.
    key
        Under which ``st.session_state`` holds ``posts`` (a trigger: the strokes that the browser has not been
        told are kept, each time all of them), ``have`` (the key of the geometry that the browser has) and
        ``want`` (the key of a plan that it lacks).
    on_post
        Called before the run that posts have set off.
    height
        In pixels.
    """
    registered()(
        data={**data, "height": height},
        key=key,
        height=height,
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
