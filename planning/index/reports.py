"""The table of indicators: what others report of villages, period by period."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import EXPOSURE, INDICATOR, PERIOD_END, PERIOD_START, VALUE, VILLAGE_ID
from geo.errors import Reason, SchemaError
from planning.index.panel import DAYS_A_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.index.profile import Indicator
    from planning.periods import Period

# Months differ by three days in length; a report is not overdue before that.
_GRACE_DAYS = 3
# Of what others have reported for a span, below which a village's reports say too little.
_LEAST_COVERED = 0.5
# Denominators that are no column of the villages: what reports state themselves, and 1 for each village.
PER_EXPOSURE, PER_VILLAGE = "exposure", "village"


@dataclass(frozen=True, kw_only=True)
class Reports:
    """
    Reports of villages.

    Parameters
    ----------
    rows
        village (position in the index), series, first, last (days, counted from year 1), value, exposure,
        length (days).
    villages
        The villages that they are of.
    series
        All names that the table holds.
    """

    rows: pd.DataFrame
    villages: pd.Index
    series: tuple[str, ...] = ()

    @property
    def first(self) -> dt.date | None:
        """The earliest day that is reported of."""
        return None if self.rows.empty else dt.date.fromordinal(int(self.rows["first"].min()))

    @property
    def last(self) -> dt.date | None:
        """The last day that is reported of."""
        return None if self.rows.empty else dt.date.fromordinal(int(self.rows["last"].max()))

    def within(
        self, indicator: Indicator, days: Period, denominators: pd.DataFrame
    ) -> tuple[pd.Series, pd.Series]:
        """
        Return counts and exposure of each village, of the reports that lie within some days.

        A village that has reported of less than half the days that others have stays missing.
        """
        rows = self._of(indicator)
        rows = rows[(rows["first"] >= days.first.toordinal()) & (rows["last"] <= days.last.toordinal())]
        counts = self._by_village(rows, rows["value"])
        # Several series that are added up are of the same days.
        covered = self._by_village(rows, rows["length"]) / max(rows["series"].nunique(), 1)
        known = covered >= _LEAST_COVERED * covered.max() if len(rows) else covered.notna()
        if indicator.measure == "level":
            return (counts / self._by_village(rows, rows["value"] * 0 + 1)).where(known), covered * np.nan
        if indicator.measure == "share":
            exposure = self._by_village(rows, rows["exposure"])
        elif indicator.per == PER_EXPOSURE:
            exposure = self._by_village(rows, rows["exposure"] * rows["length"]) / DAYS_A_YEAR
            exposure /= max(rows["series"].nunique(), 1)
        else:
            below = 1.0 if indicator.per == PER_VILLAGE else denominators[indicator.per]
            exposure = below * covered / DAYS_A_YEAR
        return counts.where(known), exposure.where(known)

    def latest(self, indicator: Indicator, day: dt.date) -> pd.DataFrame:
        """
        Return the latest reports of each village that end by a day.

        Returns
        -------
        DataFrame
            value (the mean of several series), overdue (how many more reports of the tardiest series should
            have come by then); missing without any.
        """
        rows = self._of(indicator)
        rows = rows[rows["last"] <= day.toordinal()].sort_values("last", kind="stable")
        last = rows.drop_duplicates(["village", "series"], keep="last")
        overdue = (day.toordinal() - last["last"] + _GRACE_DAYS) // last["length"]
        each = last.assign(overdue=overdue.astype(float)).groupby("village")
        found = each.agg(value=("value", "mean"), overdue=("overdue", "max"))
        return found.reindex(range(len(self.villages))).set_axis(self.villages)

    def _of(self, indicator: Indicator) -> pd.DataFrame:
        wanted = indicator.series or (indicator.code,)
        return self.rows[self.rows["series"].isin(wanted)]

    def _by_village(self, rows: pd.DataFrame, values: pd.Series) -> pd.Series:
        places, size = rows["village"].to_numpy(dtype=np.int64), len(self.villages)
        sums = np.bincount(places, values.to_numpy(dtype=float), minlength=size)
        reported = np.bincount(places, minlength=size) > 0
        return pd.Series(np.where(reported, sums, np.nan), index=self.villages)


def read_reports(
    table: pd.DataFrame | None, villages: pd.Index, indicators: Mapping[str, Indicator], notes: list[Reason]
) -> Reports:
    """
    Return the reports that a profile's indicators are made of.

    Parameters
    ----------
    table
        The table of indicators, or none.
    indicators
        By series.
    notes
        Takes what was left out.

    Raises
    ------
    SchemaError
        ``index_values_wrong`` with a reason for each row that is wrong.
    """
    if table is None or table.empty:
        columns = ["village", "series", "first", "last", "value", "exposure", "length"]
        return Reports(rows=pd.DataFrame(columns=columns), villages=villages)
    mine = table[table[INDICATOR].isin(indicators)]
    rows = pd.DataFrame(
        {
            "village": villages.get_indexer(pd.Index(mine[VILLAGE_ID].astype("str"))),
            "place": mine[VILLAGE_ID].astype("str").to_numpy(),
            "series": mine[INDICATOR].to_numpy(),
            "first": _ordinals(mine[PERIOD_START]),
            "last": _ordinals(mine[PERIOD_END]),
            "value": pd.to_numeric(mine[VALUE], errors="coerce").to_numpy(dtype=float),
            "exposure": _exposure(mine),
        }
    )
    rows["length"] = rows["last"] - rows["first"] + 1
    if faults := _faults(rows, indicators):
        raise SchemaError("index_values_wrong", count=len(faults), reasons=tuple(faults))
    if lost := int((rows["village"] < 0).sum()):
        notes.append(Reason("reports_of_unknown_villages", {"count": lost}))
    related = rows["series"].map({name: _is_related(spec) for name, spec in indicators.items()}).astype(bool)
    bare = related & rows["exposure"].isna() & rows["value"].notna()
    if bare.any():
        series = tuple(sorted(rows.loc[bare, "series"].unique()))
        notes.append(Reason("reports_without_exposure", {"count": int(bare.sum()), "series": series}))
    kept = rows[(rows["village"] >= 0) & rows["value"].notna() & ~bare]
    return Reports(
        rows=kept.drop(columns="place").reset_index(drop=True),
        villages=villages,
        series=tuple(sorted(table[INDICATOR].unique())),
    )


def _is_related(indicator: Indicator) -> bool:
    """Return whether values are told in relation to what the reports themselves state."""
    return indicator.measure == "share" or (indicator.measure == "rate" and indicator.per == PER_EXPOSURE)


def _exposure(rows: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if EXPOSURE not in rows:
        return np.full(len(rows), np.nan)
    return pd.to_numeric(rows[EXPOSURE], errors="coerce").to_numpy(dtype=float)


def _ordinals(days: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    codes, texts = pd.factorize(days)
    ordinals = [dt.date.fromisoformat(str(text)[:10]).toordinal() for text in texts]
    return np.array(ordinals, dtype=np.int64)[codes]


def _faults(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[Reason]:
    level = rows["series"].map({name: spec.measure == "level" for name, spec in indicators.items()})
    share = rows["series"].map({name: spec.measure == "share" for name, spec in indicators.items()})
    kinds = {
        "report_backwards": rows["length"] < 1,
        "report_negative": (rows["value"] < 0) & ~level.astype(bool),
        "report_infinite": np.isinf(rows["value"]) | np.isinf(rows["exposure"]) | (rows["exposure"] < 0),
        "report_above_whole": share.astype(bool) & (rows["value"] > rows["exposure"]),
        "report_repeated": rows.duplicated(["place", "series", "first", "last"]),
        "report_overlaps": _overlaps(rows),
    }
    return [
        Reason(code, _facts(row)) for code, wrong in kinds.items() for row in rows[wrong].to_dict("records")
    ]


def _overlaps(rows: pd.DataFrame) -> pd.Series:
    ordered = rows.sort_values(["place", "series", "first", "last"], kind="stable")
    same = ordered[["place", "series"]].eq(ordered[["place", "series"]].shift()).all(axis=1)
    twice = ordered.duplicated(["place", "series", "first", "last"])
    runs_on = same & ~twice & (ordered["first"] <= ordered["last"].shift())
    return runs_on.reindex(rows.index)


def _facts(row: dict[str, object]) -> dict[str, object]:
    first, last = (dt.date.fromordinal(int(str(row[name]))).isoformat() for name in ("first", "last"))
    facts = {"id": row["place"], "series": row["series"], "first": first, "last": last}
    return {**facts, "found": row["value"], "whole": row["exposure"]}
