"""A thread that hears which workspaces were edited, for as long as there is somebody to hear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from segsql.catalog import WorkspaceId
from segsql.errors import ConfigurationError, DatabaseUnavailable
from segsql.store import Database, QueryFailed, listening

WAKE_SECONDS = 0.5
"""How often a listener looks up to see whether it is to end."""

AGAIN_SECONDS = 1.0
"""Between two sessions; how long an unreachable server is waited for is the database's own patience."""


@dataclass(frozen=True, slots=True)
class Heard:
    """These workspaces have segments that are new or edited."""

    workspace_ids: frozenset[WorkspaceId]


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether edits are heard from here on; what was said before is lost. `why` not, where it will stay so."""

    is_on: bool
    why: str = ""


class Listener(Thread):
    """Tells of what it hears, and of when it begins and ceases to hear; begins anew when it loses its session."""

    def __init__(self, database: Database, tell: Callable[[Heard | Hearing], None]) -> None:
        super().__init__(name="segsql-listener", daemon=True)
        self._database = database
        self._tell = tell
        self._stopped = Event()

    def stop(self) -> None:
        """Hear no more."""
        self._stopped.set()

    def run(self) -> None:
        """Listen until stopped, or for as long as it makes sense."""
        while not self._stopped.is_set():
            try:
                if not self._listen():
                    self._tell(Hearing(is_on=False, why="a connection pooler stands between"))
                    return
            except ConfigurationError as error:
                self._tell(Hearing(is_on=False, why=str(error)))
                return
            except (DatabaseUnavailable, QueryFailed):
                self._tell(Hearing(is_on=False))
                self._stopped.wait(AGAIN_SECONDS)

    def _listen(self) -> bool:
        """Listen until stopped; False where that is not possible."""
        with listening(self._database) as session:
            if session is None:
                return False
            self._tell(Hearing(is_on=True))
            while not self._stopped.is_set():
                if heard := session.heard(WAKE_SECONDS):
                    self._tell(Heard(heard))
        return True
