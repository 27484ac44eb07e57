"""What the browser posts of a day of patrols: read with care, for anything may come over the wire."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MOVE, WEIGH, CLOSE, OPEN, UNDO, REDO, REPLAN = "move", "weigh", "close", "open", "undo", "redo", "replan"
KINDS = (MOVE, WEIGH, CLOSE, OPEN, UNDO, REDO, REPLAN)
_TEXT_AT_MOST = 200
# Wider than any finger at any zoom.
_WITHIN_AT_MOST_M = 20_000.0


@dataclass(frozen=True, kw_only=True)
class PatrolPost:
    """
    What a patrol lead did in the browser.

    Parameters
    ----------
    token
        Its own, made by the browser: posted again, it is still one deed.
    kind
        One of `KINDS`.
    stop, team
        Ids of what is moved or weighed; team "" to leave the stop to nobody.
    road
        Id of a road that is to be open again.
    keep
        Ids of the teams whose routes stay when the rest is planned anew.
    at, within_m
        Longitude and latitude of a road that is to be closed, or open again, and how near it has to lie.
    """

    token: str
    kind: str
    stop: str = ""
    team: str = ""
    road: str = ""
    keep: tuple[str, ...] = ()
    at: tuple[float, float] = (0.0, 0.0)
    within_m: float = 0.0


def readable(posts: object) -> Iterator[PatrolPost]:
    """Yield the posts that can be read; others are passed over."""
    for raw in posts if isinstance(posts, list) else []:
        try:
            yield _post(raw)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def _post(raw: Any) -> PatrolPost:
    kind, token = raw["kind"], _text(raw["token"])
    if kind not in KINDS or not token:
        raise ValueError(raw)
    if kind == CLOSE:
        lon, lat = raw["at"]
        at = (_number(lon, 180.0), _number(lat, 90.0))
        return PatrolPost(token=token, kind=kind, at=at, within_m=_number(raw["within"], _WITHIN_AT_MOST_M))
    if kind == OPEN:
        return PatrolPost(token=token, kind=kind, road=_text(raw["road"]))
    if kind == REPLAN:
        return PatrolPost(token=token, kind=kind, keep=tuple(_text(team) for team in raw.get("keep") or ()))
    stop = _text(raw["stop"]) if kind in (MOVE, WEIGH) else ""
    return PatrolPost(token=token, kind=kind, stop=stop, team=_text(raw["team"]) if kind == MOVE else "")


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _TEXT_AT_MOST:
        raise ValueError(value)
    return value


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    if not math.isfinite(value) or abs(value) > most:
        raise ValueError(value)
    return float(value)
