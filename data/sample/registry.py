"""Codes and names: towns, stations, villages, grids and zones as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from data.sample.frame import COUNTY_CODE, METRIC_CRS, Ints, stream
from data.sample.names import Namer
from data.sample.settle import CORE, PLAIN, TOWN_KINDS
from data.schemas import (
    CLASS,
    COMMUNITY,
    FLOATING,
    GRID_ID,
    HOUSES,
    KEY_UNITS,
    KIND,
    NAME,
    RENTED,
    RESIDENTS,
    STATION_ID,
    TOWN_ID,
    VENUES,
    VILLAGE,
    VILLAGE_ID,
    ZONE_ID,
)

if TYPE_CHECKING:
    from shapely.geometry import Polygon

    from data.sample.drawing import Drawing
    from data.sample.hierarchy import Hierarchy
    from data.sample.people import People
    from data.sample.zones import ZonePlan

_NUMERALS = "一二三四五六七八九十"
_BAND_M = 350.0


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Ids and names of every region, in the order in which the region was made."""

    town_id: list[str]
    town_name: list[str]
    station_id: list[str]
    village_id: list[str]
    village_name: list[str]
    grid_id: list[str]
    zone_id: list[str]
    zone_name: list[str]


def make_registry(
    seed: int, hierarchy: Hierarchy, plan: ZonePlan, grids: list[Polygon], drawing: Drawing
) -> Registry:
    """Return codes as the statistical office forms them, and invented names."""
    namer = Namer(stream(seed, "names"))
    town_stem = [namer.draw() for _ in TOWN_KINDS]
    town_id, town_name, seen = [], [], {True: 0, False: 0}
    for stem, kind in zip(town_stem, TOWN_KINDS, strict=True):
        urban = kind == CORE
        # Subdistricts count from 001, towns from 100.
        seen[urban] += 1
        town_id.append(f"{COUNTY_CODE}{seen[urban] if urban else 99 + seen[urban]:03d}")
        town_name.append(stem + ("街道" if urban else "镇"))
    village_id, village_name = _villages(namer, hierarchy, town_id)
    station_id = [f"{COUNTY_CODE}{t + 1:02d}" for t in range(len(town_id))]
    zone_id, zone_name = _zones(plan, drawing, station_id, town_stem)
    return Registry(
        town_id=town_id,
        town_name=town_name,
        station_id=station_id,
        village_id=village_id,
        village_name=village_name,
        grid_id=_grid_ids(hierarchy, grids, village_id),
        zone_id=zone_id,
        zone_name=zone_name,
    )


def _villages(namer: Namer, hierarchy: Hierarchy, town_id: list[str]) -> tuple[list[str], list[str]]:
    ids, names = [], []
    counts: dict[tuple[int, bool], int] = {}
    for town, community in zip(
        hierarchy.village_town.tolist(), hierarchy.village_community.tolist(), strict=True
    ):
        number = counts[town, community] = counts.get((town, community), 0) + 1
        # Communities count from 001, villages from 200.
        ids.append(f"{town_id[town]}{number if community else 199 + number:03d}")
        names.append(namer.draw("{}社区" if community else "{}村"))
    return ids, names


def _grid_ids(hierarchy: Hierarchy, grids: list[Polygon], village_id: list[str]) -> list[str]:
    middle = shapely.get_coordinates(shapely.centroid(grids))
    # Read like a page: bands from north to south, each from west to east.
    band = -np.floor(middle[:, 1] / _BAND_M)
    order = np.lexsort((middle[:, 0], band, hierarchy.grid_village))
    village = hierarchy.grid_village[order]
    number = np.arange(len(order)) - np.searchsorted(village, village) + 1
    ids = np.empty(len(order), dtype=object)
    ids[order] = [f"{village_id[v]}{n:03d}" for v, n in zip(village.tolist(), number.tolist(), strict=True)]
    return list(ids)


def _zones(
    plan: ZonePlan, drawing: Drawing, station_id: list[str], stems: list[str]
) -> tuple[list[str], list[str]]:
    middle = shapely.get_coordinates(shapely.centroid(drawing.shapes))
    order = np.lexsort((-middle[:, 1], plan.zone_town))
    ids, names = [""] * len(order), [""] * len(order)
    town = plan.zone_town[order]
    number = np.arange(len(order)) - np.searchsorted(town, town) + 1
    for zone, t, n in zip(order.tolist(), town.tolist(), number.tolist(), strict=True):
        ids[zone] = f"{station_id[t]}{n:02d}"
        names[zone] = f"{stems[t]}所{_numeral(n)}警区"
    return ids, names


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    text = _NUMERALS[ones - 1] if ones else ""
    return text if tens == 0 else ("" if tens == 1 else _NUMERALS[tens - 1]) + "十" + text


def region_tables(
    registry: Registry,
    hierarchy: Hierarchy,
    people: People,
    plan: ZonePlan,
    grids: list[Polygon],
    drawing: Drawing,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables of towns, stations, villages, grids and zones, each in code order."""
    shapes = np.array(grids, dtype=object)
    village_shapes = [
        shapely.coverage_union_all(shapes[hierarchy.grid_village == v])
        for v in range(len(registry.village_id))
    ]
    of_town = np.array(village_shapes, dtype=object)
    towns = [
        shapely.coverage_union_all(of_town[hierarchy.village_town == t]) for t in range(len(registry.town_id))
    ]
    stations = [name.removesuffix("街道").removesuffix("镇") + "派出所" for name in registry.town_name]
    classes = ["first" if k == CORE else "second" if k == PLAIN else "third" for k in TOWN_KINDS]
    village_town, grid_village = hierarchy.village_town, hierarchy.grid_village
    return {
        "towns": _table({TOWN_ID: registry.town_id, NAME: registry.town_name}, towns),
        "stations": _table(
            {STATION_ID: registry.station_id, NAME: stations, CLASS: classes, TOWN_ID: registry.town_id},
            towns,
        ),
        "villages": _table(
            {
                VILLAGE_ID: registry.village_id,
                NAME: registry.village_name,
                KIND: [COMMUNITY if c else VILLAGE for c in hierarchy.village_community],
                TOWN_ID: _taken(registry.town_id, village_town),
                STATION_ID: _taken(registry.station_id, village_town),
            },
            village_shapes,
        ),
        "grids": _table(
            {
                GRID_ID: registry.grid_id,
                NAME: [
                    f"{registry.village_name[v]}第{_numeral(int(code[-3:]))}网格"
                    for v, code in zip(grid_village.tolist(), registry.grid_id, strict=True)
                ],
                VILLAGE_ID: _taken(registry.village_id, grid_village),
                STATION_ID: _taken(registry.station_id, village_town[grid_village]),
                RESIDENTS: people.residents,
                FLOATING: people.floating,
                HOUSES: people.houses,
                RENTED: people.rented,
                VENUES: people.venues,
                KEY_UNITS: people.key_units,
            },
            grids,
        ),
        "zones": _table(
            {
                ZONE_ID: registry.zone_id,
                NAME: registry.zone_name,
                STATION_ID: _taken(registry.station_id, plan.zone_town),
            },
            drawing.shapes,
        ),
    }


def _taken(values: list[str], index: Ints) -> list[str]:
    return [values[i] for i in index.tolist()]


def _table(columns: dict[str, object], shapes: object) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=METRIC_CRS)  # type: ignore[call-overload]
    return frame.sort_values(frame.columns[0]).reset_index(drop=True)
