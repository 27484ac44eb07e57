"""From tables to a panel: counts, exposure and spans by hand, and what can be wrong with a table."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from geo.errors import SchemaError, SettingError
from planning.index.gathering import gather
from planning.index.places import classes_of, denominators, villages_of
from planning.index.points import score_points
from planning.index.profile_reading import load_profile, profile_from
from planning.index.scoring import score
from planning.periods import parse_period

OCTOBER = parse_period("2026-10")
PROFILE = profile_from(
    {
        "code": "test",
        "name": "test",
        "basis": "valid",
        "pillar": [
            {
                "code": "crime",
                "name": "crime",
                "indicator": [
                    {"code": "theft", "name": "t", "source": "incidents", "categories": "theft"},
                    {
                        "code": "settled",
                        "name": "s",
                        "series": "disputes_closed",
                        "measure": "share",
                        "more_is": "better",
                    },
                    {"code": "level", "name": "l", "measure": "level", "optional": True},
                ],
            }
        ],
    }
)


def calls(*rows):
    columns = ["grid_id", "date", "category", "source", "basis", "count"]
    return pd.DataFrame(
        [(r[0], r[1], r[2], *(r[3:] or ("reported", "valid", 1))) for r in rows], columns=columns
    )


def report(village, month, series="disputes_closed", value=8.0, exposure=10.0):
    days = parse_period(month)
    return (village, days.first.isoformat(), days.last.isoformat(), series, value, exposure)


def reports(*rows):
    columns = ["village_id", "period_start", "period_end", "indicator", "value", "exposure"]
    return pd.DataFrame(list(rows), columns=columns)


@pytest.fixture
def tables():
    """Two villages of 1,000 and 500 people; calls of 2025 and of the months up to October 2026."""
    months = [str(m) for m in pd.period_range("2025-01", "2026-10", freq="M")]
    return {
        "villages": pd.DataFrame({"village_id": ["A", "B"], "name": ["甲", "乙"], "kind": "village"}),
        "grids": pd.DataFrame(
            {
                "grid_id": ["g1", "g2", "g3"],
                "village_id": ["A", "A", "B"],
                "residents": [600, 300, 500],
                "floating": [100, 0, 0],
            }
        ),
        "incidents": calls(
            *[("g1", f"{m}-05", "theft") for m in months],
            *[("g3", f"{m}-28", "noise") for m in months],
            ("g2", "2026-10-31", "theft"),
            ("g2", "2026-10-31", "theft", "patrol", "valid", 7),
            ("g2", "2026-10-31", "theft", "reported", "invalid", 9),
            ("g3", "2025-10-31", "theft", "reported", "valid", 4),
        ),
        "indicators": reports(*[report(v, m) for m in months for v in ("A", "B")]),
    }


def code_of(fault):
    return sorted(reason.code for reason in fault.value.reasons)


def test_reported_calls_of_the_basis_are_counted_by_span(tables):
    panel = gather(tables, PROFILE, OCTOBER)
    theft = {name: span.counts["theft"].to_dict() for name, span in panel.spans.items()}
    assert theft["current"] == {"A": 2, "B": 0}
    assert theft["previous"] == {"A": 1, "B": 0}
    assert theft["year_before"] == {"A": 1, "B": 4}
    assert theft["window"] == {"A": 13, "B": 0}
    assert theft["base"] == {"A": 12, "B": 4}
    assert panel.basis == "valid"
    assert panel.notes == ()


def test_another_basis_counts_more(tables):
    panel = gather(tables, PROFILE, OCTOBER, basis="received")
    assert panel.spans["current"].counts["theft"].to_dict() == {"A": 11, "B": 0}
    with pytest.raises(SettingError, match="calls_basis_unknown"):
        gather(tables, PROFILE, OCTOBER, basis="police")


def test_exposure_is_person_years_of_those_present_and_trials_of_shares(tables):
    panel = gather(tables, PROFILE, OCTOBER)
    assert panel.villages["present"].to_dict() == {"A": 1000, "B": 500}
    window = panel.spans["window"].exposure
    assert window["theft"].to_dict() == pytest.approx({"A": 1000 * 365 / 365.25, "B": 500 * 365 / 365.25})
    assert window["settled"].to_dict() == {"A": 120, "B": 120}
    assert panel.spans["current"].counts["settled"].to_dict() == {"A": 8, "B": 8}


@pytest.mark.parametrize(
    ("period", "window"),
    [
        ("2026-10", "2025-11-01..2026-10-31"),
        ("2026-02", "2025-03-01..2026-02-28"),
        ("2026-W41", "2025-10-12..2026-10-11"),
        ("2026-09-26..2026-10-25", "2025-10-26..2026-10-25"),
        ("2026-10-05", "2025-10-06..2026-10-05"),
    ],
)
def test_the_window_is_the_twelve_months_that_end_with_the_period(tables, period, window):
    spans = gather(tables, PROFILE, parse_period(period)).spans
    assert spans["window"].days.name == window
    assert spans["base"].days.name == "2025"


def test_the_order_of_rows_means_nothing(tables):
    mixed = {name: frame.sample(frac=1, random_state=1) for name, frame in tables.items()}
    one, other = (gather(t, PROFILE, OCTOBER) for t in (tables, mixed))
    for name in one.spans:
        pd.testing.assert_frame_equal(one.spans[name].counts, other.spans[name].counts)
        pd.testing.assert_frame_equal(one.spans[name].exposure, other.spans[name].exposure)
    assert tables["incidents"]["grid_id"].iloc[0] == "g1"


def test_a_period_without_data_is_told_with_the_days_that_are_known(tables):
    for asked in ("2019-01", "2027-03"):
        with pytest.raises(SettingError) as raised:
            gather(tables, PROFILE, parse_period(asked))
        assert raised.value.code == "period_without_data"
        assert raised.value.facts["first"] == "2025-01-01"
        assert raised.value.facts["last"] == "2026-10-31"
    alone = {name: tables[name] for name in ("villages", "indicators")}
    with pytest.raises(SettingError, match="period_without_data"):
        gather(alone, PROFILE, parse_period("2019-01"))
    with pytest.raises(SettingError, match="index_without_data"):
        gather({"villages": tables["villages"]}, PROFILE, OCTOBER)
    with pytest.raises(SettingError, match="index_without_villages"):
        gather({}, PROFILE, OCTOBER)


def test_a_period_that_runs_beyond_the_calls_is_noted(tables):
    tables["incidents"] = tables["incidents"][tables["incidents"]["date"] < "2026-09-30"]
    panel = gather(tables, PROFILE, parse_period("2026-09-26..2026-10-25"))
    notes = {note.code: note.facts for note in panel.notes}
    assert notes["period_incomplete"]["found"] == 5
    # What is compared with has to be known as a whole.
    tables["incidents"] = tables["incidents"][tables["incidents"]["date"] >= "2025-10-20"]
    panel = gather(tables, PROFILE, parse_period("2026-09"))
    assert panel.spans["year_before"].counts["theft"].isna().all()


def test_without_half_of_last_year_the_goalposts_are_provisional(tables):
    tables["incidents"] = tables["incidents"][tables["incidents"]["date"] >= "2025-08-01"]
    tables["indicators"] = tables["indicators"][tables["indicators"]["period_start"] >= "2025-08-01"]
    panel = gather(tables, PROFILE, OCTOBER)
    assert "goalposts_provisional" in [note.code for note in panel.notes]
    assert panel.spans["base"].days.name == "2025-08-01..2026-07-31"


def test_villages_without_residents_are_counted_but_have_no_rate(tables):
    tables["grids"].loc[2, "residents"] = 0
    panel = gather(tables, PROFILE, OCTOBER)
    assert panel.spans["base"].counts.loc["B", "theft"] == 4
    assert panel.spans["base"].exposure.loc["B", "theft"] == 0


def test_calls_and_reports_of_unknown_places_are_noted(tables):
    tables["incidents"] = pd.concat([tables["incidents"], calls(("g9", "2026-10-01", "theft"))])
    tables["indicators"] = pd.concat([tables["indicators"], reports(report("Z", "2026-10"))])
    notes = {note.code: note.facts["count"] for note in gather(tables, PROFILE, OCTOBER).notes}
    assert notes == {"calls_of_unknown_villages": 1, "reports_of_unknown_villages": 1}


def test_reports_without_the_whole_they_are_a_share_of_do_not_count(tables):
    rows = tables["indicators"]
    spring = rows["period_start"].between("2026-02-01", "2026-06-01")
    rows.loc[(rows["village_id"] == "A") & spring, "exposure"] = None
    panel = gather(tables, PROFILE, OCTOBER)
    notes = {note.code: note.facts for note in panel.notes}
    assert notes["reports_without_exposure"] == {"count": 5, "series": ("disputes_closed",)}
    # Seven months of twelve are left, with 8 of 10 in each.
    assert panel.spans["window"].counts.at["A", "settled"] == 56
    assert panel.spans["window"].exposure.at["A", "settled"] == 70


def test_what_lacks_is_told_with_the_nearest_name(tables):
    tables["indicators"]["indicator"] = "disputes_closd"
    tables["incidents"]["category"] = "thefts"
    notes = [note for note in gather(tables, PROFILE, OCTOBER).notes if note.code == "indicator_misspelt"]
    assert {note.facts["code"]: note.facts["nearest"] for note in notes} == {
        "theft": "thefts",
        "settled": "disputes_closd",
    }


def test_in_a_year_that_is_not_over_reports_of_its_last_months_are_not_overdue(small_district):
    panel = gather(small_district, load_profile("pingan_village"), parse_period("2026"))
    assert not {"indicator_without_data", "indicator_misspelt", "reports_overdue"} & {
        n.code for n in panel.notes
    }
    assert panel.spans["window"].counts["petitions"].notna().all()
    assert not panel.carried.any(axis=None)


def test_a_series_that_is_there_but_overdue_is_not_taken_for_a_slip_of_the_pen(tables):
    rows = tables["indicators"]
    old = rows[(rows["period_start"] < "2026-07") & (rows["indicator"] == "disputes_closed")]
    notes = {n.code: n.facts for n in gather({**tables, "indicators": old}, PROFILE, OCTOBER).notes}
    assert notes["indicator_without_current_data"] == {"code": "settled", "wanted": ("disputes_closed",)}


def test_of_a_village_without_a_grid_calls_are_unknown_and_not_zero(tables):
    tables["grids"] = tables["grids"].query("village_id == 'A'")
    panel = gather(tables, PROFILE, OCTOBER)
    assert panel.spans["window"].counts["theft"].isna().tolist() == [False, True]


def test_a_rate_of_nobody_is_not_known_for_points(tables):
    tables["grids"] = tables["grids"].assign(residents=[600, 300, 0], floating=0)
    item = {"code": "theft", "name": "t", "source": "incidents", "categories": "theft"}
    rated = {**item, "rule": [{"kind": "rate", "points": -1}]}
    profile = profile_from(
        {"code": "x", "name": "x", "pillar": [{"code": "p", "name": "p", "indicator": [rated]}]}
    )
    assert score_points(gather(tables, profile, OCTOBER)).coverage.tolist() == [1, 0]


def test_where_no_name_is_near_none_is_asked_about(tables):
    tables["incidents"]["category"] = "noise"
    notes = [note for note in gather(tables, PROFILE, OCTOBER).notes if note.code == "indicator_without_data"]
    assert [note.facts for note in notes] == [{"code": "theft", "wanted": ("theft",)}]
    item = {"code": "t", "name": "t", "source": "incidents", "per": "qqqq"}
    odd = profile_from(
        {"code": "x", "name": "x", "pillar": [{"code": "p", "name": "p", "indicator": [item]}]}
    )
    with pytest.raises(SettingError, match="denominator_strange"):
        gather(tables, odd, OCTOBER)


def changing(**rule):
    """A profile whose only rule compares thefts with another period's."""
    item = {"code": "theft", "name": "t", "source": "incidents", "categories": "theft"}
    rules = [{"kind": "change", "points": -1, "step": 10, **rule}]
    return profile_from(
        {
            "code": "x",
            "name": "x",
            "pillar": [{"code": "p", "name": "p", "indicator": [{**item, "rule": rules}]}],
        }
    )


def daily(tables, until, *, without=()):
    """One theft a day in village A up to a day, but for the months that lack."""
    days = [str(day.date()) for day in pd.date_range("2025-01-01", until) if str(day)[:7] not in without]
    return {**tables, "incidents": calls(*[("g1", day, "theft") for day in days])}


def test_a_running_period_is_compared_with_as_many_days_of_the_others(tables):
    panel = gather(daily(tables, "2026-10-12"), changing(), OCTOBER)
    assert [panel.spans[name].days.days for name in ("current", "previous", "year_before")] == [12, 12, 12]
    assert [panel.spans[name].counts.at["A", "theft"] for name in ("current", "previous", "year_before")] == [
        12
    ] * 3
    note = next(note for note in panel.notes if note.code == "changes_of_equal_days")
    assert note.facts == {"found": 12, "days": 31}
    assert score_points(panel).total["A"] == 100
    # All of October is over: whole months are compared.
    panel = gather(daily(tables, "2026-10-31"), changing(), OCTOBER)
    assert panel.spans["previous"].counts.at["A", "theft"] == 30
    assert "changes_of_equal_days" not in [note.code for note in panel.notes]


def test_a_period_with_days_missing_before_its_last_known_one_is_not_compared(tables):
    quarter = parse_period("2026-Q3")
    panel = gather(daily(tables, "2026-10-31", without=("2026-08",)), changing(against="previous"), quarter)
    assert panel.spans["current"].counts.at["A", "theft"] == 61
    assert panel.spans["previous"].counts["theft"].isna().all()
    assert "changes_unknown" in [note.code for note in panel.notes]
    assert score_points(panel).total["A"] == 100


def test_calls_and_reports_have_a_base_year_each(tables):
    """Calls are known since mid-2026; reports since 2025 need no provisional yardstick for that."""
    rows = tables["incidents"]
    panel = gather({**tables, "incidents": rows[rows["date"] >= "2026-06"]}, PROFILE, OCTOBER)
    notes = [note.facts for note in panel.notes if note.code == "goalposts_provisional"]
    assert [(facts["table"], str(facts["first"]), str(facts["last"])) for facts in notes] == [
        ("incidents", "2026-06-01", "2026-10-31")
    ]
    assert panel.spans["base"].counts.at["A", "theft"] == 6
    # Twelve reports of 2025 with 8 of 10 each.
    assert panel.spans["base"].exposure.at["A", "settled"] == 120


def test_reports_of_natural_months_outside_a_shifted_one_are_named(small_district):
    panel = gather(small_district, load_profile("pingan_village"), parse_period("2026-09-26..2026-10-25"))
    note = next(note for note in panel.notes if note.code == "points_without_reports")
    assert note.facts["found"] == (
        "petitions",
        "disputes",
        "disputes_settled",
        "satisfaction",
        "hazards",
        "hazards_mended",
    )
    assert (note.facts["count"], note.facts["of"]) == (6, 13)
    assert score_points(panel).coverage.round(4).unique().tolist() == [0.5385]
    inside = gather(small_district, load_profile("pingan_village"), OCTOBER)
    assert "points_without_reports" not in [note.code for note in inside.notes]


def test_the_latest_reports_of_several_series_are_taken_together(tables):
    rows = reports(
        report("A", "2026-10", "one", 10.0),
        report("A", "2026-08", "two", 30.0),
        report("B", "2026-10", "one", 50.0),
    )
    item = {"code": "level", "name": "l", "measure": "level", "series": ["one", "two"], "more_is": "better"}
    profile = profile_from(
        {"code": "x", "name": "x", "pillar": [{"code": "p", "name": "p", "indicator": [item]}]}
    )
    panel = gather({**tables, "indicators": rows}, profile, OCTOBER)
    # The second series is two months overdue, which is too long.
    assert panel.spans["window"].counts["level"].fillna(-1).tolist() == [-1, 50]
    fresh = rows.assign(period_start="2026-10-01", period_end="2026-10-31")
    panel = gather({**tables, "indicators": fresh}, profile, OCTOBER)
    assert panel.spans["window"].counts["level"].tolist() == [20, 50]


def test_the_first_year_that_can_be_asked_needs_none_before_it(tables):
    tables["incidents"]["date"] = (
        tables["incidents"]["date"].str.replace("2025", "1980").str.replace("2026", "1981")
    )
    alone = {name: tables[name] for name in ("villages", "grids", "incidents")}
    panel = gather(alone, PROFILE, parse_period("1980-03"))
    assert panel.spans["current"].counts.at["A", "theft"] == 1


def test_grids_that_name_no_village_belong_to_the_one_they_lie_in(tables):
    grids = gpd.GeoDataFrame(
        tables["grids"].assign(village_id=[None, "A", None]),
        geometry=[box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000), box(2000, 0, 3000, 1000)],
        crs=32650,
    )
    villages = gpd.GeoDataFrame(
        tables["villages"], geometry=[box(0, 0, 2000, 1000), box(2000, 0, 3000, 1000)], crs=32650
    )
    found, _ = denominators({"grids": grids, "villages": villages}, pd.Index(["A", "B"]), ["present"])
    assert found["present"].tolist() == [1000, 500]


def test_a_pillar_that_is_missing_is_noted(small_district):
    panel = gather(
        {name: small_district[name] for name in ("villages", "grids", "incidents")},
        load_profile("pingan_village"),
        OCTOBER,
    )
    codes = [(note.code, note.facts.get("code")) for note in panel.notes]
    assert ("pillar_without_data", "stability") in codes
    assert ("pillar_without_data", "political") not in codes
    assert score(panel).structure.groups == ("criminal", "order", "traffic", "fire", "index")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([report("A", "2026-10", value=-1.0)], "report_negative"),
        ([report("A", "2026-10", value=11.0)], "report_above_whole"),
        ([report("A", "2026-10", value=float("inf"))], "report_infinite"),
        ([report("A", "2026-10"), report("A", "2026-10")], "report_repeated"),
        ([report("A", "2026-10"), report("A", "2026-Q4")], "report_overlaps"),
        ([("A", "2026-10-31", "2026-10-01", "disputes_closed", 1.0, 2.0)], "report_backwards"),
    ],
)
def test_reports_that_cannot_be_are_refused(tables, rows, code):
    tables["indicators"] = reports(report("B", "2026-10"), *rows)
    with pytest.raises(SchemaError) as raised:
        gather(tables, PROFILE, OCTOBER)
    assert code in code_of(raised)
    assert raised.value.reasons[0].facts["id"] == "A"


def test_negative_counts_are_refused_and_equal_rows_noted(tables):
    twice = pd.concat([tables["incidents"], tables["incidents"].head(2)], ignore_index=True)
    notes = gather({**tables, "incidents": twice}, PROFILE, OCTOBER).notes
    assert [(note.code, note.facts["count"]) for note in notes] == [("calls_repeated", 2)]
    tables["incidents"].loc[0, "count"] = -3
    with pytest.raises(SchemaError) as raised:
        gather(tables, PROFILE, OCTOBER)
    assert code_of(raised) == ["count_negative"]


def test_reports_are_carried_on_for_one_report_and_marked(tables):
    rows = tables["indicators"]
    late = rows[~((rows["village_id"] == "A") & (rows["period_start"] >= "2026-10-01"))]
    panel = gather({**tables, "indicators": late}, PROFILE, OCTOBER)
    assert panel.carried["settled"].to_dict() == {"A": True, "B": False}
    assert panel.spans["window"].counts["settled"].to_dict() == {"A": 88, "B": 96}
    stale = late[~((late["village_id"] == "A") & (late["period_start"] >= "2026-09-01"))]
    panel = gather({**tables, "indicators": stale}, PROFILE, OCTOBER)
    assert panel.spans["window"].counts["settled"].isna().to_dict() == {"A": True, "B": False}
    assert not panel.carried["settled"].any()


def test_monthly_reports_are_not_overdue_in_the_middle_of_a_month(tables):
    rows = tables["indicators"]
    september = rows[rows["period_start"] < "2026-10-01"]
    panel = gather({**tables, "indicators": september}, PROFILE, parse_period("2026-W42"))
    assert not panel.carried["settled"].any()
    assert panel.spans["window"].counts["settled"].notna().all()


def test_levels_are_the_latest_that_was_entered(tables):
    rows = [report("A", "2026-09", "level", 90.0), report("A", "2026-10", "level", 70.0)]
    tables["indicators"] = pd.concat([tables["indicators"], reports(*rows)])
    panel = gather(tables, PROFILE, OCTOBER)
    assert panel.spans["current"].counts["level"].to_dict()["A"] == 70
    assert panel.spans["current"].counts["level"].isna()["B"]


def test_an_unknown_denominator_is_told_with_the_nearest(tables):
    item = {"code": "t", "name": "t", "source": "incidents", "per": "resident"}
    profile = profile_from(
        {"code": "p", "name": "p", "pillar": [{"code": "c", "name": "c", "indicator": [item]}]}
    )
    with pytest.raises(SettingError) as raised:
        gather(tables, profile, OCTOBER)
    assert (raised.value.code, raised.value.facts["nearest"]) == ("denominator_unknown", "residents")


def test_villages_come_from_the_grids_where_there_is_no_table():
    grids = pd.DataFrame({"grid_id": ["330603001001001", "330603001002001"], "residents": [5, 7]})
    found = villages_of({"grids": grids})
    assert found.index.tolist() == ["330603001001", "330603001002"]
    people, unknown = denominators({"grids": grids}, found.index, ["present", "area_km2"])
    assert people["present"].tolist() == [5, 7]
    assert unknown == ("area_km2",)


def test_villages_that_are_no_more_are_left_out(tables):
    table = tables["villages"].assign(valid_to=["", "2026-09-30"], valid_from=["2020-01-01", ""])
    assert villages_of({"villages": table}, OCTOBER).index.tolist() == ["A"]
    assert villages_of({"villages": table}, parse_period("2026-09")).index.tolist() == ["A", "B"]


def test_classes_by_kind_and_size():
    villages = pd.DataFrame({"kind": ["village"] * 4 + ["community"]}, index=list("abcde"))
    present = pd.Series([100, 400, 200, 300, 900], index=list("abcde"))
    found = classes_of(villages, present, ["kind"], size_bands=2)
    assert found.tolist() == ["village/1", "village/2", "village/1", "village/2", "community/2"]
    assert classes_of(villages, present, []).tolist() == [""] * 5
