"""Commands on the monthly loop: assessments on their way to the public, and the ledgers beside them."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.speaking import AsJson, Lang, Speaker, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from data.assessments import Assessment
    from data.workspace import Workspace

_SHORT = 12


@told
def assess(
    workspace: WorkspacePath,
    assessment_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="期号，如 A1；不写则列出 / id; without it, the list")
    ] = None,
    period: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="新开一期：统计期 / open one for this period")
    ] = None,
    profile: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="指数方案 / a shipped profile or a TOML file")
    ] = "pingan_village",
    basis: Annotated[str | None, typer.Option(metavar="BASIS", help="统计口径 / basis")] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="STATUS",
            help="下一步 / settled, review, published, mending, closed, gathering or dropped",
        ),
    ] = None,
    issue: Annotated[
        str, typer.Option(metavar="flash|final", help="快报或终报，发布时必填 / what is published")
    ] = "",
    until: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="核对截止日 / last day of the review")
    ] = "",
    document_no: Annotated[str, typer.Option(metavar="文号", help="发布文号 / document number")] = "",
    why: Annotated[str, typer.Option(metavar="TEXT", help="理由 / why")] = "",
    correct: Annotated[
        bool, typer.Option("--correct", help="更正：开新版本，须写理由 / open a corrected version")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="用封存的数据重算核对 / compute again from what is frozen")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="导出封存的文件 / folder for the frozen files")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="随机种子 / seed")] = 0,
    who: Annotated[str, typer.Option(metavar="LABEL", help="经办 / who does it")] = "",
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """平安指数的核算、核对、发布与更正 / assess a period: settle, review, publish, correct."""
    from data.assessments import correct_assessment, read_assessment, read_assessments
    from data.workspace import Workspace
    from ui.assessing import begin_assessment, is_reproduced, take_step

    say, opened = speaker(lang, as_json), Workspace.open(workspace)
    if assessment_id is None and period is None:
        _require_alone({"--to": to, "--correct": correct or None, "--verify": verify or None, "--out": out})
        rows = read_assessments(opened)
        lines = [_line(held, say) for held in rows] or [say.t("assess.none")]
        say.result({"assessments": [_facts(held) for held in rows]}, *lines)
        return
    if period is not None:
        if assessment_id is not None:
            raise SettingError("options_clash", name="ID", other="--period")
        assessment_id = begin_assessment(
            opened, period, profile=profile, basis=basis, seed=seed, who=who, note=why
        )
    assert assessment_id is not None
    if correct:
        assessment_id = correct_assessment(opened, assessment_id, why=why, who=who)
    if to is not None:
        rev = read_assessment(opened, assessment_id).rev
        said = {"issue": issue, "until": until, "document_no": document_no, "why": "" if correct else why}
        take_step(opened, assessment_id, to, rev=rev, who=who, **said)
    held = read_assessment(opened, assessment_id)
    facts, lines = {**_facts(held), "steps": list(held.steps)}, [_line(held, say), *_steps(opened, held, say)]
    if verify:
        facts["reproduced"] = is_reproduced(opened, assessment_id)
        lines.append(say.t("assess.reproduced" if facts["reproduced"] else "assess.not_reproduced"))
    if out is not None:
        facts["files"] = _written(opened, assessment_id, out)
        lines.append(say.t("index.files", count=say.t.number(len(facts["files"])), folder=str(out)))
    say.result(facts, *lines)


def _require_alone(options: dict[str, Any]) -> None:
    """Raise for options that ask for something of an assessment, where none is named."""
    if asked := [name for name, value in options.items() if value is not None]:
        raise SettingError("option_needs", name=asked[0], other="ID")


def _facts(held: Assessment) -> dict[str, Any]:
    names = ("period", "first", "last", "profile", "basis", "version", "corrects", "status", "issue", "until")
    rest = ("rev", "author", "created", "note", "digest")
    return {
        "id": held.assessment_id,
        **{name: getattr(held, name) for name in (*names, *rest)},
    }


def _line(held: Assessment, say: Speaker) -> str:
    t = say.t
    issue = f" {t.name('issue', held.issue)}" if held.issue else ""
    digest = f" {held.digest[:_SHORT]}" if held.digest else ""
    version = t("assess.version", number=t.number(held.version))
    status = t.name("assessment_status", held.status)
    return f"{held.assessment_id} {held.period} {held.profile} {version} {status}{issue}{digest}"


def _steps(workspace: Workspace, held: Assessment, say: Speaker) -> list[str]:
    from data.assessments import read_assessment_steps

    t = say.t
    lines = []
    for row in read_assessment_steps(workspace, held.assessment_id).to_dict("records"):
        more = [row["until"], row["document_no"], row["why"], row["digest"][:_SHORT]]
        said = " ".join(text for text in (t.name("assessment_status", row["now"]), row["who"], *more) if text)
        lines.append(f"  {row['at'][:16].replace('T', ' ')} {said}")
    if held.steps:
        names = t.listed([t.name("assessment_status", to) for to in held.steps])
        lines.append(t("assess.next", steps=names))
    return lines


def _written(workspace: Workspace, assessment_id: str, folder: Path) -> list[str]:
    from data.assessments import PARTS, read_assessment_files
    from data.exporting import export_files, require_export_folder

    require_export_folder(folder)
    files = {
        f"{part}-{name}": content
        for part in PARTS
        for name, content in read_assessment_files(workspace, assessment_id, part).items()
    }
    export_files(files, folder)
    return list(files)
