"""Two plans compared: what goes where and why, what a plan has of it, and which plan is better in what."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.workspace import Workspace
from ui.names import PlaceNames
from ui.plan_comparison import (
    _MEASURES,
    ACCEPTED,
    OTHER,
    REFUSED,
    change_facts,
    changes_between,
    differences,
    state_of,
)
from ui.standing import stand
from ui.words import LANGS, words

TOTALS = {"zones": 4, "max_deviation": 0.1234, "workload_moved": 0.0, "polsby_popper": 0.7, "outside": 2}


@pytest.fixture(scope="module")
def graph(tmp_path_factory, make_workspace):
    """6 × 6 squares."""
    path = make_workspace(tmp_path_factory.mktemp("comparison") / "方格区.gpkg")
    return stand(Workspace.open(path)).graph


@pytest.fixture(scope="module")
def blocks(graph):
    """Four zones of 3 × 3 grids."""
    grids = graph.grids.index
    return pd.Series([f"Z{int(g[1:3]) // 3:02}{int(g[3:]) // 3:02}" for g in grids], index=grids)


def with_moves(plan, **moves):
    changed = plan.copy()
    for grid, zone in moves.items():
        changed[grid] = zone
    return changed


def test_equal_plans_have_no_changes(graph, blocks):
    assert changes_between(graph, blocks, blocks.copy()) == []


def test_grids_that_hang_together_and_go_the_same_way_are_one_change(graph, blocks):
    moved = dict.fromkeys(("G0200", "G0201", "G0205"), "Z0100") | {"G0202": "Z0101"}
    found = changes_between(graph, blocks, with_moves(blocks, **moved))
    by_grids = {change.grids: change for change in found}
    # G0205 goes from another zone; G0202 to another.
    assert set(by_grids) == {("G0200", "G0201"), ("G0202",), ("G0205",)}
    pair = by_grids["G0200", "G0201"]
    assert (pair.before, pair.after) == ("Z0000", "Z0100")
    rows = graph.grids.loc[["G0200", "G0201"]]
    assert pair.present == pytest.approx(rows["present"].sum())
    assert pair.workload == pytest.approx(rows["workload"].sum())
    assert [change.workload for change in found] == sorted((c.workload for c in found), reverse=True)
    assert len({change.label for change in found}) == 3


def test_grids_apart_are_changes_apart(graph, blocks):
    found = changes_between(graph, blocks, with_moves(blocks, G0200="Z0100", G0202="Z0100"))
    assert {change.grids for change in found} == {("G0200",), ("G0202",)}


def test_what_the_proposal_gave_as_its_reason_stays_the_reason(graph, blocks):
    known = {"G0200": ("Z0000", "Z0100", "nearer", {})}
    after = with_moves(blocks, G0200="Z0100", G0505="Z0001")
    found = {change.grids[0]: change for change in changes_between(graph, blocks, after, known=known)}
    assert found["G0200"].reason == "nearer"
    assert found["G0505"].reason == "by_hand"
    elsewhere = changes_between(graph, blocks, with_moves(blocks, G0200="Z0101"), known=known)
    assert elsewhere[0].reason == "by_hand"


def test_grids_that_leave_or_come_from_no_zone_are_changes(graph, blocks):
    (gone,) = changes_between(graph, blocks, with_moves(blocks, G0000=""))
    assert (gone.before, gone.after) == ("Z0000", "")
    (back,) = changes_between(graph, with_moves(blocks, G0000=""), blocks)
    assert (back.before, back.after) == ("", "Z0000")


def test_a_plan_has_a_change_or_not_or_something_else(graph, blocks):
    after = with_moves(blocks, G0200="Z0100", G0201="Z0100")
    (change,) = changes_between(graph, blocks, after)
    assert state_of(change, after) == ACCEPTED
    assert state_of(change, blocks) == REFUSED
    assert state_of(change, with_moves(blocks, G0200="Z0100")) == OTHER
    assert state_of(change, with_moves(blocks, G0200="Z0101", G0201="Z0101")) == OTHER
    assert state_of(change, blocks.drop("G0200")) == OTHER


@settings(max_examples=15)
@given(st.dictionaries(st.integers(0, 35), st.sampled_from(["Z0000", "Z0100", "Z0001", "Z0101", "N", ""])))
def test_all_changes_taken_lead_from_one_plan_to_the_other(graph, blocks, moves):
    after = blocks.copy()
    for at, zone in moves.items():
        after.iloc[at] = zone
    walked, grids = blocks.copy(), []
    for change in changes_between(graph, blocks, after):
        assert set(walked[list(change.grids)]) == {change.before}
        walked[list(change.grids)] = change.after
        grids.extend(change.grids)
    assert len(grids) == len(set(grids))
    assert walked.to_dict() == after.to_dict()


@pytest.mark.parametrize(("lang", "label"), [("zh", "最大偏差"), ("en", "Max. deviation")])
def test_totals_are_told_with_the_better_side(lang, label):
    better = {"max_deviation": 0.05, "workload_moved": 0.1, "polsby_popper": 0.8, "outside": 2, "zones": 5}
    rows = {row["key"]: row for row in differences(TOTALS, better, words(lang))}
    sides = {key: row["better"] for key, row in rows.items()}
    # Less deviation and less change are better, more compactness is; more zones are neither.
    assert sides == {
        "zones": None,
        "outside": None,
        "max_deviation": "right",
        "workload_moved": "left",
        "polsby_popper": "right",
    }
    assert rows["max_deviation"]["left"] in ("12.3%", "12.3 %")
    assert rows["max_deviation"]["label"].startswith(label)
    assert (rows["zones"]["left"], rows["zones"]["right"]) == ("4", "5")


def test_what_is_known_of_one_plan_alone_makes_neither_better():
    (row,) = differences({"cv": 0.2}, {"cv": None}, words("zh"))
    assert (row["left"], row["right"], row["better"]) == ("0.200", "—", None)
    assert differences({"cv": None}, {}, words("zh")) == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_measure_has_a_name_in_both_languages(lang):
    every = dict.fromkeys(_MEASURES, 0.5)
    rows = differences(every, every, words(lang))
    assert [row["key"] for row in rows] == list(every)
    assert all(row["label"] != row["key"] for row in rows)


@pytest.mark.parametrize("lang", LANGS)
def test_changes_are_told_with_names_that_stay_text(graph, blocks, hostile, lang):
    t, at = words(lang), {grid: i for i, grid in enumerate(graph.grids.index)}
    names = PlaceNames({"zones": {"Z0000": hostile[0], "Z0100": hostile[1]}})
    after = with_moves(blocks, G0200="Z0100", G0505="")
    changes = changes_between(graph, blocks, after)
    told = {fact["grids"][0]: fact for fact in change_facts(changes, after, t, names, at=at)}
    fact = told[at["G0200"]]
    # As it is written: the page puts it in as text, never as HTML (tests/ui/painter).
    assert (fact["from"], fact["to"]) == hostile
    assert hostile[0] in fact["reason"] or hostile[1] in fact["reason"]
    assert fact["state"] == ACCEPTED
    assert told[at["G0505"]]["to"] == t("zoning.no_zone")
    assert {fact["state"] for fact in change_facts(changes, None, t, names, at=at)} == {OTHER}
