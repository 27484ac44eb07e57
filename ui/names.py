"""What places are called: names from the tables, ids where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.schemas import GRID_ID, NAME, STATION_ID, TOWN_ID, VILLAGE_ID, ZONE_ID
from ui.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

# The id of each table's places.
KEYS = {
    "towns": TOWN_ID,
    "stations": STATION_ID,
    "villages": VILLAGE_ID,
    "zones": ZONE_ID,
    "grids": GRID_ID,
}


@dataclass(frozen=True)
class PlaceNames:
    """
    Names of a district's places.

    Parameters
    ----------
    known
        By table, the name of each id; only such names as no two places of the table share.
    """

    known: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, tables: Mapping[str, pd.DataFrame]) -> PlaceNames:
        """Return the names that the tables give."""
        return cls(
            {table: dict(_named(tables[table], key)) for table, key in KEYS.items() if table in tables}
        )

    def __call__(self, table: str, label: object) -> str:
        """Return the name of a place of a table, with its id where others are called the same."""
        return self.known.get(table, {}).get(str(label), str(label))

    def all(self, table: str, labels: Iterable[object]) -> list[str]:
        """Return the name of each place."""
        return [self(table, label) for label in labels]

    def renamed(self, table: str, names: Mapping[str, str]) -> PlaceNames:
        """Return the names with those of some places of a table put in the place of others."""
        return PlaceNames({**self.known, table: {**self.known.get(table, {}), **names}})

    def region(self, label: str) -> str:
        """Return the name of a station, or of a station's part in a town (``station/town``)."""
        station, mark, town = label.partition("/")
        if not mark or label in self.known.get("stations", {}):
            return self("stations", label)
        return f"{self('stations', station)}/{self('towns', town)}"


def _named(table: pd.DataFrame, key: str) -> Iterable[tuple[str, str]]:
    if NAME not in table:
        return
    rows = table[table[NAME].notna() & (table[NAME] != "")].drop_duplicates(key)
    repeated = rows[NAME].duplicated(keep=False)
    for label, name, ambiguous in zip(rows[key], rows[NAME], repeated, strict=True):
        shown = visible(str(name)) or str(label)
        yield str(label), f"{shown} {label}" if ambiguous else shown
