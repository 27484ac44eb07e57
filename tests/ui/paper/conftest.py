"""A night of patrols on the district of squares: two teams, five stops, known by heart."""

from functools import partial

import geopandas as gpd
import pytest

from tests.planning.patrol.straight_days import HOUR, MINUTE, driven, points, problem
from ui.names import PlaceNames
from ui.paper.patrol_day import PatrolDay
from ui.words import words

SIDE = 500.0


def night_of(squares, lang="zh", *, services=(), teams=None, stops=None, rounds=None, **facts):
    """
    The night on a district of squares.

    专职01队 goes by car from the post in the south-west to a village, a school whose window opens at 21:00,
    and a hot spot after midnight; 专职02队 walks to two stops at one place.
    """
    at = points(
        {
            "post": (0.5 * SIDE, 0.5 * SIDE),
            "east": (4.5 * SIDE, 0.5 * SIDE),
            "v": (1.5 * SIDE, 2.5 * SIDE),
            "school": (3.5 * SIDE, 3.5 * SIDE),
            "hot": (0.5 * SIDE, 5.5 * SIDE),
            "park": (5.5 * SIDE, 2.5 * SIDE),
        }
    )
    squares["posts"].loc[0, "name"] = "中心警务室"
    default_teams = {
        "Q1": {"name": "专职01队", "start": "post", "station_id": "S1"},
        "Q2": {"name": "专职02队", "start": "east", "travel_mode": "walk", "members": 5},
    }
    default_stops = {
        "s1": {"name": "南湖村", "kind": "village", "place": "v"},
        "s2": {
            "name": "实验小学",
            "kind": "school",
            "place": "school",
            "windows": ((21 * HOUR, 21 * HOUR + 30 * MINUTE),),
        },
        "s3": {"name": "夜市路口", "place": "hot", "windows": ((25 * HOUR, 26 * HOUR),)},
        "s4": {"name": "湿地公园", "kind": "festival", "place": "park"},
        "s5": {"name": "公园酒吧", "kind": "venue", "place": "park"},
    }
    day = problem(at, teams or default_teams, stops or default_stops)
    usual = {"Q1": ["s1", "s2", "s3"], "Q2": ["s4", "s5"]}
    plan = driven(day, usual if rounds is None else rounds)
    said = {
        "district": "方格区",
        "date": "2026-11-06",
        "duty": "second",
        "names": PlaceNames.of(squares),
        "tables": squares,
        "credit": "审图号：测试",
    }
    return PatrolDay(problem=day, plan=plan, places=at, services=services, t=words(lang), **said | facts)


@pytest.fixture
def make_night(squares):
    """Function that makes the night, as `night_of`."""
    return partial(night_of, squares)


@pytest.fixture
def night(make_night):
    """The night in Chinese, without links."""
    return make_night()


def lonlat(places):
    """Longitude and latitude of points by label."""
    degrees = gpd.GeoSeries(places).to_crs("EPSG:4326")
    return {label: (point.x, point.y) for label, point in degrees.items()}
