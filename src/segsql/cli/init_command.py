"""`segsql init`: the default schema, or what segsql needs of its own beside somebody else's."""

from __future__ import annotations

import click

from segsql.catalog import Mapping, default_mapping
from segsql.cli.mapped import mapped_of
from segsql.cli.options import option
from segsql.cli.session import database_of, dsn_of
from segsql.store import DEFAULT_BOUNDS, changing, make_own_tables, migrations, own_script, translated


@click.command("init")
@option("--print", "print_only", is_flag=True, help="Print the SQL instead of applying it; connects to nothing.")
@click.pass_context
def command(ctx: click.Context, *, print_only: bool) -> None:
    """Bring the database to the newest schema: what is missing of sql/, then its indexes.

    Applies the numbered files each in a transaction of its own, and builds the indexes without blocking
    writers. Safe to run again, and by many at once. With a mapping of your own schema it makes only the tables that
    are segsql's own, as far as the mapping names them: it leaves yours as they are.
    """
    mapping = mapped_of(ctx).mapping
    if mapping != default_mapping():
        _init_own(ctx, mapping, print_only=print_only)
        return
    if print_only:
        click.echo(migrations.script(), nl=False)
        return
    with dsn_of(ctx) as dsn, translated():
        applied = migrations.migrate(dsn)
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("The schema is up to date.")


def _init_own(ctx: click.Context, mapping: Mapping, *, print_only: bool) -> None:
    script = own_script(mapping)
    if not script:
        click.echo("The mapping names no table of segsql's own.", err=True)
    elif print_only:
        click.echo(script, nl=False)
    else:
        with database_of(ctx, is_checked=False) as database, changing(database, DEFAULT_BOUNDS) as connection:
            made = make_own_tables(connection, mapping)
        for name in made:
            click.echo(f"made {name}")
        if not made:
            click.echo("The tables are there.")
