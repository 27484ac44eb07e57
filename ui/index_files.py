"""A safety index as JSON and as a folder of files: villages, calculations, indicators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.exporting import export_files
from planning.index.strengths import strengths
from ui.doors.rows import records
from ui.index_words import class_name, grade_name, heading, line_text, notes
from ui.tables import write_csv, write_xlsx

if TYPE_CHECKING:
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
        **index.summary(),
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
    two as workbooks with headings in words as well, the profile as it was, and index.json with the rest.
    """
    tables = {
        "villages": index.villages.reset_index(),
        "points": index.points.lines,
        "indicators": index.indicators,
    }
    about = pd.DataFrame({t("index.about"): [*heading(index, t), *notes(index, t, names)]})
    books = {"villages": _village_sheet(index, t), "points": _point_sheet(index, t)}
    content = json.dumps(index_facts(index, t), ensure_ascii=False, indent=1, default=str)
    files = {
        **{f"{name}.csv": write_csv(table) for name, table in tables.items()},
        **{
            f"{name}.xlsx": write_xlsx({t(f"index.file_{name}"): sheet, t("index.about"): about})
            for name, sheet in books.items()
        },
        "profile.toml": profile_text,
        "index.json": content.encode(),
    }
    export_files(files, folder)
    return list(files)


def _village_sheet(index: SafetyIndex, t: Words) -> pd.DataFrame:
    """Return the villages as people read them; places as ranges in their class."""
    table, profile = index.villages, index.profile
    columns = {
        t("column.village_id"): table.index,
        t("column.name"): table["name"],
        t("index.col_class"): [class_name(label, t) for label in table["class"]],
        t("index.col_points"): table["points"],
        t("index.col_points_grade"): [grade_name(code, profile, t) for code in table["points_grade"]],
        t("index.col_score"): table["score"].round(1),
        t("index.col_grade"): [grade_name(code, profile, t) for code in table["grade"]],
        t("index.col_chance"): [t.percent(share, 0) for share in table["grade_probability"]],
        t("index.col_places"): [
            t("index.places", low=low, high=high) if not pd.isna(low) else t.number(None)
            for low, high in zip(table["rank_low"], table["rank_high"], strict=True)
        ],
        t("index.col_band"): table["band"].astype(object),
        t("index.col_coverage"): [t.percent(share, 0) for share in table["coverage"]],
    }
    for pillar in profile.pillars:
        columns[profile.name_of(pillar.code, t.lang)] = table[f"pillar_{pillar.code}"].round(1)
    return pd.DataFrame({name: list(values) for name, values in columns.items()})


def _point_sheet(index: SafetyIndex, t: Words) -> pd.DataFrame:
    lines = index.points.lines
    names = index.villages["name"]
    return pd.DataFrame(
        {
            t("column.village_id"): lines["village_id"],
            t("column.name"): lines["village_id"].map(names),
            t("index.col_number"): lines["line"],
            t("index.col_line"): [line_text(line, index.profile, t) for line in lines.to_dict("records")],
            t("index.col_effect"): lines["effect"],
            t("index.col_running"): lines["running"],
        }
    )


def _plain(facts: Any) -> dict[str, Any]:
    """Return facts as JSON can hold them."""
    return {str(key): _value(value) for key, value in facts.items()}


def _value(value: Any) -> Any:
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_value(item) for item in value]
    if hasattr(value, "item"):
        return value.item()
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
