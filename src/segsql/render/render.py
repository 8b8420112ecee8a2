"""Plan -> Statement: the last stage. The text is made from the form alone; what is rendered is kept for the next
equal form, or the next scan that has an equal part."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from sqlglot import exp

from segsql.catalog import Tables
from segsql.plan import ContactForm, Plan, ScanForm, SegmentForm
from segsql.render import scans
from segsql.render.allow_list import check
from segsql.render.contacts import contact_select
from segsql.render.statement import Statement
from segsql.render.statements import segment_select


def render(plan: Plan) -> Statement:
    """The statement of a plan."""
    match plan.form:
        case SegmentForm():
            text = _segment_text(plan.form)
        case ScanForm():
            text = scans.scan_text(plan.form)
        case ContactForm():
            text = _text(contact_select(plan.form), plan.form.tables)
        case _:
            assert_never(plan.form)
    return Statement(text, plan.parameters, plan.strategies)


@lru_cache(maxsize=4096)
def _segment_text(form: SegmentForm) -> str:
    return _text(segment_select(form), form.tables)


def _text(statement: exp.Select, tables: Tables) -> str:
    check(statement, tables)
    return statement.sql(dialect="postgres", pretty=True, copy=False)


def forget() -> None:
    """Drop all kept text: what a benchmark of the rendering itself needs."""
    _segment_text.cache_clear()
    scans.forget()
