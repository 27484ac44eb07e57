"""A day of patrols as files for other programs: the plan as JSON, the rounds and visits as map layers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from data.clock import clock_text
from data.exporting import export_layer, export_layers
from data.files import private_folder
from planning.patrol.whereabouts import route_legs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.patrol.plan import DayPlan, DayProblem

_VISIT = ("team_id", "team", "number", "stop_id", "stop", "kind", "arrive", "begin", "leave")


def day_files(
    problem: DayProblem, plan: DayPlan, places: gpd.GeoSeries, facts: Mapping[str, Any]
) -> dict[str, bytes]:
    """
    Return the files of a planned day by name, the same in every language; without layers if nobody goes out.

    Parameters
    ----------
    places
        Point of each label of the travel times, in the district's CRS.
    facts
        What `gridbeat patrol day --json` says.
    """
    files = {"plan.json": json.dumps(facts, ensure_ascii=False, indent=1).encode()}
    if not plan.routes:
        return files
    routes = route_layer(problem, plan)
    with private_folder() as private:
        geojson = export_layer(routes, Path(private) / "routes.geojson", name="routes")
        return {
            **files,
            "routes.gpkg": layers_file(problem, plan, places),
            geojson.name: geojson.read_bytes(),
        }


def layers_file(problem: DayProblem, plan: DayPlan, places: gpd.GeoSeries) -> bytes:
    """Return a GeoPackage of `route_layer` and `visit_layer`, for a plan in which somebody goes out."""
    layers = {"routes": route_layer(problem, plan), "visits": visit_layer(problem, plan, places)}
    with private_folder() as private:
        return export_layers(layers, Path(private) / "routes.gpkg").read_bytes()


def route_layer(problem: DayProblem, plan: DayPlan) -> gpd.GeoDataFrame:
    """
    Return the legs of all rounds as lines in the district's CRS.

    Columns team_id, team, number (of the leg, from 1), stop (where it leads; "" back), minutes, metres.
    """
    legs = route_legs(problem, plan)
    names = problem.stops["name"]
    frame = pd.DataFrame(
        {
            "team_id": legs["team_id"],
            "team": legs["team_id"].map(problem.teams["name"]),
            "number": legs["position"] + 1,
            "stop": [names[stop] if stop else "" for stop in legs["stop_id"]],
            "minutes": (legs["ms"] / 60_000).round(1),
            "metres": legs["m"],
        }
    )
    ways = [way if way is not None else shapely.LineString() for way in legs.geometry]
    return gpd.GeoDataFrame(frame, geometry=ways, crs=legs.crs)


def visit_layer(problem: DayProblem, plan: DayPlan, places: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """
    Return all visits as points in the district's CRS.

    Columns team_id, team, number, stop_id, stop, kind, arrive, begin, leave (HH:MM).
    """
    stops, teams = problem.stops, problem.teams
    rows = [
        {
            "team_id": route.team_id,
            "team": teams.at[route.team_id, "name"],
            "number": number,
            "stop_id": visit.stop_id,
            "stop": stops.at[visit.stop_id, "name"],
            "kind": stops.at[visit.stop_id, "kind"],
            **{name: clock_text(getattr(visit, f"{name}_ms")) for name in ("arrive", "begin", "leave")},
        }
        for route in plan.routes
        for number, visit in enumerate(route.visits, start=1)
    ]
    points = places.loc[[stops.at[row["stop_id"], "place"] for row in rows]]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(_VISIT)), geometry=points.to_numpy(), crs=places.crs
    )
