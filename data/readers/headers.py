"""Where the header of a sheet stands, what its columns are called, and which rows are no data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from data.readers.columns import once_each

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Rows that are looked at; titles and headers of real sheets take up to ten.
SAMPLE_ROWS = 30
MOST_HEADER_ROWS = 4

# Top, left, bottom, right; from 0, all inclusive.
MergedRange = tuple[int, int, int, int]
_Rows = list[list[str]]

_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef（）、，：]"
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\0]")
_BLANK_BY_HAN = re.compile(rf"(?<={_HAN})\s+|\s+(?={_HAN})")
_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(E[+-]?\d+)?%?", re.IGNORECASE)
_YEAR_OR_MONTH = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])?")
_LONG_OR_DECIMAL = re.compile(r"[-+]?(\d{7,}|\d[\d,]*\.\d+)")
_NOTE_LINE = re.compile(
    r".*[:：]|(附件|附表|表)\s*[\d一二三四五六七八九十]*$|"
    r"(单位|填报|填表|制表|报送|日期|截至|截止|数据来源)|\d{4}\s*年"
)
_UNIT = re.compile(
    r"[（(]?(单位[:：])?(人|户|个|处|间|栋|幢|套|起|件|次|家|名|辆|岁|年|月|日|时|小时|分钟|米|公里|千米|平方米|平方公里|平方千米|"
    r"亩|公顷|元|万元|万人|㎡|m|km|m2|m²|km2|km²|ha|%|％|‰)[)）]?"
)
_CELESTIAL = "甲乙丙丁戊己庚辛"
_TOTAL = re.compile(
    r"(?:.{0,12})(合计|总计|小计|共计)[:：]?|(total|subtotal|grand total)[:：]?", re.IGNORECASE
)
_FOOTNOTE = re.compile(
    r"(备注|说明|注|填表人|填报人|填报单位|填表单位|填表日期|填报日期|制表人|制表|审核人|审核|负责人|单位负责人|"
    r"联系人|联系电话|数据来源|notes?|source)\s*\d*\s*([:：、.].*)?$",
    re.IGNORECASE | re.DOTALL,
)


# The last and the first characters that what is meant by these two can have.
_TOTAL_ENDS = "计lL:："
_FOOTNOTE_STARTS = "备说注填制审负单联数nNsS"


@dataclass(frozen=True, kw_only=True)
class Header:
    """
    Where a sheet's header stands.

    Parameters
    ----------
    first
        Its first row, from 0.
    rows
        How many rows it takes, units and column numbers included; 0 if there is none.
    names
        One name per column, each once: "人口/户籍" for what stands below a group, a letter as a
        spreadsheet's where nothing is written.
    columns
        Where the columns are, from 0; blank ones are missing.
    """

    first: int
    rows: int
    names: tuple[str, ...]
    columns: tuple[int, ...]

    @property
    def body(self) -> int:
        """The first row of data, from 0."""
        return self.first + self.rows


def find_header(rows: Sequence[Sequence[str]], *, merged: Iterable[MergedRange] = ()) -> Header:
    """
    Find the header among a sheet's first rows.

    Titles, lines about who filled it in, units and column numbers are recognised by how much of the
    width they fill and by their wording; groups by their merged cells or, where a text file has lost
    these, by the gaps that the next row fills.

    Parameters
    ----------
    rows
        The sheet's first rows as texts, `SAMPLE_ROWS` of them are enough.
    merged
        Merged cells, in the same numbering as `rows`.

    Returns
    -------
    Header
        Without names where all rows are blank.
    """
    ranges = [one for one in merged if one[0] < len(rows)]
    texts = _expanded(rows, ranges)
    width = max((sum(map(bool, row)) for row in texts), default=0)
    if not width:
        return Header(first=0, rows=0, names=(), columns=())
    first = _first_row(texts, width)
    used = [at for at in range(len(texts[0])) if any(row[at] for row in texts[first:])]
    if _holds_values(texts[first]):
        names = tuple(column_letter(at) for at in used)
        return Header(first=first, rows=0, names=names, columns=tuple(used))
    depth = _depth(texts, first, used, ranges)
    parts = _filled_groups(texts[first : first + depth], used)
    names = tuple("/".join(_once(row[at] for row in parts)) or column_letter(at) for at in used)
    rows_taken = depth + _decoration(texts[first + depth :])
    return Header(first=first, rows=rows_taken, names=once_each(names), columns=tuple(used))


def column_letter(at: int) -> str:
    """Return a spreadsheet's letter for a column, from 0: A, B, … Z, AA."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cleaned(text: str) -> str:
    """Return a header's text on one line: no blanks beside Chinese characters, single ones elsewhere."""
    text = _INVISIBLE.sub("", text).strip()
    return re.sub(r"\s+", " ", _BLANK_BY_HAN.sub("", text))


def not_data_word(cells: Sequence[str]) -> str | None:
    """
    Return the word by which a row is a total or a footnote rather than data, or None.

    Only the word itself is returned: what stands beside 填表人 is a person's name.
    """
    leading = list(islice((cell for cell in map(str.strip, cells) if cell), 2))
    for cell in leading:
        # Every row of a large file comes through here: most are told by their last character.
        if cell[-1] in _TOTAL_ENDS and (total := _TOTAL.fullmatch("".join(cell.split()))):
            return total[1] or total[2]
    if leading and leading[0][0] in _FOOTNOTE_STARTS and (note := _FOOTNOTE.match(leading[0])):
        filled = [cell for cell in map(str.strip, cells) if cell]
        if _mostly_blank(filled, len(cells)):
            return note[1]
    return None


def _mostly_blank(filled: Sequence[str], width: int) -> bool:
    return len(filled) <= max(1, width // 2) or all(_FOOTNOTE.match(cell) for cell in filled)


def _expanded(rows: Sequence[Sequence[str]], merged: Sequence[MergedRange]) -> _Rows:
    """Return the rows cleaned and equally wide, what is merged repeated in each of its cells."""
    width = max(map(len, rows), default=0)
    texts = [[cleaned(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    for top, left, bottom, right in merged:
        if left >= width:
            continue
        for row in texts[top : bottom + 1]:
            row[left : right + 1] = [texts[top][left]] * (min(right + 1, width) - left)
    return texts


def _first_row(texts: _Rows, width: int) -> int:
    """Return the first row that is neither blank nor a title, counted from 0."""
    filled = [(at, [cell for cell in row if cell]) for at, row in enumerate(texts) if any(row)]
    for (at, row), (_, below) in zip(filled, filled[1:], strict=False):
        if not _is_title(row, below, width):
            return at
    # Whatever comes last has nothing below it to be the title of.
    return filled[-1][0] if width == 1 or not _is_title(filled[-1][1], [""], width) else filled[0][0]


def _is_title(row: list[str], below: list[str], width: int) -> bool:
    if width == 1 or _holds_values(below) or len(set(row)) > len(set(below)) > 1:
        return False
    distinct = set(row)
    note = all(_NOTE_LINE.match(cell) for cell in distinct)
    if note and (len(distinct) <= width / 2 or all(":" in cell or "：" in cell for cell in distinct)):
        return True
    return len(distinct) == 1 or len(row) <= 0.3 * width


def _holds_values(row: Sequence[str]) -> bool:
    """Whether a row can be no header: long numbers or decimals in it, or mostly numbers but years."""
    filled = [cell for cell in row if cell]
    numbers = sum(1 for cell in filled if _is_number(cell))
    return any(_LONG_OR_DECIMAL.fullmatch(cell) for cell in filled) or numbers > len(filled) / 2


def _is_number(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell)) and not _YEAR_OR_MONTH.fullmatch(cell)


def _depth(texts: _Rows, first: int, used: list[int], merged: Sequence[MergedRange]) -> int:
    """Return how many rows of names there are."""
    reach = max((bottom for top, _, bottom, _ in merged if top == first), default=first)
    last = min(reach, first + MOST_HEADER_ROWS - 1, len(texts) - 1)
    while last + 1 < min(len(texts), first + MOST_HEADER_ROWS) and _goes_on(texts, last, used, merged):
        last += 1
    return last - first + 1


def _goes_on(texts: _Rows, at: int, used: list[int], merged: Sequence[MergedRange]) -> bool:
    """Whether the row below `at` names what the groups in it are made of."""
    row, below = texts[at], texts[at + 1]
    spans = {
        column
        for top, left, bottom, right in merged
        if top <= at <= bottom
        for column in range(left, right + 1)
        if right > left and bottom == at
    }
    # Open: blank, or part of a group; a text file's group is a text with blanks to its right.
    gaps = {c for c in used if not row[c] or (c + 1 in used and not row[c + 1] and below[c])}
    opened = [c for c in used if c in spans or c in gaps]
    closed = [c for c in used if c not in opened]
    if not opened or any(_is_number(below[c]) for c in used):
        return False
    if sum(1 for c in opened if below[c]) < 0.8 * len(opened) or not any(below[c] for c in gaps or spans):
        return False
    if any(below[c] and below[c] != row[c] for c in closed):
        return False
    if closed:
        return True
    # Groups alone look like a row with gaps over data; numbers below tell names from data.
    return at + 2 < len(texts) and any(_is_number(texts[at + 2][c]) for c in opened)


def _filled_groups(header: _Rows, used: list[int]) -> _Rows:
    """Return the header's rows with each group's name over all its columns, as merged cells have it."""
    rows = [list(row) for row in header]
    for row, below in zip(rows, rows[1:], strict=False):
        for before, at in zip(used, used[1:], strict=False):
            if not row[at] and below[at] and row[before] and below[before] and below[before] != row[before]:
                row[at] = row[before]
    return rows


def _once(parts: Iterable[str]) -> list[str]:
    names: list[str] = []
    for part in parts:
        if part and (not names or names[-1] != part):
            names.append(part)
    return names


def _decoration(below: _Rows) -> int:
    """Return how many rows below the names hold units or the columns' numbers only."""
    rows = 0
    while rows < min(2, len(below)) and (_is_units(below[rows]) or _is_numbering(below[rows])):
        rows += 1
    return rows


def _is_units(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    return len(filled) >= 2 and all(_UNIT.fullmatch(cell) for cell in filled)


def _is_numbering(row: Sequence[str]) -> bool:
    """Whether the row reads 甲 乙 1 2 3, or 1 2 3 4 5 from the first column to the last."""
    filled = [cell.strip("()（）") for cell in row if cell]
    letters = next((at for at, cell in enumerate(filled) if cell not in _CELESTIAL), len(filled))
    numbers = [str(number) for number in range(1, len(filled) - letters + 1)]
    return (letters > 0 or len(filled) >= 5) and len(filled) >= 2 and filled[letters:] == numbers
