"""Tables that ArcGIS and 奥维 hide in a placemark's description: names and values, never rendered."""

from __future__ import annotations

import re
from html import unescape

# What is longer was written by no map program.
_LONGEST = 256 * 1024
# No < inside of a tag: each sign is looked at once, where a parser of HTML may take a minute over
# 60 kB of tags that nothing closes.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>|<[!?][^<>]*>")
_HIDDEN = ("script", "style")


def table_pairs(description: str) -> list[tuple[str, str]]:
    """Return name and value of each row of two cells in a description; none if it holds no table."""
    if len(description) > _LONGEST or "<td" not in description.lower():
        return []
    rows = _Rows()
    end = 0
    for tag in _TAG.finditer(description):
        rows.text(description[end : tag.start()])
        rows.tag((tag[2] or "").lower(), closing=bool(tag[1]))
        end = tag.end()
    rows.text(description[end:])
    rows.end_row()
    return [(key, "" if value == "<Null>" else value) for key, value in rows.pairs if key]


class _Rows:
    """Collects the rows of the innermost tables; rows that hold a table themselves are only its frame."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self._cells: list[list[str]] | None = None
        self._hidden = 0

    def tag(self, name: str, *, closing: bool) -> None:
        """Take a tag."""
        if name in _HIDDEN:
            self._hidden = max(self._hidden + (-1 if closing else 1), 0)
        elif name == "tr" or (name == "table" and closing):
            self.end_row()
        elif name == "table":
            self._cells = None
        elif name in ("td", "th") and not closing:
            self._cells = [*(self._cells or []), []] if len(self._cells or []) < 3 else self._cells
        elif name == "br":
            self.text(" ")

    def text(self, text: str) -> None:
        """Take what stands between tags."""
        if self._cells and not self._hidden:
            self._cells[-1].append(text)

    def end_row(self) -> None:
        """Keep the row that is open if it is a name and a value."""
        if self._cells is not None and len(self._cells) == 2:
            key, value = (" ".join(unescape("".join(cell)).split()) for cell in self._cells)
            self.pairs.append((key.rstrip(":："), value))
        self._cells = None
