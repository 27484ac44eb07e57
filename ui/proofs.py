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

_SMALL = 1e-9
# Half of the last decimal of points.
_SHOWN = 0.00005


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
            gap=_points(row["gap"], t),
        )
        + _verdict(row, t)
        for row in proof_facts(proof, names)
    ]
    return [t("redraw.proof_title"), *lines, *([t("redraw.proof_better")] if proof.better else [])]


def _verdict(row: dict[str, Any], t: Words) -> str:
    if row["optimal"]:
        return t("redraw.proof_optimal")
    key = "redraw.proof_closed" if row["closed"] else "redraw.proof_open"
    if row["closed"] and row["within"] is not None and row["best"] < row["within"] - _SMALL:
        key = "redraw.proof_beyond"
    return t(key, hops=t.number(row["hops"]), within=t.percent(row["within"], 2))


def _points(gap: float | None, t: Words) -> str:
    """Return a gap in points; what is small must not read as none."""
    if gap is None:
        return NOTHING
    return "<0.01" if _SMALL < gap < _SHOWN else t.number(gap * 100, 2)


def _share(value: float, total: float) -> float | None:
    # Differences of sums may end up a hair beside nothing.
    if not math.isfinite(value):
        return None
    return float(value) / total if value > _SMALL * total else 0.0
