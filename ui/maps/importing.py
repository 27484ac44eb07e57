"""What a file would bring: its shapes over what is loaded, findings as numbers, another reading beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from data.reporting import WEIGHTS
from data.schemas import NAME, TABLES
from geo.coverage import has_shape
from geo.crs import LONLAT
from ui.maps.base import add_base, base_map, present
from ui.maps.layers import Layer, Style, add_layer
from ui.maps.legend import add_legend
from ui.maps.overview import texts
from ui.maps.search import add_search
from ui.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import folium
    import pandas as pd

NEW, OTHER = "#1f78b4", "#1b7837"
_LOADED = ("zones", "villages", "stations", "grids", "areas")
_LINES: Mapping[str, tuple[str, float]] = {
    "zones": ("#35475a", 1.5),
    "villages": ("#7a8796", 1.1),
    "stations": ("#5b6b7c", 1.5),
    "grids": ("#9aa5b1", 0.7),
    "areas": ("#8c6bb1", 1.1),
}
_WEIGHT_STYLES = {
    "fault": ("#c4261d", "triangle"),
    "suggestion": ("#b35806", "star"),
    "note": ("#5a6878", "circle"),
}
# More outlines than this only darken the map.
_LOADED_AT_MOST = 6_000
# Detail finer than this share of the layer's extent is not seen.
_SEEN = 1 / 4_000
_FOCUS_M = 300.0


def import_map(
    tables: Mapping[str, Any],
    shapes: gpd.GeoDataFrame,
    *,
    table: str,
    findings: gpd.GeoDataFrame | None = None,
    other: gpd.GeoSeries | None = None,
    other_title: str = "",
    focus: tuple[float, float] | None = None,
    with_loaded: bool = False,
    lang: str = "zh",
    credit: str = "",
) -> folium.Map:
    """
    Return the map of a file's shapes over what the district holds.

    Parameters
    ----------
    tables
        Frames by table name; every one of them may be missing.
    shapes
        The new rows with their shapes.
    table
        Where they go.
    findings
        Points with columns ``number``, ``weight``, ``what``; any CRS.
    other
        The shapes as another reading of the coordinates has them.
    other_title
        What the legend calls it.
    focus
        Longitude and latitude that the map shows from nearby, instead of all.
    with_loaded
        Whether the map shows the whole of what is loaded at first, not only the new shapes.
    """
    t = words(lang)
    shapes = shapes[has_shape(shapes.geometry)]
    loaded = {name: frame for name in _LOADED if (frame := present(tables, name)) is not None}
    m = base_map(_extent(shapes, other, loaded if with_loaded else {}, focus), lang=lang, credit=credit)
    add_base({"water": tables.get("water"), "towns": tables.get("towns")}, lang=lang, m=m)
    for name, frame in loaded.items():
        if len(frame) <= _LOADED_AT_MOST:
            add_layer(m, _outlines(name, frame, t, shown=name in _first_shown(loaded, table)))
    add_layer(m, _new(shapes, table, t))
    if other is not None:
        add_layer(m, _other(other, other_title))
    if findings is not None and len(findings):
        add_layer(m, _numbers(findings, t))
    add_search(m, lang=lang)
    add_legend(m, lang=lang)
    return m


def _extent(
    shapes: gpd.GeoDataFrame,
    other: gpd.GeoSeries | None,
    loaded: Mapping[str, gpd.GeoDataFrame],
    focus: tuple[float, float] | None,
) -> gpd.GeoSeries:
    if focus is not None:
        point = gpd.GeoSeries([shapely.Point(focus)], crs=LONLAT)
        return point.to_crs(point.estimate_utm_crs()).buffer(_FOCUS_M)
    parts = [shapes.geometry, *([] if other is None else [other]), *(f.geometry for f in loaded.values())]
    boxes = [shapely.box(*part.to_crs(LONLAT).total_bounds) for part in parts if len(part)]
    return gpd.GeoSeries(boxes, crs=LONLAT)


def _first_shown(loaded: Mapping[str, gpd.GeoDataFrame], table: str) -> set[str]:
    """Return the layers shown at first: what is to be replaced, and the one that says where we are."""
    return {table, next(iter(loaded), "")}


def _outlines(name: str, frame: gpd.GeoDataFrame, t: Words, *, shown: bool) -> Layer:
    colour, weight = _LINES[name]
    return Layer(
        key=f"loaded-{name}",
        title=t("import.map_loaded", table=t(f"table.{name}")),
        frame=_thinned(frame),
        styles=[Style(line=colour, weight=weight, dash="4 3")],
        interactive=False,
        shown=shown,
    )


def _new(shapes: gpd.GeoDataFrame, table: str, t: Words) -> Layer:
    kind = TABLES[table].shape
    style = (
        Style(fill=NEW, line="#ffffff", weight=1, opacity=0.95, size=4)
        if kind == "point"
        else Style(fill=NEW if kind == "polygon" else None, opacity=0.18, line=NEW, weight=1.4)
    )
    key = TABLES[table].key[:1]
    numbers = [str(row) for row in shapes.index]
    return Layer(
        key="new",
        title=t("import.map_new", table=t(f"table.{table}")),
        frame=_thinned(shapes),
        styles=[style],
        name=texts(shapes, NAME),
        code=texts(shapes, key[0]) if key else None,
        fields={t("import.row"): numbers},
        searchable=True,
    )


def _other(shapes: gpd.GeoSeries, title: str) -> Layer:
    frame = _thinned(gpd.GeoDataFrame(geometry=shapes[has_shape(shapes)]))
    points = bool((frame.geom_type == "Point").all())
    style = (
        Style(fill=OTHER, line="#ffffff", mark="diamond", opacity=0.95, size=4)
        if points
        else Style(line=OTHER, weight=1.6, dash="6 4")
    )
    return Layer(key="other", title=title, frame=frame, styles=[style], interactive=False, above=True)


def _numbers(findings: gpd.GeoDataFrame, t: Words) -> Layer:
    weights = [weight for weight in WEIGHTS if (findings["weight"] == weight).any()]
    styles = [
        Style(
            fill=_WEIGHT_STYLES[weight][0],
            mark=_WEIGHT_STYLES[weight][1],
            opacity=0.95,
            line="#ffffff",
            weight=1.2,
            size=5,
            title=t(f"import_weight.{weight}"),
        )
        for weight in weights
    ]
    return Layer(
        key="findings",
        title=t("import.map_findings"),
        frame=findings,
        styles=styles,
        style_of=[weights.index(weight) for weight in findings["weight"]],
        name=[str(number) for number in findings["number"]],
        fields={t("column.what"): findings["what"].tolist()},
        label=(0, "zone"),
    )


def _thinned(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return shapes without the detail that is not seen; never for anything that is measured."""
    west, south, east, north = frame.total_bounds
    tolerance = max(east - west, north - south) * _SEEN
    drawn = frame.geometry.simplify(tolerance)
    return frame.set_geometry(drawn.where(~drawn.is_empty, frame.geometry))


def placed_findings(listed: pd.DataFrame, shapes: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """
    Return the findings that have a place, as points: their own, else that of their row's shape.

    Parameters
    ----------
    listed
        Columns ``number``, ``weight``, ``what``, ``row``, ``lon``, ``lat``.
    shapes
        The rows' shapes, indexed by row.
    """
    points = gpd.GeoSeries.from_xy(listed["lon"], listed["lat"], index=listed.index, crs=LONLAT)
    points = points.where(listed["lon"].notna(), None)
    if shapes is not None:
        usable = shapes.geometry[has_shape(shapes.geometry)]
        usable = usable[~usable.index.duplicated()]
        wanted = listed.index[listed["lon"].isna() & listed["row"].isin(usable.index)]
        if len(wanted):
            at = usable.loc[listed.loc[wanted, "row"].astype(int)].representative_point().to_crs(LONLAT)
            points.loc[wanted] = at.to_numpy()
    frame = gpd.GeoDataFrame(listed, geometry=points, crs=LONLAT)
    return frame[has_shape(frame.geometry)]
