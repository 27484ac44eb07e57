"""The safety of towns, stations and zones: what their villages add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import GRID_ID, STATION_ID, TOWN_ID, VILLAGE_ID
from planning.index.profile import GREY
from planning.profile import PRESENT

if TYPE_CHECKING:
    from collections.abc import Sequence

TOWN, STATION, ZONE = "town", "station", "zone"
_KEYS = {TOWN: TOWN_ID, STATION: STATION_ID}
NOWHERE = ""


def rolled_up(villages: pd.DataFrame, place: pd.Series, *, grades: Sequence[str]) -> pd.DataFrame:
    """
    Return what villages add up to in each place.

    Parameters
    ----------
    villages
        As `SafetyIndex.villages`.
    place
        Place of each village, by village_id; "" for those of none.
    grades
        Of the profile, from the best to the worst.

    Returns
    -------
    DataFrame
        Indexed by place, in the order of the ids: villages, judged, one column a grade with its count, grey,
        unsure (judged, and less sure than is asked), score and points (means weighted by people present;
        where nobody is known to be, each village counts alike), worst (village_id of the lowest score).
    """
    rows = villages.assign(place=place.reindex(villages.index).fillna(NOWHERE).astype("str"))
    return pd.DataFrame.from_dict(
        {name: _of_place(mine, grades) for name, mine in rows.groupby("place", sort=True)}, orient="index"
    ).rename_axis("place")


def places_of_villages(
    villages: pd.DataFrame, by: str, *, grids: pd.DataFrame | None = None, zones: pd.Series | None = None
) -> pd.Series:
    """
    Return the town, station or zone of each village, by village_id; "" where it has none.

    Parameters
    ----------
    villages
        As `SafetyIndex.villages`.
    by
        `TOWN`, `STATION` or `ZONE`.
    grids, zones
        For zones: the district's grids with their village, and the zone of each grid by grid_id. A village
        that lies in several zones belongs to the one with most of its grids.
    """
    if by != ZONE:
        return villages[_KEYS[by]].fillna(NOWHERE).astype("str")
    if grids is None or zones is None or VILLAGE_ID not in grids:
        return pd.Series(NOWHERE, index=villages.index)
    pairs = pd.DataFrame(
        {VILLAGE_ID: grids[VILLAGE_ID].to_numpy(), "zone": grids[GRID_ID].map(zones).to_numpy()}
    ).dropna()
    sizes = pairs.value_counts().rename("grids").reset_index()
    most = sizes.sort_values(["grids", "zone"], ascending=[False, True]).drop_duplicates(VILLAGE_ID)
    return most.set_index(VILLAGE_ID)["zone"].reindex(villages.index).fillna(NOWHERE)


def _of_place(rows: pd.DataFrame, grades: Sequence[str]) -> dict[str, object]:
    judged = rows[rows["grade"] != GREY]
    counts = rows["grade"].value_counts()
    return {
        "villages": len(rows),
        "judged": len(judged),
        **{code: int(counts.get(code, 0)) for code in (*grades, GREY)},
        "unsure": int((~judged["sure"].astype(bool)).sum()),
        "score": _mean(judged["score"], judged[PRESENT]),
        "points": _mean(rows["points"], rows[PRESENT]),
        "worst": None if judged.empty else str(judged["score"].idxmin()),
    }


def _mean(values: pd.Series, people: pd.Series) -> float:
    known = values.notna()
    if not known.any():
        return float("nan")
    weights = people[known].fillna(0.0).to_numpy(dtype=float)
    return float(np.average(values[known], weights=weights if weights.sum() > 0 else None))
