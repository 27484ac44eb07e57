"""How much workload has to change zone whatever the plan, by arithmetic alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planning.redraw.problem import Problem


def floors(problem: Problem, tolerance: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return for each region workload that changes zone in any plan that keeps the tolerance.

    The largest of three sums, each a lower bound by itself: what open zones hold today above what they may
    have, with what has no zone today; what they lack today to what they must have; and, unit by unit, what
    even the zone that holds most of it does not hold. Closed zones, which nothing can enter or leave, need
    not keep the tolerance.

    Parameters
    ----------
    tolerance
        Of each zone, as a share of its target.
    """
    p = problem
    regions = len(p.region_names)
    if not len(p.stay_zone):
        return np.zeros(regions)
    owner = np.repeat(np.arange(p.units), np.diff(p.stay_first))
    # What lies today in a zone of another region cannot stay there.
    home = p.zone_region[p.stay_zone] == p.region[owner]
    owner, zone, stays = owner[home], p.stay_zone[home], p.stay_weight[home]
    held = np.bincount(zone, stays, minlength=p.zones)
    homeless = _by_region(p.region, p.weight, regions) - _by_region(p.region[owner], stays, regions)
    most, least = (1 + tolerance) * p.target, (1 - tolerance) * p.target
    over = np.where(p.closed, 0.0, np.maximum(held - most, 0.0))
    under = np.where(p.closed, 0.0, np.maximum(least - held, 0.0))
    largest = np.zeros(p.units)
    np.maximum.at(largest, owner, stays)
    torn = np.maximum(p.weight - largest, 0.0)
    leaves = _by_region(p.zone_region, over, regions) + homeless
    comes = _by_region(p.zone_region, under, regions)
    return np.asarray(np.maximum.reduce([leaves, comes, _by_region(p.region, torn, regions)]))


def _by_region(region: NDArray[np.int64], work: NDArray[np.float64], regions: int) -> NDArray[np.float64]:
    return np.bincount(region, work, minlength=regions).astype(float)
