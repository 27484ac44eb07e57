"""Plans put together from rounds that were seen: the best of all choices, or none."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

import planning.patrol.recombining as recombining
from planning.patrol.indexed import Part, indexed, kinds_of, prizes
from planning.patrol.recombining import Found, Seen, recombined
from tests.planning.patrol.days import MIN, day

LINE = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (30, 0)}


def part_of(ix, **other):
    teams, stops = tuple(range(len(ix.team_ids))), tuple(range(len(ix.stop_ids)))
    return Part(teams=teams, stops=stops, objective="hours", **other)


def nothing(ix):
    return Found(cost=int(prizes(ix, part_of(ix)).sum()), rounds={})


def seen_of(rounds):
    seen = Seen()
    for kind, stops, minutes in rounds:
        seen.add(kind, stops, minutes * MIN)
    return seen


def test_the_good_halves_of_two_plans_make_one():
    ix = indexed(day(LINE, [{}, {}], [{"at": at} for at in "bcd"] + [{"at": "b"}]))
    one = seen_of([(0, (0, 1), 50), (0, (2, 3), 200)])
    other = seen_of([(0, (2, 3), 90), (0, (0, 1), 300)])
    found = recombined(ix, part_of(ix), [one, other], nothing(ix))
    assert found.rounds in ({0: (0, 1), 1: (2, 3)}, {0: (2, 3), 1: (0, 1)})
    assert found.cost == 140 * MIN


def test_of_one_round_the_cheapest_order_is_kept():
    seen = seen_of([(0, (0, 1), 70), (0, (1, 0), 60), (0, (0, 1), 80)])
    assert list(seen.held.values()) == [(60 * MIN, (1, 0))]


def test_the_best_so_far_stays_where_the_rounds_seen_make_nothing_better():
    """Where it visits all, so must what is put together."""
    ix = indexed(day(LINE, [{}, {}], [{"at": "b"}, {"at": "c"}]))
    best = Found(cost=300 * MIN, rounds={0: (0,), 1: (1,)})
    assert recombined(ix, part_of(ix), [seen_of([(0, (0,), 35), (0, (0, 1), 310)])], best) == best
    assert recombined(ix, part_of(ix), [seen_of([(0, (0,), 35)])], best) == best
    assert recombined(ix, part_of(ix), [seen_of([(0, (1, 0), 70)])], best).rounds == {0: (1, 0)}


def test_the_last_rounds_seen_are_kept(monkeypatch):
    monkeypatch.setattr(recombining, "_MOST_SEEN", 2)
    seen = seen_of([(0, (0,), 10), (0, (1,), 10), (0, (0,), 10), (0, (2,), 10)])
    assert [stops for _, stops in seen.held.values()] == [(0,), (2,)]


def test_no_more_rounds_are_taken_than_there_are_teams_and_the_rest_is_left_for_its_prize():
    ix = indexed(day(LINE, [{}], [{"at": "b"}, {"at": "c", "priority": 2}]))
    found = recombined(ix, part_of(ix), [seen_of([(0, (0,), 35), (0, (1,), 55)])], nothing(ix))
    assert found.rounds == {0: (0,)}
    assert found.cost == 35 * MIN + prizes(ix, part_of(ix))[1]
    assert recombined(ix, part_of(ix), [Seen()], found) == found


@given(data=st.data(), tried=st.sampled_from([4, 2000]))
def test_it_is_the_best_of_all_choices(data, tried):
    """With few rounds tried it may be worse, but is whole."""
    ix = indexed(day(LINE, [{}, {}, {"at": "d"}], [{"at": at} for at in "bcdb"]))
    part = part_of(ix)
    assert kinds_of(ix, part) == [[0, 1], [2]]
    subset = st.sets(st.integers(0, 3), min_size=1, max_size=3).map(lambda stops: tuple(sorted(stops)))
    kind_and_cost = st.tuples(st.integers(0, 1), subset, st.integers(10, 400))
    rounds = data.draw(st.lists(kind_and_cost, min_size=1, max_size=8, unique_by=lambda r: r[:2]))
    most, recombining._MOST_TRIED = recombining._MOST_TRIED, tried
    try:
        found = recombined(ix, part, [seen_of(rounds)], nothing(ix))
    finally:
        recombining._MOST_TRIED = most
    worth, best = prizes(ix, part).tolist(), sum(prizes(ix, part).tolist())
    for number in range(1, 4):
        for chosen in itertools.combinations(rounds, number):
            stops = [stop for _, served, _ in chosen for stop in served]
            kinds = [kind for kind, _, _ in chosen]
            if len(stops) == len(set(stops)) and kinds.count(0) <= 2 and kinds.count(1) <= 1:
                left = sum(prize for stop, prize in enumerate(worth) if stop not in stops)
                best = min(best, left + sum(minutes for _, _, minutes in chosen) * MIN)
    assert found.cost == best if tried > len(rounds) else found.cost >= best
