"""What a patrol of streets is asked by, and the problem it makes of a district. For page and terminal."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.clock import clock_ends
from data.schemas import NAME, POST_ID, ROAD_ID, STATION_ID, TEAM_ID, VILLAGE, VILLAGE_ID, ZONE_ID
from geo.coverage import has_shape
from geo.errors import Reason, SettingError
from geo.road_cutting import cut_at_border
from geo.road_network import RoadNetwork
from geo.speeds import ROAD_CLASSES
from planning.patrol.day_problem import when_of_shifts
from planning.patrol.places import village_places
from planning.patrol.streets.plan import StreetParams
from planning.patrol.streets.problem import ONCE, street_problem
from planning.patrol.teams_out import force_teams
from ui.patrol_ground import closed_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from data.workspace import Workspace
    from planning.patrol.streets.problem import StreetProblem
    from ui.patrol_ground import PatrolGround

# Roads along an area's border belong to it.
BORDER_M = 12.0
_DAY_MS = 86_400_000
_KEYS = {"zones": ZONE_ID, "villages": VILLAGE_ID, "stations": STATION_ID}
_SHOWN = 8
_LISTS = ("zones", "villages", "stations", "roads", "classes", "team_ids", "closed")


@dataclass(frozen=True, kw_only=True)
class StreetOrder:
    """
    What is asked of a patrol of streets.

    Parameters
    ----------
    date
        The day on which the shifts begin: which roads are closed then.
    zones, villages, stations
        Ids, or names that no two have: the streets in all of them together.
    roads
        Road ids: of these alone, in the areas or, without areas, in all the district.
    classes
        Classes of roads; () for all.
    travel_mode, sides, patrol_kmh
        See `planning.patrol.streets.problem.street_problem`.
    teams
        How many teams there are at the post, if none of the table are named.
    team_ids
        Teams of the table: their places and shifts hold.
    post
        Id or name of the post from which the teams go out; by default one in the middle of the areas.
    shift
        ``19:00-21:30``; by default the force's.
    force
        Whose usual shift holds.
    objective, cap_ms
        See `planning.patrol.streets.plan.StreetParams`.
    closed
        Roads closed besides those of the table.
    """

    date: dt.date
    zones: tuple[str, ...] = ()
    villages: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    roads: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    travel_mode: str = "walk"
    sides: str = ONCE
    patrol_kmh: float | None = None
    teams: int = 1
    team_ids: tuple[str, ...] = ()
    post: str | None = None
    shift: str | None = None
    force: str = VILLAGE
    objective: str = StreetParams.objective
    cap_ms: int | None = None
    closed: tuple[str, ...] = ()
    seed: int = 1

    def params(self) -> StreetParams:
        """Return what is asked of the search; raises ``setting_wrong``."""
        return StreetParams(objective=self.objective, cap_ms=self.cap_ms)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON keeps."""
        lists = {name: list(getattr(self, name)) for name in _LISTS}
        return {**asdict(self), "date": self.date.isoformat(), **lists}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> StreetOrder:
        """Return the order that `to_dict` made values of; what is absent has its default."""
        known = {name: value for name, value in kept.items() if name in cls.__dataclass_fields__}
        lists = {name: tuple(known.pop(name, ())) for name in _LISTS}
        return cls(date=dt.date.fromisoformat(str(known.pop("date"))), **lists, **known)


@dataclass(frozen=True, kw_only=True, eq=False)
class Streets:
    """
    A patrol of streets as it is asked, ready to be planned.

    Parameters
    ----------
    order
        What was asked.
    problem
        The streets and teams.
    areas
        Names of the areas.
    area
        Their shape; None where roads alone were asked for.
    places
        Point of each team, by team_id, in the district's CRS.
    post
        What the place is called that they go out from; "" where each has its own.
    names
        Of roads, by road_id.
    when
        ``day`` or ``night``: which speeds hold.
    notes
        What was taken for granted or could not be done.
    """

    order: StreetOrder
    problem: StreetProblem
    areas: tuple[str, ...]
    area: shapely.Geometry | None
    places: gpd.GeoSeries
    post: str
    names: Mapping[str, str]
    when: str
    notes: tuple[Reason, ...] = field(default_factory=tuple)


def street_tables(workspace: Workspace) -> dict[str, pd.DataFrame]:
    """Return the zones, and the roads' names, which `ordered_streets` needs besides the patrols' ground."""
    return {name: table for name, table in workspace.read_all(("zones", "roads")).items()}


def ordered_streets(ground: PatrolGround, tables: Mapping[str, pd.DataFrame], order: StreetOrder) -> Streets:
    """
    Return a patrol of streets as it is asked, ready to be planned.

    Parameters
    ----------
    ground
        See `ui.patrol_ground.patrol_ground`.
    tables
        See `street_tables`.

    Raises
    ------
    SettingError
        ``streets_need_roads``, ``streets_need_area``, ``area_unknown``, ``area_without_shape``,
        ``road_class_unknown``, ``streets_none``, ``post_unknown``, ``team_unknown``, ``street_shift_wrong``;
        as `planning.patrol.streets.problem.street_problem`.
    """
    if ground.layout is None:
        raise SettingError("streets_need_roads")
    if not (order.zones or order.villages or order.stations or order.roads):
        raise SettingError("streets_need_area")
    if wrong := [name for name in order.classes if name not in ROAD_CLASSES]:
        raise SettingError("road_class_unknown", found=wrong, known=list(ROAD_CLASSES))
    notes: list[Reason] = []
    called, area = _area({**ground.tables, **tables}, order)
    teams, post = _teams(ground, order, area, notes)
    layout, wanted = ground.layout, np.ones(len(ground.layout.start), dtype=bool)
    if area is not None:
        layout, wanted = cut_at_border(layout, shapely.buffer(area, BORDER_M))
    wanted = _chosen(layout.road_id.astype(str), layout.road_class, wanted, order, notes)
    if not wanted.any():
        raise SettingError("streets_none", areas=list(called))
    network = RoadNetwork(
        layout=layout,
        travel_mode=order.travel_mode,
        when=when_of_shifts(teams),
        speeds=ground.speeds,
        closed=_closed(ground, order),
    )
    problem = street_problem(network, wanted, teams, sides=order.sides, patrol_kmh=order.patrol_kmh)
    return Streets(
        order=order,
        problem=problem,
        areas=called,
        area=area,
        places=teams.geometry,
        post=post,
        names=_road_names(tables.get("roads")),
        when=network.when,
        notes=tuple(notes),
    )


def _area(
    tables: Mapping[str, pd.DataFrame], order: StreetOrder
) -> tuple[tuple[str, ...], shapely.Geometry | None]:
    """Return the names of the areas that are asked for, and their shape."""
    called, shapes = [], []
    for table, key in _KEYS.items():
        for asked in getattr(order, table):
            row = _row(tables.get(table), key, asked, code="area_unknown", table=table)
            shape = row.get("geometry")
            if shape is None or shape.is_empty:
                raise SettingError("area_without_shape", table=table, id=asked)
            called.append(_called(row, key))
            shapes.append(shape)
    return tuple(called), shapely.union_all(shapes) if shapes else None


def _row(rows: pd.DataFrame | None, key: str, asked: str, *, code: str, table: str) -> dict[str, Any]:
    """Return the row of an id, or of a name that only one has."""
    if rows is None or rows.empty:
        raise SettingError(code, table=table, found=asked, known=[])
    found = rows[rows[key].astype(str) == asked]
    if found.empty and NAME in rows:
        found = rows[rows[NAME].astype(str) == asked]
    if len(found) != 1:
        likely = found if len(found) else rows
        known = [
            f"{row[key]} {row.get(NAME) or ''}".strip() for row in likely.head(_SHOWN).to_dict("records")
        ]
        raise SettingError(code, table=table, found=asked, known=known)
    return dict(found.iloc[0])


def _called(row: Mapping[str, Any], key: str) -> str:
    name = row.get(NAME)
    return str(name) if isinstance(name, str) and name else str(row[key])


def _chosen(
    road_id: np.ndarray[Any, Any],
    road_class: np.ndarray[Any, Any],
    inside: np.ndarray[Any, Any],
    order: StreetOrder,
    notes: list[Reason],
) -> np.ndarray[Any, Any]:
    """Return the edges that are asked for, of those inside."""
    chosen = inside.copy()
    if order.classes:
        chosen &= np.isin(np.array(ROAD_CLASSES)[road_class], order.classes)
    if order.roads:
        listed = np.isin(road_id, order.roads)
        known, here = set(road_id[listed].tolist()), set(road_id[listed & inside].tolist())
        for code, gone in (
            ("street_roads_unknown", [road for road in order.roads if road not in known]),
            ("street_roads_outside", [road for road in order.roads if road in known - here]),
        ):
            if gone:
                notes.append(Reason(code, {"count": len(gone), "ids": gone[:_SHOWN]}))
        chosen &= listed
    return chosen


def _teams(
    ground: PatrolGround, order: StreetOrder, area: shapely.Geometry | None, notes: list[Reason]
) -> tuple[gpd.GeoDataFrame, str]:
    """Return the teams with their points and shifts, and what their place is called."""
    if order.team_ids:
        return _stated_teams(ground, order), ""
    if order.teams < 1:
        raise SettingError("setting_wrong", name="teams", found=order.teams, allowed=">= 1")
    point, post = _base(ground, order, area, notes)
    shift = _shift(ground, order)
    frame = {
        NAME: [str(number) for number in range(1, order.teams + 1)],
        "shift_start_ms": shift[0],
        "shift_end_ms": shift[1],
    }
    index = pd.Index(frame[NAME], name=TEAM_ID)
    return gpd.GeoDataFrame(frame, index=index, geometry=[point] * order.teams, crs=ground.crs), post


def _stated_teams(ground: PatrolGround, order: StreetOrder) -> gpd.GeoDataFrame:
    villages = village_places(ground.tables, date=order.date)
    known = pd.concat(
        force_teams(ground.tables, villages, force, ground.duty, []) for force in ("village", "squad")
    )
    if unknown := [team for team in order.team_ids if team not in known.index]:
        shown = known.index[:_SHOWN].tolist()
        raise SettingError("team_unknown", found=unknown, known=shown)
    rows = known.loc[[*order.team_ids]]
    columns = [NAME, "members", "shift_start_ms", "shift_end_ms"]
    teams = gpd.GeoDataFrame(rows[columns], geometry=rows["point"].to_numpy(), crs=ground.crs)
    if order.shift is not None:
        teams["shift_start_ms"], teams["shift_end_ms"] = _shift(ground, order)
    return teams


def _shift(ground: PatrolGround, order: StreetOrder) -> tuple[int, int]:
    """Return when the shift begins and ends; one that ends before it begins does so on the next day."""
    text = order.shift or "-".join(ground.duty.shifts[order.force])
    ends = clock_ends(text)
    if ends is None or ends[0] == ends[1]:
        raise SettingError("street_shift_wrong", found=text)
    return ends[0], ends[1] if ends[1] > ends[0] else ends[1] + _DAY_MS


def _base(
    ground: PatrolGround, order: StreetOrder, area: shapely.Geometry | None, notes: list[Reason]
) -> tuple[shapely.Point, str]:
    """Return the place that teams go out from, and what it is called."""
    posts = ground.tables.get("posts")
    if order.post is not None:
        row = _row(posts, POST_ID, order.post, code="post_unknown", table="posts")
        if row.get("geometry") is None or row["geometry"].is_empty:
            raise SettingError("area_without_shape", table="posts", id=order.post)
        return row["geometry"], _called(row, POST_ID)
    shape = area if area is not None else _shape_of_roads(ground, order.roads)
    middle = shapely.centroid(shape)
    if isinstance(posts, gpd.GeoDataFrame) and not posts.empty:
        near = posts[has_shape(posts.geometry)]
        near = near[near.intersects(shape)] if area is not None and near.intersects(shape).any() else near
        if len(near):
            row = dict(near.iloc[int(near.distance(middle).to_numpy().argmin())])
            notes.append(Reason("street_post_assumed", {"post": _called(row, POST_ID)}))
            return row["geometry"], _called(row, POST_ID)
    notes.append(Reason("street_middle_assumed", {}))
    return shapely.point_on_surface(shape), ""


def _shape_of_roads(ground: PatrolGround, roads: Iterable[str]) -> shapely.Geometry:
    layout = ground.layout
    assert layout is not None
    shapes = layout.shapes[np.isin(layout.road_id.astype(str), [*roads])]
    if not len(shapes):
        raise SettingError("streets_none", areas=[*roads][:_SHOWN])
    return shapely.union_all(shapes)


def _closed(ground: PatrolGround, order: StreetOrder) -> frozenset[str]:
    table = ground.tables.get("closed_roads")
    return frozenset(order.closed) | (frozenset() if table is None else closed_on(table, order.date))


def _road_names(roads: pd.DataFrame | None) -> dict[str, str]:
    if roads is None or NAME not in roads:
        return {}
    named = roads[roads[NAME].notna() & (roads[NAME] != "")]
    return dict(zip(named[ROAD_ID].astype(str), named[NAME].astype(str), strict=True))
