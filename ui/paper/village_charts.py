"""Charts on a village's sheet (SVG): its pillars beside those of its class, and twelve months."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.maps.palette import INK
from ui.paper.drawing import FONT, PT, plain, stroke
from ui.paper.map_labels import text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A score is told from 0 to this.
_WHOLE = 100.0
_LETTER = 7 * PT
# So many axes make a shape; fewer are told as bars.
LEAST_AXES = 3


@dataclass(frozen=True, kw_only=True)
class Axis:
    """
    A pillar.

    Parameters
    ----------
    name
        What it is called.
    score, usual
        The village's (0–100), and the median of its class, None where there is none.
    told
        The score as it is written.
    """

    name: str
    score: float
    usual: float | None
    told: str


@dataclass(frozen=True, kw_only=True)
class Moment:
    """
    A period of a trend.

    Parameters
    ----------
    label
        Beneath it; "" for none.
    value, low, high
        The line, and the band around it; None where it is not known.
    count
        The count as it was, None for none.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    count: float | None = None


def pillar_chart(axes: Sequence[Axis], *, size_mm: tuple[float, float], ink: str) -> str:
    """Return pillars as a radar, or as bars where they are too few for one."""
    return (_radar if len(axes) >= LEAST_AXES else _bars)(axes, size_mm, ink)


def trend_chart(
    moments: Sequence[Moment], *, size_mm: tuple[float, float], ink: str, top: float, marks: Sequence[float]
) -> str:
    """
    Return a line over periods with its band.

    Parameters
    ----------
    top
        Of the scale, which begins at 0.
    marks
        Heights at which a line is drawn across and written beside.
    """
    wide, high = size_mm[0] * 10, size_mm[1] * 10
    left, right, above, beneath = 62.0, 26.0, 24.0, 44.0
    step = (wide - left - right) / max(len(moments) - 1, 1)
    down = high - above - beneath

    def at(number: int) -> float:
        return left + number * step

    def up(value: float) -> float:
        return above + (1 - min(max(value / top, 0.0), 1.0)) * down

    parts = []
    for mark in marks:
        parts.append(f'<path d="M{left:g} {up(mark):.0f}H{wide - right:g}" {stroke("#c9cdd3", 2)}/>')
        parts.append(plain(f"{mark:g}", left - 10, up(mark) + 8, _LETTER, anchor="end"))
    for run in _runs(moments):
        band = [(at(i), up(moments[i].high or 0)) for i in run]
        band += [(at(i), up(moments[i].low or 0)) for i in reversed(run)]
        parts.append(f'<path d="{_way(band)}Z" fill="{ink}" fill-opacity="0.18"/>')
        line = [(at(i), up(moments[i].value or 0)) for i in run]
        parts.append(f'<path d="{_way(line)}" {stroke(ink, 6)}/>')
        if len(run) == 1:
            parts.append(f'<circle cx="{line[0][0]:.0f}" cy="{line[0][1]:.0f}" r="7" fill="{ink}"/>')
    for number, moment in enumerate(moments):
        if moment.count is not None:
            ring = f'r="6" fill="#ffffff" stroke="{ink}" stroke-width="3"'
            parts.append(f'<circle cx="{at(number):.0f}" cy="{up(moment.count):.0f}" {ring}/>')
        if moment.label:
            parts.append(plain(moment.label, at(number), high - 8, _LETTER * 0.95, anchor="middle"))
    return _drawing(size_mm, parts)


def _radar(axes: Sequence[Axis], size_mm: tuple[float, float], ink: str) -> str:
    wide, high = size_mm[0] * 10, size_mm[1] * 10
    x, y, reach = wide / 2, high / 2 + 8, high / 2 - 66
    turns = [2 * math.pi * number / len(axes) - math.pi / 2 for number in range(len(axes))]

    def corner(turn: float, score: float) -> tuple[float, float]:
        part = reach * min(max(score / _WHOLE, 0.0), 1.0)
        return x + part * math.cos(turn), y + part * math.sin(turn)

    parts = []
    for level in (20, 40, 60, 80, 100):
        ring = _way([corner(turn, level) for turn in turns])
        parts.append(f'<path d="{ring}Z" {stroke("#c9cdd3", 3 if level == 100 else 1.6)}/>')
    spokes = "".join(f"M{x:.0f} {y:.0f}L{a:.0f} {b:.0f}" for a, b in (corner(turn, _WHOLE) for turn in turns))
    parts.append(f'<path d="{spokes}" {stroke("#c9cdd3", 1.6)}/>')
    usual = [
        corner(turn, axis.usual) for turn, axis in zip(turns, axes, strict=True) if axis.usual is not None
    ]
    if len(usual) == len(axes):
        parts.append(f'<path d="{_way(usual)}Z" {stroke("#555555", 4)} stroke-dasharray="14 8"/>')
    own = [corner(turn, axis.score) for turn, axis in zip(turns, axes, strict=True)]
    parts.append(f'<path d="{_way(own)}Z" fill="{ink}" fill-opacity="0.25" stroke="{ink}" stroke-width="6"/>')
    parts += _axis_names(axes, [corner(turn, _WHOLE) for turn in turns], (x, y))
    return _drawing(size_mm, parts)


def _axis_names(
    axes: Sequence[Axis], ends: Sequence[tuple[float, float]], middle: tuple[float, float]
) -> Iterator[str]:
    for axis, (a, b) in zip(axes, ends, strict=True):
        aside = a - middle[0]
        anchor = "middle" if abs(aside) < 12 else "start" if aside > 0 else "end"
        gap = 0 if anchor == "middle" else 12 if aside > 0 else -12
        above = b < middle[1] - 12
        first = b - 34 if anchor == "middle" and above else b - 6 if above else b + 16
        yield plain(axis.name, a + gap, first, _LETTER, anchor=anchor)
        yield plain(axis.told, a + gap, first + 26, _LETTER, anchor=anchor, colour="#333333")


def _bars(axes: Sequence[Axis], size_mm: tuple[float, float], ink: str) -> str:
    wide = size_mm[0] * 10
    left = max((text_width(axis.name) for axis in axes), default=0) * _LETTER + 20
    long, parts = wide - left - 90, []
    for number, axis in enumerate(axes):
        y = 40 + number * 70
        parts.append(plain(axis.name, left - 14, y + 9, _LETTER, anchor="end"))
        parts.append(f'<rect x="{left:.0f}" y="{y - 15}" width="{long:.0f}" height="30" fill="#eceef1"/>')
        share = min(max(axis.score / _WHOLE, 0.0), 1.0)
        parts.append(
            f'<rect x="{left:.0f}" y="{y - 15}" width="{share * long:.0f}" height="30" fill="{ink}"/>'
        )
        if axis.usual is not None:
            at = left + long * axis.usual / _WHOLE
            parts.append(f'<path d="M{at:.0f} {y - 22}v44" {stroke("#555555", 4)} stroke-dasharray="8 5"/>')
        parts.append(plain(axis.told, left + long + 10, y + 9, _LETTER))
    return _drawing((size_mm[0], min(size_mm[1], 3 + 7.0 * len(axes))), parts)


def _drawing(size_mm: tuple[float, float], parts: Sequence[str]) -> str:
    wide, high = size_mm[0] * 10, size_mm[1] * 10
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{size_mm[0]:g}mm" height="{size_mm[1]:g}mm" '
            f'viewBox="0 0 {wide:g} {high:g}" font-family="{FONT}" fill="{INK}">',
            *parts,
            "</svg>",
        ]
    )


def _way(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points)


def _runs(moments: Sequence[Moment]) -> Iterator[list[int]]:
    """Yield the numbers of moments in a row whose value is known."""
    run: list[int] = []
    for number, moment in enumerate(moments):
        if moment.value is not None:
            run.append(number)
        elif run:
            yield run
            run = []
    if run:
        yield run
