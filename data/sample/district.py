"""The invented district as a whole: each stage in turn, then its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.sample.calls import make_incidents
from data.sample.drawing import draw_zones
from data.sample.frame import DISTRICT_NAME, METRIC_CRS, stream
from data.sample.hierarchy import make_hierarchy
from data.sample.indicators import make_indicators
from data.sample.mesh import make_mesh, outlines
from data.sample.network import make_network
from data.sample.patrols import stops_table, teams_table
from data.sample.people import make_people, population_table
from data.sample.places import areas_table, facilities_table, posts_table, staff_table, village_points
from data.sample.registry import make_registry, region_tables
from data.sample.roads import roads_table
from data.sample.settle import town_centres, wanted_spacing
from data.sample.streets import make_ways
from data.sample.terrain import make_terrain
from data.sample.water import make_water, water_table
from data.sample.zones import make_zones

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS


@dataclass(frozen=True, kw_only=True)
class District:
    """
    An invented district.

    Parameters
    ----------
    name
        Its Chinese name.
    crs
        The metric CRS of every geometry.
    tables
        Frames by table name, as in `data.schemas.TABLES`.
    """

    name: str
    crs: CRS
    tables: dict[str, gpd.GeoDataFrame | pd.DataFrame]


def make_district(seed: int = 0) -> District:
    """Return the district of a seed: the same seed gives the same tables."""
    terrain = make_terrain(seed)
    centres = town_centres(seed, terrain)
    water = make_water(seed, terrain, centres)
    spacing = wanted_spacing(seed, terrain, centres)
    lines = [water.river, *water.streams, *water.canals]
    mesh = make_mesh(stream(seed, "mesh"), spacing, np.unique(spacing), lines)
    hierarchy = make_hierarchy(seed, terrain, water, mesh, centres)
    grids = outlines(mesh, hierarchy.grid)
    outline = shapely.coverage_union_all(grids)
    plan = make_zones(seed, mesh, hierarchy)
    drawing = draw_zones(seed, plan, grids)
    people = make_people(seed, mesh, hierarchy, plan.present, grids)
    registry = make_registry(seed, hierarchy, plan, grids, drawing)
    village_xy = village_points(mesh, hierarchy, people)
    ways = make_ways(seed, terrain, water, mesh, hierarchy, centres, outline)
    network = make_network(seed, ways, centres, village_xy, terrain.height_at(village_xy) > 22)
    facilities = facilities_table(seed, hierarchy, people, registry, village_xy)
    village, town = hierarchy.grid_village, hierarchy.village_town[hierarchy.grid_village]
    incidents = make_incidents(seed, people, plan, village, town, registry.grid_id)
    present = np.bincount(village, people.present())
    tables: dict[str, gpd.GeoDataFrame | pd.DataFrame] = {
        **region_tables(registry, hierarchy, people, plan, grids, drawing),
        "posts": posts_table(seed, hierarchy, people, registry, village_xy),
        "roads": roads_table(seed, ways, network, water, outline),
        "water": water_table(water, outline),
        "areas": areas_table(seed, people, outline),
        "facilities": facilities,
        "population": population_table(people),
        "incidents": incidents,
        "indicators": make_indicators(
            seed, incidents, registry.village_id, present, hierarchy.village_community
        ),
        "staff": staff_table(hierarchy, people, plan, registry, facilities),
    }
    tables |= {"teams": teams_table(seed, tables), "stops": stops_table(seed, tables)}
    return District(name=DISTRICT_NAME, crs=METRIC_CRS, tables=tables)
