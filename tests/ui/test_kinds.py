"""Kinds of points: the same colour and mark whatever else is on the map."""

import pandas as pd
import pytest

from planning.findings import SEVERITY
from ui.figures import POST_KINDS, district_figures
from ui.maps.kinds import FACILITY_KINDS, PROBLEM_KINDS, facility_styles, post_styles, problem_styles
from ui.maps.offline import offline_html
from ui.maps.overview import elements_map
from ui.words import catalog


@pytest.mark.parametrize(
    ("styles", "order"),
    [(post_styles, POST_KINDS), (facility_styles, FACILITY_KINDS), (problem_styles, PROBLEM_KINDS)],
    ids=["posts", "facilities", "findings"],
)
def test_a_kind_looks_the_same_however_many_there_are(styles, order):
    whole = styles(order, str)
    assert list(whole) == list(order)
    for kind in order:
        assert styles([kind], str) == {kind: whole[kind]}
        assert styles([kind] * 5 + list(reversed(order)), str) == whole
    assert len({(style.fill, style.mark) for style in whole.values()}) == len(order)


def test_unknown_kinds_follow_those_we_know():
    assert list(post_styles(["水上警务站", "special", "帐篷"], str)) == ["special", "帐篷", "水上警务站"]


def test_findings_come_gravest_first():
    assert tuple(SEVERITY) == PROBLEM_KINDS
    assert list(problem_styles(["layer_gap", "grid_orphan", "layer_gap"], str)) == [
        "grid_orphan",
        "layer_gap",
    ]


def test_every_kind_we_name_has_its_place():
    keys = [str(message.id) for message in catalog("zh")]
    named = {key.partition(".")[2] for key in keys if key.startswith("facility.")}
    assert named == set(FACILITY_KINDS)


def test_kinds_of_posts_are_known_by_their_chinese_names(squares):
    english = district_figures(squares)
    html = offline_html(elements_map(squares))
    squares["posts"]["kind"] = ["警务室", "警务工作站", " 特色警务站"]
    chinese = district_figures(squares)
    assert (chinese.own_posts, chinese.special_posts) == (2, 1)
    assert dict(chinese.posts) == dict(english.posts)
    assert offline_html(elements_map(squares)).count("#0b3d7a") == html.count("#0b3d7a")


def test_posts_are_listed_in_a_fixed_order(squares):
    more = pd.concat([squares["posts"], squares["posts"].iloc[[2, 2]]], ignore_index=True)
    assert list(district_figures({**squares, "posts": more}).posts) == list(POST_KINDS)
