import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from planning.dual_graph import DualGraph
from planning.redraw.params import RedrawParams
from planning.redraw.proving import proved
from planning.redraw.redrawing import redraw
from planning.redraw.search import Limits
from planning.scorecard import ScoreParams, Scorer


@pytest.fixture(scope="module")
def strip():
    """2 × 3 squares of one each; today's zone a holds the left two, b the other four."""
    ids = [f"g{row}{column}" for row in range(2) for column in range(3)]
    cells = [box(100 * c, 100 * r, 100 * c + 100, 100 * r + 100) for r in range(2) for c in range(3)]
    shapes = gpd.GeoSeries(cells, index=pd.Index(ids, name="grid_id"), crs="EPSG:4549")
    grids = pd.DataFrame(
        {
            "workload": 1.0,
            "present": 1.0,
            "area_m2": 10_000.0,
            "x": shapes.centroid.x,
            "y": shapes.centroid.y,
            "outline_m": 400.0,
            "village_id": "",
            "station_id": "",
            "town_id": "",
            "kind": "",
        },
        index=shapes.index,
    )
    pairs = [(a, b) for a in ids for b in ids if (a[1] == b[1]) + (a[2] == b[2]) == 1 and a < b]
    pairs = [(a, b) for a, b in pairs if abs(int(a[1]) - int(b[1])) + abs(int(a[2]) - int(b[2])) == 1]
    borders = pd.DataFrame(pairs, columns=["left", "right"]).assign(length_m=100.0, link=False)
    today = pd.Series(["a", "b", "b", "a", "b", "b"], index=shapes.index)
    graph = DualGraph(grids=grids, borders=borders, shapes=shapes)
    scorer = Scorer(graph, today=today, params=ScoreParams(draws=0))
    return graph, today, scorer, redraw(graph, today, limits=Limits(seconds=None, rounds=1), scorer=scorer)


def test_the_least_change_is_proved_and_bounds_every_plan(strip):
    graph, today, scorer, found = strip
    done = proved(found, graph, today, scorer=scorer, seconds=10)
    row = done.regions.iloc[0]
    assert (row["bound"], row["best"], bool(row["optimal"])) == (1, 1, True)
    assert not done.better
    assert [p.bound for p in done.redraw.proposals] == pytest.approx([1 / 6] * len(found.proposals))
    assert done.redraw.proposals[0].gap == pytest.approx(0)


def test_a_better_plan_takes_the_place_of_the_least_change(strip):
    graph, today, scorer, found = strip
    # Rows instead of columns: even, but three change zone where one would do.
    rows, rows_of = pd.Series(list("aaabbb"), index=today.index), np.array([0, 0, 0, 1, 1, 1])
    worse = replace(found.proposals[0], assignment=rows, zone_of=rows_of, scorecard=scorer.score(rows))
    handed = replace(found, proposals=(worse, *found.proposals[1:]))
    done = proved(handed, graph, today, scorer=scorer, seconds=10)
    least = done.redraw.proposals[0]
    assert done.better
    assert least.scorecard.change.workload_moved == pytest.approx(1 / 6)
    assert len(least.changes) == 1
    assert (least.name, least.mark) == (worse.name, worse.mark)
    assert handed.proposals[0].assignment.equals(rows)


def test_what_is_proved_of_an_unmet_tolerance_fits_json(strip):
    graph, today, scorer, _ = strip
    heavy = replace(graph, grids=graph.grids.assign(workload=[4.0, 4, 4, 0.01, 0.01, 0.01]))
    found = redraw(
        heavy,
        today,
        params=RedrawParams(tolerance=0.01),
        limits=Limits(seconds=None, rounds=1),
        scorer=Scorer(heavy, today=today, params=ScoreParams(draws=0)),
    )
    done = proved(found, heavy, today, scorer=scorer, seconds=2)
    (unmet,) = done.redraw.unmet
    assert json.loads(json.dumps(unmet.proved)) is True
    assert unmet.bound == pytest.approx(1 / 3, abs=0.01)
