"""Tables that ArcGIS and 奥维 hide in a placemark's description: names and values, never rendered."""

from __future__ import annotations

from html.parser import HTMLParser

# What is longer was written by no map program, and costs more than it can hold.
_LONGEST = 64 * 1024
_MISSING = ("<Null>", "&lt;Null&gt;")


def table_pairs(description: str) -> list[tuple[str, str]]:
    """Return name and value of each row of two cells in a description; none if it holds no table."""
    if len(description) > _LONGEST or "<td" not in description.lower():
        return []
    rows = _Rows()
    try:
        rows.feed(description)
        rows.close()
    except AssertionError:  # the parser's word for a broken <![…
        return []
    rows.end_row()
    return [(key, "" if value in _MISSING else value) for key, value in rows.pairs if key]


class _Rows(HTMLParser):
    """Collects the rows of the innermost tables; rows that hold a table themselves are only its frame."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pairs: list[tuple[str, str]] = []
        self._cells: list[list[str]] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag == "tr":
            self.end_row()
            self._cells = []
        elif tag == "table":
            self._cells = None
        elif tag in ("td", "th"):
            self._cells = self._cells if self._cells is not None else []
            self._cells.append([])
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(self._hidden - 1, 0)
        elif tag in ("tr", "table"):
            self.end_row()

    def handle_data(self, data: str) -> None:
        if self._cells and not self._hidden:
            self._cells[-1].append(data)

    def end_row(self) -> None:
        """Keep the row that is open if it is a name and a value."""
        if self._cells is not None and len(self._cells) == 2:
            key, value = (" ".join("".join(cell).split()) for cell in self._cells)
            self.pairs.append((key.rstrip(":："), value))
        self._cells = None
