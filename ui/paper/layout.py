"""Tables on paper: columns with widths, and rows that are headings, sums or lines to be signed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ui.words import Words

ROW, SUM = "row", "sum"
CellKind = Literal["text", "code", "count", "share", "percent", "decimal"]
# Letters without a place to break them, longer than a narrow cell can hold; between Chinese there are places.
_RUN, _PIECE = re.compile(r"[^\s\u2e80-\uffef]{17,}"), 8


@dataclass(frozen=True)
class Marked:
    """A number with a sign behind it, which stays a number in a workbook; None for an empty cell."""

    value: float | None
    mark: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    A column of a table on paper.

    Parameters
    ----------
    name
        Of the column in the frame.
    label
        Its heading.
    width
        In characters of a spreadsheet; on paper in proportion.
    kind
        How its values are written.
    group
        Heading that it shares with its neighbours of the same group, in workbooks; "" for none.
    """

    name: str
    label: str
    width: float
    kind: CellKind = "text"
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """
    A table as it is printed.

    Parameters
    ----------
    title
        Above it; "" for none.
    columns
        From left to right.
    rows
        Kind (`ROW` or `SUM`) and values of each, None for an empty cell.
    sign
        What is to be filled in by hand beneath it.
    notes
        In workbooks, lines beneath it.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Any, ...]], ...]
    sign: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """Headings over columns: label ("" for none) and over how many; () where no column has one."""
        if not any(column.group for column in self.columns):
            return ()
        by_group = groupby(self.columns, key=lambda column: column.group)
        return tuple((group, len([*members])) for group, members in by_group)

    @property
    def heads(self) -> int:
        """How many rows its title and headings take in a workbook."""
        return 3 if self.groups else 2


def table_of(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    title: str,
    total: str = "",
    sign: tuple[str, ...] = (),
) -> Table:
    """
    Return a frame as a table; columns that the frame lacks are left out.

    Parameters
    ----------
    total
        What the last row, with the sums of all counts, is called; "" for none.
    """
    shown = tuple(column for column in columns if column.name in frame)
    values = [frame[column.name].astype(object).where(frame[column.name].notna(), None) for column in shown]
    rows = [(ROW, row) for row in zip(*values, strict=True)]
    if total and len(frame):
        rows.append((SUM, _sums(frame, shown, total)))
    return Table(title=title, columns=shown, rows=tuple(rows), sign=sign)


def printed(table: Table, t: Words) -> dict[str, Any]:
    """Return a table as the printing template takes it: texts alone."""
    return {
        "title": breakable(table.title),
        "heads": [column.label for column in table.columns],
        "widths": [column.width for column in table.columns],
        "aligns": ["start" if column.kind in ("text", "code") else "end" for column in table.columns],
        "rows": [
            {"kind": kind, "cells": [_text(v, c, t) for v, c in zip(row, table.columns, strict=True)]}
            for kind, row in table.rows
        ],
        "sign": list(table.sign),
    }


def breakable(text: str) -> str:
    """
    Return a text in which long runs of letters can be broken (zero-width spaces); codes stay whole.

    A percent sign stays with its number.
    """
    whole = text.replace(" %", "\u00a0%")
    return _RUN.sub(lambda run: "\u200b".join(_pieces(run[0])), whole)


def _pieces(run: str) -> list[str]:
    return [run] if run.isdigit() else [run[i : i + _PIECE] for i in range(0, len(run), _PIECE)]


def _sums(frame: pd.DataFrame, columns: Sequence[Column], total: str) -> tuple[Any, ...]:
    sums = [frame[c.name].sum(min_count=1) if c.kind == "count" else None for c in columns]
    values = [None if value is None or value != value else value for value in sums]  # noqa: PLR0124
    # A serial number is no count, and makes room for the word.
    return (total, *values[1:])


def _text(value: object, column: Column, t: Words) -> str:
    if isinstance(value, Marked):
        return f"{_text(value.value, column, t)}{value.mark}"
    if value is None or value != value:  # noqa: PLR0124 - NaN differs from itself
        return ""
    if isinstance(value, str):
        return value if column.kind == "code" else breakable(value)
    number = float(value)  # type: ignore[arg-type]
    match column.kind:
        case "share":
            return t.percent(number, signed=True)
        case "percent":
            return t.percent(number, 0)
        case "decimal":
            return t.number(number, 2)
        case _:
            return t.number(number)
