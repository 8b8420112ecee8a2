"""Counting what is due as it becomes due, by a process that stays (`segsql worker`).

The modules in the order of control flow:

- `listener`: hears which workspaces were edited, and says so.
- `agenda`: which workspaces are to be looked at, when, and in which order.
- `rests`: which of a workspace's due segments are tried now, and which wait.
- `attend`: one look at some workspaces, and the count of what is due in them.
- `worker`: the loop that hands all of it out.
- `vitals`, `health`: how it fares, over HTTP.
"""

from segsql.worker.health import serving
from segsql.worker.listener import Hearing
from segsql.worker.vitals import Vitals
from segsql.worker.worker import CONNECTIONS_BESIDE, Observer, Pace, Worker

__all__ = ["CONNECTIONS_BESIDE", "Hearing", "Observer", "Pace", "Vitals", "Worker", "serving"]
