"""Badges and backlogs of villages, worked by hand."""

import datetime as dt
from types import SimpleNamespace

import pandas as pd
import pytest

from planning.index.badges import backlog, badges


def index_of(*rows):
    table = pd.DataFrame(rows, columns=["village_id", "indicator", "pillar", "count"])
    villages = pd.DataFrame(index=pd.Index(table["village_id"].unique(), name="village_id"))
    return SimpleNamespace(indicators=table, villages=villages)


def test_a_badge_needs_every_count_of_its_pillar_at_zero():
    found = badges(
        index_of(
            ("V1", "theft", "criminal", 0.0),
            ("V1", "fraud", "criminal", 0.0),
            ("V1", "fires", "fire", 0.0),
            ("V1", "hazards", "fire", 3.0),
            ("V2", "theft", "criminal", 0.0),
            ("V2", "fraud", "criminal", 1.0),
            ("V2", "fires", "fire", 2.0),
            ("V2", "hazards", "fire", 0.0),
        )
    )
    assert found["no_crime"].tolist() == [True, False]
    # Hazards are of the pillar, and no fire.
    assert found["no_fire"].tolist() == [True, False]
    assert list(found) == ["no_crime", "no_fire"], "what the profile does not count has no badge"


def test_an_unknown_count_settles_nothing_unless_another_is_above_zero():
    found = badges(
        index_of(
            ("V1", "theft", "criminal", float("nan")),
            ("V1", "fraud", "criminal", 0.0),
            ("V2", "theft", "criminal", float("nan")),
            ("V2", "fraud", "criminal", 2.0),
        )
    )
    assert pd.isna(found.at["V1", "no_crime"])
    assert found.at["V2", "no_crime"] == False  # noqa: E712


@pytest.fixture
def reports():
    rows = [
        ("V1", "2026-09-30", "hazards_opened", 4.0),
        ("V1", "2026-09-30", "hazards_closed", 1.0),
        ("V1", "2026-10-31", "hazards_opened", 2.0),
        ("V1", "2026-10-31", "hazards_closed", 5.0),
        ("V2", "2026-09-30", "hazards_opened", 3.0),
        ("V2", "2026-10-31", "hazards_closed", 1.0),
        ("V2", "2026-11-30", "hazards_closed", 2.0),
    ]
    return pd.DataFrame(rows, columns=["village_id", "period_end", "indicator", "value"])


def test_the_backlog_is_what_was_found_less_what_was_closed(reports):
    found = backlog(reports, through=dt.date(2026, 10, 31))
    assert found["hazards"].to_dict() == {"V1": 0.0, "V2": 2.0}
    assert backlog(reports, through=dt.date(2026, 11, 30)).at["V2", "hazards"] == 0
    assert backlog(reports, through=dt.date(2026, 9, 30)).at["V1", "hazards"] == 3


def test_closed_without_found_is_no_credit():
    rows = pd.DataFrame(
        [("V1", "2026-09-30", "hazards_opened", 0.0), ("V1", "2026-09-30", "hazards_closed", 3.0)],
        columns=["village_id", "period_end", "indicator", "value"],
    )
    assert backlog(rows, through=dt.date(2026, 10, 1)).at["V1", "hazards"] == 0
