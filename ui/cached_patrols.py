"""What patrols stand on, worked out once: roads by their version, a day by what was asked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from data.workspace import Workspace
    from geo.road_network import RoadLayout
    from planning.heat import Heat
    from planning.hot_spots import HotSpots
    from planning.patrol.backup import Backup
    from planning.patrol.plan import DayPlan
    from ui.patrol_ground import Day, PatrolGround

# What is drawn below the routes.
_DRAWN = ("villages", "grids", "stations", "towns", "roads", "water")


def ground_of(workspace: Workspace) -> PatrolGround:
    """Return what days of patrols in a district stand on, as it is now."""
    return patrol_ground(str(workspace.path), workspace.stamp, _settings(workspace))


def _settings(workspace: Workspace) -> str:
    """Return the bureau's settings, which leave the stamp as it is."""
    from ui.patrol_ground import DUTY_SETTING, SPEEDS_SETTING

    found = {name: workspace.setting(name, {}) for name in (DUTY_SETTING, SPEEDS_SETTING)}
    return json.dumps(found, sort_keys=True)


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
    asked = json.dumps(order, sort_keys=True)
    return patrol_day(str(workspace.path), workspace.stamp, _settings(workspace), asked)


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


@st.cache_resource(max_entries=6, show_spinner=False)
def heat(path: str, stamp: str, params: str, today: str) -> Heat:
    """
    Return when and where calls come.

    Parameters
    ----------
    params
        `HeatParams` as JSON.
    today
        Id and revision of the plan that says which zone a grid is in; "" for the nesting.
    """
    from planning.heat import ZONE, HeatParams, heat_table

    asked = HeatParams(**_listed(json.loads(params)))
    assignment = zones_today(path, stamp, today) if asked.by == ZONE else None
    return heat_table(_heat_tables(path, stamp), asked, assignment=assignment)


@st.cache_resource(max_entries=6, show_spinner=False)
def hot_spots(path: str, stamp: str, params: str, count: int, force: str, duty: str) -> HotSpots:
    """Return the stops that are proposed for a force; duty settings are the bureau's."""
    from data.workspace import Workspace
    from planning.heat import HeatParams
    from planning.hot_spots import hot_spots as proposed
    from planning.patrol.duty import DutySettings
    from ui.patrol_ground import DUTY_SETTING

    workspace = Workspace.open(path)
    return proposed(
        _heat_tables(path, stamp),
        HeatParams(**_listed(json.loads(params))),
        count=count,
        force=force,
        duty=duty,
        settings=DutySettings.from_dict(workspace.setting(DUTY_SETTING, {})),
    )


def _listed(params: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}


def _heat_tables(path: str, stamp: str) -> dict[str, Any]:
    from ui import cached

    return dict(cached.tables(path, stamp, ("incidents", "grids", "villages", "stops")))


@st.cache_resource(max_entries=2, show_spinner=False)
def zones_today(path: str, stamp: str, today: str) -> Any:
    """Return the zone of each grid today; None where nobody says."""
    from data.plans import read_assignment
    from data.workspace import Workspace
    from ui.saving import NESTING_TABLES, read_tables
    from ui.standing import nested

    workspace = Workspace.open(path)
    if today:
        return read_assignment(workspace, today.partition(" ")[0])
    return nested(read_tables(workspace, NESTING_TABLES))[1]


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptDay:
    """
    A plan as it is kept, on the day as the district is now.

    Parameters
    ----------
    key
        Of what is worked out from it.
    day
        What it stands on.
    plan
        As it was kept, checked against that day.
    """

    key: tuple[str, str, str, str, int]
    day: Day
    plan: DayPlan


def kept_day(workspace: Workspace, plan_id: str, rev: int) -> KeptDay:
    """Return a saved plan with the day that it stands on."""
    key = (str(workspace.path), workspace.stamp, _settings(workspace), plan_id, rev)
    return _kept_day(*key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept_day(path: str, stamp: str, settings: str, plan_id: str, rev: int) -> KeptDay:
    from data.patrol_plans import read_patrol_plan
    from data.workspace import Workspace
    from ui.patrol_ground import DayOrder
    from ui.patrol_saving import kept_plan

    saved = read_patrol_plan(Workspace.open(path), plan_id)
    order = DayOrder.from_dict(saved.params).to_dict()
    day = patrol_day(path, stamp, settings, json.dumps(order, sort_keys=True))
    plan = kept_plan(saved, day.problem)
    return KeptDay(key=(path, stamp, settings, plan_id, rev), day=day, plan=plan)


@st.cache_resource(max_entries=6, show_spinner=False)
def backup(path: str, stamp: str, settings: str, plan_id: str, rev: int, *, idle: bool) -> Backup:
    """Return how soon help is there while a plan is patrolled; the arguments are a `KeptDay.key`."""
    from ui.patrol_ground import day_backup

    kept = _kept_day(path, stamp, settings, plan_id, rev)
    return day_backup(patrol_ground(path, stamp, settings), kept.day, kept.plan, idle=idle)


@st.cache_resource(max_entries=4, show_spinner=False)
def papers(
    path: str,
    stamp: str,
    settings: str,
    plan_id: str,
    rev: int,
    *,
    lang: str,
    within_min: int,
    credit: str,
    services: tuple[str, ...],
) -> dict[str, bytes]:
    """
    Return the files that a plan is handed over by.

    Parameters
    ----------
    path, stamp, settings, plan_id, rev
        A `KeptDay.key`.
    credit, services
        The credit line of maps, and the map services that are allowed: the workspace's, whose settings leave
        its stamp as it is.
    """
    from data.workspace import Workspace
    from ui.paper.patrol_day import day_papers
    from ui.paper.patrol_package import patrol_files
    from ui.words import words

    kept = _kept_day(path, stamp, settings, plan_id, rev)
    day = day_papers(
        Workspace.open(path),
        kept.day,
        kept.plan,
        backup=backup(path, stamp, settings, plan_id, rev, idle=False),
        within_ms=within_min * 60_000,
        t=words(lang),
    )
    return patrol_files(day)
