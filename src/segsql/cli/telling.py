"""What a recount leaves for others to read: the report, metrics, the format of its log. Options and what they do."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from segsql.cli import files
from segsql.cli.exits import Exit, exit_code
from segsql.cli.logs import LogFormat
from segsql.cli.metrics import Gateway, GatewayUrl, push, write_textfile
from segsql.cli.options import option
from segsql.errors import SegsqlError, UsageError
from segsql.recount import Options, Record, Report, as_json
from segsql.store import Ages, Bounds, Database, Selection, read_ages, snapshot

Warn = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Telling:
    """Where a run is told of. `log_format` is None where nobody asked for one."""

    report: Path | None
    textfile: Path | None
    gateway: Gateway | None
    log_format: LogFormat | None

    @property
    def has_metrics(self) -> bool:
        """Whether metrics are asked for."""
        return self.textfile is not None or self.gateway is not None

    def check(self, *, dry_run: bool) -> None:
        """Raise UsageError for what could not be written in the end, or would tell of nothing."""
        for path, name in ((self.report, "report"), (self.textfile, "metrics file")):
            if path is not None and not files.can_be_replaced(path):
                raise UsageError(
                    f"The {name} {path} can't be written",
                    hint="It is replaced as a whole: its directory must be there, and be writable too.",
                )
        if dry_run and self.has_metrics:
            raise UsageError("A dry run writes no counts that metrics could tell of")

    def ages(self, database: Database, bounds: Bounds, selection: Selection, report: Report, warn: Warn) -> Ages | None:
        """How old the counts are after the run; None where nobody asks, or where the database does not answer."""
        if not self.has_metrics or report.error is not None:
            return None
        invalid = [(one.workspace_id, one.segment_id) for one in report.results if one.status == "invalid"]
        try:
            with snapshot(database, bounds) as opened:
                return read_ages(opened.connection, selection.shard, invalid)
        except SegsqlError as error:
            warn(f"How old the counts are is not among the metrics: {error}", error.hint)
            return None

    def tell(self, record: Record, ages: Ages | None, warn: Warn) -> Record:
        """Write the report and the metrics, and give the record with the exit code that the command ends with.

        The counts are written whatever happens here. Who asks for a report counts on it, so a run without it has
        failed; metrics that get lost are a warning.
        """
        if self.report is not None:
            try:
                files.replace(self.report, report_text(record))
            except OSError as error:
                warn(f"The report {self.report} could not be written: {error.strerror}", "")
                record = replace(record, exit_code=record.exit_code or Exit.FAILED)
        if self.textfile is not None:
            try:
                write_textfile(self.textfile, record, ages)
            except OSError as error:
                warn(f"The metrics file {self.textfile} could not be written: {error.strerror}", "")
        if self.gateway is not None:
            try:
                push(self.gateway, record, ages)
            except OSError as error:
                warn(f"The metrics could not be pushed to {self.gateway.url}: {error}", "")
        return record

    @contextmanager
    def telling_if_it_fails(self, run_id: str, selection: Selection, options: Options, warn: Warn) -> Iterator[None]:
        """Tell also of a run that ends with an error before it has a report of its own."""
        started_at = datetime.now(UTC)
        try:
            yield
        except UsageError:
            raise
        except SegsqlError as error:
            report = Report(run_id, started_at, datetime.now(UTC), (), error)
            self.tell(Record(report, selection, options, exit_code(error)), None, warn)
            raise


def report_text(record: Record) -> bytes:
    """The report as a file holds it; half a surrogate in an argument is escaped as JSON does."""
    return (json.dumps(as_json(record), ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def telling_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that make a `Telling`, which the command gets as `telling`."""

    @option(
        "--report",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write the JSON report here, in place of an older one.",
    )
    @option(
        "--metrics-textfile",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write Prometheus metrics here, for node_exporter's textfile collector: NAME.prom in its directory.",
    )
    @option(
        "--pushgateway",
        type=GatewayUrl(),
        metavar="URL",
        help="Push the metrics to a Prometheus Pushgateway. One that is down costs a warning.",
    )
    @option(
        "--log-format",
        type=click.Choice([each.value for each in LogFormat]),
        help="Write the log to stderr in this format, also on a terminal; without it logfmt, and a bar on a terminal.",
    )
    @functools.wraps(command)
    def with_telling(
        *arguments: Any,
        report: Path | None,
        metrics_textfile: Path | None,
        pushgateway: Gateway | None,
        log_format: str | None,
        **others: Any,
    ) -> Any:
        format_ = LogFormat(log_format) if log_format else None
        return command(*arguments, telling=Telling(report, metrics_textfile, pushgateway, format_), **others)

    return with_telling
