"""Labels of a printed map: placed one after the other where there is room, so that none covers another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

# Tried around the point, in widths and heights of the label.
_OFFSETS = ((0, 0), (0, -0.6), (0, 0.6), (-0.3, 0), (0.3, 0), (0, -1.1), (0, 1.1), (-0.5, -0.6), (0.5, 0.6))
_LINE = 1.15
_LONGEST = 24


@dataclass(frozen=True, kw_only=True)
class Label:
    """
    A label that found its place.

    Parameters
    ----------
    lines
        Its text.
    x, y
        Its middle.
    size
        Height of a line.
    """

    lines: tuple[str, ...]
    x: float
    y: float
    size: float


@dataclass
class LabelRoom:
    """
    The room on a map that is still free for labels.

    Parameters
    ----------
    width, height
        Of the map; no label leaves it.
    """

    width: float
    height: float
    _taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def place(self, text: str, x: float, y: float, *, sizes: Sequence[float], fixed: bool = False) -> Label | None:
        """
        Return a text with the largest of the sizes for which there is room near a point, or None.

        Parameters
        ----------
        fixed
            Whether the label may not move away from the point.
        """
        whole = shortened(text)
        for size in sizes:
            for lines in _broken(whole):
                wide, high = max(map(text_width, lines)) * size, len(lines) * size * _LINE
                for dx, dy in _OFFSETS[:1] if fixed else _OFFSETS:
                    at = (x + dx * wide, y + dy * high)
                    box = (at[0] - wide / 2, at[1] - high / 2, at[0] + wide / 2, at[1] + high / 2)
                    if self._free(box):
                        self._taken.append(box)
                        return Label(lines=lines, x=at[0], y=at[1], size=size)
        return None

    def _free(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        if left < 0 or top < 0 or right > self.width or bottom > self.height:
            return False
        if not self._taken:
            return True
        taken: NDArray[np.float64] = np.asarray(self._taken)
        apart = (taken[:, 0] >= right) | (taken[:, 2] <= left) | (taken[:, 1] >= bottom) | (taken[:, 3] <= top)
        return bool(apart.all())


def text_width(text: str) -> float:
    """Return how wide a text is, in heights of its letters."""
    return sum(1.0 if ord(char) > 0x2E80 else 0.6 for char in text)


def shortened(text: str) -> str:
    """Return a text that is not too long for a map."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _broken(text: str) -> Iterator[tuple[str, ...]]:
    """Yield a text on one line, and on two where it is long."""
    yield (text,)
    if len(text) < 5:
        return
    middle = len(text) // 2
    spaces = [i for i, char in enumerate(text) if char == " "]
    cut = min(spaces, key=lambda i: abs(i - middle)) if spaces else middle
    yield (text[:cut].strip(), text[cut:].strip())
