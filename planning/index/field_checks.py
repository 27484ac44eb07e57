"""Field checks (实地评估): which villages are visited, and points of both (系统 80 % + 实地 20 %)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIELD_SHARE = 0.2


def villages_to_visit(
    villages: pd.DataFrame,
    *,
    grades: Sequence[str],
    count: int,
    visited: Mapping[str, str] | None = None,
    seed: int = 0,
) -> list[str]:
    """
    Return which villages are visited for a period.

    Half of the visits go where they matter: vetoed first, then by the worst grade, those whose grade is not
    sure before those whose grade is. The other half goes to the villages that were visited longest ago, or
    never, so that each has its turn and none knows when; ties are drawn by lot.

    Parameters
    ----------
    villages
        As `SafetyIndex.villages`.
    grades
        Of the profile, from the best to the worst.
    count
        How many visits there are.
    visited
        The last visit (ISO day) by village_id.
    seed
        The same seed draws the same villages.

    Raises
    ------
    SettingError
        ``visits_wrong`` for a count below 1.
    """
    if count < 1:
        raise SettingError("visits_wrong", found=count)
    lot = pd.Series(np.random.default_rng(seed).permutation(len(villages)), index=villages.index)
    worst = villages["grade"].map({code: place for place, code in enumerate(grades)}).fillna(-1)
    urgent = pd.DataFrame(
        {"vetoed": ~villages["vetoed"].astype(bool), "grade": -worst, "sure": villages["sure"], "lot": lot}
    ).sort_values(["vetoed", "grade", "sure", "lot"])
    # The best grade is no reason for a visit.
    urgent = urgent[(urgent["grade"] < 0) | ~urgent["vetoed"]]
    first = urgent.index[: (count + 1) // 2].tolist()
    last = pd.Series(visited or {}, dtype="str").reindex(villages.index).fillna("")
    waiting = pd.DataFrame({"last": last, "lot": lot}).drop(index=first).sort_values(["last", "lot"])
    return [str(one) for one in [*first, *waiting.index[: count - len(first)]]]


def combined_points(
    points: pd.Series, field_points: pd.Series, *, field_share: float = FIELD_SHARE
) -> pd.DataFrame:
    """
    Return the points of system and field together for villages that were visited, the system's for others.

    Parameters
    ----------
    points, field_points
        By village_id, 0–100.
    field_share
        The part that the field check makes up, 0–1.

    Returns
    -------
    DataFrame
        points, field_points, combined, visited.

    Raises
    ------
    SettingError
        ``share_wrong``.
    """
    if not 0 <= field_share <= 1:
        raise SettingError("share_wrong", found=field_share)
    field = field_points.reindex(points.index)
    visited = field.notna()
    both = (points * (1 - field_share) + field * field_share).round(2)
    return pd.DataFrame(
        {
            "points": points,
            "field_points": field,
            "combined": both.where(visited, points),
            "visited": visited,
        }
    )
