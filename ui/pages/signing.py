"""The field in which an office or post signs what it does; never a person's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from ui.words import Words

_LENGTH = 40


def ask_who(t: Words, who: str, *, key: str, **how: Any) -> str:
    """
    Ask who signs, and return it.

    Parameters
    ----------
    who
        Who signed last.
    how
        Further arguments of the text field.
    """
    asked = st.text_input(
        t("plans.who"), value=who, max_chars=_LENGTH, placeholder=t("plans.who_hint"), key=key, **how
    )
    return asked.strip()
