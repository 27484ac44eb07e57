"""Columns that line up at the terminal, Chinese characters too."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "


def aligned(rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """
    Return rows of cells as lines: the first `left` columns to the left, figures to the right.

    Every row has as many cells as the first.
    """
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        _GAP.join(
            cell + _blanks(cell, wide) if at < left else _blanks(cell, wide) + cell
            for at, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def width(text: str) -> int:
    """Return how many places of a terminal a text takes: two for each wide character (UAX 11)."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _blanks(cell: str, wide: int) -> str:
    return " " * (wide - width(cell))
