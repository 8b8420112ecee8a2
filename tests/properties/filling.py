"""Make the tables of any form, by its mapping alone, and write the world into them, among rows that must not matter."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle
from typing import TYPE_CHECKING, Any

from psycopg import sql

from properties.elsewhere import written
from properties.loading import events_of
from properties.model import Activity, json_text
from segsql.catalog import (
    ArrayType,
    ColumnType,
    Deletion,
    EavTable,
    IdType,
    InColumn,
    InJson,
    Place,
    Relation,
    RollupColumns,
    RollupTable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

    from properties.elsewhere import Form
    from properties.model import Contact, Workspace

Row = dict[str, Any]
Table = tuple[str, str]


class Filler:
    """Collects the columns and rows of every table of a form."""

    def __init__(self, form: Form, collation: str = "") -> None:
        self._form = form
        self._tables = form.tables
        self._collation = f' COLLATE "{collation}"' if collation else ""
        self.columns: dict[Table, dict[str, str]] = defaultdict(dict)
        self.rows: dict[Table, list[Row]] = defaultdict(list)
        self._indexed: dict[Table, str] = {}
        self._declare()

    def _id(self, type_: IdType) -> str:
        return f"varchar(80){self._collation}" if type_ is IdType.TEXT else type_.value

    def _keyed(self, relation: Relation, workspace: str | None, contact: str) -> dict[str, str]:
        columns = self.columns[_table(relation)]
        for column, value in relation.where:
            columns[column] = "boolean" if isinstance(value, bool) else "int" if isinstance(value, int) else "text"
        if workspace is not None:
            columns[workspace] = self._id(self._tables.ids.workspace)
        columns[contact] = self._id(self._tables.ids.contact)
        self._indexed[_table(relation)] = contact
        return columns

    def _declare(self) -> None:
        tables = self._tables
        own = self._keyed(tables.contacts.relation, tables.contacts.workspace, tables.contacts.id)
        if tables.contacts.deleted is not None:
            kind = "timestamptz" if tables.contacts.deleted.when is Deletion.SET else "boolean"
            own[tables.contacts.deleted.column] = kind
        values = tables.contacts.custom_values
        places: list[Place] = [*tables.places.values(), *self._form.places.values()]
        places += [values] if isinstance(values, InJson) else []
        own |= {place.column: place.type.value for place in places}
        if tables.tag_array is not None:
            own[tables.tag_array.column] = tables.tag_array.type.value
        rolled_up = {place.column: place.type.value for place in tables.rolled_up.values()}
        if isinstance(tables.activity, RollupColumns):
            own |= rolled_up
        if isinstance(tables.activity, RollupTable):
            activity = tables.activity
            self._keyed(activity.relation, activity.workspace, activity.contact).update(rolled_up)
        if (rows := tables.tag_rows) is not None:
            self._keyed(rows.relation, rows.workspace, rows.contact)[rows.tag] = self._id(tables.ids.tag)
        for events in tables.events:
            columns = self._keyed(events.relation, events.workspace, events.contact)
            columns |= {events.message: "bigint", events.at.column: events.at.type.value}
            if events.kind_column:
                columns[events.kind_column] = "text"
        if isinstance(values, EavTable):
            columns = self._keyed(values.relation, values.workspace, values.contact)
            columns[values.field] = "text" if values.is_by_key else self._id(tables.ids.field)
            typed = {values.value: "text", values.text: "text", values.number: "numeric", values.boolean: "boolean"}
            columns |= {column: type_ for column, type_ in typed.items() if column is not None}
            if values.date is not None:
                columns[values.date.column] = values.date.type.value

    def add(self, workspace: Workspace) -> None:
        """A workspace as the form holds it."""
        held = self._form.workspace(workspace)
        for number, (stored, contact) in enumerate(zip(workspace.contacts, held.contacts, strict=True)):
            self._contact(held, contact, number)
            if isinstance(rows := self._tables.contacts.custom_values, EavTable):
                self._eav(rows, (held, contact), stored.fields)

    def _row(self, relation: Relation, workspace: str | None, contact: str, of: tuple[Workspace, Contact]) -> Row:
        row: Row = {contact: self._form.keys.contact(of[0], of[1].id), **dict(relation.where)}
        if workspace is not None:
            row[workspace] = self._form.keys.workspace(of[0].id)
        self.rows[_table(relation)].append(row)
        return row

    def _contact(self, workspace: Workspace, contact: Contact, number: int) -> None:
        tables, of = self._tables, (workspace, contact)
        own = self._row(tables.contacts.relation, tables.contacts.workspace, tables.contacts.id, of)
        documents: dict[str, Any] = {place.column: {} for place in self._json_places()}
        if (deleted := tables.contacts.deleted) is not None:
            is_deleted = contact.deleted_at is not None
            own[deleted.column] = contact.deleted_at if deleted.when is Deletion.SET else is_deleted or None
        for name, place in tables.places.items():
            _put(own, documents, place, getattr(contact, name))
        values = tables.contacts.custom_values
        for key, value in contact.fields.items():
            place_of_key = self._form.places.get(key)
            if place_of_key is not None:
                _put(own, documents, place_of_key, value)
            elif isinstance(values, InJson):
                _put(own, documents, InJson(values.column, values.type, (*values.path, key)), value, keep_null=True)
        for column, document in documents.items():
            own[column] = json_text(document) if number % 4 else ascii_json(document)
        self._tags(of, own, number)
        self._activity(of, own)

    def _json_places(self) -> Iterable[InJson]:
        values = self._tables.contacts.custom_values
        for place in (*self._tables.places.values(), *self._form.places.values(), values):
            if isinstance(place, InJson):
                yield place

    def _eav(self, rows: EavTable, of: tuple[Workspace, Contact], stored: Mapping[str, Any]) -> None:
        """A row for each value; in a column of text also what is no value of its field."""
        for declared in of[0].fields:
            if declared.source or declared.key in self._form.places or declared.key not in stored:
                continue
            value = of[1].fields[declared.key]
            row = self._row(rows.relation, rows.workspace, rows.contact, of)
            row[rows.field] = declared.key if rows.is_by_key else self._form.keys.field(declared.id)
            if rows.value is not None:
                row[rows.value] = written(stored[declared.key])
                continue
            match declared.type:
                case "NUMBER":
                    row[str(rows.number)] = value
                case "BOOLEAN":
                    row[str(rows.boolean)] = value
                case "DATE" if rows.date is not None:
                    row[rows.date.column] = _naive(rows.date, value)
                case _:
                    row[str(rows.text)] = written(stored[declared.key])

    def _tags(self, of: tuple[Workspace, Contact], own: Row, number: int) -> None:
        tags = [self._form.keys.tag(tag) for tag in sorted(of[1].tags)]
        if (rows := self._tables.tag_rows) is not None:
            for tag in tags:
                self._row(rows.relation, rows.workspace, rows.contact, of)[rows.tag] = tag
        if (array := self._tables.tag_array) is not None:
            untidy = [*reversed(tags), *([None] if number % 3 == 0 else []), *(tags if number % 2 else [])]
            kept = untidy if tags or number % 4 else None
            own[array.column] = json.dumps(kept) if array.type is ArrayType.JSONB else kept

    def _activity(self, of: tuple[Workspace, Contact], own: Row) -> None:
        tables, contact = self._tables, of[1]
        if tables.activity is not None and contact.activity is not None:
            row = own
            if isinstance(tables.activity, RollupTable):
                row = self._row(tables.activity.relation, tables.activity.workspace, tables.activity.contact, of)
            for name, place in tables.rolled_up.items():
                value = getattr(contact.activity or Activity(), name)
                row[place.column] = _naive(place, None if value == 0 and not place.never_null else value)
        words = {kind: cycle(events.words or ("",)) for kind, events in tables.events_of.items()}
        for message, kind, at in events_of(contact):
            for events in tables.events:
                if events.kind == kind:
                    row = self._row(events.relation, events.workspace, events.contact, of)
                    row |= {events.message: message, events.at.column: _naive(events.at, at)}
                    if events.kind_column:
                        row[events.kind_column] = next(words[events.kind])

    def noise(self) -> None:
        """Rows of the same contacts that are something else: the mapping's constants, or a word, say so."""
        for relation in {*self._relations()}:
            if relation.where and relation != self._tables.contacts.relation:
                others = [{**row, relation.where[0][0]: "Noise"} for row in self.rows[_table(relation)][:2000]]
                self.rows[_table(relation)] += others
        for events in self._tables.events:
            if events.kind_column:
                rows = self.rows[_table(events.relation)]
                rows += [{**row, events.kind_column: "bounced"} for row in rows[:500]]

    def _relations(self) -> Iterable[Relation]:
        tables = self._tables
        yield from (events.relation for events in tables.events)
        for each in (tables.tag_rows, tables.contacts.custom_values, tables.activity):
            if each is not None and not isinstance(each, InJson | RollupColumns):
                yield each.relation

    def write(self, connection: psycopg.Connection[Any]) -> None:
        """Make the tables, and insert all rows."""
        for schema in {schema for schema, _ in self.columns if schema}:
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        for table, columns in self.columns.items():
            name = sql.Identifier(*filter(None, table))
            listed = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(type_)) for column, type_ in columns.items()
            )
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, listed))
            values = sql.SQL(", ").join(
                sql.SQL("%s::{}").format(sql.SQL(type_.split(" ")[0])) for type_ in columns.values()
            )
            insert = sql.SQL("INSERT INTO {} VALUES ({})").format(name, values)
            with connection.cursor() as cursor:
                cursor.executemany(insert, [[row.get(column) for column in columns] for row in self.rows[table]])
            by_contact = sql.SQL("CREATE INDEX ON {} ({})").format(name, sql.Identifier(self._indexed[table]))
            connection.execute(by_contact)
        connection.execute("ANALYZE")


def fill(form: Form, workspaces: Iterable[Workspace], connection: psycopg.Connection[Any], collation: str = "") -> None:
    """Make the form's tables and write the workspaces, as the form holds them, in one transaction."""
    filler = Filler(form, collation)
    for workspace in workspaces:
        filler.add(workspace)
    filler.noise()
    with connection.transaction():
        filler.write(connection)


def ascii_json(value: object) -> str:
    """JSON whose texts are escaped where they can be."""
    match value:
        case dict():
            return f"{{{','.join(f'{json.dumps(key)}: {ascii_json(one)}' for key, one in value.items())}}}"
        case list():
            return f"[{', '.join(map(ascii_json, value))}]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value)


def _table(relation: Relation) -> Table:
    return relation.schema or "", relation.name


def _put(row: Row, documents: dict[str, Any], place: Place, value: Any, *, keep_null: bool = False) -> None:
    if isinstance(place, InColumn):
        row[place.column] = _naive(place, value)
        return
    if value is None and not keep_null:
        return
    inner = documents[place.column]
    if not place.path:
        documents[place.column] = value
        return
    for key in place.path[:-1]:
        inner = inner.setdefault(key, {})
    inner[place.path[-1]] = value.isoformat() if isinstance(value, datetime) else value


def _naive(place: InColumn, value: Any) -> Any:
    if place.type is ColumnType.TIMESTAMP and isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
