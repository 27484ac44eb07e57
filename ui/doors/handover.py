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
    from data.exporting import export_bytes, export_files, require_export_folder, require_export_target
    from data.workspace import Workspace
    from ui.paper.handing import hand_over_plan
    from ui.paper.package import PAPERS, handover_facts, handover_files, handover_zip

    began, say = time.monotonic(), speaker(lang, as_json)
    papers = [one.upper() for one in paper or PAPERS]
    if wrong := [one for one in papers if one not in PAPERS]:
        raise SettingError("setting_wrong", name="--paper", found=wrong[0], allowed=" | ".join(PAPERS))
    zipped = out.suffix.lower() == ".zip"
    if zipped:
        require_export_target(out)
    handing = hand_over_plan(Workspace.open(workspace), plan, t=say.t)
    if not zipped:
        require_export_folder(out)
    files = handover_files(handing, papers=papers)
    if zipped:
        export_bytes(handover_zip(files), out)
    else:
        export_files(files, out)
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
    counts = {name: say.t.number(facts[name]) for name in ("grids", "villages", "residents")}
    say.result(told_facts, say.t("handover.written", file=str(out), files=say.t.number(len(files)), **counts))
