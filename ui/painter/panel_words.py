"""The words of the scorecard beside the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.painter.component_texts import component_texts

if TYPE_CHECKING:
    from ui.words import Words

# In the order in which `assets/totals.js` shows them.
MEASURES = (
    "max_deviation",
    "outside",
    "workload_moved",
    "villages_touched",
    "villages_split",
    "not_contiguous",
    "mean_deviation",
    "cv",
    "gini",
    "within_tolerance",
    "polsby_popper",
    "cut_edges",
    "zones",
    "grids_moved",
    "residents_moved",
    "zones_touched",
    "zones_crossing_stations",
    "unassigned",
)
KEYS = (
    "across",
    "all_inside",
    "apart",
    "band",
    "bars",
    "best",
    "busiest",
    "by_code",
    "by_deviation",
    "by_station",
    "change",
    "change_grids",
    "chosen",
    "empty",
    "experts",
    "fewer",
    "go_to",
    "idlest",
    "load",
    "lock",
    "look",
    "more",
    "no_station",
    "no_today",
    "none_found",
    "only_outside",
    "outside",
    "parts",
    "pending",
    "rules_broken",
    "rules_kept",
    "row",
    "row_outside",
    "search",
    "size_grids",
    "size_present",
    "size_villages",
    "sort",
    "this",
    "title",
    "to_mend",
    "today",
    "totals",
    "unassigned",
    "unchanged",
    "unlock",
    "whole",
    "worst",
    *(f"measure_{key}" for key in MEASURES),
    *(f"about_{key}" for key in MEASURES),
)


def panel_words(t: Words) -> dict[str, str]:
    """Return the panel's texts by the keys that `assets/scorecard.js` asks for, their {places} unfilled."""
    return component_texts(t, (f"painter.panel.{key}" for key in KEYS))
