"""Whole zones to stations by workload."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def webster(weights: NDArray[np.float64], seats: int, *, least: int = 1) -> NDArray[np.int64]:
    """Interim; replaced by the merged module."""
    got = np.full(len(weights), least, dtype=np.int64)
    heap = [(-w / (2 * least + 1), i) for i, w in enumerate(weights.tolist())]
    heapq.heapify(heap)
    for _ in range(seats - least * len(weights)):
        _, i = heapq.heappop(heap)
        got[i] += 1
        heapq.heappush(heap, (-weights[i] / (2 * got[i] + 1), i))
    return got
