"""The world as a database of another form holds it: where its mapping says that things lie.

A `Form` is a mapping and which of the world's custom fields have a place of their own. What such a database cannot
hold is not there for the evaluator either (`workspace`); what no filter may ask of it is not asked (`fitted`); and ids
are of its types (`translated`). Whoever fills a database of the form does it from the same `workspace`, with `Keys`.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from properties.model import Contact, FieldDecl, StoredSegment, Workspace, json_text
from properties.oracle import BUILT_INS
from properties.texts import number_text
from segsql.catalog import (
    BUILTINS,
    Catalog,
    ColumnType,
    EavTable,
    Field,
    FieldType,
    Id,
    IdType,
    InColumn,
    InJson,
    Place,
    Tables,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from properties.model import Definition

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?")
_NAMESPACE = uuid.UUID(int=7)


class Keys:
    """The world's numbers as ids of the types that the tables have; of texts the order by bytes is not the usual."""

    def __init__(self, tables: Tables) -> None:
        self._types = tables.ids

    def workspace(self, number: int) -> Id | None:
        return _id(self._types.workspace, "workspace", number)

    def contact(self, workspace: Workspace, number: int) -> Id:
        """One that no contact of another workspace has."""
        place = [each.id for each in workspace.contacts].index(number) + 1
        return _id(self._types.contact, "contact", 10_000 * (workspace.id % 1_000) + place)

    def tag(self, number: int) -> Id:
        return _id(self._types.tag, "tag", number)

    def field(self, number: int) -> Id:
        return _id(self._types.field, "field", number)

    def segment(self, number: int) -> Id:
        return _id(self._types.segment, "segment", number)


@cache
def _id(type_: IdType, what: str, number: int) -> Id:
    match type_:
        case IdType.BIGINT | IdType.INTEGER:
            return number
        case IdType.UUID:
            return str(uuid.uuid5(_NAMESPACE, f"{what} {number}"))
        case IdType.TEXT:
            return f"{('a', 'B', 'ä', 'Z', '_', '%')[number % 6]}{number}"


@dataclass(frozen=True)
class Form:
    """A kind of database: where things lie in it, and which custom fields of the world have their own places."""

    name: str
    tables: Tables
    places: Mapping[str, Place] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def keys(self) -> Keys:
        """The ids of the form."""
        return Keys(self.tables)

    def catalog(self, workspace: Workspace, more_segments: Mapping[int, object] | None = None) -> Catalog:
        """What the compiler may know of a workspace of the form."""
        stored = {segment.id: segment.definition for segment in workspace.segments}
        every = {**stored, **(more_segments or {})}
        return Catalog(
            workspace_id=None if self.tables.is_single_tenant else self.keys.workspace(workspace.id),
            timezone=workspace.timezone,
            fields=tuple(
                Field(
                    self.keys.field(one.id),
                    one.key,
                    one.name,
                    FieldType(one.type),
                    one.source,
                    one.options,
                    self.places.get(one.key),
                )
                for one in workspace.fields
            ),
            tags={self.keys.tag(tag): name for tag, name in workspace.tags.items()},
            segments={self.keys.segment(id_): self.translated(one) for id_, one in every.items()},
            tables=self.tables,
        )

    def workspace(self, workspace: Workspace) -> Workspace:
        """The workspace with what the form can hold of it, for the evaluator."""
        return _workspace(self, workspace)

    def fitted(self, definition: Definition, workspace: Workspace) -> Definition:
        """The definition, with a harmless condition in place of each that the form has no answer to."""
        if "filters" in definition:
            return {**definition, "filters": [self.fitted(part, workspace) for part in definition["filters"]]}
        if self._answers(definition, workspace):
            return definition
        if "type" in definition:
            return {"type": "field", "field_id": 1, "operator": "exists"}
        return {"field": "email", "operator": "exists"}

    def translated(self, definition: Any) -> Any:
        """The definition with the form's ids."""
        if "filters" in definition:
            return {**definition, "filters": [self.translated(part) for part in definition["filters"]]}
        kind = definition["type"] if "type" in definition else definition["field"]
        match kind:
            case "field":
                return {**definition, "field_id": self.keys.field(definition["field_id"])}
            case "tags" if definition.get("value"):
                return {**definition, "value": [self.keys.tag(tag) for tag in definition["value"]]}
            case "segment":
                return {**definition, "value": [self.keys.segment(id_) for id_ in definition["value"]]}
            case _:
                return definition

    def _answers(self, condition: Definition, workspace: Workspace) -> bool:
        name: str = condition["type"] if "type" in condition else condition["field"]
        match name:
            case "segment":
                return True
            case "tags":
                return bool(self.tables.tag_rows or self.tables.tag_array)
            case "open_rate":
                return self.has("opens_count") and self.has("delivered_count")
            case "click_rate":
                return self.has("clicks_count") and self.has("delivered_count")
            case "last_activity":
                return self.has("last_open_at") or self.has("last_click_at")
            case "field":
                (declared,) = (each for each in workspace.fields if each.id == condition["field_id"])
                return self._holds(declared)
            case _ if name.startswith("metadata."):
                by_key = isinstance(self.tables.contacts.custom_values, InJson)
                return by_key and name.removeprefix("metadata.") not in self.places
            case _:
                declared_by_key = {each.key: each for each in workspace.fields}
                return self._holds(declared_by_key[name]) if name in declared_by_key else self.has(name)

    def _holds(self, declared: FieldDecl) -> bool:
        if declared.source is not None:
            return self.has(declared.source)
        return declared.key in self.places or self.tables.contacts.custom_values is not None

    def has(self, builtin: str) -> bool:
        """Whether the form has what the built-in reads."""
        return self.tables.has(BUILTINS[builtin])


@cache
def _workspace(form: Form, workspace: Workspace) -> Workspace:
    return replace(
        workspace,
        contacts=tuple(_contact(form, workspace, contact) for contact in workspace.contacts),
        segments=tuple(
            StoredSegment(one.id, one.public_id, one.name, form.fitted(one.definition, workspace))
            for one in workspace.segments
        ),
    )


def _contact(form: Form, workspace: Workspace, contact: Contact) -> Contact:
    fields = dict(contact.fields)
    if not isinstance(form.tables.contacts.custom_values, InJson):
        fields = {each.key: fields[each.key] for each in workspace.fields if not each.source and each.key in fields}
    for declared in workspace.fields:
        if declared.key in fields and declared.source is None:
            fields[declared.key] = held(form, declared, fields[declared.key])
    built_in: dict[str, Any] = {name: _as_built_in(form, name, getattr(contact, name)) for name in _OF_CONTACT}
    activity = contact.activity
    if activity is not None:
        lacking: dict[str, Any] = {name: nothing for name, nothing in _NOTHING.items() if not form.has(name)}
        activity = replace(activity, **lacking)
    deleted_at = None if form.tables.contacts.deleted is None else contact.deleted_at
    return replace(contact, fields=fields, activity=activity, deleted_at=deleted_at, **built_in)


_OF_CONTACT = tuple(name for name in BUILT_INS if BUILTINS[name].event is None)
_NOTHING = {"delivered_count": 0, "opens_count": 0, "clicks_count": 0, "last_open_at": None, "last_click_at": None}


def _as_built_in(form: Form, name: str, value: Any) -> Any:
    place = form.tables.places.get(name)
    if isinstance(place, InColumn) and place.type is ColumnType.DATE and value is not None:
        return value.astimezone(UTC).date().isoformat()
    return value


def held(form: Form, declared: FieldDecl, value: Any) -> Any:
    """What is left of a custom value where the form keeps it, as the evaluator sees it; None where nothing is."""
    place = form.places.get(declared.key)
    if isinstance(place, InColumn):
        return in_column(place.type, value)
    rows = form.tables.contacts.custom_values
    if place is not None or not isinstance(rows, EavTable):
        return value
    if rows.value is None:
        return as_typed(declared.type, rows, value)
    text = written(value)
    return None if text is None else read_strictly(declared.type, text)


def in_column(type_: ColumnType, value: Any) -> Any:
    """A value as a column of the type holds it."""
    match type_, value:
        case ColumnType.TEXT, str():
            return value
        case ColumnType.NUMERIC, int() | Decimal() if not isinstance(value, bool):
            return value
        case ColumnType.BOOLEAN, bool():
            return value
        case ColumnType.DATE, str() if _day(value):
            return value
        case ColumnType.TIMESTAMP | ColumnType.TIMESTAMPTZ, str() if (day := _day(value)) and 1900 < day.year < 9999:
            return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        case ColumnType.TEXT_ARRAY, list() if all(each is None or isinstance(each, str) for each in value):
            return value
        case _:
            return None


def as_typed(kind: str, rows: EavTable, value: Any) -> Any:
    """A value as a row has it in the column of the field's type."""
    match kind:
        case "NUMBER":
            return in_column(ColumnType.NUMERIC, value)
        case "BOOLEAN":
            return in_column(ColumnType.BOOLEAN, value)
        case "DATE":
            assert rows.date is not None
            return in_column(rows.date.type, value)
        case _:
            text = written(value)
            return None if text is None else read_strictly(kind, text)


def written(value: Any) -> str | None:
    """A value as text, in a column that has all of them."""
    match value:
        case None:
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return number_text(value) if abs(Decimal(value).adjusted()) < 300 else str(value)
        case _:
            return json_text(value)


def read_strictly(kind: str, text: str) -> Any:
    """A text as a value of the type, where it strictly is one."""
    match kind:
        case "NUMBER":
            return Decimal(text) if _NUMBER.fullmatch(text) else None
        case "BOOLEAN":
            return {"true": True, "false": False}.get(text)
        case "DROPDOWN_MULTIPLE":
            try:
                value = json.loads(text)
            except ValueError:
                return None
            return value if isinstance(value, list) and all(isinstance(each, str) for each in value) else None
        case _:
            return text


def _day(text: str) -> date | None:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
