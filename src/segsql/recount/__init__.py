"""Due segments -> workspaces -> outcomes -> report: the batch job, without a word of SQL."""

from segsql.recount.count import SHARE_FROM, Way
from segsql.recount.outcome import Counted, Failed, Invalid, Outcome, Result, Skipped, Superseded, TimedOut
from segsql.recount.report import as_json, iso, result_as_json
from segsql.recount.run import CONNECTIONS_PER_JOB, Report, Run
from segsql.recount.workspace import Options

__all__ = [
    "CONNECTIONS_PER_JOB",
    "SHARE_FROM",
    "Counted",
    "Failed",
    "Invalid",
    "Options",
    "Outcome",
    "Report",
    "Result",
    "Run",
    "Skipped",
    "Superseded",
    "TimedOut",
    "Way",
    "as_json",
    "iso",
    "result_as_json",
]
