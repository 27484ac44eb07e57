"""How commands speak: results on standard output, messages and errors in words on standard error."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import FileError, GridBeatError, SettingError
from ui.words import LANGS, Words, words

if TYPE_CHECKING:
    from collections.abc import Callable


WorkspacePath = Annotated[
    Path, typer.Argument(metavar="WORKSPACE", help="工作区文件 / workspace file (.gpkg)")
]
AsJson = Annotated[bool, typer.Option("--json", help="结果输出为一个 JSON 对象 / one JSON object on stdout")]
Lang = Annotated[str, typer.Option("--lang", help="zh | en", envvar="GRIDBEAT_LANG")]


@dataclass(frozen=True)
class Speaker:
    """What a command says: one JSON object or plain lines on stdout, messages on stderr."""

    t: Words
    as_json: bool

    def result(self, facts: dict[str, Any], *lines: str) -> None:
        """Say the outcome: the facts as one JSON object, or the lines."""
        if self.as_json:
            typer.echo(json.dumps(facts, ensure_ascii=False))
        else:
            typer.echo("\n".join(lines))

    def message(self, text: str) -> None:
        """Say something beside the outcome."""
        typer.echo(text, err=True)


def speaker(lang: str, as_json: bool) -> Speaker:
    """Return what speaks the language; raises `typer.BadParameter` for one that there is not."""
    if lang not in LANGS:
        raise typer.BadParameter(f"--lang: {' | '.join(LANGS)}")
    return Speaker(words(lang), as_json)


def told(command: Callable[..., None]) -> Callable[..., None]:
    """Turn our errors, and the system's refusals, into words and exit code 2, anything else into 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        t = speaker(kwargs.get("lang", "zh"), as_json=False).t
        try:
            command(*args, **kwargs)
        except GridBeatError as error:
            lines = t.reasons(error)
            more = [t("cli.more_faults", count=t.number(n))] if (n := _further(error, lines)) else []
            typer.echo("\n".join([t.reason(error), *(f"- {line}" for line in lines), *more]), err=True)
            raise typer.Exit(2) from None
        except OSError as refusal:
            why, file = refusal.strerror or str(refusal), refusal.filename or ""
            typer.echo(t.reason(FileError("file_not_writable", file=str(file), why=why)), err=True)
            raise typer.Exit(2) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception:
            typer.echo(traceback.format_exc() + t("cli.our_fault"), err=True)
            raise typer.Exit(1) from None

    return run


def pair(option: str, text: str) -> tuple[str, str]:
    """Return the two sides of ``NAME=VALUE``; raises ``setting_wrong`` for a text of another form."""
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise SettingError("setting_wrong", name=option, found=text, allowed="FIELD=COL")
    return name, value


def _further(error: GridBeatError, shown: list[str]) -> int:
    count = error.facts.get("count", 0)
    return max((count if isinstance(count, int) else 0), len(error.reasons)) - len(shown) if shown else 0
