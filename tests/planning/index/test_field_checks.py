"""Who is visited for a period, and the points of system and field together."""

import pandas as pd
import pytest

from geo.errors import SettingError
from planning.index.field_checks import combined_points, villages_to_visit

GRADES = ("green", "blue", "orange", "red")
VILLAGES = pd.DataFrame(
    {
        "grade": ["green", "red", "orange", "orange", "green", "grey"],
        "sure": [True, True, True, False, True, False],
        "vetoed": [False, False, False, False, True, False],
    },
    index=pd.Index(["V1", "V2", "V3", "V4", "V5", "V6"], name="village_id"),
)


def visits(count, **more):
    return villages_to_visit(VILLAGES, grades=GRADES, count=count, **more)


def test_half_of_the_visits_go_where_they_matter_most():
    # Vetoed, red, then the orange that is not sure.
    assert visits(6)[:3] == ["V5", "V2", "V4"]
    assert visits(2)[0] == "V5"


def test_the_rest_goes_to_those_who_waited_longest():
    visited = {"V1": "2026-08-01", "V3": "2026-03-01", "V6": "2026-09-01", "V4": "2026-10-01"}
    assert visits(4, visited=visited) == ["V5", "V2", "V3", "V1"]
    # Who was never visited has waited longest.
    assert visits(4, visited={key: visited[key] for key in ("V1", "V3", "V4")})[2:] == ["V6", "V3"]


def test_ties_are_drawn_by_lot_the_same_way_for_a_seed():
    assert visits(5, seed=7) == visits(5, seed=7)
    assert len({tuple(visits(5, seed=seed)) for seed in range(12)}) > 1


def test_everybody_is_visited_once_at_most():
    assert sorted(visits(20)) == sorted(VILLAGES.index)


def test_system_and_field_make_the_points_together():
    both = combined_points(pd.Series({"V1": 90.0, "V2": 70.0}), pd.Series({"V1": 80.0}))
    assert both["combined"].to_dict() == {"V1": 88.0, "V2": 70.0}
    assert both["visited"].tolist() == [True, False]


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(SettingError, match="visits_wrong"):
        visits(0)
    with pytest.raises(SettingError, match="share_wrong"):
        combined_points(pd.Series({"V1": 90.0}), pd.Series({"V1": 80.0}), field_share=1.2)
