"""What ends a run before it is done: signals, the deadline, and the grace time after either (spec 7.6)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Timer

from segsql.cli.exits import Exit
from segsql.recount import Run

_EXITS = {signal.SIGTERM: Exit.SIGTERM, signal.SIGINT: Exit.SIGINT}


class Stopping:
    """Why a run was stopped, if it was."""

    def __init__(self, run: Run, grace: timedelta) -> None:
        self._run = run
        self._grace = grace
        self._timers: list[Timer] = []
        self._signal: signal.Signals | None = None
        self.is_late = False

    @property
    def exit(self) -> Exit | None:
        """The exit code of a run that a signal stopped."""
        return _EXITS[self._signal] if self._signal is not None else None

    def heed(self, signum: int) -> None:
        """Stop in good order. A second signal ends the process at once: the server drops what has no client."""
        if self._signal is not None:
            os._exit(128 + signum)
        self._signal = signal.Signals(signum)
        self._stop()

    def end(self) -> None:
        """The deadline is reached."""
        self.is_late = True
        self._stop()

    def after(self, duration: timedelta, action: Callable[[], None]) -> None:
        """Do something later, unless the run is over by then."""
        timer = Timer(duration.total_seconds(), action)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def forget(self) -> None:
        """The run is over."""
        for timer in self._timers:
            timer.cancel()

    def _stop(self) -> None:
        self._run.stop()
        self.after(self._grace, self._run.cancel)


@contextmanager
def stopping(run: Run, deadline: timedelta | None, grace: timedelta) -> Iterator[Stopping]:
    """Stop the run at the deadline, or when SIGTERM or SIGINT comes; cancel what is under way after the grace time."""
    state = Stopping(run, grace)
    before = {signum: signal.signal(signum, lambda number, _: state.heed(number)) for signum in _EXITS}
    if deadline is not None:
        state.after(deadline, state.end)
    try:
        yield state
    finally:
        state.forget()
        for signum, handler in before.items():
            signal.signal(signum, handler)
