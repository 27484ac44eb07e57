"""Command that redraws the zones: a front of plans, each kept as a draft."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.numbers import Tolerance, Weights, finite, share, zone_counts
from ui.doors.progress import Progress, interruptible
from ui.doors.speaking import AsJson, Lang, Speaker, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from data.workspace import Workspace
    from planning.redraw.proving import Proved
    from planning.redraw.redrawing import Redraw
    from planning.scorecard import Scorer
    from ui.standing import Standing


@told
def redraw(
    workspace: WorkspacePath,
    tolerance: Tolerance = "0.10",
    weights: Weights = None,
    zones: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N|STATION=N",
            help="警务区总数，按工作量分给各所；或某所的个数，可重复 / zones in all, shared out by workload; "
            "or those of a station, repeatable",
        ),
    ] = None,
    recount: Annotated[
        bool, typer.Option("--recount", help="按工作量重新分配各所的警务区数 / share the zones out anew")
    ] = False,
    lock: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACE",
            help="不动的网格、村社或警务区（编码或名称），可重复 / a grid, village or zone that stays",
        ),
    ] = None,
    split_villages: Annotated[
        bool, typer.Option("--split-villages", help="村社都可拆分 / any village may be split")
    ] = False,
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VILLAGE",
            help="这个村社（编码或名称）可拆分，可重复 / this village (code or name) may be split",
        ),
    ] = None,
    split_above: Annotated[
        float,
        typer.Option(
            help="工作量超过平均警务区多少倍的社区可拆分 / communities heavier than this may be split"
        ),
    ] = 1.0,
    across_stations: Annotated[
        bool, typer.Option("--across-stations", help="警务区可跨所 / zones may cross stations")
    ] = False,
    seconds: Annotated[float, typer.Option(help="找多久（秒） / how long to search")] = 30.0,
    effort: Annotated[
        int | None, typer.Option(metavar="ROUNDS", help="只找这么多轮，结果可重现 / rounds, repeatable")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="随机种子 / seed")] = 1,
    prove: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="再用这么多秒证明最少变动 / prove the least change for so long"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="导出到文件夹 / folder for the files of the plans")
    ] = None,
    save: Annotated[
        bool, typer.Option("--save/--no-save", help="存为草案 / keep the plans as drafts")
    ] = True,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """重划警务区：从变动最少到最均衡到形状最整的一组方案 / redraw the zones: plans from least change on."""
    from data.workspace import Workspace
    from planning.redraw import redrawing
    from planning.redraw.params import RedrawParams
    from planning.redraw.search import Limits
    from planning.scorecard import ScoreParams
    from ui.proposal_files import require_folder
    from ui.standing import profile_of, stand

    say = speaker(lang, as_json)
    total, of_stations = zone_counts(zones or ())
    params = RedrawParams(
        tolerance=share("tolerance", tolerance),
        split_villages=split_villages,
        split_above=finite("split-above", split_above) or 0.0,
        across_stations=across_stations,
        zones=total,
        recount=recount,
    )
    until = None if effort is not None else finite("seconds", seconds)
    limits = Limits(seconds=until, rounds=effort, seed=seed)
    if prove is not None and not (finite("prove", prove) or 0) > 0:
        raise SettingError("setting_wrong", name="--prove", found=str(prove), allowed="> 0")
    opened = Workspace.open(workspace)
    if out is not None:
        require_folder(out)
    with Progress(say) as tell, interruptible(say) as cancelled:
        tell("read", 0.0)
        standing = stand(opened, profile_of(opened, weights))
        if prove is not None and standing.today is None:
            raise SettingError("prove_needs_today")
        params = replace(params, **_places(standing, split or (), lock or (), of_stations))
        scorer, proof = (
            standing.scorer(ScoreParams(tolerance=params.tolerance, across_stations=across_stations)),
            None,
        )
        found = redrawing.redraw(
            standing.graph,
            standing.today,
            params=params,
            limits=limits,
            scorer=scorer,
            tell=tell,
            cancelled=cancelled,
        )
        if prove is not None and not cancelled():
            proof = _proof(found, standing, scorer, seconds=prove, tell=tell, cancelled=cancelled)
            found = proof.redraw
        broken_off = cancelled()
    kept = _kept(opened, standing, found, say) if save else [None] * len(found.proposals)
    facts = {**_facts(found, standing, kept, proof, say), "cancelled": broken_off}
    files = [] if out is None else _written(out, found, facts, standing, say)
    say.result({**facts, "files": files}, *_lines(found, standing, kept, proof, say))
    if out is not None and not as_json:
        say.message(say.t("redraw.files", count=say.t.number(len(files)), folder=str(out)))


def _places(
    standing: Standing, split: Iterable[str], lock: Iterable[str], zones: Mapping[str, int]
) -> dict[str, Any]:
    """Return the settings that name places, by code."""
    from ui.place_codes import place_codes

    tables = standing.tables
    of_stations: dict[str, int] = {}
    for text, count in zones.items():
        (station,) = place_codes("--zones", [text], tables, "stations")
        if station in of_stations:
            raise SettingError("setting_wrong", name="--zones", found=f"{text}={count}", allowed="STATION=N")
        of_stations[station] = count
    return {
        "split": place_codes("--split", split, tables, "villages"),
        "locked": place_codes("--lock", lock, tables, "zones", "villages", "grids"),
        **({"station_zones": tuple(of_stations.items())} if of_stations else {}),
    }


def _proof(
    found: Redraw,
    standing: Standing,
    scorer: Scorer,
    *,
    seconds: float,
    tell: Progress,
    cancelled: Callable[[], bool],
) -> Proved:
    from planning.redraw.proving import proved

    assert standing.today is not None  # noqa: S101 - proofs are asked for only where there is a plan
    return proved(
        found,
        standing.graph,
        standing.today,
        scorer=scorer,
        seconds=seconds,
        workers=found.effort.workers,
        tell=tell,
        cancelled=cancelled,
    )


def _kept(workspace: Workspace, standing: Standing, found: Redraw, say: Speaker) -> list[str | None]:
    from ui.saving import save_proposals

    return [
        *save_proposals(
            workspace,
            found,
            profile=standing.workload.profile,
            t=say.t,
            parent=standing.today_id,
            stamp=standing.stamp,
        )
    ]


def _written(
    folder: Path, found: Redraw, facts: dict[str, Any], standing: Standing, say: Speaker
) -> list[str]:
    from ui.proposal_files import write_proposals

    return write_proposals(folder, found.proposals, facts, standing.graph, t=say.t, names=standing.names)


def _facts(
    found: Redraw, standing: Standing, kept: list[str | None], proof: Proved | None, say: Speaker
) -> dict[str, Any]:
    from ui.proofs import proof_facts
    from ui.proposals import margins, proposal_facts, station_facts, unmet_facts

    notes = (*standing.notes, *found.notes)
    return {
        "seconds": round(found.seconds, 3),
        "tolerance": found.params.tolerance,
        "floor": margins(found.proposals[0])["floor"] if found.proposals else None,
        "seed": found.effort.seed,
        "effort": found.effort.to_dict(),
        "settings": found.params.to_dict(),
        "profile": standing.workload.profile.to_dict(),
        "today": standing.today_id,
        "stations": station_facts(found, standing.names),
        "unmet": [unmet_facts(unmet) for unmet in found.unmet],
        "notes": [{"code": note.code, "facts": dict(note.facts)} for note in notes],
        "plans": [
            proposal_facts(proposal, say.t, plan_id=plan_id)
            for proposal, plan_id in zip(found.proposals, kept, strict=True)
        ],
        **({} if proof is None else {"proof": proof_facts(proof, standing.names)}),
    }


def _lines(
    found: Redraw, standing: Standing, kept: list[str | None], proof: Proved | None, say: Speaker
) -> list[str]:
    from ui.named_reasons import note_lines
    from ui.proofs import proof_lines
    from ui.proposals import proposal_lines, unmet_sentence
    from ui.scorecard_words import weights_line

    t, names = say.t, standing.names
    notes = (*standing.notes, *found.notes)
    effort = t(
        "redraw.effort",
        seconds=t.number(found.seconds),
        rounds=t.number(found.effort.rounds),
        moves=t.number(found.effort.moves),
        seed=str(found.effort.seed),
    )
    return [
        *(unmet_sentence(unmet, found.params, t, names, built=found.built) for unmet in found.unmet),
        *proposal_lines(found, kept, t),
        weights_line(standing.workload.profile, t),
        effort,
        *note_lines(notes, t, names),
        *([] if proof is None else proof_lines(proof, t, names)),
    ]
