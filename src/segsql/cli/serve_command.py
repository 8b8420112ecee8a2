"""`segsql serve`: the HTTP API."""

from __future__ import annotations

from datetime import timedelta

import click

from segsql.cli.options import Duration, option
from segsql.cli.session import database_of
from segsql.errors import ConfigurationError
from segsql.store import SLACK, Manner

LONGEST = timedelta(days=1)

PROBE = timedelta(seconds=5)
"""How long /readyz waits for an answer of the database."""


@click.command("serve")
@option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 is any that is free.",
)
@option(
    "--connections",
    type=click.IntRange(1, 200),
    default=8,
    show_default=True,
    metavar="N",
    help="How many requests are worked on at a time, each on a database connection of its own.",
)
@option(
    "--statement-timeout",
    type=Duration(LONGEST),
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="How long a statement may take.",
)
@option(
    "--preview-timeout",
    type=Duration(LONGEST),
    default="10s",
    show_default=True,
    metavar="DURATION",
    help="How long the count of a definition that is not stored may take.",
)
@option(
    "--grace",
    type=Duration(LONGEST),
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="How long requests may take after SIGTERM or SIGINT.",
)
@click.pass_context
def command(
    ctx: click.Context,
    host: str,
    port: int,
    connections: int,
    statement_timeout: timedelta,
    preview_timeout: timedelta,
    grace: timedelta,
) -> None:
    """Serve the HTTP API: segments to read, create, change, preview, and their members.

    Calls need a key (segsql keys create). The contract is at /openapi.json, for people at /docs. SIGTERM ends it
    when every request is answered.
    """
    try:
        from segsql.http.app import Api
        from segsql.http.calls import Service
        from segsql.http.server import listen, run
    except ModuleNotFoundError as error:
        hint = "Install it: pip install 'segsql[api]'"
        raise ConfigurationError(f"The HTTP API needs {error.name}, which is not installed", hint=hint) from error
    manner = Manner(answer_within=max(statement_timeout, preview_timeout) + SLACK)
    with (
        database_of(ctx, connections=connections, manner=manner) as database,
        database_of(ctx, manner=Manner(answer_within=PROBE), is_checked=False) as probe,
    ):
        service = Service(database, statement_timeout, preview_timeout)
        listening = listen(host, port)
        address, at = listening.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        words = f"Serving on http://{shown}:{at}; the contract is at /openapi.json, for people at /docs."
        run(Api(service, probe, connections), listening, grace, lambda: click.echo(words, err=True))
