"""What the browser posts of a plan: read with care, for anything may come over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from data import strokes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Value = TypeVar("_Value", str, bool)
# Files and former states come from the page, not over the wire.
KINDS = frozenset({*strokes.KINDS, strokes.UNDO, strokes.REDO} - {"import", strokes.RESTORE})
# A zone's name, and ids, as people type them.
_TEXT_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class Post:
    """
    A stroke as the browser posts it.

    Parameters
    ----------
    token
        Its own, made by the browser: posted again, it is still one stroke.
    painter
        Which browser drew it.
    kind
        One of `KINDS`.
    grids
        (place of the grid in the district's order, zone before, zone after).
    names, locks
        As `data.strokes.Stroke` has them.
    changes
        Which of the changes shown were accepted or refused.
    """

    token: str
    painter: str
    kind: str
    grids: tuple[tuple[int, str, str], ...] = ()
    names: dict[str, tuple[str, str]]
    locks: dict[str, tuple[bool, bool]]
    changes: tuple[str, ...] = ()


def readable(posts: object, grids: int) -> Iterator[Post]:
    """Yield the posts that can be read, of a district of so many grids; others are passed over."""
    for raw in posts if isinstance(posts, list) else []:
        try:
            yield _post(raw, grids)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def _post(raw: Any, grids: int) -> Post:
    if raw["kind"] not in KINDS or not _text(raw["token"]):
        raise ValueError(raw)
    return Post(
        token=_text(raw["token"]),
        painter=_text(raw.get("painter", "")),
        kind=raw["kind"],
        grids=tuple(_grid(item, grids) for item in raw.get("grids") or ()),
        names={zone: (was, _printable(now)) for zone, (was, now) in _pairs(raw.get("names"), _word).items()},
        locks=_pairs(raw.get("locks"), bool),
        changes=tuple(_text(change) for change in raw.get("changes") or ()),
    )


def _pairs(raw: Any, read: Callable[[Any], _Value]) -> dict[str, tuple[_Value, _Value]]:
    found = {}
    for key, pair in (raw or {}).items():
        # A text of two letters would unpack as well.
        if not isinstance(pair, list):
            raise TypeError(pair)
        was, now = pair
        if not _text(key):
            raise ValueError(key)
        found[_text(key)] = (read(was), read(now))
    return found


def _grid(item: Any, grids: int) -> tuple[int, str, str]:
    place, old, new = item
    if type(place) is not int or not 0 <= place < grids:
        raise ValueError(place)
    return place, _text(old), _text(new)


def _word(value: object) -> str:
    """Return a name, however long it is: the district's own may be longer than what people may type."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value.strip()


def _printable(name: str) -> str:
    """Return a name without what would spoil papers and files: NUL, line breaks, marks of direction."""
    return "".join(char for char in name if char.isprintable()).strip()[:_TEXT_AT_MOST]


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _TEXT_AT_MOST:
        raise ValueError(value)
    return value.strip()
