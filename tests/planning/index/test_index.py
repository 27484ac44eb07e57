"""The whole index on a small district: what it gives, what it leaves grey, what leaves the house."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.index.gathering import gather
from planning.index.index import audit, doubts, index_of, safety_index
from planning.index.montecarlo import model_of, simulate
from planning.index.profile import Doubt
from planning.index.profile_reading import load_profile, profile_from
from planning.index.scoring import score
from planning.index.treating import Treatment
from planning.periods import parse_period

OCTOBER = parse_period("2026-10")
RUNS = 120


@pytest.fixture(scope="module")
def profile():
    return load_profile("pingan_village")


@pytest.fixture(scope="module")
def index(small_district, profile):
    return safety_index(small_district, profile, OCTOBER, runs=RUNS)


def codes(found):
    return [note.code for note in found.notes]


def test_every_village_has_points_score_grade_and_places(index):
    table = index.villages
    assert len(table) == 24
    assert table.index.tolist() == sorted(table.index)
    assert table["points"].between(0, 105).all()
    assert table["score"].between(10, 100).all()
    assert set(table["grade"]) <= {"green", "blue", "orange", "red"}
    shares = table.filter(like="probability_").drop(columns="grade_probability", errors="ignore")
    assert shares.filter(regex="^probability_").sum(axis=1).to_numpy() == pytest.approx(1)
    own = [table.at[v, f"probability_{g}"] for v, g in table["grade"].items()]
    assert table["grade_probability"].tolist() == own
    assert (table["rank_low"] <= table["rank_high"]).all()
    assert (table["of"] == 12).all()
    assert table["rank_high"].max() <= 12
    assert (table["coverage"] == 1).all()
    assert table["pillar_political"].isna().all()
    assert table[["pillar_criminal", "pillar_fire"]].notna().all(axis=None)
    assert (table["score_low"] <= table["score_high"]).all()


def test_the_same_seed_gives_the_same_index_and_inputs_stay(small_district, profile, index):
    before = {name: frame.copy() for name, frame in small_district.items()}
    again = safety_index(small_district, profile, OCTOBER, runs=RUNS)
    pd.testing.assert_frame_equal(again.villages, index.villages)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, small_district[name])


def test_the_headline(index):
    found = index.summary()
    assert found["count"] == found["judged"] == sum(found["grades"].values()) == 24
    assert found["window"] == ["2025-11-01", "2026-10-31"]
    assert (found["basis"], found["edition"], found["runs"]) == ("valid", "internal", RUNS)
    assert found["runs_graded"] == RUNS // 3


def test_the_geometric_mean_of_the_pillars_is_the_score(index):
    table = index.villages
    pillars = table[[f"pillar_{p}" for p in ("stability", "criminal", "order", "traffic", "fire")]]
    np.testing.assert_allclose(np.exp(np.log(pillars).mean(axis=1)), table["score"])


def test_periods_of_a_year_are_measured_by_one_yardstick(small_district, profile, index):
    other = safety_index(small_district, profile, parse_period("2026-06"), runs=5)
    pd.testing.assert_frame_equal(other.yardsticks, index.yardsticks)
    assert (index.yardsticks["origin"] == "base").all()
    assert index.yardsticks["effective"].sum() == pytest.approx(1)


def test_political_security_counts_where_it_was_entered_and_is_not_made_up(small_district, profile):
    entered = pd.DataFrame(
        {
            "village_id": ["V01", "V02"],
            "period_start": "2026-10-01",
            "period_end": "2026-10-31",
            "indicator": "political_security",
            "value": [100.0, 40.0],
            "exposure": np.nan,
        }
    )
    tables = {**small_district, "indicators": pd.concat([small_district["indicators"], entered])}
    found = safety_index(tables, profile, OCTOBER, runs=RUNS)
    political = found.villages["pillar_political"]
    assert political["V01"] == 100
    assert political["V02"] == pytest.approx(10 + 90 * 0.4)
    assert political.drop(["V01", "V02"]).isna().all()
    assert found.villages["score"].notna().all()
    assert (found.villages["imputed"] == 0).all()


def test_a_village_without_residents_is_grey_with_its_reason(small_district, profile):
    grids = small_district["grids"].copy()
    grids.loc[0, ["residents", "floating"]] = 0
    rows = small_district["indicators"]
    tables = {**small_district, "grids": grids, "indicators": rows[rows["village_id"] != "V01"]}
    found = safety_index(tables, profile, OCTOBER, runs=RUNS)
    row = found.villages.loc["V01"]
    assert (row["grade"], row["coverage"]) == ("grey", 0)
    assert np.isnan(row["score"])
    assert np.isnan(row["grade_probability"])
    assert pd.isna(row["rank_low"])
    assert {"villages_without_residents", "villages_grey"} <= set(codes(found))
    assert found.summary()["grades"]["grey"] == 1
    assert (found.villages.drop("V01")["of"].dropna() >= 11).all()


def test_single_missing_values_are_stood_in_for_and_marked(small_district, profile):
    rows = small_district["indicators"]
    lacking = rows[~((rows["village_id"] == "V02") & (rows["indicator"] == "satisfied"))]
    found = safety_index({**small_district, "indicators": lacking}, profile, OCTOBER, runs=RUNS)
    assert found.villages.loc["V02", "imputed"] == 1
    assert found.villages.loc["V02", "coverage"] == pytest.approx(12 / 13)
    line = found.indicators.query("village_id == 'V02' and indicator == 'satisfaction'").iloc[0]
    assert line["imputed"]
    peers = found.scored.values.loc[[f"V{i:02}" for i in range(4, 25, 2)], "satisfaction"]
    assert line["value"] == pytest.approx(peers.median())
    assert "values_imputed" in codes(found)


def test_where_all_villages_are_equal_nothing_is_told_apart(small_district):
    flat = profile_from(
        {
            "code": "flat",
            "name": "flat",
            "pillar": [
                {
                    "code": "p",
                    "name": "p",
                    "indicator": [
                        {"code": "level", "name": "l", "measure": "level", "more_is": "better"},
                        {"code": "theft", "name": "t", "source": "incidents", "categories": "theft"},
                    ],
                }
            ],
        }
    )
    rows = small_district["indicators"].query("indicator == 'petition'")
    level = rows.assign(indicator="level", value=7.0)
    found = safety_index({**small_district, "indicators": level}, flat, OCTOBER, runs=RUNS)
    assert [n.facts for n in found.notes if n.code == "indicator_constant"] == [{"code": "level"}]
    assert found.scored.structure.indicators == ("theft",)
    tables = {name: small_district[name] for name in ("villages", "grids")} | {"indicators": level}
    with pytest.raises(SettingError, match="index_all_equal"):
        safety_index(tables, flat, OCTOBER)


def test_when_every_village_is_grey_there_is_an_index_without_grades(small_district, profile):
    strict = replace(profile, least_known=1.0)
    rows = small_district["indicators"]
    few = rows[rows["indicator"] != "petition"]
    one = rows[(rows["indicator"] == "petition") & (rows["village_id"] == "none")]
    tables = {**small_district, "indicators": pd.concat([few, one])}
    # Half of the villages lack one thing, the other half another.
    odd = tables["indicators"]["village_id"].str[1:].astype(int) % 2 == 1
    drop = (odd & (tables["indicators"]["indicator"] == "satisfied")) | (
        ~odd & (tables["indicators"]["indicator"] == "hazards_closed")
    )
    tables["indicators"] = tables["indicators"][~drop]
    found = safety_index(tables, strict, OCTOBER, runs=RUNS)
    assert (found.villages["grade"] == "grey").all()
    assert found.summary()["judged"] == 0
    assert found.summary()["mean_score"] is None
    assert doubts(found).empty
    assert (
        safety_index(tables, strict, OCTOBER, runs=2, edition="external").villages["grade"] == "grey"
    ).all()


def test_grades_may_go_by_points_with_a_probability_of_their_own(small_district):
    found = safety_index(small_district, load_profile("gansu"), OCTOBER, runs=200)
    table = found.villages
    assert table["grade"].tolist() == table["points_grade"].tolist()
    assert table["grade_probability"].between(0, 1).all()
    shares = table[[f"probability_{code}" for code in ("green", "blue", "orange", "red")]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert table["grade_probability"].mean() > 0.4


def test_a_veto_is_no_matter_of_chance(small_district):
    row = {"grid_id": "GV03", "date": "2026-10-02", "category": "homicide", "source": "reported"}
    killed = pd.DataFrame([{**row, "basis": "valid", "count": 1}])
    gansu = load_profile("gansu")
    code = next(leaf for leaf in gansu.indicators if leaf.code == "homicides")
    # As a bureau would whose calls name homicides.
    counted = replace(code, source="incidents", categories=("homicide",), series=())
    pillars = tuple(
        replace(p, members=tuple(counted if m is code else m for m in p.members)) for p in gansu.pillars
    )
    profile = replace(gansu, root=replace(gansu.root, members=pillars))
    tables = {**small_district, "incidents": pd.concat([small_district["incidents"], killed])}
    found = safety_index(tables, profile, OCTOBER, runs=RUNS).villages
    assert found.index[found["vetoed"]].tolist() == ["V03"]
    assert found.loc["V03", "points"] <= 59.99
    assert (found.loc["V03", "grade"], found.loc["V03", "grade_probability"]) == ("red", 1)


@pytest.mark.parametrize("weighting", ["equal", "entropy", "pca", "optimised"])
def test_weights_may_come_out_of_the_base_year(small_district, profile, weighting):
    pillars = tuple(replace(pillar, weighting=weighting) for pillar in profile.pillars)
    changed = replace(profile, root=replace(profile.root, members=pillars))
    found = safety_index(small_district, changed, OCTOBER, runs=5)
    weights = found.yardsticks["weight"]
    assert (weights >= 0).all()
    if weighting == "equal":
        assert (weights == 1).all()
    else:
        assert weights[["theft", "fraud", "assault"]].nunique() > 1


def test_weights_from_judgements_are_used_and_inconsistent_ones_told(small_district, profile):
    pillar = next(p for p in profile.pillars if p.code == "criminal")
    judged = replace(pillar, pairwise=(("1/9", "9"), ("1/9",)))
    pillars = tuple(judged if p is pillar else p for p in profile.pillars)
    changed = replace(profile, root=replace(profile.root, members=pillars))
    found = safety_index(small_district, changed, OCTOBER, runs=5)
    note = next(n for n in found.notes if n.code == "judgements_inconsistent")
    assert note.facts["code"] == "criminal"
    assert note.facts["ratio"] > 0.1


def test_weights_that_data_cannot_tell_fall_back_to_equal_ones_and_say_so(small_district, profile):
    alone = {name: small_district[name] for name in ("villages", "grids", "incidents")}
    one = {name: frame[frame.iloc[:, 0].isin(["V01", "GV01"])] for name, frame in alone.items()}
    posts = {"source": "incidents", "goalposts": [200, 0]}
    items = [{"code": c, "name": c, "categories": c, **posts} for c in ("theft", "fraud")]
    pillar = {"code": "p", "name": "p", "weighting": "entropy", "indicator": items}
    found = safety_index(one, profile_from({"code": "x", "name": "x", "pillar": [pillar]}), OCTOBER, runs=2)
    notes = [note.facts for note in found.notes if note.code == "weights_fell_back"]
    assert notes == [{"code": "p", "weighting": "entropy"}]
    assert (found.yardsticks["weight"] == 1).all()


@pytest.mark.parametrize("treating", ["none", "skew"])
def test_fixed_goalposts_are_not_moved_by_the_treatment_of_outliers(small_district, treating):
    """A village far beyond the worst post has the floor, and the posts stand where the profile puts them."""
    item = {"code": "l", "name": "l", "measure": "level", "goalposts": [100, 0], "more_is": "worse"}
    profile = profile_from(
        {
            "code": "x",
            "name": "x",
            "treating": treating,
            "pillar": [{"code": "p", "name": "p", "indicator": [item]}],
        }
    )
    rows = small_district["indicators"].query("indicator == 'petition'").assign(indicator="l", value=1.0)
    values = rows.assign(value=rows["village_id"].map({"V01": 50.0, "V02": 5000.0}).fillna(1.0))
    found = safety_index({**small_district, "indicators": values}, profile, OCTOBER, runs=2)
    assert found.scored.yardsticks["l"].treatment == Treatment()
    assert found.yardsticks.loc["l", ["worst", "best"]].tolist() == [100, 0]
    assert found.villages.loc[["V01", "V02", "V03"], "score"].tolist() == pytest.approx([50.5, 1, 99.01])


def test_points_of_too_few_indicators_are_grey(small_district, profile):
    found = safety_index(small_district, profile, parse_period("2026-09-26..2026-10-25"), runs=5)
    assert (found.villages["points_coverage"].round(3) == 0.538).all()
    assert (found.villages["points_grade"] == "grey").all()
    assert (found.villages["grade"] != "grey").all()
    by_points = replace(profile, grades=replace(profile.grades, by="points"))
    found = safety_index(small_district, by_points, parse_period("2026-09-26..2026-10-25"), runs=5)
    assert (found.villages["grade"] == "grey").all()
    assert found.villages["grade_probability"].isna().all()


def test_a_pillar_of_which_nothing_was_entered_has_no_points(index):
    assert index.villages["points_political"].isna().all()
    assert index.villages["points_fire"].notna().all()


@pytest.mark.parametrize(("text", "code"), [("2026-W41", "points_period"), ("2026-10-05", "points_period")])
def test_any_period_may_be_asked_and_rules_made_for_another_are_noted(small_district, profile, text, code):
    found = safety_index(small_district, profile, parse_period(text), runs=RUNS)
    assert code in codes(found)
    assert found.villages["score"].notna().all()


def test_the_index_looks_back_and_points_do_not(small_district, profile):
    """Ten times the thefts in one month move points at once, the index a twelfth of the way."""
    more = small_district["incidents"].copy()
    mine = (more["date"] >= "2026-10-01") & (more["grid_id"] == "GV05")
    more.loc[mine, "count"] *= 10
    tables = {**small_district, "incidents": more}
    before, after = (safety_index(t, profile, OCTOBER, runs=5).villages for t in (small_district, tables))
    assert after.loc["V05", "points"] < before.loc["V05", "points"] - 5
    assert after.loc["V05", "score"] < before.loc["V05", "score"]
    others = after.drop("V05")["points"]
    pd.testing.assert_series_equal(others, before.drop("V05")["points"])


def test_the_audit_tells_what_hangs_together_and_what_the_places_hang_on(index):
    groups, members = audit(index)
    assert set(groups.index) == {"stability", "criminal", "order", "fire", "index"}
    assert set(members.columns) == {"group", "with_group", "with_whole", "flag"}
    found = doubts(index, points=16)
    assert found.index.tolist() == ["counts", "weights", "scale", "method"]


@pytest.mark.parametrize("method", ["arithmetic", "geometric", "harmonic", "generalised"])
def test_runs_without_doubt_give_the_published_scores_by_every_mean(small_district, profile, method):
    certain = Doubt(weights=0.0, scales=("goalposts",), methods=(method,))
    root = replace(profile.root, method=method, power=0.5)
    panel = gather(small_district, replace(profile, root=root, doubt=certain), OCTOBER)
    scored = score(panel)
    model = replace(model_of(panel.profile, scored, panel.villages["class"]), smoothed={})
    found = simulate(model, [75, 60, 45], runs=2)
    np.testing.assert_allclose(found.low, scored.scores[scored.structure.root], rtol=1e-6)
    np.testing.assert_array_equal(found.low, found.high)


def test_the_profiles_own_mean_is_always_among_those_drawn(small_district, profile):
    own = replace(profile, root=replace(profile.root, method="harmonic"))
    panel = gather(small_district, own, OCTOBER)
    model = model_of(own, score(panel), panel.villages["class"])
    assert model.doubt.methods == ("harmonic", "geometric", "arithmetic")


def test_profiles_of_which_little_is_known_say_so(small_district):
    found = safety_index(small_district, load_profile("zhejiang"), OCTOBER, runs=5)
    assert "index_thin" in codes(found)
    assert found.villages["score"].notna().all()


def test_bands_of_size_and_small_classes_are_noted(small_district, profile):
    found = safety_index(small_district, replace(profile, size_bands=3), OCTOBER, runs=5)
    assert sorted(found.villages["class"].unique())[0] == "community/1"
    assert "classes_small" in codes(found)


def test_a_district_of_one_village_has_an_index_too(small_district):
    one = {name: frame[frame.iloc[:, 0].isin(["V01", "GV01"])] for name, frame in small_district.items()}
    posts = {"code": "t", "name": "t", "source": "incidents", "categories": "theft", "goalposts": [200, 0]}
    profile = profile_from(
        {"code": "one", "name": "one", "pillar": [{"code": "p", "name": "p", "indicator": [posts]}]}
    )
    found = index_of(gather(one, profile, OCTOBER), runs=20).villages
    assert found["rank"].tolist() == [1]
    assert found["score"].between(1, 100).all()
