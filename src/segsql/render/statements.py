"""Form -> sqlglot tree: one SELECT for a segment, or for many of one workspace.

Every table, in subqueries too, is scoped by the workspace parameter (spec 6).
"""

from __future__ import annotations

from typing import assert_never

from sqlglot import exp

from segsql.catalog import SqlType, Tables
from segsql.plan import Form, IdRange, Output, ScanForm, SegmentForm
from segsql.plan.shape import Shape
from segsql.render import nodes
from segsql.render.activity import activity_join
from segsql.render.scope import CONTACT, Scope
from segsql.render.sources import SCANNED, Columns, InPlace
from segsql.render.tags import tags_join
from segsql.render.tests import condition

BRANCHES = "u"


def build(form: Form) -> exp.Select:
    """The statement of a form."""
    match form:
        case SegmentForm():
            return _segment(form)
        case ScanForm():
            return _scan(form)
        case _:
            assert_never(form)


def _segment(form: SegmentForm) -> exp.Select:
    source = InPlace(form.tables, form.workspace_id, form.activity)
    if form.where is False:
        return _nothing(form)
    where = [] if form.where is True else [condition(form.where, source)]
    select = _contacts(form.tables, Scope(form.workspace_id), where)
    _join(select, form, source, Scope(form.workspace_id))
    match form.output:
        case Output.COUNT:
            select.set("expressions", [_as("count", _count())])
        case Output.MEMBERS:
            select.set("expressions", _member_columns(form.tables))
            by_id = exp.Ordered(this=nodes.column(form.tables.contacts.id, CONTACT), nulls_first=False)
            select.set("order", exp.Order(expressions=[by_id]))
    return select


def _nothing(form: SegmentForm) -> exp.Select:
    """A segment that folded to false: no predicate is left, and no contact is read."""
    match form.output:
        case Output.COUNT:
            zero = exp.Cast(this=nodes.number(0), to=nodes.data_type(SqlType.BIGINT).copy())
            return exp.Select(expressions=[_as("count", zero)])
        case Output.MEMBERS:
            select = _contacts(form.tables, Scope(form.workspace_id), [])
            select.set("expressions", _member_columns(form.tables))
            select.set("limit", exp.Limit(expression=nodes.number(0)))
            return select


def _scan(form: ScanForm) -> exp.Select:
    """The counts of all segments, added up over the branches where there are several."""
    first, *others = (_branch(form, ids) for ids in form.ranges)
    if not others:
        return first
    branches: exp.Query = first
    for other in others:
        branches = exp.Union(this=branches, expression=other, distinct=False)
    sums = [
        _as(
            alias, exp.Cast(this=exp.Sum(this=nodes.column(alias, BRANCHES)), to=nodes.data_type(SqlType.BIGINT).copy())
        )
        for alias in (_alias(number) for number in range(len(form.segments)))
    ]
    united = exp.Subquery(this=branches, alias=exp.TableAlias(this=nodes.name(BRANCHES)))
    return exp.Select(expressions=sums, from_=exp.From(this=united))


def _branch(form: ScanForm, ids: IdRange) -> exp.Select:
    """`count(*) FILTER (WHERE …)` for each segment, over columns computed once per contact of a range.

    OFFSET '0' is a fence: without it the planner would pull the derived table up and compute a column
    again for every test that reads it. A cluster would gather the rows of a fenced table on one node.
    """
    inside = InPlace(form.tables, form.workspace_id, form.activity)
    columns = Columns(inside)
    counts = [_as(_alias(number), _filtered(shape, columns)) for number, shape in enumerate(form.segments)]
    scope = Scope(form.workspace_id, ids)
    contacts = _contacts(form.tables, scope, [])
    _join(contacts, form, inside, scope)
    contacts.set("expressions", list(columns.computed))
    if not form.tables.is_distributed:
        contacts.set("offset", exp.Offset(expression=nodes.text("0")))
    scanned = exp.Subquery(this=contacts, alias=exp.TableAlias(this=nodes.name(SCANNED)))
    return exp.Select(expressions=counts, from_=exp.From(this=scanned))


def _alias(number: int) -> str:
    """The column that counts a segment, by its position in the scan."""
    return f"s{number}"


def _filtered(shape: Shape | bool, columns: Columns) -> exp.Expression:
    """The count of one segment; one that folded needs no condition, and is an aggregate all the same."""
    if isinstance(shape, bool):
        return _count() if shape else exp.Count(this=exp.null())
    return exp.Filter(this=_count(), expression=exp.Where(this=condition(shape, columns)))


def _contacts(tables: Tables, scope: Scope, where: list[exp.Expression]) -> exp.Select:
    """The workspace's living contacts, and further conditions on them."""
    contacts = tables.contacts
    own = scope.of(CONTACT, contacts.workspace_id, contacts.id)
    living = exp.Is(this=nodes.column(contacts.deleted_at, CONTACT), expression=exp.null())
    conditions = (exp.Paren(this=each) if isinstance(each, exp.Or) else each for each in where)
    return exp.Select(
        from_=exp.From(this=nodes.table(contacts.name, CONTACT)),
        where=exp.Where(this=nodes.all_of([*own, living, *conditions])),
    )


def _join(select: exp.Select, form: Form, source: InPlace, scope: Scope) -> None:
    """Join the tables that the conditions turned out to read, and no others."""
    joins = []
    if source.activity_columns:
        joins.append(activity_join(form.tables, form.activity, source.activity_columns, scope))
    if form.tag_pass is not None:
        joins.append(tags_join(form.tables, form.tag_pass, scope))
    select.set("joins", joins)


def _member_columns(tables: Tables) -> list[exp.Expression]:
    contacts = tables.contacts
    return [
        _as("id", nodes.column(contacts.id, CONTACT)),
        _as("email", nodes.column(contacts.email, CONTACT)),
    ]


def _count() -> exp.Expression:
    return exp.Count(this=exp.Star(), big_int=True)


def _as(alias: str, value: exp.Expression) -> exp.Expression:
    return exp.Alias(this=value, alias=nodes.name(alias))
