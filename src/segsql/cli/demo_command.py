"""`segsql demo`: the whole way on the bundled PostgreSQL, with generated contacts."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from click.core import ParameterSource

from segsql.cli.exits import Exit
from segsql.cli.options import option
from segsql.errors import ConfigurationError, UsageError
from segsql.recount import CONNECTIONS_PER_JOB, Options, Report, Result, Run
from segsql.store import Database, Manner, Selection, migrations, translated
from segsql.store.demo_data import DemoState, demo_state, load_demo

JOBS = 2
MAX_CONTACTS = 5_000_000


@click.command("demo")
@option(
    "--contacts",
    type=click.IntRange(1, MAX_CONTACTS),
    default=20_000,
    show_default=True,
    metavar="N",
    help="How many contacts are generated.",
)
@option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    default=".segsql/demo",
    show_default=True,
    help="Where the bundled PostgreSQL keeps the data.",
)
@click.pass_context
def command(ctx: click.Context, contacts: int, directory: Path) -> int:
    """Try segsql: a database with generated contacts and sample segments, a recount, and what to try next.

    Needs no server: the bundled PostgreSQL runs in DIR for as long as a command uses it. A demo that is there
    already is used again, and made anew where its number of contacts is another one.
    """
    from segsql.demo import next_steps, print_report, program, read_sections

    if ctx.find_root().get_parameter_source("dsn") is ParameterSource.COMMANDLINE:
        raise UsageError("The demo brings its own database: leave --dsn out", hint="--dir says where it lies.")
    with _database(directory) as database:
        _fill(database, contacts)
        with _step("Counting the members of every segment"):
            report = Run(database, Selection(), Options(), jobs=JOBS).report(_not_one_by_one)
        sections = read_sections(database, report)
    print_report(sections, _summary(report), next_steps(program(), directory), directory)
    return Exit.FAILED if report.has_failed else Exit.OK


@contextmanager
def _database(directory: Path) -> Iterator[Database]:
    """The bundled server's database, with the schema in it."""
    from segsql.embedded import EmbeddedServerError, server

    try:
        with ExitStack() as stack:
            with _step(f"Starting the bundled PostgreSQL in {directory}"):
                dsn = stack.enter_context(server(directory))
            with _step("Bringing the schema up to date"), translated():
                migrations.migrate(dsn)
            manner = Manner(answer_within=timedelta(hours=1))  # a million contacts take minutes to make
            database = Database(dsn, connections=JOBS * CONNECTIONS_PER_JOB, manner=manner)
            stack.callback(database.close)
            yield database
    except EmbeddedServerError as error:
        raise ConfigurationError(str(error), hint="--dir names another directory.") from error


def _fill(database: Database, contacts: int) -> None:
    """Make the data, unless an earlier demo made just these."""
    from segsql.demo import contacts_script, sample_segments

    there = demo_state(database)
    if there == DemoState(contacts, is_current=True):
        with _step(f"Using the {_contacts(contacts)} that an earlier demo made"):
            return
    instead = f", in place of the {_contacts(there.contacts)} that an earlier demo made" if there else ""
    with _step(f"Generating {_contacts(contacts)}{instead}"):
        load_demo(database, contacts_script(), contacts, sample_segments(datetime.now(UTC).date()))


def _contacts(number: int) -> str:
    return f"{number:,} contact{'' if number == 1 else 's'}"


def _summary(report: Report) -> str:
    counted = sum(result.status == "counted" for result in report.results)
    seconds = (report.finished_at - report.started_at).total_seconds()
    return f"{counted} of {len(report.results)} segments counted, and the counts stored, in {seconds:.2f} s."


def _not_one_by_one(result: Result) -> None:
    """The table tells all of it at once."""
    del result


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Say on stderr what is under way: on a terminal with a spinner, then how long it took."""
    if not sys.stderr.isatty():
        click.echo(f"{what} ...", err=True)
        yield
        return
    from rich.console import Console

    console, begun = Console(stderr=True, highlight=False, markup=False), time.monotonic()
    with console.status(what):
        yield
    console.print(f"{what} ({time.monotonic() - begun:.1f} s)", style="dim")
