"""A safety index as JSON and as a folder of files: villages, calculations, indicators."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.exporting import export_files
from data.schemas import STATION_ID, TOWN_ID
from planning.index.strengths import strengths
from ui.doors import rows
from ui.index_words import class_name, grade_name, heading, line_text, notes
from ui.paper.layout import ROW, Column, Table
from ui.paper.workbooks import write_workbook
from ui.tables import write_csv

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from planning.index.index import SafetyIndex
    from ui.names import PlaceNames
    from ui.words import Words

# In the order in which they are told; the rest are the pillars' and the grades'.
_VILLAGE_KEYS = (
    "village_id",
    "name",
    "kind",
    "class",
    "points",
    "points_grade",
    "points_coverage",
    "vetoed",
    "score",
    "score_low",
    "score_high",
    "grade",
    "grade_probability",
    "sure",
    "rank",
    "rank_low",
    "rank_high",
    "band",
    "of",
    "coverage",
    "imputed",
    "carried",
)


# Decimals of figures from 1 on, and digits of smaller ones: more is noise of the arithmetic.
_DECIMALS, _DIGITS = 4, 6


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as JSON has them, with as many digits as mean anything."""
    return rows.records(sensible(frame))


def sensible(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its figures rounded to four decimals, those below 1 to six digits."""
    found = frame.copy()
    for name in frame.columns[[pd.api.types.is_float_dtype(kind) for kind in frame.dtypes]]:
        found[name] = _rounded(frame[name].to_numpy(dtype=float))
    return found


def village_facts(index: SafetyIndex) -> list[dict[str, Any]]:
    """Return each village as JSON has it, in the order of the codes."""
    pillars = [pillar.code for pillar in index.profile.pillars]
    grades = index.profile.grades.codes
    return [
        {
            **{key: row[key] for key in _VILLAGE_KEYS},
            "grade_probabilities": {code: row[f"probability_{code}"] for code in grades},
            "pillars": {code: row[f"pillar_{code}"] for code in pillars},
            "pillar_points": {code: row[f"points_{code}"] for code in pillars},
        }
        for row in records(index.villages.reset_index())
    ]


def index_facts(index: SafetyIndex, t: Words) -> dict[str, Any]:
    """Return an index as JSON has it."""
    return {
        **{name: _value(value) for name, value in index.summary().items()},
        "profile_name": index.profile.name.get(t.lang) or index.profile.code,
        "pillars": [
            {"code": pillar.code, "name": index.profile.name_of(pillar.code, t.lang)}
            for pillar in index.profile.pillars
        ],
        "yardsticks": records(index.yardsticks.reset_index()),
        "villages": village_facts(index),
        "notes": [{"code": note.code, "facts": _plain(note.facts)} for note in index.notes],
    }


def calculation_facts(index: SafetyIndex, village: str, t: Words) -> dict[str, Any]:
    """Return one village's calculation line by line, its indicators, strengths and weaknesses."""
    lines = index.points.of(village).drop(columns="village_id")
    texts = [line_text(line, index.profile, t) for line in lines.to_dict("records")]
    mine = index.indicators[index.indicators["village_id"] == village].drop(columns="village_id")
    facts = {
        "village": village,
        "lines": [{**row, "text": text} for row, text in zip(records(lines), texts, strict=True)],
        "indicators": records(mine),
    }
    if village in index.scored.normalised.index:
        tree, classes = index.scored.structure, index.villages["class"]
        good, bad = strengths(index.scored.normalised, tree, village, classes=classes)
        told = mine.set_index("indicator")["normalised"]
        # The external edition leaves out the scores of small counts.
        good, bad = (table.assign(score=table["indicator"].map(told)) for table in (good, bad))
        facts |= {"strengths": records(good), "weaknesses": records(bad)}
    return facts


def write_index(
    folder: Path, index: SafetyIndex, profile_text: bytes, *, t: Words, names: PlaceNames
) -> list[str]:
    """
    Write an index into a folder, and return the names of the files.

    villages, points (every calculation line by line) and indicators as CSV with stable headings, the first
    two as workbooks with headings in words as well, the profile as it was, and index.json with the rest. Of
    the external edition, whose calculations have no figures, villages alone.
    """
    tables = {"villages": index.villages.reset_index()}
    books = {"villages": _village_sheet(index, t, names)}
    if index.edition == "internal":
        tables |= {"points": _named(index.points.lines, index), "indicators": _named(index.indicators, index)}
        books["points"] = _point_sheet(index, t, names)
    mark, stamp = t(f"table.mark_{index.edition}"), datetime.now(UTC).replace(microsecond=0)
    about = _about_sheet(index, t, names)
    content = json.dumps(index_facts(index, t), ensure_ascii=False, indent=1, default=str)
    files = {
        **{f"{name}.csv": write_csv(sensible(table)) for name, table in tables.items()},
        **{
            f"{name}.xlsx": write_workbook(
                {t(f"index.file_{name}"): [sheet], t("index.about"): [about]}, mark=mark, stamp=stamp
            )
            for name, sheet in books.items()
        },
        "profile.toml": profile_text,
        "index.json": content.encode(),
    }
    export_files(files, folder)
    return list(files)


def _named(rows: pd.DataFrame, index: SafetyIndex) -> pd.DataFrame:
    """Return rows of villages with their names behind the codes."""
    found = rows.copy()
    found.insert(1, "name", rows["village_id"].map(index.villages["name"]))
    return found


def _village_sheet(index: SafetyIndex, t: Words, names: PlaceNames) -> Table:
    """Return the villages as people read them; places as ranges in their class."""
    table, profile = index.villages, index.profile
    places = [
        t("index.places", low=low, high=high) if not pd.isna(low) else None
        for low, high in zip(table["rank_low"], table["rank_high"], strict=True)
    ]
    columns = [
        (Column(name="", label=t("column.village_id"), width=16, kind="code"), table.index),
        (Column(name="", label=t("column.name"), width=16), names.all("villages", table.index)),
        (Column(name="", label=t("table.towns"), width=14), names.all("towns", table[TOWN_ID])),
        (Column(name="", label=t("table.stations"), width=16), names.all("stations", table[STATION_ID])),
        (_text(t("index.col_class")), [class_name(label, t) for label in table["class"]]),
        (_figure(t("index.col_points")), table["points"]),
        (
            _text(t("index.col_points_grade")),
            [grade_name(code, profile, t) for code in table["points_grade"]],
        ),
        (_figure(t("index.col_score")), table["score"].round(1)),
        (_text(t("index.col_grade")), [grade_name(code, profile, t) for code in table["grade"]]),
        (_share(t("index.col_chance")), table["grade_probability"]),
        (_text(t("index.col_places")), places),
        (Column(name="", label=t("index.col_band"), width=6, kind="count"), table["band"]),
        (_share(t("index.col_coverage")), table["coverage"]),
        (_share(t("index.col_points_coverage")), table["points_coverage"]),
        *(
            (_figure(profile.name_of(pillar.code, t.lang)), table[f"pillar_{pillar.code}"].round(1))
            for pillar in profile.pillars
        ),
    ]
    return _sheet(columns, index, t, notes(index, t, names))


def _point_sheet(index: SafetyIndex, t: Words, names: PlaceNames) -> Table:
    lines = index.points.lines
    columns = [
        (Column(name="", label=t("column.village_id"), width=16, kind="code"), lines["village_id"]),
        (Column(name="", label=t("column.name"), width=16), names.all("villages", lines["village_id"])),
        (Column(name="", label=t("index.col_number"), width=6, kind="count"), lines["line"]),
        (
            Column(name="", label=t("index.col_line"), width=70),
            [line_text(line, index.profile, t) for line in lines.to_dict("records")],
        ),
        (_figure(t("index.col_effect")), lines["effect"]),
        (_figure(t("index.col_running")), lines["running"]),
    ]
    return _sheet(columns, index, t)


def _about_sheet(index: SafetyIndex, t: Words, names: PlaceNames) -> Table:
    lines = [*heading(index, t), *notes(index, t, names)]
    return Table(
        title=t("index.about"),
        columns=(Column(name="", label="", width=100),),
        rows=tuple((ROW, (line,)) for line in lines),
    )


def _sheet(
    columns: Iterable[tuple[Column, Iterable[Any]]], index: SafetyIndex, t: Words, notes: Iterable[str] = ()
) -> Table:
    """Return columns as a sheet with its title, in which stands whether it may leave the house."""
    filled = [(column, [None if pd.isna(value) else value for value in values]) for column, values in columns]
    if index.edition == "external":
        filled = [(column, values) for column, values in filled if any(v is not None for v in values)]
    return Table(
        title="　".join(heading(index, t)),
        columns=tuple(column for column, _ in filled),
        rows=tuple((ROW, row) for row in zip(*(values for _, values in filled), strict=True)),
        notes=tuple(notes),
    )


def _text(label: str) -> Column:
    return Column(name="", label=label, width=12)


def _figure(label: str) -> Column:
    return Column(name="", label=label, width=9, kind="decimal")


def _share(label: str) -> Column:
    return Column(name="", label=label, width=9, kind="percent")


def _rounded(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    small = np.abs(values) < 1
    found = values.round(_DECIMALS)
    found[small] = [float(f"{value:.{_DIGITS}g}") for value in values[small]]
    return found


def _plain(facts: Any) -> dict[str, Any]:
    """Return facts as JSON can hold them."""
    return {str(key): _value(value) for key, value in facts.items()}


def _value(value: Any) -> Any:
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_value(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): _value(item) for key, item in value.items()}
    if isinstance(value, float):
        return float(_rounded(np.array([value]))[0])
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
