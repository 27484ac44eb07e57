"""Columns at the terminal: what is wide counts twice."""

from ui.columns import aligned, width


def test_chinese_characters_take_two_places():
    assert [width(text) for text in ("方案一", "P1", "±10%", "（甲）", "e\u0301")] == [6, 2, 4, 6, 1]


def test_names_stand_to_the_left_and_figures_to_the_right():
    lines = aligned([["方案", "CV"], ["abcdef", "0.1"], ["甲", "12.25"]])
    assert lines == ["方案       CV", "abcdef    0.1", "甲      12.25"]
    assert {width(line) for line in lines} == {13}
