"""Travel times between places on the road network, in whole milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

# More than any way takes, and small enough to be added up: no way at all.
UNREACHABLE = 2**40


@dataclass(frozen=True, kw_only=True)
class TravelTimes:
    """
    Travel times between places.

    Parameters
    ----------
    labels
        Of the places.
    ms
        (place, place), C-contiguous; `UNREACHABLE` where there is no way, 0 from a place to itself.
    """

    labels: pd.Index
    ms: npt.NDArray[np.int64]

    def legs(self, pairs: Iterable[tuple[str, str]]) -> gpd.GeoDataFrame:
        """Return ms, m and geometry (the way on the road, in the metric CRS) of each pair of labels."""
        raise NotImplementedError
