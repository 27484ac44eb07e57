"""What comes over the wire is read with care: nothing malformed reaches a plan."""

import pytest

from ui.painter.posts import readable

GOOD = {"token": "a1", "painter": "p", "kind": "paint", "grids": [[0, "Z1", "Z2"]], "names": {}, "locks": {}}


def test_a_stroke_is_read_as_it_was_posted():
    (post,) = readable([{**GOOD, "names": {"Z9": ["", "新区"]}, "locks": {"zone:Z1": [False, True]}}], 5)
    assert post.grids == ((0, "Z1", "Z2"),)
    assert post.names == {"Z9": ("", "新区")}
    assert post.locks == {"zone:Z1": (False, True)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "drop table"},  # no such kind
        {"grids": [[5, "Z1", "Z2"]]},  # beyond the last grid
        {"grids": [[-1, "Z1", "Z2"]]},
        {"grids": [["0", "Z1", "Z2"]]},  # a place is a number
        {"grids": [[0, "Z1"]]},
        {"grids": [[0, "Z1", None]]},
        {"grids": [[0, "Z1", "Z" * 500]]},  # longer than anybody types
        {"token": 7},
        {"names": {"Z9": "新区"}},
        {"names": {"": ["", "新区"]}},  # no zone
        {"locks": [["zone:Z1", True]]},
    ],
)
def test_a_malformed_post_is_passed_over_and_the_next_is_read(wrong):
    posts = [{**GOOD, **wrong}, {**GOOD, "token": "b2"}]
    assert [post.token for post in readable(posts, 5)] == ["b2"]


def test_names_lose_what_would_spoil_papers_and_files():
    names = {"Z1": ["旧\u202e" * 200, "新\x00\n区\u202e\ud83d"], "Z2": ["a", "长" * 500]}
    (post,) = readable([{**GOOD, "names": names}], 5)
    # The old one is what the plan has, character for character.
    assert post.names == {"Z1": ("旧\u202e" * 200, "新区"), "Z2": ("a", "长" * 200)}


@pytest.mark.parametrize("wrong", [None, "paint", {"token": "a"}, [None], [[]], [{}]])
def test_what_is_no_list_of_posts_has_none(wrong):
    assert list(readable(wrong, 5)) == []
