"""`segsql init`: the default schema."""

from __future__ import annotations

import click

from segsql.cli.options import option
from segsql.cli.session import dsn_of
from segsql.store import migrations, translated


@click.command("init")
@option("--print", "print_only", is_flag=True, help="Print the SQL instead of applying it; connects to nothing.")
@click.pass_context
def command(ctx: click.Context, *, print_only: bool) -> None:
    """Bring the database to the newest schema: what is missing of sql/, then its indexes.

    Applies the numbered files each in a transaction of its own, and builds the indexes without blocking
    writers. Safe to run again, and by many at once.
    """
    if print_only:
        click.echo(migrations.script(), nl=False)
        return
    with dsn_of(ctx) as dsn, translated():
        applied = migrations.migrate(dsn)
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("The schema is up to date.")
