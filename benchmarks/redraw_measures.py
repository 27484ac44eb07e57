"""What `benchmarks/redraw.py` says about a plan, whoever drew it: nothing here comes from the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from redraw_instances import Instance


def measure(instance: Instance, labels: NDArray[np.int64]) -> dict[str, Any]:
    """
    Measure a plan.

    Parameters
    ----------
    instance
        The district.
    labels
        Zone of each grid, by any numbers.

    Returns
    -------
    dict
        ``zones``, ``max_deviation`` (from the district's mean zone), ``cv``, ``gini``, ``polsby_popper``
        (mean) and ``polsby_popper_min``, ``cut_edges``, ``moved`` (share of the workload that is not in
        the zone of today it is matched with), ``pieces`` (parts of zones beyond one each), ``crossing``
        (zones in several stations).
    """
    names, zone = np.unique(np.asarray(labels), return_inverse=True)
    count = len(names)
    load = np.bincount(zone, instance.weight, count) * instance.zones / instance.weight.sum()
    if count < instance.zones:
        load = np.concatenate([load, np.zeros(instance.zones - count)])
    cut = zone[instance.left] != zone[instance.right]
    shape = _polsby_popper(instance, zone, cut, count)
    crossing = np.unique(np.column_stack([zone, instance.station]), axis=0)
    return {
        "zones": count,
        "max_deviation": float(np.abs(load - 1.0).max()),
        "cv": float(load.std() / load.mean()),
        "gini": _gini(load),
        "polsby_popper": float(shape.mean()),
        "polsby_popper_min": float(shape.min()),
        "cut_edges": int(cut.sum()),
        "moved": _moved(instance, zone, count),
        "pieces": _parts(instance, ~cut) - count,
        "crossing": int((np.bincount(crossing[:, 0]) > 1).sum()),
    }


def _polsby_popper(
    instance: Instance, zone: NDArray[np.int64], cut: NDArray[np.bool_], count: int
) -> NDArray[np.float64]:
    """Return 4πA / P²: a zone's perimeter is its grids' outlines less twice what they share."""
    area = np.bincount(zone, instance.area, count)
    inner = np.bincount(zone[instance.left[~cut]], instance.length[~cut], count)
    perimeter = np.bincount(zone, instance.outline, count) - 2.0 * inner
    return np.asarray(4.0 * np.pi * area / perimeter**2)


def _gini(load: NDArray[np.float64]) -> float:
    """Return half the mean difference of two zones over the mean zone."""
    return float(np.abs(load[:, None] - load[None, :]).mean() / (2.0 * load.mean()))


def _moved(instance: Instance, zone: NDArray[np.int64], count: int) -> float:
    """Return the workload outside the best one-to-one matching of zones with zones of today."""
    kept = coo_array((instance.weight, (zone, instance.today)), shape=(count, instance.zones)).toarray()
    rows, columns = linear_sum_assignment(kept, maximize=True)
    return float(1.0 - kept[rows, columns].sum() / instance.weight.sum())


def _parts(instance: Instance, inside: NDArray[np.bool_]) -> int:
    """Return how many parts hang together by borders inside zones."""
    left, right = instance.left[inside], instance.right[inside]
    links = coo_array((np.ones(len(left)), (left, right)), shape=(instance.grids, instance.grids))
    return int(connected_components(links, directed=False)[0])
