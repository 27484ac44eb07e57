"""To which zone each grid goes, where its shares alone do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.coverage import has_shape
from geo.nesting import ORPHAN, TIE

if TYPE_CHECKING:
    import geopandas as gpd


def settled_zones(
    best: pd.DataFrame,
    pairs: pd.DataFrame,
    borders: pd.DataFrame,
    *,
    villages: pd.Series,
    margin: float,
    places: gpd.GeoSeries | None = None,
) -> pd.Series:
    """
    Return the zone that each grid belongs to: one for every grid, wherever there is any zone.

    The largest share decides. Among tied zones the one that holds more of the same village does;
    an orphan goes to the zone along most of its border, zones of its own village first; what
    touches no settled grid goes to the zone of the nearest one.

    Parameters
    ----------
    best
        `geo.nesting.best_parents` of the grids in the zones.
    pairs
        child, parent, area_m2, share.
    borders
        Neighbouring grids (`geo.adjacency.shared_borders`).
    villages
        Village of each grid, indexed by grid; may be missing.
    margin
        The tie margin that `best` was made with.
    places
        A point or polygon of each grid, for the nearest one; None where there are no shapes.
    """
    zones = best["parent"].where(best["status"] != ORPHAN)
    zones = _decide_ties(zones, best, pairs, villages.reindex(best.index), margin)
    zones = _follow_borders(zones, borders, villages.reindex(best.index))
    return _follow_nearest(zones, places).rename("zone_id")


def _decide_ties(
    zones: pd.Series, best: pd.DataFrame, pairs: pd.DataFrame, villages: pd.Series, margin: float
) -> pd.Series:
    tied = best.index[best["status"] == TIE]
    if tied.empty:
        return zones
    zones = zones.copy()
    sure = zones.drop(index=tied)
    held = sure.groupby([villages[sure.index], sure]).size()
    for grid in tied:
        rivals = pairs[pairs["child"] == grid]
        rivals = rivals[rivals["share"] > float(best["share"][grid]) - margin]
        ranks = [
            (-held.get((villages[grid], zone), 0), -area, zone)
            for zone, area in zip(rivals["parent"], rivals["area_m2"], strict=True)
        ]
        zones[grid] = min(ranks)[2]
    return zones


def _follow_borders(zones: pd.Series, borders: pd.DataFrame, villages: pd.Series) -> pd.Series:
    zones = zones.copy()
    both = pd.concat([borders, borders.rename(columns={"left": "right", "right": "left"})])
    while (open_grids := zones.index[zones.isna()]).size:
        edges = both[both["left"].isin(open_grids)]
        edges = edges.assign(zone=zones.reindex(edges["right"]).to_numpy()).dropna(subset="zone")
        if edges.empty:
            return zones
        kin = villages[edges["left"]].to_numpy() == villages[edges["right"]].to_numpy()
        weights = (
            edges.assign(kin=kin)
            .groupby(["left", "zone"], as_index=False)
            .agg(kin=("kin", "max"), length_m=("length_m", "sum"))
        )
        ranked = weights.sort_values(
            ["left", "kin", "length_m", "zone"], ascending=[True, False, False, True]
        )
        chosen = ranked.drop_duplicates("left").set_index("left")["zone"]
        # One ring of orphans at a time: the inner ones follow those outside them.
        zones[chosen.index] = chosen
    return zones


def _follow_nearest(zones: pd.Series, places: gpd.GeoSeries | None) -> pd.Series:
    open_grids = zones.index[zones.isna()]
    if places is None or open_grids.empty:
        return zones
    present = places[has_shape(places)]
    known = present[present.index.isin(zones.index[zones.notna()])]
    lost = present[present.index.isin(open_grids)]
    if known.empty or lost.empty:
        return zones
    zones = zones.copy()
    mine, nearest = known.sindex.nearest(lost.to_numpy(), return_all=False)
    zones[lost.index[mine]] = zones[known.index[nearest]].to_numpy()
    return zones
