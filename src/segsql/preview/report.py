"""A preview as one JSON object, for programs; docs/preview.md describes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from segsql.advice import as_json as advice_as_json
from segsql.plan import WORDS, Value
from segsql.preview.findings import Finding
from segsql.preview.preview import Params, Preview, PreviewedSegment, ShownStatement
from segsql.preview.queryplan import QueryPlan
from segsql.preview.words import Branch, Leaf

VERSION = 1

Object = dict[str, object]


def as_json(preview: Preview) -> Object:
    """The object, ready to be printed."""
    return {
        "version": VERSION,
        "workspace_id": preview.workspace_id,
        "timezone": preview.timezone,
        "now": _instant(preview.now),
        "params": preview.params.value,
        "notes": list(preview.notes),
        "segments": [_segment(segment) for segment in preview.segments],
        "statements": [_statement(shown, preview.params) for shown in preview.statements],
        "advice": preview.advised and advice_as_json(preview.advised),
    }


def _segment(segment: PreviewedSegment) -> Object:
    return {
        "segment_id": segment.id,
        "name": segment.name,
        "words": segment.filter and segment.filter.words,
        "text": segment.filter and segment.filter.text,
        "filter": segment.filter and _tree(segment.filter.tree),
        "problems": [
            {"code": each.code.value, "path": each.path, "message": each.message, "hint": each.hint}
            for each in segment.problems
        ],
    }


def _tree(node: Branch | Leaf) -> Object:
    if isinstance(node, Leaf):
        return {"words": node.words, "text": node.text}
    return {"match": node.quantifier.value, "filters": [_tree(member) for member in node.members]}


def _statement(shown: ShownStatement, params: Params) -> Object:
    return {
        "segment_ids": list(shown.segment_ids),
        "sql": shown.sql(params),
        "parameters": [
            {"name": each.name, "type": each.type, "value": _value(each.value)} for each in shown.parameters(params)
        ],
        "strategies": [
            {
                "reaches": taken.reaches,
                "strategy": taken.strategy.value,
                "tests": taken.tests,
                "reason": taken.reason.value,
                "why": WORDS[taken.reason],
            }
            for taken in shown.statement.strategies.taken
        ],
        "plan": None if shown.plan is None else _plan(shown.plan, shown.findings),
    }


def _plan(plan: QueryPlan, findings: tuple[Finding, ...]) -> Object:
    return {"analyzed": plan.is_measured, "warnings": [_finding(each) for each in findings], "explain": [plan.source]}


def _finding(finding: Finding) -> Mapping[str, str]:
    return {
        "code": finding.code.value,
        "path": finding.node.json_path,
        "node": finding.node.title,
        "message": finding.message,
        "hint": finding.hint,
    }


def _value(value: Value) -> object:
    """Exact numbers are texts: most readers of JSON would round them."""
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat()
        case tuple():
            return [_value(member) for member in value]
        case _:
            return value


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
