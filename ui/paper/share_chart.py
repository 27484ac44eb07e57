"""A share over the hours of a day as a printed chart (SVG), its weakest span hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ui.maps.palette import INK
from ui.paper.drawing import FONT, PT, plain, stroke

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from ui.words import Words

# Tenths of a millimetre around the field, and how far apart hours are marked.
_LEFT, _TOP, _RIGHT, _BOTTOM = 110.0, 25.0, 50.0, 55.0
_HOUR_MS, _TICK_ROOM = 3_600_000, 130.0


def share_chart(
    share: pd.Series,
    weakest: tuple[int, int],
    *,
    size_mm: tuple[float, float],
    t: Words,
) -> str:
    """
    Return a share (0–1) by moment (ms since midnight) as a stepped line.

    Parameters
    ----------
    weakest
        Beginning and end of the span that is hatched.
    """
    wide, high = size_mm[0] * 10, size_mm[1] * 10
    moments = share.index.to_numpy()
    first, last = int(moments[0]), int(moments[-1])
    across = (wide - _LEFT - _RIGHT) / max(last - first, 1)
    down = high - _TOP - _BOTTOM

    def at(ms: int) -> float:
        return _LEFT + (min(max(ms, first), last) - first) * across

    def up(value: float) -> float:
        return _TOP + (1 - value) * down

    steps = np.column_stack([_LEFT + (moments - first) * across, _TOP + (1 - share.to_numpy()) * down])
    line = f"M{steps[0][0]:.0f} {steps[0][1]:.0f}" + "".join(f"H{x:.0f}V{y:.0f}" for x, y in steps[1:])
    left, right = at(weakest[0]), at(weakest[1])
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{size_mm[0]:g}mm" height="{size_mm[1]:g}mm" '
            f'viewBox="0 0 {wide:g} {high:g}" font-family="{FONT}">',
            '<pattern id="weak" width="12" height="12" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><path d="M0 0V12" stroke="#444" stroke-width="3"/></pattern>',
            *_levels(up, wide - _RIGHT, t),
            f'<rect x="{left:.0f}" y="{_TOP:g}" width="{max(right - left, 8):.0f}" height="{down:g}" '
            'fill="url(#weak)"/>',
            f'<path d="{line}" {stroke("#ffffff", 12)}/><path d="{line}" {stroke(INK, 6)}/>',
            *_hours(first, last, at, _TOP + down),
            "</svg>",
        ]
    )


def _levels(up: Callable[[float], float], right: float, t: Words) -> Iterator[str]:
    for level in (0.0, 0.5, 1.0):
        yield f'<path d="M{_LEFT:g} {up(level):.0f}H{right:g}" {stroke("#b8bec6", 3)}/>'
        yield plain(t.percent(level, 0), _LEFT - 12, up(level) + 10, 8 * PT, anchor="end")


def _hours(first: int, last: int, at: Callable[[int], float], foot: float) -> Iterator[str]:
    hours = range(-(-first // _HOUR_MS), last // _HOUR_MS + 1)
    room = (at(last) - at(first)) / max(len(hours), 1)
    for hour in list(hours)[:: max(round(_TICK_ROOM / max(room, 1)), 1)]:
        x = at(hour * _HOUR_MS)
        yield f'<path d="M{x:.0f} {foot:.0f}v12" {stroke(INK, 3)}/>'
        yield plain(f"{hour % 24:02}:00", x, foot + 42, 8 * PT, anchor="middle")
