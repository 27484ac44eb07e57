"""What every reader of files offers: layers to look at, and their rows in batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd
    from pyproj import CRS

    from geo.errors import Reason

BATCH_ROWS = 20_000
# Index of every batch: the number by which people find the row in the file.
ROW = "row"

FileShape = Literal["polygon", "line", "point", "mixed"]


@dataclass(frozen=True, kw_only=True)
class SourceLayer:
    """
    One layer of a file, or one sheet of a table, looked at but not read.

    Parameters
    ----------
    name
        Name inside the file.
    columns
        Names as people read them, each once: a repeated one gets " (2)".
    rows
        How many rows there are, where the file tells without being read.
    shape
        What the layer declares to hold; "mixed" where it declares nothing in particular; None for a
        table without geometry.
    crs
        As the file states it; None where it states nothing.
    bounds
        West, south, east, north in `crs`, where the file tells without being read.
    notes
        What had to be settled in order to read it: a guessed encoding, names cut in mid-character,
        merged header cells.
    """

    name: str
    columns: tuple[str, ...]
    rows: int | None = None
    shape: FileShape | None = None
    crs: CRS | None = None
    bounds: tuple[float, float, float, float] | None = None
    notes: tuple[Reason, ...] = ()


class Source(Protocol):
    """A file that is open for reading; see `data.readers.opened`."""

    file: Path
    layers: tuple[SourceLayer, ...]

    @property
    def notes(self) -> Sequence[Reason]:
        """
        What was met with while rows were read, and settled: texts cut in mid-character, curves made
        straight, shapes that could not be read. It grows with each batch; `SourceLayer.notes` holds what
        was known on opening.
        """
        ...

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[pd.DataFrame]:
        """
        Yield the layer's rows, `size` at a time, in the file's order, with these columns only.

        A GeoDataFrame (column ``geometry``, CRS as the layer's) if the layer has a shape, otherwise a
        DataFrame. The index is named ``row``: numbers as people count them in that file — the
        spreadsheet's own row numbers, the lines of a CSV, features from 1. Cells of tables are texts
        as they stand, "" where empty; columns of layers keep the file's types, with texts as str or
        None and dates and times as ISO texts. A layer without rows yields nothing. It may be read again
        from its beginning as often as is wanted, while the source is open.

        Raises
        ------
        FileError
            ``file_unreadable`` or a more telling code, also in the middle of a file.
        """
        ...
