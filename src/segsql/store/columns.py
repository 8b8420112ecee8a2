"""Columns of a mapped database for SQLAlchemy: their types, where values lie, and rows under segsql's own names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.expression import ColumnClause

from segsql.catalog import ColumnType, IdType, InColumn, InJson, Place, Relation

Type = sa.types.TypeEngine[Any]

Expression = sa.ColumnElement[Any]

ID_TYPES: Mapping[IdType, Type] = {
    IdType.BIGINT: sa.BigInteger(),
    IdType.INTEGER: sa.Integer(),
    IdType.UUID: sa.Uuid(as_uuid=False),
    IdType.TEXT: sa.Text(),
}

AT = sa.DateTime(timezone=True)

COLUMN_TYPES: Mapping[ColumnType, Type] = {
    ColumnType.TEXT: sa.Text(),
    ColumnType.ENUM: sa.Text(),
    ColumnType.ENUM: sa.Text(),
    ColumnType.NUMERIC: sa.Numeric(),
    ColumnType.BOOLEAN: sa.Boolean(),
    ColumnType.DATE: sa.Date(),
    ColumnType.TIMESTAMPTZ: AT,
    ColumnType.TIMESTAMP: sa.DateTime(),
    ColumnType.TEXT_ARRAY: postgresql.ARRAY(sa.Text),
    ColumnType.JSON: postgresql.JSON(),
    ColumnType.JSONB: postgresql.JSONB(),
}


class Source:
    """A relation of the database, with those of its columns that something asks for.

    SQLAlchemy knows such a table by what it has, so that a statement that is built anew is compiled but once.
    """

    def __init__(self, relation: Relation) -> None:
        self.table = sa.table(relation.name, schema=relation.schema)
        self._relation = relation

    def column(self, name: str | None, type_: Type) -> Expression:
        """The column of this name, taken literally; null where the database has none."""
        if name is None:
            return sa.cast(sa.null(), type_)
        if name not in self.table.c:
            self.table.append_column(sa.column(name, type_))
        return self.table.c[name]

    def instant(self, place: InColumn | None) -> Expression:
        """The column as a timestamptz; one without a zone is in UTC."""
        if place is None:
            return self.column(None, AT)
        column = self.column(place.column, COLUMN_TYPES[place.type])
        return column if place.type is ColumnType.TIMESTAMPTZ else sa.func.timezone("UTC", column, type_=AT)

    def document(self, place: InJson) -> Expression:
        """What lies at a place of JSON, as json or jsonb as its column is; null where it can't be taken out."""
        column = self.column(place.column, COLUMN_TYPES[place.type])
        if not place.path:
            return column
        taken = column.op("#>", return_type=column.type)(sa.cast(list(place.path), postgresql.ARRAY(sa.Text)))
        return taken if place.type is ColumnType.JSONB else sa.case((is_castable(column), taken))

    def value(self, place: Place) -> Expression:
        """What lies at a place, as people read it: an instant, a number or a text; of JSON the text."""
        match place:
            case InColumn(type=ColumnType.TIMESTAMP | ColumnType.TIMESTAMPTZ):
                return self.instant(place)
            case InColumn(column, ColumnType.ENUM):
                return sa.cast(self.column(column, sa.Text()), sa.Text)
            case InColumn(column, type_):
                return self.column(column, COLUMN_TYPES[type_])
            case InJson():
                return as_jsonb(self.document(place)).op("#>>", return_type=sa.Text())(sa.literal_column("'{}'"))
            case _:
                assert_never(place)

    @property
    def conditions(self) -> list[Expression]:
        """What tells the rows that count from others of the same relation.

        Constants stand in the text: only so they fit columns of any type, an enumeration among them.
        """
        return [self.column(name, sa.Text()) == literal(value) for name, value in self._relation.where]

    def rows(self, name: str, columns: Mapping[str, Expression]) -> sa.FromClause:
        """The relation with its columns under segsql's own names.

        A table, where each of them is a column of it; else a subquery, which PostgreSQL pulls up.
        """
        plain = {key: each for key, each in columns.items() if isinstance(each, ColumnClause) and not each.is_literal}
        if len({each.name for each in plain.values()}) == len(columns) and not self._relation.where:
            own = (sa.Column(each.name, each.type, key=key) for key, each in plain.items())
            return sa.Table(self.table.name, sa.MetaData(), *own, schema=self.table.schema)
        labelled = (each.label(key) for key, each in columns.items())
        return sa.select(*labelled).select_from(self.table).where(*self.conditions).subquery(name)


_PAIRS = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_UNCASTABLE = r"\\u0000|\\u[dD][89a-fA-F]|[eE][+-]?[0-9]{4}|[0-9]{255}"


def is_castable(json: Expression) -> Expression:
    """Whether a json document is nothing that jsonb refuses: NUL, half a surrogate pair, a number without bounds.

    Any of them would abort the statement. Some that only look so are refused too.
    """
    text: Expression = sa.cast(json, sa.Text)
    pairs: Expression = sa.literal_column(f"'{_PAIRS}'")
    rest = sa.func.regexp_replace(text, pairs, sa.literal_column("''"), sa.literal_column("'g'"))
    return rest.op("!~", is_comparison=True)(sa.literal_column(f"'{_UNCASTABLE}'"))


def as_jsonb(document: Expression) -> Expression:
    """A document as jsonb; null for one that can't be."""
    if isinstance(document.type, postgresql.JSONB):
        return document
    return sa.case((is_castable(document), sa.cast(document, postgresql.JSONB)))


def member(document: Expression, key: str) -> Expression:
    """A member of a document of jsonb; by the operator, which takes any expression, as a subscript does not."""
    return document.op("->", return_type=postgresql.JSONB())(literal(key))


def text_of(document: Expression, key: str) -> Expression:
    """The same as text."""
    return document.op("->>", return_type=sa.Text())(literal(key))


def representable(moment: sa.ColumnElement[datetime]) -> sa.ColumnElement[datetime]:
    """The instant within the years that Python knows: other programs write it, and may write infinity."""
    first, last = sa.text("'0001-01-02Z'::timestamptz"), sa.text("'9999-12-30Z'::timestamptz")
    return sa.case((moment.is_not(None), sa.func.least(sa.func.greatest(moment, first), last)))


def sendable(text: str) -> bool:
    """Whether PostgreSQL takes the text: no NUL, and nothing that is no character."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def quoted(*names: str | None) -> str:
    """Names as SQL writes them, taken literally and joined by dots; None is passed over."""
    return sql.Identifier(*(name for name in names if name is not None)).as_string()


def constant(value: str | int | bool) -> str:
    """A constant of a mapping as SQL writes it."""
    return sql.Literal(str(value).lower() if isinstance(value, bool) else value).as_string().strip()


def literal(value: str | int | bool) -> Expression:
    """The same for SQLAlchemy."""
    return sa.literal_column(constant(value))
