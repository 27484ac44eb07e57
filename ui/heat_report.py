"""The table of hours by weekdays, and proposed stops, told: as JSON has them, in words, and as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from geo.errors import Reason
    from planning.heat import Heat
    from planning.hot_spots import HotSpots
    from ui.names import PlaceNames
    from ui.words import Words

# Of which table the places are, by what they are.
_TABLES = {"station": "stations", "zone": "zones", "village": "villages", "grid": "grids"}
_SHOWN = 10
_WEEKDAYS = 7


def heat_facts(heat: Heat, hot: HotSpots, names: PlaceNames, place: str | None) -> dict[str, Any]:
    """Return a heat table and proposed stops as JSON has them; keys are documented in the README and stay."""
    calls = heat.cells.groupby("place")["calls"].sum()
    return {
        "by": heat.by,
        "first_day": heat.first_day,
        "last_day": heat.last_day,
        "weeks": heat.weeks,
        "place": place,
        "table": heat.table(place).round(3).to_numpy().tolist(),
        "thin_cells": int(heat.table(place, value="thin").to_numpy().sum()),
        "places": [
            {"place": one, "name": place_name(heat, names, one), "calls": int(calls[one])}
            for one in heat.places
        ],
        "hot": [
            {**{str(key): value for key, value in row.items()}, "name": name}
            for row, name in zip(hot.why.to_dict("records"), hot.stops["name"], strict=True)
        ],
        "notes": [{"code": note.code, "facts": dict(note.facts)} for note in _notes(heat, hot)],
    }


def heat_lines(heat: Heat, hot: HotSpots, names: PlaceNames, place: str | None, t: Words) -> list[str]:
    """Return the same as lines to read: the table, the busiest places, the proposed stops."""
    where = t("heat.everywhere") if place is None else place_name(heat, names, place)
    lines = [
        t(
            "heat.heading",
            where=where,
            first=heat.first_day,
            last=heat.last_day,
            weeks=t.number(heat.weeks, 1),
        ),
        "\t".join([t("column.hour"), *(t(f"weekday.{day}") for day in range(1, _WEEKDAYS + 1))]),
    ]
    table, thin = heat.table(place), heat.table(place, value="thin")
    for hour in table.index:
        cells = (
            t.number(table.at[hour, day], 1) + ("*" if thin.at[hour, day] else "") for day in table.columns
        )
        lines.append("\t".join([f"{hour:02}", *cells]))
    if bool(thin.to_numpy().any()):
        lines.append(t("heat.thin", least=t.number(heat.least_calls)))
    lines += [
        t(
            "heat.hot",
            place=name,
            hours=row["hours"],
            calls=t.number(row["calls"]),
            visits=t.number(row["visits"], 1),
        )
        for row, name in zip(hot.why.head(_SHOWN).to_dict("records"), hot.stops["name"], strict=False)
    ]
    return [*lines, *(f"{t('score.note')}{t.reason(note)}" for note in _notes(heat, hot))]


def _notes(heat: Heat, hot: HotSpots) -> list[Reason]:
    return [*heat.notes, *(note for note in hot.notes if note not in heat.notes)]


def heat_rows(heat: Heat, names: PlaceNames, t: Words) -> pd.DataFrame:
    """Return every cell as a row with headings in words."""
    cells = heat.cells
    return pd.DataFrame(
        {
            t("column.id"): cells["place"],
            t("column.name"): [place_name(heat, names, place) for place in cells["place"]],
            t("heat.weekday"): [t(f"weekday.{day}") for day in cells["weekday"]],
            t("column.hour"): cells["hour"],
            t("column.calls"): cells["calls"],
            t("heat.per_week"): cells["per_week"].round(3),
            t("heat.thin_column"): [t("heat.is_thin") if thin else "" for thin in cells["thin"]],
        }
    )


def place_name(heat: Heat, names: PlaceNames, place: str) -> str:
    """Return what a place of a heat table is called."""
    return names(_TABLES[heat.by], place) if heat.by in _TABLES else place
