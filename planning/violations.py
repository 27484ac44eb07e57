"""What no plan may have: grids in no zone, zones in pieces, zones across stations or towns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import STATION_ID, TOWN_ID
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator


def violations(grids: pd.DataFrame, plan: pd.Series, part_of: pd.Series) -> Iterator[Reason]:
    """
    Yield what a plan may not have, with the ids of the places.

    Parameters
    ----------
    grids
        station_id and town_id by grid_id, "" where not known.
    plan
        zone_id of each of them, missing for none.
    part_of
        A number for the part of its zone that a grid is in, by grid_id; of the grids with a polygon.
    """
    for grid in plan.index[plan.isna()]:
        yield Reason("grid_orphan", {"id": str(grid)})
    for zone, label in part_of.groupby(plan):
        if label.nunique() > 1:
            yield _apart(str(zone), label)
    for zone, facts in _crossings(grids[STATION_ID], plan):
        yield Reason("zone_crosses_station", {"id": zone, **facts})
    for zone, facts in _crossings(grids[TOWN_ID], plan):
        yield Reason("zone_crosses_town", {"id": zone, **facts})


def _apart(zone: str, label: pd.Series) -> Reason:
    """Return the reason for a zone in parts, naming the grids outside the part with most grids."""
    sizes = label.value_counts()
    main = label[label.isin(sizes.index[sizes == sizes.max()])].iloc[0]
    return Reason(
        "zone_not_contiguous",
        {"id": zone, "parts": len(sizes), "grids": [str(grid) for grid in label.index[label != main]]},
    )


def _crossings(units: pd.Series, plan: pd.Series) -> Iterator[tuple[str, dict[str, Any]]]:
    known = (units != "") & plan.notna()
    counts = pd.crosstab(plan[known], units[known])
    for zone, row in counts[(counts > 0).sum(axis=1) > 1].iterrows():
        here = row[row > 0]
        yield (
            str(zone),
            {"other_id": sorted(here.index[here == here.max()])[0], "units": [str(u) for u in here.index]},
        )
