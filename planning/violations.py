"""What no plan may have: grids in no zone, zones in pieces, zones across stations or towns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.schemas import STATION_ID, TOWN_ID
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


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
    # A zone in one place alone, as most are, needs no table.
    several = units[known].groupby(plan[known]).nunique().loc[lambda count: count > 1].index
    known &= plan.isin(several)
    for zone, here in units[known].groupby(plan[known]):
        counts = here.value_counts().sort_index()
        names = [str(unit) for unit in counts.index]
        yield str(zone), {"other_id": names[int(counts.to_numpy().argmax())], "units": names}
