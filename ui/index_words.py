"""A safety index in words: what the chief asks first, and a village's calculation line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.errors import Reason
from planning.calls import RECEIVED
from planning.index.points import BASE_LINE, RULE
from planning.index.profile import GREY
from planning.index.strengths import strengths
from ui.columns import aligned
from ui.named_reasons import named_reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.index.index import SafetyIndex
    from planning.index.profile import IndexProfile
    from ui.names import PlaceNames
    from ui.words import Words

_AT_MOST = 10
# What quantities of a rule are counted in.
_UNITS = {"each": "count", "veto": "count", "rate": "rate", "share": "percent", "change": "percent"}
_TEN_THOUSAND = 10_000


def grade_name(code: object, profile: IndexProfile, t: Words) -> str:
    """Return what a grade is called: the profile's own word, with its colour where that is another."""
    colour = t.name("grade", code)
    own = profile.grades.names.get(str(code), {}).get(t.lang)
    return colour if own is None or own == colour else t("grade.with_colour", name=own, colour=colour)


def index_lines(index: SafetyIndex, t: Words, names: PlaceNames) -> list[str]:
    """Return the headline of an index: when and what, how many of which grade, who is worst, what lacks."""
    return [
        *heading(index, t),
        *_grade_lines(index, t),
        *_worst_lines(index, t, names),
        *notes(index, t, names),
    ]


def heading(index: SafetyIndex, t: Words) -> list[str]:
    """Return what was asked: the profile, the period, the basis, and how far it looks back."""
    found, profile = index.summary(), index.profile
    lines = [
        t(
            "index.heading",
            profile=profile.name.get(t.lang) or profile.code,
            period=found["period"],
            first=found["first"],
            last=found["last"],
        ),
        t(
            "index.basis",
            basis=t.name("count_basis", index.panel.basis),
            first=found["window"][0],
            last=found["window"][1],
        ),
    ]
    return [t("index.internal"), *lines] if index.edition == "internal" else [*lines, t("index.external")]


def notes(index: SafetyIndex, t: Words, names: PlaceNames) -> list[str]:
    """Return a line for each thing that was left out or could not be told."""
    lines = [f"{t('score.note')}{index_reason(note, index.profile, t, names)}" for note in index.notes]
    if index.panel.basis not in ("", RECEIVED):
        basis = t.name("count_basis", index.panel.basis)
        lines.insert(0, f"{t('score.note')}{t('index.basis_differs', basis=basis)}")
    return lines


def index_reason(found: Reason, profile: IndexProfile, t: Words, names: PlaceNames) -> str:
    """Return the sentence for a reason, with indicators, groups and places by their names."""
    facts: dict[str, Any] = dict(found.facts)
    if isinstance(facts.get("code"), str):
        facts["code"] = profile.name_of(facts["code"], t.lang)
    if "weighting" in facts:
        facts["weighting"] = t.name("weighting", facts["weighting"])
    for key in ("pair", "found"):
        if isinstance(facts.get(key), (tuple, list)):
            facts[key] = [profile.name_of(str(code), t.lang) for code in facts[key]]
    if isinstance(facts.get("classes"), tuple):
        facts["classes"] = [class_name(label, t) for label in facts["classes"]]
    return named_reason(Reason(found.code, facts), t, names)


def class_name(label: object, t: Words) -> str:
    """Return what a class of villages is called: ``village/2`` by kind and size."""
    parts = [t.name("village", part) for part in str(label).split("/") if part]
    return " · ".join(parts) if parts else t("index.one_class")


def village_lines(index: SafetyIndex, village: str, t: Words, names: PlaceNames) -> list[str]:
    """Return everything on one village: grade, place, the whole calculation, what it does well and badly."""
    row = index.villages.loc[village].to_dict()
    lines = [*heading(index, t), "", t("index.village", name=names("villages", village), id=village)]
    lines += _standing_lines(row, index, t)
    told = "index.calculation" if index.edition == "internal" else "index.rules"
    lines += ["", t(told), *calculation(index, village, t), ""]
    return [*lines, *_strength_lines(index, village, t), *notes(index, t, names)]


def calculation(index: SafetyIndex, village: str, t: Words) -> list[str]:
    """Return a village's points line by line: what, its effect, the sum so far; or the rules alone."""
    if index.edition == "external":
        told = index.points.of(village).to_dict("records")
        return [line_text(line, index.profile, t) for line in told]
    rows = [[t("index.col_line"), t("index.col_effect"), t("index.col_running")]]
    for line in index.points.of(village).to_dict("records"):
        rows.append([line_text(line, index.profile, t), _signed(line, t), t.number(line["running"], 2)])
    total = float(index.points.total[village])
    return [*aligned(rows), t("index.total", points=t.number(total, 2))]


def line_text(line: Mapping[str, Any], profile: IndexProfile, t: Words) -> str:
    """Return what a line of the calculation says: the count, what it amounts to, and the rule."""
    if line["kind"] != RULE:
        name = profile.name_of(str(line["indicator"]), t.lang) if line["indicator"] else ""
        return t(f"point.{line['kind']}", name=name)
    name, what = profile.name_of(str(line["indicator"]), t.lang), str(line["what"])
    if line.get("suppressed", False):
        return f"{t('point.hidden', name=name)}{_rule_text(line, profile, t)}"
    if pd.isna(line["count"]):
        return t("point.unknown", name=name)
    facts = {
        "name": name,
        "count": _plain(line["count"], t),
        "compared": _plain(line["compared"], t),
        "quantity": _quantity(line, t),
        "against": t.name("against", line["against"]),
    }
    if what == "rate":
        facts |= {"base": t.name("point_base", _per(line, profile)), "unit": _base_unit(line, profile, t)}
        facts["per"] = _per_text(line, profile, t)
    said = t(f"point.what_{what}", **facts)
    if pd.isna(line["quantity"]):
        return f"{said}{t('point.not_judged')}"
    return f"{said}{_rule_text(line, profile, t)}"


def comparison(found: SafetyIndex, other: SafetyIndex) -> pd.DataFrame:
    """Return scores and places in the class of villages that both judge, those that move most first."""
    columns = ["score", "rank", "grade"]
    both = found.villages[["class", *columns]].join(other.villages[columns].add_suffix("_against"))
    table = both[both["rank"].notna() & both["rank_against"].notna()].copy()
    table["rank_change"] = table["rank"] - table["rank_against"]
    moved = table["rank_change"].abs().sort_values(ascending=False, kind="stable")
    return table.loc[moved.index]


def comparison_lines(
    table: pd.DataFrame, found: SafetyIndex, other: SafetyIndex, t: Words, names: PlaceNames
) -> list[str]:
    """Return how far two profiles agree, and the villages that move most."""
    if table.empty:
        return []
    name = other.profile.name.get(t.lang) or other.profile.code
    same = float((table["grade"] == table["grade_against"]).mean())
    shift = float(table["rank_change"].abs().mean())
    lines = ["", t("index.against", profile=name, share=t.percent(same), places=t.number(shift, 1))]
    rows = [[t("column.name"), t("index.col_rank"), t("index.col_rank_against"), t("index.col_change")]]
    rows += [
        [
            names("villages", village),
            t.number(row["rank"]),
            t.number(row["rank_against"]),
            f"{int(row['rank_change']):+d}",
        ]
        for village, row in table.head(_AT_MOST).iterrows()
    ]
    return [*lines, *aligned(rows)]


def audit_lines(
    groups: pd.DataFrame, members: pd.DataFrame, factors: pd.DataFrame, profile: IndexProfile, t: Words
) -> list[str]:
    """Return whether the indicators belong together, and which doubt the places hang on."""
    lines = ["", t("index.audit_groups")]
    rows = [[t("index.col_group"), t("index.col_members"), "α", t("index.col_first"), t("index.col_corr")]]
    rows += [
        [
            profile.name_of(str(code), t.lang),
            t.number(row["members"]),
            t.number(row["alpha"], 2),
            t.percent(row["first_component"], 0),
            t.number(row["correlation"], 2),
        ]
        for code, row in groups.iterrows()
    ]
    lines += aligned(rows)
    for flag in ("against", "weak", "redundant"):
        if found := [profile.name_of(str(code), t.lang) for code in members.index[members["flag"] == flag]]:
            lines.append(t(f"index.audit_{flag}", items=t.listed(found)))
    lines += ["", t("index.audit_factors")]
    rows = [[t("index.col_factor"), t("index.col_alone"), t("index.col_total")]]
    rows += [
        [t.name("doubt", code), t.number(max(row["first"], 0.0), 2), t.number(row["total"], 2)]
        for code, row in factors.iterrows()
    ]
    return [*lines, *aligned(rows)]


def _rule_text(line: Mapping[str, Any], profile: IndexProfile, t: Words) -> str:
    if line["what"] == "veto":
        return t("point.rule_veto", beyond=_plain(max(line["beyond"], 1), t))
    side = t.name("side", line["side"])
    each = t("point.gives" if line["each"] > 0 else "point.takes", points=_plain(abs(line["each"]), t))
    cap = "" if pd.isna(line["cap"]) else t("point.cap", points=_plain(line["cap"], t))
    if line["what"] == "each" and line["beyond"] == 0 and line["step"] == 1 and line["side"] == "above":
        return t("point.rule_plain", unit=t("point_unit.count"), each=each, cap=cap)
    return t(
        "point.rule",
        side=side,
        beyond=_measured(line["beyond"], line, profile, t),
        step=_measured(line["step"], line, profile, t),
        each=each,
        cap=cap,
    )


def _measured(value: float, line: Mapping[str, Any], profile: IndexProfile, t: Words) -> str:
    """Return a bound or a step of a rule with the unit that its quantity is told in."""
    unit = _UNITS.get(str(line["what"]), "value")
    if unit == "percent":
        return t.percent(value / 100, 2)
    if unit == "rate":
        return t("point.rate", value=_plain(value, t), per=_per_text(line, profile, t))
    return f"{_plain(value, t)}{t.name('point_unit', unit)}"


def _per(line: Mapping[str, Any], profile: IndexProfile) -> str:
    """Return what a rate is told of: people present, the ground, the village."""
    return next(item.per for item in profile.indicators if item.code == line["indicator"])


def _base_unit(line: Mapping[str, Any], profile: IndexProfile, t: Words) -> str:
    key = f"point_of.{_per(line, profile)}"
    return t(key) if t.has(key) else ""


def _per_text(line: Mapping[str, Any], profile: IndexProfile, t: Words) -> str:
    """Return per how many of what a rate is told: 万人, 平方公里."""
    per, unit = line["per"], _base_unit(line, profile, t)
    if per == _TEN_THOUSAND and unit == t("point_of.present"):
        return t("point.ten_thousand_people")
    return unit if per == 1 and unit else t("point.per", per=_plain(per, t), unit=unit).strip()


def _quantity(line: Mapping[str, Any], t: Words) -> str:
    if line["what"] != "change":
        return t.number(line["quantity"], 2)
    # Too few, or nothing to compare with: there is no change to tell.
    if pd.isna(line["quantity"]):
        return ""
    return t("point.change", share=t.percent(line["quantity"] / 100, 2, signed=True))


def _standing_lines(row: Mapping[str, Any], index: SafetyIndex, t: Words) -> list[str]:
    profile = index.profile
    internal = index.edition == "internal"
    grade = grade_name(row["points_grade"], profile, t)
    points = t("index.points", points=t.number(row["points"], 2)) if internal else ""
    lines = [t("index.points_grade", points=points, grade=grade)]
    if row["points_coverage"] < 1:
        lines.append(t("index.points_partly", share=t.percent(row["points_coverage"], 0)))
    if row["vetoed"]:
        lines.append(t("index.vetoed"))
    if row["grade"] == GREY:
        return [*lines, t("index.grey", share=t.percent(row["coverage"]))]
    sure = t("index.sure" if row["sure"] else "index.unsure")
    place = t(
        "index.place" if internal else "index.band",
        kind=class_name(row["class"], t),
        of=t.number(row["of"]),
        low=t.number(row["rank_low"]),
        high=t.number(row["rank_high"]),
        band=t.number(row["band"]),
    )
    if not internal:
        told = t("index.grade_external", grade=grade_name(row["grade"], profile, t), sure=sure)
        return [*lines, told, place]
    lines.append(
        t(
            "index.score",
            score=t.number(row["score"], 1),
            low=t.number(row["score_low"], 1),
            high=t.number(row["score_high"], 1),
        )
    )
    chance = t.percent(row["grade_probability"], 0)
    lines.append(t("index.grade", grade=grade_name(row["grade"], profile, t), chance=chance, sure=sure))
    if (likelier := _likelier(row, profile)) is not None:
        share = t.percent(row[f"probability_{likelier}"], 0)
        lines.append(t("index.likelier", grade=grade_name(likelier, profile, t), chance=share))
    lines.append(place)
    pillars = [
        f"{profile.name_of(pillar.code, t.lang)} {t.number(row[f'pillar_{pillar.code}'], 1)}"
        for pillar in profile.pillars
    ]
    return [*lines, t("index.pillars", pillars=t.listed(pillars, at_most=len(pillars)))]


def _strength_lines(index: SafetyIndex, village: str, t: Words) -> list[str]:
    scored = index.scored
    if village not in scored.normalised.index:
        return []
    classes = index.villages["class"]
    good, bad = strengths(scored.normalised, scored.structure, village, count=3, classes=classes)
    lines = []
    for key, table in (("index.strengths", good), ("index.weaknesses", bad)):
        items = [
            t(
                "index.standing",
                name=index.profile.name_of(str(row["indicator"]), t.lang),
                rank=t.number(row["rank"]),
                of=t.number(row["of"]),
            )
            for row in table.to_dict("records")
        ]
        if items:
            lines.append(t(key, items=t.listed(items)))
    return lines


def _grade_lines(index: SafetyIndex, t: Words) -> list[str]:
    found, profile = index.summary(), index.profile
    counts = [
        t("index.count_of", grade=grade_name(code, profile, t), count=t.number(count))
        for code, count in found["grades"].items()
        if count or code != GREY
    ]
    lines = [
        t("index.grades", count=t.number(found["count"]), grades=t.listed(counts, at_most=len(counts))),
        t("index.how_sure", count=t.number(found["sure"]), share=t.percent(profile.doubt.sure, 0)),
    ]
    if found["median_rank_range"] is not None and index.edition == "internal":
        lines.append(t("index.rank_range", places=t.number(found["median_rank_range"])))
    return lines


def _worst_lines(index: SafetyIndex, t: Words, names: PlaceNames) -> list[str]:
    """Return the villages of the worst grade, the surest first; apart those that are more likely better."""
    worst = index.profile.grades.codes[-1]
    rows = index.villages[index.villages["grade"] == worst]
    rows = rows.sort_values("grade_probability", ascending=False, kind="stable")
    likelier = np.array([_likelier(row, index.profile) is not None for row in rows.to_dict("records")], bool)
    grade, lines = grade_name(worst, index.profile, t), []
    for key, chosen in (
        ("index.worst", rows[~likelier]),
        ("index.worst_doubtful", rows[likelier]),
    ):
        items = [
            t("index.worst_one", name=names("villages", village), chance=t.percent(chance, 0))
            if index.edition == "internal"
            else names("villages", village)
            for village, chance in chosen["grade_probability"].items()
        ]
        if items:
            lines.append(t(key, grade=grade, villages=t.listed(items, at_most=_AT_MOST)))
    return lines


def _likelier(row: Mapping[str, Any], profile: IndexProfile) -> str | None:
    """Return the grade that a village has more often than its own over the runs; None if none is."""
    chances = {code: row[f"probability_{code}"] for code in profile.grades.codes}
    likeliest = max(chances, key=lambda code: -1.0 if pd.isna(chances[code]) else chances[code])
    own = row["grade_probability"]
    return None if pd.isna(own) or not chances[likeliest] > own else likeliest


def _plain(value: float, t: Words) -> str:
    """Return a number without decimals that it does not need."""
    return t.number(value, 0 if value == int(value) else 2) if not pd.isna(value) else t.number(None)


def _signed(line: Mapping[str, Any], t: Words) -> str:
    if pd.isna(line["effect"]):
        return t.number(None)
    text = t.number(abs(line["effect"]), 2)
    if line["kind"] == BASE_LINE or line["effect"] == 0:
        return text
    return f"+{text}" if line["effect"] > 0 else f"-{text}"
