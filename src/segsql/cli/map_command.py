"""`segsql map`: a mapping proposed for the database that one has."""

from __future__ import annotations

from contextlib import closing
from importlib import resources
from pathlib import Path

import click

from segsql.cli.files import replace
from segsql.cli.options import option
from segsql.cli.output import print_diagnostics, print_error
from segsql.cli.session import dsn_of
from segsql.errors import UsageError
from segsql.proposal import propose
from segsql.store import Database


@click.command("map")
@option("--schema", metavar="NAME", help="Look at this schema. Without it: the first of search_path.")
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write there, such as segsql.toml, where no file is yet. Without it: to stdout.",
)
@option(
    "--json-schema", is_flag=True, help="Print the JSON Schema of mappings, for editors, instead; connects to nothing."
)
@click.pass_context
def command(ctx: click.Context, *, schema: str | None, output: Path | None, json_schema: bool) -> None:
    """Propose a mapping (segsql.toml) for a database that was made for something else. Changes nothing in it.

    Made from names, types and keys of the tables, and from a few of their values. Comments say what was guessed and
    why, and what was not found; what does not fit the database is told on stderr. docs/mapping.md explains the file.
    """
    if json_schema:
        file = resources.files("segsql.catalog.mapping_file").joinpath("segsql.schema.json")
        click.echo(file.read_text(encoding="utf-8"), nl=False)
        return
    if output is not None and output.exists():
        raise UsageError(f"{output} is there already", hint="Write to another file and compare the two.")
    with dsn_of(ctx) as dsn, closing(Database(dsn)) as database:
        proposal = propose(database, schema)
    if output is None:
        click.echo(proposal.text, nl=False)
    else:
        replace(output, proposal.text.encode())
    if proposal.problems:
        print_error("Correct in the proposal:")
        print_diagnostics(proposal.problems)
