"""The live scorecard says after any strokes what the scorer says of the plan that came of them."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.dual_graph import DualGraph, dual_graph
from planning.live_scorecard import LiveScorecard
from planning.nesting import district_ground
from planning.scorecard import ScoreParams, Scorer
from tests.planning.redraw.lattices import tables

KEEP = ScoreParams(draws=0, keep_names=True)
COLUMNS = (
    "station_id",
    "grids",
    "villages",
    "present",
    "workload",
    "target",
    "deviation",
    "area_m2",
    "polsby_popper",
    "parts",
)
SAME = (
    "zones",
    "max_deviation",
    "mean_deviation",
    "cv",
    "within_tolerance",
    "workload_moved",
    "residents_moved",
    "grids_moved",
    "villages_touched",
    "zones_touched",
    "villages_split",
    "not_contiguous",
    "zones_crossing_stations",
    "polsby_popper",
    "cut_edges",
)


# What there is none of in the district is unknown beside the map, rather than 0 of them moved.
UNKNOWN_WITHOUT = {"villages_touched": "village_id", "residents_moved": "present"}


def assert_same(live, graph, assignment, *, today, params):
    card = Scorer(graph, today=today, params=params).score(assignment)
    zones = live.zones()
    assert [row["zone_id"] for row in zones] == list(card.zones.index)
    for row in zones:
        for name in COLUMNS:
            told = card.zones.loc[row["zone_id"], name]
            assert row[name] == (None if pd.isna(told) else pytest.approx(told, abs=1e-9)), name
    totals, summary = live.totals(), card.summary()
    for name in SAME:
        told = summary[name]
        if name in UNKNOWN_WITHOUT and totals[name] is None and told is not None:
            assert told == 0
            held = graph.grids[UNKNOWN_WITHOUT[name]]
            assert (held.isna() | held.isin(["", 0])).all()
            continue
        assert totals[name] == (None if told is None else pytest.approx(told, abs=1e-9)), name
    assert totals["unassigned"] == card.grids_without_zone
    assert [(r.code, dict(r.facts)) for r in live.violations()] == [
        (r.code, dict(r.facts)) for r in card.violations
    ]
    off = card.zones["deviation"].dropna()
    if card.balance is None:
        assert (totals["outside"], totals["busiest"], totals["idlest"]) == (None, None, None)
    else:
        assert totals["outside"] == int((off.abs() > params.tolerance + 1e-9).sum())
        assert off[totals["busiest"]] == pytest.approx(off.max())
        assert off[totals["idlest"]] == pytest.approx(off.min())


def bare(graph):
    rows = graph.grids.assign(area_m2=np.nan, x=np.nan, y=np.nan, outline_m=np.nan)
    return DualGraph(grids=rows, borders=graph.borders.iloc[:0], shapes=None)


def linked(graph):
    link = pd.DataFrame({"left": ["a"], "right": ["l"], "length_m": [0.0], "link": [True]})
    return replace(graph, borders=pd.concat([graph.borders, link], ignore_index=True))


def barred(graph):
    """A barrier between a and b, b and f: no way across, but no edge of a zone either."""
    along = graph.borders.index[graph.borders["left"].isin(["a", "b"])][:2]
    parted = graph.borders.loc[along, ["left", "right", "length_m"]]
    return replace(graph, borders=graph.borders.drop(along), parted=parted)


def half_drawn(graph):
    rows = graph.grids.copy()
    rows.loc[["c", "d"], ["area_m2", "x", "y", "outline_m"]] = np.nan
    gone = graph.borders["left"].isin(["c", "d"]) | graph.borders["right"].isin(["c", "d"])
    return DualGraph(grids=rows, borders=graph.borders[~gone], shapes=graph.shapes.drop(["c", "d"]))


GRIDS = "abcdefghijkl"
LETTERS = st.sampled_from(["A", "B", "C", "N", "M", ""])
STROKES = st.lists(
    st.dictionaries(st.sampled_from(GRIDS), LETTERS, min_size=1, max_size=5), min_size=1, max_size=5
)


def units(names):
    return st.lists(st.sampled_from(names), min_size=12, max_size=12)


@given(
    strokes=STROKES,
    start=units(["A", "B", "C", " "]),
    today=st.none() | units(["A", "B", "Z", " "]),
    work=units([0.0, 0.1, 0.3, 1.0, 2.5, math.nan]),
    villages=units(["u", "v", ""]),
    stations=st.sampled_from([[""] * 12, list("ssssssssssss")]) | units(["s", "t", ""]),
    towns=units(["p", "q", ""]),
    change=st.sampled_from([lambda graph: graph, bare, linked, barred, half_drawn]),
    across=st.booleans(),
)
@settings(max_examples=30)
def test_after_any_strokes_it_says_what_the_scorer_says(
    lattice, plan, strokes, start, today, work, villages, stations, towns, change, across
):
    graph = change(lattice(4, 3, workload=work, villages=villages, stations=stations, towns=towns))
    assignment, params = plan(start), replace(KEEP, across_stations=across)
    was = None if today is None else plan(today)
    live = LiveScorecard(graph, assignment, today=was, params=params)
    assert_same(live, graph, assignment, today=was, params=params)
    held = assignment.copy()
    for stroke in strokes:
        before = {row["zone_id"]: row for row in live.zones()}
        told = live.paint(stroke)
        after = {row["zone_id"]: row for row in live.zones()}
        differing = {z for z in before.keys() | after.keys() if before.get(z) != after.get(z)}
        assert differing <= set(told)
        for grid, zone in stroke.items():
            held[grid] = zone or None
    assert live.assignment.where(live.assignment.notna(), "").tolist() == held.fillna("").tolist()
    assert_same(live, graph, held, today=was, params=params)
    assert assignment.equals(plan(start))


def test_it_agrees_on_a_district_built_from_its_tables():
    """An island (9) of village e, an exclave of zone 3, two stations and towns, sums that do not round."""
    found, today = tables(
        "1122./113344/553344/5566.9",
        villages="aabb./aabbcc/ddbbcc/ddee.e",
        stations="ssss./ssstts/tttttt/tttt.t",
        towns="xxxx./xxxxyy/yyyyyy/yyyy.y",
    )
    work = pd.Series(np.arange(1.0, len(today) + 1) * 0.1, index=today.index)
    graph = dual_graph(found, district_ground(found), work, today=today)
    assert graph.borders["link"].any()
    live, held = LiveScorecard(graph, today, today=today, params=KEEP), today.copy()
    rng = np.random.default_rng(3)
    for _ in range(10):
        stroke = {
            str(grid): str(zone)
            for grid, zone in zip(rng.choice(held.index, 3, replace=False), "127", strict=True)
        }
        live.paint(stroke)
        held.update(pd.Series(stroke))
        assert_same(live, graph, held, today=today, params=KEEP)


def test_a_stroke_tells_the_zones_that_it_touched_and_those_with_another_target(lattice, plan):
    graph = lattice(6, 1, stations="sssstt")
    live = LiveScorecard(graph, plan("AABBCC"), today=plan("AABBCC"), params=KEEP)
    # Within one station and two zones the targets stay.
    assert live.paint({"b": "B"}) == ("A", "B")
    assert live.paint({"b": "B"}) == ()
    # A third zone of s: A gave nothing, but should have less.
    assert live.paint({"d": "N"}) == ("A", "B", "N")
    assert [row["target"] for row in live.zones(["A", "N", "none"])] == [pytest.approx(4 / 3)] * 2
    assert live.totals()["zones_touched"] == 3
    assert live.paint({"d": "B", "b": "A"}) == ("A", "B", "N")
    assert [row["zone_id"] for row in live.zones()] == ["A", "B", "C"]
    assert live.totals()["grids_moved"] == 0


def test_zones_that_only_bear_another_name_have_moved(lattice, plan):
    live = LiveScorecard(lattice(4, 1), plan("BBAA"), today=plan("AABB"), params=KEEP)
    assert live.totals()["workload_moved"] == 1.0


def test_a_zone_in_pieces_and_the_busiest_are_named(lattice, plan):
    live = LiveScorecard(lattice(5, 1, workload=[1, 1, 1, 1, 4]), plan("ABABB"), params=KEEP)
    assert [(r.code, r.facts["id"], r.facts["grids"]) for r in live.violations()] == [
        ("zone_not_contiguous", "A", ["c"]),
        ("zone_not_contiguous", "B", ["b"]),
    ]
    totals = live.totals()
    assert (totals["busiest"], totals["idlest"], totals["outside"]) == ("B", "A", 2)
    live.paint({"b": "A"})
    assert live.violations() == ()


def test_grids_that_nobody_knows_are_refused_and_nothing_is_painted(lattice, plan):
    live = LiveScorecard(lattice(2, 1), plan("AB"), params=KEEP)
    with pytest.raises(SettingError, match="assignment_unknown_grids") as refused:
        live.paint({"a": "B", "x": "A"})
    assert refused.value.facts["grids"] == ["x"]
    assert live.assignment.tolist() == ["A", "B"]
    with pytest.raises(SettingError, match="assignment_repeats"):
        LiveScorecard(lattice(2, 1), pd.concat([plan("AB"), plan("A")]), params=KEEP)
