"""Due segments -> workspaces -> outcomes -> report: the batch job, without a word of SQL."""

from segsql.recount.brake import Limits
from segsql.recount.choice import SMALL, Choice, Way, choose
from segsql.recount.explain import PlannedSegment, PlannedWorkspace, explain
from segsql.recount.options import Options
from segsql.recount.outcome import HELD, Counted, Failed, Held, Invalid, Outcome, Result, Skipped, Superseded, TimedOut
from segsql.recount.report import as_json, iso, result_as_json
from segsql.recount.run import CONNECTIONS_PER_JOB, Report, Run

__all__ = [
    "CONNECTIONS_PER_JOB",
    "HELD",
    "SMALL",
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
    "Report",
    "Result",
    "Run",
    "Skipped",
    "Superseded",
    "TimedOut",
    "Way",
    "as_json",
    "choose",
    "explain",
    "iso",
    "result_as_json",
]
