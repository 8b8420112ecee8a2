"""From options to a database: the DSN, the bundled server behind it, a snapshot to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from segsql.catalog import WorkspaceId
from segsql.cli.documents import Document
from segsql.cli.mapped import mapped_of
from segsql.cli.output import print_error
from segsql.compiler import WorkspaceCompiler
from segsql.errors import ConfigurationError, UsageError
from segsql.plan import AUTO, Forced, Output
from segsql.render import Statement
from segsql.store import (
    DEFAULT_BOUNDS,
    SLACK,
    USUAL_MANNER,
    Bounds,
    Database,
    Manner,
    Snapshot,
    Transaction,
    changing,
    find_segment,
    load_catalog,
    lower_knows_umlauts,
    snapshot,
)
from segsql.store.fitting import require_fit

EMBEDDED = "embedded:"

_WITH_DRIVER = re.compile(r"^(postgres(?:ql)?)\+\w+://")


@contextmanager
def dsn_of(ctx: click.Context) -> Iterator[str]:
    """The connection string that libpq takes; starts the bundled server where `embedded:DIR` asks for it."""
    dsn = ctx.find_root().obj
    assert isinstance(dsn, str)
    if not dsn.startswith(EMBEDDED):
        yield for_libpq(dsn)
        return
    from segsql.embedded import EmbeddedServerError, server

    directory = dsn.removeprefix(EMBEDDED)
    if not directory:
        raise UsageError("embedded: needs a directory", hint="Write embedded:DIR, such as embedded:.segsql/demo")
    try:
        with server(Path(directory)) as uri:
            yield uri
    except EmbeddedServerError as error:
        raise ConfigurationError(str(error)) from error


def for_libpq(dsn: str) -> str:
    """The connection string without the name of a driver, which other programs' URLs have."""
    return _WITH_DRIVER.sub(r"\1://", dsn)


@contextmanager
def database_of(
    ctx: click.Context, *, connections: int = 1, manner: Manner = USUAL_MANNER, is_checked: bool = True
) -> Iterator[Database]:
    """The database of the command. Raises InvalidMapping where the mapping of a file does not fit it."""
    mapped = mapped_of(ctx)
    with (
        dsn_of(ctx) as dsn,
        closing(Database(dsn, connections=connections, manner=manner, mapping=mapped.mapping)) as database,
    ):
        if mapped.file is not None and is_checked:
            with database.reading() as connection:
                require_fit(connection, mapped.mapping, str(mapped.file))
        yield database


@contextmanager
def snapshot_of(ctx: click.Context, bounds: Bounds = DEFAULT_BOUNDS) -> Iterator[Snapshot]:
    """A snapshot of the command's database; warns where its `lower()` knows ASCII alone."""
    manner = replace(USUAL_MANNER, answer_within=bounds.statement + SLACK)
    with database_of(ctx, manner=manner) as database, snapshot(database, bounds) as opened:
        warn_about_lower(opened)
        yield opened


@contextmanager
def changes_of(ctx: click.Context) -> Iterator[Transaction]:
    """A transaction that changes the command's database."""
    with database_of(ctx) as database, changing(database, DEFAULT_BOUNDS) as connection:
        yield connection


def warn_about_lower(opened: Snapshot) -> None:
    """Say once that texts which ignore case do so for ASCII alone in this database."""
    if not lower_knows_umlauts(opened.connection):
        print_error(
            "In this database lower('Ä') is not 'ä': conditions that ignore case do so for ASCII letters alone.",
            "Its locale decides; C.UTF-8 knows all letters.",
        )


def compiler_for(
    opened: Snapshot, workspace_id: WorkspaceId, *, now: datetime | None, strategy: Forced = AUTO
) -> WorkspaceCompiler:
    """The compiler of a workspace as the snapshot shows it."""
    catalog = load_catalog(opened.connection, workspace_id)
    return WorkspaceCompiler(catalog, workspace_id=workspace_id, now=now or opened.now, strategy=strategy)


def statement_for(
    opened: Snapshot, subject: Subject, *, output: Output, now: datetime | None, strategy: Forced = AUTO
) -> Statement:
    """The statement for what a command was asked about."""
    workspaces = () if subject.workspace_id is None else (subject.workspace_id,)
    if subject.segment is not None:
        workspace_id, segment_id = find_segment(opened.connection, subject.segment, workspaces)
        return compiler_for(opened, workspace_id, now=now, strategy=strategy).segment(segment_id, output)
    assert subject.document is not None
    compiler = compiler_for(opened, subject.workspace_id, now=now, strategy=strategy)
    with subject.document.pointing():
        return compiler.document(subject.document.parsed, output)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a command is about: a stored segment, or a document looked at in a workspace (a single tenant's is None)."""

    workspace_id: WorkspaceId
    segment: str | None
    document: Document | None


def subject_of(
    ctx: click.Context, workspace_id: WorkspaceId, segment: str | None, document: Document | None
) -> Subject:
    """The subject that the options name. Raises UsageError unless it is exactly one."""
    if (segment is None) == (document is None):
        raise UsageError(
            "Give either a stored segment (-s ID), a FILE with a definition (- is standard input), or --where TEXT"
        )
    if document is not None and workspace_id is None and not mapped_of(ctx).is_single_tenant:
        raise UsageError("A definition that is not stored needs a workspace to look at", hint="Add -w ID.")
    return Subject(workspace_id, segment, document)
