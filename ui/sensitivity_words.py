"""How a plan's balance depends on the weights, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planning.weight_sensitivity import Sensitivity
    from ui.names import PlaceNames
    from ui.words import Words


def sensitivity_lines(found: Sensitivity, t: Words, names: PlaceNames) -> list[str]:
    """Return in words how the balance depends on the weights."""
    spread = found.quantiles["max_deviation"]
    lines = [
        t(
            "score.sensitivity",
            low=t.percent(float(spread["p10"])),
            high=t.percent(float(spread["p90"])),
            fair=t.percent(found.fair),
        )
    ]
    for zone, share in found.busiest_share.head(3).items():
        lines.append(t("score.often_busiest", zone=names("zones", zone), share=t.percent(float(share))))
    for row in found.factors.reset_index().to_dict("records"):
        weight = f"{t.name('column', row['factor'])} {t.percent(row['weight'])}"
        lines.append(f"  {weight}\t{t.percent(row['max_deviation'])}\t{t.number(row['cv'], 3)}")
    return lines
