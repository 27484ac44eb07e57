"""Where a district's calls belong: villages, towns, stations and the zones of the plan in force."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from data.plans import read_assignment, today_plan_id
from data.schemas import GRID_ID, KIND, VALID_FROM, VALID_TO, VILLAGE_ID
from data.strokes import plan_zone_names
from geo.errors import SettingError
from geo.nesting import NestingParams
from planning.alert_report import Watched
from planning.calls import places_of
from planning.hierarchy import Layers, grid_units, grid_villages
from planning.index.places import people_present
from ui.names import KEYS, PlaceNames
from ui.saving import NESTING_TABLES, read_tables
from ui.standing import nested
from ui.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.workspace import Workspace
    from planning.periods import Period

# What a table of calls may be made by, and the table of places behind it.
LEVELS: Mapping[str, str] = {"station": "stations", "town": "towns", "zone": "zones", "village": "villages"}


@dataclass(frozen=True)
class CallPlaces:
    """
    The places of a district, as they are when it is opened.

    Parameters
    ----------
    workspace
        Of the district.
    tables
        The hierarchy's, incidents and indicators, as far as there are any.
    """

    workspace: Workspace
    tables: Mapping[str, pd.DataFrame]

    @classmethod
    def of(cls, workspace: Workspace) -> CallPlaces:
        """Return the places of a workspace."""
        return cls(workspace, read_tables(workspace, (*NESTING_TABLES, "incidents", "indicators")))

    @cached_property
    def names(self) -> PlaceNames:
        """What places are called, zones as in the plan that holds today."""
        names = PlaceNames.of(self.tables)
        if self.today is None:
            return names
        zones = plan_zone_names(self.workspace, self.today)
        return names.renamed("zones", {code: visible(name) or code for code, name in zones.items()})

    @cached_property
    def today(self) -> str | None:
        """The plan that holds today; None where that is the nesting, or nothing."""
        return today_plan_id(self.workspace)

    @cached_property
    def grids(self) -> pd.Index:
        """Ids of the grids; without a table of them those that calls name."""
        table = self.tables.get("grids")
        if table is None or table.empty:
            table = self.tables.get("incidents", pd.DataFrame({GRID_ID: []}))
        return pd.Index(table[GRID_ID].astype(str).unique(), name=GRID_ID)

    @cached_property
    def _units(self) -> Mapping[str, pd.Series]:
        layers = Layers(self.tables, NestingParams())
        villages = grid_villages(layers, self.grids)
        stations, towns = grid_units(layers, villages)
        return {"village": villages, "station": stations, "town": towns}

    def by_grid(self, level: str) -> pd.Series:
        """
        Return the place of each grid, missing where it has none.

        Parameters
        ----------
        level
            One of `LEVELS`.

        Raises
        ------
        SettingError
            ``places_unknown`` where nothing says which place any grid belongs to; ``places_no_plan`` for
            zones without a plan and a nesting.
        """
        found = self._zones if level == "zone" else self._units[level]
        if found.notna().any():
            return found
        raise SettingError("places_unknown", table=LEVELS[level])

    @cached_property
    def _zones(self) -> pd.Series:
        saved = read_assignment(self.workspace, self.today) if self.today else None
        assignment = nested(self.tables)[1] if saved is None else saved
        if assignment is None or not len(assignment):
            raise SettingError("places_no_plan")
        return assignment.reindex(self.grids)

    def ids(self, level: str, period: Period) -> list[str]:
        """Return the places that there are in a period, those without a grid too."""
        rows = self.tables.get(LEVELS[level])
        listed = [] if rows is None or level == "zone" else _there_in(rows, KEYS[LEVELS[level]], period)
        return sorted({*listed, *self.by_grid(level).dropna().astype(str)})

    def of_calls(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the place of each call at every level that is known, "" where it has none."""
        found = {}
        for level in LEVELS:
            try:
                found[level] = places_of(rows, self.by_grid(level))
            except SettingError:
                continue
        return pd.DataFrame(found, index=rows.index)

    def watched(self, period: Period) -> Watched:
        """Return the villages and towns that alerts are about; raises as `by_grid` for villages."""
        villages, table = self.by_grid("village"), self.tables.get("villages")
        known = pd.DataFrame({VILLAGE_ID: [], KIND: []}) if table is None or KIND not in table else table
        try:
            towns, ids = self.by_grid("town"), self.ids("town", period)
        except SettingError:
            towns, ids = None, []
        return Watched(
            villages=villages,
            ids=self.ids("village", period),
            residents=self.residents(),
            kinds=known.drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)[KIND],
            towns=towns,
            town_ids=ids,
        )

    def residents(self) -> pd.Series:
        """Return the people present in each village (实有人口); missing where they are known of no grid."""
        villages = self.by_grid("village")
        people = people_present(self.tables.get("grids"), villages)
        if people is None:
            return pd.Series(float("nan"), index=pd.Index(sorted(villages.dropna().unique())))
        return people


def _there_in(rows: pd.DataFrame, key: str, period: Period) -> list[str]:
    """Return the ids of places that had not ended before a period, and had begun by its end."""
    kept = pd.Series(data=True, index=rows.index)
    if VALID_TO in rows:
        kept &= ~(rows[VALID_TO] < period.first.isoformat()).fillna(value=False).astype(bool)
    if VALID_FROM in rows:
        kept &= ~(rows[VALID_FROM] > period.last.isoformat()).fillna(value=False).astype(bool)
    return rows.loc[kept, key].astype(str).tolist()
