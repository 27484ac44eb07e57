"""How much has to change zone by arithmetic alone."""

import numpy as np
import pytest

from planning.redraw.floor import floors
from planning.redraw.params import RedrawParams
from tests.planning.redraw.lattices import problem_of


def test_what_is_beyond_the_tolerance_has_to_move():
    problem = problem_of("1112")
    # Zones of 3 and 1 have to come within 10 % of 2.
    assert floors(problem, np.full(2, 0.1)) == pytest.approx([0.8])


def test_a_locked_zone_beyond_the_tolerance_moves_nothing():
    problem = problem_of("11123", params=RedrawParams(locked=("1",)))
    assert floors(problem, np.full(3, 0.5)).tolist() == [0.0]
