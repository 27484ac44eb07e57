"""What is proved of a redraw, in words and figures, station by station."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from data.schemas import NAME
from ui.words import NOTHING

if TYPE_CHECKING:
    from planning.redraw.proving import Proved
    from ui.names import PlaceNames
    from ui.words import Words


def proof_facts(proof: Proved, names: PlaceNames) -> list[dict[str, Any]]:
    """Return what is proved of each station, workload as a share of the district's."""
    total = float(proof.redraw.built.problem.weight.sum())
    return [
        {
            "station_id": row["region"],
            NAME: names.region(row["region"]),
            **{key: int(row[key]) for key in ("units", "zones", "hops")},
            **{key: bool(row[key]) for key in ("feasible", "closed", "optimal")},
            "moved": _share(row["value"], total),
            **{key: _share(row[key], total) for key in ("floor", "bound", "best", "within")},
            "gap": _share(row["gap_of_all"], 1.0),
            "seconds": round(float(row["seconds"]), 3),
        }
        for row in proof.regions.to_dict("records")
    ]


def proof_lines(proof: Proved, t: Words, names: PlaceNames) -> list[str]:
    """Return a line for each station: what moves, what has to, what is proved, and inside what limits."""
    lines = [
        t(
            "redraw.proof",
            station=row[NAME] or t("redraw.whole_district"),
            moved=t.percent(row["best"], 2),
            floor=t.percent(row["floor"], 2),
            bound=t.percent(row["bound"], 2),
            gap=NOTHING if row["gap"] is None else t.number(row["gap"] * 100, 2),
        )
        + _verdict(row, t)
        for row in proof_facts(proof, names)
    ]
    return [t("redraw.proof_title"), *lines, *([t("redraw.proof_better")] if proof.better else [])]


def _verdict(row: dict[str, Any], t: Words) -> str:
    if row["optimal"]:
        return t("redraw.proof_optimal")
    key = "redraw.proof_closed" if row["closed"] else "redraw.proof_open"
    return t(key, hops=t.number(row["hops"]), within=t.percent(row["within"], 2))


def _share(value: float, total: float) -> float | None:
    # Differences of sums may end up a hair below nothing.
    return max(float(value) / total, 0.0) if math.isfinite(value) else None
