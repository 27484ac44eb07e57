"""Errors and reasons: a code and facts, never a finished sentence (ui/words renders them)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Reason:
    """
    Something that was found, for people to be told of in their language.

    Parameters
    ----------
    code
        Stable name of what was found, e.g. ``"id_repeated"``; `ui.words` holds a sentence for it.
    facts
        What the sentence needs: file, row, id, numbers.
    """

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


class GridBeatError(ValueError):
    """
    Root of GridBeat's errors: one or more reasons, all known at once.

    Parameters
    ----------
    code
        Stable name of the fault; `ui.words` holds the sentence and the remedy.
    reasons
        The single faults behind it, if there are several.
    **facts
        File, row, id, numbers.
    """

    def __init__(self, code: str, *, reasons: tuple[Reason, ...] = (), **facts: object) -> None:
        self.code = code
        self.facts = facts
        self.reasons = reasons
        super().__init__(f"{code}: {facts}" + "".join(f"\n- {r.code}: {dict(r.facts)}" for r in reasons))


class CrsError(GridBeatError):
    """A frame's coordinate reference system is missing, unprojected, refused or another's."""


class SchemaError(GridBeatError):
    """A table lacks columns, or holds values that its schema does not allow."""


class FileError(GridBeatError):
    """A file cannot be read, written or recognised."""


class ConflictError(GridBeatError):
    """Somebody else changed the same thing first."""


class SettingError(GridBeatError):
    """A setting or argument is outside what is possible."""
