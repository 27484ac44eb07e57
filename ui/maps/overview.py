"""警务治理要素图: towns, villages, zones, grids, posts, facilities, roads and water on one map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import (
    AREA_ID,
    COMMUNITY,
    FACILITY_ID,
    FLOATING,
    GRID_ID,
    KIND,
    NAME,
    POST_ID,
    RESIDENTS,
    STATION_ID,
    TOWN_ID,
    VILLAGE,
    VILLAGE_ID,
    ZONE_ID,
)
from ui.figures import post_kind
from ui.maps.base import add_base, base_map, present, simplified
from ui.maps.kinds import facility_styles, post_styles
from ui.maps.layers import Layer, Style, add_layer
from ui.maps.legend import add_legend
from ui.maps.palette import INK, zone_colours
from ui.maps.search import add_search
from ui.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import folium
    import geopandas as gpd

_DRAWN_TOLERANCE_M = 10.0


def elements_map(
    tables: Mapping[str, Any], *, lang: str = "zh", credit: str = "", m: folium.Map | None = None
) -> folium.Map:
    """
    Return the elements map of a district.

    Parameters
    ----------
    tables
        Frames by table name; every one of them may be missing.
    lang
        Language of what the map says itself.
    credit
        Credit line, with the 审图号.
    m
        A map to add to, instead of a new one.
    """
    t = words(lang)
    m = m or base_map(_extent(tables), lang=lang, credit=credit)
    left_out = add_base(tables, lang=lang, m=m)
    for build in (_zones, _grids, _villages, _areas, _facilities, _posts):
        layer = build(tables, t)
        if layer is not None:
            add_layer(m, layer)
    add_search(m, lang=lang)
    names = t.listed(t(f"road.{name}") for name in left_out)
    add_legend(m, lang=lang, notes=[t("map.roads_left_out", names=names)] if left_out else [])
    return m


def place_layers(tables: Mapping[str, Any], t: Words) -> list[Layer]:
    """Return zones, grids, areas, facilities and posts, where they are there, as layers that are off."""
    found = (build(tables, t) for build in (_zones, _grids, _areas, _facilities, _posts))
    return [replace(layer, shown=False) for layer in found if layer is not None]


def texts(frame: pd.DataFrame, column: str, names: Mapping[str, str] | None = None) -> list[str]:
    """Return a column as texts, each replaced by its name where `names` has one; blank where absent."""
    if column not in frame:
        return [""] * len(frame)
    values = frame[column]
    return ["" if pd.isna(v) else (names or {}).get(str(v), str(v)) for v in values]


def names_of(tables: Mapping[str, Any], table: str, key: str) -> dict[str, str]:
    """Return id → name of a table, for texts that name other things."""
    frame = tables.get(table)
    if frame is None or frame.empty or NAME not in frame:
        return {}
    named = frame[frame[NAME].notna()]
    return dict(zip(named[key].astype(str), named[NAME].astype(str), strict=True))


def counts_text(frame: pd.DataFrame, column: str, t: Words) -> list[str]:
    """Return a numeric column as texts in the language's habit."""
    return [t.number(v) if pd.notna(v) else "" for v in frame[column]] if column in frame else []


def _extent(tables: Mapping[str, Any]) -> gpd.GeoDataFrame:
    import geopandas as gpd

    for name in ("grids", "zones", "villages", "towns", "stations", "posts", "roads"):
        if (frame := present(tables, name)) is not None:
            return frame
    return gpd.GeoDataFrame(geometry=[], crs=4326)


def _zones(tables: Mapping[str, Any], t: Words) -> Layer | None:
    zones = present(tables, "zones")
    if zones is None:
        return None
    colours = zone_colours(zones).tolist()
    distinct = list(dict.fromkeys(colours))
    return Layer(
        key="zones",
        title=t("table.zones"),
        frame=simplified(zones, _DRAWN_TOLERANCE_M),
        styles=[Style(fill=c, opacity=0.22, line=INK, weight=1.2) for c in distinct],
        style_of=[distinct.index(c) for c in colours],
        name=texts(zones, NAME),
        code=texts(zones, ZONE_ID),
        fields=_filled(
            {
                t("column.station_id"): texts(zones, STATION_ID, names_of(tables, "stations", STATION_ID)),
                t("unit.area"): [t.area(area) for area in zones.area],
            }
        ),
        label=(11, "zone"),
        searchable=True,
    )


def _grids(tables: Mapping[str, Any], t: Words) -> Layer | None:
    grids = present(tables, "grids")
    if grids is None:
        return None
    fields = {t("column.village_id"): texts(grids, VILLAGE_ID, names_of(tables, "villages", VILLAGE_ID))}
    fields |= {
        t(f"column.{name}"): counts_text(grids, name, t)
        for name in (RESIDENTS, FLOATING, "houses", "rented", "venues", "key_units")
    }
    return Layer(
        key="grids",
        title=t("table.grids"),
        frame=simplified(grids, _DRAWN_TOLERANCE_M),
        # A fill that cannot be seen still answers to the pointer.
        styles=[Style(fill="#ffffff", opacity=0.01, line="#5f7081", weight=0.6)],
        name=texts(grids, NAME),
        code=texts(grids, GRID_ID),
        fields=_filled(fields),
        # Far out the zones stand for them; where there are none the grids are all there is to see.
        zoom=0 if present(tables, "zones") is None else 13,
        label=(15, "small"),
        searchable=True,
    )


def _villages(tables: Mapping[str, Any], t: Words) -> Layer | None:
    villages = present(tables, "villages")
    if villages is None:
        return None
    kinds = (VILLAGE, COMMUNITY)
    styles = [
        Style(fill="#8fbf8f", opacity=0.12, line="#3f7f4f", weight=1, dash="4 3", title=t("village.village")),
        Style(
            fill="#b79fcf", opacity=0.2, line="#6b4f8f", weight=1, dash="4 3", title=t("village.community")
        ),
    ]
    kind = villages[KIND] if KIND in villages else pd.Series(VILLAGE, index=villages.index)
    return Layer(
        key="villages",
        title=t("table.villages"),
        frame=simplified(villages, _DRAWN_TOLERANCE_M),
        styles=styles,
        style_of=[kinds.index(k) if k in kinds else 0 for k in kind],
        name=texts(villages, NAME),
        code=texts(villages, VILLAGE_ID),
        fields=_filled(
            {
                t("column.kind"): [t.name("village", k) for k in kind],
                t("column.town_id"): texts(villages, TOWN_ID, names_of(tables, "towns", TOWN_ID)),
                t("column.station_id"): texts(villages, STATION_ID, names_of(tables, "stations", STATION_ID)),
            }
        ),
        shown=False,
        label=(12, "small"),
        searchable=True,
    )


def _areas(tables: Mapping[str, Any], t: Words) -> Layer | None:
    areas = present(tables, "areas")
    if areas is None:
        return None
    kinds = _kinds(areas)
    return Layer(
        key="areas",
        title=t("table.areas"),
        frame=areas.set_geometry(areas.geometry.simplify(_DRAWN_TOLERANCE_M)),
        styles=[Style(fill="#d9a0a0", pattern="hatch", line="#8c2d2d", weight=1.4)],
        name=texts(areas, NAME),
        code=texts(areas, AREA_ID),
        fields=_filled({t("column.kind"): [t.name("area", kind) for kind in kinds]}),
        shown=False,
        searchable=True,
    )


def _facilities(tables: Mapping[str, Any], t: Words) -> Layer | None:
    facilities = present(tables, "facilities")
    if facilities is None:
        return None
    kinds = _kinds(facilities)
    styles = facility_styles(kinds, lambda kind: t.name("facility", kind))
    return _points(tables, "facilities", facilities, FACILITY_ID, kinds, styles, t, shown=False)


def _posts(tables: Mapping[str, Any], t: Words) -> Layer | None:
    posts = present(tables, "posts")
    if posts is None:
        return None
    kinds = [post_kind(kind) for kind in _kinds(posts)]
    styles = post_styles(kinds, lambda kind: t.name("post", kind))
    return _points(tables, "posts", posts, POST_ID, kinds, styles, t, shown=True)


def _points(
    tables: Mapping[str, Any],
    table: str,
    frame: gpd.GeoDataFrame,
    key: str,
    kinds: Sequence[str],
    styles: Mapping[str, Style],
    t: Words,
    *,
    shown: bool,
) -> Layer:
    distinct = list(styles)
    return Layer(
        key=table,
        title=t(f"table.{table}"),
        frame=frame,
        styles=list(styles.values()),
        style_of=[distinct.index(kind) for kind in kinds],
        name=texts(frame, NAME),
        code=texts(frame, key),
        fields=_filled(
            {
                t("column.kind"): [styles[kind].title or "" for kind in kinds],
                t("column.village_id"): texts(frame, VILLAGE_ID, names_of(tables, "villages", VILLAGE_ID)),
            }
        ),
        shown=shown,
        label=(15, "small"),
        searchable=True,
    )


def _kinds(frame: pd.DataFrame) -> list[str]:
    return texts(frame, KIND)


def _filled(fields: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {label: values for label, values in fields.items() if any(values)}
