"""What `segsql lint` does: which definitions it looks at, and what it asks the database about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import IO

import click

from segsql.catalog import Catalog, Id, WorkspaceId, in_order
from segsql.cli.documents import Document, document_of
from segsql.cli.findings import Found
from segsql.cli.output import print_error
from segsql.cli.session import warn_about_lower
from segsql.cli.validate_command import NEED_A_WORKSPACE
from segsql.filters import MAX_TEXT_BYTES, read_title
from segsql.lint import Facts, Linter, Mentioned, Title, with_its_tags
from segsql.store import DEFAULT_BOUNDS, Database, QueryFailed, Snapshot, find_segment, load_catalog, snapshot
from segsql.store.lint_facts import segment_titles, text_indexes, unused_choices, unused_tags

BOUNDS = replace(DEFAULT_BOUNDS, statement=timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Given:
    """A definition that is not stored, and what its document calls it."""

    document: Document
    title: Title


def given_definition(ctx: click.Context, file: IO[bytes] | None, where: str | None) -> Given | None:
    """What the FILE or the text holds; None where there is neither. Raises UsageError where there are both."""
    content = b"" if file is None else file.read(MAX_TEXT_BYTES + 1)
    document = document_of(ctx, None if file is None else BytesIO(content), where)
    if document is None:
        return None
    return Given(document, Title() if file is None else Title(*read_title(content)))


def lint_alone(given: Given, catalog: Catalog) -> Found:
    """What can be said without a database. Tags are taken to be there, and unknown names for nobody's fault."""
    parsed = given.document.parsed
    print_error(
        f"Looked at without a workspace: only the built-in fields are known, and days are those of {catalog.timezone}."
    )
    linter = Linter(with_its_tags(catalog, parsed), datetime.now(UTC), {})
    diagnostics = linter.lint(linter.document(parsed, given.title))
    told = tuple(each for each in diagnostics if each.code not in NEED_A_WORKSPACE)
    if len(told) < len(diagnostics):
        print_error("It names fields or segments of a workspace, so that its logic was not looked at.", "Add -w ID.")
    return Found(None, None, given.title.name, given.document.pointed(told))


def lint_in_workspace(
    database: Database, workspace_id: WorkspaceId, segment: str | None, given: Given | None
) -> Iterator[Found]:
    """The findings of each definition. No transaction is open while there is only thinking to do."""
    only: Id | None = None
    with snapshot(database, BOUNDS) as opened:
        warn_about_lower(opened)
        if segment is not None:
            workspaces = () if workspace_id is None else (workspace_id,)
            workspace_id, only = find_segment(opened.connection, segment, workspaces)
        catalog = load_catalog(opened.connection, workspace_id)
        titles = segment_titles(opened.connection, workspace_id)
    linter = Linter(catalog, opened.now, titles)
    if given is not None:
        subjects = [linter.document(given.document.parsed, given.title)]
    else:
        subjects = [linter.stored(id_) for id_ in (in_order(catalog.segments) if only is None else [only])]
    mentioned = linter.survey(subjects)
    with snapshot(database, BOUNDS) as opened:
        facts = _facts(opened, workspace_id, mentioned)
    linter.compare_with_all()
    for subject in subjects:
        findings = linter.lint(subject, facts)
        pointed = findings if given is None else given.document.pointed(findings)
        yield Found(workspace_id, subject.segment_id, subject.title.name, pointed)


def _facts(opened: Snapshot, workspace_id: WorkspaceId, mentioned: Mentioned) -> Facts:
    """What the database says; what it does not say in time is left out, and said to be."""
    tags, choices, indexes = Mentioned(), Mentioned(), None
    with _left_out("which tags contacts have"):
        tags = unused_tags(opened, workspace_id, mentioned.tags)
    with _left_out("which values dropdowns have"):
        choices = unused_choices(opened, workspace_id, mentioned.choices)
    with _left_out("which texts are indexed"):
        indexes = text_indexes(opened)
    return Facts(Mentioned(tags.tags, choices.choices), indexes)


@contextmanager
def _left_out(what: str) -> Iterator[None]:
    try:
        yield
    except QueryFailed as error:
        print_error(f"Not looked at: {what} ({error})", error.hint)
