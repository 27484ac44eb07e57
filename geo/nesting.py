"""
How the pieces of one layer nest in the pieces of another: shares first, never "within".

With 1 mm of digitising noise "within" fails for most pieces that are truly nested, so a piece
belongs to the parent that holds the largest share of it, and counts as nested from 99 % on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import SettingError
from geo.overlay import overlap_areas, repaired

if TYPE_CHECKING:
    from collections.abc import Iterable

Basis = Literal["area", "residents"]
# Shares come from areas that are exact to about 1e-9 m along their borders: nearer than this (1 m² in
# 1 km²) to a threshold is at it.
SHARE_TOLERANCE = 1e-6
NESTED, STRADDLING, TIE, ORPHAN = "nested", "straddling", "tie", "orphan"


@dataclass(frozen=True, kw_only=True)
class NestingParams:
    """
    What counts as nested; shares within `SHARE_TOLERANCE` of a threshold are at it.

    Parameters
    ----------
    by
        Shares of a piece's area, or of the residents who live in it.
    nested_share
        From this share on a piece is nested. In (0.5, 1].
    orphan_share
        A piece of which no more than this lies in all parents together is an orphan: what its
        neighbours' lines spill over it, by a metre or two, is no claim. In [0, 0.5].
    tie_margin
        Two best shares closer than this are a tie. In [0, 0.5).
    """

    by: Basis = "area"
    nested_share: float = 0.99
    orphan_share: float = 0.1
    tie_margin: float = 0.02

    def __post_init__(self) -> None:
        if self.by not in ("area", "residents"):
            raise SettingError("setting_wrong", name="by", found=self.by, allowed="area, residents")
        if not 0.5 < self.nested_share <= 1:
            raise SettingError(
                "setting_wrong", name="nested_share", found=self.nested_share, allowed="(0.5, 1]"
            )
        if not 0 <= self.orphan_share <= 0.5:
            raise SettingError(
                "setting_wrong", name="orphan_share", found=self.orphan_share, allowed="[0, 0.5]"
            )
        if not 0 <= self.tie_margin < 0.5:
            raise SettingError("setting_wrong", name="tie_margin", found=self.tie_margin, allowed="[0, 0.5)")


def area_shares(
    children: gpd.GeoSeries, parents: gpd.GeoSeries, *, min_area_m2: float = 0.01
) -> pd.DataFrame:
    """
    Return how much of each child's area lies in which parent.

    Parameters
    ----------
    children, parents
        Polygons with unique labels, in the same projected CRS in metres.

    Returns
    -------
    DataFrame
        child, parent, area_m2, share (of the child's area, invalid ones repaired): a row for every
        pair that overlaps.

    Raises
    ------
    CrsError
        If the layers are not in the same metric CRS.
    """
    pairs = overlap_areas(children, parents, min_area_m2=min_area_m2)
    pairs = pairs.rename(columns={"left": "child", "right": "parent"})
    # The overlaps are of repaired polygons, so the whole is too: a bow-tie's own area is nought.
    area = pd.Series(shapely.area(repaired(np.asarray(children.array, dtype=object))), index=children.index)
    whole = area[pairs["child"]].to_numpy()
    return pairs.assign(share=np.minimum(pairs["area_m2"].to_numpy() / whole, 1.0))


def point_shares(
    children: gpd.GeoSeries,
    parents: gpd.GeoSeries,
    points: gpd.GeoSeries,
    weights: pd.Series,
    *,
    by_area: pd.DataFrame,
) -> pd.DataFrame:
    """
    Return how much of each child's population lies in which parent.

    Parameters
    ----------
    points, weights
        Where people live, and how many, with the same index.
    by_area
        `area_shares` of the same layers: it gives the areas, and the shares of children in which
        no point lies.

    Returns
    -------
    DataFrame
        As `area_shares`, with `share` of the child's residents.
    """
    located = gpd.GeoDataFrame({"weight": weights.to_numpy()}, geometry=points.to_numpy(), crs=points.crs)
    child = _containing(located, children, "child")
    parent = _containing(located, parents, "parent")
    total = located["weight"].groupby(child).sum()
    total = total[total > 0]
    placed = pd.DataFrame({"child": child, "parent": parent, "weight": located["weight"]}).dropna()
    counts = placed.groupby(["child", "parent"])["weight"].sum().reset_index()
    counts = counts[counts["weight"] > 0]
    settled = counts[counts["child"].isin(total.index)]
    settled = settled.assign(share=settled["weight"].to_numpy() / total[settled["child"]].to_numpy())
    areas = by_area.drop(columns="share")
    shared = areas.merge(settled.drop(columns="weight"), on=["child", "parent"], how="outer")
    empty = by_area[~by_area["child"].isin(total.index)]
    shared = pd.concat([shared[shared["child"].isin(total.index)], empty], ignore_index=True)
    return shared.fillna({"area_m2": 0.0, "share": 0.0})


def best_parents(pairs: pd.DataFrame, children: Iterable[str], params: NestingParams) -> pd.DataFrame:
    """
    Return each child's parent by largest share, and how sure that is.

    Equal shares are decided by the larger area, then by the parent's label, so that the answer
    never depends on the order of rows.

    Parameters
    ----------
    pairs
        child, parent, area_m2, share.
    children
        Every child, with or without a pair.

    Returns
    -------
    DataFrame
        Indexed by child: parent, share, second, second_share, covered (sum of shares, at most 1),
        status (nested, straddling, tie, orphan). Orphans have no parent.
    """
    index = pd.Index(list(children), dtype="str")
    ranked = pairs.sort_values(["child", "share", "area_m2", "parent"], ascending=[True, False, False, True])
    place = ranked.groupby("child").cumcount()
    first, second = (ranked[place == k].set_index("child").reindex(index) for k in (0, 1))
    result = pd.DataFrame(
        {
            "parent": first["parent"].astype(object),
            "share": first["share"].fillna(0.0),
            "second": second["parent"].astype(object),
            "second_share": second["share"].fillna(0.0),
            "covered": pairs.groupby("child")["share"].sum().reindex(index).fillna(0.0).clip(upper=1.0),
        },
        index=index,
    )
    result["status"] = _status(result, params)
    orphan = result["status"] == ORPHAN
    result.loc[orphan, ["parent", "second"]] = None
    return result


def _status(best: pd.DataFrame, params: NestingParams) -> np.ndarray:
    lead = best["share"] - best["second_share"]
    tied = best["second"].notna() & (lead < params.tie_margin - SHARE_TOLERANCE)
    orphan = best["covered"] <= params.orphan_share + SHARE_TOLERANCE
    return np.select(
        [orphan, tied, best["share"] >= params.nested_share - SHARE_TOLERANCE],
        [ORPHAN, TIE, NESTED],
        default=STRADDLING,
    )


def points_outside(layer: gpd.GeoSeries, points: gpd.GeoSeries) -> np.ndarray:
    """Return whether each point lies in no polygon of the layer."""
    inside, _ = layer.sindex.query(points.to_numpy(), predicate="intersects")
    return ~np.isin(np.arange(len(points)), inside)


def _containing(points: gpd.GeoDataFrame, polygons: gpd.GeoSeries, name: str) -> pd.Series:
    """Return the label of the polygon in which each point lies; the first, where several do."""
    areas = gpd.GeoDataFrame(
        {name: polygons.index.to_numpy()},
        geometry=repaired(np.asarray(polygons.array, dtype=object)),
        crs=polygons.crs,
    )
    joined = gpd.sjoin(points, areas, how="left", predicate="intersects")
    first: pd.Series = joined[~joined.index.duplicated()][name]
    return first
