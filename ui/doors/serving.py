"""Command that opens the web pages, and the one that compiles what they need."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from geo.errors import FileError, SettingError
from ui.doors.speaking import Lang, speaker, told


@told
def app(
    workspace: Annotated[Path | None, typer.Argument(metavar="[WORKSPACE]")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口 / port")] = 8501,
    browser: Annotated[bool, typer.Option(help="打开浏览器 / open a browser")] = True,
    lang: Lang = "zh",
) -> None:
    """打开网页 / open the app; without WORKSPACE on the last district, or the sample."""
    if workspace is not None:
        from data.workspace import Workspace

        os.environ["GRIDBEAT_WORKSPACE"] = str(Workspace.open(workspace).path)
    script = Path(__file__).resolve().parents[2] / "app.py"
    if not script.is_file():
        raise FileError("file_missing", file=str(script))
    _require_free(port)
    # In this very process: a child would be left behind when the window is closed.
    from streamlit.web import cli as streamlit_door

    from ui.jobs import cancel_all
    from ui.server import options

    typer.echo(speaker(lang, as_json=False).t("cli.serving", url=f"http://127.0.0.1:{port}"), err=True)
    sys.argv = ["streamlit", "run", str(script), *options(port=port, browser=browser)]
    try:
        sys.exit(streamlit_door.main())
    finally:
        cancel_all()


def warm_up() -> None:
    """Compile what is compiled on first use, so that the first planner need not wait for it."""
    from geo.overlay import warm_up as compile_overlay
    from planning.patrol.ruining import warm_up as compile_ruining
    from planning.redraw.annealing import warm_up as compile_annealing

    for compiled in (compile_overlay, compile_annealing, compile_ruining):
        compiled()


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        # As the server itself will bind: a port that was closed a moment ago is free.
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SettingError("port_busy", port=port, url=f"http://127.0.0.1:{port}") from None
