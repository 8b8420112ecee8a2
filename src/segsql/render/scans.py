"""ScanForm -> text: `count(*) FILTER (WHERE …)` for each segment, over columns computed once per contact.

A branch reads from the inside out: the stored values, each once; codes, and the outcomes of tests that several
segments ask; the counts. OFFSET '0' is a fence between them: without it the planner would pull a derived table
up and compute a column again for every test that reads it. A cluster would gather the rows of a fenced table on
one node, so a distributed scan has none (and computes nothing in between).
"""

from __future__ import annotations

from collections.abc import Sequence

from segsql.plan import Placed, ScanForm
from segsql.plan import shape as s
from segsql.plan.slots import Numbering, map_code, map_test
from segsql.render import parts
from segsql.render.columns import SCANNED, Computed, Stored, Value, map_computed
from segsql.render.parts import Part, condition_part, derived_part, frame_text, stored_part
from segsql.render.scope import Scope
from segsql.render.sources import Needed
from segsql.render.statements import Joined

STORED = "y"
BRANCHES = "u"
FENCE = "\nOFFSET '0'"

forget = parts.forget


def scan_text(form: ScanForm) -> str:
    """The statement: the counts of all segments, added up over the branches where there are several."""
    columns = _Layer(SCANNED)
    counts = ",\n".join(
        f'  {_count(segment, form, columns)} AS "s{number}"' for number, segment in enumerate(form.segments)
    )
    derived = any(isinstance(column, s.Code | s.Once) for column in columns.held)
    values = _Layer(STORED) if derived else columns
    computed = [_derived(column, form, values) for column in columns.held] if derived else []
    branches = [_branch(counts, columns, computed, select) for select in _selects(form, values)]
    if len(branches) == 1:
        return branches[0]
    sums = ",\n".join(f'  SUM("{BRANCHES}"."s{number}")::bigint AS "s{number}"' for number in range(len(form.segments)))
    united = _indented("\nUNION ALL\n".join(branches))
    return f'SELECT\n{sums}\nFROM (\n{united}\n) AS "{BRANCHES}"'


class _Layer:
    """The columns of a derived table, by what they hold."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self.held: dict[Computed, str] = {}

    def column(self, computed: Computed) -> str:
        """The column that holds it, made if there is none."""
        name = self.held.get(computed)
        if name is None:
            name = self.held[computed] = f"c{len(self.held)}"
        return f'"{self._alias}"."{name}"'

    def filled(self, part: Part, slots: Sequence[s.Slot]) -> str:
        """A part whose columns are this layer's."""
        return part.fill(slots, lambda local: self.column(map_computed(local, lambda slot: slots[slot.number - 1])))


def _count(segment: Placed | bool, form: ScanForm, columns: _Layer) -> str:
    """The count of one segment; one that folded needs no condition, and is an aggregate all the same."""
    if isinstance(segment, bool):
        return "COUNT(*)" if segment else "COUNT(NULL)"
    part = condition_part(segment.condition, form.tables)
    return f"COUNT(*) FILTER(WHERE {columns.filled(part, segment.slots)})"


def _derived(column: Computed, form: ScanForm, values: _Layer) -> str:
    """A column of the middle layer: computed from stored values, or one of those handed on."""
    numbering = Numbering()
    match column:
        case s.Code():
            part = derived_part(map_code(column, numbering), form.tables)
        case s.Once(test):
            part = derived_part(s.Once(map_test(test, numbering)), form.tables)
        case _:
            return values.column(column)
    return values.filled(part, numbering.slots)


def _selects(form: ScanForm, values: _Layer) -> list[str]:
    """The stored values of the contacts of each range."""
    texts: list[str] = []
    needed = Needed()
    for column, name in values.held.items():
        assert not isinstance(column, s.Code | s.Once), "the innermost layer holds stored values"
        text, read = _stored(column, form)
        needed |= read
        texts.append(f'  {text} AS "{name}"')
    listed = ",\n".join(texts) or "  1"
    joined = Joined(form.tables, form.tag_pass, form.activity, needed)
    is_local = not form.tables.is_distributed
    frames = (frame_text(joined, Scope(form.workspace_id, ids, by_contact_alone=is_local)) for ids in form.ranges)
    fence = FENCE if is_local else ""
    return [f"SELECT\n{listed}\n{frame}{fence}" for frame in frames]


def _stored(column: Stored, form: ScanForm) -> tuple[str, Needed]:
    """The expression of a stored value, and what must be joined for it."""
    if isinstance(column, Value) and isinstance(column.operand, s.SlottedRow):
        # what is joined has the slot's own number, and there is no other slot
        part, read = stored_part(column, form.tables, form.workspace_id, form.activity)
        return part.fill((), str), read
    numbering = Numbering()
    local = map_computed(column, numbering)
    assert not isinstance(local, s.Code | s.Once), "what is stored stays so"
    part, read = stored_part(local, form.tables, form.workspace_id, form.activity)
    return part.fill(numbering.slots, str), read


def _branch(counts: str, columns: _Layer, computed: list[str], select: str) -> str:
    if computed:
        listed = ",\n".join(f'  {text} AS "{name}"' for text, name in zip(computed, columns.held.values(), strict=True))
        select = f'SELECT\n{listed}\nFROM (\n{_indented(select)}\n) AS "{STORED}"{FENCE}'
    return f'SELECT\n{counts}\nFROM (\n{_indented(select)}\n) AS "{SCANNED}"'


def _indented(text: str) -> str:
    """The text two columns further in."""
    return "  " + text.replace("\n", "\n  ")
