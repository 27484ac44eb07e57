"""A redraw as numbers: units that move as one, zones that may take them, and what holds them back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Problem:
    """
    A redraw as numbers; units and zones are counted from 0. Arrays are never written to.

    A plan is an int64 array ``zone_of`` of one zone per unit. It keeps the hard constraints if every zone
    has a unit and is contiguous in ``neighbours``, every unit's zone is of the unit's region, fixed units
    are where they start, and closed zones hold just the units they start with.

    Parameters
    ----------
    grid_ids
        The grids, in the order of `unit_of_grid`.
    unit_of_grid
        Unit of each grid: a grid, or a village (part) that stays whole.
    weight, present, area, outline, x, y
        Of each unit: workload, residents, m², m, a point inside (m).
    first, neighbours, shared
        Compressed rows: the neighbours of unit u are ``neighbours[first[u]:first[u + 1]]``, ascending, and
        ``shared`` holds the length of the border with each (m; 0 for links across a gap).
    region
        Region of each unit: the part of a station and town inside which its zone has to stay.
    region_names
        Name of each region.
    zone_ids
        Id of each zone; new zones come after those of today.
    zone_region, target
        Of each zone: its region, and the workload it should have.
    start
        A plan that keeps the hard constraints and is as near to today's as could be made at once.
    stay_first, stay_zone, stay_weight
        Compressed rows: the workload of a unit that lies in a zone today; what else a zone takes of it
        is moved. Empty without a plan of today.
    fixed
        Units that must stay in their zone of `start` (locked).
    closed
        Zones that no unit may enter or leave (locked).
    village
        Of each unit that is but a part of its village, which village, from 0; negative for the others. Empty
        where no village counts.
    """

    grid_ids: tuple[str, ...]
    unit_of_grid: NDArray[np.int64]
    weight: NDArray[np.float64]
    present: NDArray[np.float64]
    area: NDArray[np.float64]
    outline: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    first: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    shared: NDArray[np.float64]
    region: NDArray[np.int64]
    region_names: tuple[str, ...]
    zone_ids: tuple[str, ...]
    zone_region: NDArray[np.int64]
    target: NDArray[np.float64]
    start: NDArray[np.int64]
    stay_first: NDArray[np.int64]
    stay_zone: NDArray[np.int64]
    stay_weight: NDArray[np.float64]
    fixed: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    village: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.weight)

    @property
    def zones(self) -> int:
        """How many zones there are."""
        return len(self.zone_ids)

    def zone_weights(self, zone_of: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the workload of each zone in a plan."""
        sums: NDArray[np.float64] = np.bincount(zone_of, self.weight, minlength=self.zones).astype(float)
        return sums

    def moved(self, zone_of: NDArray[np.int64]) -> float:
        """Return the workload that a plan takes out of its zone of today, as a share of all."""
        total = float(self.weight.sum())
        if not len(self.stay_zone) or total <= 0:
            return 0.0
        owner = np.repeat(np.arange(self.units), np.diff(self.stay_first))
        stays = float(self.stay_weight[self.stay_zone == zone_of[owner]].sum())
        return (total - stays) / total

    def assignment(self, zone_of: NDArray[np.int64]) -> pd.Series:
        """Return a plan as zone_id by grid_id."""
        ids = np.asarray(self.zone_ids, dtype=object)[zone_of[self.unit_of_grid]]
        return pd.Series(ids, index=pd.Index(self.grid_ids, name="grid_id"), name="zone_id", dtype="str")

    def replace(self, **changes: Any) -> Problem:
        """Return the problem with some fields changed."""
        return replace(self, **changes)
