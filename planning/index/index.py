"""The safety index of a district's villages for a period: points, score, grade, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from geo.errors import Reason
from planning.index.coherence import consistency, upward_correlations
from planning.index.editions import require_internal, suppressed
from planning.index.gathering import gather
from planning.index.grades import bands, grades_of
from planning.index.montecarlo import Runs, class_ranks, model_of, sensitivity, simulate
from planning.index.panel import CURRENT, WINDOW
from planning.index.places import ABOUT, CLASS
from planning.index.points import Points, score_points
from planning.index.points_doubt import points_graded
from planning.index.profile import GREY
from planning.index.scoring import Scored, score
from planning.profile import PRESENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.index.montecarlo import Model
    from planning.index.panel import Panel
    from planning.index.profile import IndexProfile
    from planning.periods import Period

Edition = Literal["internal", "external"]
INTERNAL: Edition = "internal"
EXTERNAL: Edition = "external"
# Places among fewer villages say little.
_SMALL_CLASS = 8


@dataclass(frozen=True, kw_only=True)
class SafetyIndex:
    """
    The safety index of a district's villages.

    Parameters
    ----------
    villages
        Indexed by village_id, in the order of the codes: name, kind, town_id, station_id, class, present;
        points, points_grade (grey where too few of its indicators are known), points_coverage, vetoed; score,
        score_low, score_high (90 %); grade, grade_probability, sure, and probability_GRADE of each; rank_low,
        rank_high (places in the class, 1 the best, in 90 % of the runs), rank, band, of (villages in the
        class that are judged); coverage, imputed (values that stand in), carried (reports that are overdue);
        pillar_PILLAR (score) and points_PILLAR of each pillar.
    indicators
        A row per village and indicator: village_id, indicator, pillar, count (of the period), window_count,
        raw, value, low, high (rates per 10,000 and year, shares in per cent), normalised, imputed, carried.
    points
        The explainable points, line by line.
    scored
        The statistical index with its stages.
    yardsticks
        A row per indicator: worst, best, origin, weight (inside its group), effective (in the whole).
    panel
        What it was computed from.
    runs
        How many Monte-Carlo runs it rests on, and how many of them tell the grades.
    edition
        internal, or external: without counts and scores (see `planning.index.editions`).
    notes
        What was left out or could not be told.
    """

    villages: pd.DataFrame
    indicators: pd.DataFrame
    points: Points
    scored: Scored
    yardsticks: pd.DataFrame
    panel: Panel
    runs: tuple[int, int]
    edition: Edition
    notes: tuple[Reason, ...]

    @property
    def profile(self) -> IndexProfile:
        """After which it was computed."""
        return self.panel.profile

    def summary(self) -> dict[str, Any]:
        """Return the headline: what was asked, how many villages have which grade, how sure it all is."""
        villages, period = self.villages, self.panel.period
        judged = villages[villages["grade"] != GREY]
        codes = (*self.profile.grades.codes, GREY)
        grades = villages["grade"].value_counts()
        window = self.panel.spans[WINDOW].days
        return {
            "profile": self.profile.code,
            "period": period.name,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "window": [window.first.isoformat(), window.last.isoformat()],
            "basis": self.panel.basis,
            "edition": self.edition,
            "count": len(villages),
            "judged": len(judged),
            "grades": {code: int(grades.get(code, 0)) for code in codes},
            "sure": int(judged["sure"].sum()),
            "vetoed": int(villages["vetoed"].sum()),
            "mean_score": _mean(judged["score"]),
            "mean_points": _mean(villages["points"]),
            "median_rank_range": _median(judged["rank_high"] - judged["rank_low"]),
            "runs": self.runs[0],
            "runs_graded": self.runs[1],
        }


def safety_index(
    tables: Mapping[str, pd.DataFrame],
    profile: IndexProfile,
    period: Period,
    *,
    basis: str | None = None,
    edition: Edition = INTERNAL,
    runs: int | None = None,
    seed: int = 0,
) -> SafetyIndex:
    """
    Return the safety index of a district's villages for a period.

    Parameters
    ----------
    tables
        As for `planning.index.gathering.gather`.
    basis
        统计口径 of the calls; None for the profile's.
    edition
        internal, or external: without counts and scores.
    runs
        Monte-Carlo runs; None for the profile's.
    seed
        The same seed gives the same index.

    Raises
    ------
    SettingError, SchemaError
        As `planning.index.gathering.gather`.
    """
    return index_of(gather(tables, profile, period, basis=basis), edition=edition, runs=runs, seed=seed)


def index_of(
    panel: Panel, *, edition: Edition = INTERNAL, runs: int | None = None, seed: int = 0
) -> SafetyIndex:
    """Return the safety index of a panel; see `safety_index`."""
    profile, scored, points = panel.profile, score(panel), score_points(panel)
    model = model_of(profile, scored, panel.villages[CLASS])
    found = simulate(model, profile.grades.score, runs=runs, seed=seed)
    index = SafetyIndex(
        villages=_villages(panel, scored, points, model, found, seed),
        indicators=_indicators(panel, scored),
        points=points,
        scored=scored,
        yardsticks=_yardsticks(scored),
        panel=panel,
        runs=(len(found.ranks), found.on_goalposts),
        edition=edition,
        notes=(*panel.notes, *scored.notes, *_village_notes(panel, scored), *_period_notes(panel)),
    )
    return suppressed(index) if edition == EXTERNAL else index


def doubts(index: SafetyIndex, *, points: int = 256, seed: int = 0) -> pd.DataFrame:
    """Return which doubt the places hang on most; see `planning.index.montecarlo.sensitivity`."""
    require_internal(index, "doubts")
    model = model_of(index.profile, index.scored, index.panel.villages[CLASS])
    nominal = index.scored.scores[index.scored.structure.root].to_numpy(dtype=float)
    return sensitivity(model, nominal, points=points, seed=seed)


def audit(index: SafetyIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return whether indicators and groups belong together; see `planning.index.coherence`."""
    require_internal(index, "audit")
    scores, tree = index.scored.scores, index.scored.structure
    return consistency(scores, tree), upward_correlations(scores, tree)


def _villages(
    panel: Panel, scored: Scored, points: Points, model: Model, runs: Runs, seed: int
) -> pd.DataFrame:
    profile, root = panel.profile, scored.structure.root
    table = panel.villages[[*ABOUT, CLASS, PRESENT]].copy()
    table["points"] = points.total
    table["vetoed"] = points.vetoed
    enough = points.coverage >= profile.least_known
    table["points_grade"] = grades_of(points.total, profile.grades.codes, profile.grades.points).where(
        enough, GREY
    )
    table["points_coverage"] = points.coverage
    table["score"] = scored.scores[root].reindex(table.index)
    table["score_low"] = _spread(scored, runs.low).reindex(table.index)
    table["score_high"] = _spread(scored, runs.high).reindex(table.index)
    table = table.join(_graded(panel, scored, runs, table, seed))
    table = table.join(_places(scored, model, runs))
    table["coverage"] = scored.coverage
    table["imputed"] = scored.imputed.sum(axis=1)
    table["carried"] = panel.carried.sum(axis=1)
    for pillar in profile.pillars:
        mine = scored.scores.get(pillar.code)
        table[f"pillar_{pillar.code}"] = np.nan if mine is None else mine.reindex(table.index)
    return table.join(points.pillars.add_prefix("points_"))


def _graded(panel: Panel, scored: Scored, runs: Runs, table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the grade of each village and how sure it is; grey villages have none."""
    grades = panel.profile.grades
    kept = scored.kept
    if grades.by == "score":
        grade = grades_of(table["score"], grades.codes, grades.score)
        shares = pd.DataFrame(
            (runs.graded / max(runs.on_goalposts, 1)).T, index=table.index[kept], columns=list(grades.codes)
        )
    else:
        grade = table["points_grade"].where(kept, GREY)
        counted = points_graded(panel, scored, grades.points, runs=len(runs.ranks), seed=seed)
        shares = pd.DataFrame(counted.T / len(runs.ranks), index=table.index, columns=list(grades.codes))
        shares = shares[grade != GREY]
    # A veto is a fact, and no matter of chance.
    held = table.index[(grade != GREY) & table["vetoed"] & (grades.by == "points")]
    shares.loc[held] = 0.0
    for village in held:
        shares.loc[village, grade[village]] = 1.0
    shares = shares.reindex(table.index)
    own = [shares.at[v, g] if g != GREY else np.nan for v, g in grade.items()]
    found = pd.DataFrame({"grade": grade, "grade_probability": own}, index=table.index)
    found["sure"] = found["grade_probability"] >= panel.profile.doubt.sure
    return found.join(shares.add_prefix("probability_"))


def _places(scored: Scored, model: Model, runs: Runs) -> pd.DataFrame:
    """Return where each village stands in its class; grey ones stand nowhere."""
    nominal = scored.scores[scored.structure.root].to_numpy(dtype=float)
    low, high = runs.rank_range() if len(nominal) else (np.zeros(0), np.zeros(0))
    sizes = np.bincount(model.classes, minlength=1)
    return pd.DataFrame(
        {
            "rank": class_ranks(nominal[None, :], model.classes)[0],
            "rank_low": low,
            "rank_high": high,
            "band": bands(nominal, runs.ranks, model.classes),
            "of": sizes[model.classes],
        },
        index=scored.scores.index,
    ).astype("Int64")


def _spread(scored: Scored, values: np.ndarray[Any, np.dtype[np.float64]]) -> pd.Series:
    return pd.Series(values, index=scored.scores.index)


def _indicators(panel: Panel, scored: Scored) -> pd.DataFrame:
    parts = []
    for code in scored.structure.indicators:
        parts.append(
            pd.DataFrame(
                {
                    "village_id": panel.villages.index,
                    "indicator": code,
                    "pillar": panel.profile.pillar_of(code),
                    "count": panel.spans[CURRENT].counts[code].to_numpy(),
                    "window_count": panel.spans[WINDOW].counts[code].to_numpy(),
                    "raw": scored.raw[code].to_numpy(),
                    "value": scored.values[code].to_numpy(),
                    "low": scored.low[code].to_numpy(),
                    "high": scored.high[code].to_numpy(),
                    "normalised": scored.normalised[code].reindex(panel.villages.index).to_numpy(),
                    "imputed": scored.imputed[code].to_numpy(),
                    "carried": panel.carried[code].to_numpy(),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"village_id": []})
    return table.sort_values("village_id", kind="stable", ignore_index=True)


def _yardsticks(scored: Scored) -> pd.DataFrame:
    effective = scored.structure.effective_weights()
    rows = {
        code: {
            "worst": found.worst,
            "best": found.best,
            "origin": found.origin,
            "weight": scored.structure.weight(code),
            "effective": float(effective[code]),
        }
        for code, found in scored.yardsticks.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")


def _village_notes(panel: Panel, scored: Scored) -> list[Reason]:
    notes = []
    whole = panel.profile.structure()
    weights = whole.effective_weights()[list(whole.indicators)]
    share = float(weights[list(scored.structure.indicators)].sum() / weights.sum())
    if share < panel.profile.least_known:
        notes.append(Reason("index_thin", {"share": share, "limit_share": panel.profile.least_known}))
    present = panel.villages[PRESENT]
    if empty := present.index[present == 0].tolist():
        notes.append(Reason("villages_without_residents", {"count": len(empty), "villages": tuple(empty)}))
    grey = scored.kept.index[~scored.kept].tolist()
    if grey:
        facts = {"count": len(grey), "villages": tuple(grey), "share": panel.profile.least_known}
        notes.append(Reason("villages_grey", facts))
    if stood_in := int(scored.imputed.to_numpy().sum()):
        notes.append(Reason("values_imputed", {"count": stood_in}))
    if overdue := int(panel.carried.to_numpy().sum()):
        notes.append(Reason("reports_overdue", {"count": overdue}))
    sizes = panel.villages.loc[scored.kept, CLASS].value_counts()
    if small := [str(name) for name, size in sizes.items() if size < _SMALL_CLASS]:
        notes.append(Reason("classes_small", {"classes": tuple(small), "count": _SMALL_CLASS}))
    return notes


def _period_notes(panel: Panel) -> list[Reason]:
    shortest, longest = panel.profile.points.days
    days = panel.period.days
    has_rules = any(item.rules for item in panel.profile.indicators)
    if has_rules and not shortest <= days <= longest:
        return [Reason("points_period", {"found": days, "first": shortest, "last": longest})]
    return []


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if values.notna().any() else None


def _median(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.median()) if len(known) else None
