"""Plan -> Statement: the last stage. The text is made from the form alone, and kept for the next equal form."""

from __future__ import annotations

from functools import lru_cache

from segsql.plan import Form, Plan
from segsql.render.allow_list import check
from segsql.render.statement import Statement
from segsql.render.statements import build


def render(plan: Plan) -> Statement:
    """The statement of a plan."""
    return Statement(_text(plan.form), plan.parameters, plan.strategies)


@lru_cache(maxsize=4096)
def _text(form: Form) -> str:
    statement = build(form)
    check(statement, form.tables)
    return statement.sql(dialect="postgres", pretty=True)


def forget() -> None:
    """Drop all kept text: what a benchmark of the rendering itself needs."""
    _text.cache_clear()
