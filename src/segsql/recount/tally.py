"""What has become so far of the due segments of one workspace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from segsql.catalog import Catalog, Id
from segsql.compiler import WorkspaceCompiler
from segsql.errors import SegsqlError
from segsql.recount.outcome import LOCKED, Counted, Failed, Held, Invalid, Outcome, Result, Superseded
from segsql.store import LOCK_NOT_AVAILABLE, DueWorkspace, NewCount, Written


@dataclass(frozen=True, slots=True)
class Measured:
    """The outcome of one segment and the milliseconds that it took."""

    segment_id: Id
    outcome: Outcome
    ms: float = 0.0


class Tally:
    """The outcomes so far, and the definitions that were counted."""

    def __init__(self, due: DueWorkspace) -> None:
        self.due = due
        self._measured: dict[Id, Measured] = {}
        self._definitions: dict[Id, str] = {}

    @property
    def left(self) -> list[Id]:
        """The segments without an outcome, in the order in which they were due."""
        return [segment_id for segment_id in self.due.segment_ids if segment_id not in self._measured]

    def results(self) -> list[Result]:
        """A result for each segment that has an outcome, in the order in which they were due."""
        measured = (self._measured[each] for each in self.due.segment_ids if each in self._measured)
        return [Result(self.due.workspace_id, each.segment_id, each.outcome, each.ms) for each in measured]

    def note(self, measured: Iterable[Measured]) -> None:
        """Give segments the outcomes that counting them had."""
        for each in measured:
            self._measured[each.segment_id] = each

    def settle(self, segment_ids: Iterable[Id], outcome: Outcome) -> None:
        """Give these segments an outcome, in place of one that they may have."""
        for segment_id in segment_ids:
            before = self._measured.get(segment_id)
            self._measured[segment_id] = Measured(segment_id, outcome, before.ms if before else 0.0)

    def fail(self, error: SegsqlError) -> None:
        """What is not counted, or counted and not written, has failed; an invalid segment is still just that."""
        self.give_up(Failed(str(error), error.sqlstate))

    def give_up(self, outcome: Outcome) -> None:
        """Give this outcome to all that has none but, at best, a count that is not written."""
        self.settle([each for each in self.due.segment_ids if not self._is_decided(each)], outcome)

    def countable(self, catalog: Catalog, compiler: WorkspaceCompiler) -> list[Id]:
        """Those left that can be counted in the snapshot of the catalog; what the others are instead is noted."""
        return [segment_id for segment_id in self.left if self._is_valid(segment_id, catalog, compiler)]

    def new_counts(self) -> list[NewCount]:
        """What was counted, to be written."""
        workspace_id = self.due.workspace_id
        return [
            NewCount(workspace_id, segment_id, self._definitions[segment_id], outcome.count, outcome.at)
            for segment_id, each in self._measured.items()
            if isinstance(outcome := each.outcome, Counted)
        ]

    def heed(self, new: Iterable[NewCount], written: Written) -> None:
        """Of these counts of the workspace, the ones that the guard refused are superseded; some are held."""
        for count in new:
            key = (count.workspace_id, count.segment_id)
            if key in written.held:
                self.settle([count.segment_id], Held(count.count, count.at, written.held[key]))
            elif key in written.refused:
                self.settle([count.segment_id], Failed(str(written.refused[key]), written.refused[key].sqlstate))
            elif key in written.locked:
                self.settle([count.segment_id], Failed(LOCKED, LOCK_NOT_AVAILABLE))
            elif key not in written.keys | written.there:
                self.settle([count.segment_id], Superseded())

    def _is_decided(self, segment_id: Id) -> bool:
        measured = self._measured.get(segment_id)
        return measured is not None and not isinstance(measured.outcome, Counted)

    def _is_valid(self, segment_id: Id, catalog: Catalog, compiler: WorkspaceCompiler) -> bool:
        if segment_id not in catalog.segments:
            self.settle([segment_id], Superseded())
            return False
        try:
            diagnostics = compiler.diagnostics(segment_id)
        except SegsqlError as error:
            self.settle([segment_id], Failed(str(error)))
            return False
        if diagnostics:
            self.settle([segment_id], Invalid(diagnostics))
            return False
        self._definitions[segment_id] = str(catalog.segments[segment_id])
        return True


def counted(portion: Sequence[Id], counts: Sequence[int], at: datetime, ms: float) -> list[Measured]:
    """The counts that one statement gave for its segments, each with an equal share of its milliseconds."""
    share = round(ms / len(portion), 3)
    return [Measured(segment_id, Counted(count, at), share) for segment_id, count in zip(portion, counts, strict=True)]
