"""Random drawn districts: holes, stations, towns, villages, locks, zone counts."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.redraw.building import build_problem
from planning.redraw.params import RedrawParams
from tests.planning.redraw.lattices import lattice


def _picture(marks, width):
    return "/".join("".join(marks[i : i + width]) for i in range(0, len(marks), width))


def _blots(draw, width, height, names):
    """Return a picture in which each cell bears the name of the nearest of some points."""
    rows, columns = st.integers(0, height - 1), st.integers(0, width - 1)
    points = [(draw(rows), draw(columns), name) for name in names]

    def nearest(row, column):
        return min(points, key=lambda p: (abs(p[0] - row) + abs(p[1] - column), p[2]))[2]

    marks = [nearest(row, column) for row in range(height) for column in range(width)]
    return _picture(marks, width)


@st.composite
def districts(draw, *, locks=True):
    """Return the dual graph, today's plan or None, and settings of a random district; not all can be met."""
    width, height = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    size = width * height
    zones = _blots(draw, width, height, "123456789"[: draw(st.integers(1, min(6, size)))])
    holes = draw(st.sets(st.integers(0, size - 1), max_size=size // 6))
    strange = draw(st.sets(st.integers(0, size - 1), max_size=size // 6))
    marks = [
        "." if i in holes else "?" if i in strange else mark for i, mark in enumerate(zones.replace("/", ""))
    ]
    assume(set(marks) != {"."})
    seed = draw(st.integers(0, 2**16))
    work = np.random.default_rng(seed).choice([0.0, 0.5, 1.0, 2.5], size=size - len(holes))
    graph, today = lattice(
        _picture(marks, width),
        villages=_blots(draw, width, height, "abcdefghijkl"[: draw(st.integers(1, min(12, size)))]),
        stations=_blots(draw, width, height, "-ST"[draw(st.integers(0, 1)) :][: draw(st.integers(1, 2))]),
        towns=_blots(draw, width, height, "xyz"[: draw(st.integers(1, 2))]),
        kinds=draw(st.dictionaries(st.sampled_from("abcd"), st.just("community"))),
        work=work,
    )
    able = [*graph.grids.index, *sorted(set(today.dropna())), *sorted(set(graph.grids["village_id"]))]
    params = RedrawParams(
        split_villages=draw(st.booleans()),
        across_stations=draw(st.booleans()),
        recount=draw(st.booleans()),
        zones=draw(st.none() | st.integers(1, 6)),
        locked=tuple(draw(st.sets(st.sampled_from(able), max_size=3))) if locks else (),
    )
    return graph, draw(st.sampled_from([today, today, today, None])), params


@st.composite
def problems(draw):
    """Return a random problem, of a district that can be built."""
    graph, today, params = draw(districts())
    try:
        return build_problem(graph, today, params=params).problem
    except SettingError:
        assume(False)
