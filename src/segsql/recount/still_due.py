"""Of two that look at the same time for what is due, one counts.

Both find the same before either has a workspace's lock. Whoever gets it second finds, in a snapshot taken under
the lock, that there is nothing left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from segsql.recount.outcome import Superseded
from segsql.recount.tally import Tally
from segsql.store import Snapshot, due_segments


def settle_what_is_not_due(opened: Snapshot, tallies: Sequence[Tally], stale_for: timedelta | None) -> None:
    """Settle what is no longer due in a snapshot, in workspaces that are locked; nothing where no age is given."""
    if stale_for is None:
        return
    found = due_segments(opened.connection, [tally.due.workspace_id for tally in tallies], stale_for)
    due = {(each.workspace_id, each.id) for each in found}
    for tally in tallies:
        tally.settle([each for each in tally.left if (tally.due.workspace_id, each) not in due], Superseded())
