"""Plans of street patrols: one team's shortest round, or the streets shared out among several, checked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from planning.patrol.params import LONGEST, Limits
from planning.patrol.searching import Budget
from planning.patrol.streets.checking import checked
from planning.patrol.streets.plan import PASSING, Step, StreetParams, StreetPlan, StreetRoute
from planning.patrol.streets.postman import postman_tour
from planning.patrol.streets.rounds import Choices
from planning.patrol.streets.sharing import share_streets
from planning.patrol.streets.turning import turn_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from planning.patrol.streets.postman import Tour
    from planning.patrol.streets.problem import StreetProblem
    from planning.patrol.streets.rounds import Rounds

    Ints = npt.NDArray[np.int64]

# Share of the time for one team's round over all streets, where there are several teams; and for the end, in
# which each team's own round is made as short as can be.
_ALONE_SHARE, _OWN_SHARE = 0.25, 0.2
# Share of the time in which the only team's round is proved; what is not by then is searched on.
_ONLY_SHARE = 0.7
# By this share there are rounds that keep to the limits; narrower limits that are tried for the longest.
_KEPT_UNTIL, _TRIES = 0.3, 6
# Longest rounds that differ by less are as good as equal.
_FINE = 0.003


def plan_streets(
    problem: StreetProblem,
    *,
    params: StreetParams | None = None,
    limits: Limits | None = None,
    seed: int = 1,
    progress: Callable[[str, float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> StreetPlan:
    """
    Return a checked plan that covers the streets of a problem.

    Parameters
    ----------
    params
        Objective and cap.
    limits
        Seconds, or iterations with which the seed makes the sharing repeatable.
    seed
        From which all randomness comes.
    progress
        Told a stage (``alone``, ``share``) and which share of it is done.
    cancel
        Asked now and then; once it says so, what has been found is the answer.
    """
    began, params, limits = time.monotonic(), params or StreetParams(), limits or Limits()
    say = progress or (lambda _stage, _share: None)
    search = _Search(problem, params, limits, seed, say, cancel or (lambda: False))
    rounds, bound = search.rounds()
    routes = tuple(_route(problem, team, steps) for team, steps in rounds.items())
    done = {step.task for route in routes for step in route.steps}
    plan = StreetPlan(
        objective=params.objective,
        cap_ms=params.cap_ms,
        routes=routes,
        uncovered=tuple(task for task in range(len(problem.tasks)) if task not in done),
        faults=(),
        exact=False,
        bound_ms=bound,
        seed=seed,
        seconds=time.monotonic() - began,
    )
    return checked(problem, plan)


class _Search:
    """One search: what is asked of it, and how far it is."""

    def __init__(
        self,
        problem: StreetProblem,
        params: StreetParams,
        limits: Limits,
        seed: int,
        say: Callable[[str, float], None],
        cancel: Callable[[], bool],
    ) -> None:
        self.problem, self.params, self.limits, self.seed = problem, params, limits, seed
        self.say, self.cancel = say, cancel
        teams = problem.teams
        shifts = (teams["shift_end_ms"] - teams["shift_start_ms"]).to_numpy(dtype=np.int64)
        self.most_ms = shifts if params.cap_ms is None else np.minimum(shifts, params.cap_ms)
        self.choices = Choices.of(problem)
        self._ends_at = time.monotonic() + limits.seconds

    def rounds(self) -> tuple[dict[int, tuple[Step, ...]], int | None]:
        """Return the steps of each team that goes out, and what the objective cannot be below."""
        if self.problem.tasks.empty:
            return {}, 0
        tour, order, total = self._alone()
        bound = self._bound(tour)
        fits = total <= self.most_ms[0] and not self._loads_over(0, order)
        alone = len(self.problem.teams) == 1
        if fits and tour.exact and (alone or self.params.objective != LONGEST):
            return {0: self._covering(tour.arcs, range(len(self.problem.tasks)))}, bound
        left = max(self._ends_at - time.monotonic(), 0.1) * (1 - _OWN_SHARE)
        seconds = None if self.limits.effort is not None else left
        self.budget = Budget(seconds=seconds, iterations=self.limits.effort, cancelled=self.cancel)
        start = self._shortened(self.choices.shared(order), share=_OWN_SHARE)
        found = self._shared(start, bound or 0)
        found = self._shortened(found, share=1.0)
        if fits and alone and self._durations(found).get(0, total) >= total:
            return {0: self._covering(tour.arcs, range(len(self.problem.tasks)))}, bound
        return {team: self._steps(team, order) for team, order in found.items()}, bound

    def _alone(self) -> tuple[Tour, tuple[int, ...], int]:
        """Return the first team's round over all streets, its order of choices, and what it takes."""
        self.say("alone", 0.0)
        tasks, team = self.problem.tasks, self.problem.teams.iloc[0]
        forth, back = (tasks[name].to_numpy(dtype=np.int64) for name in ("forth", "back"))
        alone = len(self.problem.teams) == 1
        seconds = self.limits.seconds * (_ONLY_SHARE if alone else _ALONE_SHARE)
        tour = postman_tour(
            self.problem.graph,
            forth,
            back,
            out=int(team["out"]),
            home=int(team["home"]),
            seconds=seconds,
            turn=turn_cost(self.problem),
        )
        return (
            tour,
            self._order(tour),
            sum(step.ms for step in self._covering(tour.arcs, range(len(self.problem.tasks)))),
        )

    def _order(self, tour: Tour) -> tuple[int, ...]:
        """Return the choices by which a tour covers its streets first."""
        choice_of = {arc: choice for choice, arc in enumerate(self.choices.arc.tolist())}
        seen: set[int] = set()
        order = []
        for arc in tour.arcs:
            choice = choice_of.get(arc)
            if choice is not None and (task := int(self.choices.task[choice])) not in seen:
                seen.add(task)
                order.append(choice)
        return tuple(order)

    def _shortened(self, rounds: Rounds, *, share: float) -> Rounds:
        """Return rounds of which each is as short as one over its own streets can be."""
        tasks, shorter = self.problem.tasks, dict(rounds)
        until = time.monotonic() + share * max(self._ends_at - time.monotonic(), 0.0)
        for left, (team, order) in zip(range(len(rounds), 0, -1), rounds.items(), strict=True):
            own = np.sort(self.choices.task[[*order]])
            forth, back = (tasks[name].to_numpy(dtype=np.int64)[own] for name in ("forth", "back"))
            row, seconds = self.problem.teams.iloc[team], (until - time.monotonic()) / left
            if seconds <= 0 or self.cancel():
                break
            tour = postman_tour(
                self.problem.graph, forth, back, out=int(row["out"]), home=int(row["home"]), seconds=seconds
            )
            asked = {int(task) for task in own}
            tried = tuple(c for c in self._order(tour) if int(self.choices.task[c]) in asked)
            tried = self.choices.directed(team, tried)
            shorter[team] = min(order, tried, key=lambda one: self.choices.duration(team, one))
        return shorter

    def _bound(self, tour: Tour) -> int | None:
        """Return what the objective cannot be below; rounds of one place are together one round."""
        if self.problem.teams["out"].nunique() > 1:
            return None
        extra = self.problem.tasks["ms"].to_numpy() - self.problem.graph.ms[self.problem.tasks["forth"]]
        total = tour.bound_ms + int(extra.sum())
        if self.params.objective != LONGEST:
            return total
        by_task = self.choices.out.min(axis=0) + self.choices.ms + self.choices.home.min(axis=1)
        best = np.minimum(by_task, by_task[self.choices.other])
        return max(-(-total // len(self.problem.teams)), int(best.max()))

    def _shared(self, start: Rounds, bound: int) -> Rounds:
        """Return rounds that keep to the limits, as the objective asks; of the streets as many as can be."""
        found: Rounds | None = start
        if self.params.objective == LONGEST and bound > self.most_ms.max():
            found = None
        elif not self._keep(start):
            evening = self.params.objective == LONGEST
            until = _KEPT_UNTIL if evening else 1.0
            found = self._found(self.most_ms, until=until, start=start, first=evening)
        if found is None:
            return self._found(self.most_ms, until=1.0, start=None, required=False) or {}
        if self.params.objective == LONGEST:
            return self._evened(found, bound)
        return self._found(self.most_ms, until=1.0, start=found) or found

    def _keep(self, rounds: Rounds) -> bool:
        """Whether rounds keep to all limits."""
        within = all(ms <= self.most_ms[team] for team, ms in self._durations(rounds).items())
        return within and not any(self._loads_over(team, order) for team, order in rounds.items())

    def _evened(self, found: Rounds, low: int) -> Rounds:
        """Return rounds of which the longest is as short as can be found, and then of fewest hours."""
        for number in range(1, _TRIES + 1):
            durations = self._durations(found).values()
            even = sum(durations) // len(self.problem.teams)
            if max(durations) - max(low, even) < _FINE * max(durations):
                break
            # Fewest hours within a limit leave room for a narrower one.
            asked = (max(durations) + max(low, even)) // 2
            tried = self._found(np.minimum(self.most_ms, asked), until=number / (_TRIES + 1), start=found)
            if tried is None:
                low = asked
            else:
                found = tried
        longest = max(self._durations(found).values())
        return self._found(np.minimum(self.most_ms, longest), until=1.0, start=found) or found

    def _found(
        self, most_ms: Ints, *, until: float, start: Rounds | None, required: bool = True, first: bool = False
    ) -> Rounds | None:
        self.say("share", min(self.budget.spent(), 1.0))
        return share_streets(
            self.choices,
            most_ms=most_ms,
            seed=self.seed,
            budget=self.budget,
            until=until,
            start=start,
            required=required,
            first=first,
        )

    def _durations(self, rounds: Rounds) -> dict[int, int]:
        return {team: self.choices.duration(team, order) for team, order in rounds.items()}

    def _loads_over(self, team: int, order: Sequence[int]) -> bool:
        tasks, teams = self.problem.tasks, self.problem.teams
        if "load" not in tasks or "capacity" not in teams:
            return False
        load = tasks["load"].to_numpy()[self.choices.task[[*order]]].sum()
        return bool(load > teams["capacity"].iloc[team])

    def _covering(self, arcs: Sequence[int], tasks: Iterable[int]) -> tuple[Step, ...]:
        """Return arcs as steps: of the tasks that are meant, what passes one first covers it."""
        graph, left, steps = self.problem.graph, set(tasks), []
        task_of = dict(zip(self.choices.arc.tolist(), self.choices.task.tolist(), strict=True))
        ms = self.problem.tasks["ms"].to_numpy()
        for arc in arcs:
            task = task_of.get(arc, PASSING)
            task = task if task in left else PASSING
            left.discard(task)
            steps.append(Step(arc=arc, task=task, ms=int(graph.ms[arc] if task == PASSING else ms[task])))
        return tuple(steps)

    def _steps(self, team: int, order: Sequence[int]) -> tuple[Step, ...]:
        """Return a round's arcs: those that cover streets, and the fastest ways between them."""
        graph, arcs = self.problem.graph, self.choices.arc[[*order]]
        row = self.problem.teams.iloc[team]
        ends = [int(row["out"]), *graph.head[arcs].tolist()], [*graph.tail[arcs].tolist(), int(row["home"])]
        first, *ways = graph.ways(zip(*ends, strict=True))
        passed = [*first]
        for arc, way in zip(arcs.tolist(), ways, strict=True):
            passed += [arc, *way]
        return self._covering(passed, self.choices.task[[*order]].tolist())


def _route(problem: StreetProblem, team: int, steps: tuple[Step, ...]) -> StreetRoute:
    row = problem.teams.iloc[team]
    return StreetRoute(
        team_id=str(problem.teams.index[team]), start_ms=int(row["shift_start_ms"]), steps=steps
    )
