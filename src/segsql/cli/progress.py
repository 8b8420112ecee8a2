"""What a person or a log sees of a run under way: a bar on a terminal, else a line for each segment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import stamina

from segsql.cli.logs import Log
from segsql.cli.output import print_error
from segsql.errors import printable
from segsql.recount import Counted, Result


def tell_of_retries(log: Log | None) -> None:
    """Say on stderr what is tried again, and when."""

    def tell(details: stamina.instrumentation.RetryDetails) -> None:
        if log is not None:
            log.retrying(details.wait_for, str(details.caused_by))
        else:
            print_error(str(details.caused_by), f"Trying again in {details.wait_for:.1f} s.")

    stamina.instrumentation.set_on_retry_hooks([tell])


@contextmanager
def watching(total: int, log: Log | None) -> Iterator[Callable[[Result], None]]:
    """Give what is to be called with each result; everything goes to stderr."""
    if log is not None:
        yield log.result
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Counting", total=total)

        def advance(result: Result) -> None:
            progress.advance(task)
            if not isinstance(result.outcome, Counted):
                progress.console.print(
                    f"workspace {result.workspace_id}, segment {result.segment_id}: {result.status}: "
                    f"{printable(result.message)}",
                    markup=False,
                    highlight=False,
                )

        yield advance
