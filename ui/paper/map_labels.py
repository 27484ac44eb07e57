"""Labels of a printed map: placed one after the other where there is room, so that none covers another."""

from __future__ import annotations

import os.path
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    # Left, top, right, bottom.
    Box = tuple[float, float, float, float]

# Tried around the point, in widths and heights of the label.
_OFFSETS = ((0, 0), (0, -0.6), (0, 0.6), (-0.3, 0), (0.3, 0), (0, -1.1), (0, 1.1), (-0.5, -0.6), (0.5, 0.6))
_LINE = 1.15
_NUMERALS = frozenset("〇一二三四五六七八九十百千0123456789")
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
    _taken: list[Box] = field(default_factory=list)

    def place(
        self,
        texts: Sequence[str],
        x: float,
        y: float,
        *,
        sizes: Sequence[float],
        fits: Callable[[Box], bool] | None = None,
    ) -> Label | None:
        """
        Return the first of some texts, at the largest of the sizes, for which there is room near a point.

        Parameters
        ----------
        fits
            Whether a label may take a box (left, top, right, bottom); without it, any near the point.

        Returns
        -------
        Label
            None where there is no room.
        """
        for text in texts:
            for size in sizes:
                for label, box in _tries(shortened(text), x, y, size):
                    if self._free(box) and (fits is None or fits(box)):
                        self._taken.append(box)
                        return label
        return None

    def take(self, boxes: Iterable[Box]) -> Box | None:
        """Take the first of some boxes that is free; None where none is."""
        for box in boxes:
            if self._free(box):
                self._taken.append(box)
                return box
        return None

    def take_all(self, boxes: Sequence[Box]) -> bool:
        """Take boxes that are all free, and say so; none of them where one is not."""
        free = all(self._free(box) for box in boxes)
        if free:
            self._taken += boxes
        return free

    def keep_free(self, box: Box) -> None:
        """Let no label come into a box."""
        self._taken.append(box)

    def _free(self, box: Box) -> bool:
        left, top, right, bottom = box
        if left < 0 or top < 0 or right > self.width or bottom > self.height:
            return False
        # From the last on: what is near was often placed a moment ago.
        return not any(
            one[0] < right and one[2] > left and one[1] < bottom and one[3] > top
            for one in reversed(self._taken)
        )


def without_shared_beginning(names: Mapping[str, str]) -> dict[str, str]:
    """Return names without what all of them begin with; as they are where that leaves nothing of one."""
    shared = len(os.path.commonprefix([*names.values()])) if len(names) > 1 else 0
    # Not within a number: 12 and 13 are no 2 and 3.
    while shared and any(
        name[shared - 1 : shared].isalnum() and name[shared - 1].isascii() for name in names.values()
    ):
        shared -= 1
    cut = {place: name[shared:].strip() for place, name in names.items()}
    return cut if all(cut.values()) else dict(names)


def text_width(text: str) -> float:
    """Return how wide a text is, in heights of its letters."""
    return sum(1.0 if ord(char) > 0x2E80 else 0.6 for char in text)


def shortened(text: str) -> str:
    """Return a text that is not too long for a map."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _tries(text: str, x: float, y: float, size: float) -> Iterator[tuple[Label, Box]]:
    for lines in _broken(text):
        wide, high = max(map(text_width, lines)) * size, len(lines) * size * _LINE
        for dx, dy in _OFFSETS:
            at = (x + dx * wide, y + dy * high)
            box = (at[0] - wide / 2, at[1] - high / 2, at[0] + wide / 2, at[1] + high / 2)
            yield Label(lines=lines, x=at[0], y=at[1], size=size), box


def _broken(text: str) -> Iterator[tuple[str, ...]]:
    """Yield a text on one line, and on two where it is long."""
    yield (text,)
    if len(text) < 5:
        return
    spaces = [i for i, char in enumerate(text) if char == " "]
    # 二十一 is one number.
    between = [i for i in range(1, len(text)) if not _NUMERALS.issuperset(text[i - 1 : i + 1])]
    if cuts := spaces or between:
        cut = min(cuts, key=lambda i: abs(i - len(text) // 2))
        yield (text[:cut].strip(), text[cut:].strip())
