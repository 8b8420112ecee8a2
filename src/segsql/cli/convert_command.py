"""`segsql convert`: a filter from one form to another."""

from __future__ import annotations

from typing import IO

import click

from segsql.cli.mapped import mapped_of
from segsql.cli.options import option
from segsql.filters import MAX_TEXT_BYTES

FORMS = click.Choice(["segsql", "text", "react-query-builder", "jsonlogic"])


@click.command("convert")
@click.argument("file", type=click.File("rb"))
@option("--from", "source", type=FORMS, default="segsql", show_default=True, help="The form of FILE.")
@option("--to", "target", type=FORMS, default="segsql", show_default=True, help="The form to print.")
@click.pass_context
def command(ctx: click.Context, file: IO[bytes], source: str, target: str) -> None:
    """Write the filter in FILE (- is standard input) in another form: JSON of ours or of others, or text.

    What one form has and the other has no words for is an error that names it. Nothing is looked up in a workspace.
    """
    from segsql.filters.interop import Form, convert, read

    ids = mapped_of(ctx).mapping.ids
    click.echo(convert(read(Form(source), file.read(MAX_TEXT_BYTES + 1), ids), Form(target)))
