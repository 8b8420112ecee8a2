"""What a dry run would hold: it writes nothing, so nothing else tells."""

from __future__ import annotations

from collections.abc import Iterable

from segsql.recount.options import Options
from segsql.recount.tally import Tally
from segsql.store import Database, Written, snapshot, would_hold


def note_held(database: Database, tallies: Iterable[Tally], options: Options) -> None:
    """Give the counts that a run would now hold that outcome.

    Not those of another instant than the snapshot's own: what is stored says nothing about them.
    """
    new = {tally: tally.new_counts() for tally in tallies}
    counts = [count for each in new.values() for count in each]
    if options.rules.hold_change is None or options.now is not None or not counts:
        return
    with snapshot(database, options.bounds) as opened:
        held = would_hold(opened.connection, counts, options.rules.hold_change)
    every = frozenset((count.workspace_id, count.segment_id) for count in counts)
    for tally, each in new.items():
        tally.heed(each, Written(every - held.keys(), held=held))
