"""The overview's figures, by hand-counted tables and with tables missing."""

import datetime as dt

import pandas as pd
import pytest

from data.schemas import TABLES
from ui.figures import district_figures, last_full_month, month_of_calls
from ui.maps.offline import offline_html, outside_references
from ui.maps.overview import elements_map


def calls(*rows):
    columns = ["grid_id", "date", "hour", "category", "source", "basis", "count"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(
    ("last", "month"),
    [("2026-10-31", "2026-10"), ("2026-10-30", "2026-09"), ("2026-02-28", "2026-02")],
)
def test_a_month_counts_once_its_last_day_is_there(last, month):
    assert str(last_full_month(pd.Series(pd.to_datetime([last])))) == month


def test_only_reported_calls_of_the_month_count(squares):
    squares["incidents"] = calls(
        ("G0000", "2025-10-01", 8, "theft", "reported", "valid", 4),
        ("G0000", "2026-09-05", 8, "theft", "reported", "valid", 2),
        ("G0000", "2026-10-05", 8, "theft", "reported", "valid", 3),
        ("G0004", "2026-10-05", 8, "theft", "patrol", "valid", 50),
        ("G0005", "2026-10-31", 21, "theft", "reported", "non_police", 2),
    )
    month = month_of_calls(squares)
    assert (month.month, month.total, month.last_month, month.last_year) == (dt.date(2026, 10, 1), 5, 2, 4)
    assert month.towns == (("南镇", 3), ("北街道", 2))
    assert (month.hours[8], month.hours[21]) == (3, 2)
    assert dict(month.parts) == {"valid": 3, "non_police": 2}


def test_a_month_before_the_data_begins_is_unknown_not_zero(squares):
    squares["incidents"] = calls(("G0000", "2026-10-31", 8, "theft", "reported", "valid", 3))
    month = month_of_calls(squares)
    assert (month.last_month, month.last_year) == (None, None)


def test_a_month_that_only_began_is_no_month_without_calls(squares):
    squares["incidents"] = calls(("G0000", "2026-10-20", 8, "theft", "reported", "valid", 3))
    assert month_of_calls(squares) is None


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (name, column)
        for name, table in TABLES.items()
        for column, spec in table.columns.items()
        if not spec.required and column not in table.key
    ],
)
def test_every_optional_column_may_be_missing(squares, table, column):
    if table in squares:
        squares[table] = squares[table].drop(columns=column, errors="ignore")
    figures = district_figures(squares)
    assert figures.posts or table != "posts"
    assert month_of_calls(squares).total > 0
    assert outside_references(offline_html(elements_map(squares))) == []


def test_towns_without_names_are_named_by_their_codes(squares):
    squares["towns"] = squares["towns"].drop(columns="name")
    assert {name for name, _ in month_of_calls(squares).towns} == {"T1", "T2"}


def test_bases_that_hold_one_another_are_not_added_up(squares):
    squares["incidents"] = calls(
        ("G0000", "2026-10-31", 8, "theft", "reported", "接报", 10),
        ("G0000", "2026-10-31", 8, "theft", "reported", "有效", 6),
    )
    assert (month_of_calls(squares).total, month_of_calls(squares).basis) == (10, "接报")


def test_calls_without_a_source_say_so(squares):
    squares["incidents"] = squares["incidents"].drop(columns="source")
    assert not month_of_calls(squares).source_known


def test_figures_of_the_squares(squares):
    figures = district_figures(squares)
    assert (figures.villages, figures.communities) == (6, 6)
    assert (figures.own_posts, figures.special_posts, figures.villages_with_post) == (2, 1, 2)
    assert figures.area_m2 == pytest.approx(9e6)
    assert figures.staff == {"villages": {"auxiliary": 2}, "zones": {"community_officer": 1}, "stations": {}}


def test_figures_of_nothing_are_unknown():
    figures = district_figures({})
    assert (figures.villages, figures.area_m2, month_of_calls({})) == (None, None, None)
    assert figures.own_posts == 0
