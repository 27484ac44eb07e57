"""How grids nest in zones: grids by status, problems as marks, zones before and after the repair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from data.schemas import GRID_ID, NAME, ZONE_ID
from geo.nesting import NESTED
from ui.maps.base import add_base, base_map, present, simplified
from ui.maps.layers import Layer, Style, add_layer
from ui.maps.legend import add_legend
from ui.maps.overview import names_of, texts
from ui.maps.palette import INK, STATUS_STYLES, zone_colours
from ui.maps.search import add_search
from ui.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import folium

_DRAWN_TOLERANCE_M = 6.0


def nesting_map(
    tables: Mapping[str, Any],
    nesting: Any,
    *,
    repaired: Any = None,
    lang: str = "zh",
    credit: str = "",
    m: folium.Map | None = None,
) -> folium.Map:
    """
    Return the map of a nesting: grids by status, zone borders, problems, and the repair if there is one.

    Parameters
    ----------
    tables
        Frames by table name; `grids` and `zones` with geometry are drawn.
    nesting
        What `planning.nesting.nest_district` found.
    repaired
        What `planning.repair.repair_district` made of it.
    lang, credit, m
        As for `ui.maps.overview.elements_map`.
    """
    t = words(lang)
    located = {name: frame for name in ("grids", "zones") if (frame := present(tables, name)) is not None}
    extent = located.get("grids", located.get("zones", gpd.GeoDataFrame(geometry=[], crs=4326)))
    m = m or base_map(extent, lang=lang, credit=credit)
    add_base({name: tables.get(name) for name in ("water", "towns")}, lang=lang, m=m)
    for layer in _layers(tables, located, nesting, repaired, t):
        add_layer(m, layer)
    add_search(m, lang=lang)
    add_legend(m, lang=lang)
    return m


def _layers(
    tables: Mapping[str, Any], located: Mapping[str, gpd.GeoDataFrame], nesting: Any, repaired: Any, t: Words
) -> list[Layer]:
    layers = []
    zone_names = names_of(tables, "zones", ZONE_ID)
    if "grids" in located:
        layers.append(status_layer(located["grids"], nesting, zone_names, t, shown=repaired is None))
    if repaired is not None and "grids" in located:
        layers.append(_after(located["grids"], repaired, zone_names, t))
        layers.append(_moved(located["grids"], repaired, zone_names, t))
    if "zones" in located:
        layers.append(_borders(located["zones"], t, shown=repaired is None))
    if repaired is not None and (after := present({"zones": repaired.zones}, "zones")) is not None:
        layers.append(_new_borders(after, t))
    if (problems := problem_layer(nesting.findings, t, shown=repaired is None)) is not None:
        layers.append(problems)
    return layers


def status_of(grids: pd.DataFrame) -> pd.Series:
    """Return what a grid is shown as: exempt and enclave first, then its status."""
    status = grids["status"].astype(object)
    for flag in ("enclave", "exempt"):
        if flag in grids:
            status = status.mask(grids[flag].fillna(False).astype(bool), flag)
    return status


def status_layer(
    frame: gpd.GeoDataFrame, nesting: Any, zone_names: Mapping[str, str], t: Words, *, shown: bool = True
) -> Layer:
    """Return the grids coloured and hatched by how they nest."""
    found = nesting.grids.reindex(frame[GRID_ID].astype(str))
    status = status_of(found).fillna("orphan").tolist()
    kinds = [kind for kind in STATUS_STYLES if kind in status]
    styles = [
        Style(
            fill=STATUS_STYLES[kind][0],
            pattern=STATUS_STYLES[kind][1],
            opacity=0.75,
            line="#8b9aab",
            weight=0.5,
            title=t(f"status.{kind}"),
        )
        for kind in kinds
    ]
    return Layer(
        key="status",
        title=t("nesting.map_status"),
        frame=simplified(frame, _DRAWN_TOLERANCE_M),
        styles=styles,
        style_of=[kinds.index(kind) if kind in kinds else 0 for kind in status],
        name=texts(frame, NAME),
        code=texts(frame, GRID_ID),
        fields={
            t("column.status"): [t.name("status", kind) for kind in status],
            t("column.zone_id"): [_zone(z, zone_names) for z in found["zone_id"]],
            t("column.share"): [t.percent(s) for s in found["share"]],
            t("column.second_zone_id"): [_zone(z, zone_names) for z in found["second_zone_id"]],
            t("column.second_share"): [t.percent(s) if s > 0 else "" for s in found["second_share"]],
        },
        shown=shown,
        group="grids",
        searchable=shown,
    )


def problem_layer(findings: gpd.GeoDataFrame, t: Words, *, shown: bool = True) -> Layer | None:
    """Return the findings that have a place as marks, each with its sentence and its remedy."""
    if not len(findings) or not isinstance(findings, gpd.GeoDataFrame):
        return None
    located = findings[~(findings.geometry.isna() | findings.geometry.is_empty)]
    if located.empty:
        return None
    codes = located["code"].tolist()
    kinds = list(pd.Series(codes).value_counts().index)
    colours = ("#c4261d", "#b35806", "#7b3294", "#1f78b4", "#1b7837", "#8c510a")
    marks = ("triangle", "diamond", "square", "star", "circle")
    styles = [
        Style(
            fill=colours[i % len(colours)],
            opacity=0.95,
            line="#ffffff",
            weight=1.2,
            mark=marks[i % len(marks)],
            size=4.6,
            title=t(f"finding.{kind}"),
        )
        for i, kind in enumerate(kinds)
    ]
    points = located.set_geometry(located.geometry.representative_point())
    return Layer(
        key="problems",
        title=t("nesting.map_problems"),
        frame=points,
        styles=styles,
        style_of=[kinds.index(code) for code in codes],
        name=[t.name("finding", code) for code in codes],
        code=texts(located, "id"),
        fields={
            t("column.what"): [
                t.sentence(code, facts) for code, facts in zip(codes, located["facts"], strict=True)
            ],
            t("column.remedy"): [
                t.remedy(code, facts) for code, facts in zip(codes, located["facts"], strict=True)
            ],
        },
        shown=shown,
        zoom=10,
    )


def _after(frame: gpd.GeoDataFrame, repaired: Any, zone_names: Mapping[str, str], t: Words) -> Layer:
    colour_of = zone_colours(repaired.zones)
    assigned = repaired.assignment.reindex(frame[GRID_ID].astype(str))
    colours = [colour_of.get(zone, "#ffffff") for zone in assigned]
    distinct = list(dict.fromkeys(colours))
    return Layer(
        key="after",
        title=t("nesting.map_after"),
        frame=frame,
        shares="status",
        styles=[Style(fill=c, opacity=0.42, line="#8b9aab", weight=0.5) for c in distinct],
        style_of=[distinct.index(c) for c in colours],
        name=texts(frame, NAME),
        code=texts(frame, GRID_ID),
        fields={t("column.zone_id"): [_zone(z, zone_names) for z in assigned]},
        group="grids",
        searchable=True,
    )


def _moved(frame: gpd.GeoDataFrame, repaired: Any, zone_names: Mapping[str, str], t: Words) -> Layer:
    moved = substantial(repaired.moved)
    area, to_zone = moved.groupby(GRID_ID)["area_m2"].sum(), moved.groupby(GRID_ID)["to_zone_id"].first()
    lost = moved.dropna(subset="from_zone_id").groupby(GRID_ID)["from_zone_id"].agg(list)
    rows = frame[frame[GRID_ID].astype(str).isin(area.index)]
    ids = rows[GRID_ID].astype(str)
    return Layer(
        key="moved",
        title=t("nesting.map_moved"),
        frame=rows,
        styles=[Style(fill="#c4261d", pattern="hatch", line="#b2182b", weight=1.4)],
        name=texts(rows, NAME),
        code=texts(rows, GRID_ID),
        fields={
            t("column.to_zone_id"): [_zone(zone, zone_names) for zone in ids.map(to_zone)],
            t("column.from_zone_id"): [
                t.listed(_zone(zone, zone_names) for zone in lost.get(grid, [])) for grid in ids
            ],
            t("column.area_m2"): [t.area(size) for size in ids.map(area)],
        },
    )


def substantial(moved: pd.DataFrame) -> pd.DataFrame:
    """Return the moves that decide something, without the slivers along the borders of nested grids."""
    return moved[moved["reason"] != NESTED]


def _borders(zones: gpd.GeoDataFrame, t: Words, *, shown: bool) -> Layer:
    return Layer(
        key="zones",
        title=t("nesting.map_zones"),
        frame=simplified(zones, _DRAWN_TOLERANCE_M),
        styles=[Style(line=INK if shown else "#a3195b", weight=1.6, dash=None if shown else "5 4")],
        shown=shown,
        name=texts(zones, NAME),
        code=texts(zones, ZONE_ID),
        interactive=False,
        above=True,
        searchable=True,
        label=(12, "zone"),
    )


def _new_borders(zones: gpd.GeoDataFrame, t: Words) -> Layer:
    return Layer(
        key="new-zones",
        title=t("nesting.map_new_zones"),
        frame=simplified(zones, _DRAWN_TOLERANCE_M),
        styles=[Style(line=INK, weight=1.7)],
        interactive=False,
        above=True,
    )


def _zone(zone: object, names: Mapping[str, str]) -> str:
    if zone is None or pd.isna(zone):
        return ""
    name = names.get(str(zone))
    return f"{name} ({zone})" if name else str(zone)
