"""To which zone each grid goes, where its shares alone do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.coverage import has_shape
from geo.nesting import ORPHAN, SHARE_TOLERANCE, TIE

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.nesting import NestingParams


def settled_zones(
    best: pd.DataFrame,
    pairs: pd.DataFrame,
    borders: pd.DataFrame,
    *,
    villages: pd.Series,
    params: NestingParams,
    places: gpd.GeoSeries | None = None,
) -> pd.Series:
    """
    Return the zone that each grid belongs to: one for every grid, wherever there is any zone.

    The largest share decides. Among tied zones the one that holds more of the same village does. An
    orphan goes

    1. to the zone that holds most of its area, if that is more than `orphan_share` of it (orphans by
       residents only);
    2. to the one zone that has any land in it, unless a neighbour of its own village is settled;
    3. to the zone along most of its border, zones of its own village first;
    4. to the zone of the nearest grid, where it touches no settled one.

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
    params
        What `best` was made with.
    places
        Polygon of each grid, for its area and the nearest one; None where there are no shapes.
    """
    zones = best["parent"].where(best["status"] != ORPHAN)
    villages = villages.reindex(best.index)
    zones = _decide_ties(zones, best, pairs, villages, params.tie_margin)
    if places is not None:
        zones = _follow_land(zones, pairs, borders, villages, places.area * params.orphan_share)
    zones = _follow_borders(zones, borders, villages)
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
        rivals = rivals[rivals["share"] > float(best["share"][grid]) - margin + SHARE_TOLERANCE]
        ranks = [
            (-held.get((villages[grid], zone), 0), -area, zone)
            for zone, area in zip(rivals["parent"], rivals["area_m2"], strict=True)
        ]
        zones[grid] = min(ranks)[2]
    return zones


def _follow_land(
    zones: pd.Series, pairs: pd.DataFrame, borders: pd.DataFrame, villages: pd.Series, enough_m2: pd.Series
) -> pd.Series:
    open_grids = zones.index[zones.isna()]
    claims = pairs[pairs["child"].isin(open_grids) & (pairs["area_m2"] > 0)]
    if claims.empty:
        return zones
    zones = zones.copy()
    both = pd.concat([borders, borders.rename(columns={"left": "right", "right": "left"})])
    kin = both[_same_village(both, villages)]
    advised = set(kin["left"][zones.reindex(kin["right"]).notna().to_numpy()])
    ranked = claims.sort_values(["child", "area_m2", "parent"], ascending=[True, False, True])
    for grid in ranked["child"].unique():
        mine = ranked[ranked["child"] == grid]
        large = mine["area_m2"].iloc[0] > enough_m2[grid] * (1 + SHARE_TOLERANCE)
        if large or (len(mine) == 1 and grid not in advised):
            zones[grid] = mine["parent"].iloc[0]
    return zones


def _follow_borders(zones: pd.Series, borders: pd.DataFrame, villages: pd.Series) -> pd.Series:
    zones = zones.copy()
    both = pd.concat([borders, borders.rename(columns={"left": "right", "right": "left"})])
    while (open_grids := zones.index[zones.isna()]).size:
        edges = both[both["left"].isin(open_grids)]
        edges = edges.assign(zone=zones.reindex(edges["right"]).to_numpy()).dropna(subset="zone")
        if edges.empty:
            return zones
        kin = _same_village(edges, villages)
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


def _same_village(edges: pd.DataFrame, villages: pd.Series) -> np.ndarray:
    left, right = (villages.reindex(edges[side]).to_numpy() for side in ("left", "right"))
    return np.asarray((left == right) & pd.notna(left))


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
