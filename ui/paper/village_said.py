"""What a village's sheet says beside its map: who it is, how it stands, what costs it points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.ledger_columns import DEADLINE, OWNER, TEXT
from data.schemas import FLOATING, KIND, RESIDENTS, STATION_ID, TOWN_ID, VILLAGE_ID
from planning.index.points import RULE
from planning.index.profile import GREY
from planning.index.strengths import strengths
from planning.index.trend import HIGH, LOW, MONTH, SMOOTHED
from planning.profile import AREA_KM2
from planning.small_counts import SMALLEST_SHOWN
from ui.index_words import class_name, grade_name, line_text
from ui.paper.layout import breakable
from ui.paper.village_charts import Axis, Moment, pillar_chart, trend_chart
from ui.period_words import days_label, period_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ui.paper.village_book import VillageBook

# At most, beside the map.
_LINES, _MEASURES, _STANDINGS = 7, 4, 3
# Of a measure's text.
_LONGEST = 70
_SHORT_DIGEST = 12


def about(book: VillageBook, village: str) -> str:
    """Return the line beneath a village's name: code, kind, town, station."""
    row, t = book.index.villages.loc[village], book.t
    parts = [village]
    if row[KIND]:
        parts.append(t.name("village", row[KIND]))
    parts += [book.names("towns", row[TOWN_ID])] if row[TOWN_ID] else []
    parts += [book.names("stations", row[STATION_ID])] if row[STATION_ID] else []
    return breakable(" · ".join(parts))


def facts(book: VillageBook, village: str) -> list[tuple[str, str, bool]]:
    """Return what there is in a village: what, how many, and whether it is a list that wants its own line."""
    lists = [(label, value, True) for label, value in _lists(book, village) if value]
    return [(label, value, False) for label, value in _figures(book, village) if value] + lists


def grade(book: VillageBook, village: str) -> dict[str, Any]:
    """Return a village's grade in words, with how sure it is, its points and its place."""
    row, t, profile = book.index.villages.loc[village].to_dict(), book.t, book.index.profile
    code = str(row["grade"])
    # Points that nothing is known to take are no praise.
    told = code != GREY and book.is_internal
    lines = [t("sheet.points", points=t.number(row["points"], 2))] if told else []
    if told and row["points_coverage"] < 1:
        lines.append(t("index.points_partly", share=t.percent(row["points_coverage"], 0)))
    if row["vetoed"]:
        lines.append(t("sheet.vetoed"))
    if code == GREY:
        chance = t("sheet.grey", share=t.percent(row["coverage"], 0))
    else:
        chance = _chance(row, book)
        if told:
            lines.append(
                t(
                    "sheet.score",
                    score=t.number(row["score"], 1),
                    low=t.number(row["score_low"], 1),
                    high=t.number(row["score_high"], 1),
                )
            )
        if not pd.isna(row["rank_low"]):
            lines.append(
                t(
                    "sheet.place",
                    kind=class_name(row["class"], t),
                    of=t.number(row["of"]),
                    low=t.number(row["rank_low"]),
                    high=t.number(row["rank_high"]),
                )
            )
    return {"code": code, "word": grade_name(code, profile, t), "chance": chance, "lines": lines}


def pillars(
    book: VillageBook, village: str, *, size_mm: tuple[float, float], ink: str
) -> dict[str, Any] | None:
    """Return a village's pillars as a chart, with what is not known; None where they stay in the house."""
    if not book.is_internal:
        return None
    row, t, profile = book.index.villages.loc[village], book.t, book.index.profile
    usual = book.usual
    axes, unknown = [], []
    for pillar in profile.pillars:
        name, score = profile.name_of(pillar.code, t.lang), float(row[f"pillar_{pillar.code}"])
        if math.isnan(score):
            unknown.append(name)
            continue
        median = float(usual.at[row["class"], pillar.code])
        axes.append(
            Axis(
                name=name,
                score=score,
                usual=None if math.isnan(median) else median,
                told=t.number(score, 0),
            )
        )
    notes = [t("sheet.usual", kind=class_name(row["class"], t))] if axes else []
    if unknown:
        notes.append(t("sheet.pillar_unknown", names=t.listed(unknown)))
    return {
        "title": t("sheet.pillars"),
        "chart": pillar_chart(axes, size_mm=size_mm, ink=ink) if axes else "",
        "note": " ".join(notes),
    }


def trend(
    book: VillageBook, village: str, *, size_mm: tuple[float, float], ink: str
) -> dict[str, Any] | None:
    """Return the last periods of a village as published, else its calls month by month; None if unknown."""
    t = book.t
    scores = book.history[book.history["village_id"] == village]
    scores = scores[scores["score"].notna()]
    if len(scores) > 1:
        moments = [
            Moment(label=_short(row.period), value=row.score, low=row.score_low, high=row.score_high)
            for row in scores.itertuples()
        ]
        marks = (0, *sorted(book.index.profile.grades.score), 100)
        chart = trend_chart(moments, size_mm=size_mm, ink=ink, top=100, marks=marks)
        return {"title": t("sheet.trend_scores"), "chart": chart, "note": t("sheet.trend_scores_note")}
    mine = book.months_of(village)
    if len(mine) < 2:
        return None
    moments = [
        Moment(
            label=f"{int(row[MONTH][5:7])}",
            value=_known(row[SMOOTHED]),
            low=_known(row[LOW]),
            high=_known(row[HIGH]),
            count=row["count"],
        )
        for row in mine.to_dict("records")
    ]
    top, step = _scale(float(np.nanmax(mine[["count", HIGH]].to_numpy())))
    marks = tuple(np.arange(0, top + step / 2, step).tolist())
    return {
        "title": t("sheet.trend_calls"),
        "chart": trend_chart(moments, size_mm=size_mm, ink=ink, top=top, marks=marks),
        "note": t("sheet.trend_calls_note", first=mine[MONTH].iloc[0][:7], last=mine[MONTH].iloc[-1][:7]),
    }


def costly(book: VillageBook, village: str) -> dict[str, Any] | None:
    """Return the lines of the calculation that take most points of a village; None beyond the house."""
    if not book.is_internal:
        return None
    t, profile = book.t, book.index.profile
    lines = book.lines_of(village)
    rules = lines[lines["kind"] == RULE]
    taken = rules[rules["effect"] < 0].sort_values("effect", kind="stable")
    notes = []
    if len(taken) > _LINES:
        left = float(taken["effect"].iloc[_LINES:].sum())
        notes.append(t("sheet.lines_more", count=t.number(len(taken) - _LINES), points=t.number(-left, 2)))
    if taken.empty:
        notes.append(t("sheet.lines_none" if rules["count"].notna().any() else "sheet.lines_unknown"))
    return {
        "title": t("sheet.lines"),
        "rows": [
            [breakable(line_text(row, profile, t)), f"−{t.number(-row['effect'], 2)}"]
            for row in taken.head(_LINES).to_dict("records")
        ],
        "note": " ".join(notes),
    }


def standing(book: VillageBook, village: str) -> list[list[str]]:
    """Return what a village does well and badly, next to those of its class; nothing beyond the house."""
    scored, t, profile = book.index.scored, book.t, book.index.profile
    if village not in scored.normalised.index:
        return []
    classes = book.index.villages["class"]
    both = strengths(scored.normalised, scored.structure, village, count=_STANDINGS, classes=classes)
    said = []
    for label, table in zip((t("sheet.strengths"), t("sheet.weaknesses")), both, strict=True):
        items = []
        for row in table.to_dict("records"):
            name = profile.name_of(str(row["indicator"]), t.lang)
            items.append(t("sheet.standing", name=name, rank=t.number(row["rank"]), of=t.number(row["of"])))
        if items:
            said.append([label, t.listed(items)])
    return said


def measures(book: VillageBook, village: str) -> dict[str, Any]:
    """Return what is being mended in a village: what, until when, and in the house by which post."""
    t = book.t
    mine = book.measures[book.measures[VILLAGE_ID] == village]
    rows = []
    for row in mine.head(_MEASURES).to_dict("records"):
        text = row[TEXT] if len(row[TEXT]) <= _LONGEST else row[TEXT][: _LONGEST - 1] + "…"
        overdue = row[DEADLINE] < book.made.isoformat()
        until = t("sheet.overdue" if overdue else "sheet.until", date=row[DEADLINE])
        owner = breakable(row[OWNER]) if book.is_internal else ""
        rows.append([breakable(text), owner, until, overdue])
    more = len(mine) - len(rows)
    note = t("sheet.measures_none") if mine.empty else ""
    return {
        "title": t("sheet.measures"),
        "rows": rows,
        "note": t("sheet.measures_more", count=t.number(more)) if more > 0 else note,
    }


def source(book: VillageBook) -> list[str]:
    """Return what a sheet rests on: period and 统计口径, assessment with its digest, and day."""
    t, panel, held = book.t, book.index.panel, book.held
    profile = book.index.profile
    name = profile.name.get(t.lang) or profile.code
    basis = t.name("count_basis", panel.basis) if panel.basis else ""
    lines = [
        t("sheet.source", profile=name, days=days_label(panel.period, t)),
        t("sheet.basis", basis=basis) if basis else "",
    ]
    if held is None:
        lines.append(t("sheet.trial"))
    else:
        digest = held.digest[:_SHORT_DIGEST]
        version = t("assess.version", number=t.number(held.version))
        status = t.name("issue", held.issue) if held.issue else t.name("assessment_status", held.status)
        lines.append(t("sheet.held", id=held.assessment_id, version=version, status=status, digest=digest))
    lines.append(t("sheet.made", date=book.made.isoformat()))
    if not book.is_internal:
        lines.append(t("index.external"))
    return [line for line in lines if line]


def period(book: VillageBook) -> str:
    """Return what the sheet's period is called."""
    return period_label(book.index.panel.period, book.t)


def _figures(book: VillageBook, village: str) -> Iterator[tuple[str, str]]:
    t, held = book.t, book.people.loc[village]
    for key in (RESIDENTS, FLOATING):
        yield t(f"sheet.{key}"), _told(book, held[key])
    yield t("sheet.area"), "" if math.isnan(held[AREA_KM2]) else t.area(held[AREA_KM2] * 1e6)
    for key, count in (
        ("grids", book.grid_counts.get(village, 0)),
        ("facilities", sum(book.kinds["facilities"].get(village, {}).values())),
    ):
        yield t(f"sheet.{key}"), t.number(count) if count else ""


def _lists(book: VillageBook, village: str) -> Iterator[tuple[str, str]]:
    t = book.t
    posts = book.kinds["posts"].get(village, {})
    yield t("sheet.posts"), t.listed(f"{t.name('post', kind)} {t.number(n)}" for kind, n in posts.items())
    # How many guard a village is the house's business.
    staff = book.staff.get(village, {}) if book.is_internal else {}
    yield t("sheet.staff"), t.listed(f"{t.name('role', role)} {t.number(n)}" for role, n in staff.items())


def _told(book: VillageBook, people: float) -> str:
    if math.isnan(people):
        return ""
    if not book.is_internal and people < SMALLEST_SHOWN:
        return book.t("sheet.few", count=book.t.number(SMALLEST_SHOWN))
    return book.t("sheet.people", count=book.t.number(people))


def _chance(row: Mapping[str, Any], book: VillageBook) -> str:
    """Return how sure a grade is, and which other it may be."""
    t, profile = book.t, book.index.profile
    if not book.is_internal:
        return t("index.sure" if row["sure"] else "index.unsure")
    share = t.percent(row["grade_probability"], 0)
    if row["sure"]:
        return t("sheet.sure", share=share)
    others = {code: row[f"probability_{code}"] for code in profile.grades.codes if code != str(row["grade"])}
    code = max(others, key=lambda one: others[one])
    other = t("sheet.other", grade=grade_name(code, profile, t), share=t.percent(others[code], 0))
    return t("sheet.unsure", share=share, other=other)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _short(period: str) -> str:
    """Return what of a period's name changes to the next: 10 of 2026-10, W41 of 2026-W41."""
    return period.rpartition("..")[2].rpartition("-")[2] or period


def _scale(most: float) -> tuple[float, float]:
    """Return a round end of a scale that holds a value, and its step."""
    rough = max(most, 1.0) / 3
    power = 10.0 ** math.floor(math.log10(rough))
    step = max(next(power * one for one in (1, 2, 5, 10) if power * one >= rough), 1.0)
    return step * max(math.ceil(most / step), 1), step
