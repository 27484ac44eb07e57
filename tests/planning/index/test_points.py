"""Points recomputed by hand, line by line, as a village's secretary would."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.index.gathering import gather
from planning.index.points import facts_of, score_points, total_points
from planning.index.profile import Rule
from planning.index.profile_reading import profile_from
from planning.periods import parse_period

OCTOBER = parse_period("2026-10")


def profile(**changes):
    """Two pillars: crime has 10 points to lose, fire 20; a bonus for what is mended; a veto."""
    theft = [
        {"kind": "rate", "points": -0.5, "beyond": 2, "step": 1, "cap": 8},
        {"kind": "change", "points": -0.5, "step": 10, "against": "year_before", "least": 5, "cap": 3},
    ]
    crime = [
        {"code": "theft", "name": "盗窃", "source": "incidents", "categories": "theft", "rule": theft},
        {
            "code": "homicide",
            "name": "命案",
            "source": "incidents",
            "categories": "homicide",
            "optional": True,
            "per": "village",
            "rule": [{"kind": "veto", "beyond": 1}],
        },
    ]
    fire = [
        {
            "code": "fires",
            "name": "火灾",
            "source": "incidents",
            "categories": "fire",
            "rule": [{"kind": "each", "points": -1.5}],
        },
        {
            "code": "mended",
            "name": "整改率",
            "series": "hazards_closed",
            "measure": "share",
            "more_is": "better",
            "rule": [{"kind": "share", "points": 0.3, "beyond": 90, "cap": 2}],
        },
    ]
    return profile_from(
        {
            "code": "hand",
            "name": "hand",
            "points": {"base": 100, "ceiling": 102, "veto": 59.99},
            "pillar": [
                {"code": "crime", "name": "刑事", "full": 10, "indicator": crime},
                {"code": "fire", "name": "消防", "full": 20, "indicator": fire},
            ],
            **changes,
        }
    )


def tables(**counts):
    """Villages A (2,254 people) and B (nobody); counts by category: (A now, A a year ago, B now)."""
    rows = [
        ("gA", "2025-10-01", "noise", 1),
        ("gA", "2026-10-31", "noise", 1),
        ("gB", "2025-11-30", "noise", 1),
    ]
    rows += [("gA", f"{m}-15", "noise", 1) for m in pd.period_range("2025-01", "2026-10", freq="M")]
    for category, (now, then, other) in counts.items():
        rows += [
            ("gA", "2026-10-07", category, now),
            ("gA", "2025-10-07", category, then),
            ("gB", "2026-10-07", category, other),
        ]
    calls = pd.DataFrame(rows, columns=["grid_id", "date", "category", "count"])
    days = {"period_start": "2026-10-01", "period_end": "2026-10-31", "indicator": "hazards_closed"}
    return {
        "villages": pd.DataFrame({"village_id": ["A", "B"], "kind": "village"}),
        "grids": pd.DataFrame(
            {"grid_id": ["gA", "gB"], "village_id": ["A", "B"], "residents": [2000, 0], "floating": [254, 0]}
        ),
        "incidents": calls.assign(source="reported", basis="valid"),
        "indicators": pd.DataFrame({"village_id": ["A"], **days, "value": [19.0], "exposure": [20.0]}),
    }


def test_a_villages_points_by_hand_line_by_line():
    panel = gather(tables(theft=(9, 6, 0), fire=(1, 0, 0)), profile(), OCTOBER)
    found = score_points(panel)
    expected = [
        # 100 to begin with.
        ("base", "", 100.00, 100.00),
        # 9 × 10,000 / 2,254 = 39.929… → 39.93; (39.93 - 2) × 0.5 = 18.965 → 18.97, at most 8.
        ("rule", "theft", -8.00, 92.00),
        # (9 - 6) / 6 = +50.00 %: five steps of ten, half a point each.
        ("rule", "theft", -2.50, 89.50),
        # Crime has 10 to lose and lost 10.5: 0.5 comes back.
        ("full", "crime", 0.50, 90.00),
        # One fire.
        ("rule", "fires", -1.50, 88.50),
        # 19 of 20 = 95.00 %, five above 90: 5 × 0.3 = 1.5.
        ("rule", "mended", 1.50, 90.00),
    ]
    lines = found.of("A")
    told = lines[lines["indicator"] != "homicide"]
    columns = ["kind", "indicator", "effect", "running"]
    assert list(told[columns].itertuples(index=False, name=None)) == expected
    assert found.total["A"] == 90.00
    assert found.pillars.loc["A"].to_dict() == {"crime": -10.0, "fire": 0.0}
    assert told["quantity"].dropna().tolist() == [39.93, 50.00, 1.00, 95.00]
    assert told["compared"].dropna().tolist() == [2254, 6, 20]


def test_where_nobody_lives_counts_still_count_and_rates_do_not():
    panel = gather(tables(theft=(9, 6, 4), fire=(1, 0, 2)), profile(), OCTOBER)
    lines = score_points(panel).of("B").set_index(["indicator", "rule"])
    assert np.isnan(lines.loc[("theft", 1), "quantity"])
    assert lines.loc[("theft", 1), "effect"] == 0
    assert lines.loc[("fires", 1), "effect"] == -3
    # Nothing is known of what was mended there.
    assert np.isnan(lines.loc[("mended", 1), "count"])


@pytest.mark.parametrize(
    ("now", "then", "effect"),
    [
        (9, 0, 0),  # nothing to compare with
        (4, 3, 0),  # too few to tell a change
        (5, 4, -1.25),  # +25 %
        (7, 6, -0.83),  # +16.67 %: 0.8335
        (6, 7, 0),
        (60, 6, -3),  # capped
    ],
)
def test_changes_are_told_only_where_there_is_enough(now, then, effect):
    panel = gather(tables(theft=(now, then, 0)), profile(), OCTOBER)
    lines = score_points(panel).of("A").set_index(["indicator", "rule"])
    assert lines.loc[("theft", 2), "effect"] == effect


def test_a_veto_holds_a_village_down_and_says_so():
    panel = gather(tables(homicide=(1, 0, 0)), profile(), OCTOBER)
    found = score_points(panel)
    assert found.vetoed.to_dict() == {"A": True, "B": False}
    assert found.total["A"] == 59.99
    last = found.of("A").iloc[-1]
    assert (last["kind"], last["running"]) == ("veto", 59.99)
    assert found.total["B"] > 59.99


def test_floor_and_ceiling_have_lines_of_their_own():
    low = profile(points={"base": 100, "floor": 95, "ceiling": 102, "veto": 59.99})
    found = score_points(gather(tables(fire=(30, 0, 0)), low, OCTOBER))
    # Thirty fires take 45 points, of which fire has 20 to lose; what is left is lifted to the floor.
    last = found.of("A").iloc[-1]
    assert (last["kind"], last["effect"], last["running"]) == ("floor", 13.5, 95)
    high = profile(points={"base": 101.5, "ceiling": 102, "veto": 59.99})
    lines = score_points(gather(tables(), high, OCTOBER)).of("A")
    assert (lines.iloc[-1]["kind"], lines.iloc[-1]["effect"], lines.iloc[-1]["running"]) == (
        "ceiling",
        -1,
        102,
    )


@settings(max_examples=10)
@given(
    theft=st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 9)),
    fire=st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers(0, 9)),
)
def test_the_lines_of_every_village_add_up_exactly(theft, fire):
    panel = gather(tables(theft=theft, fire=fire), profile(), OCTOBER)
    found = score_points(panel)
    for village in "AB":
        lines = found.of(village)
        whole = sum(Fraction(f"{effect:.2f}") for effect in lines["effect"])
        assert whole == Fraction(f"{found.total[village]:.2f}")
        assert lines["running"].iloc[-1] == found.total[village]
        assert lines["line"].tolist() == list(range(1, len(lines) + 1))
    totals = total_points(panel.profile, facts_of(panel))
    assert (totals / 100).tolist() == found.total.tolist()


@pytest.mark.parametrize(
    ("rule", "quantity", "effect"),
    [
        (Rule(kind="each", points=-0.5), 3, -1.5),
        (Rule(kind="each", points=-0.5, beyond=2), 3, -0.5),
        (Rule(kind="each", points=-1, step=3), 4, -1.33),
        (Rule(kind="each", points=-1, step=3, whole=True), 5, -1),
        (Rule(kind="each", points=-0.05, step=2), 1, -0.03),  # 0.025: halves upwards
        (Rule(kind="share", points=-0.2, beyond=95, side="below"), 90.5, -0.9),
        (Rule(kind="share", points=-0.2, beyond=95, side="below", cap=0.5), 90.5, -0.5),
        (Rule(kind="share", points=-0.2, beyond=95, side="below"), 96, 0),
    ],
)
def test_rules_by_hand(rule, quantity, effect):
    from planning.index.points import _effect

    assert _effect(rule, np.array([round(quantity * 100)])).tolist() == [round(effect * 100)]


def test_last_years_district_mean_may_be_what_one_is_held_against():
    """In 2025 the district had 6 thefts of 2,254 people: 31 days of it are 0.51."""
    rule = {"kind": "change", "points": -1, "step": 100, "against": "district_base"}
    item = {"code": "theft", "name": "盗窃", "source": "incidents", "categories": "theft", "rule": [rule]}
    simple = profile(pillar=[{"code": "c", "name": "c", "indicator": [item]}])
    line = score_points(gather(tables(theft=(2, 6, 0)), simple, OCTOBER)).of("A").iloc[1]
    assert line["compared"] == round(6 * 31 / 365, 2)
    assert line["quantity"] == round((2 - 0.51) / 0.51 * 100, 2)
