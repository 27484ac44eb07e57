"""What leaves the house, and what somebody makes of it who keeps every external file for fourteen months."""

import itertools
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.index.grades import grades_of
from planning.index.index import audit, doubts, safety_index
from planning.index.points import Facts, total_points
from planning.index.profile_reading import load_profile, profile_from
from planning.periods import parse_period
from tests.called_district import make_district

MONTHS = pd.period_range("2025-11", "2026-12", freq="M")
CALLS = {"theft": "theft", "fraud": "fraud", "traffic_calls": "traffic", "fires": "fire"}
PEOPLE, YEAR = 10_000.0, 365.25


@pytest.fixture(scope="module")
def district():
    """Twelve villages from their first month on, some of them with ten calls of a kind in a month."""
    tables = make_district(villages=12, months=MONTHS)
    calls = tables["incidents"]
    return {
        **tables,
        "incidents": calls.assign(count=calls["count"] * (1 + calls["category"].isin(["theft"]))),
    }


@pytest.fixture(scope="module")
def published(district):
    """The external edition of every month."""
    profile = load_profile("pingan_village")
    return {
        str(month): safety_index(district, profile, parse_period(str(month)), edition="external", runs=5)
        for month in MONTHS
    }


@pytest.fixture(scope="module")
def true_counts(district):
    """Calls by village, indicator and month, zeros too."""
    rows = district["incidents"]
    keys = [rows["grid_id"].str[1:], rows["category"], rows["date"].str[:7]]
    sums = rows.groupby(keys)["count"].sum()
    cells = itertools.product(district["villages"]["village_id"], CALLS, map(str, MONTHS))
    return {(v, code, m): int(sums.get((v, CALLS[code], m), 0)) for v, code, m in cells}


def window_of(month):
    at = MONTHS.get_loc(pd.Period(month))
    return [str(m) for m in MONTHS[max(0, at - 11) : at + 1]]


def exposure_of(index, village, month):
    """Person-years behind a village's window, as anybody can work them out."""
    days = sum(pd.Period(m).days_in_month for m in window_of(month))
    return index.villages.at[village, "present"] * days / YEAR


def told_values(index):
    """Smoothed rates by village and indicator: as told, or from scores whose yardstick is told."""
    rows = index.indicators.set_index(["village_id", "indicator"])
    posts, floor = index.yardsticks, index.profile.floor
    scores = {("traffic", "traffic_calls"): index.villages["pillar_traffic"]}
    for village, code in rows.index:
        value, score = rows.at[(village, code), "value"], rows.at[(village, code), "normalised"]
        for (_, alone), pillar in scores.items():
            score = pillar[village] if alone == code and np.isnan(score) else score
        if np.isnan(value) and floor < score < 100:
            share = (score - floor) / (100 - floor)
            value = posts.at[code, "worst"] + share * (posts.at[code, "best"] - posts.at[code, "worst"])
        if not np.isnan(value):
            yield village, code, float(value)


def told_windows(index, month):
    """Counts of a window: as told, from rates, and from smoothed rates once two of a class are known."""
    rows = index.indicators.set_index(["village_id", "indicator"])
    for (village, code), row in rows.iterrows():
        if not np.isnan(row["window_count"]):
            yield village, code, row["window_count"]
        elif not np.isnan(row["raw"]) and code in CALLS:
            yield village, code, row["raw"] * exposure_of(index, village, month) / PEOPLE
    values = {(v, code): value for v, code, value in told_values(index) if code in CALLS}
    for code, kind in itertools.product(CALLS, index.villages["class"].unique()):
        alike = [v for v in index.villages.index[index.villages["class"] == kind] if (v, code) in values]
        known = [v for v in alike if not np.isnan(rows.at[(v, code), "window_count"])]
        if len(known) < 2:
            continue
        rates = np.array([values[v, code] / PEOPLE for v in known])
        exposure = np.array([exposure_of(index, v, month) for v in known])
        counts = rows.loc[[(v, code) for v in known], "window_count"].to_numpy(dtype=float)
        # (shape + count) / (rate + exposure) is told: two of them give shape and rate.
        shape, rate = np.linalg.lstsq(
            np.column_stack([np.ones(len(known)), -rates]), rates * exposure - counts, rcond=None
        )[0]
        for village in alike:
            yield (
                village,
                code,
                values[village, code] / PEOPLE * (rate + exposure_of(index, village, month)) - shape,
            )


def solved(published):
    """Every month's count that follows from all the files together, by linear algebra."""
    place = {str(month): at for at, month in enumerate(MONTHS)}
    equations = {}
    for month, index in published.items():
        for row in index.indicators.itertuples():
            if not np.isnan(row.count):
                equations.setdefault((row.village_id, row.indicator), []).append(([month], row.count))
        for line in index.points.lines.itertuples():
            if line.kind == "rule" and not np.isnan(line.count):
                equations.setdefault((line.village_id, line.indicator), []).append(([month], line.count))
        for village, code, count in told_windows(index, month):
            equations.setdefault((village, code), []).append((window_of(month), count))
    for (village, code), known in equations.items():
        matrix = np.zeros((len(known), len(MONTHS)))
        for row, (months, _) in zip(matrix, known, strict=True):
            row[[place[m] for m in months]] = 1
        inverse = np.linalg.pinv(matrix)
        found = inverse @ np.array([count for _, count in known], dtype=float)
        for at in np.flatnonzero(np.isclose(np.diag(inverse @ matrix), 1)):
            yield village, code, str(MONTHS[at]), found[at]


def test_fourteen_months_of_external_files_solved_together_tell_no_small_count(published, true_counts):
    small = {cell for cell, count in true_counts.items() if count < 10}
    assert len(small) > 100
    pinned = [
        (village, code, month)
        for village, code, month, count in solved(published)
        if (village, code, month) in small and round(count) == true_counts[village, code, month]
    ]
    assert pinned == []


def test_trying_out_every_count_against_points_and_grades_leaves_more_than_one(district, true_counts):
    """The rules are public: whoever is told the total tries which counts come to it."""
    rules = {
        "theft": [{"kind": "rate", "points": -0.5, "beyond": 2, "cap": 8}],
        "fraud": [{"kind": "rate", "points": -0.5, "beyond": 2, "cap": 8}],
        "traffic_calls": [{"kind": "rate", "points": -0.2, "beyond": 6, "cap": 10}],
        "fires": [{"kind": "each", "points": -1.5, "cap": 9}],
    }
    items = [
        {"code": code, "name": code, "source": "incidents", "categories": CALLS[code], "rule": rules[code]}
        for code in CALLS
    ]
    profile = profile_from(
        {"code": "x", "name": "x", "pillar": [{"code": "p", "name": "p", "indicator": items}]}
    )
    present = district["grids"][["residents", "floating"]].sum(axis=1).to_numpy(dtype=float)
    tried = np.array([*itertools.product(range(11), repeat=len(CALLS))], dtype=float)
    shape = (len(tried), len(present))
    facts = Facts(
        counts={code: np.broadcast_to(tried[:, [at]], shape) for at, code in enumerate(CALLS)},
        trials=dict.fromkeys(CALLS),
        before={},
        denominators=dict.fromkeys(CALLS, present),
    )
    totals = total_points(profile, facts) / 100
    cuts = profile.grades
    for month in map(str, MONTHS[::4]):
        found = safety_index(district, profile, parse_period(month), edition="external", runs=2).villages
        for at, (village, row) in enumerate(found.iterrows()):
            true = [true_counts[village, code, month] for code in CALLS]
            if max(true) > 10:
                continue
            grades = grades_of(pd.Series(totals[:, at]), cuts.codes, cuts.points)
            fits = (grades == row["points_grade"]).to_numpy()
            if not np.isnan(row["points"]):
                fits &= np.isclose(totals[:, at], row["points"])
            assert fits[(tried == true).all(axis=1)].all()
            assert [len(np.unique(column)) > 1 for column in tried[fits].T] == [True] * len(CALLS)


def numbers_in(found, path="index"):
    """Every frame and series that can be reached from an object, by where it is."""
    if isinstance(found, (pd.DataFrame, pd.Series)):
        yield path, found
    elif is_dataclass(found):
        for field in fields(found):
            yield from numbers_in(getattr(found, field.name), f"{path}.{field.name}")
    elif isinstance(found, dict):
        for key, value in found.items():
            yield from numbers_in(value, f"{path}.{key}")


def test_nothing_that_an_external_report_can_reach_holds_counts_or_scores(published):
    index = published["2026-10"]
    about = ["name", "kind", "town_id", "station_id", "class", "present"]
    for path, frame in numbers_in(index):
        if path.startswith(("index.scored", "index.panel.spans", "index.panel.carried")):
            assert frame.empty, path
    told = index.villages.drop(columns=about).select_dtypes("number").dropna(axis=1, how="all")
    assert set(told) == {
        "points_coverage",
        "rank_low",
        "rank_high",
        "band",
        "of",
        "coverage",
        "imputed",
        "carried",
    }
    assert index.points.total.isna().all()
    assert index.points.pillars.isna().all(axis=None)
    figures = ["count", "compared", "quantity", "effect"]
    assert index.points.lines.query("kind == 'rule'")[figures].isna().all(axis=None)
    assert index.indicators[["count", "window_count", "value", "normalised"]].isna().all(axis=None)
    assert index.yardsticks.query("origin != 'profile'")[["worst", "best"]].isna().all(axis=None)
    assert index.summary()["mean_score"] is None


def test_grades_bands_and_rules_leave_and_places_are_those_of_the_band(published, district):
    profile = load_profile("pingan_village")
    inside = safety_index(district, profile, parse_period("2026-10"), runs=5)
    outside = published["2026-10"]
    for column in ("grade", "points_grade", "sure", "band", "of", "coverage"):
        pd.testing.assert_series_equal(outside.villages[column], inside.villages[column])
    for _, members in outside.villages.groupby(["class", "band"]):
        assert members["rank_low"].nunique() == members["rank_high"].nunique() == 1
        assert int((members["rank_high"] - members["rank_low"] + 1).iloc[0]) == len(members)
    kinds = inside.points.lines.query("kind in ('base', 'rule')")
    assert len(outside.points.lines) == len(kinds)
    assert outside.points.lines["each"].tolist() == pytest.approx(kinds["each"].tolist(), nan_ok=True)
    assert outside.summary()["grades"] == inside.summary()["grades"]


def test_values_that_are_no_counts_leave(district):
    entered = district["indicators"].query("indicator == 'petition'").assign(value=60.0, exposure=np.nan)
    entered = entered.assign(indicator="political_security")
    tables = {**district, "indicators": pd.concat([district["indicators"], entered])}
    profile = load_profile("pingan_village")
    found = safety_index(tables, profile, parse_period("2026-10"), edition="external", runs=2)
    rows = found.indicators.query("indicator == 'political_security'")
    assert (rows["value"] == 60).all()
    assert not rows["suppressed"].any()


def test_what_looks_into_the_scores_is_not_for_the_external_edition(published):
    for look in (audit, doubts):
        with pytest.raises(SettingError, match="edition_internal_only"):
            look(published["2026-10"])


def test_the_bureaus_own_slips_stay_in_the_house(district):
    stray = district["incidents"].head(3).assign(grid_id="G-nowhere")
    tables = {**district, "incidents": pd.concat([district["incidents"], stray])}
    profile = replace(load_profile("pingan_village"), least_known=0.5)
    inside, outside = (
        {n.code for n in safety_index(tables, profile, parse_period("2026-10"), edition=e, runs=2).notes}
        for e in ("internal", "external")
    )
    assert inside - outside == {"calls_of_unknown_villages"}
