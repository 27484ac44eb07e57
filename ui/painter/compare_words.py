"""The words of two plans compared side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.painter.component_texts import component_texts

if TYPE_CHECKING:
    from ui.words import Words

KEYS = (
    "accept",
    "accept_one",
    "accept_shown",
    "better",
    "changes",
    "count",
    "count_shown",
    "differences",
    "differs",
    "filter_state",
    "filter_text",
    "filter_zone",
    "filter_zone_any",
    "hint",
    "keys",
    "left_map",
    "no_changes",
    "none_fits",
    "nowhere",
    "refuse",
    "refuse_one",
    "refuse_shown",
    "right_map",
    "same",
    "size_grids",
    "size_present",
    "state_accepted",
    "state_any",
    "state_other",
    "state_refused",
)


def compare_words(t: Words) -> dict[str, str]:
    """Return the comparison's texts by the keys that `assets/compare.js` asks for, {places} unfilled."""
    return component_texts(t, (f"painter.compare.{key}" for key in KEYS))
