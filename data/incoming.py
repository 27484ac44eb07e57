"""Batches of a file on their way in: named, shaped, guarded, placed, cleaned, checked, staged."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from data.examining import NUMBERED
from data.guarding import Guard, blotted
from data.incidents import Gathered, GridFinder, Left, category_faults, counted
from data.placing import moved, settled_reading, shapes_of, stated_crs
from data.readers.source import ROW
from data.rosters import team_rows
from data.schemas import (
    DATE,
    GRID_ID,
    KIND,
    LAT,
    LON,
    MEMBER_NAMES,
    NAME,
    SOURCE,
    TABLES,
    TIME,
    VILLAGE_ID,
    WKT,
    row_faults,
)
from data.shaping import shaped, without_blanks
from data.staging import Staging
from data.times import day_comes_first
from data.values import apply_value_synonyms, codes_for_names, kind_from_code, kind_from_name, value_reasons
from data.workspace import PLACEHOLDER_CRS
from geo.cleaning import clean
from geo.crs import LONLAT, choose_metric_crs, require_metric
from geo.errors import Reason, SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from pyproj import CRS

    from data.examining import Examination
    from data.loaded import Loaded
    from data.placing import Reading
    from data.reporting import Findings, Weight

# Share of a reference's values that must be names of what it refers to, to be read as names.
_NAMES_SHARE = 0.5
# What `geo.cleaning` finds that leaves a row without a place, or with one of the wrong kind.
_ABSENT = ("shape_null", "shape_empty", "shape_not_finite")
_WRONG_KIND = ("shape_kind", "parts_dropped", "line_closed", "shape_to_point")
# Changes that move nothing are counted, not listed: a phone writes a height with every point.
_HARMLESS = {"shape_3d": "shapes_flattened", "points_repeated": "shapes_thinned"}
# Said once for the file, or told better by the cleaning.
_NOT_BY_ROW = ("geometry_missing", "geometry_empty", "geometry_kind", "column_missing")
_SHOWN_CHARACTERS = 20
_TELLING_DIGITS = 7


class Intake:
    """
    One file's way into one table; what its first rows tell is settled on making it.

    Parameters
    ----------
    looked
        The file's layer.
    table
        Where its rows go.
    mapping
        The table's field → the file's column.
    loaded
        The district as it is.
    crs
        What the file's coordinates are in, as stated.
    district_crs
        Metric CRS of a district that is yet to be made.
    repair
        Whether shapes are mended, and rows left out that have none.
    places
        Columns that somebody has found to hold names of places.
    findings
        What is found on the way is added to it.

    Raises
    ------
    CrsError
        As `data.placing.settled_reading`; ``crs_not_metric``, ``crs_not_lonlat``.
    SchemaError
        ``incidents_need_grids``: calls without a grid's id, in a district without grids.
    """

    def __init__(
        self,
        looked: Examination,
        table: str,
        mapping: Mapping[str, str],
        *,
        loaded: Loaded,
        crs: str | None,
        district_crs: str | None,
        repair: bool,
        places: tuple[str, ...],
        findings: Findings,
    ) -> None:
        self.table, self.mapping, self.loaded = table, dict(mapping), loaded
        self.repair, self.findings = repair, findings
        self._file = looked.file
        self.rows_read = 0
        # As they stand in the file: calls leave no shapes behind, by which their reading could be judged.
        self.first_shapes: np.ndarray[Any, Any] | None = None
        self.left = Left()
        self._harmless: Counter[str] = Counter()
        self._gathered = Gathered()
        self._finder: GridFinder | None = None
        self._day_first: bool | None = None
        self._spec = TABLES[table]
        # Names of members are counted where they are read, before anything else sees them.
        members = self.mapping.get(MEMBER_NAMES)
        watched = {name: column for name, column in self.mapping.items() if name != MEMBER_NAMES}
        self._guard = Guard(watched, places, findings)
        self._guard.columns({name: found for name, found in looked.verdicts.items() if name != members})
        if members is not None:
            findings.add("note", "members_counted", column=members)
        self._codes = self._codes_of_names(looked.sample)
        self.reading, home = self._settled(looked, crs, district_crs)
        if table == "incidents":
            self._settle_incidents(looked)
        self.staging = Staging(table, crs=home)

    def take(self, batch: pd.DataFrame) -> None:
        """Bring in one batch of the file's rows, under its own column names."""
        self.rows_read += len(batch)
        frame = self._guard.rows(self._named(batch))
        shapes = self._shapes(batch)
        if shapes is not None and self.first_shapes is None:
            self.first_shapes = shapes
        if shapes is not None and self.reading is not None:
            frame = self._placed(frame, shapes, self.reading)
        self._tell_faults(frame)
        if self.table == "incidents":
            tallied, left = counted(frame, self._finder, day_first=self._day_first)
            self._gathered.add(tallied)
            self.left = self.left + left
            return
        self.staging.append(frame)

    def finish(self) -> None:
        """Tell, and stage, what only the whole file tells: the counts of calls."""
        for code, count in self._harmless.items():
            self.findings.add("note", _HARMLESS[code], count=count)
        if self.table != "incidents":
            return
        self.findings.add_all("note", self.left.reasons())
        tallied = self._gathered.summed()
        self.findings.add_all("fault", category_faults(tallied))
        if tallied.empty:
            self.findings.add("fault", "incidents_none", count=self.rows_read)
            return
        self.staging.append(tallied.rename_axis(ROW))

    def _tell_faults(self, frame: pd.DataFrame) -> None:
        if self.table == "incidents":
            # What else is wrong with a call is counted; a source that is none would be lost unsaid.
            frame = pd.DataFrame({SOURCE: without_blanks(frame[SOURCE])} if SOURCE in frame else {})
        for fault in row_faults(frame, self.table):
            if fault.code not in _NOT_BY_ROW:
                self.findings.add_all("fault", [_shown(fault)])

    def _shapes(self, batch: pd.DataFrame) -> np.ndarray[Any, Any] | None:
        if self._spec.shape is None and self.table != "incidents":
            return None
        return shapes_of(batch, self.mapping, self.findings)

    def _settled(
        self, looked: Examination, crs: str | None, district_crs: str | None
    ) -> tuple[Reading | None, CRS]:
        """Return how coordinates are read, and the metric CRS that they are brought to."""
        home = self.loaded.crs or (None if district_crs is None else stated_crs(district_crs))
        if home is not None:
            require_metric(home, layer="district")
        shapes = self._shapes(looked.sample)
        if shapes is None:
            return None, home or stated_crs(PLACEHOLDER_CRS)
        reading = settled_reading(
            shapes, declared=looked.layer.crs, stated=crs, near=self.loaded.centre, findings=self.findings
        )
        # In degrees first, for what is none is found here, in a district that is settled too.
        degrees = moved(shapes[~shapely.is_missing(shapes)], reading, LONLAT)
        suiting = choose_metric_crs(gpd.GeoSeries(degrees, crs=LONLAT)) if degrees.size else None
        return reading, home or suiting or stated_crs(PLACEHOLDER_CRS)

    def _settle_incidents(self, looked: Examination) -> None:
        if self.loaded.grids is not None:
            self._finder = GridFinder(self.loaded.grids)
        elif GRID_ID not in self.mapping:
            raise SchemaError("incidents_need_grids", file=looked.file)
        time = self.mapping.get(TIME) or self.mapping.get(DATE)
        if time is None:
            raise SchemaError(
                "id_column_unknown",
                file=looked.file,
                table="incidents",
                column=DATE,
                known=", ".join(looked.layer.columns),
            )
        self._day_first = day_comes_first(looked.sample[time])

    def _codes_of_names(self, sample: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Return, for each reference that holds names where ids are wanted, the places that have them."""
        found = {}
        for name, column in self._spec.columns.items():
            places = (
                self.loaded.names(column.references) if column.references and name in self.mapping else None
            )
            if places is None or self.mapping[name] not in sample:
                continue
            values = sample[self.mapping[name]].dropna().astype(str)
            values = values[values.str.strip() != ""]
            if values.empty or values.isin(places["id"]).any():
                continue
            if codes_for_names(values, places).notna().mean() >= _NAMES_SHARE:
                found[name] = places
        return found

    def _named(self, batch: pd.DataFrame) -> pd.DataFrame:
        """Return the mapped columns under the table's names, as values of their kinds."""
        apart = (LON, LAT, WKT, MEMBER_NAMES)
        fields = {name: column for name, column in self.mapping.items() if name not in apart}
        frame = pd.DataFrame({name: batch[column] for name, column in fields.items()}, index=batch.index)
        for name, places in self._codes.items():
            frame[name] = self._code_for_name(frame[name], name, places)
        self.findings.add_all("note", value_reasons(frame, self.table))
        frame = apply_value_synonyms(frame, self.table)
        if self.table == "incidents":
            return frame  # days and hours are written in many ways; the counting reads them
        frame = shaped(frame, self.table)
        if self.table == "teams":
            names = batch[self.mapping[MEMBER_NAMES]] if MEMBER_NAMES in self.mapping else None
            frame = team_rows(frame, names, self.findings)
        key = self._spec.key
        if len(key) == 1 and key[0] not in frame and self.table in NUMBERED:
            frame.insert(0, key[0], [f"{self.table[0].upper()}{row}" for row in frame.index])
        if self.table == "villages" and KIND not in frame and NAME in frame:
            frame[KIND] = kind_from_name(frame[NAME]).fillna(kind_from_code(frame[VILLAGE_ID]))
        return frame

    def _code_for_name(self, values: pd.Series, name: str, places: pd.DataFrame) -> pd.Series:
        codes = codes_for_names(values, places)
        unknown = values[codes.isna() & values.notna() & (values.astype(str).str.strip() != "")]
        for row in unknown.index:
            self.findings.add("note", "name_unknown", column=self.mapping[name], row=int(row))
        return codes

    def _placed(self, frame: pd.DataFrame, shapes: np.ndarray[Any, Any], reading: Reading) -> pd.DataFrame:
        """Return the rows with their shapes, brought home and cleaned; each change is told."""
        crs = self.staging.crs
        shape = self._spec.shape or "point"
        cleaned = clean(moved(shapes, reading, crs), shape=shape, mend=self.repair)
        self._tell_cleaning(frame, cleaned.log, crs)
        unusable = cleaned.log["code"].isin(["shape_not_finite", *(["shape_kind"] if self.repair else [])])
        kept = cleaned.shapes.copy()
        kept[cleaned.log["position"][unusable]] = None
        layer: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=kept, crs=crs)
        if not (self.repair and self._spec.shape is not None and self._spec.shape_required):
            return layer
        # Told row by row: what has no place cannot be kept in a table of places.
        present = ~(shapely.is_missing(kept) | shapely.is_empty(kept))
        if gone := int((~present).sum()):
            self.findings.add("note", "rows_without_shape_left_out", count=gone)
        return layer[present]

    def _tell_cleaning(self, frame: pd.DataFrame, log: pd.DataFrame, crs: CRS) -> None:
        if self.table == "incidents":
            log = log[~log["code"].isin(_ABSENT)]  # counted among the calls without a place
        harmless = log["code"].isin(list(_HARMLESS))
        self._harmless.update(log["code"][harmless])
        log = log[~harmless]
        if log.empty:
            return
        places = gpd.GeoSeries.from_xy(log["x"], log["y"], crs=crs).to_crs(LONLAT)
        key = self._spec.key[0] if len(self._spec.key) == 1 and self._spec.key[0] in frame else None
        for at, place in zip(log.to_dict("records"), places, strict=True):
            facts = {str(name): value for name, value in at.items() if pd.notna(value) and value != ""}
            position, code = int(facts.pop("position")), str(facts.pop("code"))
            placed = facts.pop("x", None) is not None and facts.pop("y", None) is not None
            facts |= {"file": self._file, "row": int(frame.index[position])}
            if key is not None:
                facts["id"] = blotted(str(frame[key].iloc[position]))
            where = (float(place.x), float(place.y)) if placed else None
            if where is not None:
                facts |= {"x": f"{where[0]:.6f}", "y": f"{where[1]:.6f}"}
            self.findings.add(self._weight(code), code, at=where, **facts)

    def _weight(self, code: str) -> Weight:
        if self.repair or self._spec.shape is None:
            return "note"
        return "fault" if code in _WRONG_KIND or (code in _ABSENT and self._spec.shape_required) else "note"


def _shown(fault: Reason) -> Reason:
    """Return a fault fit for a report: a wrong cell as far as it is short and speaks of nobody."""
    if "value" not in fault.facts:
        return fault
    value = blotted(str(fault.facts["value"]))
    # Digits in a row may be a phone with a slip in it, which no pattern knows; windows can be read.
    digits = sum(character.isdigit() for character in value)
    if digits >= _TELLING_DIGITS and fault.code != "windows_backwards":
        value = "*" * len(value)
    short = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"
    return Reason(fault.code, {**fault.facts, "value": short})
