"""Rounds as orders of arcs: what they take, the best direction of each street, a round cut in shares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planning.patrol.streets.problem import StreetProblem

    Ints = npt.NDArray[np.int64]

# Position of a team → what it covers in order, as `Choices` numbers it.
Rounds: TypeAlias = "dict[int, tuple[int, ...]]"


@dataclass(frozen=True, kw_only=True, eq=False)
class Choices:
    """
    Each way of covering a task, and what the way between two of them takes.

    Parameters
    ----------
    problem
        The streets and teams.
    task, arc
        Of each choice: its task, and the arc that covers it.
    """

    problem: StreetProblem
    task: Ints
    arc: Ints

    @classmethod
    def of(cls, problem: StreetProblem) -> Choices:
        """Return the choices of a problem: one a task, and then the second ones where there are two."""
        forth, back = (problem.tasks[name].to_numpy(dtype=np.int64) for name in ("forth", "back"))
        two = np.flatnonzero(back >= 0)
        return cls(
            problem=problem,
            task=np.concatenate([np.arange(len(forth)), two]),
            arc=np.concatenate([forth, back[two]]),
        )

    @cached_property
    def other(self) -> Ints:
        """The second choice of each choice's task; itself where there is none."""
        count = len(self.problem.tasks)
        other = np.arange(len(self.task))
        other[self.task[count:]] = np.arange(count, len(self.task))
        other[count:] = self.task[count:]
        return other

    @cached_property
    def ms(self) -> Ints:
        """What covering each choice takes."""
        return self.problem.tasks["ms"].to_numpy(dtype=np.int64)[self.task]

    @cached_property
    def between(self) -> Ints:
        """(choice, choice): the way from the end of one to the beginning of the other."""
        graph = self.problem.graph
        return graph.distances(graph.head[self.arc], graph.tail[self.arc])

    @cached_property
    def out(self) -> Ints:
        """(team, choice): the way from a team's place."""
        graph = self.problem.graph
        return graph.distances(self.problem.teams["out"].to_numpy(dtype=np.int64), graph.tail[self.arc])

    @cached_property
    def home(self) -> Ints:
        """(choice, team): the way to a team's place."""
        graph = self.problem.graph
        return graph.distances(graph.head[self.arc], self.problem.teams["home"].to_numpy(dtype=np.int64))

    def duration(self, team: int, order: Sequence[int]) -> int:
        """Return what a round takes, from leaving to being back; 0 for none."""
        if not order:
            return 0
        at = np.array(order)
        ways = self.between[at[:-1], at[1:]].sum()
        return int(self.out[team, at[0]] + self.ms[at].sum() + ways + self.home[at[-1], team])

    def directed(self, team: int, order: Sequence[int]) -> tuple[int, ...]:
        """Return a round of the same streets in the same order, each in the direction that is best."""
        if not order:
            return ()
        pairs = [(choice, int(self.other[choice])) for choice in order]
        best = [int(self.out[team, choice]) for choice in pairs[0]]
        came: list[list[int]] = []
        for before, now in zip(pairs, pairs[1:], strict=False):
            ways = [[best[i] + int(self.between[before[i], choice]) for i in (0, 1)] for choice in now]
            came.append([way.index(min(way)) for way in ways])
            best = [min(way) for way in ways]
        last = min((0, 1), key=lambda i: best[i] + int(self.home[pairs[-1][i], team]))
        chosen = [last]
        for back in reversed(came):
            chosen.append(back[chosen[-1]])
        return tuple(pair[i] for pair, i in zip(pairs, reversed(chosen), strict=True))

    def shared(self, order: Sequence[int]) -> Rounds:
        """
        Return one round cut into a share for each team, in the order of the teams, the longest the shortest.

        Notes
        -----
        Prins (2004), A simple and effective evolutionary algorithm for the vehicle routing problem: the
        cuts are the best that leave the order as it is.
        """
        at, teams = np.array(order), len(self.problem.teams)
        count = len(at)
        ways = np.concatenate([[0], np.cumsum(self.between[at[:-1], at[1:]])])
        work = np.concatenate([[0], np.cumsum(self.ms[at])])
        best = np.full((teams + 1, count + 1), np.inf)
        best[0, 0] = 0
        since = np.zeros((teams + 1, count + 1), dtype=np.int64)
        for team in range(teams):
            out, home = self.out[team, at], self.home[at, team]
            best[team + 1], since[team + 1] = best[team], np.arange(count + 1)
            for end in range(1, count + 1):
                begins = np.arange(end)
                takes = (
                    out[begins] + home[end - 1] + (work[end] - work[begins]) + (ways[end - 1] - ways[begins])
                )
                longest = np.maximum(best[team, :end], takes)
                begin = int(longest.argmin())
                if longest[begin] < best[team + 1, end]:
                    best[team + 1, end], since[team + 1, end] = longest[begin], begin
        rounds: Rounds = {}
        end = count
        for team in reversed(range(teams)):
            begin = int(since[team + 1, end])
            if begin < end:
                rounds[team] = tuple(at[begin:end].tolist())
            end = begin
        return dict(sorted(rounds.items()))
