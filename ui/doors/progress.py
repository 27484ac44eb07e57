"""How far long work is, told on standard error; and Ctrl-C, which ends it with what there is."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ui.doors.speaking import Speaker

_STEP, _PAUSE_S = 0.10, 5.0


class Progress:
    """
    Tells the stage and its share: on a terminal in one line that is rewritten, else line by line.

    Parameters
    ----------
    say
        Who tells it.
    called
        What a stage is called; those of a redraw by default.
    """

    def __init__(self, say: Speaker, *, called: Callable[[str], str] | None = None) -> None:
        self.say = say
        self.called = called or (lambda stage: say.t(f"redraw_stage.{stage}"))
        self.rewrites = sys.stderr.isatty()
        self._told: tuple[str, float, float] = ("", 0.0, 0.0)
        self._width = 0

    def __call__(self, stage: str, share: float) -> None:
        """Tell that a share of a stage is done."""
        text = self.called(stage)
        if share > 0:
            text += f" {self.say.t.percent(share, 0)}"
        before, last, when = self._told
        now = time.monotonic()
        if self.rewrites:
            typer.echo(f"\r{text.ljust(self._width)}", err=True, nl=False)
            self._width = max(self._width, len(text))
        elif stage != before or share >= last + _STEP - 1e-9 or (share > last and now >= when + _PAUSE_S):
            self._told = (stage, share, now)
            self.say.message(text)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        # What is said next begins on a line of its own.
        if self.rewrites and self._width:
            typer.echo("", err=True)


@contextmanager
def interruptible(say: Speaker, *, key: str = "redraw.cancelled") -> Iterator[Callable[[], bool]]:
    """
    Yield what says whether Ctrl-C was pressed; pressed again it ends the program.

    Outside the main thread nobody can press it.

    Parameters
    ----------
    key
        Of what is said when it is.
    """
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def note(*_: Any) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        say.message("\n" + say.t(key))

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
