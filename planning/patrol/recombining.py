"""A better plan out of good ones: of all rounds seen, those that visit each stop once (set partitioning)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_array, eye_array, hstack

from planning.patrol.indexed import kinds_of, prizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planning.patrol.indexed import Indexed, Part, Rounds

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    # Kind of team, and stops whatever their order.
    _Key = tuple[int, frozenset[int]]
    # Kind of team, cost, and stops in their order.
    _Round = tuple[int, int, tuple[int, ...]]

# So many rounds are kept: the last ones seen, which are the best.
_MOST_SEEN = 12_000
# Of them so many are tried, those that promise most; limits on nodes, not on seconds: the same run must give
# the same plan on any machine.
_MOST_TRIED, _NODES = 2500, 50
_GAP = 1e-5


@dataclass(frozen=True, kw_only=True)
class Found:
    """
    Rounds, and what they cost with the prizes of what they leave out.

    Parameters
    ----------
    cost
        In ms, by the rates of the objective.
    rounds
        Who serves what.
    """

    cost: int
    rounds: Rounds

    @property
    def count(self) -> int:
        """How many stops are visited."""
        return sum(len(stops) for stops in self.rounds.values())


class Seen:
    """The rounds that searches have come upon, each in its cheapest order; the last ones seen are kept."""

    def __init__(self) -> None:
        self.held: dict[_Key, tuple[int, tuple[int, ...]]] = {}

    def add(self, kind: int, stops: tuple[int, ...], cost: int) -> None:
        """Keep a round that can be driven by a kind of team."""
        key = (kind, frozenset(stops))
        self.held[key] = min((cost, stops), self.held.pop(key, (cost, stops)))
        if len(self.held) > _MOST_SEEN:
            del self.held[next(iter(self.held))]


def recombined(
    ix: Indexed, part: Part, seen: Sequence[Seen], best: Found, *, seconds: float | None = None
) -> Found:
    """
    Return the best plan made of rounds that were seen, or the best so far.

    By branch and bound (HiGHS): each stop in one round, and no more rounds of a kind of team than there are
    teams of it; stops may be left out for their prizes where the best so far leaves any out. Of many rounds
    only those are tried that cost least beyond the prices that the relaxed problem puts on stops and teams.

    Parameters
    ----------
    part
        Of which the rounds are; its kinds of teams are meant.
    seen
        Rounds by the searches that saw them.
    best
        The best plan so far.
    seconds
        When to give up at the latest; None for no limit.
    """
    rounds = sorted({(key[0], cost, stops) for held in seen for key, (cost, stops) in held.held.items()})
    if not rounds:
        return best
    kinds = kinds_of(ix, part)
    left = prizes(ix, part) if best.count < len(part.stops) else None
    choice = _Choice(part, [len(teams) for teams in kinds], left, seconds)
    served = {frozenset(stops) for stops in best.rounds.values()}
    tried = set(choice.promising(rounds)) | {i for i, r in enumerate(rounds) if frozenset(r[2]) in served}
    chosen = choice.best([rounds[i] for i in sorted(tried)])
    free = [list(teams) for teams in kinds]
    made = {free[kind].pop(0): stops for kind, _, stops in chosen}
    missing = set(part.stops) - {stop for stops in made.values() for stop in stops}
    worth = zip(part.stops, prizes(ix, part).tolist(), strict=True)
    cost = sum(cost for _, cost, _ in chosen) + sum(prize for stop, prize in worth if stop in missing)
    return Found(cost=cost, rounds=dict(sorted(made.items()))) if cost < best.cost else best


class _Choice:
    """
    The choice among rounds, relaxed and whole.

    Parameters
    ----------
    part
        Stops that are to be visited.
    available
        How many teams there are of each kind.
    prizes
        What leaving out each stop costs; None where nothing may be left out.
    seconds
        When to give up.
    """

    def __init__(self, part: Part, available: list[int], prizes: Ints | None, seconds: float | None) -> None:
        self.row = {stop: i for i, stop in enumerate(part.stops)}
        self.prizes = np.empty(0, dtype=np.int64) if prizes is None else prizes
        self.available = np.array(available, dtype=float)
        self.options: dict[str, Any] = {} if seconds is None else {"time_limit": max(seconds, 0.01)}

    def promising(self, rounds: list[_Round]) -> list[int]:
        """Return the numbers of the rounds that cost least beyond the relaxed problem's prices."""
        if len(rounds) <= _MOST_TRIED:
            return list(range(len(rounds)))
        table, costs, count = self._table(rounds), self._costs(rounds), len(self.row)
        relaxed = linprog(
            costs,
            A_eq=table[:count],
            b_eq=np.ones(count),
            A_ub=table[count:],
            b_ub=self.available,
            method="highs",
            options=self.options,
        )
        if relaxed.x is None:
            return []
        price = np.concatenate([relaxed.eqlin.marginals, relaxed.ineqlin.marginals])
        beyond: Floats = (costs - table.T @ price)[: len(rounds)]
        return np.argsort(beyond, kind="stable")[:_MOST_TRIED].tolist()  # type: ignore[no-any-return]

    def best(self, rounds: list[_Round]) -> list[_Round]:
        """Return the rounds that are best together; nothing where none are found."""
        table, costs, count = self._table(rounds), self._costs(rounds), len(self.row)
        once, none = np.ones(count), np.zeros(len(self.available))
        limits = np.concatenate([once, none]), np.concatenate([once, self.available])
        solved = milp(
            costs,
            integrality=np.ones(len(costs)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(table, *limits),
            options={"node_limit": _NODES, "mip_rel_gap": _GAP, **self.options},
        )
        if solved.x is None:
            return []
        return [r for r, taken in zip(rounds, solved.x, strict=False) if taken > 0.5]

    def _table(self, rounds: list[_Round]) -> csc_array:
        """Return what each round takes, then each stop that is left out: (stop or kind, choice)."""
        rows = [[*sorted(self.row[s] for s in stops), len(self.row) + kind] for kind, _, stops in rounds]
        first = np.cumsum([0, *map(len, rows)])
        size = (len(self.row) + len(self.available), len(rounds))
        taken = csc_array((np.ones(first[-1]), np.concatenate(rows), first), shape=size)
        return csc_array(hstack([taken, eye_array(size[0], len(self.prizes))], format="csc"))

    def _costs(self, rounds: list[_Round]) -> Floats:
        return np.concatenate([np.array([cost for _, cost, _ in rounds], dtype=float), self.prizes])
