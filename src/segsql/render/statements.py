"""Form -> sqlglot tree: the SELECT for one segment, and the tables that any statement is about.

Every table, in subqueries too, is scoped by the workspace parameter (spec 6).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from segsql.catalog import Deletion, FieldType, SqlType, Tables
from segsql.plan import ActivityStrategy, Output, SegmentForm, TagPass
from segsql.plan.operands import stored
from segsql.render import nodes
from segsql.render.activity import activity_joins
from segsql.render.operands import read
from segsql.render.rows import pivot_join
from segsql.render.scope import CONTACT, Scope
from segsql.render.sources import InPlace, Needed
from segsql.render.tags import tags_join
from segsql.render.tests import condition


def segment_select(form: SegmentForm) -> exp.Select:
    """The statement for one segment."""
    source = InPlace(form.tables, form.workspace_id, form.activity)
    if form.where is False:
        return _nothing(form)
    where = [] if form.where is True else [condition(form.where, source)]
    joined = Joined(form.tables, form.tag_pass, form.activity, source.needed)
    select = contacts_select(joined, Scope(form.workspace_id), where)
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
            zero = nodes.cast(nodes.number(0), SqlType.BIGINT)
            return exp.Select(expressions=[_as("count", zero)])
        case Output.MEMBERS:
            select = _contacts(form.tables, Scope(form.workspace_id), [])
            select.set("expressions", _member_columns(form.tables))
            select.set("limit", exp.Limit(expression=nodes.number(0)))
            return select


@dataclass(frozen=True, slots=True)
class Joined:
    """The contacts' table, and what is joined to it: one pass over the tags, what tests need beside that."""

    tables: Tables
    tag_pass: TagPass | None
    activity: ActivityStrategy | None
    needed: Needed


def contacts_select(
    joined: Joined, scope: Scope, where: list[exp.Expression], *, with_deleted: bool = False
) -> exp.Select:
    """The scope's contacts, the living alone unless said, that satisfy further conditions; selects nothing yet."""
    select = _contacts(joined.tables, scope, where, with_deleted=with_deleted)
    joins = activity_joins(joined.tables, joined.activity, joined.needed.activity, scope)
    if joined.needed.rows:
        joins.append(pivot_join(joined.tables, joined.needed.rows, scope))
    if joined.tag_pass is not None:
        joins.append(tags_join(joined.tables, joined.tag_pass, scope))
    select.set("joins", joins)
    return select


def _contacts(tables: Tables, scope: Scope, where: list[exp.Expression], *, with_deleted: bool = False) -> exp.Select:
    contacts = tables.contacts
    own = scope.of(CONTACT, contacts.workspace, contacts.id)
    constants = nodes.constants(contacts.relation, CONTACT)
    living = [] if with_deleted else _living(tables)
    conditions = (exp.Paren(this=each) if isinstance(each, exp.Or) else each for each in where)
    return exp.Select(
        from_=exp.From(this=nodes.table(contacts.relation, CONTACT)),
        where=nodes.where([*own, *constants, *living, *conditions]),
    )


def _living(tables: Tables) -> list[exp.Expression]:
    deleted = tables.contacts.deleted
    if deleted is None:
        return []
    column = nodes.column(deleted.column, CONTACT)
    match deleted.when:
        case Deletion.SET:
            return [exp.Is(this=column, expression=exp.null())]
        case Deletion.TRUE:
            return [nodes.is_not(column, exp.true())]


def is_deleted(tables: Tables) -> exp.Expression:
    """Whether the contact is one that counts nowhere; never NULL."""
    deleted = tables.contacts.deleted
    if deleted is None:
        return exp.false()
    column = nodes.column(deleted.column, CONTACT)
    match deleted.when:
        case Deletion.SET:
            return nodes.is_not(column, exp.null())
        case Deletion.TRUE:
            return exp.Is(this=column, expression=exp.true())


def _member_columns(tables: Tables) -> list[exp.Expression]:
    return [_as("id", nodes.column(tables.contacts.id, CONTACT)), _as("email", email_of(tables))]


def email_of(tables: Tables) -> exp.Expression:
    """The contact's e-mail address as text; NULL where it has none."""
    place = tables.places.get("email")
    if place is None:
        return nodes.cast(exp.null(), SqlType.TEXT)
    return read(stored(place, FieldType.TEXT), tables).guarded


def _count() -> exp.Expression:
    return exp.Count(this=exp.Star(), big_int=True)


def _as(alias: str, value: exp.Expression) -> exp.Expression:
    return exp.Alias(this=value, alias=nodes.name(alias))
