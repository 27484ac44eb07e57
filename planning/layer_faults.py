"""What is wrong with the layers themselves: invalid shapes, overlaps, gaps, people outside every grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from data.schemas import RESIDENTS
from geo.coverage import gaps, has_shape, invalid_reasons, overlaps
from geo.nesting import points_outside
from planning.findings import finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import geopandas as gpd

    from planning.hierarchy import Layers

# Smaller gaps and overlaps are counted together: two clerks' lines leave hundreds of them.
_SLIVER_M2 = 100.0


def layer_findings(layers: Layers, table: str, empty_zones: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """
    Yield the faults of one layer's shapes: absent, without area, invalid, overlapping, leaving gaps.

    Parameters
    ----------
    empty_zones
        Zones that win no grid: that these have no shape after a repair is said elsewhere.
    """
    shapes = layers.shapes(table)
    if shapes is None:
        return
    key = str(shapes.index.name)
    drawn = layers.tables[table].set_index(key).geometry
    for label in drawn.index[~has_shape(drawn)]:
        if table != "zones" or label not in empty_zones:
            yield finding("geometry_absent", table, label)
    drawn = drawn[has_shape(drawn)]
    whole = drawn.index.isin(shapes.index)
    for label, shape in drawn[~whole].items():
        yield finding("geometry_no_area", table, label, geometry=shape)
    for label, why in invalid_reasons(drawn[whole]).items():
        yield finding("geometry_invalid", table, label, geometry=drawn.at[label], why=why)
    double, open_places = overlaps(shapes), gaps(shapes)
    small, slight = double["area_m2"] < _SLIVER_M2, open_places["area_m2"] < _SLIVER_M2
    yield from _overlap_findings(table, double[~small])
    yield from _gap_findings(table, open_places[~slight], shapes)
    yield from _sliver_finding(table, open_places[slight], double[small])


def population_findings(layers: Layers) -> Iterator[dict[str, Any]]:
    """Yield one finding for all people who live in no grid, where people decide."""
    grids, people = layers.shapes("grids"), layers.tables.get("population")
    if layers.params.by != "residents" or grids is None or people is None:
        return
    outside = people[points_outside(grids, people.geometry)]
    if len(outside):
        residents = int(outside[RESIDENTS].sum())
        yield finding("population_outside", "population", "", points=len(outside), residents=residents)


def _overlap_findings(table: str, places: gpd.GeoDataFrame) -> Iterator[dict[str, Any]]:
    for row in places.itertuples():
        yield finding(
            "layer_overlap", table, row.left, other=row.right, area_m2=row.area_m2, geometry=row.geometry
        )


def _gap_findings(table: str, places: gpd.GeoDataFrame, shapes: gpd.GeoSeries) -> Iterator[dict[str, Any]]:
    beside = _beside(places, shapes)
    for row in places.itertuples():
        names = beside.get(row.Index, [""])
        yield finding(
            "layer_gap",
            table,
            names[0],
            other=", ".join(names[1:]),
            area_m2=row.area_m2,
            geometry=row.geometry,
            width_m=row.width_m,
        )


def _sliver_finding(
    table: str, open_slivers: gpd.GeoDataFrame, double_slivers: gpd.GeoDataFrame
) -> Iterator[dict[str, Any]]:
    """Yield one finding for all that is too small to be mended one by one."""
    places = [*open_slivers.geometry, *double_slivers.geometry]
    if places:
        yield finding(
            "layer_slivers",
            table,
            "",
            area_m2=float(open_slivers["area_m2"].sum() + double_slivers["area_m2"].sum()),
            geometry=shapely.union_all(places),
            gaps=len(open_slivers),
            overlaps=len(double_slivers),
        )


def _beside(places: gpd.GeoDataFrame, shapes: gpd.GeoSeries) -> dict[int, list[str]]:
    at, near = shapes.sindex.query(places.geometry.to_numpy(), predicate="intersects")
    beside: dict[int, list[str]] = {}
    for place, label in sorted(zip(at.tolist(), shapes.index[near], strict=True)):
        beside.setdefault(place, []).append(str(label))
    return beside
