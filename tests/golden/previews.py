"""Golden previews: a case says what is looked at, and which plan PostgreSQL gave for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from golden.cases import Case
from golden.catalog import CATALOG, NOW, WORKSPACE_ID
from segsql.advice import Advice, Advised, Gain
from segsql.catalog import Relation
from segsql.compiler import WorkspaceCompiler
from segsql.filters import Names, parse
from segsql.preview import Params, Preview, PreviewedSegment, ShownStatement, find, read_plan
from segsql.preview.words import worded, worded_definition
from segsql.render import Index, Method

PREVIEWS = Path(__file__).parent / "preview"

NAMES = Names(
    {field.id: field.key for field in CATALOG.fields},
    CATALOG.tags or {},
    {id_: f"Segment <{id_}>" for id_ in CATALOG.segments},
)


ADVISED = Advised(
    (
        Advice(
            Index("contacts_fields_plan", Relation("contacts"), ('"workspace_id"', """("fields" ->> 'plan')""")),
            (Gain(2, 12_345.6, 123.4), Gain(None, 900.0, 80.0)),
            share=0.0025,
            is_tried=True,
        ),
        Advice(
            Index(
                "contacts_last_name", Relation("contacts"), ('LOWER("last_name") gin_trgm_ops',), Method.GIN, "pg_trgm"
            ),
            tuple(Gain(number, 1_000.0 * number, 10.0) for number in range(7, 0, -1)),
            share=0.08,
            is_tried=False,
        ),
    ),
    contacts=1_000_000,
    sampled=10_000,
    segments=9,
    has_hypopg=True,
    missing_extensions=("pg_trgm",),
    passed_over=0,
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
    advised = ADVISED if "plan" in content else None
    return Preview(WORKSPACE_ID, CATALOG.timezone, NOW, params, (), tuple(segments), (shown,), advised)


def _stored(segment_id: int, compiler: WorkspaceCompiler) -> PreviewedSegment:
    filter_ = worded_definition(CATALOG.segments[segment_id], NAMES, CATALOG.tables.ids)
    return PreviewedSegment(segment_id, NAMES.segments[segment_id], filter_, compiler.diagnostics(segment_id))
