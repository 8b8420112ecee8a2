"""What a DBA wants to see before it runs: a segment or a workspace's shared scan, in words, SQL and plans.

- `queryplan`: PostgreSQL's plan as a tree, with what each node adds to its children's cost, time and buffers.
- `findings`: what a DBA would stop at in a plan.
- `words`: the filter as a tree of words.
- `gather`: all of it, from a snapshot; `preview`: what comes out.
- `text`, `report` (JSON), `page` (HTML, the only part of segsql that knows Jinja2 and Pygments): how it is shown.
"""

from segsql.preview.findings import Finding, FindingCode, find
from segsql.preview.gather import (
    Wish,
    preview_alone,
    preview_document,
    preview_segment,
    preview_workspace,
)
from segsql.preview.preview import Params, Preview, PreviewedSegment, ShownStatement
from segsql.preview.queryplan import PlanNode, QueryPlan, read_plan
from segsql.preview.report import as_json
from segsql.preview.text import as_text

__all__ = [
    "Finding",
    "FindingCode",
    "Params",
    "PlanNode",
    "Preview",
    "PreviewedSegment",
    "QueryPlan",
    "ShownStatement",
    "Wish",
    "as_json",
    "as_text",
    "find",
    "preview_alone",
    "preview_document",
    "preview_segment",
    "preview_workspace",
    "read_plan",
]
