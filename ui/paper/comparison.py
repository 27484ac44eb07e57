"""警务区调整前后对照表: who was where, who goes where, in the order of the codes; and the zones' sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import GRID_ID, KEY_UNITS, STATION_ID, TOWN_ID, VILLAGE_ID
from planning.dual_graph import PRESENT
from ui.paper.layout import Column, Table, table_of
from ui.proposal_tables import change_reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ui.paper.handing import HandOver
    from ui.words import Words

# Name, width and kind of each column, in order.
_GRID_COLUMNS = (
    ("number", 6, "count"),
    ("grid_id", 20, "code"),
    ("grid_name", 18, "text"),
    ("village_name", 12, "text"),
    ("town_name", 12, "text"),
    ("station_name", 13, "text"),
    ("from_zone_name", 17, "text"),
    ("to_zone_name", 17, "text"),
    ("present", 10, "count"),
    ("key_units", 10, "count"),
    ("reason", 64, "text"),
    ("comment", 12, "text"),
)
# A town is in the code already, and a reason on one line halves the pages.
_NOT_PRINTED = ("town_name",)
_ZONE_COLUMNS = (
    ("zone_id", 14, "code"),
    ("zone_name", 20, "text"),
    ("station_name", 16, "text"),
    ("grids_before", 11, "count"),
    ("present_before", 11, "count"),
    ("deviation_before", 11, "share"),
    ("grids_out", 11, "count"),
    ("grids_in", 11, "count"),
    ("grids_after", 11, "count"),
    ("present_after", 11, "count"),
    ("deviation_after", 11, "share"),
)
# Where nothing changes, before and after are one.
_STILL = {"grids_after": "grids", "present_after": "present", "deviation_after": "deviation"}
_STILL_COLUMNS = (
    ("zone_id", 14, "code"),
    ("zone_name", 20, "text"),
    ("station_name", 16, "text"),
    ("grids", 11, "count"),
    ("present", 11, "count"),
    ("deviation", 11, "share"),
)


def grid_rows(handing: HandOver) -> pd.DataFrame:
    """
    Return a row for every grid, by village code and grid code, with both zones and "" for no reason.

    Of towns, stations, villages and key units, what the district does not know is left out.
    """
    rows, names, t = handing.standing.graph.grids, handing.names, handing.t
    units = handing.standing.tables["grids"].drop_duplicates(GRID_ID).set_index(GRID_ID).get(KEY_UNITS)
    changes = handing.changes.set_index(GRID_ID)
    why = {
        grid: change_reason(code, facts, t, names)
        for grid, code, facts in zip(changes.index, changes["reason"], changes["facts"], strict=True)
    }
    frame = pd.DataFrame(
        {
            "grid_id": rows.index,
            "village_id": rows[VILLAGE_ID].to_numpy(),
            "station_id": rows[STATION_ID].to_numpy(),
            "from_zone": handing.today.to_numpy(),
            "to_zone": handing.assignment.to_numpy(),
            "grid_name": names.all("grids", rows.index),
            "village_name": _named(handing, "villages", rows[VILLAGE_ID]),
            "town_name": _named(handing, "towns", rows[TOWN_ID]),
            "station_name": _named(handing, "stations", rows[STATION_ID]),
            "from_zone_name": zone_texts(handing, handing.today),
            "to_zone_name": zone_texts(handing, handing.assignment),
            "present": rows[PRESENT].round().to_numpy(),
            "key_units": None if units is None else units.reindex(rows.index).to_numpy(dtype=float),
            "reason": [why.get(grid, "") for grid in rows.index],
            "comment": "",
            "changed": rows.index.isin(changes.index),
        }
    )
    unknown = [name for name in ("village_name", "town_name", "station_name") if not frame[name].any()]
    frame = frame.drop(columns=[*unknown, *(["key_units"] if units is None else [])])
    return frame.sort_values(["village_id", "grid_id"], kind="stable", ignore_index=True)


def changed_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the grids that change their zone, numbered from 1."""
    found = rows[rows["changed"]].reset_index(drop=True)
    return found.assign(number=range(1, len(found) + 1))


def comparison_table(rows: pd.DataFrame, *, title: str, t: Words, printed: bool = False) -> Table:
    """Return rows of grids as the table that is signed off, with their sum; without towns to be printed."""
    rows = rows.drop(columns=[*_NOT_PRINTED], errors="ignore") if printed else rows
    numbered = rows.assign(number=range(1, len(rows) + 1))
    return table_of(numbered, columns(_GRID_COLUMNS, t), title=title, total=t("paper.total"))


def zone_rows(handing: HandOver) -> pd.DataFrame:
    """Return for each zone of either plan what it holds before and after, what it gives and what it takes."""
    before = None if handing.today_card is None else handing.today_card.zones
    after, changes = handing.card.zones, handing.changes
    ids = pd.Index(sorted({*after.index, *(() if before is None else before.index)}))
    homes = _stations(before, after, ids)
    # New zones stand by their station, whatever their ids.
    ids, homes = ids[(order := np.lexsort((ids, homes)))], [homes[i] for i in order]
    frame = pd.DataFrame(
        {
            "zone_id": ids,
            "zone_name": zone_texts(handing, ids),
            "station_id": homes,
            "station_name": _named(handing, "stations", homes),
            "grids_out": changes["from_zone"].value_counts().reindex(ids).fillna(0).to_numpy(),
            "grids_in": changes["to_zone"].value_counts().reindex(ids).fillna(0).to_numpy(),
        }
    )
    for mark, zones in (("before", before), ("after", after)):
        if zones is not None:
            held = zones.reindex(ids)
            frame[f"grids_{mark}"] = held["grids"].fillna(0).to_numpy(dtype=float)
            frame[f"present_{mark}"] = held["present"].fillna(0).round().to_numpy(dtype=float)
            frame[f"deviation_{mark}"] = held["deviation"].to_numpy(dtype=float)
    return frame if frame["station_name"].any() else frame.drop(columns="station_name")


def changed_zones(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the zones that give or take grids."""
    return rows[rows["grids_out"] + rows["grids_in"] > 0].reset_index(drop=True)


def zone_table(rows: pd.DataFrame, *, title: str, t: Words) -> Table:
    """Return the zones' sums as a table; where none changes, what each holds."""
    if changed_zones(rows).empty:
        still = rows[rows["grids_after"] > 0].rename(columns=_STILL)
        return table_of(still, columns(_STILL_COLUMNS, t), title=title, total=t("paper.total"))
    return table_of(rows, columns(_ZONE_COLUMNS, t), title=title, total=t("paper.total"))


def zone_texts(handing: HandOver, zones: Iterable[str]) -> list[str]:
    """Return what zones are called on paper, that a grid is in none included."""
    return [handing.names("zones", zone) if zone else handing.t("paper.no_zone") for zone in zones]


def columns(listed: Iterable[tuple[str, float, str]], t: Words) -> tuple[Column, ...]:
    """Return columns with their headings, of name, width and kind."""
    return tuple(
        Column(name=name, label=t.name("paper_column", name), width=width, kind=kind)  # type: ignore[arg-type]
        for name, width, kind in listed
    )


def _named(handing: HandOver, table: str, ids: Iterable[str]) -> list[str]:
    return [handing.names(table, label) if label else "" for label in ids]


def _stations(before: pd.DataFrame | None, after: pd.DataFrame, ids: pd.Index) -> list[str]:
    homes = after[STATION_ID].reindex(ids)
    if before is not None:
        homes = homes.where(homes.notna() & (homes != ""), before[STATION_ID].reindex(ids))
    return ["" if home != home or home is None else str(home) for home in homes]  # noqa: PLR0124
