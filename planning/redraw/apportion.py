"""Whole zones shared out among stations by their workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.errors import SettingError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def webster(weights: NDArray[np.float64], seats: int, *, least: int = 1) -> NDArray[np.int64]:
    """
    Share out whole zones among stations by Webster's method.

    Each further zone goes to the station with the most workload per 2 n + 1, n being the zones that it has
    (Sainte-Laguë 1910; Balinski & Young 2001, Fair Representation); of equals, to the first.

    Parameters
    ----------
    weights
        Workload of each station, not negative.
    seats
        Zones to share out.
    least
        Zones that every station gets whatever its workload.

    Raises
    ------
    SettingError
        ``seats_too_few`` if there are fewer zones than every station must get; ``setting_wrong`` if a weight
        is negative or missing.
    """
    weights = np.asarray(weights, dtype=float)
    wrong = weights[~(np.isfinite(weights) & (weights >= 0))]
    if len(wrong):
        raise SettingError("setting_wrong", name="weights", found=float(wrong[0]), allowed=">= 0")
    if least < 0:
        raise SettingError("setting_wrong", name="least", found=least, allowed=">= 0")
    if seats < least * len(weights) or (seats and not len(weights)):
        raise SettingError("seats_too_few", seats=seats, stations=len(weights), least=least)
    shares = np.full(len(weights), least, dtype=np.int64)
    for _ in range(seats - int(shares.sum())):
        shares[np.argmax(weights / (2 * shares + 1))] += 1
    return shares
