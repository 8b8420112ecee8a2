"""`segsql keys`: the keys of those who may call the API."""

from __future__ import annotations

import click

from segsql.catalog import WorkspaceId
from segsql.cli.mapped import Workspace, require_workspace
from segsql.cli.options import format_option, option, workspace_option
from segsql.cli.output import Format, print_json, print_rows
from segsql.cli.session import changes_of, snapshot_of
from segsql.http.keys import Scope, in_order, make_key
from segsql.store import add_key, list_keys, revoke_key

COLUMNS = ("id", "workspace_id", "prefix", "scopes", "created_at", "revoked_at")


@click.group("keys")
def command() -> None:
    """Make, list and revoke the keys of those who call the API (segsql serve)."""


@command.command("create")
@option("-w", "--workspace", "workspace_id", type=Workspace(), metavar="ID", help="The workspace it is for.")
@option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What the key may be used for; give it once for each.",
)
@format_option(Format.TABLE, Format.JSON)
@click.pass_context
def create(ctx: click.Context, workspace_id: WorkspaceId, scopes: tuple[str, ...], format_: Format) -> None:
    """Make a key and print it: this once, for only its hash is stored."""
    require_workspace(ctx, workspace_id)
    new, allowed = make_key(), in_order(scopes)
    with changes_of(ctx) as connection:
        id_ = add_key(connection, workspace_id, new.prefix, new.key_hash, allowed)
    if format_ is Format.JSON:
        print_json({"id": id_, "key": new.key, "workspace_id": workspace_id, "scopes": list(allowed)})
        return
    click.echo(new.key)
    whose = "" if workspace_id is None else f" of workspace {workspace_id}"
    click.echo(f"Key {id_}{whose}, for {', '.join(allowed)}: it is not shown again.", err=True)


@command.command("list")
@workspace_option
@format_option()
@click.pass_context
def list_(ctx: click.Context, workspace_id: WorkspaceId, format_: Format) -> None:
    """List the keys by what may be shown of them, revoked ones too."""
    with snapshot_of(ctx) as opened:
        found = list_keys(opened.connection, workspace_id)
    rows = [{column: getattr(key, column) for column in COLUMNS} for key in found]
    for row in rows:
        row["scopes"] = list(row["scopes"]) if format_ in (Format.JSON, Format.NDJSON) else " ".join(row["scopes"])
    print_rows(rows, COLUMNS, format_)


@command.command("revoke")
@click.argument("key")
@workspace_option
@click.pass_context
def revoke(ctx: click.Context, key: str, workspace_id: WorkspaceId) -> None:
    """Revoke the key with this id or prefix: from now on it opens nothing."""
    with changes_of(ctx) as connection:
        id_ = revoke_key(connection, key, workspace_id)
    click.echo(f"Key {id_} is revoked.", err=True)
