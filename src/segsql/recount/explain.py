"""How a run would count: the choice for each workspace, and PostgreSQL's estimates of what it costs.

Nothing is counted. The costs inform people; the choice, which is the very one that a run makes, does not look
at them (`choice`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segsql.catalog import Id, WorkspaceId
from segsql.compiler import WorkspaceCompiler
from segsql.errors import ConfigurationError, DatabaseUnavailable, SegsqlError
from segsql.recount.choice import Portion, choose, portions
from segsql.recount.count import compiled
from segsql.recount.options import Options
from segsql.recount.tally import Tally
from segsql.store import Database, DueWorkspace, Snapshot, load_catalogs, snapshot

GONE = "the workspace is gone"


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """How a segment would be counted: in the shared scan of this number, or by its own statement.

    Costs are in the planner's units, in which reading one page is 1: of the segment's own statement, and of the
    shared scan with all its segments. None where there is no such statement. A segment that can't be counted
    has a message that says why.
    """

    segment_id: Id
    scan: int | None = None
    own_cost: float | None = None
    scan_cost: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class PlannedWorkspace:
    """A workspace with its stored contacts, its due segments, and the rule that decided on them."""

    workspace_id: WorkspaceId
    contacts: int
    rule: str
    segments: tuple[PlannedSegment, ...]


def explain(database: Database, due: Iterable[DueWorkspace], options: Options) -> Iterator[PlannedWorkspace]:
    """Plan one workspace after the other, each in a snapshot of its own, as a run would count it."""
    for each in due:
        with snapshot(database, options.bounds) as opened:
            planned = _explained(opened, each, options)
        yield planned


def _explained(opened: Snapshot, due: DueWorkspace, options: Options) -> PlannedWorkspace:
    workspace_id = due.workspace_id
    catalog = load_catalogs(opened.connection, [workspace_id]).get(workspace_id)
    if catalog is None:
        return PlannedWorkspace(
            workspace_id, 0, GONE, tuple(PlannedSegment(each, message=GONE) for each in due.segment_ids)
        )
    compiler = WorkspaceCompiler(
        catalog, workspace_id=workspace_id, now=options.now or opened.now, strategy=options.strategy
    )
    tally = Tally(due)
    valid = tally.countable(catalog, compiler)
    contacts = opened.stored_contacts([workspace_id])[workspace_id]
    choice = choose(contacts, len(valid), options.strategy, options.way)
    scans = [portion for portion in portions(compiler, valid, choice.way) if len(portion) > 1]
    planned = {
        result.segment_id: PlannedSegment(result.segment_id, message=result.message) for result in tally.results()
    }
    planned |= {each: PlannedSegment(each, own_cost=_cost(opened, compiler, (each,))) for each in valid}
    split_ids = opened.split_ids(workspace_id) if scans else ()
    if split_ids:
        opened.run_branches_in_parallel()
    for number, scan in enumerate(scans, start=1):
        cost = _cost(opened, compiler, scan, split_ids)
        planned |= {each: PlannedSegment(each, number, planned[each].own_cost, cost) for each in scan}
    return PlannedWorkspace(workspace_id, contacts, choice.reason, tuple(planned[each] for each in due.segment_ids))


def _cost(
    opened: Snapshot, compiler: WorkspaceCompiler, portion: Portion, split_ids: tuple[Id, ...] = ()
) -> float | None:
    """What the planner makes of the portion's statement; None of one that it, or the compiler, refuses."""
    try:
        return opened.cost(compiled(compiler, portion, split_ids))
    except (DatabaseUnavailable, ConfigurationError):
        raise
    except SegsqlError:
        return None
