"""Command on links to outside maps: what is allowed, and the administrator's say."""

from __future__ import annotations

from typing import Annotated

import typer

from geo.errors import SettingError
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told


@told
def map_links(
    workspace: WorkspacePath,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="amap|baidu",
            help="允许印哪家的导航链接，可重复；没列出的即不允许 / allow these, and no others",
        ),
    ] = None,
    forbid: Annotated[bool, typer.Option("--forbid", help="全部不允许 / allow none")] = False,
    who: Annotated[
        str, typer.Option(metavar="LABEL", help="由谁决定（岗位或部门） / who decides: a post or office")
    ] = "",
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """外部地图的导航链接：看现状，允许或不允许 / links to outside maps on papers: see, allow, forbid."""
    from data.map_services import allow_services, allowed_services, last_allowed
    from data.workspace import Workspace
    from ui.map_services import state_text

    say, opened = speaker(lang, as_json), Workspace.open(workspace)
    if allow and forbid:
        raise SettingError("options_clash", name="--allow", other="--forbid")
    if allow or forbid:
        allow_services(opened, allow or (), who=who)
    last = last_allowed(opened)
    facts = {
        "allowed": list(allowed_services(opened)),
        "who": last.who if last else None,
        "at": last.at if last else None,
    }
    say.result(facts, state_text(opened, say.t), *([] if forbid else [say.t("map_links.means")]))
