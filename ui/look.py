"""The look shared by the pages: a strip of figures, boards, errors in words. Every text is escaped."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geo.errors import GridBeatError
    from ui.words import Words

ASSETS = Path(__file__).parent / "assets"
# At least; the style sheet lets maps fill the window.
MAP_HEIGHT = 520


def style() -> None:
    """Put our style sheet into the page."""
    st.html(ASSETS / "look.css")


def style_for(lang: str) -> None:
    """Put into the page what a language needs besides: English quotation marks are not as wide as a 字."""
    if lang == "en":
        st.html("<style>.stApp, .stApp * { font-variant-east-asian: proportional-width; }</style>")


def title(text: str, note: str = "") -> None:
    """Show a page's heading with a quieter note beside it."""
    st.html(f'<div class="gb-title"><h1>{escape(text)}</h1><span>{escape(note)}</span></div>')


def figures(items: Iterable[tuple[str, str, str]], *, label: str) -> None:
    """Show a strip of figures: (value, what it counts, a note on it)."""
    cells = "".join(
        f"<div><b>{escape(value)}</b><span>{escape(what)}</span><small>{escape(note)}</small></div>"
        for value, what, note in items
    )
    st.html(f'<div class="gb-figures" role="group" aria-label="{escape(label)}">{cells}</div>')


def board(
    heading: str, subtitle: str, rows: Sequence[tuple[str, str]], *, extra: str = "", note: str = ""
) -> None:
    """
    Show one of the four boards.

    Parameters
    ----------
    heading, subtitle
        The board's name and what it is about.
    rows
        (what, value) in order.
    extra
        Markup from `hour_bars`, below the rows.
    note
        A quiet line at the end: basis, or what was left out.
    """
    lines = "".join(f"<div><dt>{escape(what)}</dt><dd>{escape(value)}</dd></div>" for what, value in rows)
    foot = f"<p>{escape(note)}</p>" if note else ""
    st.html(
        f'<section class="gb-board"><h2>{escape(heading)}<small>{escape(subtitle)}</small></h2>'
        f"<dl>{lines}</dl>{extra}{foot}</section>"
    )


def entry(name: str, notes: Sequence[str], *, mark: str = "") -> None:
    """Show one of a list of things to choose from: its name, a mark beside it, quieter lines below."""
    badge = f"<em>{escape(mark)}</em>" if mark else ""
    lines = "".join(f"<small>{escape(note)}</small>" for note in notes)
    st.html(f'<div class="gb-entry"><b>{escape(name)}</b>{badge}{lines}</div>')


def hour_bars(counts: Sequence[int], *, label: str) -> str:
    """Return 24 small bars, one an hour, the busiest marked; the numbers are in each bar's title."""
    most = max(counts, default=0) or 1
    bars = "".join(
        f'<i class="{"gb-most" if count == most else ""}" style="height:{max(count / most * 34, 1):.0f}px"'
        f' title="{hour}:00–{hour + 1}:00 · {count}"></i>'
        for hour, count in enumerate(counts)
    )
    told = ", ".join(f"{hour}:00 {count}" for hour, count in enumerate(counts))
    axis = "<span>0</span><span>6</span><span>12</span><span>18</span><span>24</span>"
    return (
        f'<div class="gb-hours"><small>{escape(label)}</small>'
        f'<div role="img" aria-label="{escape(label)}: {escape(told)}">{bars}</div>'
        f'<div class="gb-axis">{axis}</div></div>'
    )


def show_error(error: GridBeatError, t: Words) -> None:
    """Say what went wrong and what to do, in words."""
    lines = [t.reason(error), *(f"- {line}" for line in t.reasons(error))]
    left = len(error.reasons) - (len(lines) - 1)
    if left > 0:
        lines.append(f"- {t('error.further', count=t.number(left))}")
    st.error("\n".join(plain(line) for line in lines))


def plain(text: str) -> str:
    """Return a text that markdown shows as it is."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+!|$~:" else c for c in text)
