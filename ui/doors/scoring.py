"""Commands that judge plans: the scorecard of one, and how the one in force fares month by month."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.numbers import Tolerance, Weights, share
from ui.doors.rows import records
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace
    from geo.errors import Reason
    from planning.weight_sensitivity import Sensitivity
    from ui.standing import Standing
    from ui.words import Words

PlanId = Annotated[
    str | None, typer.Option(metavar="ID", help="哪个方案；默认现状 / which plan; default today's")
]

# Months of the trailing window of a drift.
_WINDOW = 12


@told
def score(
    workspace: WorkspacePath,
    plan: PlanId = None,
    assignment: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="编组对应文件 / grid → zone as .csv, .xlsx or .gpkg"),
    ] = None,
    weights: Weights = None,
    tolerance: Tolerance = "0.10",
    rules: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="规模标准 / size rules, e.g. heilongjiang_2007")
    ] = None,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="权重变动的影响 / how the result depends on the weights")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """给方案打分 / score a plan: balance, shape, what is split, what changes."""
    from data.workspace import Workspace
    from planning.scorecard import ScoreParams
    from ui.named_reasons import note_lines
    from ui.scorecard_words import gap_of, score_lines, weights_line
    from ui.sensitivity_words import sensitivity_lines
    from ui.standing import profile_of, stand

    began, say = time.monotonic(), speaker(lang, as_json)
    if plan is not None and assignment is not None:
        raise SettingError("options_clash", name="--plan", other="--assignment")
    params = ScoreParams(tolerance=share("tolerance", tolerance), rules=rules)
    opened = Workspace.open(workspace)
    standing = stand(opened, profile_of(opened, weights, plan))
    chosen = _chosen(opened, standing, plan, assignment, say.t)
    card = standing.scorer(params).score(chosen.assignment)
    depends = _depends(standing, chosen.assignment, params.tolerance) if sensitivity else None
    notes = [*standing.notes, *chosen.notes]
    facts = {
        **card.summary(),
        "id": chosen.plan_id,
        "name": chosen.name,
        "gap": gap_of(card),
        "profile": standing.workload.profile.to_dict(),
        "weights": dict(standing.workload.profile.weights),
        "notes": [{"code": note.code, "facts": dict(note.facts)} for note in notes],
        **({"sensitivity": _sensitivity_facts(depends)} if depends else {}),
        "seconds": round(time.monotonic() - began, 3),
    }
    say.result(
        facts,
        _heading(chosen, say.t),
        *score_lines(card, say.t, standing.names),
        weights_line(standing.workload.profile, say.t),
        *(sensitivity_lines(depends, say.t, standing.names) if depends else []),
        *note_lines(notes, say.t, standing.names),
    )


@told
def drift(
    workspace: WorkspacePath,
    plan: PlanId = None,
    tolerance: Tolerance = "0.10",
    weights: Weights = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """方案逐月走样的情况，何时值得重划 / how a plan fares month by month, and when a redraw starts to pay."""
    from data.workspace import Workspace
    from planning.drift import drift as drifting
    from ui.drift_words import drift_lines
    from ui.named_reasons import named_reason, note_lines
    from ui.standing import profile_of, stand

    began, say = time.monotonic(), speaker(lang, as_json)
    allowed = share("tolerance", tolerance)
    opened = Workspace.open(workspace)
    profile = profile_of(opened, weights, plan)
    standing = stand(opened, profile)
    chosen = _chosen(opened, standing, plan, None, say.t)
    found = drifting(
        standing.tables,
        chosen.assignment,
        profile=profile,
        tolerance=allowed,
        window=_WINDOW,
        stations=standing.graph.grids["station_id"],
    )
    facts = {
        **found.summary(),
        "id": chosen.plan_id,
        "name": chosen.name,
        "tolerance": allowed,
        "weights": dict(found.profile.weights),
        "by_month": records(found.months.reset_index()),
        "reasons": [{"code": why.code, "facts": dict(why.facts)} for why in found.reasons],
        "notes": [{"code": note.code, "facts": dict(note.facts)} for note in found.notes],
        "seconds": round(time.monotonic() - began, 3),
    }
    say.result(
        facts,
        _heading(chosen, say.t),
        *drift_lines(found, say.t, window=_WINDOW),
        *(named_reason(why, say.t, standing.names) for why in found.reasons),
        *note_lines(found.notes, say.t, standing.names),
    )


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """The plan that a command is about."""

    plan_id: str | None
    name: str
    assignment: pd.Series
    notes: tuple[Reason, ...] = ()


def _heading(chosen: _Chosen, t: Words) -> str:
    if chosen.plan_id is None:
        return t("score.of_assignment", name=chosen.name)
    return t("score.of_plan", name=chosen.name, id=chosen.plan_id)


def _chosen(
    workspace: Workspace, standing: Standing, plan: str | None, file: Path | None, t: Words
) -> _Chosen:
    """Return the plan of that id, the assignment in that file, or else today's."""
    from data.plans import read_assignment
    from ui.assignment_files import read_assignment_file, unknown_zones
    from ui.standing import plan_name

    if file is not None:
        assignment, notes = read_assignment_file(file, standing.graph.grids.index)
        notes = (*notes, *unknown_zones(assignment, standing.today, standing.tables.get("zones")))
        return _Chosen(plan_id=None, name=file.stem, assignment=assignment, notes=notes)
    if plan is not None:
        assignment = read_assignment(workspace, plan)
        return _Chosen(plan_id=plan, name=plan_name(workspace, plan), assignment=assignment)
    if standing.today is None:
        raise SettingError("score_without_plan")
    name = plan_name(workspace, standing.today_id) if standing.today_id else t("plan.nesting_today")
    return _Chosen(plan_id=standing.today_id, name=name, assignment=standing.today)


def _depends(standing: Standing, assignment: pd.Series, tolerance: float) -> Sensitivity:
    from planning.weight_sensitivity import weight_sensitivity

    stations = standing.graph.grids["station_id"]
    return weight_sensitivity(standing.workload, assignment, stations=stations, tolerance=tolerance)


def _sensitivity_facts(found: Sensitivity) -> dict[str, Any]:
    return {
        "fair": found.fair,
        "busiest": found.busiest,
        "idlest": found.idlest,
        "quantiles": found.quantiles.to_dict(),
        "busiest_share": {str(zone): float(part) for zone, part in found.busiest_share.head(5).items()},
        "factors": records(found.factors.reset_index()),
    }
