"""The command tree. Commands are imported when they run, so that `--help` and `validate` start at once."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

import segsql

MAPPING = "segsql.mapping"
"""Under this name a context keeps what `--mapping` named, for when a command asks (`mapped`)."""

COMMANDS = {
    "demo": "Try it: the bundled PostgreSQL with generated contacts",
    "init": "Create the default schema, or what is missing of it",
    "map": "Propose a mapping of the database that you have",
    "recount": "Count segments and write their counts back",
    "worker": "Stay, and count what is new, edited or old",
    "list": "List workspaces, or a workspace's segments",
    "count": "Count the members of a segment",
    "members": "List the members of a segment",
    "preview": "Show a segment's SQL, and its plan",
    "why": "Show why a contact is in a segment, or is not",
    "validate": "Show all that is wrong with a definition",
    "lint": "Show definitions that can't be what was meant",
    "convert": "Turn a definition into text, or into another program's JSON",
    "check": "Show what is wrong with the database",
    "advise": "Show which indexes segments lack",
    "serve": "Serve the HTTP API",
    "keys": "Create, list and revoke API keys",
}
"""All commands, each in a few words."""


class LazyGroup(click.Group):
    """A group whose command NAME is the object `command` of the module `segsql.cli.NAME_command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them from the table above: their modules take a second to import."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

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
    type=click.Path(path_type=Path),
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
