"""Groups of villages for joint rounds, and areas."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from geo.travel_times import UNREACHABLE, TravelTimes
from planning.patrol.grouping import areas, neighbours, village_groups

MIN = 60_000


def places(points, *, dwell=30, stations="", cut=()):
    """Villages v1, v2… at (x, y) in minutes of way, each with the same stay; those in `cut` hang apart."""
    ids = pd.Index([f"v{i + 1}" for i in range(len(points))], name="village_id")
    at = np.array(points, dtype=float).reshape(-1, 2)
    ms = np.round(np.hypot(*(at[:, None] - at[None]).T).T * MIN).astype(np.int64)
    for i in cut:
        ms[i, :] = ms[:, i] = UNREACHABLE
    np.fill_diagonal(ms, 0)
    held = {"station_id": list(stations) or "s", "place": ids, "dwell_ms": np.asarray(dwell) * MIN}
    return pd.DataFrame(held, index=ids), TravelTimes(labels=ids, ms=ms)


def parts(groups):
    return sorted(map(sorted, groups.groupby("group_id").groups.values()))


def test_villages_along_a_road_are_grouped_with_their_neighbours():
    """Four villages ten minutes apart: two and two are rounds of 80 minutes, all four one of 180."""
    villages, travel = places([(0, 0), (10, 0), (20, 0), (30, 0)])
    groups = village_groups(villages, travel, shift_ms=100 * MIN)
    assert parts(groups) == [["v1", "v2"], ["v3", "v4"]]
    assert groups["round_ms"].tolist() == [80 * MIN] * 4
    assert village_groups(villages, travel, shift_ms=180 * MIN)["group_id"].nunique() == 1


def test_a_number_of_villages_may_be_asked_for():
    villages, travel = places([(10 * i, 0) for i in range(7)])
    groups = village_groups(villages, travel, shift_ms=MIN, most=3)
    sizes = groups.groupby("group_id").size()
    assert (sizes.max(), len(sizes)) == (3, 3)


def test_groups_keep_to_stations_and_to_roads():
    villages, travel = places([(0, 0), (1, 0), (2, 0), (3, 0)], stations="ssts")
    assert parts(village_groups(villages, travel, shift_ms=900 * MIN)) == [["v1", "v2", "v4"], ["v3"]]
    villages, travel = places([(0, 0), (1, 0), (2, 0)], cut=(1,))
    assert parts(village_groups(villages, travel, shift_ms=900 * MIN)) == [["v1", "v3"], ["v2"]]


def test_the_lead_is_the_nearest_to_the_others_of_those_with_a_team():
    villages, travel = places([(0, 0), (10, 0), (20, 0)])
    assert set(village_groups(villages, travel, shift_ms=900 * MIN)["lead"]) == {"v2"}
    some = villages.assign(has_team=[True, False, False])
    assert set(village_groups(some, travel, shift_ms=900 * MIN)["lead"]) == {"v1"}
    none = villages.assign(has_team=False)
    assert set(village_groups(none, travel, shift_ms=900 * MIN)["lead"]) == {""}


def test_a_village_that_takes_more_than_a_shift_is_a_group_of_its_own():
    villages, travel = places([(0, 0), (1, 0), (2, 0)], dwell=[10, 500, 10])
    groups = village_groups(villages, travel, shift_ms=60 * MIN)
    assert parts(groups) == [["v1"], ["v2"], ["v3"]]
    assert groups.loc["v2", "round_ms"] == 500 * MIN


def test_two_places_are_neighbours_unless_a_third_is_nearer_to_both():
    _, travel = places([(0, 0), (10, 0), (20, 0), (10, 9)])
    assert neighbours(travel.ms).astype(int).tolist() == [
        [0, 1, 0, 0],
        [1, 0, 1, 1],
        [0, 1, 0, 0],
        [0, 1, 0, 0],
    ]


def test_nothing_gives_nothing_and_wrong_settings_are_refused():
    villages, travel = places([])
    assert village_groups(villages, travel, shift_ms=MIN).empty
    villages, travel = places([(0, 0)])
    with pytest.raises(SettingError, match="shift_ms"):
        village_groups(villages, travel, shift_ms=0)
    with pytest.raises(SettingError, match="most"):
        village_groups(villages, travel, shift_ms=MIN, most=0)


def best_partitions(villages, travel, shift):
    """Try every partition into whole groups; return how many fit at least, and the least sum of squares."""
    near, ms = neighbours(travel.ms), travel.ms
    dwell = villages["dwell_ms"].to_numpy()

    def work(members):
        tours = ((members[0], *rest, members[0]) for rest in itertools.permutations(members[1:]))
        return (
            min(sum(ms[a, b] for a, b in itertools.pairwise(tour)) for tour in tours) + dwell[members].sum()
        )

    def whole(members):
        reached, edge = set(), [members[0]]
        while edge:
            v = edge.pop()
            if v not in reached:
                reached.add(v)
                edge += [m for m in members if near[v, m]]
        return len(reached) == len(members)

    def partitions(items):
        if not items:
            yield []
            return
        first, rest = items[0], items[1:]
        for count in range(len(rest) + 1):
            for others in itertools.combinations(rest, count):
                for more in partitions([i for i in rest if i not in others]):
                    yield [[first, *others], *more]

    works = {}
    found = []
    for partition in partitions(list(range(len(dwell)))):
        keys = [tuple(group) for group in partition]
        for key in keys:
            if key not in works:
                works[key] = work(list(key)) if whole(list(key)) else None
        if all(works[key] is not None for key in keys):
            over = sum(max(works[key] - shift, 0) for key in keys)
            found.append((over, len(keys), sum(works[key] ** 2 for key in keys)))
    least = min(found)
    return least[1], min(squares for over, count, squares in found if (over, count) == least[:2])


@given(
    points=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6, unique=True),
    shift=st.integers(40, 200),
)
@settings(max_examples=60)
@example(points=[(0, 0), (6, 20), (9, 20), (16, 0), (18, 20), (17, 10)], shift=95)
@example(points=[(0, 0), (0, 9), (1, 9), (9, 0), (1, 13)], shift=78)
def test_groups_are_nearly_as_few_and_as_even_as_can_be(points, shift):
    villages, travel = places(points)
    groups = village_groups(villages, travel, shift_ms=shift * MIN)
    works = [int(work) for work in groups.groupby("group_id")["round_ms"].first()]
    count, squares = best_partitions(villages, travel, shift * MIN)
    assert count <= len(works) <= count + 1
    assert len(works) > count or sum(work**2 for work in works) <= 1.15 * squares
    again = village_groups(villages, travel, shift_ms=shift * MIN)
    pd.testing.assert_frame_equal(groups, again)


def test_areas_are_stations_or_what_they_are_joined_with():
    assert areas(["a", "b", "c", "d"], joined=[("b", "c"), ("c", "d")]) == {
        "a": "a",
        "b": "b",
        "c": "b",
        "d": "b",
    }
    with pytest.raises(SettingError, match="station_unknown"):
        areas(["a"], joined=[("a", "z")])
