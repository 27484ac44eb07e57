"""What patrols stand on, worked out once: roads by their version, a day by what was asked."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from data.workspace import Workspace
    from geo.road_network import RoadLayout
    from ui.patrol_ground import Day, PatrolGround

# What is drawn below the routes.
_DRAWN = ("villages", "grids", "stations", "towns", "roads", "water")


def ground_of(workspace: Workspace) -> PatrolGround:
    """Return what days of patrols in a district stand on, as it is now."""
    from ui.patrol_ground import DUTY_SETTING, SPEEDS_SETTING

    settings = {name: workspace.setting(name, {}) for name in (DUTY_SETTING, SPEEDS_SETTING)}
    return patrol_ground(str(workspace.path), workspace.stamp, json.dumps(settings, sort_keys=True))


@st.cache_resource(max_entries=4, show_spinner=False)
def patrol_ground(path: str, stamp: str, settings: str) -> PatrolGround:
    """Return what days of patrols stand on, under the bureau's settings (JSON)."""
    from data.workspace import Workspace
    from ui import patrol_ground as grounds

    workspace = Workspace.open(path)
    return grounds.patrol_ground(workspace, layout=road_layout(path, workspace.version_of("roads")))


@st.cache_resource(max_entries=2, show_spinner=False)
def road_layout(path: str, version: str) -> RoadLayout | None:
    """Return the roads of a district as they are travelled on."""
    from data.workspace import Workspace
    from ui import patrol_ground as grounds

    return grounds.road_layout(Workspace.open(path))


def day_of(workspace: Workspace, order: dict[str, Any]) -> Day:
    """Return a day as an order asks it (`ui.patrol_ground.DayOrder.to_dict`), as the district is now."""
    from ui.patrol_ground import DUTY_SETTING, SPEEDS_SETTING

    settings = {name: workspace.setting(name, {}) for name in (DUTY_SETTING, SPEEDS_SETTING)}
    return patrol_day(
        str(workspace.path),
        workspace.stamp,
        json.dumps(settings, sort_keys=True),
        json.dumps(order, sort_keys=True),
    )


@st.cache_resource(max_entries=6, show_spinner=False)
def patrol_day(path: str, stamp: str, settings: str, order: str) -> Day:
    """Return a day as an order (JSON) asks it; the first three arguments are those of `patrol_ground`."""
    from ui.patrol_ground import DayOrder, ordered_day

    return ordered_day(patrol_ground(path, stamp, settings), DayOrder.from_dict(json.loads(order)))


def drawn_ground(workspace: Workspace) -> tuple[str, dict[str, Any]]:
    """Return what lies under the routes, and a key of it that stays while teams and stops change."""
    versions = " ".join(workspace.version_of(table) for table in _DRAWN)
    key = hashlib.sha256(f"{workspace.path} {versions}".encode()).hexdigest()[:20]
    return key, _drawn_ground(str(workspace.path), versions)


@st.cache_resource(max_entries=3, show_spinner=False)
def _drawn_ground(path: str, versions: str) -> dict[str, Any]:
    from data.workspace import Workspace
    from ui.names import PlaceNames
    from ui.painter.patrol_geometry import GROUND_TABLES, patrol_geometry

    tables = Workspace.open(path).read_all(GROUND_TABLES)
    return patrol_geometry(tables, PlaceNames.of(tables))


@st.cache_resource(max_entries=2, show_spinner=False)
def roads(path: str, version: str) -> Any:
    """Return the roads of a district by road_id; never to be changed."""
    from data.schemas import ROAD_ID
    from data.workspace import Workspace

    found = Workspace.open(path).read("roads")
    return found.set_index(ROAD_ID) if len(found) else found
