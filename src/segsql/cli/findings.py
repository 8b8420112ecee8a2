"""What `segsql lint` prints: findings by segment, as they are found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import click

from segsql.catalog import Id, WorkspaceId
from segsql.cli.exits import Exit
from segsql.cli.output import Format, print_json
from segsql.errors import Diagnostic, printable


@dataclass(frozen=True, slots=True)
class Found:
    """The findings about one definition; without ids where it is not stored."""

    workspace_id: WorkspaceId
    segment_id: Id | None
    name: str
    findings: tuple[Diagnostic, ...]


def print_findings(found: Iterable[Found], format_: Format) -> Exit:
    """Print the findings in the format; give the exit code that they amount to."""
    if format_ is Format.JSON:
        rows = [row for each in found for row in findings_as_json(each)]
        print_json(rows)
        return Exit.FAILED if rows else Exit.OK
    looked_at = with_findings = findings = 0
    for each in found:
        looked_at += 1
        with_findings += bool(each.findings)
        findings += len(each.findings)
        if each.findings:
            click.echo(findings_as_text(each))
    click.echo(_total(findings, with_findings, looked_at))
    return Exit.FAILED if findings else Exit.OK


def findings_as_json(found: Found) -> list[dict[str, object]]:
    """An object for each finding."""
    of = {"workspace_id": found.workspace_id, "segment_id": found.segment_id, "name": found.name or None}
    return [
        {**of, "code": each.code.value, "path": each.path, "message": each.message, "hint": each.hint}
        for each in found.findings
    ]


def findings_as_text(found: Found) -> str:
    """The segment, and below it each finding: code and path, message, what to do."""
    named = f": {found.name}" if found.name else ""
    lines = [printable(f"{'Definition' if found.segment_id is None else f'Segment {found.segment_id}'}{named}")]
    for each in found.findings:
        lines.append(f"  {each.code} {printable(each.path)}\n    {printable(each.message)}")
        lines += [f"    {printable(line)}" for line in each.excerpt.splitlines()]
        if each.hint:
            lines.append(f"    {printable(each.hint)}")
    return "\n".join([*lines, ""])


def _total(findings: int, with_findings: int, looked_at: int) -> str:
    definitions = f"{looked_at:,} definition{'' if looked_at == 1 else 's'}"
    if not findings:
        return f"No findings in {definitions}."
    return f"{findings:,} finding{'' if findings == 1 else 's'} in {with_findings:,} of {definitions}."
