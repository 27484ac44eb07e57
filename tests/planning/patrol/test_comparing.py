"""Plans of one day side by side."""

from dataclasses import replace

import pytest

from planning.patrol.comparing import compared
from planning.patrol.params import Limits
from planning.patrol.solving import plan_day
from tests.planning.patrol.days import day

FEW = Limits(effort=40, workers=1)


def test_modes_stand_side_by_side_with_hours_people_and_what_they_reach():
    """
    Two villages at b and c, a team of two at each, one of them on duty for five minutes only.

    Each for itself visits one village in 15 minutes; both together two in 50, with the way of 10 minutes.
    """
    points = {"b": (10, 0), "c": (20, 0)}
    teams, stops = [{"at": "b"}, {"at": "c", "until": 485}], [{"at": "b"}, {"at": "c", "priority": 2}]
    own = day(points, teams, stops, allowed=[[1, 0], [0, 1]], mode="own")
    own = replace(own, stops=own.stops.assign(village_id=["b", "c"]))
    joint = replace(own, mode="joint", allowed=own.allowed | True)
    table = compared(
        {name: (asked, plan_day(asked, limits=FEW)) for name, asked in (("own", own), ("joint", joint))}
    )
    assert list(table.index) == ["own", "joint"]
    assert table["teams"].tolist() == [1, 1]
    assert table["members"].tolist() == [2, 2]
    assert table["hours"].tolist() == pytest.approx([15 / 60, 50 / 60])
    assert table["member_hours"].tolist() == pytest.approx([30 / 60, 100 / 60])
    assert table["villages"].tolist() == [1, 2]
    assert table["villages_due"].tolist() == [2, 2]
    assert table[["unvisited", "unvisited_must"]].to_numpy().tolist() == [[1, 0], [0, 0]]
    assert table["feasible"].all()


def test_no_plans_are_no_rows():
    assert compared({}).empty
