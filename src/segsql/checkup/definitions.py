"""Whether the stored definitions compile: every workspace's catalog is read, a batch at a time, and forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from textwrap import shorten

from segsql.catalog import WorkspaceId
from segsql.checkup.verdict import Verdict, amount, fine, problem, span, warning
from segsql.compiler import WorkspaceCompiler
from segsql.errors import InternalError, printable
from segsql.store import DEFAULT_BOUNDS, Database, load_catalogs, snapshot
from segsql.store.inspection import NAME, ask, workspaces_after

BATCH = 50
"""Workspaces whose catalogs are in memory at a time."""

PATIENCE_SECONDS = 300.0
"""After this long it says how far it got."""

NAMED = 3
"""Segments that are told by name, of however many."""


FAULT_CHARACTERS = 100
"""As much of what is wrong with one of them."""


@dataclass(slots=True)
class Compiled:
    """What became of the definitions so far. `examples` are the first that have a fault, with it."""

    workspaces: int = 0
    segments: int = 0
    invalid: int = 0
    failed: int = 0
    examples: tuple[str, ...] = ()
    is_cut_short: bool = False
    has_workspaces: bool = True


def compile_all(database: Database, workspace_ids: Sequence[WorkspaceId]) -> Compiled:
    """Compile what these workspaces have stored, or all; each batch is read in a transaction of its own."""
    compiled = Compiled(has_workspaces=database.schema.has_workspaces)
    begun = time.monotonic()
    for batch in _batches(database, workspace_ids):
        if time.monotonic() - begun > PATIENCE_SECONDS:
            compiled.is_cut_short = True
            break
        with snapshot(database, DEFAULT_BOUNDS, NAME) as opened:
            catalogs, now = load_catalogs(opened.connection, batch), opened.now
        for workspace_id in batch:
            if workspace_id in catalogs:
                compiler = WorkspaceCompiler(catalogs[workspace_id], workspace_id=workspace_id, now=now)
                _add(compiled, workspace_id, compiler)
    return compiled


def _batches(database: Database, workspace_ids: Sequence[WorkspaceId]) -> Iterator[Sequence[WorkspaceId]]:
    if not database.schema.has_workspaces:
        yield [None]
        return
    if workspace_ids:
        for first in range(0, len(workspace_ids), BATCH):
            yield workspace_ids[first : first + BATCH]
        return
    batch = ask(database, partial(workspaces_after, after=None, limit=BATCH))
    while batch:
        yield batch
        batch = ask(database, partial(workspaces_after, after=batch[-1], limit=BATCH))


def _add(compiled: Compiled, workspace_id: WorkspaceId, compiler: WorkspaceCompiler) -> None:
    compiled.workspaces += 1
    for segment_id in compiler.segment_ids:
        compiled.segments += 1
        try:
            diagnostics = compiler.diagnostics(segment_id)
        except InternalError as error:
            compiled.failed += 1
            fault = str(error)
        else:
            if not diagnostics:
                continue
            compiled.invalid += 1
            fault = diagnostics[0].message
        if len(compiled.examples) < NAMED:
            told = shorten(printable(fault), FAULT_CHARACTERS, placeholder="…")
            compiled.examples += (f"{_named(workspace_id)}-s {segment_id}: {told}",)


def _named(workspace_id: WorkspaceId) -> str:
    return "" if workspace_id is None else f"-w {workspace_id} "


def compiles(found: Compiled) -> Verdict:
    """An invalid definition keeps its old count, and is its customer's doing; a failure to tell is a bug."""
    seen = f"{amount(found.segments, 'segment')} in {amount(found.workspaces, 'workspace')}"
    of = f"of the first {seen}" if found.is_cut_short else f"of {seen}"
    named = " · ".join(found.examples) + (" · …" if found.invalid + found.failed > len(found.examples) else "")
    if found.failed:
        return problem(
            f"{found.failed:,} {of} can't be compiled because of a bug: {named}", "Please report it, with a definition."
        )
    if found.invalid:
        of_workspace = " -w ID" if found.has_workspaces else ""
        return warning(
            f"{found.invalid:,} {of} are invalid and keep their old counts: {named}",
            f"Have them repaired: segsql list{of_workspace} shows which, "
            f"segsql preview{of_workspace} -s ID all that is wrong.",
        )
    if found.is_cut_short:
        return warning(
            f"all valid, as far as {span(timedelta(seconds=PATIENCE_SECONDS))} were enough: {seen}",
            "Look at other workspaces with -w.",
        )
    return fine(f"all valid: {seen}" if found.segments else "no segments yet")
