"""One way over all arcs of a balanced graph, with few turns back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def euler_way(
    arcs: Mapping[int, int],
    *,
    tail: Sequence[int],
    head: Sequence[int],
    start: int,
    turn: Callable[[int, int], float] | None = None,
) -> tuple[int, ...]:
    """
    Return one way from a node that goes over each arc as often as asked (Hierholzer).

    Parameters
    ----------
    arcs
        How often each arc is gone over. As many lead into each node as out of it, but for the way's start
        and end, and all hang together with the start.
    tail, head
        Of all arcs.
    turn
        How unwelcome it is to go on from an arc with another one: at each junction the least unwelcome of
        what is left is gone first.
    """
    left: dict[int, Counter[int]] = {}
    for arc, times in sorted(arcs.items()):
        if times > 0:
            left.setdefault(tail[arc], Counter())[arc] = times
    way: list[int] = []
    stack: list[tuple[int, int]] = [(start, -1)]
    while stack:
        node, came = stack[-1]
        if choices := left.get(node):
            arc = min(choices, key=lambda a: (turn(came, a), a)) if turn and came >= 0 else min(choices)
            choices[arc] -= 1
            if not choices[arc]:
                del choices[arc]
            stack.append((head[arc], arc))
        else:
            stack.pop()
            if came >= 0:
                way.append(came)
    return tuple(way[::-1])
