"""Command on the safety index of villages for a period."""

from __future__ import annotations

import sys
import time
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from planning.index.index import SafetyIndex
    from planning.periods import Period
    from ui.names import PlaceNames
    from ui.words import Words


@told
def index(
    workspace: WorkspacePath,
    period: Annotated[
        str,
        typer.Option(
            metavar="PERIOD",
            help="统计期 / period: 2026-10, 2026-W41, 2026-10-X1, 2026-09-26..2026-10-25",
        ),
    ],
    profile: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="指数方案：随附的名称或 TOML 文件 / a shipped profile or a TOML file: "
            "pingan_village, zhejiang, huizhou, gansu",
        ),
    ] = "pingan_village",
    basis: Annotated[
        str | None,
        typer.Option(metavar="BASIS", help="统计口径：接报、有效、非警务… / received, valid, non_police…"),
    ] = None,
    edition: Annotated[
        str, typer.Option(metavar="internal|external", help="内部版或对外版 / for the house or beyond it")
    ] = "internal",
    village: Annotated[
        str | None,
        typer.Option(metavar="ID", help="一个村社（编码或名称）的逐项计算 / one village, line by line"),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="与另一方案对比 / compare with another profile"),
    ] = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="指标是否一致、名次取决于什么 / coherence and sensitivity")
    ] = False,
    save_profile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="把方案存成文件以便修改 / keep the profile as a file to change"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="导出到文件夹 / folder for the files")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="随机种子 / seed")] = 0,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """平安村社指数：赋分、等级及其把握 / the safety index: points, grades, and how sure they are."""
    from data.exporting import require_export_folder
    from data.workspace import Workspace
    from planning.index.index import safety_index
    from planning.index.profile_reading import load_profile, profile_text
    from planning.periods import parse_period
    from ui.assessing import INDEX_TABLES
    from ui.index_files import calculation_facts, index_facts
    from ui.index_words import index_lines, village_lines
    from ui.names import PlaceNames
    from ui.saving import read_tables

    began, say = time.monotonic(), speaker(lang, as_json)
    if edition not in ("internal", "external"):
        raise SettingError("setting_wrong", name="--edition", found=edition, allowed="internal, external")
    for option, asked_for in (("--against", against), ("--audit", audit)):
        if asked_for and edition == "external":
            raise SettingError("edition_internal_only", name=option)
    chosen, asked = load_profile(profile), parse_period(period)
    other = load_profile(against) if against else None
    if out is not None:
        require_export_folder(out)
    if save_profile is not None:
        _save(save_profile, profile_text(profile))
    if sys.stderr.isatty():
        say.message(say.t("index.working", period=asked.name))
    tables = read_tables(Workspace.open(workspace), INDEX_TABLES)
    names = PlaceNames.of(tables)
    code = None if village is None else _code(village, tables, asked)
    options: dict[str, Any] = {"basis": _basis(basis), "edition": edition, "seed": seed}
    found = safety_index(tables, chosen, asked, **options)
    facts = index_facts(found, say.t)
    if code is not None:
        facts |= calculation_facts(found, code, say.t)
        lines = village_lines(found, code, say.t, names)
    else:
        lines = index_lines(found, say.t, names)
    if other is not None:
        facts["against"], more = _compared(found, safety_index(tables, other, asked, **options), say.t, names)
        lines += more
    if audit:
        facts["audit"], more = _audited(found, say.t, seed)
        lines += more
    files = [] if out is None else _written(out, found, profile, say.t, names)
    facts |= {"seed": seed, "files": files, "seconds": round(time.monotonic() - began, 3)}
    say.result(facts, *lines)
    if out is not None and not as_json:
        say.message(say.t("index.files", count=say.t.number(len(files)), folder=str(out)))


def _basis(text: str | None) -> str | None:
    """Return the code of what a bureau writes (有效), and what has none as it is."""
    from data.schemas import BASIS
    from data.synonyms import VALUE_SYNONYMS

    return None if text is None else VALUE_SYNONYMS["incidents"][BASIS].get(text.strip(), text.strip())


def _code(text: str, tables: Mapping[str, pd.DataFrame], period: Period) -> str:
    from planning.index.places import villages_of
    from ui.place_codes import place_codes

    (code,) = place_codes("--village", [text], tables, "villages")
    if code not in villages_of(tables, period).index:
        raise SettingError("village_unknown", ids=text)
    return code


def _compared(
    found: SafetyIndex, other: SafetyIndex, t: Words, names: PlaceNames
) -> tuple[dict[str, Any], list[str]]:
    from ui.index_files import records
    from ui.index_words import comparison, comparison_lines

    table = comparison(found, other)
    facts = {"profile": other.profile.code, "villages": records(table.reset_index())}
    return facts, comparison_lines(table, found, other, t, names)


def _audited(found: SafetyIndex, t: Words, seed: int) -> tuple[dict[str, Any], list[str]]:
    from planning.index.index import audit as audited
    from planning.index.index import doubts
    from ui.index_files import records
    from ui.index_words import audit_lines

    groups, members = audited(found)
    factors = doubts(found, seed=seed)
    facts = {
        "groups": records(groups.reset_index()),
        "members": records(members.rename_axis("code").reset_index()),
        "factors": records(factors.reset_index()),
    }
    return facts, audit_lines(groups, members, factors, found.profile, t)


def _written(folder: Path, found: SafetyIndex, profile: str, t: Words, names: PlaceNames) -> list[str]:
    from planning.index.profile_reading import profile_text
    from ui.index_files import write_index

    return write_index(folder, found, profile_text(profile), t=t, names=names)


def _save(path: Path, content: bytes) -> None:
    from data.exporting import export_bytes

    export_bytes(content, path)
