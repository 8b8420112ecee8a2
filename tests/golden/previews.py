"""Golden previews: a case says what is looked at, and which plan PostgreSQL gave for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from golden.cases import Case
from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from segsql.compiler import WorkspaceCompiler
from segsql.filters import Names, parse
from segsql.preview import Params, Preview, PreviewedSegment, ShownStatement, find, read_plan
from segsql.preview.words import worded, worded_definition

PREVIEWS = Path(__file__).parent / "preview"

NAMES = Names(
    {field.id: field.key for field in CATALOG.fields},
    CATALOG.tags or {},
    {id_: f"Segment <{id_}>" for id_ in CATALOG.segments},
)


def preview_cases(suffix: str) -> list[Case]:
    """Each `preview/<case>.json` with what it is expected to become."""
    return [Case(path.stem, path, path.with_suffix(suffix)) for path in sorted(PREVIEWS.glob("*.json"))]


def previewed(case: Case) -> Preview:
    """The case's preview. Nothing is connected to: the plan and the tables' sizes are part of the case."""
    content: dict[str, Any] = json.loads(case.document.read_text(encoding="utf-8"))
    compiler = WorkspaceCompiler(CATALOG, workspace_id=WORKSPACE_ID, now=NOW)
    ids = content.get("segments", [])
    if "definition" in content:
        parsed = parse(content["definition"])
        shown = ShownStatement(compiler.document(parsed))
        assert parsed.filter
        segments = [PreviewedSegment(None, "", worded(parsed.filter, NAMES))]
    else:
        scan = compiler.scan(ids)
        shown = (
            ShownStatement(scan.statement, scan.segment_ids)
            if "scan" in content
            else ShownStatement(compiler.segment(*ids))
        )
        segments = [_stored(id_, compiler) for id_ in (*ids, *content.get("invalid", []))]
    if "plan" in content:
        plan = read_plan(content["plan"])
        shown = replace(shown, plan=plan, findings=find(plan, content["stored_rows"]))
    params = Params(content.get("params", "named"))
    return Preview(WORKSPACE_ID, CATALOG.timezone, NOW, params, (), tuple(segments), (shown,))


def _stored(segment_id: int, compiler: WorkspaceCompiler) -> PreviewedSegment:
    filter_ = worded_definition(CATALOG.segments[segment_id], NAMES, CATALOG.tables.ids)
    return PreviewedSegment(segment_id, NAMES.segments[segment_id], filter_, compiler.diagnostics(segment_id))
