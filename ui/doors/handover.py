"""Command that hands a plan over: memo, tables, maps, lists and layers, as one zip or a folder."""

from __future__ import annotations

import time
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from geo.errors import SettingError
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told


@told
def handover(
    workspace: WorkspacePath,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="方案编号 / id of the plan, e.g. P7")],
    out: Annotated[
        Path, typer.Option(metavar="DIR|FILE.zip", help="导出到文件夹或 zip 文件 / a folder, or a .zip file")
    ],
    paper: Annotated[
        list[str] | None,
        typer.Option(metavar="A4|A3", help="请示的纸张，默认两种 / paper of the memo, both by default"),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """方案报批包：请示、对照表、移交清单、图 / hand a plan over: memo, tables, lists, maps, layers."""
    from data.workspace import Workspace
    from ui.paper.bundle import require_bundle_target, write_files
    from ui.paper.handing import hand_over_plan
    from ui.paper.memo import counted
    from ui.paper.package import PAPERS, handover_facts, handover_files

    began, say = time.monotonic(), speaker(lang, as_json)
    papers = [one.upper() for one in paper or PAPERS]
    if wrong := [one for one in papers if one not in PAPERS]:
        raise SettingError("setting_wrong", name="--paper", found=wrong[0], allowed=" | ".join(PAPERS))
    handing = hand_over_plan(Workspace.open(workspace), plan, t=say.t)
    require_bundle_target(out)
    files = handover_files(handing, papers=papers)
    write_files(files, out)
    facts = handover_facts(handing)
    if facts["violations"]:
        say.message(say.t("handover.broken", count=say.t.number(facts["violations"])))
    told_facts = {
        "plan": plan,
        "out": str(out),
        "files": sorted(files),
        "rows": facts["grids"],
        **facts,
        "seconds": round(time.monotonic() - began, 3),
    }
    size = counted(say.t, grids=facts["grids"], villages=facts["villages"], present=facts["residents"])
    key = "handover.written" if size else "handover.written_unchanged"
    say.result(told_facts, say.t(key, file=str(out), files=say.t.number(len(files)), size=size))
