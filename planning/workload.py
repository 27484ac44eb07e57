"""The workload (工作量) of each grid: what a district knows of it, weighted by the planner's profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from data.schemas import (
    BASIS,
    COUNT,
    DATE,
    FLOATING,
    GRID_ID,
    PATROL,
    RESIDENTS,
    SOURCE,
    TABLES,
)
from geo.crs import require_metric, require_same_metric_crs
from geo.errors import Reason, SchemaError, SettingError
from planning.calls import NON_POLICE, PARTS, can_be_added
from planning.hierarchy import layer_shapes
from planning.profile import AREA_KM2, CALLS, DEFAULT_PROFILE, DERIVED, PRESENT, ROAD_KM, Profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# A district's workload sums to this, so that figures read as ‰ of its work.
WHOLE = 1000.0


@dataclass(frozen=True, kw_only=True)
class Workload:
    """
    The workload of a district's grids.

    Parameters
    ----------
    total
        Workload by grid_id, summing to 1000: ‰ of the district's work.
    factors
        Raw values: a row per grid, a column per factor (people, calls, km, km² …).
    shares
        The same, each column scaled to sum to 1.
    profile
        As it was used: without factors that have no data, weights summing to 1.
    notes
        What was left out or counted as 0.
    """

    total: pd.Series
    factors: pd.DataFrame
    shares: pd.DataFrame
    profile: Profile
    notes: tuple[Reason, ...] = ()

    @property
    def weights(self) -> pd.Series:
        """Weight of each factor, in the order of `shares`."""
        return pd.Series(self.profile.weights, dtype=float).reindex(self.shares.columns)


def grid_workload(tables: Mapping[str, pd.DataFrame], profile: Profile = DEFAULT_PROFILE) -> Workload:
    """
    Return the workload of each grid: every factor's share of the district's total, weighted and summed.

    The whole district's work is 1000, so a grid's workload is its ‰ of it. Missing values count as 0;
    factors of which nothing is known are left out, and the others' weights rescaled; notes say so.

    Parameters
    ----------
    tables
        grids, and for the factors that need them incidents and roads.
    profile
        Factors and their weights.

    Raises
    ------
    SettingError
        ``workload_no_grids``; ``factor_unknown`` for a factor that neither the schema nor the grids know;
        ``workload_empty`` if no factor has data.
    SchemaError
        ``workload_values_wrong`` with a reason for each value that is negative, infinite or no number.
    """
    grids = tables.get("grids")
    if grids is None or grids.empty:
        raise SettingError("workload_no_grids")
    rows = grids.drop_duplicates(GRID_ID)
    known = known_factors(rows)
    asked = [name for name, weight in profile.weights.items() if weight > 0]
    if unknown := [name for name in profile.weights if name not in known]:
        raise SettingError("factor_unknown", found=", ".join(unknown), known=", ".join(known))
    _require_counts(rows, asked)
    notes: list[Reason] = []
    columns = {name: _factor(tables, rows, name, profile, notes) for name in asked}
    raw = pd.DataFrame(
        {name: values for name, values in columns.items() if values is not None},
        index=pd.Index(rows[GRID_ID].astype(str), name=GRID_ID, dtype="str"),
    )
    factors = _known_values(raw, asked, notes)
    return _weighted(factors, profile, notes)


def known_factors(grids: pd.DataFrame) -> tuple[str, ...]:
    """Return the factors that a profile may name: of the schema, derived, and further numeric columns."""
    schema = [name for name, column in TABLES["grids"].columns.items() if column.kind in ("integer", "real")]
    extra = [
        str(name)
        for name in grids.columns
        if name not in TABLES["grids"].columns and pd.api.types.is_numeric_dtype(grids[name])
    ]
    return tuple(dict.fromkeys([*DERIVED, *schema, *extra]))


def reported_calls(
    incidents: pd.DataFrame | None, profile: Profile = DEFAULT_PROFILE, *, notes: list[Reason] | None = None
) -> pd.DataFrame:
    """
    Return the calls that are work of the police: reported ones, less the diverted share.

    Parameters
    ----------
    incidents
        The incidents table, or none.
    profile
        Its `diverted`, `first_day` and `last_day` count.
    notes
        Takes what was left out or could not be told.

    Returns
    -------
    DataFrame
        grid_id, date, calls: a row for each row that counts.
    """
    said = [] if notes is None else notes
    if incidents is None or incidents.empty:
        return pd.DataFrame({GRID_ID: pd.Series(dtype="str"), DATE: pd.Series(dtype="str"), CALLS: []})
    kept = pd.Series(data=True, index=incidents.index)
    if SOURCE in incidents:
        kept &= (incidents[SOURCE] != PATROL).fillna(value=True).astype(bool)
    else:
        said.append(Reason("calls_without_source", {}))
    if profile.first_day is not None:
        kept &= incidents[DATE] >= profile.first_day
    if profile.last_day is not None:
        kept &= incidents[DATE] <= profile.last_day
    rows = incidents[kept]
    if BASIS in rows:
        rows = of_one_basis(rows, said)
    calls = _as_numbers(rows[COUNT]).fillna(0.0)
    if (wrong := np.isinf(calls) | (calls < 0)).any():
        cells = zip(rows.loc[wrong, GRID_ID], rows.loc[wrong, COUNT], strict=True)
        reasons = tuple(_value_wrong(grid, COUNT, count) for grid, count in cells)
        raise SchemaError("workload_values_wrong", count=len(reasons), reasons=reasons)
    if BASIS in rows:
        calls = calls.where((rows[BASIS] != NON_POLICE).fillna(value=True), calls * (1 - profile.diverted))
    found = pd.DataFrame({GRID_ID: rows[GRID_ID], DATE: rows[DATE], CALLS: calls})
    return found[found[CALLS] != 0].reset_index(drop=True)


def of_one_basis(rows: pd.DataFrame, notes: list[Reason]) -> pd.DataFrame:
    """
    Return the rows of calls that can be added up: other bases (接报) hold the calls of the single ones again.

    Parameters
    ----------
    rows
        Of the incidents table, with a basis.
    notes
        Takes what was left out or could not be told.
    """
    if not rows[BASIS].isin(PARTS).any():
        notes.append(Reason("calls_without_basis", {}))
    kept = can_be_added(rows)
    if not kept.all():
        notes.append(Reason("calls_counted_twice", {"count": int(rows.loc[~kept, COUNT].sum())}))
    return rows[kept]


def _factor(
    tables: Mapping[str, pd.DataFrame],
    rows: pd.DataFrame,
    name: str,
    profile: Profile,
    notes: list[Reason],
) -> Floats | None:
    """Return a factor's raw value of each grid, NaN where missing; None without a source."""
    found: Floats | None = None
    if name == PRESENT:
        found = _present(rows)
    elif name == CALLS:
        found = _calls(tables.get("incidents"), rows, profile, notes)
    elif name == ROAD_KM:
        found = _road_km(tables, rows)
    elif name == AREA_KM2:
        found = _area_km2(tables, rows)
    # A district may bring a derived factor ready made.
    return _column(rows, name) if name in rows and (found is None or np.isnan(found).all()) else found


def _column(rows: pd.DataFrame, name: str) -> Floats:
    return np.asarray(_as_numbers(rows[name]), dtype=float)


def _as_numbers(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    unread = numbers.isna() & values.notna()
    if not unread.any():
        return numbers
    # What is there but no number must not pass for missing; it is named as infinite values are.
    return numbers.mask(unread & (values.astype(str).str.strip() != ""), np.inf)


def _present(rows: pd.DataFrame) -> Floats | None:
    parts = [_column(rows, name) for name in (RESIDENTS, FLOATING) if name in rows]
    if not parts:
        return None
    # A grid whose people are known in part counts that part; only where neither is known it is missing.
    known = np.any([~np.isnan(part) for part in parts], axis=0)
    return np.where(known, np.nansum(parts, axis=0), np.nan)


def _calls(
    incidents: pd.DataFrame | None, rows: pd.DataFrame, profile: Profile, notes: list[Reason]
) -> Floats | None:
    if incidents is None or incidents.empty:
        return None
    calls = reported_calls(incidents, profile, notes=notes)
    at = pd.Index(rows[GRID_ID].astype(str)).get_indexer(pd.Index(calls[GRID_ID]))
    if (at < 0).any():
        lost = float(calls.loc[at < 0, CALLS].sum())
        notes.append(Reason("calls_of_unknown_grids", {"count": round(lost)}))
    inside = at >= 0
    return np.bincount(at[inside], calls[CALLS].to_numpy()[inside], minlength=len(rows)).astype(float)


def _area_km2(tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> Floats | None:
    shapes = layer_shapes(tables, "grids")
    if shapes is None:
        return None
    require_metric(shapes.crs, layer="grids")
    area = pd.Series(shapely.area(shapes.array) / 1e6, index=shapes.index.astype(str))
    return np.asarray(area[~area.index.duplicated()].reindex(rows[GRID_ID].astype(str)), dtype=float)


def _road_km(tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> Floats | None:
    shapes, roads = layer_shapes(tables, "grids"), tables.get("roads")
    if shapes is None or roads is None or roads.empty or "geometry" not in roads:
        return None
    require_same_metric_crs(grids=shapes, roads=roads)
    shapes = shapes[~shapes.index.duplicated()]
    km = pd.Series(road_lengths(shapes, roads.geometry) / 1000, index=shapes.index.astype(str))
    return np.asarray(km.reindex(rows[GRID_ID].astype(str)), dtype=float)


def road_lengths(grids: gpd.GeoSeries, roads: gpd.GeoSeries) -> Floats:
    """
    Return the length of road inside each grid, in metres.

    A road along the border of two grids counts half for each, so that no metre counts twice. (One that runs
    along the district's edge as well spreads its full length over all the borders that it follows.)

    Parameters
    ----------
    grids
        Valid polygons in a metric CRS.
    roads
        Lines in the same CRS; missing ones are passed over.
    """
    cells = np.array(grids.array, dtype=object)
    lines = np.array(roads.array, dtype=object)
    lines = lines[~(shapely.is_missing(lines) | shapely.is_empty(lines))]
    shapely.prepare(cells)
    road, cell = shapely.STRtree(cells).query(lines, predicate="intersects")
    length = shapely.length(lines)
    inner = shapely.contains_properly(cells[cell], lines[road])
    inside, edge = length[road].astype(float), np.zeros(len(road))
    cut = ~inner
    inside[cut] = shapely.length(shapely.intersection(lines[road[cut]], cells[cell[cut]]))
    # Only a road of which the grids hold more than there is can run along a border.
    twice = np.bincount(road, inside, minlength=len(lines)) > length + 1e-6
    along = cut & twice[road]
    edges = shapely.boundary(cells[cell[along]])
    edge[along] = shapely.length(shapely.intersection(lines[road[along]], edges))
    open_length = np.bincount(road, inside - edge, minlength=len(lines))
    edge_length = np.bincount(road, edge, minlength=len(lines))
    kept = np.divide(length - open_length, edge_length, out=np.ones(len(lines)), where=edge_length > 0)
    credited = inside - edge + edge * np.clip(kept, 0.5, 1.0)[road]
    return np.bincount(cell, credited, minlength=len(cells)).astype(float)


def _require_counts(rows: pd.DataFrame, asked: Sequence[str]) -> None:
    """Raise if a column of the grids that is asked for holds what no workload can be made of."""
    names = [*asked, *((RESIDENTS, FLOATING) if PRESENT in asked else ())]
    columns = {name: _column(rows, name) for name in dict.fromkeys(names) if name in rows}
    reasons = tuple(
        _value_wrong(rows[GRID_ID].iloc[at], name, rows[name].iloc[at])
        for name, values in columns.items()
        for at in np.flatnonzero(np.isinf(values) | (values < 0)).tolist()
    )
    if reasons:
        raise SchemaError("workload_values_wrong", count=len(reasons), reasons=reasons)


def _value_wrong(grid: object, column: str, value: object) -> Reason:
    return Reason("workload_value_wrong", {"grid": str(grid), "column": column, "value": str(value)})


def _known_values(raw: pd.DataFrame, asked: Sequence[str], notes: list[Reason]) -> pd.DataFrame:
    """Return the factors that have data, missing values as 0."""
    sums = raw.sum()
    kept = [name for name in asked if name in raw and sums[name] > 0]
    for name in asked:
        if name not in kept:
            notes.append(Reason("factor_without_data", {"column": name}))
        elif missing := int(raw[name].isna().sum()):
            notes.append(Reason("factor_missing", {"column": name, "count": missing}))
    if not kept:
        raise SettingError("workload_empty", columns=tuple(asked))
    return raw[kept].fillna(0.0)


def _weighted(factors: pd.DataFrame, profile: Profile, notes: list[Reason]) -> Workload:
    shares = factors / factors.sum()
    weights = pd.Series(profile.weights, dtype=float).reindex(factors.columns)
    weights /= weights.sum()
    total = (shares.to_numpy() @ weights.to_numpy()) * WHOLE
    if idle := int((total == 0).sum()):
        notes.append(Reason("grids_without_work", {"count": idle}))
    used = Profile(
        weights={str(name): float(weight) for name, weight in weights.items()},
        diverted=profile.diverted,
        first_day=profile.first_day,
        last_day=profile.last_day,
    )
    return Workload(
        total=pd.Series(total, index=factors.index, name="workload"),
        factors=factors,
        shares=shares,
        profile=used,
        notes=tuple(notes),
    )
