"""The packed index is one that SQLite finds in order, asks rightly, and goes on with."""

import sqlite3

import numpy as np
import pytest

from data.rtree import fill_rtree


def boxes_of(count, seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(3e5, 5e5, (count, 2))
    high = low + rng.uniform(0, 900, (count, 2))
    return np.column_stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]])


def filled(boxes, fids):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE tree USING rtree(id, minx, maxx, miny, maxy)")
    fill_rtree(connection, "tree", fids, boxes)
    return connection


@pytest.mark.parametrize("count", [0, 1, 51, 52, 2_601, 2_602, 7_000])
def test_every_size_is_in_order_and_answers_as_a_plain_search(count):
    boxes = boxes_of(count, seed=count)
    fids = np.random.default_rng(1).permutation(count * 3)[:count] + 1
    with filled(boxes, fids) as connection:
        assert connection.execute("SELECT rtreecheck('tree')").fetchone() == ("ok",)
        for west, south in ((3.2e5, 3.2e5), (4e5, 4.5e5), (9e5, 9e5)):
            asked = (west, west + 2e4, south, south + 2e4)
            found = connection.execute(
                "SELECT id FROM tree WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ?", asked
            )
            hit = (boxes[:, 1] >= asked[0]) & (boxes[:, 0] <= asked[1])
            hit &= (boxes[:, 3] >= asked[2]) & (boxes[:, 2] <= asked[3])
            # In single precision a box may only be larger.
            assert {row[0] for row in found} >= set(fids[hit].tolist())
    connection.close()


def test_boxes_are_never_smaller_than_they_were():
    boxes = boxes_of(500, seed=3)
    connection = filled(boxes, np.arange(500) + 1)
    kept = np.array(connection.execute("SELECT minx, maxx, miny, maxy FROM tree ORDER BY id").fetchall())
    assert (kept[:, [0, 2]] <= boxes[:, [0, 2]]).all()
    assert (kept[:, [1, 3]] >= boxes[:, [1, 3]]).all()
    assert np.abs(kept - boxes).max() < 0.1
    connection.close()


def test_rows_that_come_and_go_later_keep_it_in_order():
    boxes = boxes_of(3_000, seed=5)
    connection = filled(boxes, np.arange(3_000) + 1)
    connection.executemany("DELETE FROM tree WHERE id = ?", [(n,) for n in range(1, 2_000, 3)])
    connection.executemany(
        "INSERT INTO tree VALUES (?, ?, ?, ?, ?)",
        [(10_000 + n, *box) for n, box in enumerate(boxes_of(1_500, seed=6).tolist())],
    )
    assert connection.execute("SELECT rtreecheck('tree')").fetchone() == ("ok",)
    assert connection.execute("SELECT COUNT(*) FROM tree").fetchone() == (3_000 - 667 + 1_500,)
    connection.close()
