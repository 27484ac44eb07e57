"""What is beyond chance in a period: as facts and as lines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from planning.alerts import ALL, DOWN, DRIFT, UP
from planning.busy_towns import BUSY, JOINS, LEAVES
from planning.small_counts import SMALLEST_SHOWN
from ui.change_tables import EXTERNAL, basis_note
from ui.columns import aligned
from ui.period_words import period_label
from ui.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.alert_report import AlertReport
    from planning.funnel import Funnel
    from planning.index.profile import IndexProfile
    from ui.names import PlaceNames
    from ui.words import Words

PER = 10_000
# What the counts of single villages would be read off from.
_COUNTS = ("observed", "expected", "low", "high", "p", "sums")
# A town's mean of three months is told by the month for whether it is small: of the shortest.
_SHORTEST_MONTH = 28


@dataclass(frozen=True, kw_only=True)
class AlertAnswer:
    """
    What was found, for whom, and in whose words.

    Parameters
    ----------
    report
        What was found.
    names
        What places are called.
    district
        Its name.
    edition
        One of `ui.change_tables.EDITIONS`; the external one tells no counts of villages.
    profile
        Whose pillars were watched.
    basis_given
        Whether the 统计口径 was asked for, and not the widest taken.
    """

    report: AlertReport
    names: PlaceNames
    district: str
    edition: str
    profile: IndexProfile
    basis_given: bool = False

    @property
    def external(self) -> bool:
        """Whether it leaves the house."""
        return self.edition == EXTERNAL


def alert_facts(answer: AlertAnswer, t: Words) -> dict[str, Any]:
    """Return what was found as one object of plain values; without the counts of villages if external."""
    report, external, names = answer.report, answer.external, answer.names
    found, asked = report.alerts, report.asked
    rows = [_alert(row, answer, t) for row in found.rows.to_dict("records")]
    return {
        "period": asked.period.name,
        "basis": report.calls.basis,
        "source": "reported",
        "edition": answer.edition,
        "villages": found.places,
        "history": found.periods,
        "tests": found.tests,
        "levels": {name: getattr(asked.params, name) for name in ("jump", "kinds", "drift")},
        "alerts": [row for row in rows if row["direction"] == UP],
        "falls": [row for row in rows if row["direction"] == DOWN],
        "expected_false": {
            "alerts": round(found.expected_false[UP], 2),
            "falls": round(found.expected_false[DOWN], 2),
        },
        "pillars": [
            {
                "pillar": code,
                "name": _pillar(answer, code, t),
                "series": series,
                "categories": list(categories),
            }
            for code, (series, categories) in report.pillars.items()
        ],
        "measures": dict(asked.measures),
        "red_if_up_30_percent": found.naive,
        "overdispersion": {name: round(value, 5) for name, value in found.excess.items()},
        "funnels": [_funnel(kind, one, names, external=external) for kind, one in report.funnels.items()],
        "busy_towns": None if report.towns is None else _towns(report, names, external=external),
        "satisfaction": None if report.satisfied is None else _satisfaction(report, names, external=external),
        "notes": [{"code": note.code, "facts": dict(note.facts)} for note in report.notes],
    }


def _alert(row: Mapping[str, Any], answer: AlertAnswer, t: Words) -> dict[str, Any]:
    found = {
        "village_id": row["place_id"],
        "name": answer.names("villages", row["place_id"]),
        "series": row["series"],
        "series_name": series_name(row["series"], answer, t),
        "kind": row["kind"],
        "direction": row["direction"],
        "since": row["since"],
        "told": row["told"],
    }
    return found if answer.external else {**found, **{name: _value(row[name]) for name in _COUNTS}}


def series_name(series: str, answer: AlertAnswer, t: Words) -> str:
    """Return what is counted in a series, with the pillars that it is all of."""
    if series == ALL:
        return t("alerts.all")
    group, _, code = series.partition(":")
    if group == "pillar":
        return _pillar(answer, code, t)
    pillars = [
        _pillar(answer, pillar, t) for pillar, (name, _) in answer.report.pillars.items() if name == series
    ]
    name = t.name(group, code)
    return t("alerts.of_pillar", name=name, pillar=t.listed(pillars)) if pillars else name


def _pillar(answer: AlertAnswer, code: str, t: Words) -> str:
    names = next((pillar.name for pillar in answer.profile.pillars if pillar.code == code), {})
    return names.get(t.lang) or code


def _funnel(kind: str, one: Funnel, names: PlaceNames, *, external: bool) -> dict[str, Any]:
    outside = one.rows[one.rows["position"].fillna(0) != 0].sort_values("z", ascending=False)
    counts = {} if external else {"observed": int, "exposure": float, "expected": float, "z": float}
    return {
        "kind": kind or None,
        "places": int(one.rows["position"].notna().sum()),
        "rate_per_10000": one.target * PER,
        "dispersion": one.dispersion,
        "adjusted": one.adjusted,
        "outside": [
            {
                "village_id": str(label),
                "name": names("villages", label),
                "position": int(row["position"]),
                **{name: cast(row[name]) for name, cast in counts.items()},
            }
            for label, row in outside.iterrows()
        ],
    }


def _towns(report: AlertReport, names: PlaceNames, *, external: bool) -> dict[str, Any]:
    assert report.towns is not None
    rule = report.asked.rule
    rows = []
    for label, row in report.towns.iterrows():
        # What is fewer a month is a count that stays inside; one decimal gives none away exactly.
        small = external and min(row["a_day"], row["last"]) * _SHORTEST_MONTH < SMALLEST_SHOWN
        told = {name: _value(row[name]) for name in ("a_day", "low", "high", "last")}
        figures = {
            name: None if small else round(value, 1) if external else value for name, value in told.items()
        }
        rows.append(
            {
                "town_id": str(label),
                "name": names("towns", label),
                "state": row["state"],
                **figures,
                "since": _value(row["since"]),
            }
        )
    return {**asdict(rule), "towns": rows}


def _satisfaction(report: AlertReport, names: PlaceNames, *, external: bool) -> dict[str, Any]:
    assert report.satisfied is not None
    rows = {
        str(label): {name: _value(value) for name, value in row.items()}
        for label, row in report.satisfied.iterrows()
    }
    district = {name: value for name, value in rows.pop("").items() if name != "below"}
    villages = (
        []
        if external
        else [{"village_id": label, "name": names("villages", label), **row} for label, row in rows.items()]
    )
    return {"design_effect": report.asked.design_effect, "district": district, "villages": villages}


def _value(value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def alert_lines(answer: AlertAnswer, t: Words) -> list[str]:
    """Return what was found as lines for the terminal."""
    facts, report = alert_facts(answer, t), answer.report
    basis = basis_note(report.calls.basis, answer.profile, t, given=answer.basis_given)
    return [
        t("alerts.title", district=visible(answer.district), period=period_label(report.asked.period, t)),
        _judged(facts, t),
        *_found_lines("alerts", facts, t),
        *_found_lines("falls", facts, t),
        *(
            [t("alerts.held")]
            if any(row["kind"] == DRIFT for row in facts["alerts"] + facts["falls"])
            else []
        ),
        *_beside(facts, t),
        *(t("score.note") + text for text in [*basis, *(t.reason(note) for note in report.notes)]),
    ]


def alert_sentences(answer: AlertAnswer, t: Words) -> list[str]:
    """Return what is said beside the lists of villages: how they were judged, towns, satisfaction, notes."""
    facts = alert_facts(answer, t)
    notes = [t("score.note") + t.reason(note) for note in answer.report.notes]
    return [_judged(facts, t), *_beside(facts, t), *notes]


def _judged(facts: Mapping[str, Any], t: Words) -> str:
    return t(
        "alerts.judged",
        villages=t.number(facts["villages"]),
        tests=t.number(facts["tests"]),
        history=facts["history"],
        basis=t.name("count_basis", facts["basis"]),
    )


def _beside(facts: Mapping[str, Any], t: Words) -> list[str]:
    return [
        t("alerts.naive", count=t.number(facts["red_if_up_30_percent"])),
        *(_funnel_line(one, t) for one in facts["funnels"]),
        *_town_lines(facts["busy_towns"], t),
        *_satisfaction_lines(facts["satisfaction"], t),
    ]


def _found_lines(what: str, facts: Mapping[str, Any], t: Words) -> list[str]:
    rows, months = facts[what], len(facts["period"]) == len("2026-10")
    head = t(f"alerts.{what}", count=t.number(len(rows)), expected=t.number(facts["expected_false"][what], 1))
    cells = [["  " + row["name"], row["series_name"], *alert_figures(row, t, months=months)] for row in rows]
    return [head, *aligned(cells, left=3)] if rows else [head]


def alert_figures(row: Mapping[str, Any], t: Words, *, months: bool) -> list[str]:
    """Return how a village changed, what was observed, what was expected, how sure it is."""
    drift = row["kind"] == DRIFT
    # Natural months are told as such, other periods by their first day.
    end = len("2026-10") if months else None
    how = t(f"alerts.{row['kind']}_{row['direction']}", since=row["since"][:end], told=row["told"][:end])
    if "observed" not in row:
        return [how]
    expected = t(
        "alerts.expected",
        expected=t.number(row["expected"], 1),
        low=t.number(row["low"]),
        high=t.number(row["high"]),
    )
    return [how, t.number(row["observed"]), expected, "" if drift else f"p = {row['p']:.1g}"]


def _funnel_line(one: Mapping[str, Any], t: Words) -> str:
    ends = {
        side: t.listed(row["name"] for row in one["outside"] if row["position"] * sign > 0)
        for side, sign in (("high", 1), ("low", -1))
    }
    return t(
        "alerts.funnel",
        kind=t.name("village", one["kind"]) if one["kind"] else t("table.every"),
        rate=t.number(one["rate_per_10000"], 1),
        dispersion=t.number(one["dispersion"], 1),
        **{side: named or t("alerts.nobody") for side, named in ends.items()},
    )


def _town_lines(found: Mapping[str, Any] | None, t: Words) -> list[str]:
    if found is None:
        return []
    by_state = {
        state: t.listed(
            f"{row['name']}{'' if row['a_day'] is None else ' ' + t.number(row['a_day'], 1)}"
            for row in found["towns"]
            if row["state"] == state
        )
        or t("alerts.nobody")
        for state in (BUSY, JOINS, LEAVES)
    }
    limits = {name: t.number(found[name], 1) for name in ("a_day", "stays_from")}
    return [t("alerts.towns", months=found["periods"], **limits, **by_state)]


def _satisfaction_lines(found: Mapping[str, Any] | None, t: Words) -> list[str]:
    if found is None:
        return []
    district = found["district"]
    shares = {name: t.percent(district[name]) for name in ("share", "low", "high")}
    below = [
        row["name"]
        for row in found["villages"]
        if row["high"] is not None and row["high"] < district["share"]
    ]
    return [
        t(
            "alerts.satisfaction",
            **shares,
            asked=t.number(district["asked"]),
            below=t.listed(below) or t("alerts.nobody"),
        )
    ]
