"""How compact groups of polygons are: Polsby–Popper, Reock, moment of inertia; no union is ever built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd


def outlines(
    area_m2: pd.Series, outline_m: pd.Series, borders: pd.DataFrame, groups: pd.Series
) -> pd.DataFrame:
    """
    Return area and perimeter of groups of polygons that lie side by side.

    A group's perimeter is the sum of its members' outlines less twice the borders they share, so that
    slivers between members, which a union would turn into holes, do not count as outline.

    Parameters
    ----------
    area_m2, outline_m
        Area and length of the outline of each polygon, by label; missing for those not drawn.
    borders
        left, right, length_m (`geo.adjacency.shared_borders`).
    groups
        Group of each polygon, by label; missing for those in none.

    Returns
    -------
    DataFrame
        area_m2, perimeter_m by group, groups ascending; missing where no member is drawn.
    """
    named = groups.dropna()
    left, right = borders["left"].map(named), borders["right"].map(named)
    inside = left.notna() & (left == right)
    saved = borders.loc[inside, "length_m"].groupby(left[inside]).sum()
    sums = pd.DataFrame({"area_m2": area_m2, "perimeter_m": outline_m}).reindex(named.index)
    result = sums.groupby(named).sum(min_count=1)
    shorter = result["perimeter_m"] - 2.0 * saved.reindex(result.index).fillna(0.0)
    # Borders drawn twice may be measured too long; no shape has less outline than a circle.
    least = 2.0 * np.sqrt(np.pi * result["area_m2"])
    return result.assign(perimeter_m=shorter.where(shorter >= least, least)).sort_index()


def polsby_popper(area_m2: pd.Series, perimeter_m: pd.Series) -> pd.Series:
    """
    Return 4πA/P² of shapes: 1 for a circle, π/4 for a square, near 0 for what is frayed or long.

    Polsby & Popper (1991), "The third criterion", Yale Law & Policy Review 9(2). It sinks with every bend
    of a coast or a river, so read it beside the cut edges.

    Parameters
    ----------
    area_m2, perimeter_m
        By shape.

    Returns
    -------
    Series
        In [0, 1], indexed as `area_m2`; missing where the perimeter is 0 or missing.
    """
    return (4.0 * np.pi * area_m2 / (perimeter_m**2).where(perimeter_m > 0)).rename("polsby_popper")


def reock(area_m2: pd.Series, shapes: gpd.GeoSeries, groups: pd.Series) -> pd.Series:
    """
    Return the area of groups of polygons over that of the smallest circle around each: 2/π for a square.

    Reock (1961), "Measuring compactness as a requirement of legislative apportionment", Midwest Journal of
    Political Science 5(1). The circle around a group is the circle around its members' convex hulls.

    Parameters
    ----------
    area_m2
        By group (`outlines`).
    shapes
        Polygons, or their convex hulls, by label.
    groups
        Group of each polygon, by label; missing for those in none.

    Returns
    -------
    Series
        In (0, 1], indexed as `area_m2`; missing for groups without a polygon.
    """
    codes = area_m2.index.get_indexer(pd.Index(groups.reindex(shapes.index)))
    drawn = np.asarray(shapes.array, dtype=object)
    keep = np.flatnonzero((codes >= 0) & ~(shapely.is_missing(drawn) | shapely.is_empty(drawn)))
    keep = keep[np.argsort(codes[keep], kind="stable")]
    points, owner = shapely.get_coordinates(drawn[keep], return_index=True)
    found, line = np.unique(codes[keep][owner], return_inverse=True)
    radius = np.full(len(area_m2), np.nan)
    if len(found):
        radius[found] = shapely.minimum_bounding_radius(shapely.linestrings(points, indices=line))
    circle = pd.Series(np.pi * radius**2, index=area_m2.index)
    return (area_m2 / circle).clip(upper=1.0).rename("reock")


def moment_of_inertia(points: pd.DataFrame, weight: pd.Series, groups: pd.Series) -> pd.Series:
    """
    Return the sum of w‖x - c‖² over the members of each group, c being their centre of weight.

    Hess, Weaver, Siegfeldt, Whelan & Zitlau (1965), "Nonpartisan political redistricting by computer",
    Operations Research 13(6). Over the weight, its root is the distance of the work from the centre of it.

    Parameters
    ----------
    points
        x, y (m) by label; members without are left out.
    weight
        Non-negative, by label.
    groups
        Group of each member, by label; missing for those in none.

    Returns
    -------
    Series
        Weight × m², by group, ascending; 0 for groups without weight.
    """
    frame = pd.DataFrame({"x": points["x"], "y": points["y"], "w": weight, "group": groups}).dropna()
    totals = frame.groupby("group")["w"].transform("sum")
    share = frame["w"].to_numpy() / totals.where(totals > 0, np.nan).to_numpy()
    spread = np.zeros(len(frame))
    for axis in ("x", "y"):
        centre = (frame[axis] * share).groupby(frame["group"]).transform("sum")
        spread += ((frame[axis] - centre) ** 2).to_numpy()
    return pd.Series(frame["w"].to_numpy() * spread).groupby(frame["group"].to_numpy()).sum()
