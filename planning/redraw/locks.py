"""What a planner has locked: grids that stay in their zone, zones that nothing may enter or leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.schemas import VILLAGE_ID
from geo.errors import SettingError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Locks:
    """
    What stays as it is today.

    Parameters
    ----------
    grids
        Grids that stay in their zone, those of locked zones too.
    zones
        Zones that nothing may enter or leave.
    shut_grids
        The grids of these zones.
    """

    grids: frozenset[str]
    zones: frozenset[str]
    shut_grids: frozenset[str]

    @classmethod
    def read(cls, ids: tuple[str, ...], grids: pd.DataFrame, today: pd.Series) -> Locks:
        """
        Find what some ids stand for: a zone, else a village, else a grid.

        Parameters
        ----------
        ids
            Ids of grids, villages and zones.
        grids, today
            The dual graph's grids, and the zone of each today (missing where it has none).

        Raises
        ------
        SettingError
            ``lock_unknown`` with all the ids that are none of these; ``lock_needs_plan`` if what is
            locked lies in no zone today.
        """
        zones = frozenset(ids) & set(today.dropna())
        # Grids of no village bear the empty id; they are none together.
        villages = (frozenset(ids) - zones - {""}) & set(grids[VILLAGE_ID])
        single = (frozenset(ids) - zones - villages) & set(grids.index)
        if unknown := sorted(set(ids) - zones - villages - single):
            code = "lock_unknown" if today.notna().any() else "lock_needs_plan"
            raise SettingError(code, ids=", ".join(unknown))
        shut = frozenset(today.index[today.isin(zones)])
        locked = shut | single | frozenset(grids.index[grids[VILLAGE_ID].isin(villages)])
        if homeless := sorted(grid for grid in locked if today.isna()[grid]):
            raise SettingError("lock_needs_plan", ids=", ".join(homeless))
        return cls(grids=locked, zones=zones, shut_grids=shut)
