import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.given_away import Reader


def plain(shown, members):
    """Which counts follow, by the rank of a matrix."""
    categories = shown.shape[1] - 1
    kinds = np.vstack([np.eye(categories), np.ones(categories)])
    rows = np.kron(members, kinds)
    told = rows[shown.ravel()]
    rank = np.linalg.matrix_rank(told) if len(told) else 0
    follows = [np.linalg.matrix_rank(np.vstack([told, row])) == rank for row in rows]
    return np.array(follows).reshape(shown.shape)


TOWN_OF_THREE = np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)


def test_the_last_village_of_a_town_follows_from_the_town_and_the_others():
    # Columns: theft, fire, all.
    shown = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]], dtype=bool)
    told = Reader(TOWN_OF_THREE, 2).works_out(shown)
    assert told[:, 0].all()
    assert not told[:, 1:].any()


def test_a_category_follows_from_all_calls_and_the_other_categories_of_other_places():
    # Fire of the town less fire of two villages is that of the third; with all its calls, its theft.
    shown = np.array([[0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    reader = Reader(TOWN_OF_THREE, 2)
    told = reader.works_out(shown)
    assert told[3].all()
    assert not told[:3, 0].any()
    assert reader.accomplices(shown, [(3, 0)]) == [[(0, 1), (1, 1), (2, 1), (3, 2)]]
    for at, column in [(0, 1), (1, 1), (2, 1), (3, 2)]:
        less = shown.copy()
        less[at, column] = False
        assert not reader.works_out(less)[3, 0]


def test_nothing_shown_tells_nothing():
    shown = np.zeros((4, 3), dtype=bool)
    assert not Reader(TOWN_OF_THREE, 2).works_out(shown).any()


@settings(max_examples=40, deadline=None)
@given(data=st.data(), areas=st.integers(1, 5), categories=st.integers(1, 3), places=st.integers(1, 6))
def test_what_follows_is_what_linear_algebra_says(data, areas, categories, places):
    members = data.draw(st.lists(st.integers(1, 2**areas - 1), min_size=places, max_size=places))
    members = (np.array(members)[:, None] >> np.arange(areas) & 1).astype(bool)
    flags = st.lists(st.booleans(), min_size=places * (categories + 1), max_size=places * (categories + 1))
    shown = np.array(data.draw(flags)).reshape(places, categories + 1)
    assert (Reader(members, categories).works_out(shown) == plain(shown, members)).all()


@pytest.mark.parametrize("seed", range(3))
def test_accomplices_are_enough_to_work_it_out(seed):
    rng = np.random.default_rng(seed)
    members = np.vstack(
        [np.eye(8), np.kron(np.eye(4), [1, 1]), np.kron(np.eye(2), [1] * 4), np.ones(8)]
    ).astype(bool)
    shown = rng.random((len(members), 4)) < 0.6
    reader = Reader(members, 3)
    leaks = np.argwhere(reader.works_out(shown) & ~shown).tolist()
    assert leaks
    for (place, column), helps in zip(leaks, reader.accomplices(shown, leaks), strict=True):
        few = np.zeros_like(shown)
        few[tuple(np.array(helps).T)] = True
        assert (few <= shown).all()
        assert reader.works_out(few)[place, column]
