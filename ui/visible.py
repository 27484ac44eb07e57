"""Texts from tables as they can be shown: without what breaks lines, hides, or turns the reading round."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """Return a text without stray blanks, control characters, and marks that turn the reading round."""
    kept = (c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return " ".join("".join(kept).split())
