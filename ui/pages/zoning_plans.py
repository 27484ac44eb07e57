"""View of the page 警务区划: plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.zoning import Zoning


def show(zoning: Zoning) -> None:
    """Show the view."""
