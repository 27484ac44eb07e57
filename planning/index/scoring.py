"""
The statistical index of villages: rates that know how sure they are, on a scale that stands still, added up.

Goalposts, treatments and weights that come out of data come out of the base year, so that all periods of a
year are measured by the same yardstick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.errors import Reason, SettingError
from planning.index.aggregating import aggregate, combine
from planning.index.ahp import judge, judgements
from planning.index.imputing import impute
from planning.index.normalising import goalposts
from planning.index.panel import BASE, WINDOW
from planning.index.places import CLASS
from planning.index.reports import PER_EXPOSURE
from planning.index.screening import coverage
from planning.index.smoothing import Smoothed, smooth_rates, smooth_shares
from planning.index.structure import Structure
from planning.index.treating import Treatment, TreatParams, fit_treatment
from planning.index.weighting import entropy_weights, optimised_weights, pca_weights
from planning.profile import PRESENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planning.index.panel import Panel, Span
    from planning.index.profile import Group, IndexProfile, Indicator

    Floats = NDArray[np.float64]

# Rates of people are told per 10,000 of them and year, those of ground or villages per one; shares per cent.
PER_PEOPLE, PER_CENT = 10_000.0, 100.0
_PEOPLE = (PRESENT, "residents", "floating", PER_EXPOSURE)
BEST = 100.0


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """
    What an indicator's values are measured by.

    Parameters
    ----------
    treatment
        Of outliers.
    worst, best
        Goalposts, as people read them.
    origin
        Where they come from: profile, base (year), or window where the base year says nothing.
    """

    treatment: Treatment
    worst: float
    best: float
    origin: str

    def measure(self, values: Floats, floor: float) -> Floats:
        """Return values on the scale from `floor` to 100."""
        ends = self.treatment.apply(np.array([self.worst, self.best]))
        scale = goalposts(self.treatment.apply(values), low=float(ends[0]), high=float(ends[1]), scale=1.0)
        return np.asarray(floor + (BEST - floor) * scale)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """
    The statistical index of the villages of a panel.

    Parameters
    ----------
    observed
        By indicator, the villages' smoothed rates and shares; levels and unsmoothed ones are not in it.
    raw, values, low, high
        Rates per 10,000 and year, shares in per cent, levels: as counted, smoothed, and between which bounds
        (90 %); a row per village, a column per indicator that is in use.
    imputed
        Which of the values stand in for missing ones.
    coverage
        Share of each village's indicators that is known; those that the whole district lacks, and optional
        ones, are not asked for.
    kept
        Whether that is enough.
    yardsticks
        By indicator.
    normalised, scores
        Of the villages that are kept: indicators, and with all groups, on the scale from floor to 100.
    structure
        The tree that is in use, with the weights that were used.
    notes
        What was left out.
    """

    observed: Mapping[str, Smoothed]
    raw: pd.DataFrame
    values: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    imputed: pd.DataFrame
    coverage: pd.Series
    kept: pd.Series
    yardsticks: Mapping[str, Yardstick]
    normalised: pd.DataFrame
    scores: pd.DataFrame
    structure: Structure
    notes: tuple[Reason, ...]


def score(panel: Panel) -> Scored:
    """
    Return the statistical index of a panel's villages.

    Raises
    ------
    SettingError
        ``index_without_data`` if no indicator has any; ``index_all_equal`` if none tells villages apart.
    """
    profile, notes = panel.profile, []  # type: ignore[var-annotated]
    classes = panel.villages[CLASS].to_numpy()
    seen = {item.code: _observe(item, panel.spans[WINDOW], classes) for item in profile.indicators}
    base = {item.code: _observe(item, panel.spans[BASE], classes) for item in profile.indicators}
    used = [item for item in profile.indicators if seen[item.code].known.any()]
    values = _frame(panel, {item.code: seen[item.code].values for item in used})
    wanted = [item.code for item in used if not item.optional] or list(values.columns)
    known = coverage(values, wanted)
    kept = known >= profile.least_known
    yardsticks = _yardsticks(profile, used, seen, base, kept.to_numpy(), notes)
    if not yardsticks:
        raise SettingError("index_all_equal" if used else "index_without_data")
    structure = profile.structure().without(set(profile.structure().indicators) - set(yardsticks))
    names = list(structure.indicators)
    filled, imputed = _fill(profile, values.loc[kept, names], panel.villages.loc[kept, CLASS])
    normalised = _measured(filled, yardsticks, profile.floor)
    yardstick_values = _measured(_frame(panel, {n: base[n].values for n in names}), yardsticks, profile.floor)
    structure = _weighted(profile, structure, yardstick_values, notes)
    return Scored(
        observed={name: found for name in names if (found := seen[name].smoothed) is not None},
        raw=_frame(panel, {name: seen[name].raw for name in names}),
        values=values[names].where(~imputed.reindex(values.index, fill_value=False), filled),
        low=_frame(panel, {name: seen[name].low for name in names}),
        high=_frame(panel, {name: seen[name].high for name in names}),
        imputed=imputed.reindex(values.index, fill_value=False),
        coverage=known,
        kept=kept,
        yardsticks=yardsticks,
        normalised=normalised,
        scores=aggregate(normalised, structure),
        structure=structure,
        notes=tuple(notes),
    )


def scale_of(item: Indicator) -> float:
    """Return by what an indicator's rate or share is multiplied to be read: 10,000 people, per cent, or 1."""
    if item.measure == "share":
        return PER_CENT
    return PER_PEOPLE if item.measure == "rate" and item.per in _PEOPLE else 1.0


@dataclass(frozen=True, kw_only=True)
class _Observed:
    """An indicator's values of all villages, as people read them, and how sure they are."""

    raw: Floats
    values: Floats
    low: Floats
    high: Floats
    smoothed: Smoothed | None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Of which villages a value is known."""
        return ~np.isnan(self.values)


def _observe(item: Indicator, span: Span, classes: NDArray[Any]) -> _Observed:
    counts = span.counts[item.code].to_numpy(dtype=float)
    if item.measure == "level":
        return _Observed(raw=counts, values=counts, low=counts, high=counts, smoothed=None)
    exposure, scale = span.exposure[item.code].to_numpy(dtype=float), scale_of(item)
    below = np.where(exposure > 0, exposure, np.nan)
    raw = counts / below * scale
    if not item.smoothed or not np.isfinite(raw).any():
        return _Observed(raw=raw, values=raw, low=raw, high=raw, smoothed=None)
    smooth = smooth_rates if item.measure == "rate" else smooth_shares
    found = smooth(counts, exposure, groups=classes)
    low, high = found.interval()
    return _Observed(raw=raw, values=found.mean * scale, low=low * scale, high=high * scale, smoothed=found)


def _frame(panel: Panel, columns: Mapping[str, Floats]) -> pd.DataFrame:
    return pd.DataFrame(dict(columns), index=panel.villages.index, dtype=float)


def _yardsticks(
    profile: IndexProfile,
    used: Sequence[Indicator],
    seen: Mapping[str, _Observed],
    base: Mapping[str, _Observed],
    kept: NDArray[np.bool_],
    notes: list[Reason],
) -> dict[str, Yardstick]:
    """Return what each indicator is measured by; one in which all are equal cannot be, and is noted."""
    found = {}
    for item in used:
        told = base[item.code].values[base[item.code].known]
        origin = "base" if len(told) else "window"
        if not len(told):
            told = seen[item.code].values[seen[item.code].known & (kept | ~kept.any())]
        # Posts that the profile gives stand where it puts them, whatever the values are.
        treated = profile.treating == "skew" and item.goalposts is None
        treatment = fit_treatment(told, TreatParams()) if treated else Treatment()
        posts = item.goalposts or _posts(told, item.direction, profile.quantiles)
        if posts is None:
            notes.append(Reason("indicator_constant", {"code": item.code}))
            continue
        if item.goalposts is not None:
            origin = "profile"
        found[item.code] = Yardstick(treatment=treatment, worst=posts[0], best=posts[1], origin=origin)
    return found


def _posts(values: Floats, direction: int, quantiles: tuple[float, float]) -> tuple[float, float] | None:
    """Return worst and best goalpost; None where all values are equal."""
    if not len(values):
        return None
    low, high = (float(mark) for mark in np.quantile(values, quantiles))
    if math.isclose(low, high, rel_tol=1e-9):
        low, high = float(values.min()), float(values.max())
    if math.isclose(low, high, rel_tol=1e-9):
        return None
    return (low, high) if direction > 0 else (high, low)


def _fill(
    profile: IndexProfile, values: pd.DataFrame, classes: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return values with single missing ones made good, and which; what may lack, lacks."""
    may_lack = [i.code for i in profile.indicators if (i.optional or i.entered) and i.code in values]
    filled, imputed = impute(values, profile.imputing, groups=classes)
    if profile.imputing.startswith("group"):
        # What a whole class lacks is taken from the district.
        district, more = impute(filled, "median")
        filled, imputed = district, imputed | more
    filled[may_lack], imputed[may_lack] = values[may_lack], False
    return filled, imputed


def _measured(values: pd.DataFrame, yardsticks: Mapping[str, Yardstick], floor: float) -> pd.DataFrame:
    columns = {
        str(name): yardsticks[str(name)].measure(values[name].to_numpy(dtype=float), floor)
        for name in values.columns
    }
    return pd.DataFrame(columns, index=values.index)


def _weighted(
    profile: IndexProfile, structure: Structure, base: pd.DataFrame, notes: list[Reason]
) -> Structure:
    """Return the tree with weights from where each group has them; those of data from the base year."""
    columns = {name: base[name] for name in structure.indicators}
    parts = {group.code: group for group in profile.groups}
    for code in structure.groups:
        group, members = parts[code], structure.members(code)
        weights = _weights(group, pd.DataFrame({name: columns[name] for name in members}), notes)
        structure = structure.with_weights({name: weights[name] for name in members})
        block = np.column_stack([columns[name].to_numpy() for name in members])
        own = np.array([structure.weight(name) for name in members])
        columns[code] = pd.Series(combine(block, own, group.method, power=group.power), index=base.index)
    return structure


def _weights(group: Group, members: pd.DataFrame, notes: list[Reason]) -> dict[str, float]:
    given = {member.code: member.weight for member in group.members}
    if group.pairwise:
        judged = judge(judgements(list(given), group.pairwise))
        if not judged.consistent:
            first, second, agreed = judged.worst
            facts = {"code": group.code, "ratio": judged.ratio, "pair": (first, second), "agreed": agreed}
            notes.append(Reason("judgements_inconsistent", facts))
        return {str(name): float(weight) for name, weight in judged.weights.items()}
    if group.weighting == "given" or len(members.columns) < 2:
        return given
    if group.weighting == "equal":
        return dict.fromkeys(given, 1.0)
    found = _weights_of_data(group, members.dropna())
    if found is None:
        facts = {"code": group.code, "weighting": group.weighting}
        notes.append(Reason("weights_fell_back", facts))
        return dict.fromkeys(given, 1.0)
    against = [str(name) for name, weight in found.items() if weight < 0]
    if against:
        notes.append(Reason("weights_negative", {"code": group.code, "found": against}))
    return {**given, **{str(name): max(float(weight), 0.0) for name, weight in found.items()}}


def _weights_of_data(group: Group, told: pd.DataFrame) -> pd.Series | None:
    """Return weights out of the base year; None where too few villages are known or all are equal."""
    if len(told) < 2 or (told.nunique() < 2).all():
        return None
    if group.weighting == "optimised":
        tree = Structure(parents=dict.fromkeys(told.columns, group.code), methods={group.code: group.method})
        found = optimised_weights(told, tree, level=1)["weight"]
    else:
        found = entropy_weights(told) if group.weighting == "entropy" else pca_weights(told)
    return found if np.isfinite(found).all() and (found > 0).any() else None
