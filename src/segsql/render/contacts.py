"""ContactForm -> sqlglot tree: one contact's row, in which every node of a filter has its outcome.

The inner SELECT has the outcome of each condition, made as in any other statement, and the values that they are
about; the outer one joins outcomes to those of the groups, each condition once computed. The fence between them
keeps it so, but on a cluster, where one contact's rows are on one node and nothing else is asked of it.
"""

from __future__ import annotations

from functools import reduce
from typing import assert_never

from sqlglot import exp

from segsql.catalog import ColumnType, InColumn, InJson, SqlType, Tables
from segsql.filters import Quantifier
from segsql.plan import Combined, ContactForm, OneId, ShownFact, TagStrategy
from segsql.plan.predicate import Reading, Stored
from segsql.plan.shape import Operand, SlottedRow, SlottedValue
from segsql.render import nodes
from segsql.render.operands import stored_json
from segsql.render.scope import Scope
from segsql.render.sources import InPlace
from segsql.render.statements import Joined, contacts_select, email_of, is_deleted
from segsql.render.tests import condition

CONDITIONS = "y"
DELETED, EMAIL, FACTS, STORED = "is_deleted", "email", "facts", "stored"


def contact_select(form: ContactForm) -> exp.Select:
    """The statement for one contact: `email`, `is_deleted`, `is_member`, `nodes` (booleans in the nodes' order),
    `facts` and `stored` (JSON texts in the facts' order, NULL where there is no value).

    `stored` has what lies where a fact has no value, as what is stored is of another type. No row, no contact.
    """
    inner = _conditions(form)
    if not form.tables.is_distributed:
        inner.set("offset", exp.Offset(expression=nodes.text("0")))
    outcomes = [_outcome(form, number) for number in range(len(form.nodes))]
    is_living = exp.Not(this=_column(DELETED))
    columns = {
        EMAIL: _column(EMAIL),
        DELETED: _column(DELETED),
        "is_member": exp.And(this=is_living, expression=exp.Paren(this=outcomes[0].copy())),
        "nodes": exp.Array(expressions=outcomes),
        FACTS: _column(FACTS),
        STORED: _column(STORED),
    }
    return exp.Select(
        expressions=[_as(alias, value) for alias, value in columns.items()],
        from_=exp.From(this=exp.Subquery(this=inner, alias=exp.TableAlias(this=nodes.name(CONDITIONS)))),
    )


def _conditions(form: ContactForm) -> exp.Select:
    source = InPlace(form.tables, form.workspace_id, form.activity)
    columns = [_as(EMAIL, email_of(form.tables)), _as(DELETED, is_deleted(form.tables))]
    for number, node in enumerate(form.nodes):
        match node:
            case Combined():
                continue
            case bool():
                columns.append(_as(_name(number), exp.Boolean(this=node)))
            case _:
                is_true = exp.Is(this=exp.Paren(this=condition(node, source)), expression=exp.true())
                columns.append(_as(_name(number), is_true))
    facts = [_fact(fact, source, form) for fact in form.facts]
    columns.append(_as(FACTS, _texts([value for value, _ in facts])))
    columns.append(_as(STORED, _texts([stored for _, stored in facts])))
    joined = Joined(form.tables, form.tag_pass, form.activity, source.needed)
    select = contacts_select(joined, Scope(form.workspace_id, OneId(form.contact_id)), [], with_deleted=True)
    select.set("expressions", columns)
    return select


def _outcome(form: ContactForm, number: int) -> exp.Expression:
    """Whether a node holds; never NULL."""
    node = form.nodes[number]
    if not isinstance(node, Combined):
        return _column(_name(number))
    members = [_grouped(_outcome(form, member)) for member in node.members]
    match node.quantifier:
        case Quantifier.ALL:
            return nodes.all_of(members)
        case Quantifier.ANY:
            return _any_of(members)
        case Quantifier.NONE:
            return exp.Not(this=_grouped(_any_of(members)))
        case _:
            assert_never(node.quantifier)


def _any_of(members: list[exp.Expression]) -> exp.Expression:
    return reduce(lambda left, right: exp.Or(this=left, expression=right), members)


def _grouped(outcome: exp.Expression) -> exp.Expression:
    return exp.Paren(this=outcome) if isinstance(outcome, exp.And | exp.Or) else outcome


def _fact(fact: ShownFact, source: InPlace, form: ContactForm) -> tuple[exp.Expression, exp.Expression]:
    """The value as JSON, and what is stored as JSON where there is none."""
    if isinstance(fact, TagStrategy):
        return _json(source.tags_of_contact(fact, by_bits=False)), exp.null()
    value, stored = source.read(fact).guarded, stored_json(fact, form.tables)
    is_none = exp.Is(this=exp.Paren(this=value.copy()), expression=exp.null())
    shown = value if _is_json(fact, form.tables) else _json(_as_instant(value, fact))
    return shown, stored if isinstance(stored, exp.Null) else nodes.case(is_none, stored)


def _as_instant(value: exp.Expression, operand: Operand) -> exp.Expression:
    """A time with its zone; that of the activity has it already."""
    match operand:
        case Stored(InColumn(type=type_)) | SlottedRow(columns=(InColumn(type=type_), *_)):
            return nodes.as_instant(value, type_)
        case _:
            return value


def _is_json(operand: Operand, tables: Tables) -> bool:
    """Whether the value is read as it is from a column of `json`; jsonb does not take all that there may be."""
    if operand.reading is not Reading.ANY:
        return False
    values = tables.contacts.custom_values
    match operand:
        case Stored(InJson(type=type_)):
            return type_ is ColumnType.JSON
        case SlottedValue():
            return isinstance(values, InJson) and values.type is ColumnType.JSON
        case _:
            return False


def _json(value: exp.Expression) -> exp.Expression:
    return nodes.call("to_jsonb", value)


def _texts(values: list[exp.Expression]) -> exp.Expression:
    return exp.Array(expressions=[nodes.cast(value, SqlType.TEXT) for value in values])


def _name(number: int) -> str:
    return f"n{number}"


def _column(name: str) -> exp.Expression:
    return nodes.column(name, CONDITIONS)


def _as(alias: str, value: exp.Expression) -> exp.Expression:
    return exp.Alias(this=value, alias=nodes.name(alias))
