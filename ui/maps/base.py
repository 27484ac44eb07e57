"""The ground of every map: plain background, water, roads by class, towns; all from the workspace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import shapely

from data.schemas import CLASS, NAME, ROAD_CLASSES
from geo.crs import to_lonlat
from ui.maps.layers import COARSE, Call, Layer, Style, add_layer
from ui.maps.palette import WATER
from ui.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# Class → width in pixels, colour, least zoom, tolerance in metres.
ROAD_LOOK: Mapping[str, tuple[float, str, int, float]] = {
    "motorway": (3.0, "#d99a4e", 0, 15),
    "trunk": (2.6, "#dcae66", 0, 15),
    "primary": (2.2, "#c9b27e", 0, 12),
    "secondary": (1.7, "#b3ab98", 11, 10),
    "tertiary": (1.3, "#a9b1ba", 12, 8),
    "residential": (1.0, "#b4bcc5", 14, 5),
    "service": (0.8, "#bcc4cc", 15, 5),
    "track": (0.8, "#d8d5c8", 15, 6),
    "path": (0.8, "#d8dcd0", 15, 6),
}
# Coordinates of all roads together, as the browser gets them; further classes stay off the map.
ROADS_BUDGET_BYTES = 900_000
_WATER_TOLERANCE_M, _LEAST_WATER_M2 = 8.0, 5_000.0


def base_map(extent: gpd.GeoDataFrame | gpd.GeoSeries, *, lang: str = "zh", credit: str = "") -> folium.Map:
    """
    Return an empty map that shows `extent`, with zoom, scale bar and credit line.

    Parameters
    ----------
    extent
        Any layer; its bounds are what the map shows at first.
    lang
        Language of what the map says itself.
    credit
        Our own credit line (source, 审图号); nothing else is named on the map.
    """
    t = words(lang)
    west, south, east, north = _bounds(extent)
    m = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        prefer_canvas=True,
        attribution_control=False,
        zoom_control=False,
        zoom_snap=0.25,
        min_zoom=7,
        max_zoom=19,
    )
    spec = {
        "bounds": [[south, west], [north, east]],
        "credit": credit,
        "words": {
            "lang": {"zh": "zh-CN"}.get(lang, lang),
            "zoomIn": t("map.zoom_in"),
            "zoomOut": t("map.zoom_out"),
            "close": t("map.close"),
            "zoomCloser": t("map.zoom_closer"),
            "code": t("map.code"),
        },
    }
    Call("open", spec, files=("details.js", "labels.js", "legend.js", "search.js")).add_to(m)
    return m


def add_base(
    tables: Mapping[str, Any], *, lang: str = "zh", m: folium.Map, budget: int = ROADS_BUDGET_BYTES
) -> list[str]:
    """
    Add water, roads and town borders below what follows, and return the road classes left out.

    Parameters
    ----------
    tables
        Frames by table name; those that are missing or empty are passed over.
    budget
        Bytes that the roads may take; minor classes are left out beyond it.
    """
    t = words(lang)
    if (water := present(tables, "water")) is not None:
        shapes = _simplified(water[water.area > _LEAST_WATER_M2], _WATER_TOLERANCE_M)
        style = Style(fill=WATER, opacity=1, line=None)
        add_layer(m, _ground("water", t("table.water"), shapes, style))
    left_out = add_roads(tables, lang=lang, m=m, budget=budget)
    if (towns := present(tables, "towns")) is not None:
        names = towns[NAME].tolist() if NAME in towns else None
        layer = Layer(
            key="towns",
            title=t("table.towns"),
            frame=_simplified(towns, 5.0),
            styles=[Style(line="#5b6b7c", weight=1.6, dash="7 4 2 4")],
            name=names,
            interactive=False,
            above=True,
            label=(0, "town"),
        )
        add_layer(m, layer)
    return left_out


def add_roads(tables: Mapping[str, Any], *, lang: str, m: folium.Map, budget: int) -> list[str]:
    """Add the roads, one layer a class, widest on top; return the classes left out for their size."""
    roads = present(tables, "roads")
    if roads is None:
        return []
    t = words(lang)
    classes = roads[CLASS] if CLASS in roads else _all("tertiary", roads)
    classes = classes.where(classes.isin(ROAD_CLASSES), "residential")
    left_out, layers, used = [], [], 0
    for name in ROAD_CLASSES:
        if not (classes == name).any():
            continue
        width, colour, zoom, tolerance = ROAD_LOOK[name]
        lines = _merged_lines(roads[classes == name], tolerance)
        layer = Layer(
            key=f"road-{name}",
            title=t(f"road.{name}"),
            frame=lines,
            styles=[Style(line=colour, weight=width)],
            zoom=zoom,
            interactive=False,
            switch=False,
            scale=COARSE,
        )
        size = len(json.dumps(layer.data()["xy"], separators=(",", ":")))
        if used + size > budget:
            left_out.append(name)
            continue
        used += size
        layers.append(layer)
    for layer in reversed(layers):
        add_layer(m, layer)
    return left_out


def present(tables: Mapping[str, Any], name: str) -> gpd.GeoDataFrame | None:
    """Return the located rows of a table, or None if there are none."""
    frame = tables.get(name)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        return None
    located = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return None if located.empty else located


def simplified(frame: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    """
    Return polygons with fewer vertices for drawing; shared borders stay shared where they match exactly.

    Never for anything that is measured.
    """
    shapes = frame.geometry.to_numpy()
    if bool(shapely.is_valid(shapes).all()):
        # Borders that match are thinned alike on both sides, also where others do not match.
        drawn = shapely.coverage_simplify(shapes, tolerance_m)
    else:
        drawn = shapely.simplify(shapes, tolerance_m / 2)
    drawn = [old if new is None or new.is_empty else new for old, new in zip(shapes, drawn, strict=True)]
    return frame.set_geometry(gpd.GeoSeries(drawn, index=frame.index, crs=frame.crs))


def _ground(key: str, title: str, frame: gpd.GeoDataFrame, style: Style) -> Layer:
    return Layer(key=key, title=title, frame=frame, styles=[style], interactive=False, scale=COARSE)


def _simplified(frame: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    return frame.set_geometry(frame.geometry.simplify(tolerance_m))


def _merged_lines(roads: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    merged = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(roads.geometry.to_numpy())))
    # Line by line: keeping the topology of the whole costs ten times as much and nothing here needs it.
    drawn = shapely.simplify(shapely.get_parts(merged), tolerance_m, preserve_topology=False)
    return gpd.GeoDataFrame(geometry=[shapely.multilinestrings(drawn)], crs=roads.crs)


def _bounds(extent: gpd.GeoDataFrame | gpd.GeoSeries) -> tuple[float, float, float, float]:
    if not len(extent):
        return (73.0, 18.0, 135.0, 54.0)
    west, south, east, north = to_lonlat(extent.geometry).total_bounds
    return (73.0, 18.0, 135.0, 54.0) if west != west else (west, south, east, north)  # noqa: PLR0124


def _all(value: str, frame: gpd.GeoDataFrame) -> pd.Series:
    import pandas as pd

    return pd.Series(value, index=frame.index)
