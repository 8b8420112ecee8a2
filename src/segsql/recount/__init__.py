"""Due segments -> workspaces -> outcomes -> report: the batch job, without a word of SQL."""

from segsql.recount.batch import recount_batch
from segsql.recount.brake import Brake, Limits
from segsql.recount.choice import SMALL, Choice, Way, choose
from segsql.recount.explain import PlannedSegment, PlannedWorkspace, explain
from segsql.recount.options import Options
from segsql.recount.outcome import (
    STATUSES,
    TAKEN,
    Counted,
    Failed,
    Held,
    Invalid,
    Outcome,
    Result,
    Skipped,
    Superseded,
    TimedOut,
)
from segsql.recount.report import Record, as_json, failed_in, iso, result_as_json
from segsql.recount.run import BATCH_WORKSPACES, CONNECTIONS_PER_JOB, Report, Run, batches
from segsql.recount.servers import Servers

__all__ = [
    "BATCH_WORKSPACES",
    "CONNECTIONS_PER_JOB",
    "SMALL",
    "STATUSES",
    "TAKEN",
    "Brake",
    "Choice",
    "Counted",
    "Failed",
    "Held",
    "Invalid",
    "Limits",
    "Options",
    "Outcome",
    "PlannedSegment",
    "PlannedWorkspace",
    "Record",
    "Report",
    "Result",
    "Run",
    "Servers",
    "Skipped",
    "Superseded",
    "TimedOut",
    "Way",
    "as_json",
    "batches",
    "choose",
    "explain",
    "failed_in",
    "iso",
    "recount_batch",
    "result_as_json",
]
