"""A plan month by month: calls laid out by hand, chance held against thousands of tosses."""

import datetime as dt
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from geo.errors import SettingError
from planning.drift import RedrawPrice, drift, month_numbers
from planning.profile import Profile

CALLS_ONLY = Profile(weights={"calls": 1})
PLAN = pd.Series({"a": "x", "b": "y", "c": "y"}, name="zone_id")
MONTHS = [f"{2025 + at // 12}-{at % 12 + 1:02d}" for at in range(24)]


def tables(counts, *, months=MONTHS, day="15", **columns):
    """Grids a, b, c, and calls of each: {month: (a, b, c)}; those of no grid keep its months full."""
    grids = gpd.GeoDataFrame({"grid_id": ["a", "b", "c"], **columns})
    rows = [
        (grid, f"{month}-{day}", "reported", "valid", count)
        for month, found in zip(months, counts, strict=False)
        for grid, count in zip("abc", found, strict=True)
    ]
    first, last = months[0], months[min(len(months), len(counts)) - 1]
    # Calls of no grid of ours: they only show that the data cover the months.
    rows += [("edge", f"{first}-01", "reported", "valid", 1), ("edge", f"{last}-28", "reported", "valid", 1)]
    calls = pd.DataFrame(rows, columns=["grid_id", "date", "source", "basis", "count"])
    return {"grids": grids, "incidents": calls}


def fair_then_unfair(fair, unfair):
    return [(1000, 500, 500)] * fair + [(3000, 500, 500)] * unfair


def test_each_month_is_scored_under_its_own_calls_and_the_windows():
    """x : y is 1000 : 1000, then 3000 : 1000: half off that month, a third off over both."""
    found = drift(tables(fair_then_unfair(1, 1)), PLAN, profile=CALLS_ONLY, tolerance=0.1, window=2)
    months = found.months
    assert months.index.tolist() == ["2025-01", "2025-02"]
    assert months["start"].tolist() == ["2025-01-01", "2025-02-01"]
    assert months["end"].tolist() == ["2025-01-31", "2025-02-28"]
    assert months["calls"].tolist() == [2000, 4000]
    assert months["max_deviation"].tolist() == pytest.approx([0, 0.5])
    assert months["cv"].tolist() == pytest.approx([0, 0.5])
    assert months["gini"].tolist() == pytest.approx([0, 0.25])
    assert months["zones_out"].tolist() == [0, 2]
    assert months["floor"].tolist() == pytest.approx([0, (3000 - 2200) / 4000])
    assert months["window_months"].tolist() == [1, 2]
    assert months["window_max_deviation"].tolist() == pytest.approx([0, 1000 / 3000])
    assert months["window_floor"].tolist() == pytest.approx([0, (4000 - 3300) / 6000])
    assert found.deviations.loc["2025-02"].to_dict() == pytest.approx({"x": 1 / 3, "y": -1 / 3})


def test_the_window_forgets_what_lies_further_back():
    counts = [(1000, 500, 500), (3000, 500, 500), (3000, 500, 500)]
    found = drift(tables(counts), PLAN, profile=CALLS_ONLY, window=2)
    assert found.months["window_months"].tolist() == [1, 2, 2]
    assert found.months["window_max_deviation"].tolist() == pytest.approx([0, 1 / 3, 0.5])


def test_other_factors_stay_as_they_are_now():
    """Half the work is residents, 1 : 1; calls 3 : 1 leave 25 % deviation instead of 50 %."""
    data = tables([(3000, 500, 500)] * 2, residents=[2, 1, 1])
    found = drift(data, PLAN, profile=Profile(weights={"calls": 1, "residents": 1}))
    assert found.months["max_deviation"].tolist() == pytest.approx([0.25, 0.25])
    assert found.profile.weights == {"calls": 0.5, "residents": 0.5}


def test_targets_are_the_stations_means():
    plan = pd.Series({"a": "x", "b": "y", "c": "z"})
    stations = pd.Series({"a": "s1", "b": "s2", "c": "s2"})
    data = tables([(5000, 300, 100)])
    found = drift(data, plan, profile=CALLS_ONLY, stations=stations)
    assert found.deviations.iloc[0].to_dict() == pytest.approx({"x": 0, "y": 0.5, "z": -0.5})
    # Of 400 calls of s2, 300 - 220 = 80 lie wrong.
    assert found.months["floor"].iloc[0] == pytest.approx(80 / 5400)


def test_a_redraw_pays_from_the_first_of_three_months_running():
    found = drift(
        tables(fair_then_unfair(12, 8)), PLAN, profile=CALLS_ONLY, tolerance=0.1, price=RedrawPrice(run=3)
    )
    # After n unfair months the window holds 12 + 2n thousand for x + 12 - n months of 1000, y 12.
    floors = [max(0, (12 + 2 * n) - 1.1 * (12 + n)) / (24 + 2 * n) for n in range(9)]
    assert found.months["window_floor"].iloc[11:].tolist() == pytest.approx(floors)
    first = next(n for n, floor in enumerate(floors) if floor > found.price.break_even)
    assert found.pays_from == MONTHS[11 + first] == "2026-03"
    assert [r.code for r in found.reasons] == ["redraw_pays"]
    assert found.reasons[0].facts["month"] == "2026-03"
    assert not found.months["pays"].iloc[: 11 + first].any()
    assert found.months["pays"].iloc[11 + first :].all()
    assert found.summary()["pays_from"] == "2026-03"


def test_a_spell_that_is_too_short_is_not_enough_and_one_that_is_over_is_told():
    counts = [*fair_then_unfair(3, 2), *[(1000, 500, 500)] * 4]
    short = drift(tables(counts), PLAN, profile=CALLS_ONLY, window=1, price=RedrawPrice(run=3))
    assert short.pays_from is None
    assert [(r.code, r.facts["found"]) for r in short.reasons] == [("redraw_not_lasting", 2)]
    over = drift(tables(counts), PLAN, profile=CALLS_ONLY, window=1, price=RedrawPrice(run=2))
    assert over.pays_from == "2025-04"
    assert [r.code for r in over.reasons] == ["redraw_pays", "redraw_pays_no_more"]


def test_windows_with_less_than_half_their_months_decide_nothing():
    found = drift(tables([(3000, 500, 500)] * 8), PLAN, profile=CALLS_ONLY, window=12)
    assert found.pays_from == "2025-06"
    assert not found.months["pays"].iloc[:5].any()
    few = drift(tables([(3000, 500, 500)] * 7), PLAN, profile=CALLS_ONLY, window=12)
    assert [(r.code, r.facts["found"]) for r in few.reasons] == [("redraw_too_few_months", 2)]


def test_a_fair_plan_and_a_dear_redraw_do_not_pay():
    fair = drift(tables([(1000, 500, 500)] * 8), PLAN, profile=CALLS_ONLY)
    assert [r.code for r in fair.reasons] == ["redraw_fair"]
    data = tables([(3000, 500, 500)] * 12)
    dear = drift(data, PLAN, profile=CALLS_ONLY, price=RedrawPrice(fixed=2.0))
    assert [r.code for r in dear.reasons] == ["redraw_too_dear"]
    assert dear.reasons[0].facts == pytest.approx({"floor_share": 0.2, "needed_share": 2 / 7.5})
    never = drift(data, PLAN, profile=CALLS_ONLY, price=RedrawPrice(horizon=4))
    assert [r.code for r in never.reasons] == ["redraw_never_pays"]
    assert never.summary()["break_even"] is None


def test_unfairness_that_chance_explains_does_not_pay():
    """Seven calls to three deviate 40 %, but of ten calls a month that says nothing."""
    few = tables([(7, 2, 1)] * 6)
    found = drift(few, PLAN, profile=CALLS_ONLY, window=1)
    assert found.months["floor"].min() > found.price.break_even
    assert not found.months["unfair"].any()
    assert [r.code for r in found.reasons] == ["redraw_fair"]
    many = drift(tables([(700, 200, 100)] * 6), PLAN, profile=CALLS_ONLY, window=1)
    assert many.months["unfair"].all()


def test_one_month_in_twenty_is_beyond_chance_when_only_chance_is_at_work():
    rng = np.random.default_rng(7)
    months = [f"{2000 + at // 12}-{at % 12 + 1:02d}" for at in range(300)]
    counts = rng.poisson([200, 120, 80], (300, 3))
    found = drift(tables(counts, months=months), PLAN, profile=CALLS_ONLY, window=60, draws=500)
    assert found.months["beyond_chance"].iloc[60:].mean() == pytest.approx(0.05, abs=0.04)
    assert 0.10 < found.months["chance_max_deviation"].iloc[-1] < 0.16


def test_a_month_in_which_calls_shift_is_beyond_chance():
    counts = [(1000, 500, 500)] * 12 + [(1300, 500, 500)]
    beyond = drift(tables(counts), PLAN, profile=CALLS_ONLY).months["beyond_chance"]
    assert beyond.tolist() == [False] * 12 + [True]


def test_months_may_run_from_the_26th():
    days = pd.Series(["2025-12-25", "2025-12-26", "2026-01-25", "2026-01-26"])
    numbers = month_numbers(days, 26)
    assert (numbers - numbers[0]).tolist() == [0, 1, 1, 2]
    assert month_numbers(days, 1)[0] == 2025 * 12 + 11
    found = drift(tables([(2, 1, 1)] * 4, day="26"), PLAN, profile=CALLS_ONLY, first_day=26)
    rows = found.months
    assert rows.index.tolist() == ["2025-02", "2025-03", "2025-04"]
    assert rows.loc["2025-02", ["start", "end"]].tolist() == ["2025-01-26", "2025-02-25"]
    assert rows["calls"].tolist() == [4, 4, 4]
    partial = [n.facts["months"] for n in found.notes if n.code == "drift_months_partial"]
    assert partial == [("2025-01", "2025-05")]


def test_a_month_that_the_calls_cover_in_part_is_left_out_and_told():
    data = tables([(20, 10, 10)] * 3)
    start = dt.date(2025, 1, 12).isoformat()
    data["incidents"] = data["incidents"][data["incidents"]["date"] >= start]
    found = drift(data, PLAN, profile=CALLS_ONLY)
    assert found.months.index.tolist() == ["2025-02", "2025-03"]
    assert [n.facts["months"] for n in found.notes if n.code == "drift_months_partial"] == [("2025-01",)]


def test_since_and_months_choose_what_is_scored_without_changing_it():
    data = tables(fair_then_unfair(4, 4))
    whole = drift(data, PLAN, profile=CALLS_ONLY)
    since = drift(data, PLAN, profile=CALLS_ONLY, since="2025-03-01")
    latest = drift(data, PLAN, profile=CALLS_ONLY, months=2)
    assert_frame_equal(since.months, whole.months.iloc[2:])
    assert_frame_equal(latest.months, whole.months.iloc[-2:])
    assert_frame_equal(drift(data, PLAN, profile=CALLS_ONLY, months=99).months, whole.months)


def test_the_days_of_the_profile_do_not_narrow_the_months():
    data = tables([(20, 10, 10)] * 3)
    narrow = Profile(weights={"calls": 1}, first_day="2025-02-01", last_day="2025-02-28")
    assert len(drift(data, PLAN, profile=narrow).months) == 3


def test_a_month_without_calls_counts_what_does_not_change():
    data = tables([(20, 10, 10), (0, 0, 0), (20, 10, 10)], residents=[3, 1, 0])
    found = drift(data, PLAN, profile=Profile(weights={"calls": 1, "residents": 1}), window=1)
    assert found.months["calls"].tolist() == [40, 0, 40]
    assert found.months["max_deviation"].tolist() == pytest.approx([0.25, 0.5, 0.25])
    alone = drift(data, PLAN, profile=CALLS_ONLY, window=1)
    assert alone.months["max_deviation"].tolist() == pytest.approx([0, 0, 0])


def test_the_same_seed_gives_the_same_chance_and_inputs_are_left_alone():
    data = tables(fair_then_unfair(2, 2), residents=[1, 2, None])
    before = {name: frame.copy() for name, frame in data.items()}
    one, same, other = (drift(data, PLAN, seed=seed).months for seed in (1, 1, 2))
    assert_frame_equal(one, same)
    assert not one.equals(other)
    for name, frame in data.items():
        assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[name]))


@pytest.mark.parametrize(
    ("change", "options", "code"),
    [
        (lambda t: t.pop("incidents"), {}, "drift_no_calls"),
        (lambda t: t.update(incidents=t["incidents"].iloc[:0]), {}, "drift_no_calls"),
        (lambda t: t.update(incidents=t["incidents"].assign(source="patrol")), {}, "drift_no_calls"),
        (lambda t: t.update(incidents=t["incidents"].assign(grid_id="elsewhere")), {}, "drift_no_calls"),
        (lambda _: None, {"profile": Profile(weights={"residents": 1})}, "drift_calls_unweighted"),
        (
            lambda _: None,
            {"profile": Profile(weights={"residents": 1, "calls": 0})},
            "drift_calls_unweighted",
        ),
        (lambda _: None, {"since": "2030-01-01"}, "drift_no_months"),
        (
            lambda t: t.update(incidents=t["incidents"][t["incidents"]["date"].str.endswith("15")].iloc[:2]),
            {},
            "drift_no_months",
        ),
        (lambda _: None, {"since": "last year"}, "setting_wrong"),
        (lambda _: None, {"months": 0}, "setting_wrong"),
        (lambda _: None, {"first_day": 29}, "setting_wrong"),
        (lambda _: None, {"window": 0}, "setting_wrong"),
        (lambda _: None, {"tolerance": -0.1}, "setting_wrong"),
        (lambda _: None, {"draws": 0}, "setting_wrong"),
    ],
)
def test_what_cannot_be_followed_is_explained(change, options, code):
    data = tables([(20, 10, 10)] * 2, residents=[1, 1, 1])
    change(data)
    with pytest.raises(SettingError) as error:
        drift(data, PLAN, **{"profile": Profile(weights={"residents": 1, "calls": 1}), **options})
    assert error.value.code == code


@pytest.mark.parametrize(
    "wrong",
    [{"horizon": 0}, {"handover": -1}, {"fixed": -0.1}, {"moved_per_floor": 0.9}, {"run": 0}, {"run": 1.5}],
)
def test_a_price_refuses_what_means_nothing(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        RedrawPrice(**wrong)


def test_gain_and_cost_meet_at_the_break_even():
    price = RedrawPrice(horizon=24, handover=2, fixed=0.5, moved_per_floor=1.5)
    assert price.break_even == pytest.approx(0.5 / 21)
    assert price.gain(price.break_even) == pytest.approx(price.cost(price.break_even))
    assert math.isinf(RedrawPrice(horizon=4.5).break_even)
