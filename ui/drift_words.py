"""How a plan fares month by month, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planning.drift import Drift
    from ui.words import Words


def drift_lines(found: Drift, t: Words) -> list[str]:
    """Return a line for each month of a drift, under a heading."""
    columns = ("month", "calls", "max_deviation", "cv", "zones_out", "window", "pays")
    lines = ["\t".join(t(f"drift.{name}") for name in columns)]
    for month, row in found.months.iterrows():
        lines.append(
            "\t".join(
                [
                    str(month),
                    t.number(row["calls"]),
                    t.percent(row["max_deviation"]) + (t("drift.beyond") if row["beyond_chance"] else ""),
                    t.number(row["cv"], 3),
                    t.number(row["zones_out"]),
                    t.percent(row["window_floor"]),
                    t("drift.yes" if row["pays"] else "drift.no"),
                ]
            )
        )
    return lines
