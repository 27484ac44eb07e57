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

    The largest of three sums, each a lower bound by itself: what zones hold today above what they may have,
    with what has no zone today; what zones lack today to what they must have; and, unit by unit, what even
    the zone that holds most of it does not hold.

    Parameters
    ----------
    tolerance
        Of each zone.
    """
    p = problem
    regions = len(p.region_names)
    if not len(p.stay_zone):
        return np.zeros(regions)
    owner = np.repeat(np.arange(p.units), np.diff(p.stay_first))
    # What lies today in a zone of another region cannot stay there.
    home = p.zone_region[p.stay_zone] == p.region[owner]
    held = np.bincount(p.stay_zone[home], p.stay_weight[home], minlength=p.zones)
    work = np.bincount(p.region, p.weight, minlength=regions)
    homeless = work - np.bincount(p.region[owner[home]], p.stay_weight[home], minlength=regions)
    most, least = (1 + tolerance) * p.target, (1 - tolerance) * p.target
    # What is locked stays as it is, however far it is from its target.
    excess, lack = (np.where(p.closed, 0.0, np.maximum(off, 0.0)) for off in (held - most, least - held))
    above = np.bincount(p.zone_region, excess, minlength=regions) + homeless
    below = np.bincount(p.zone_region, lack, minlength=regions)
    largest = np.zeros(p.units)
    np.maximum.at(largest, owner[home], p.stay_weight[home])
    torn = np.bincount(p.region, np.maximum(p.weight - largest, 0.0), minlength=regions)
    return np.asarray(np.maximum.reduce([above, below, torn]))
