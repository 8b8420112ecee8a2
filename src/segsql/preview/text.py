"""A preview for a terminal: SQL, and everything else in comments, so that all of it can be pasted."""

from __future__ import annotations

from collections.abc import Iterator

from segsql.advice import as_sql
from segsql.errors import printable
from segsql.plan import WORDS
from segsql.preview.findings import Finding
from segsql.preview.preview import Params, Preview, PreviewedSegment, ShownStatement, written
from segsql.preview.queryplan import Measured, PlanNode, QueryPlan


def as_text(preview: Preview) -> str:
    """The whole preview, without a line feed at its end."""
    return "\n".join(_lines(preview))


def _lines(preview: Preview) -> Iterator[str]:
    yield from (_comment(note) for note in preview.notes)
    for segment in preview.segments:
        yield from _segment(segment)
    for number, shown in enumerate(preview.statements):
        if number:
            yield ""
        yield from _statement(shown, preview.params)
    if preview.advised is not None:
        yield from ("", "-- indexes")
        for block in as_sql(preview.advised):
            yield from (_comment(line.removeprefix("-- ")) for line in block.split("\n"))


def _comment(text: str, indent: int = 0) -> str:
    """A line that ends where it should, whatever characters a name has."""
    return f"-- {' ' * indent}{printable(text)}"


def _segment(segment: PreviewedSegment) -> Iterator[str]:
    what = "matches" if segment.id is None else f"segment {segment.id} {written(segment.name)}"
    yield _comment(f"{what}: {segment.filter.words if segment.filter else 'no filter'}")
    if segment.filter:
        yield _comment(f"text: {segment.filter.text}", 2)
    for problem in segment.problems:
        yield _comment(f"not counted: {problem.code} {problem.path} {problem.message}", 2)


def _statement(shown: ShownStatement, params: Params) -> Iterator[str]:
    if shown.segment_ids:
        columns = (f"s{number} = {segment_id}" for number, segment_id in enumerate(shown.segment_ids))
        yield _comment(f"columns: segment {', '.join(columns)}")
    strategies = shown.statement.strategies
    if strategies.taken:
        yield _comment(f"strategies: {strategies}")
        for taken in strategies.taken:
            tests = f"{taken.tests} test{'' if taken.tests == 1 else 's'}"
            yield _comment(f"{taken.reaches}={taken.strategy}, {tests}: {WORDS[taken.reason]}", 2)
    yield shown.sql(params)
    yield from _parameters(shown, params)
    if shown.plan is not None:
        yield from _plan(shown.plan)
        yield from _findings(shown.findings)


def _parameters(shown: ShownStatement, params: Params) -> Iterator[str]:
    if params is Params.LITERAL:
        return
    yield from ("", "-- parameters")
    rows = shown.parameters(params)
    names, types = (max(len(text) for text in column) for column in zip(*((r.name, r.type) for r in rows), strict=True))
    yield from (_comment(f"{row.name:<{names}}  {row.type:<{types}}  {written(row.value)}") for row in rows)


def _plan(plan: QueryPlan) -> Iterator[str]:
    yield from ("", "-- plan")
    yield from (_comment(line) for line in _node(plan.root, 0))
    if plan.settings:
        yield _comment(f"Settings: {', '.join(f'{name} = {value}' for name, value in plan.settings.items())}")
    for name, time in (("Planning", plan.planning_ms), ("Execution", plan.execution_ms)):
        if time is not None:
            yield _comment(f"{name} Time: {time:.3f} ms")


def _node(node: PlanNode, depth: int) -> Iterator[str]:
    """As EXPLAIN prints them: children under an arrow, what is known about a node further in."""
    indent = " " * (6 * depth)
    arrow = f"{indent[:-4]}->  " if depth else ""
    cost = f"(cost={node.startup_cost:.2f}..{node.cost:.2f} rows={node.rows:.0f} width={node.width})"
    yield f"{arrow}{node.title}  {cost}{_measured(node.measured)}"
    yield from (f"{indent}  {name}: {value}" for name, value in node.details)
    if node.measured is not None:
        buffers = node.measured.buffers
        counted = (("hit", buffers.hit), ("read", buffers.read), ("temp written", buffers.spilled))
        if found := ", ".join(f"{name} {pages:,}" for name, pages in counted if pages):
            yield f"{indent}  Buffers: {found}"
    for child in node.children:
        yield from _node(child, depth + 1)


def _measured(measured: Measured | None) -> str:
    if measured is None:
        return ""
    if not measured.loops:
        return " (never executed)"
    times = f"{measured.startup_ms:.3f}..{measured.total_ms:.3f}"
    return f" (actual time={times} rows={measured.rows:.10g} loops={measured.loops})"


def _findings(findings: tuple[Finding, ...]) -> Iterator[str]:
    if not findings:
        return
    yield from ("", "-- warnings")
    for finding in findings:
        yield _comment(f"{finding.code}: {finding.node.title}")
        yield _comment(f"{finding.message}.", 2)
        yield _comment(finding.hint, 2)
