"""Proportions of those asked, with how sure they are (群众安全感、满意度)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

from geo.errors import SettingError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def wilson_interval(
    successes: ArrayLike, asked: ArrayLike, *, level: float = 0.95, design_effect: float = 1.0
) -> pd.DataFrame:
    """
    Return proportions with Wilson's score interval (Wilson 1927).

    Parameters
    ----------
    successes, asked
        Counts; of places where nobody was asked nothing is known, and share, low and high are missing.
    level
        Of the interval, between 0 and 1.
    design_effect
        By how much the sample's variance exceeds that of a simple random one: above 1 where households or
        whole groups were asked together (Kish 1965). The sample counts for so much less.

    Returns
    -------
    DataFrame
        share, low, high; on the index of `successes` if it is a Series.

    Raises
    ------
    SettingError
        ``setting_wrong``; ``proportion_impossible`` with more successes than were asked, or fewer than none.
    """
    if not 0 < level < 1:
        raise SettingError("setting_wrong", name="level", found=level, allowed="0–1")
    if not 0 < design_effect < np.inf:
        raise SettingError("setting_wrong", name="design_effect", found=design_effect, allowed="> 0")
    index = successes.index if isinstance(successes, pd.Series) else None
    part, whole = np.asarray(successes, dtype=float), np.asarray(asked, dtype=float)
    wrong = (part < 0) | (part > whole)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise SettingError("proportion_impossible", found=float(part[at]), asked=float(whole[at]))
    share = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    count = np.where(whole > 0, whole, np.nan) / design_effect
    z = float(norm.ppf((1 + level) / 2))
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    # Rounding must not leave 0 or 1 by a hair.
    low = np.where(share == 0, 0.0, np.clip(middle - half, 0, 1))
    high = np.where(share == 1, 1.0, np.clip(middle + half, 0, 1))
    unknown = np.isnan(share)
    low[unknown] = high[unknown] = np.nan
    return pd.DataFrame({"share": share, "low": low, "high": high}, index=index)
