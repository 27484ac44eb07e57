"""Redraws that run outside the page, in the server's process: one at a time for each workspace."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.workspace import Workspace
from geo.errors import GridBeatError
from planning.redraw import redrawing
from planning.scorecard import ScoreParams
from ui.saving import save_proposals
from ui.standing import stand
from ui.superseding import retire_superseded
from ui.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.profile import Profile
    from planning.redraw.params import RedrawParams
    from planning.redraw.redrawing import Redraw
    from planning.redraw.search import Limits
    from ui.standing import Standing

_LOG = logging.getLogger("gridbeat")


@dataclass(frozen=True, kw_only=True)
class Order:
    """
    What a redraw is asked for.

    Parameters
    ----------
    profile
        What counts as work.
    params
        What is asked.
    limits
        How long it may take, with all that has to be read and worked out before.
    lang
        In which language the plans are named.
    form
        What was filled in, for the form to be shown again.
    """

    profile: Profile
    params: RedrawParams
    limits: Limits
    lang: str = "zh"
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What a redraw came to.

    Parameters
    ----------
    found
        The plans.
    standing
        How the district stood.
    kept
        Id under which each plan is saved; () if none could be.
    """

    found: Redraw
    standing: Standing
    kept: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class JobState:
    """
    How far a redraw is.

    Parameters
    ----------
    stage, share
        Where it is (read, reach, explain, search, score), and how much of that is done.
    seconds
        Since it began, or that it took.
    running
        Whether it goes on.
    cancelled
        Whether somebody asked it to end with what there is.
    outcome
        What it came to; None while it runs and if it failed.
    error
        What went wrong, of what people can be told; beside an outcome: why its plans are not saved.
    failed
        Whether it ended by a fault of ours.
    """

    stage: str
    share: float
    seconds: float
    running: bool
    cancelled: bool
    outcome: Outcome | None
    error: GridBeatError | None
    failed: bool


class Job:
    """
    A redraw that runs or has run.

    Parameters
    ----------
    path
        The workspace's file.
    order
        What is asked.
    """

    def __init__(self, path: str, order: Order) -> None:
        self.path = path
        self.order = order
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._ended = threading.Event()
        self._stage = ("read", 0.0)
        self._seconds: float | None = None
        self._outcome: Outcome | None = None
        self._error: GridBeatError | None = None
        self._failed = False
        # Killed with the server: what has ended is saved, what has not can be asked for again.
        self._thread = threading.Thread(target=self._run, name="redraw", daemon=True)

    def state(self) -> JobState:
        """Return how far it is."""
        with self._lock:
            seconds = time.monotonic() - self._began if self._seconds is None else self._seconds
            return JobState(
                stage=self._stage[0],
                share=self._stage[1],
                seconds=seconds,
                running=self._seconds is None,
                cancelled=self._cancel.is_set(),
                outcome=self._outcome,
                error=self._error,
                failed=self._failed,
            )

    def cancel(self) -> None:
        """Ask it to end soon with what there is."""
        self._cancel.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, and return whether it has ended."""
        return self._ended.wait(seconds)

    def _run(self) -> None:
        outcome, error, failed = None, None, False
        try:
            outcome, error = self._redrawn()
        except GridBeatError as found:
            error = found
        except Exception:
            _LOG.exception("a redraw failed")
            failed = True
        with self._lock:
            self._outcome, self._error, self._failed = outcome, error, failed
            self._seconds = time.monotonic() - self._began
        self._ended.set()

    def _redrawn(self) -> tuple[Outcome, GridBeatError | None]:
        order, workspace = self.order, Workspace.open(self.path)
        standing = stand(workspace, order.profile)
        scoring = ScoreParams(tolerance=order.params.tolerance, across_stations=order.params.across_stations)
        found = redrawing.redraw(
            standing.graph,
            standing.today,
            params=order.params,
            limits=_left(order.limits, time.monotonic() - self._began),
            scorer=standing.scorer(scoring),
            tell=self._tell,
            cancelled=self._cancel.is_set,
        )
        try:
            kept = _kept(workspace, standing, found, lang=order.lang)
        except GridBeatError as refused:
            return Outcome(found=found, standing=standing, kept=()), refused
        return Outcome(found=found, standing=standing, kept=kept), None

    def _tell(self, stage: str, share: float) -> None:
        with self._lock:
            self._stage = (stage, share)


_jobs: dict[str, Job] = {}
_guard = threading.Lock()


def start(path: str, order: Order) -> tuple[Job, bool]:
    """Start a redraw, or find the one that runs for this workspace; say whether it is a new one."""
    key = _key(path)
    with _guard:
        running = _jobs.get(key)
        if running is not None and running.state().running:
            return running, False
        job = _jobs[key] = Job(path, order)
        # Under the guard, so that nobody sees a job that has not begun.
        job._thread.start()
        return job, True


def current(path: str) -> Job | None:
    """Return the redraw that runs for a workspace, or the last one that did since the server started."""
    with _guard:
        return _jobs.get(_key(path))


def forget(path: str) -> None:
    """Let go of what a workspace's last redraw came to; one that runs is left alone."""
    with _guard:
        job = _jobs.get(_key(path))
        if job is not None and not job.state().running:
            del _jobs[_key(path)]


def _key(path: str) -> str:
    return str(Path(path).resolve())


def _left(limits: Limits, spent: float) -> Limits:
    """Return what is left for the redraw after so many seconds, with a core left to the pages."""
    seconds = None if limits.seconds is None else max(limits.seconds - spent, 0.0)
    return replace(limits, seconds=seconds, workers=limits.workers or max((os.cpu_count() or 2) - 1, 1))


def _kept(workspace: Workspace, standing: Standing, found: Redraw, *, lang: str) -> tuple[str, ...]:
    kept = save_proposals(
        workspace,
        found,
        profile=standing.workload.profile,
        t=words(lang),
        parent=standing.today_id,
        stamp=standing.stamp,
    )
    retire_superseded(workspace, parent=standing.today_id, kept=kept)
    return tuple(kept)
