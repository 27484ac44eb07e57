"""The tree of an index: levels, members, weights that are left to each indicator."""

import pytest

from geo.errors import SettingError
from planning.index.structure import Structure

TREE = Structure(
    parents={"a": "x", "b": "x", "c": "y", "x": "top", "y": "top", "d": "top"},
    weights={"a": 3, "b": 1, "x": 2},
    directions={"c": -1},
)


def test_groups_come_after_their_members_and_the_root_last():
    assert TREE.root == "top"
    assert TREE.indicators == ("a", "b", "c", "d")
    assert TREE.groups == ("x", "y", "top")
    assert TREE.members("x") == ("a", "b")
    assert TREE.below("top") == ("a", "b", "c", "d")


def test_branches_may_differ_in_depth():
    assert [TREE.height(name) for name in ("a", "d", "x", "top")] == [1, 1, 2, 3]
    assert TREE.level(1) == ("a", "b", "c", "d")
    assert TREE.level(2) == ("x", "y")


def test_effective_weights_are_what_is_left_in_the_whole():
    """x weighs 2 of 4: a has 3/4 of that, b a quarter; y and d a quarter each."""
    found = TREE.effective_weights()
    assert found.to_dict() == pytest.approx(
        {"a": 0.375, "b": 0.125, "c": 0.25, "x": 0.5, "y": 0.25, "d": 0.25, "top": 1.0}
    )
    assert found[list(TREE.indicators)].sum() == pytest.approx(1.0)


def test_a_group_leaves_with_its_last_member():
    left = TREE.without(["c"])
    assert left.groups == ("x", "top")
    assert left.indicators == ("a", "b", "d")
    assert TREE.without(["x"]).indicators == ("c", "d")
    assert TREE.indicators == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("parents", "code"),
    [
        ({}, "structure_without_root"),
        ({"a": "x", "b": "y"}, "structure_roots"),
        ({"a": "x", "x": "y", "y": "x"}, "structure_circular"),  # no root at all
        ({"a": "top", "x": "y", "y": "x"}, "structure_circular"),  # a circle beside the tree
    ],
)
def test_what_is_no_tree_is_refused(parents, code):
    with pytest.raises(SettingError) as raised:
        Structure(parents=parents)
    assert raised.value.code == code
