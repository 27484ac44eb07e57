"""Grades by fixed cut points, how sure they are, and bands of villages that cannot be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planning.index.profile import GREY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def grades_of(values: pd.Series, codes: Sequence[str], cuts: Sequence[float]) -> pd.Series:
    """
    Return the grade of each value: the first whose cut point it reaches, grey where there is no value.

    Parameters
    ----------
    codes
        From the best grade to the worst.
    cuts
        What each but the worst begins with, falling.
    """
    number = np.zeros(len(values), dtype=np.int64)
    for cut in cuts:
        number += (values < cut).to_numpy()
    found = pd.Series(np.array(codes, dtype=object)[number], index=values.index, dtype="str")
    return found.where(values.notna(), GREY)


def bands(scores: Floats, ranks: NDArray[np.unsignedinteger], classes: Ints, *, sure: float = 0.95) -> Ints:
    """
    Return the band of each village in its class, from 1: villages of one band cannot be told apart.

    The best village heads the first band; the next band begins with the first village that is behind the
    band's head in at least the share `sure` of the runs. Every village's band is bounded by such a
    comparison; two neighbours on either side of a border may be close all the same.

    Parameters
    ----------
    scores
        As published.
    ranks
        A row per run, a column per village.
    classes
        Numbered from 0.
    """
    found = np.zeros(len(scores), dtype=np.int64)
    for number in range(int(classes.max(initial=-1)) + 1):
        members = np.flatnonzero(classes == number)
        members = members[np.argsort(-scores[members], kind="stable")]
        band, head = 1, 0
        for at in range(len(members)):
            ahead = (ranks[:, members[head]] < ranks[:, members[at]]).mean() if at else 0.0
            if ahead >= sure:
                band, head = band + 1, at
            found[members[at]] = band
    return found
