"""Comparing what a mapping names with what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from segsql.catalog import ArrayType, IdType
from segsql.catalog import Mapping as Described
from segsql.catalog.hints import did_you_mean, nearest
from segsql.catalog.places import Relation
from segsql.errors import Code, Diagnostic, InvalidMapping
from segsql.store.fitting.live import LiveColumn, LiveName, LiveRelation, quoted_name, read_names, read_relations
from segsql.store.fitting.wanted import INTEGER_ITSELF, TEXT, WHOLE, WORD, WantedColumn, WantedRelation, wanted

_TEXTS = ("text", "character varying", "character", "bpchar", "citext", "name")

_INTEGERS = ("smallint", "integer", "bigint")

FITTING: Mapping[str, Sequence[str]] = {
    "text": _TEXTS,
    "word": _TEXTS,
    "enum": (),
    "integer": ("smallint", "integer"),
    INTEGER_ITSELF: ("integer",),
    "bigint": _INTEGERS,
    "whole number": _INTEGERS,
    "numeric": (*_INTEGERS, "numeric", "double precision"),
    "uuid": ("uuid",),
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamptz": ("timestamp with time zone",),
    "timestamp": ("timestamp without time zone",),
    "json": ("json",),
    "jsonb": ("jsonb",),
    "text[]": ("text[]",),
    "integer[]": ("integer[]",),
    "bigint[]": ("bigint[]",),
    "uuid[]": ("uuid[]",),
}
"""The types in PostgreSQL, as `format_type` names them, that a type of the mapping takes; another takes itself."""

_ENUM = "enum "


def require_fit(connection: sa.Connection, mapping: Described, source: str) -> None:
    """Raise InvalidMapping where the mapping in the file `source` does not fit the database, with all that is wrong."""
    if found := misfits(connection, mapping):
        raise InvalidMapping(source, found)


def misfits(connection: sa.Connection, mapping: Described) -> tuple[Diagnostic, ...]:
    """All that the mapping names and the database has not, has twice, or has otherwise."""
    named = wanted(mapping)
    there = read_relations(connection, [each.relation for each in named])
    names = read_names(connection) if None in there else []
    pairs = [*zip(named, there, strict=True)]
    problems = [
        problem
        for want, live in pairs
        if live is None or not want.is_own
        for problem in ([_absent(want, names)] if live is None else _compare(want, live))
    ]
    problems += _sorted_otherwise(named, there)
    if not problems:
        problems = [problem for want, live in pairs if live and want.is_own for problem in _of_own(want, live)]
    return tuple(dict.fromkeys(problems))


def _sorted_otherwise(named: Sequence[WantedRelation], there: Sequence[LiveRelation | None]) -> Iterator[Diagnostic]:
    """Contacts' ids that are texts must all sort alike: a large workspace is cut into ranges of them."""
    columns = [
        (column, by_name[column.name], live)
        for want, live in zip(named, there, strict=True)
        if live is not None
        for by_name in [{each.name: each for each in live.columns}]
        for column in want.columns
        if column.id_key == "contact" and column.name in by_name and by_name[column.name].collation
    ]
    first = next((live.collation for column, live, _ in columns if column.path == "contacts.id"), "")
    for column, live, relation in columns:
        if first and live.collation != first:
            message = f"{live.name} of {relation.name} has the collation {live.collation}, and the contacts' id {first}"
            hint = f"Name a view that has {live.name} COLLATE {first}, or alter the column"
            yield Diagnostic(Code.MAPPING_TYPE, column.path, message, hint)


def _absent(want: WantedRelation, names: Sequence[LiveName]) -> Diagnostic:
    written = ".".join(filter(None, (want.relation.schema, want.relation.name)))
    if want.is_own:
        return Diagnostic(Code.MAPPING_TABLE, want.path, f"The database has no table {written}", "Run: segsql init")
    return Diagnostic(
        Code.MAPPING_TABLE,
        f"{want.path}.table",
        f"The database has no table or view {written}",
        _meant(want.relation, names),
    )


def _meant(relation: Relation, names: Sequence[LiveName]) -> str:
    """The nearest name without its schema; of several tables that have it the one where it was looked for."""
    by_name = {each.name: each for each in sorted(names, key=lambda each: each.is_within(relation.schema))}
    near = nearest(relation.name, by_name)
    return f"Did you mean {by_name[near]}?" if near else "Write schema.table where search_path does not lead to it"


def _of_own(want: WantedRelation, live: LiveRelation) -> Iterator[Diagnostic]:
    """Told where all else fits: what these tables hold follows from the ids."""
    for problem in _compare(want, live):
        yield replace(problem, hint="Rename or drop it, then run: segsql init")


def _compare(want: WantedRelation, live: LiveRelation) -> Iterator[Diagnostic]:
    by_name = {column.name: column for column in live.columns}
    absent = [column for column in want.columns if column.name not in by_name]
    for column in absent:
        message = f"{live.name} has no column {column.name}"
        hint = did_you_mean(column.name, by_name) or f"It has {', '.join(by_name)}"
        yield Diagnostic(Code.MAPPING_COLUMN, column.path, message, hint)
    for column in want.columns:
        if column.name not in by_name:
            continue
        if not _fits(column.type, by_name[column.name].type):
            yield _of_another_type(column, by_name[column.name], live)
        elif column.never_null and by_name[column.name].is_nullable:
            message = f"{column.name} of {live.name} may be null, and the mapping says null = false"
            alter = f"ALTER TABLE {live.name} ALTER COLUMN {quoted_name(column.name)} SET NOT NULL;"
            hint = f"Leave null = false out, or run: {alter}"
            yield Diagnostic(Code.MAPPING_TYPE, column.path, message, hint)
        if column.is_written and not by_name[column.name].is_writable:
            yield _unwritable(column, live)
        yield from _strange_words(column, by_name[column.name])
        if not by_name[column.name].is_deterministic:
            yield _nondeterministic(column, by_name[column.name], live)
    if want.key and live.has_indexes and not absent and not any(key <= {*want.key} for key in live.keys):
        yield _not_unique(want, live)


def _strange_words(column: WantedColumn, live: LiveColumn) -> Iterator[Diagnostic]:
    """Comparing an enumeration with what is none of its labels is an error of every statement that does it."""
    for word in column.words:
        if live.labels and word not in live.labels:
            hint = did_you_mean(word, live.labels) or f"Its labels are {', '.join(live.labels)}"
            message = f"{live.name} is {live.type}, which has no label {word}"
            yield Diagnostic(Code.MAPPING_TYPE, column.path.replace(".kind", ".words"), message, hint)


def _fits(type_: str, actual: str) -> bool:
    """An empty type is any."""
    return not type_ or actual in FITTING.get(type_, (type_,)) or (type_ in (WORD, "enum") and actual.startswith(_ENUM))


def _of_another_type(column: WantedColumn, live: LiveColumn, relation: LiveRelation) -> Diagnostic:
    said = {WHOLE: "a whole number", WORD: "text", INTEGER_ITSELF: "integer"}.get(column.type, column.type)
    message = f"{live.name} of {relation.name} is {live.type}, and the mapping says {said}"
    return Diagnostic(Code.MAPPING_TYPE, column.path, message, _advice(column, live))


def _advice(column: WantedColumn, live: LiveColumn) -> str:
    """What to write instead, where the file has words for what the column is; else a cast."""
    key = column.path.rpartition(".")[2]
    if key == "array":
        array = next((type_ for type_ in ArrayType if live.type in FITTING[type_]), None)
        if array is not None:
            element = "" if array is ArrayType.JSONB else f', and tag = "{array.removesuffix("[]")}" in [ids]'
            return f'Write type = "{array}"{element}'
    elif column.id_key:
        type_ = next((each for each in IdType if live.type in FITTING[each]), None)
        if type_ is not None:
            return f'Write {column.id_key} = "{type_}" in [ids]'
    fitting = next((each for each in column.others if _fits(each, live.type)), None)
    if fitting in ("json", "jsonb") and key in ("definition", "filters"):
        return f'Write {key} = {{ json = "{live.name}", type = "{fitting}" }}, with its path if it has one'
    if fitting in ("json", "jsonb"):
        return f'Write type = "{fitting}"'
    if fitting is not None:
        return f'Write {key} = {{ column = "{live.name}", type = "{fitting}" }}'
    if "json" in live.type and column.others:
        return f'Write {key} = {{ json = "{live.name}", path = ["…"], type = "{live.type}" }}'
    cast = {WHOLE: "bigint", WORD: TEXT}.get(column.type, column.type)
    return f"Name a column of that type, or a view that has {live.name}::{cast}"


def _nondeterministic(column: WantedColumn, live: LiveColumn, relation: LiveRelation) -> Diagnostic:
    """Under such a collation LIKE and patterns are errors, and texts are equal that are not the same."""
    column_of = f"{live.name} of {relation.name}"
    message = f"{column_of} has the collation {live.collation}, under which different texts are equal"
    hint = f'Name a view that has {live.name} COLLATE "default"'
    return Diagnostic(Code.MAPPING_TYPE, column.path, message, hint)


def _unwritable(column: WantedColumn, live: LiveRelation) -> Diagnostic:
    message = f"No UPDATE can write {column.name} of {live.name}: it is generated, or of a view that only shows it"
    hint = "Name another column, or a view that has it unchanged of one table; or make a trigger INSTEAD OF UPDATE"
    return Diagnostic(Code.MAPPING_TYPE, column.path, message, hint)


def _not_unique(want: WantedRelation, live: LiveRelation) -> Diagnostic:
    columns = ", ".join(want.key)
    quoted = ", ".join(map(quoted_name, want.key))
    how = "" if live.is_partitioned else "CONCURRENTLY "
    return Diagnostic(
        Code.MAPPING_NOT_UNIQUE,
        next((each.path for each in reversed(want.columns) if each.id_key and each.name in want.key), want.path),
        f"Two rows of {live.name} may have the same {columns}: no unique index of it forbids that",
        f"Name a key, a view of distinct rows, or run: CREATE UNIQUE INDEX {how}ON {live.name} ({quoted});",
    )
