"""Places people serve and meet at: posts, facilities, areas, and how many people staff them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity
from shapely.geometry import Polygon, box

from data.sample.frame import COUNTY_CODE, METRIC_CRS, Flags, Floats, Ints, apportion, stream
from data.sample.names import Namer
from data.sample.settle import HILLS, TOWN_KINDS
from data.schemas import AREA_ID, COUNT, FACILITY_ID, KIND, NAME, PLACE_ID, POST_ID, ROLE, VILLAGE_ID

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.sample.hierarchy import Hierarchy
    from data.sample.mesh import Mesh
    from data.sample.people import People
    from data.sample.registry import Registry
    from data.sample.zones import ZonePlan

# 警务室 (with an officer), 警务工作站 (auxiliaries), 特色警务站.
POLICE_ROOM, WORKSTATION, SPECIAL = "police_room", "workstation", "special"
_SPECIAL_POSTS = ("企业",) * 5 + ("园区",) * 4 + ("高校",) * 2 + ("景区",) * 3 + ("市场", "车站")
_SECOND_POSTS = 5
# kind, how many, pattern of the name, how strongly drawn to dense places
_FACILITIES = (
    ("enterprise", 291, "{}实业有限公司", 0.4),
    ("kindergarten", 120, "{}幼儿园", 0.9),
    ("primary_school", 78, "{}小学", 0.7),
    ("middle_school", 34, "{}中学", 0.8),
    ("college", 3, "{}学院", 0.6),
    ("hospital", 9, "{}医院", 1.0),
    ("clinic", 96, "{}卫生服务站", 0.6),
    ("market", 41, "{}农贸市场", 0.9),
    ("mall", 14, "{}购物中心", 1.3),
    ("bank", 88, "{}储蓄所", 1.1),
    ("petrol_station", 37, "{}加油站", 0.4),
    ("bus_station", 12, "{}客运站", 0.9),
    ("police_school", 39, "{}社区警校", 0.7),
    ("mediation_room", 44, "{}调解室", 0.6),
)
_AREA_KINDS = (("complex", 32), ("industrial_park", 5), ("campus", 3), ("scenic", 2))
_AREA_NAMES = {
    "complex": ("{}城中村片区", "{}市场片区", "{}商贸片区", "{}出租房片区", "{}夜市片区"),
    "industrial_park": ("{}工业园",),
    "campus": ("{}大学园",),
    "scenic": ("{}景区",),
}


def village_points(mesh: Mesh, hierarchy: Hierarchy, people: People) -> Floats:
    """Return each village's centre: its seed, or its most populous point where the border took the seed."""
    village = hierarchy.grid_village[people.point_grid]
    far = np.hypot(*(people.point_xy - mesh.xy[hierarchy.village_seed[village]]).T)
    order = np.lexsort((far, village))
    return people.point_xy[order[np.searchsorted(village[order], np.arange(len(hierarchy.village_town)))]]


def posts_table(
    seed: int, hierarchy: Hierarchy, people: People, registry: Registry, centres: Floats
) -> gpd.GeoDataFrame:
    """Return 343 posts beside village centres and 16 special ones."""
    rng, namer = stream(seed, "posts"), Namer(stream(seed, "post names"))
    village = np.arange(len(centres))
    present = np.bincount(hierarchy.grid_village, people.present())
    twice = np.argsort(-present)[:_SECOND_POSTS]
    chance = np.where(hierarchy.village_community, 0.75, 0.15)
    room = rng.random(len(centres)) < chance
    rows = [
        (
            registry.village_name[v] + ("警务室" if room[v] else "警务工作站"),
            POLICE_ROOM if room[v] else WORKSTATION,
            v,
        )
        for v in village.tolist()
    ]
    rows += [(registry.village_name[v] + "第二警务工作站", WORKSTATION, v) for v in twice.tolist()]
    xy = np.vstack([_beside(rng, centres), _second_places(hierarchy, people, centres, twice)])
    weight = people.point_people * people.venues[people.point_grid]
    picks = rng.choice(len(weight), len(_SPECIAL_POSTS), replace=False, p=weight / weight.sum())
    rows += [
        (namer.draw("{}" + kind + "警务站"), SPECIAL, int(hierarchy.grid_village[people.point_grid[p]]))
        for kind, p in zip(_SPECIAL_POSTS, picks.tolist(), strict=True)
    ]
    return gpd.GeoDataFrame(
        {
            POST_ID: [f"{COUNTY_CODE}J{i + 1:03d}" for i in range(len(rows))],
            NAME: [row[0] for row in rows],
            KIND: [row[1] for row in rows],
            VILLAGE_ID: [registry.village_id[row[2]] for row in rows],
        },
        geometry=shapely.points(np.vstack([xy, people.point_xy[picks]])),
        crs=METRIC_CRS,
    )


def _beside(rng: np.random.Generator, xy: Floats) -> Floats:
    turn = rng.uniform(0, 2 * np.pi, len(xy))
    return np.asarray(np.round(xy + 6.0 * np.column_stack([np.cos(turn), np.sin(turn)]), 2))


def _second_places(hierarchy: Hierarchy, people: People, centres: Floats, twice: Ints) -> Floats:
    village = hierarchy.grid_village[people.point_grid]
    places = []
    for v in twice.tolist():
        mine = np.flatnonzero(village == v)
        far = np.hypot(*(people.point_xy[mine] - centres[v]).T)
        places.append(people.point_xy[mine[np.argmax(far * people.point_people[mine] ** 0.3)]])
    return np.array(places)


def facilities_table(
    seed: int, hierarchy: Hierarchy, people: People, registry: Registry, centres: Floats
) -> gpd.GeoDataFrame:
    """Return schools, hospitals, enterprises, markets…, and a governance centre in every village."""
    rng, namer = stream(seed, "facilities"), Namer(stream(seed, "facility names"))
    names = [f"{name}社会治理中心" for name in registry.village_name]
    kinds, villages, places = ["governance_centre"] * len(names), list(range(len(names))), [centres]
    density = people.point_people.astype(float)
    for kind, count, pattern, pull in _FACILITIES:
        weight = density**pull * (1 + 0.02 * people.floating[people.point_grid])
        picks = rng.choice(len(weight), count, replace=False, p=weight / weight.sum())
        places.append(_beside(rng, people.point_xy[picks]))
        names += [namer.draw(pattern) for _ in range(count)]
        kinds += [kind] * count
        villages += hierarchy.grid_village[people.point_grid[picks]].tolist()
    return gpd.GeoDataFrame(
        {
            FACILITY_ID: [f"{COUNTY_CODE}F{i + 1:04d}" for i in range(len(names))],
            NAME: names,
            KIND: kinds,
            VILLAGE_ID: [registry.village_id[v] for v in villages],
        },
        geometry=shapely.points(np.vstack(places)),
        crs=METRIC_CRS,
    )


def areas_table(seed: int, people: People, outline: BaseGeometry) -> gpd.GeoDataFrame:
    """Return 32 complex areas, and parks, campuses and sights."""
    rng, namer = stream(seed, "areas"), Namer(stream(seed, "area names"))
    weight = people.point_people * (people.floating + 20.0)[people.point_grid]
    rows: list[tuple[str, str, BaseGeometry]] = []
    for kind, count in _AREA_KINDS:
        built = 0
        size = (130, 330) if kind == "complex" else (450, 900)
        pull = weight if kind == "complex" else 1 / (20.0 + people.point_people)
        while built < count:
            middle = people.point_xy[rng.choice(len(weight), p=pull / pull.sum())]
            shape = shapely.intersection(_block(rng, middle, size), outline)
            if isinstance(shape, Polygon) and all(shape.distance(other) > 60 for _, _, other in rows):
                rows.append((namer.draw(str(rng.choice(_AREA_NAMES[kind]))), kind, shape))
                built += 1
    return gpd.GeoDataFrame(
        {
            AREA_ID: [f"{COUNTY_CODE}A{i + 1:03d}" for i in range(len(rows))],
            NAME: [row[0] for row in rows],
            KIND: [row[1] for row in rows],
        },
        geometry=[row[2] for row in rows],
        crs=METRIC_CRS,
    )


def _block(rng: np.random.Generator, middle: Floats, size: tuple[int, int]) -> Polygon:
    wide, high = rng.uniform(*size, 2)
    block = box(middle[0] - wide, middle[1] - high, middle[0] + wide, middle[1] + high)
    corners = np.asarray(block.exterior.coords)[:-1] + rng.uniform(-0.2, 0.2, (4, 2)) * min(wide, high)
    return affinity.rotate(Polygon(corners), rng.uniform(-25, 25))


def staff_table(
    hierarchy: Hierarchy, people: People, plan: ZonePlan, registry: Registry, facilities: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return counts of people by place and role: no person is named anywhere."""
    community = hierarchy.village_community
    load = np.bincount(plan.zone, people.present())
    officers = np.where(load > 8_500, 2, 1)
    in_town = np.bincount(plan.zone_town, officers, minlength=len(registry.station_id))
    # Community officers are 40 % or more of a station; stations 40 % or more of the bureau.
    strength = np.floor(in_town / 0.43).astype(np.int64)
    teams = np.where(np.array(TOWN_KINDS) == HILLS, 0, 12) + apportion(
        96, np.bincount(plan.zone_town, load).astype(float)
    )
    enterprises = facilities.loc[facilities[KIND] == "enterprise", FACILITY_ID].tolist()
    rows = _by_place(registry.village_id, "auxiliary", _either(community, 2, 1))
    rows += _by_place(registry.village_id, "patrol_member", _either(community, 10, 5))
    rows += _by_place(registry.village_id, "security_committee", np.full(len(community), 3))
    rows += _by_place(enterprises, "patrol_member", np.full(len(enterprises), 5))
    rows += _by_place(registry.zone_id, "community_officer", officers)
    rows += _by_place(registry.station_id, "officer", strength)
    rows += _by_place(registry.station_id, "patrol_member", teams)
    rows += [(COUNTY_CODE, "officer", int(strength.sum() / 0.46))]
    return pd.DataFrame(rows, columns=[PLACE_ID, ROLE, COUNT])


def _either(flags: Flags, yes: int, no: int) -> Ints:
    return np.where(flags, yes, no)


def _by_place(places: list[str], role: str, counts: Ints) -> list[tuple[str, str, int]]:
    return [(place, role, n) for place, n in sorted(zip(places, counts.tolist(), strict=True))]
