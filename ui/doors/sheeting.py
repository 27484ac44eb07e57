"""Command on the sheets of villages (平安地图)."""

from __future__ import annotations

import time
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.progress import Progress, interruptible
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from data.workspace import Workspace
    from ui.doors.speaking import Speaker
    from ui.paper.village_book import VillageBook

_PROFILE = "pingan_village"
# As programs do that Ctrl-C has ended.
_INTERRUPTED = 130


@told
def sheets(
    workspace: WorkspacePath,
    out: Annotated[Path, typer.Option(metavar="DIR", help="导出到文件夹 / folder for the sheets")],
    period: Annotated[
        str | None,
        typer.Option(
            metavar="PERIOD", help="统计期，按现有数据试算 / period, from the data as they are: 2026-10"
        ),
    ] = None,
    assessment: Annotated[
        str | None, typer.Option(metavar="ID", help="已核算的一期，如 A1 / an assessment, as it was frozen")
    ] = None,
    village: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="只制这些村社（编码或名称）/ only these, without an atlas"),
    ] = None,
    size: Annotated[str, typer.Option(metavar="A4|A3", help="纸张 / paper")] = "A4",
    grey: Annotated[bool, typer.Option("--grey", help="灰度 / without colours")] = False,
    png: Annotated[
        bool, typer.Option("--png", help="另出手机图片，宽 1080 像素 / pictures for phones, 1080 px wide")
    ] = False,
    edition: Annotated[
        str, typer.Option(metavar="internal|external", help="内部版或对外版 / for the house or beyond it")
    ] = "internal",
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="试算用的指数方案，默认 pingan_village / profile of the index"
        ),
    ] = None,
    basis: Annotated[
        str | None, typer.Option(metavar="BASIS", help="试算用的统计口径 / basis: received, valid …")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="随机种子 / seed")] = 0,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """平安地图：一村一张，全县一册 / a safety map for every village, and an atlas of them all."""
    from data.workspace import Workspace
    from ui.paper.village_atlas import SheetOrder, make_sheets

    began, say = time.monotonic(), speaker(lang, as_json)
    _require_sense(period, assessment, {"--profile": profile, "--basis": basis}, edition)
    opened = Workspace.open(workspace)
    with (
        Progress(say, called=lambda stage: say.t(f"sheet_stage.{stage}")) as tell,
        interruptible(say, key="sheet.cancelled") as cancelled,
    ):
        tell("index", 0.0)
        if assessment is None:
            assert period is not None
            settings: dict[str, Any] = {"profile": profile or _PROFILE, "basis": basis, "seed": seed}
            book = _computed(opened, period, edition, say, settings)
        else:
            book = _assessed(opened, assessment, edition, say)
        codes = None if village is None else _codes(village, book)
        order = SheetOrder(villages=codes, size=size.upper(), grey=grey, png=png)
        made = make_sheets(book, out, order, progress=tell, cancelled=cancelled)
    facts = {
        "period": book.index.panel.period.name,
        "assessment": assessment,
        "digest": book.held.digest if book.held else "",
        "edition": edition,
        "size": order.size,
        "grey": grey,
        "out": str(out),
        "made": sorted(made.made),
        "kept": sorted(made.kept),
        "atlas": made.atlas,
        "wanted": made.wanted,
        "complete": made.is_whole,
        "seconds": round(time.monotonic() - began, 3),
    }
    counts = {"made": say.t.number(len(made.made)), "kept": say.t.number(len(made.kept))}
    lines = [say.t("sheet.written", folder=str(out), **counts)]
    if not made.is_whole:
        left = say.t.number(made.wanted - len(made.made) - len(made.kept))
        lines.append(say.t("sheet.unfinished", count=left))
    say.result(facts, *lines)
    if not made.is_whole:
        raise typer.Exit(_INTERRUPTED)


def _require_sense(
    period: str | None, assessment: str | None, of_period: dict[str, str | None], edition: str
) -> None:
    """Raise unless there is one thing to make sheets of, and the options belong to it."""
    if period is None and assessment is None:
        raise SettingError("sheets_need_period")
    if period is not None and assessment is not None:
        raise SettingError("options_clash", name="--period", other="--assessment")
    for name, value in of_period.items():
        if assessment is not None and value is not None:
            raise SettingError("options_clash", name=name, other="--assessment")
    if edition not in ("internal", "external"):
        raise SettingError("setting_wrong", name="--edition", found=edition, allowed="internal, external")


def _assessed(workspace: Workspace, assessment: str, edition: Any, say: Speaker) -> VillageBook:
    from ui.paper.village_book import assessed_book

    return assessed_book(workspace, assessment, edition=edition, t=say.t)


def _computed(
    workspace: Workspace, period: str, edition: Any, say: Speaker, settings: dict[str, Any]
) -> VillageBook:
    from ui.paper.village_book import computed_book

    return computed_book(workspace, period, edition=edition, t=say.t, **settings)


def _codes(villages: list[str], book: VillageBook) -> list[str]:
    from ui.paper.village_book import require_village
    from ui.place_codes import place_codes

    codes = place_codes("--village", villages, book.tables, "villages")
    for code in codes:
        require_village(book, code)
    return [*codes]
