"""Texts for the browser: as they are in the catalogue, their {places} left for it to fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ui.words import Words

_GROUP = "painter."


def component_texts(t: Words, keys: Iterable[str]) -> dict[str, str]:
    """Return the texts of ``painter.…`` keys, by their keys without that beginning."""
    return {key.removeprefix(_GROUP): t.raw(key) for key in keys}
