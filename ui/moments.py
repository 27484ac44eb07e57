"""Moments as the clock on the wall shows them."""

from __future__ import annotations

import datetime as dt


def moment(at: object) -> str:
    """Return a moment (ISO) as the clock on the wall shows it."""
    try:
        return dt.datetime.fromisoformat(str(at)).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return str(at)
