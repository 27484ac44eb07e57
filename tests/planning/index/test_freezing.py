"""An index as files and back: as it was told, whatever becomes of the tables."""

import io
import json
import re

import pandas as pd
import pytest

from data.assessments import EXTERNAL, INPUTS, INTERNAL
from planning.index.editions import suppressed
from planning.index.freezing import computed_again, frozen, thawed
from planning.index.index import index_of, safety_index
from planning.index.profile_reading import load_profile, profile_text
from planning.periods import parse_period

OCTOBER = parse_period("2026-10")
TEXT = profile_text("pingan_village")


@pytest.fixture(scope="module")
def index(small_district):
    return safety_index(small_district, load_profile("pingan_village"), OCTOBER, runs=60, seed=3)


@pytest.fixture(scope="module")
def files(index):
    return frozen(index, TEXT, seed=3)


def assert_same(found, expected):
    pd.testing.assert_frame_equal(found.villages, expected.villages)
    pd.testing.assert_frame_equal(found.indicators, expected.indicators)
    pd.testing.assert_frame_equal(found.points.lines, expected.points.lines)
    pd.testing.assert_frame_equal(found.points.pillars, expected.points.pillars)
    pd.testing.assert_frame_equal(found.yardsticks, expected.yardsticks)
    assert found.summary() == expected.summary()
    assert found.notes == expected.notes


def test_an_index_is_read_as_it_was_frozen(index, files):
    assert_same(thawed(files[INPUTS], files[INTERNAL], edition="internal"), index)
    outside = thawed(files[INPUTS], files[EXTERNAL], edition="external")
    assert_same(outside, suppressed(index))


def test_the_same_index_gives_the_same_bytes(small_district, files):
    again = safety_index(small_district, load_profile("pingan_village"), OCTOBER, runs=60, seed=3)
    assert frozen(again, TEXT, seed=3) == files


def test_the_inputs_alone_give_the_same_index_again(index, files):
    again = computed_again(files[INPUTS])
    assert_same(again, index)
    assert frozen(again, TEXT, seed=3) == files


def test_what_was_told_stands_though_the_program_would_compute_otherwise(files, monkeypatch):
    told = pd.read_parquet(io.BytesIO(files[INTERNAL]["villages.parquet"]))
    monkeypatch.setattr(
        "planning.index.freezing.index_of", lambda panel, **how: index_of(panel, **{**how, "seed": 99})
    )
    monkeypatch.setattr("planning.index.index.grades_of", lambda values, *_: pd.Series("red", values.index))
    opened = thawed(files[INPUTS], files[INTERNAL], edition="internal")
    pd.testing.assert_frame_equal(opened.villages, told)


def test_counts_can_be_checked_by_hand_against_the_calls(small_district, files):
    counts = pd.read_csv(io.BytesIO(files[INPUTS]["counts.csv"]), dtype={"village_id": "str"})
    calls, grid = small_district["incidents"], small_district["grids"].set_index("grid_id")["village_id"]
    mine = calls[
        (calls["grid_id"].map(grid) == "V01")
        & calls["date"].str.startswith("2026-10")
        & (calls["category"] == "fire")
    ]
    told = counts[
        (counts["span"] == "current") & (counts["village_id"] == "V01") & (counts["indicator"] == "fires")
    ]
    assert told["count"].tolist() == [mine["count"].sum()]


def test_ids_keep_their_zeros(small_district):
    district = {
        name: frame.replace({re.compile("^V"): "0330603"}, regex=True) if name != "incidents" else frame
        for name, frame in small_district.items()
    }
    district["grids"] = district["grids"].assign(grid_id=small_district["grids"]["grid_id"])
    index = safety_index(district, load_profile("pingan_village"), OCTOBER, runs=20)
    opened = thawed(*(frozen(index, TEXT, seed=0)[part] for part in (INPUTS, INTERNAL)), edition="internal")
    assert opened.villages.index[0] == "033060301"
    assert opened.panel.villages.index.tolist() == index.panel.villages.index.tolist()


def test_the_files_say_with_what_they_were_computed(files):
    about = json.loads(files[INPUTS]["about.json"])
    assert about["seed"] == 3
    assert about["runs"] == 60
    assert about["period"] == {"first": "2026-10-01", "last": "2026-10-31", "kind": "month"}
    assert files[INPUTS]["profile.toml"] == TEXT


def test_what_an_older_program_froze_opens_without_the_figures_that_came_since(files):
    told = pd.read_parquet(io.BytesIO(files[INTERNAL]["villages.parquet"])).drop(columns="points_coverage")
    content = io.BytesIO()
    told.to_parquet(content)
    older = {**files[INTERNAL], "villages.parquet": content.getvalue()}
    opened = thawed(files[INPUTS], older, edition="internal")
    assert opened.villages["points_coverage"].isna().all()
    pd.testing.assert_frame_equal(opened.villages[list(told)], told)
