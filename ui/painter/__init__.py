"""The one map component: Leaflet and canvases in the browser, deltas to Python and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.painter.registering import registered

if TYPE_CHECKING:
    from collections.abc import Callable


def grid_map(data: dict[str, Any], *, key: str, on_post: Callable[[], None]) -> None:
    """
    Mount the map.

    Parameters
    ----------
    data
        What it shows; all of it JSON.
    key
        Under which ``st.session_state`` holds ``posts`` (a trigger: the strokes that the browser has not been
        told are kept, each time all of them; none where it only asks what others did), ``have`` (key of the
        geometry, and language, that the browser has) and ``want`` (the key of a plan that it lacks).
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


def _nothing() -> None:
    """Take a state's change as it is; the run that follows reads it."""
