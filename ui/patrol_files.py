"""A day of patrols in a folder of files: the plan as JSON, the rounds and visits as map layers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from data.clock import clock_text
from data.exporting import export_bytes, export_layer, export_layers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planning.patrol.plan import DayPlan, Route
    from ui.patrol_ground import Day

FILES = ("plan.json", "routes.gpkg", "routes.geojson")


def write_day(folder: Path, day: Day, plan: DayPlan, facts: Mapping[str, Any]) -> list[str]:
    """
    Write a planned day, and return the names of the files; those of an earlier one are replaced.

    Parameters
    ----------
    facts
        What `gridbeat patrol day --json` says.
    """
    export_bytes(json.dumps(facts, ensure_ascii=False, indent=1).encode(), folder / "plan.json")
    if not plan.routes:
        for name in FILES[1:]:
            (folder / name).unlink(missing_ok=True)
        return ["plan.json"]
    layers = {"routes": route_layer(day, plan), "visits": visit_layer(day, plan)}
    export_layers(layers, folder / "routes.gpkg")
    export_layer(layers["routes"], folder / "routes.geojson", name="routes")
    return [*FILES]


def route_layer(day: Day, plan: DayPlan) -> gpd.GeoDataFrame:
    """
    Return the legs of all rounds as lines in the district's CRS.

    Columns team_id, team, number (of the leg, from 1), stop (where it leads; "" back), minutes, metres.
    """
    rows = [leg for route in plan.routes for leg in _legs(day, route)]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=day.places.crs)


def visit_layer(day: Day, plan: DayPlan) -> gpd.GeoDataFrame:
    """
    Return all visits as points in the district's CRS.

    Columns team_id, team, number, stop_id, stop, kind, arrive, begin, leave (HH:MM).
    """
    stops, teams = day.problem.stops, day.problem.teams
    rows = [
        {
            "team_id": route.team_id,
            "team": teams.at[route.team_id, "name"],
            "number": number,
            "stop_id": visit.stop_id,
            "stop": stops.at[visit.stop_id, "name"],
            "kind": stops.at[visit.stop_id, "kind"],
            **{name: clock_text(getattr(visit, f"{name}_ms")) for name in ("arrive", "begin", "leave")},
            "geometry": day.places[stops.at[visit.stop_id, "place"]],
        }
        for route in plan.routes
        for number, visit in enumerate(route.visits, start=1)
    ]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=day.places.crs)


def _legs(day: Day, route: Route) -> list[dict[str, Any]]:
    team, stops = day.problem.teams.loc[route.team_id], day.problem.stops
    places = [team["start"], *(stops.at[v.stop_id, "place"] for v in route.visits), team["start"]]
    pairs = list(zip(places[:-1], places[1:], strict=True))
    ways = day.problem.travel[team["travel_mode"]].legs(pairs)
    reached = [*(stops.at[visit.stop_id, "name"] for visit in route.visits), ""]
    return [
        {
            "team_id": route.team_id,
            "team": team["name"],
            "number": number,
            "stop": name,
            "minutes": round(int(way["ms"]) / 60_000, 1),
            "metres": int(way["m"]),
            "geometry": way["geometry"] if way["geometry"] is not None else shapely.LineString(),
        }
        for number, (name, way) in enumerate(zip(reached, ways.to_dict("records"), strict=True), start=1)
    ]
