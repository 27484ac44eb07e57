"""Work that runs outside the page, in the server's process: of each kind one at a time for each workspace."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from geo.errors import GridBeatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Tell = Callable[[str, float], None]
    Cancelled = Callable[[], bool]

_LOG = logging.getLogger("gridbeat")


class Order(Protocol):
    """
    What is asked for: a redraw, a day of patrols.

    Parameters
    ----------
    kind
        What sort of work it is, for one of each runs at a time.
    form
        What was filled in, for the form to be shown again.
    """

    kind: ClassVar[str]

    @property
    def form(self) -> Mapping[str, Any]:
        """What was filled in."""

    @property
    def seconds(self) -> float | None:
        """How long it may take, about; None where that is not said."""

    def carry_out(self, path: str, *, tell: Tell, cancelled: Cancelled) -> tuple[Any, GridBeatError | None]:
        """
        Do the work, and return what it came to, and why that could not be saved.

        Raises
        ------
        GridBeatError
            Of what people can be told.
        """


@dataclass(frozen=True, kw_only=True)
class JobState:
    """
    How far a job is.

    Parameters
    ----------
    stage, share
        Where it is, in the order's own words, and how much of that is done.
    seconds
        Since it began, or that it took.
    running
        Whether it goes on.
    cancelled
        Whether somebody asked it to end with what there is.
    outcome
        What it came to; None while it runs and if it failed.
    error
        What went wrong, of what people can be told; beside an outcome: why that is not saved.
    failed
        Whether it ended by a fault of ours.
    """

    stage: str
    share: float
    seconds: float
    running: bool
    cancelled: bool
    outcome: Any
    error: GridBeatError | None
    failed: bool


class Job:
    """
    An order that is carried out or has been.

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
        self._outcome: Any = None
        self._error: GridBeatError | None = None
        self._failed = False
        # Killed with the server: what has ended is saved, what has not can be asked for again.
        self._thread = threading.Thread(target=self._run, name=order.kind, daemon=True)

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
            outcome, error = self.order.carry_out(self.path, tell=self._tell, cancelled=self._cancel.is_set)
        except GridBeatError as found:
            error = found
        except Exception:
            _LOG.exception("a job failed: %s", self.order.kind)
            failed = True
        with self._lock:
            self._outcome, self._error, self._failed = outcome, error, failed
            self._seconds = time.monotonic() - self._began
        self._ended.set()

    def _tell(self, stage: str, share: float) -> None:
        with self._lock:
            self._stage = (stage, share)


_jobs: dict[tuple[str, str], Job] = {}
_guard = threading.Lock()


def start(path: str, order: Order) -> tuple[Job, bool]:
    """Start an order, or find the one of its kind that runs for the workspace; say whether it is new."""
    key = _key(path, order.kind)
    with _guard:
        running = _jobs.get(key)
        if running is not None and running.state().running:
            return running, False
        job = _jobs[key] = Job(path, order)
        # Under the guard, so that nobody sees a job that has not begun.
        job._thread.start()
        return job, True


def current(path: str, kind: str) -> Job | None:
    """Return the job that runs for a workspace, or the last one that did since the server started."""
    with _guard:
        return _jobs.get(_key(path, kind))


def forget(path: str, kind: str) -> None:
    """Let go of what a workspace's last job came to; one that runs is left alone."""
    with _guard:
        job = _jobs.get(_key(path, kind))
        if job is not None and not job.state().running:
            del _jobs[_key(path, kind)]


def cancel_all() -> None:
    """Ask all that runs to end: Python lets no process go whose threads are still at work."""
    with _guard:
        for job in _jobs.values():
            job.cancel()


def workers_beside_pages() -> int:
    """Return how many processors a job may take: one is left to the pages."""
    return max((os.cpu_count() or 2) - 1, 1)


def _key(path: str, kind: str) -> tuple[str, str]:
    return str(Path(path).resolve()), kind
