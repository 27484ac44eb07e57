"""Colours that hold for colour-blind eyes, each with a pattern or a word beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

# Okabe & Ito (2008) without yellow, which vanishes under a pale fill, and without black.
ZONE_COLOURS = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00")
# Fill and pattern per nesting status: the pattern alone tells them apart, on grey paper too.
STATUS_STYLES: dict[str, tuple[str, str | None]] = {
    "nested": ("#cfe0e8", None),
    "straddling": ("#e08214", "hatch"),
    "tie": ("#8073ac", "cross"),
    "orphan": ("#b2182b", "dots"),
    "enclave": ("#2166ac", "lines"),
    "exempt": ("#92c5de", "back"),
}
# 绿 优秀, 蓝 良好, 橙 提醒, 红 预警: spread in lightness, so that the order survives without colour.
GRADE_COLOURS = ("#1b9e4b", "#4da3e0", "#fdb863", "#a50f15")
INK, WATER = "#24364b", "#c5dcec"
# Two digitised borders of the same line lie this far apart at most.
_TOUCH_M = 2.0


def zone_colours(zones: gpd.GeoDataFrame, *, key: str = "zone_id") -> pd.Series:
    """
    Return a colour for each zone such that neighbours always differ.

    Parameters
    ----------
    zones
        Police zones in a metric CRS, with `key` as a column.
    key
        Column that names a zone.

    Returns
    -------
    Series
        Colours as ``#rrggbb``, indexed by zone id.
    """
    colour_of = apart(zones[key], zone_neighbours(zones, key=key))
    return pd.Series(zones[key].map(colour_of).to_numpy(), index=zones[key].to_numpy(), dtype=object)


def zone_neighbours(zones: gpd.GeoDataFrame, *, key: str = "zone_id") -> list[tuple[str, str]]:
    """Return each pair of zones that touch, or nearly touch, once."""
    located = zones[~(zones.geometry.isna() | zones.geometry.is_empty)]
    left, right = touching(located)
    ids = located[key].to_numpy()
    return [(ids[a], ids[b]) for a, b in zip(left, right, strict=True) if a < b]


def touching(layer: gpd.GeoDataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of each two rows that touch, or nearly, both ways round and each with itself."""
    left, right = layer.sindex.query(layer.geometry, predicate="dwithin", distance=_TOUCH_M)
    return left, right


def apart(zones: Iterable[str], neighbours: Iterable[tuple[str, str]]) -> dict[str, str]:
    """
    Return a colour for each zone, ``#rrggbb``, different ones for neighbours.

    Greedy colouring by saturation (DSATUR, Brélaz 1979); more colours than `ZONE_COLOURS` are never
    needed for plane maps in practice, and a seventh would be a darker turn of the first.
    """
    import networkx as nx  # slow to import, and the first page may come from the cache

    graph = nx.Graph()
    graph.add_nodes_from(sorted(zones))
    graph.add_edges_from(neighbours)
    turns = nx.greedy_color(graph, strategy="DSATUR")
    return {zone: _colour(turn) for zone, turn in turns.items()}


def _colour(index: int) -> str:
    base = ZONE_COLOURS[index % len(ZONE_COLOURS)]
    shade = 0.7 ** (index // len(ZONE_COLOURS))
    return "#" + "".join(f"{round(int(base[i : i + 2], 16) * shade):02x}" for i in (1, 3, 5))
