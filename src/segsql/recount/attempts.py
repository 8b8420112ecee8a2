"""Trying again: what may pass is tried again a few times, after a pause that grows and is never quite the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import stamina

from segsql.store import Conflict, ConnectionLost

ATTEMPTS = 3
"""How often the same thing is tried before it has failed."""


def attempts(is_stopped: Callable[[], bool]) -> Iterable[stamina.Attempt]:
    """Attempts at something that a lost connection or a conflict may spoil; a run that is stopped makes no more."""
    return stamina.retry_context(
        on=lambda error: isinstance(error, ConnectionLost | Conflict) and not is_stopped(),
        attempts=ATTEMPTS,
        timeout=None,
        wait_initial=0.2,
        wait_max=5.0,
    )
