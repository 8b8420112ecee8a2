"""The command tree. Commands are imported when they run, so that `--help` and `validate` start at once."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

import segsql

MAPPING = "segsql.mapping"
"""Under this name a context keeps what `--mapping` named, for when a command asks (`mapped`)."""

COMMANDS = (
    *("demo", "init", "map", "recount", "worker", "list", "count", "members", "preview", "validate", "check"),
    *("serve", "keys"),
)


class LazyGroup(click.Group):
    """A group whose command NAME is the object `command` of the module `segsql.cli.NAME_command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"segsql.cli.{cmd_name}_command").command
        assert isinstance(command, click.Command)
        return command


@click.command(
    cls=LazyGroup,
    context_settings={"auto_envvar_prefix": "SEGSQL", "help_option_names": ["-h", "--help"]},
    epilog="Every option can be given as a variable too: SEGSQL_RECOUNT_JOBS=4 is --jobs 4 of recount.",
)
@click.option(
    "--dsn",
    envvar=["SEGSQL_DSN", "DATABASE_URL"],
    show_envvar=True,
    default="",
    metavar="URL",
    help="The database: a libpq URL or key=value pairs, or embedded:DIR for the bundled PostgreSQL. "
    "Without it, libpq's PG* variables.",
)
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="SEGSQL_MAPPING",
    show_envvar=True,
    metavar="FILE",
    help="What describes your own schema (docs/mapping.md). Without it ./segsql.toml if it is there, else the default "
    "schema.",
)
@click.version_option(segsql.__version__, prog_name="segsql")
@click.pass_context
def app(ctx: click.Context, dsn: str, mapping_file: Path | None) -> None:
    """Compile saved audience filters into PostgreSQL, and keep every segment's cached count true."""
    ctx.obj = dsn
    ctx.meta[MAPPING] = mapping_file
