"""The pure module of a day of patrols, run in a browser: where teams are, colours, ways along a line."""

from itertools import combinations

import numpy as np
import pytest

from tests.ui.painter.eyes import BLINDNESS, lab

SCALE = 100_000
# Two teams, three stops on a line; ways by whole numbers as Python sends them.
FRAME = {
    "scale": SCALE,
    "teams": [
        {"id": "A", "name": "甲", "at": [12000000, 3000000], "shift": [64800, 79200]},
        {"id": "B", "name": "乙", "at": [12000100, 3000000], "shift": [64800, 90000]},
    ],
    "stops": [
        {"id": "x", "name": "X", "at": [12000200, 3000000], "circle": 0, "windows": [], "priority": 1},
        {"id": "y", "name": "Y", "at": [12000400, 3000000], "circle": 1, "windows": [], "priority": 1},
        {"id": "z", "name": "Z", "at": [12000600, 3000000], "circle": 0, "windows": [], "priority": 2},
    ],
    "circles": [[0, 1], [0]],
}
ROUTE = {
    "team": 0,
    "start": 64800,
    "end": 67200,
    "home": [600, 400],
    "visits": [[0, 600, 200, 65400, 65400, 66000], [1, 300, 200, 66300, 66360, 66600]],
    "ways": [[12000000, 3000000, 200, 0], [12000200, 3000000, 200, 0], []],
}
DAY = "const day = new m.Day(a.frame, a.routes);"


@pytest.fixture(scope="module")
def ran(run):
    return lambda script, routes=(ROUTE,), **more: run(
        "patrol_day", DAY + script, {"frame": FRAME, "routes": list(routes), **more}
    )


@pytest.mark.parametrize("eyes", BLINDNESS)
def test_colours_of_teams_stay_apart_for_all_eyes(run, eyes):
    colours = run("patrol_day", "return m.TEAM_COLOURS")
    distances = [np.linalg.norm(lab(a, eyes) - lab(b, eyes)) for a, b in combinations(colours, 2)]
    assert min(distances) > 15


def test_colours_of_teams_stand_out_from_the_paper(run):
    # WCAG: 3 : 1 for lines, against the palest ground there is.
    for colour in run("patrol_day", "return m.TEAM_COLOURS"):
        rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        luminance = linear @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (luminance + 0.05) > 3


@pytest.mark.parametrize(
    ("second", "doing", "place", "lon"),
    [
        (64000, "home", -1, 12000000),  # before it leaves
        (65100, "travel", 0, 12000100),  # half way to the first stop
        (65400, "dwell", 0, 12000200),
        (66330, "wait", 1, 12000400),  # for the window to open
        (66400, "dwell", 1, 12000400),
        (66900, "travel", 2, 12000200),  # half way home, in a straight line where there is no way
        (67200, "home", -1, 12000000),
    ],
)
def test_a_team_is_where_its_route_says(ran, second, doing, place, lon):
    found = ran("const w = m.whereAt(day, 0, a.second); return [w.doing, w.place, w.x]", second=second)
    assert found[:2] == [doing, place]
    assert found[2] == pytest.approx((lon / SCALE / 360 + 0.5) * 256, abs=1e-9)


def test_a_team_without_a_route_is_at_home(ran):
    assert ran("return m.whereAt(day, 1, 66000).doing") == "home"


def test_who_may_take_a_stop_is_told_by_its_circle(ran):
    assert ran("return [day.may(1, 0), day.may(1, 1), day.may(0, 1)]") == [True, False, True]


def test_routes_that_change_take_the_place_of_the_old_ones(ran):
    changed = [
        {**ROUTE, "visits": ROUTE["visits"][:1], "ways": [ROUTE["ways"][0], []]},
        {**ROUTE, "team": 1, "visits": [[1, 1, 1, 65000, 65000, 66000]], "ways": [[], []]},
    ]
    found = ran(
        """day.take(a.changed);
        return [[...day.routes.keys()], day.visitOf.get(0).team, day.visitOf.get(1).team]""",
        changed=changed,
    )
    assert found == [[0, 1], 0, 1]


def test_a_team_that_stays_in_now_has_no_route_any_more(ran):
    gone = [{"team": 0, "visits": [], "ways": []}]
    assert ran("day.take(a.gone); return [day.routes.size, day.visitOf.size]", gone=gone) == [0, 0]


def test_the_day_spans_all_shifts_and_routes(ran):
    late = {**ROUTE, "end": 95000}
    assert ran("return day.span()", routes=[late]) == [64800, 95000]


def test_teams_that_meet_get_different_colours(ran):
    other = {**ROUTE, "team": 1, "visits": [[2, 1, 1, 65000, 65000, 66000]], "ways": [[], []]}
    assert len(set(ran("return [...day.colourOf]", routes=[ROUTE, other]))) == 2


def test_few_teams_have_a_colour_each_however_far_apart(ran):
    teams = [{**FRAME["teams"][0], "id": str(i), "at": [12000000 + i * 50000, 3000000]} for i in range(7)]
    routes = [
        {**ROUTE, "team": i, "visits": [[0, 1, 1, 65000, 65000, 66000]], "ways": [[], []]} for i in range(7)
    ]
    script = "return [...new m.Day({ ...a.frame, teams: a.teams }, a.seven).colourOf]"
    assert sorted(ran(script, teams=teams, seven=routes)) == list(range(7))


def test_the_box_of_a_team_holds_its_way_and_its_home(ran):
    west, north, east, south = ran("return day.box([0])")
    assert west == pytest.approx((12000000 / SCALE / 360 + 0.5) * 256)
    assert east == pytest.approx((12000400 / SCALE / 360 + 0.5) * 256)
    assert north == pytest.approx(south)


def test_times_past_midnight_are_told_with_their_day(ran):
    assert ran("return [m.clock(64800), m.clock(93600), m.clock(86399)]") == [
        {"text": "18:00", "day": 0},
        {"text": "02:00", "day": 1},
        {"text": "00:00", "day": 1},
    ]


def test_half_of_a_bent_way_is_half_of_its_length(run):
    script = """
        const way = m.measured({ points: Float64Array.of(0, 0, 3, 0, 3, 1), box: [0, 0, 3, 1] });
        return [m.pointAlong(way, 0), m.pointAlong(way, 0.5), m.pointAlong(way, 0.875), m.pointAlong(way, 2)];
    """
    assert run("patrol_day", script) == [[0, 0], [2, 0], [3, 0.5], [3, 1]]
