"""A database as SQLAlchemy's reflection sees it, and a few of its values: what `segsql map` makes its proposal from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedForeignKeyConstraint, ReflectedIndex
from sqlalchemy.engine.reflection import Inspector, ObjectKind

WORD_ROWS, WORDS = 10_000, 50
"""Rows that are looked at for the words of a column, and how many of them are told."""

DOCUMENTS = 500
"""JSON documents that are looked at for their keys."""


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column; `type` in the mapping's words (`text`, `bigint`, `timestamptz`, `jsonb`, `text[]`), else as it is.

    `words` are all that it may hold, as far as an enumeration or a check on the table says so.
    """

    name: str
    type: str
    words: tuple[str, ...] = ()
    is_nullable: bool = True


@dataclass(frozen=True, slots=True)
class SeenTable:
    """A table or view. `references` gives for a column the name of the table that it is a foreign key to."""

    name: str
    schema: str | None
    columns: tuple[SeenColumn, ...]
    primary_key: tuple[str, ...] = ()
    uniques: tuple[frozenset[str], ...] = ()
    references: tuple[tuple[str, str], ...] = ()

    @property
    def written(self) -> str:
        """Its name as a mapping has it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


def read_tables(connection: sa.Connection, schema: str | None) -> list[SeenTable]:
    """All tables and views of a schema, or of the one that search_path leads to first; partitions are passed over."""
    inspector = sa.inspect(connection)
    partitions = set(connection.scalars(_PARTITIONS, {"schema": schema or inspector.default_schema_name}))
    reflected = _Reflected(inspector, schema)
    return [reflected.table(name) for name in reflected.names if name not in partitions]


_PARTITIONS = sa.text("""
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relispartition AND n.nspname = :schema
""")


class _Reflected:
    """All tables of one schema, each kind of thing about them read at once."""

    def __init__(self, inspector: Inspector, schema: str | None) -> None:
        self._schema = schema
        self._columns = inspector.get_multi_columns(schema, kind=ObjectKind.ANY)
        self._keys = inspector.get_multi_pk_constraint(schema, kind=ObjectKind.ANY)
        self._indexes = inspector.get_multi_indexes(schema, kind=ObjectKind.ANY)
        self._references = inspector.get_multi_foreign_keys(schema, kind=ObjectKind.ANY)
        self._checks = inspector.get_multi_check_constraints(schema, kind=ObjectKind.ANY)

    @property
    def names(self) -> list[str]:
        """The names of tables and views, in their order."""
        return sorted(name for _, name in self._columns)

    def table(self, name: str) -> SeenTable:
        key = (self._schema, name)
        checks = [str(check["sqltext"]) for check in self._checks.get(key, [])]
        primary_key = self._keys.get(key)
        return SeenTable(
            name=name,
            schema=self._schema,
            columns=tuple(_column(each, checks) for each in self._columns[key]),
            primary_key=tuple(primary_key["constrained_columns"]) if primary_key else (),
            uniques=tuple(_unique(each) for each in self._indexes.get(key, []) if _is_key(each)),
            references=tuple(_references(self._references.get(key, []))),
        )


def _is_key(index: ReflectedIndex) -> bool:
    partial = index.get("dialect_options", {}).get("postgresql_where")
    return bool(index["unique"]) and None not in index["column_names"] and not partial


def _unique(index: ReflectedIndex) -> frozenset[str]:
    return frozenset(name for name in index["column_names"] if name is not None)


def _references(found: Sequence[ReflectedForeignKeyConstraint]) -> Iterator[tuple[str, str]]:
    """Of a foreign key of several columns the last one is what it is about: the workspace comes first."""
    for each in found:
        yield each["constrained_columns"][-1], each["referred_table"]


def _column(column: ReflectedColumn, checks: Sequence[str]) -> SeenColumn:
    name, type_, is_nullable = column["name"], column["type"], column["nullable"]
    if isinstance(type_, postgresql.ENUM):
        return SeenColumn(name, "enum", tuple(type_.enums), is_nullable)
    return SeenColumn(name, _word(type_), _checked(name, checks), is_nullable)


def _word(type_: sa.types.TypeEngine[object]) -> str:
    """A type as the mapping calls it; numbers and what it has no word for as PostgreSQL does."""
    match type_:
        case postgresql.DOMAIN():
            return _word(type_.data_type)
        case sa.ARRAY():
            element = type_.item_type
            return "varchar[]" if isinstance(element, sa.VARCHAR) else f"{_word(element)}[]"
        case postgresql.TIMESTAMP():
            return "timestamptz" if type_.timezone else "timestamp"
        case postgresql.JSONB():
            return "jsonb"
        case sa.String():
            return "text"
        case _:
            return str(type_.compile(dialect=_DIALECT)).lower().partition("(")[0]


_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def _checked(name: str, checks: Sequence[str]) -> tuple[str, ...]:
    """The words of `CHECK (kind IN ('a', 'b'))`."""
    for check in checks:
        if re.search(rf'(^|\W)"?{re.escape(name)}"?\W', check) and "ARRAY[" in check:
            return tuple(each.replace("''", "'") for each in re.findall(r"'((?:[^']|'')*)'", check))
    return ()


class Samples:
    """A few of the values in a database, where one may read them; else none."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def words(self, table: SeenTable, column: str) -> tuple[str, ...]:
        """What stands in a column of texts, in the first rows that come."""
        some = sa.select(sa.column(column).label("word")).select_from(_from(table)).limit(WORD_ROWS).subquery()
        word = sa.cast(some.c.word, sa.Text)
        found = self._values(sa.select(word).where(some.c.word.is_not(None)).distinct().order_by(word).limit(WORDS))
        return tuple(str(each) for each in found)

    def documents(self, table: SeenTable, column: str) -> tuple[object, ...]:
        """The JSON in a column, of the first rows that come."""
        json_ = sa.column(column, sa.Text)
        text = sa.cast(json_, sa.Text)
        found = self._values(sa.select(text).select_from(_from(table)).where(json_.is_not(None)).limit(DOCUMENTS))
        return tuple(document for each in found for document in _read(str(each)))

    def _values(self, query: sa.Select[str]) -> Sequence[object]:
        """A proposal can do without: what may not be read, or only in part, is not looked at."""
        try:
            with self._connection.begin_nested():
                return self._connection.scalars(query).all()
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            return ()


def _read(text: str) -> Iterator[object]:
    """A document, where Python can read it: some nest too deep."""
    with suppress(ValueError, RecursionError):
        yield json.loads(text, parse_int=float)


def _from(table: SeenTable) -> sa.TableClause:
    return sa.table(table.name, schema=table.schema)
