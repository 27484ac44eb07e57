"""What a redraw proposes, in words and figures: the plans, and what cannot be met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from data.schemas import NAME, STATION_ID
from ui.columns import aligned
from ui.scorecard_words import zones_outside
from ui.words import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planning.redraw.building import Built
    from planning.redraw.feasibility import Unmet
    from planning.redraw.params import RedrawParams
    from planning.redraw.redrawing import Proposal, Redraw
    from planning.scorecard import Scorecard
    from ui.names import PlaceNames
    from ui.words import Words

_COLUMNS = ("title", "id", "moved", "floor", "split", "outside", "cv", "shape")
# A zone that keeps less of its workload is another one under the same name.
_CORE = 0.2


def title(proposal: Proposal, t: Words) -> str:
    """Return what a plan is called: its mark, if it has one, and what it is best at or aimed at."""
    called = t.name("proposal", proposal.name)
    return t(f"redraw.mark_{proposal.mark}", name=called) if proposal.mark else called


def proposal_facts(proposal: Proposal, t: Words, *, plan_id: str | None) -> dict[str, Any]:
    """Return the figures of a plan under stable keys."""
    return {
        **proposal.scorecard.summary(),
        "id": plan_id,
        "name": proposal.name,
        "mark": proposal.mark,
        "title": title(proposal, t),
        **margins(proposal),
    }


def margins(proposal: Proposal) -> dict[str, float | None]:
    """Return a plan's floor, the greatest bound known and the gap to it; None without a plan of today."""
    if proposal.scorecard.change is None:
        return dict.fromkeys(("floor", "bound", "gap"))
    return {"floor": proposal.floor, "bound": proposal.bound, "gap": proposal.gap}


def extremes(card: Scorecard) -> dict[str, Any]:
    """Return the busiest zone, its deviation, and how many zones are beyond the tolerance."""
    loads = card.zones["deviation"].dropna()
    busiest = str(loads.idxmax()) if len(loads) else None
    return {
        "busiest": busiest,
        "busiest_deviation": float(loads.max()) if len(loads) else None,
        "outside": zones_outside(card),
    }


def proposal_lines(found: Redraw, kept: Sequence[str | None], t: Words) -> list[str]:
    """
    Return the plans as a table with the marked ones first, and what has to be known besides.

    Parameters
    ----------
    kept
        Id of each plan; None where it is not kept.
    """
    plans = sorted(zip(found.proposals, kept, strict=True), key=lambda pair: pair[0].mark or len(kept) + 3)
    rows = [_row(proposal, plan_id, t) for proposal, plan_id in plans]
    return [
        *(aligned([[t(f"redraw.column_{name}") for name in _COLUMNS], *rows]) if rows else []),
        *(line for proposal, _ in plans for line in _moved_away(proposal, t)),
        *_relaxed(found, t),
    ]


def _row(proposal: Proposal, plan_id: str | None, t: Words) -> list[str]:
    card = proposal.scorecard
    figures = card.summary()
    return [
        title(proposal, t),
        plan_id or NOTHING,
        t.percent(figures["workload_moved"]),
        t.percent(margins(proposal)["bound"]),
        t.number(figures["villages_split"]),
        f"{zones_outside(card)}/{len(card.zones)}",
        t.number(figures["cv"], 3),
        t.number(figures["polsby_popper"], 3),
    ]


def _moved_away(proposal: Proposal, t: Words) -> Iterator[str]:
    """Yield that zones keep their name but hardly any of their ground, where some do."""
    gone = int((proposal.scorecard.zones["core_kept"] < _CORE).sum())
    if gone:
        yield t("redraw.moved_away", title=title(proposal, t), zones=t.number(gone))


def _relaxed(found: Redraw, t: Words) -> Iterator[str]:
    if found.proposals and found.proposals[0].scorecard.change is None:
        return
    relaxed = int((found.stations["tolerance"] > found.params.tolerance + 1e-9).sum())
    if relaxed:
        yield t("redraw.floor_relaxed", stations=t.number(relaxed))


def unmet_sentence(
    unmet: Unmet, params: RedrawParams, t: Words, names: PlaceNames, *, built: Built | None = None
) -> str:
    """
    Return what a station's zones cannot meet, how near they come, and with which options they would.

    Parameters
    ----------
    built
        The numbers, to tell a grid that is too much for any zone.
    """
    said = unmet_said(unmet, params, t, names)
    return said + (_ways(unmet, t, names) or no_way(unmet, built, t, names))


def unmet_said(unmet: Unmet, params: RedrawParams, t: Words, names: PlaceNames) -> str:
    """Return what a station's zones cannot meet, and how near they come."""
    station = names("stations", unmet.station) if unmet.station else t("redraw.whole_district")
    return t(
        "redraw.unmet_proved" if unmet.proved else "redraw.unmet_not_found",
        station=station,
        zones=t.number(unmet.zones),
        asked=t.percent(unmet.asked),
        whole="" if params.split_villages else t("redraw.whole_villages"),
        met=t.percent(unmet.met),
    )


def _ways(unmet: Unmet, t: Words, names: PlaceNames) -> str:
    ways = []
    if unmet.zones_needed is not None:
        needed = f"{unmet.station}={unmet.zones_needed}" if unmet.station else str(unmet.zones_needed)
        zones, now = t.number(unmet.zones_needed), t.number(unmet.zones)
        ways.append(t("redraw.way_zones", zones=zones, now=now, option=f"--zones {needed}"))
    if unmet.split:
        options = " ".join(f"--split {village}" for village in unmet.split)
        torn, count = t.listed(names.all("villages", unmet.split), at_most=20), t.number(len(unmet.split))
        ways.append(t("redraw.way_split", count=count, villages=torn, options=options))
    return t("redraw.ways", ways=t("redraw.or").join(ways)) if ways else ""


def no_way(unmet: Unmet, built: Built | None, t: Words, names: PlaceNames) -> str:
    """Return that no way was found for a station, and the grid that is too much for any zone, if one is."""
    grid, excess = too_heavy(unmet, built) if built is not None else ("", 0.0)
    if not grid:
        return t("redraw.unmet_no_way")
    return t("redraw.unmet_grid", grid=names("grids", grid), excess=t.percent(excess, 0))


def too_heavy(unmet: Unmet, built: Built) -> tuple[str, float]:
    """
    Return the grid of a station that is by itself furthest above what a zone should have, and how far.

    ("", 0.0) if there is none that is above it by more than the tolerance asked for.
    """
    problem = built.problem
    inside = [i for i, station in enumerate(built.station_of_region) if station == unmet.station]
    target = np.zeros(len(problem.region_names))
    np.maximum.at(target, problem.zone_region, problem.target)
    grids = np.bincount(problem.unit_of_grid, minlength=problem.units)
    alone = (grids == 1) & np.isin(problem.region, inside) & (target[problem.region] > 0)
    if not alone.any():
        return "", 0.0
    excess = np.where(alone, problem.weight / np.maximum(target[problem.region], 1e-12) - 1.0, -1.0)
    unit = int(excess.argmax())
    if excess[unit] <= unmet.asked + 1e-9:
        return "", 0.0
    return problem.grid_ids[int(np.flatnonzero(problem.unit_of_grid == unit)[0])], float(excess[unit])


def unmet_facts(unmet: Unmet) -> dict[str, Any]:
    """Return what cannot be met under stable keys."""
    return {
        "station_id": unmet.station,
        "zones": unmet.zones,
        "asked": unmet.asked,
        "met": unmet.met,
        "bound": unmet.bound,
        "proved": unmet.proved,
        "zones_needed": unmet.zones_needed,
        "split": list(unmet.split),
    }


def station_facts(found: Redraw, names: PlaceNames) -> list[dict[str, Any]]:
    """Return the zones and the tolerance of each station."""
    return [
        {
            STATION_ID: str(row.Index),
            NAME: names("stations", row.Index),
            "zones": int(row.zones),  # type: ignore[arg-type]
            "tolerance": float(row.tolerance),  # type: ignore[arg-type]
        }
        for row in found.stations.itertuples()
    ]
