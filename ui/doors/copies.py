"""Commands on copies of the workspace: backing up and restoring."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told


@told
def backup(
    workspace: WorkspacePath,
    folder: Annotated[
        Path | None, typer.Option(help="备份文件夹 / folder; 默认在工作区旁 / beside it")
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="保留份数 / copies to keep")] = 10,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """备份工作区 / back the workspace up, even while others work in it."""
    from data.workspace import Workspace

    say = speaker(lang, as_json)
    opened = Workspace.open(workspace)
    copy = opened.backup(folder or opened.path.parent / "backups", keep=keep)
    say.result({"file": str(copy)}, say.t("cli.backed_up", file=str(copy)))


@told
def restore(
    workspace: WorkspacePath,
    copy: Annotated[Path, typer.Argument(metavar="BACKUP", help="备份文件 / backup to restore")],
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """恢复备份；现状先行备份 / put a backup back; what is there now is backed up first."""
    from data.workspace import Workspace

    say = speaker(lang, as_json)
    kept = Workspace.open(workspace).restore(copy)
    say.result({"file": str(kept)}, say.t("cli.restored", file=str(copy), kept=str(kept)))
