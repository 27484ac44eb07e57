"""Sentences as a page says them: without the options of a terminal, which the page has as widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import look
from ui.named_reasons import note_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.errors import GridBeatError, Reason
    from ui.names import PlaceNames
    from ui.words import Words

# Sentences that name an option of a terminal, where a page has one of its own.
_OWN = (
    "redraw_without_work",
    "redraw_too_many_zones",
    "redraw_needs_zones",
    "redraw_splits",
    "tables_changed",
)


def show_page_error(error: GridBeatError, t: Words) -> None:
    """Say what went wrong and what to do on the page."""
    if error.code in _OWN:
        st.error(look.plain(_own(error.code, error.facts, t)))
        return
    look.show_error(error, t)


def page_notes(notes: Iterable[Reason], t: Words, names: PlaceNames) -> list[str]:
    """Return a line for each note of a redraw."""
    listed = [*notes]
    said = [note for note in listed if note.code not in _OWN]
    own = [note for note in listed if note.code in _OWN]
    mark = t("score.note")
    return [
        *(line.removeprefix(mark) for line in note_lines(said, t, names)),
        *(
            _own(note.code, {**note.facts, "villages": names.all("villages", note.facts["villages"])}, t)
            for note in own
        ),
    ]


def _own(code: str, facts: dict[str, object], t: Words) -> str:
    return t(f"on_page.{code}", **{name: t.fact(name, value) for name, value in facts.items()})
