"""A better plan out of good ones: of all rounds seen, those that visit each stop once (set partitioning)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, eye_array, hstack

from planning.patrol.indexed import prizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvrp import Solution

    from planning.patrol.pyvrp_model import Column, Model

# A limit on nodes, not on seconds: the same run must give the same plan on any machine.
_NODES = 50
_GAP = 1e-5


def recombined(model: Model, columns: Sequence[Column]) -> list[Solution]:
    """
    Return the best solution made of rounds that were seen; none where none is found.

    By branch and bound (HiGHS): each stop in one round, or left out for its prize where that is allowed, and
    no more rounds of a kind of team than there are teams of it.

    Parameters
    ----------
    model
        What the rounds are of.
    columns
        The rounds; those seen several times count once.
    """
    columns = list({column.key: column for column in sorted(columns, key=lambda c: -c.cost)}.values())
    if not columns:
        return []
    stops = model.part.stops
    row = {stop: i for i, stop in enumerate(stops)}
    rows = [[*(row[s] for s in sorted(c.stops)), len(stops) + c.kind] for c in columns]
    first = np.cumsum([0, *map(len, rows)])
    size = (len(stops) + len(model.teams_of), len(columns))
    rounds = csc_array((np.ones(first[-1]), np.concatenate(rows), first), shape=size)
    left_out = eye_array(size[0], len(stops), format="csc")
    optional = [float(not model.must_visit(stop)) for stop in stops]
    available = np.array([len(teams) for teams in model.teams_of], dtype=float)
    solved = milp(
        np.concatenate([[float(column.cost) for column in columns], prizes(model.ix, model.part)]),
        integrality=np.ones(size[1] + len(stops)),
        bounds=Bounds(0, np.concatenate([np.ones(size[1]), optional])),
        constraints=LinearConstraint(
            hstack([rounds, left_out], format="csc"),
            np.concatenate([np.ones(len(stops)), np.zeros(len(available))]),
            np.concatenate([np.ones(len(stops)), available]),
        ),
        options={"node_limit": _NODES, "mip_rel_gap": _GAP},
    )
    if solved.x is None:
        return []
    return [model.of_columns(c for c, taken in zip(columns, solved.x, strict=False) if taken > 0.5)]
