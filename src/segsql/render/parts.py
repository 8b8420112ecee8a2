"""Parts of a scan's text, kept: a workspace's list of segments is like no other's, but its segments are.

A part is rendered and checked as a tree of its own, with slots and columns numbered from 1; a scan puts its own
numbers in their places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from segsql.catalog import Tables
from segsql.plan import ActivityStrategy
from segsql.plan import shape as s
from segsql.render.allow_list import check
from segsql.render.columns import SCANNED, Columns, Computed, Stored, derived, stored
from segsql.render.nodes import parameter_name
from segsql.render.scope import Scope
from segsql.render.sources import InPlace, Needed
from segsql.render.statements import Joined, contacts_select
from segsql.render.tests import condition

_HOLE = re.compile(rf"""'(?:[^']|'')*'|%\(p([1-9][0-9]*)\)s|"{SCANNED}"\."c([0-9]+)\"""")
"""A parameter or a column; a literal is passed over whole, whatever it looks like."""


@dataclass(frozen=True, slots=True)
class Part:
    """Text with holes: hole n lies behind piece n, and is a slot's number or a column."""

    pieces: tuple[str, ...]
    holes: tuple[int | Computed, ...]

    def fill(self, slots: Sequence[s.Slot], column: Callable[[Computed], str]) -> str:
        """The text with the parameters and columns of a scan."""
        text = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            text.append(f"%({parameter_name(slots[hole - 1].number)})s" if isinstance(hole, int) else column(hole))
            text.append(piece)
        return "".join(text)


@lru_cache(maxsize=4096)
def condition_part(asked: s.Condition, tables: Tables) -> Part:
    """A segment's condition over columns."""
    columns = Columns(tables)
    return _part(condition(asked.shape, columns), columns.computed, tables)


@lru_cache(maxsize=4096)
def derived_part(column: s.Code | s.Once, tables: Tables) -> Part:
    """A column that is computed from others."""
    columns = Columns(tables)
    return _part(derived(column, columns), columns.computed, tables)


@lru_cache(maxsize=4096)
def stored_part(
    column: Stored, tables: Tables, workspace_id: s.Slot | None, activity: ActivityStrategy | None
) -> tuple[Part, Needed]:
    """A column that is read from the tables, and what must be joined for it."""
    source = InPlace(tables, workspace_id, activity)
    return _part(stored(column, source), (), tables), source.needed


@lru_cache(maxsize=1024)
def frame_text(joined: Joined, scope: Scope) -> str:
    """FROM and WHERE of a branch, with its parameters in their places."""
    select = contacts_select(joined, scope, [])
    select.set("expressions", [exp.Star()])
    check(select, joined.tables)
    return select.sql(dialect="postgres", pretty=True).removeprefix("SELECT\n  *\n")


def forget() -> None:
    """Drop all kept parts."""
    for kept in (condition_part, derived_part, stored_part, frame_text):
        kept.cache_clear()


def _part(tree: exp.Expression, columns: tuple[Computed, ...], tables: Tables) -> Part:
    check(exp.Select(expressions=[tree]), tables)
    text = tree.sql(dialect="postgres")
    pieces, holes, begin = [], list[int | Computed](), 0
    for found in _HOLE.finditer(text):
        if found.lastindex is not None:
            pieces.append(text[begin : found.start()])
            holes.append(int(found[1]) if found[1] else columns[int(found[2])])
            begin = found.end()
    return Part((*pieces, text[begin:]), tuple(holes))
