"""How a plan fares month by month, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.columns import aligned

if TYPE_CHECKING:
    from planning.drift import Drift
    from ui.words import Words


def drift_lines(found: Drift, t: Words, *, window: int) -> list[str]:
    """
    Return a line for each month of a drift, under a heading.

    Parameters
    ----------
    window
        Months of its trailing window.
    """
    columns = ("month", "calls", "max_deviation", "cv", "zones_out", "window", "pays")
    rows = [
        [
            str(month),
            t.number(row["calls"]),
            t.percent(row["max_deviation"]) + (t("drift.beyond") if row["beyond_chance"] else ""),
            t.number(row["cv"], 3),
            t.number(row["zones_out"]),
            t.percent(row["window_floor"]),
            _pays(row, t, window),
        ]
        for month, row in found.months.iterrows()
    ]
    return aligned([[t(f"drift.{name}") for name in columns], *rows])


def _pays(row: Any, t: Words, window: int) -> str:
    # As `planning.drift` judges: with at least half of the window.
    if row["window_months"] * 2 < window:
        return t("drift.too_early", months=t.number((window + 1) // 2))
    return t("drift.yes" if row["pays"] else "drift.no")
