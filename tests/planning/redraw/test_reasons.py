import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.redraw.building import build_problem
from planning.redraw.growing import grown
from planning.redraw.params import RedrawParams
from planning.redraw.reasons import (
    BALANCE,
    CHANGE_REASONS,
    CONTIGUITY,
    FILLS,
    NEW_ZONE,
    OTHER_STATION,
    PASSES_ON,
    RELIEVES,
    SHAPE,
    UNASSIGNED,
    VILLAGE_WHOLE,
    ZONE_GONE,
    changes_with_reasons,
)
from tests.planning.redraw.lattices import cells, lattice
from tests.planning.redraw.random_districts import districts


def changes(before, after, *, tolerance=0.1, params=None, **drawn):
    """Return the rows of change from one drawn plan to another."""
    graph, today = lattice(before, **drawn)
    problem = build_problem(graph, today, params=params or RedrawParams()).problem
    wanted = list(cells(after).values())
    zone_of = np.zeros(problem.units, dtype=np.int64)
    zone_of[problem.unit_of_grid] = [problem.zone_ids.index(NAMES.get(z, z)) for z in wanted]
    return changes_with_reasons(graph, problem, zone_of, today, tolerance=np.full(problem.zones, tolerance))


# Zones that the problem adds, as a picture may show them.
NAMES = {"N": "N001", "b": "b-N01"}


def reasons(rows):
    return dict(zip(rows["grid_id"], rows["reason"], strict=True))


def test_nothing_changed_has_no_rows():
    rows = changes("1122", "1122")
    assert rows.empty
    assert list(rows) == [
        "grid_id", "village_id", "from_zone", "to_zone", "present", "workload", "reason", "facts"
    ]  # fmt: skip


def test_too_full_zone_is_relieved():
    rows = changes("1112", "1122", tolerance=0.1)
    assert rows.iloc[0].to_dict() == {
        "grid_id": "02", "village_id": "", "from_zone": "1", "to_zone": "2", "present": 10.0, "workload": 1.0,
        "reason": RELIEVES, "facts": {"zone": "1", "with": 0.0, "without": 0.5},
    }  # fmt: skip


def test_too_empty_zone_is_filled():
    # Zones 1 and 2 give to 3; without it 3 has too little, they not too much.
    rows = changes("11111223", "11111233", tolerance=0.5, work=[1, 1, 1, 0.2, 0.2, 2.6, 1, 0.2])
    assert reasons(rows) == {"06": FILLS}
    assert rows["facts"].iloc[0]["zone"] == "3"


def test_what_keeps_a_zone_whole_says_so():
    # Put back, the grid that joins both ends of zone 1 leaves it in two parts.
    rows = changes("121/222", "111/222", tolerance=9)
    assert reasons(rows) == {"01": CONTIGUITY}


def test_evener_zones_inside_the_tolerance_are_balance():
    assert reasons(changes("1112", "1122", tolerance=0.9)) == {"02": BALANCE}


def test_rounder_zones_are_shape():
    # The row below sticks out of zone 1; without work it changes no balance.
    rows = changes(
        "112/112/112/222", "112/112/222/222", tolerance=0.9, work=[1, 1, 2] * 2 + [0, 0, 2, 0, 0, 0]
    )
    assert set(reasons(rows).values()) == {SHAPE}
    assert rows["facts"].iloc[0] == {"zone": "2"}


def test_change_that_gains_nothing_by_itself_passes_work_on():
    assert reasons(changes("1122", "1222", tolerance=0.9)) == {"01": PASSES_ON}


def test_grid_without_a_zone_is_unassigned():
    rows = changes("11?2", "1122")
    assert reasons(rows) == {"02": UNASSIGNED}
    assert rows["from_zone"].tolist() == [""]


def test_zone_that_is_given_up_is_gone():
    rows = changes("112233", "112222", params=RedrawParams(zones=2), work=[3, 3, 2, 2, 1, 1])
    assert reasons(rows) == {"04": ZONE_GONE, "05": ZONE_GONE}


def test_new_zone_says_so():
    rows = changes("1122", "11N2", params=RedrawParams(zones=3))
    assert reasons(rows) == {"02": NEW_ZONE}


def test_grid_in_another_station_than_its_zone_comes_home():
    rows = changes("1112/1122", "1122/1122", stations="aabb/aabb")
    assert reasons(rows) == {"02": OTHER_STATION}


def test_smaller_part_of_a_village_follows_the_larger():
    rows = changes("1112/1222", "1122/1222", villages="abcc/deff", work=[1, 1, 1, 3, 1, 1, 1, 1])
    assert reasons(rows) == {"02": VILLAGE_WHOLE}


@given(district=districts(), seed=st.integers(0, 9))
@settings(max_examples=30)
def test_each_changed_grid_has_one_row_with_a_known_reason(district, seed):
    graph, today, params = district
    try:
        built = build_problem(graph, today, params=params)
        plan = grown(built.problem, seed=seed)
    except SettingError:
        return
    held = today if today is not None else pd.Series(dtype=object)
    grids, before = graph.grids.copy(), held.copy()
    tolerance = np.full(built.problem.zones, params.tolerance)
    rows = changes_with_reasons(graph, built.problem, plan, held, tolerance=tolerance)
    after = built.problem.assignment(plan)
    was = held.reindex(graph.grids.index).astype(object).where(lambda zone: zone.notna(), "")
    assert rows["grid_id"].tolist() == [grid for grid in graph.grids.index if was[grid] != after[grid]]
    assert set(rows["reason"]) <= set(CHANGE_REASONS)
    assert rows["from_zone"].tolist() == was[rows["grid_id"]].tolist()
    assert rows["to_zone"].tolist() == after[rows["grid_id"]].tolist()
    pd.testing.assert_frame_equal(graph.grids, grids)
    pd.testing.assert_series_equal(held, before)
