"""
Points that everyone can recompute: what each village begins with, what is taken and given, by count and rule.

All of it is whole numbers of hundredths. A quantity is rounded to hundredths first, as it is printed, and
what follows from it is rounded again, halves upwards: whoever has the sheet and a pencil comes to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planning.index.panel import BASE, CURRENT, DAYS_A_YEAR, PREVIOUS, YEAR_BEFORE
from planning.index.profile import Group, Indicator
from planning.index.reports import PER_EXPOSURE, PER_VILLAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from planning.index.panel import Panel
    from planning.index.profile import IndexProfile, Rule

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

HUNDREDTHS = 100
# Kinds of lines.
BASE_LINE, RULE, FULL, FLOOR, CEILING, VETO = "base", "rule", "full", "floor", "ceiling", "veto"
_SPAN_OF = {"year_before": YEAR_BEFORE, "previous": PREVIOUS}


@dataclass(frozen=True, kw_only=True)
class Points:
    """
    The points of a panel's villages.

    Parameters
    ----------
    total
        Points of each village.
    pillars
        Points that each pillar takes (below 0) and gives, caps included: a row per village, missing where
        the period knows nothing of the pillar.
    vetoed
        Whether a veto holds the village down.
    coverage
        Share of the indicators with rules that the period knows of each village; optional ones are not asked
        for. What is unknown takes nothing, so that few of them make many points.
    lines
        One calculation after the other: village_id, line (from 1), kind (base, rule, full, floor, ceiling,
        veto), pillar, indicator, rule (from 1), what, against, side, count (of the period), compared (what a
        change, a rate or a share is told against), quantity, beyond, step, per, each (points for a step),
        cap, effect, running. Effects add up to the total exactly.
    """

    total: pd.Series
    pillars: pd.DataFrame
    vetoed: pd.Series
    coverage: pd.Series
    lines: pd.DataFrame

    def of(self, village: str) -> pd.DataFrame:
        """Return the lines of one village."""
        return self.lines[self.lines["village_id"] == village]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """
    What rules are applied to: arrays whose last axis are the villages.

    Parameters
    ----------
    counts, trials
        By indicator, of the period.
    before
        By indicator and what a change is told against, what it was then.
    denominators
        By indicator, of how many people, or of how much, a rate is.
    """

    counts: Mapping[str, Floats]
    trials: Mapping[str, Floats]
    before: Mapping[tuple[str, str], Floats]
    denominators: Mapping[str, Floats]


@dataclass(frozen=True, kw_only=True)
class _Applied:
    """A rule applied: hundredths of points and of the quantity; unknown where data lack."""

    indicator: Indicator
    number: int
    rule: Rule
    effect: Ints
    quantity: Ints
    known: Flags


def score_points(panel: Panel) -> Points:
    """Return the points of a panel's villages, line by line; what is not known takes and gives nothing."""
    facts = facts_of(panel)
    applied = list(_applied(panel.profile, facts))
    capped = _capped(panel.profile, applied)
    rules = panel.profile.points
    base = np.full(len(panel.villages), _hundredths(rules.base), dtype=np.int64)
    running = base + sum((item.effect for item in applied), start=np.int64(0)) + sum(capped.values())
    framed, vetoed = _framed(panel.profile, running, applied)
    total = running + sum(framed.values())
    return Points(
        total=pd.Series(total / HUNDREDTHS, index=panel.villages.index, name="points"),
        pillars=_by_pillar(panel, facts, applied, capped),
        vetoed=pd.Series(vetoed, index=panel.villages.index, name="vetoed"),
        coverage=_coverage(panel, facts),
        lines=_lines(panel, facts, base, applied, capped, framed),
    )


def total_points(profile: IndexProfile, facts: Facts) -> Ints:
    """Return the points in hundredths; facts may have further axes before that of the villages."""
    applied = list(_applied(profile, facts))
    capped = _capped(profile, applied)
    running = np.int64(_hundredths(profile.points.base)) + sum((item.effect for item in applied), np.int64(0))
    running = np.asarray(running + sum(capped.values()), dtype=np.int64)
    framed, _ = _framed(profile, running, applied)
    return np.asarray(running + sum(framed.values()), dtype=np.int64)


def facts_of(panel: Panel) -> Facts:
    """Return what a panel's rules are applied to."""
    current, days = panel.spans[CURRENT], panel.period.days
    counts, trials, before, below = {}, {}, {}, {}
    for item in panel.profile.indicators:
        code = item.code
        counts[code] = current.counts[code].to_numpy(dtype=float)
        exposure = current.exposure[code].to_numpy(dtype=float)
        trials[code] = exposure
        below[code] = _denominator(panel, item, exposure, days)
        for name, span in _SPAN_OF.items():
            before[code, name] = panel.spans[span].counts[code].to_numpy(dtype=float)
        before[code, "district_base"] = _expected(panel, item, exposure)
    return Facts(counts=counts, trials=trials, before=before, denominators=below)


def _denominator(panel: Panel, item: Indicator, exposure: Floats, days: int) -> Floats:
    """Return of how many people, or how much else, a village's rate in the period is."""
    if item.measure != "rate":
        return np.full(len(panel.villages), np.nan)
    if item.per == PER_VILLAGE:
        return np.ones(len(panel.villages))
    if item.per == PER_EXPOSURE:
        return np.round(exposure * DAYS_A_YEAR / days)
    return panel.villages[item.per].to_numpy(dtype=float)


def _expected(panel: Panel, item: Indicator, exposure: Floats) -> Floats:
    """Return how many there would be at the district's rate of the base year, in hundredths' precision."""
    base = panel.spans[BASE]
    whole = float(base.exposure[item.code].sum())
    if item.measure != "rate" or not whole > 0:
        return np.full(len(panel.villages), np.nan)
    rate = float(base.counts[item.code].sum()) / whole
    return _half_up(rate * exposure * HUNDREDTHS) / HUNDREDTHS


def _applied(profile: IndexProfile, facts: Facts) -> Iterator[_Applied]:
    for item in profile.indicators:
        for number, rule in enumerate(item.rules, start=1):
            quantity, known = _quantity(item, rule, facts)
            effect = np.where(known, _effect(rule, quantity), 0).astype(np.int64)
            yield _Applied(
                indicator=item, number=number, rule=rule, effect=effect, quantity=quantity, known=known
            )


def _quantity(item: Indicator, rule: Rule, facts: Facts) -> tuple[Ints, Flags]:
    """Return what a rule looks at, in hundredths, and where it is known."""
    counts = facts.counts[item.code]
    match rule.kind:
        case "each" | "veto" | "level":
            found = counts * HUNDREDTHS
        case "rate":
            found = _ratio(counts * rule.per * HUNDREDTHS, facts.denominators[item.code])
        case "share":
            found = _ratio(counts * 100 * HUNDREDTHS, facts.trials[item.code])
        case "change":
            before = facts.before[item.code, rule.against]
            found = _ratio((counts - before) * 100 * HUNDREDTHS, before)
            found = np.where(np.maximum(counts, before) >= rule.least, found, np.nan)
    known = ~np.isnan(found)
    return _half_up(np.where(known, found, 0.0)).astype(np.int64), known


def _effect(rule: Rule, quantity: Ints) -> Ints:
    """Return the hundredths of points that a rule gives or takes."""
    if rule.kind == "veto":
        return np.zeros(quantity.shape, dtype=np.int64)
    beyond, step = _hundredths(rule.beyond), _hundredths(rule.step)
    excess = np.maximum(quantity - beyond if rule.side == "above" else beyond - quantity, 0)
    if rule.whole:
        excess = excess // step * step
    each = _hundredths(rule.points)
    # Halves upwards, without ever leaving whole numbers.
    size = (2 * abs(each) * excess + step) // (2 * step)
    if rule.cap is not None:
        size = np.minimum(size, _hundredths(rule.cap))
    return np.asarray(np.sign(each) * size, dtype=np.int64)


def _capped(profile: IndexProfile, applied: list[_Applied]) -> dict[str, Ints]:
    """Return by group what is given back where its rules take more than it has, the deepest groups first."""
    taken: dict[str, Ints] = {}
    for item in applied:
        code = item.indicator.code
        taken[code] = taken.get(code, np.int64(0)) + np.minimum(item.effect, 0)
    capped: dict[str, Ints] = {}
    for group in reversed(profile.groups):
        parts = [taken[member.code] for member in group.members if member.code in taken]
        if not parts:
            continue
        whole = np.asarray(sum(parts[1:], start=parts[0]))
        if group.full is not None:
            back = np.maximum(-_hundredths(group.full) - whole, 0)
            if back.any():
                capped[group.code] = back
            whole = whole + back
        taken[group.code] = whole
    return capped


def _framed(profile: IndexProfile, running: Ints, applied: list[_Applied]) -> tuple[dict[str, Ints], Flags]:
    """Return what floor, ceiling and veto add to the points, and which villages are under a veto."""
    rules = profile.points
    low, high = _hundredths(rules.floor), _hundredths(rules.ceiling)
    framed = {FLOOR: np.maximum(low - running, 0), CEILING: np.minimum(high - running, 0)}
    vetoed = np.zeros(running.shape, dtype=bool)
    for item in applied:
        if item.rule.kind == "veto":
            limit = max(_hundredths(item.rule.beyond), 1)
            vetoed |= item.known & (item.quantity >= limit)
    if rules.veto is not None:
        now = running + framed[FLOOR] + framed[CEILING]
        framed[VETO] = np.where(vetoed, np.minimum(_hundredths(rules.veto) - now, 0), 0)
    return framed, vetoed


def _coverage(panel: Panel, facts: Facts) -> pd.Series:
    known = {}
    for item in panel.profile.indicators:
        if item.rules and not item.optional:
            known[item.code] = ~np.isnan(facts.counts[item.code])
            if any(rule.kind == "rate" for rule in item.rules):
                known[item.code] &= facts.denominators[item.code] > 0
    table = pd.DataFrame(known, index=panel.villages.index)
    # Where no rule asks for anything, nothing lacks.
    return table.mean(axis=1).fillna(1.0).rename("points_coverage")


def _by_pillar(
    panel: Panel, facts: Facts, applied: list[_Applied], capped: Mapping[str, Ints]
) -> pd.DataFrame:
    profile = panel.profile
    sums = {pillar.code: np.zeros(len(panel.villages), dtype=np.int64) for pillar in profile.pillars}
    for item in applied:
        sums[profile.pillar_of(item.indicator.code)] += item.effect
    for code, back in capped.items():
        if code != profile.root.code:
            sums[profile.pillar_of(code)] += back
    known = {code: np.zeros(len(panel.villages), dtype=bool) for code in sums}
    for indicator in profile.indicators:
        known[profile.pillar_of(indicator.code)] |= ~np.isnan(facts.counts[indicator.code])
    return pd.DataFrame(
        {code: np.where(known[code], effect / HUNDREDTHS, np.nan) for code, effect in sums.items()},
        index=panel.villages.index,
    )


def _lines(
    panel: Panel,
    facts: Facts,
    base: Ints,
    applied: list[_Applied],
    capped: Mapping[str, Ints],
    framed: Mapping[str, Ints],
) -> pd.DataFrame:
    """Return every calculation, village by village: each group's rules, then what its cap gives back."""
    blocks = [_Block(kind=BASE_LINE, effect=base)]
    ordered = list(_in_order(panel.profile.root))
    for part in ordered:
        if isinstance(part, Indicator):
            blocks += [_rule_line(panel, facts, item) for item in applied if item.indicator is part]
        elif part.code in capped:
            pillar = panel.profile.pillar_of(part.code) if part is not panel.profile.root else ""
            blocks.append(_Block(kind=FULL, pillar=pillar, indicator=part.code, effect=capped[part.code]))
    blocks += [_Block(kind=kind, effect=effect) for kind, effect in framed.items() if effect.any()]
    count = len(panel.villages)
    table = pd.concat([block(count) for block in blocks], keys=range(len(blocks)), names=["line", "village"])
    table = table.reset_index().sort_values(["village", "line"], kind="stable", ignore_index=True)
    keep = ~table["kind"].isin([FULL, FLOOR, CEILING, VETO]) | (table["effect"] != 0)
    table = table[keep].reset_index(drop=True)
    running = table.groupby("village")["effect"].cumsum() / HUNDREDTHS
    numbers = table.groupby("village").cumcount() + 1
    ids = panel.villages.index.to_numpy()[table["village"].to_numpy()]
    table = table.drop(columns=["village", "line"])
    table.insert(0, "village_id", ids)
    table.insert(1, "line", numbers)
    return table.assign(effect=table["effect"] / HUNDREDTHS, running=running)


def _in_order(group: Group) -> Iterator[Group | Indicator]:
    for member in group.members:
        if isinstance(member, Group):
            yield from _in_order(member)
        else:
            yield member
    yield group


class _Block:
    """A block of lines, one for each village, with what is the same for all and what differs."""

    def __init__(self, **columns: object) -> None:
        self._columns = columns

    def __call__(self, count: int) -> pd.DataFrame:
        """Return the block for so many villages."""
        empty = {"pillar": "", "indicator": "", "rule": 0, "what": "", "against": "", "side": ""}
        figures = ("count", "compared", "quantity", "beyond", "step", "per", "each", "cap")
        columns = {"kind": "", **empty, **dict.fromkeys(figures, np.nan), **self._columns}
        return pd.DataFrame(columns, index=range(count))


def _rule_line(panel: Panel, facts: Facts, item: _Applied) -> _Block:
    code, rule = item.indicator.code, item.rule
    compared = {
        "rate": facts.denominators[code],
        "share": facts.trials[code],
        "change": facts.before.get((code, rule.against)),
    }.get(rule.kind)
    return _Block(
        kind=RULE,
        pillar=panel.profile.pillar_of(code),
        indicator=code,
        rule=item.number,
        what=rule.kind,
        against=rule.against if rule.kind == "change" else "",
        side=rule.side,
        count=facts.counts[code],
        compared=np.nan if compared is None else compared,
        quantity=np.where(item.known, item.quantity / HUNDREDTHS, np.nan),
        beyond=rule.beyond,
        step=rule.step,
        per=rule.per if rule.kind == "rate" else np.nan,
        each=rule.points,
        cap=np.nan if rule.cap is None else rule.cap,
        effect=item.effect,
    )


def _ratio(above: Floats, below: Floats) -> Floats:
    above, below = np.broadcast_arrays(above, below)
    found: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return found


def _half_up(values: Floats) -> Floats:
    # A last digit of the division must not turn a half downwards.
    rounded: Floats = np.floor(np.abs(values) + 0.5 + 1e-9) * np.sign(values)
    return rounded


def _hundredths(value: float) -> int:
    return round(value * HUNDREDTHS)
