"""The district's tables: columns, keys, references, and one check that lists every fault at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from data.clock import clock_ms, windows_fault
from geo.errors import Reason, SchemaError
from geo.speeds import ROAD_CLASSES as ROAD_CLASSES
from geo.speeds import TRAVEL_MODES as TRAVEL_MODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRID_ID, ZONE_ID, VILLAGE_ID, STATION_ID, TOWN_ID, POST_ID = (
    "grid_id",
    "zone_id",
    "village_id",
    "station_id",
    "town_id",
    "post_id",
)
PLAN_ID, ROAD_ID, FACILITY_ID, AREA_ID, PLACE_ID = "plan_id", "road_id", "facility_id", "area_id", "place_id"
NAME, KIND, CLASS, COUNT, NOTE, GEOMETRY = "name", "kind", "class", "count", "note", "geometry"
# 户籍, 流动: registered and floating residents; present (实有人口) is their sum, derived.
RESIDENTS, FLOATING = "residents", "floating"
HOUSES, RENTED, VENUES, KEY_UNITS = "houses", "rented", "venues", "key_units"
DATE, HOUR, CATEGORY, SOURCE, BASIS = "date", "hour", "category", "source", "basis"
ONEWAY, BRIDGE, LENGTH_M = "oneway", "bridge", "length_m"
PERIOD_START, PERIOD_END, INDICATOR, VALUE, EXPOSURE = (
    "period_start",
    "period_end",
    "indicator",
    "value",
    "exposure",
)
ROLE, VALID_FROM, VALID_TO = "role", "valid_from", "valid_to"
TEAM_ID, FORCE, TRAVEL_MODE, MEMBERS, SKILLS = "team_id", "force", "travel_mode", "members", "skills"
SHIFT_START, SHIFT_END = "shift_start", "shift_end"
STOP_ID, DWELL_MIN, WINDOWS, PRIORITY, SKILL, DUE = (
    "stop_id",
    "dwell_min",
    "windows",
    "priority",
    "skill",
    "due",
)
CLOSED_FROM, CLOSED_TO = "closed_from", "closed_to"
LAYER, OLD_ID, NEW_ID, SHARE_OLD, SHARE_NEW = "layer", "old_id", "new_id", "share_old", "share_new"

# What files bring instead of a geometry, a date and an hour; never kept as such.
LON, LAT, WKT, TIME = "lon", "lat", "wkt", "time"
# Nor names of a team's members, which are counted, nor a shift's two ends in one cell.
MEMBER_NAMES, SHIFT = "member_names", "shift"

VILLAGE, COMMUNITY = "village", "community"
REPORTED, PATROL = "reported", "patrol"
# 村社巡防队, 专职巡防队: the two are never mixed.
SQUAD = "squad"
FORCES = (VILLAGE, SQUAD)
STOP_KINDS = (
    "village",
    "school",
    "key_unit",
    "venue",
    "hospital",
    "enterprise",
    "hot_spot",
    "checkpoint",
    "inspection",
    "festival",
)
# 必巡, 应巡, 可巡: what has to be visited, and what may be left out first.
MUST, LEAST = 1, 3
# Layers that come in editions: places that are merged, split, re-cut and given new codes.
EDITION_LAYERS = ("towns", "stations", "villages", "grids", "zones")
SUCCESSION_KINDS = ("same", "renamed", "merged", "split", "recut", "new", "ended")

Kind = Literal["text", "integer", "real", "date", "clock", "windows"]
Shape = Literal["polygon", "line", "point"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    One column of a table.

    Parameters
    ----------
    kind
        How values are stored; dates are ISO texts (``2026-10-31``), a clock is ``08:30``, windows are
        ``07:20-08:10;15:40-16:30`` (`data.clock`).
    required
        Whether every row needs a value.
    references
        The table whose key the values repeat, if any.
    choices
        The only values allowed, if any.
    minimum, maximum
        The least and the greatest value allowed, if any.
    """

    kind: Kind = "text"
    required: bool = False
    references: str | None = None
    choices: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """
    One table of the workspace.

    Parameters
    ----------
    columns
        Columns by name, in order. Columns beyond these are kept if numeric, refused otherwise.
    key
        Columns that together name a row; () where rows have no name.
    shape
        Kind of geometry; None for a table without.
    shape_required
        Whether every row needs a geometry.
    """

    columns: Mapping[str, Column]
    key: tuple[str, ...] = ()
    shape: Shape | None = None
    shape_required: bool = True


_ID = Column(required=True)
_TEXT = Column()
# More people than any district has; a phone number in the wrong column is far above it.
MOST = 100_000_000
_COUNT = Column(kind="integer", minimum=0, maximum=MOST)
_DAY = Column(kind="date")
_CLOCK = Column(kind="clock")
# No visit lasts longer than a day: such a number is of seconds.
_MOST_MINUTES = 1_440


def _refers(table: str, *, required: bool = False) -> Column:
    return Column(references=table, required=required)


TABLES: Mapping[str, Table] = {
    "towns": Table(
        columns={TOWN_ID: _ID, NAME: _TEXT}, key=(TOWN_ID,), shape="polygon", shape_required=False
    ),
    "stations": Table(
        columns={STATION_ID: _ID, NAME: _TEXT, CLASS: _TEXT, TOWN_ID: _refers("towns")},
        key=(STATION_ID,),
        shape="polygon",
        shape_required=False,
    ),
    "villages": Table(
        columns={
            VILLAGE_ID: _ID,
            NAME: _TEXT,
            KIND: Column(choices=(VILLAGE, COMMUNITY)),
            TOWN_ID: _refers("towns"),
            STATION_ID: _refers("stations"),
            VALID_FROM: _DAY,
            VALID_TO: _DAY,
        },
        key=(VILLAGE_ID,),
        shape="polygon",
        shape_required=False,
    ),
    "grids": Table(
        columns={
            GRID_ID: _ID,
            NAME: _TEXT,
            VILLAGE_ID: _refers("villages"),
            STATION_ID: _refers("stations"),
            RESIDENTS: _COUNT,
            FLOATING: _COUNT,
            HOUSES: _COUNT,
            RENTED: _COUNT,
            VENUES: _COUNT,
            KEY_UNITS: _COUNT,
        },
        key=(GRID_ID,),
        shape="polygon",
        shape_required=False,
    ),
    "zones": Table(
        columns={ZONE_ID: _ID, NAME: _TEXT, STATION_ID: _refers("stations")},
        key=(ZONE_ID,),
        shape="polygon",
        shape_required=False,
    ),
    "posts": Table(
        columns={POST_ID: _ID, NAME: _TEXT, KIND: _TEXT, VILLAGE_ID: _refers("villages")},
        key=(POST_ID,),
        shape="point",
    ),
    "roads": Table(
        columns={
            ROAD_ID: _ID,
            NAME: _TEXT,
            CLASS: Column(choices=ROAD_CLASSES),
            ONEWAY: Column(kind="integer", minimum=0),
            BRIDGE: Column(kind="integer", minimum=0),
            LENGTH_M: Column(kind="real", minimum=0),
        },
        key=(ROAD_ID,),
        shape="line",
    ),
    "water": Table(columns={NAME: _TEXT, KIND: _TEXT}, shape="polygon"),
    # What people do not simply walk across: rivers, expressways, railways (kind says which).
    "barriers": Table(columns={NAME: _TEXT, KIND: _TEXT}, shape="line"),
    "areas": Table(columns={AREA_ID: _ID, NAME: _TEXT, KIND: _TEXT}, key=(AREA_ID,), shape="polygon"),
    "facilities": Table(
        columns={FACILITY_ID: _ID, NAME: _TEXT, KIND: _TEXT, VILLAGE_ID: _refers("villages")},
        key=(FACILITY_ID,),
        shape="point",
    ),
    "population": Table(
        columns={RESIDENTS: Column(kind="integer", minimum=0, maximum=MOST, required=True)}, shape="point"
    ),
    "incidents": Table(
        columns={
            GRID_ID: _refers("grids", required=True),
            DATE: Column(kind="date", required=True),
            HOUR: Column(kind="integer", minimum=0, maximum=23),
            CATEGORY: _TEXT,
            SOURCE: Column(choices=(REPORTED, PATROL)),
            BASIS: _TEXT,
            COUNT: Column(kind="integer", minimum=0, maximum=MOST, required=True),
        },
    ),
    "indicators": Table(
        columns={
            VILLAGE_ID: _refers("villages", required=True),
            PERIOD_START: Column(kind="date", required=True),
            PERIOD_END: Column(kind="date", required=True),
            INDICATOR: _ID,
            VALUE: Column(kind="real"),
            EXPOSURE: Column(kind="real", minimum=0),
        },
        key=(VILLAGE_ID, PERIOD_START, PERIOD_END, INDICATOR),
    ),
    "staff": Table(
        columns={
            PLACE_ID: _ID,
            ROLE: _ID,
            COUNT: Column(kind="integer", minimum=0, maximum=MOST, required=True),
        },
        key=(PLACE_ID, ROLE),
    ),
    # Anonymous: how many go out, by what, from where and when; never who.
    "teams": Table(
        columns={
            TEAM_ID: _ID,
            NAME: _TEXT,
            FORCE: Column(choices=FORCES),
            TRAVEL_MODE: Column(choices=TRAVEL_MODES),
            POST_ID: _refers("posts"),
            VILLAGE_ID: _refers("villages"),
            STATION_ID: _refers("stations"),
            MEMBERS: Column(kind="integer", minimum=1, maximum=MOST),
            SHIFT_START: _CLOCK,
            SHIFT_END: _CLOCK,
            SKILLS: _TEXT,
        },
        key=(TEAM_ID,),
        shape="point",
        shape_required=False,
    ),
    "stops": Table(
        columns={
            STOP_ID: _ID,
            NAME: _TEXT,
            KIND: Column(choices=STOP_KINDS),
            VILLAGE_ID: _refers("villages"),
            FORCE: Column(choices=FORCES),
            DWELL_MIN: Column(kind="real", minimum=0, maximum=_MOST_MINUTES),
            WINDOWS: Column(kind="windows"),
            PRIORITY: Column(kind="integer", minimum=MUST, maximum=LEAST),
            SKILL: _TEXT,
            DUE: _DAY,
        },
        key=(STOP_ID,),
        shape="point",
        shape_required=False,
    ),
    # First and last day; closed until further notice without a last one.
    "closed_roads": Table(
        columns={
            ROAD_ID: _refers("roads", required=True),
            CLOSED_FROM: _DAY,
            CLOSED_TO: _DAY,
            NOTE: _TEXT,
        },
        key=(ROAD_ID,),
    ),
    # 编组对应 as a bureau's own table states it; a grid may be listed twice by mistake.
    "declared_assignment": Table(columns={GRID_ID: _ID, ZONE_ID: _ID}),
    # Grids that are known to lie apart from the rest of their zone (飞地), and are not a fault.
    "exemptions": Table(columns={GRID_ID: _refers("grids", required=True), NOTE: _TEXT}, key=(GRID_ID,)),
    # 新旧编码对照: which place of an edition follows which of the one before; an ended place has no
    # new_id, a new one no old_id. The same pair comes again with every edition, so the day is in the key.
    "successions": Table(
        columns={
            LAYER: Column(required=True, choices=EDITION_LAYERS),
            OLD_ID: _TEXT,
            NEW_ID: _TEXT,
            SHARE_OLD: Column(kind="real", minimum=0),
            SHARE_NEW: Column(kind="real", minimum=0),
            KIND: Column(choices=SUCCESSION_KINDS),
            VALID_FROM: Column(kind="date", required=True),
        },
        key=(LAYER, OLD_ID, NEW_ID, VALID_FROM),
    ),
}


def input_fields(table: str) -> tuple[str, ...]:
    """Return what a column of a file may stand for: a column of the table, or a place or time to make."""
    spec = TABLES[table]
    fields = tuple(spec.columns)
    if spec.shape is not None or table == "incidents":
        fields += (LON, LAT, WKT)
    return fields + _MADE_FROM.get(table, ())


_MADE_FROM: Mapping[str, tuple[str, ...]] = {"incidents": (TIME,), "teams": (SHIFT, MEMBER_NAMES)}


_SHAPE_TYPES: Mapping[str, tuple[str, ...]] = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "point": ("Point",),
}


def validate(frame: pd.DataFrame, table: str, *, file: str | None = None) -> None:
    """
    Check a frame against its table's schema; columns it may lack are simply absent.

    Parameters
    ----------
    frame
        Rows of the table, ids as columns (not as index).
    table
        A name in `TABLES`.
    file
        Where the rows come from, for the message.

    Raises
    ------
    SchemaError
        ``table_faults`` with a `Reason` for every fault found: column, row (from 1), id, value.
    """
    found = [*row_faults(frame, table), *_key_faults(frame, table)]
    if found:
        raise SchemaError("table_faults", table=table, file=file, count=len(found), reasons=tuple(found))


def row_faults(frame: pd.DataFrame, table: str) -> list[Reason]:
    """
    Return what is wrong with each row by itself, and with the columns; see `validate`.

    Parameters
    ----------
    frame
        Where its index is named ``row``, it holds the numbers by which people find the rows.
    """
    return [*_column_faults(frame, table), *_shape_faults(frame, table), *_order_faults(frame, table)]


def _row_numbers(frame: pd.DataFrame | pd.Series) -> list[int]:
    return frame.index.tolist() if frame.index.name == "row" else list(range(1, len(frame) + 1))


def _column_faults(frame: pd.DataFrame, table: str) -> list[Reason]:
    known = {*TABLES[table].columns, GEOMETRY}
    # Texts that no schema asked for may speak of persons.
    faults = [
        Reason("column_extra", {"table": table, "column": name})
        for name in frame.columns
        if name not in known and not pd.api.types.is_numeric_dtype(frame[name])
    ]
    for name, column in TABLES[table].columns.items():
        if name not in frame:
            if column.required:
                faults.append(Reason("column_missing", {"table": table, "column": name}))
            continue
        faults.extend(value_faults(frame[name], name, column))
    return faults


def value_faults(values: pd.Series, name: str, column: Column) -> list[Reason]:
    """
    Return what is wrong with the values of one column: missing, of no use, or not allowed.

    Parameters
    ----------
    values
        Where the index is named ``row``, it holds the numbers by which people find the rows.
    """
    empty = values.isna() | (values.astype("string").str.strip() == "").fillna(True)
    wrong = pd.Series(data=False, index=values.index)
    if column.kind in ("integer", "real"):
        numbers = pd.to_numeric(values, errors="coerce")
        wrong |= numbers.isna()
        if column.minimum is not None:
            wrong |= numbers < column.minimum
        if column.maximum is not None:
            wrong |= numbers > column.maximum
        if column.kind == "integer":
            wrong |= numbers % 1 != 0
    elif column.kind == "date":
        wrong |= pd.to_datetime(values, errors="coerce", format="ISO8601").isna()
    elif column.choices is not None:
        wrong |= ~values.isin(column.choices)
    elif column.kind in _TEXT_FAULTS:
        return _text_faults(values[~empty], name, _TEXT_FAULTS[column.kind])
    faults = _rows(values, wrong & ~empty, "value_wrong", name, allowed=_allowed(column))
    return faults + (_rows(values, empty, "value_missing", name) if column.required else [])


def _clock_fault(text: str) -> str | None:
    return "clock_wrong" if clock_ms(text) is None else None


_TEXT_FAULTS: Mapping[str, Callable[[str], str | None]] = {"clock": _clock_fault, "windows": windows_fault}


def _text_faults(values: pd.Series, column: str, fault: Callable[[str], str | None]) -> list[Reason]:
    codes = values.astype(str).map(fault)
    return [
        found
        for code in codes.dropna().unique().tolist()
        for found in _rows(values, codes == code, str(code), column)
    ]


def _allowed(column: Column) -> str:
    """Return the values that a column takes, in no language: 0, 1 … 23."""
    if column.choices is not None:
        return " | ".join(column.choices)
    if column.kind == "date":
        return "2026-10-31"
    least, most = column.minimum or 0, column.maximum
    first = f"{least:g}, {least + 1:g}" if column.kind == "integer" else f"{least:g}"
    return f"{first} …" if most is None else f"{first} … {most:,.15g}"


def _rows(values: pd.Series, mask: pd.Series, code: str, column: str, **facts: object) -> list[Reason]:
    numbers = _row_numbers(values)
    return [
        Reason(code, {"column": column, "row": numbers[i], "value": values.iloc[i], **facts})
        for i in mask.to_numpy().nonzero()[0].tolist()
    ]


def _order_faults(frame: pd.DataFrame, table: str) -> list[Reason]:
    """Find roads that open again before they are closed."""
    if table != "closed_roads" or not {CLOSED_FROM, CLOSED_TO} <= set(frame.columns):
        return []
    first, last = (
        pd.to_datetime(frame[name], errors="coerce", format="ISO8601") for name in (CLOSED_FROM, CLOSED_TO)
    )
    numbers = _row_numbers(frame)
    return [
        Reason("closed_backwards", {"table": table, "row": numbers[i]})
        for i in (last < first).to_numpy().nonzero()[0].tolist()
    ]


def _key_faults(frame: pd.DataFrame, table: str) -> list[Reason]:
    key = list(TABLES[table].key)
    if not key or any(name not in frame for name in key):
        return []
    repeated = frame.duplicated(subset=key, keep="first").to_numpy().nonzero()[0]
    return [
        Reason("id_repeated", {"id": "/".join(str(frame[name].iloc[i]) for name in key), "row": int(i) + 1})
        for i in repeated
    ]


def _shape_faults(frame: pd.DataFrame, table: str) -> list[Reason]:
    spec = TABLES[table]
    if spec.shape is None:
        return []
    if not isinstance(frame, gpd.GeoDataFrame):
        return [Reason("geometry_missing", {"table": table})] if spec.shape_required else []
    shapes = frame.geometry
    absent = (shapes.isna() | shapes.is_empty).to_numpy()
    kinds = shapes.geom_type.to_numpy()
    wrong = ~absent & ~np.isin(kinds, _SHAPE_TYPES[spec.shape])
    numbers = _row_numbers(frame)
    return [
        Reason("geometry_empty", {"row": numbers[i]})
        if absent[i]
        else Reason("geometry_kind", {"row": numbers[i], "found": kinds[i], "expected": spec.shape})
        for i in ((absent & spec.shape_required) | wrong).nonzero()[0].tolist()
    ]
