"""The whole proposal: what was found in a database, written as a mapping with the reasons beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from segsql.catalog.mapping import Mapping
from segsql.catalog.mapping_file import read_mapping
from segsql.errors import ConfigurationError, Diagnostic, InvalidMapping
from segsql.proposal.activity import activity_part, events_parts
from segsql.proposal.contacts import builtins_part, contacts_part, keys_of, workspaces_part
from segsql.proposal.fields import field_parts, fields_parts, find_documents, find_fields, find_values, values_part
from segsql.proposal.names import DELETED_AT, IS_DELETED, snake
from segsql.proposal.scene import Sampled, Scene, find_contacts, find_workspace
from segsql.proposal.segments import find_segments, own_part, segments_part
from segsql.proposal.tags import find_tagging, tags_parts
from segsql.proposal.toml import Part, joined
from segsql.store import Database
from segsql.store.fitting import misfits
from segsql.store.inspection import ask
from segsql.store.reflection import Samples, SeenColumn, SeenTable, read_tables

HEAD = """\
# A mapping for segsql, proposed by `segsql map` from the names, types and keys of the tables and a few of their values.
# What it guessed and why stands beside the lines, what it did not find between them. Correct it, then see what
# `segsql check` says. docs/mapping.md explains every key; `segsql map --json-schema` is the JSON Schema for editors.
"""

ID_TYPES = {"smallint": "integer", "integer": "integer", "bigint": "bigint", "uuid": "uuid"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping as TOML, and what of it does not fit the database."""

    text: str
    problems: tuple[Diagnostic, ...]


def propose(database: Database, schema: str | None) -> Proposal:
    """Propose a mapping for a schema, or for the one that search_path leads to first; nothing is written.

    Raises ConfigurationError where there are no tables, or none looks like one of contacts.
    """
    return ask(
        database,
        lambda connection: _examined(
            proposal_text(read_tables(connection, schema), Samples(connection)),
            lambda mapping: misfits(connection, mapping),
        ),
    )


def _examined(text: str, judge: Callable[[Mapping], tuple[Diagnostic, ...]]) -> Proposal:
    try:
        return Proposal(text, judge(read_mapping(text, "the proposal")))
    except InvalidMapping as error:
        return Proposal(text, error.diagnostics)


def proposal_text(tables: Sequence[SeenTable], samples: Sampled) -> str:
    """The mapping itself, made from what was seen. Raises ConfigurationError as `propose` does."""
    found = find_contacts(tables)
    if found is None:
        there = f"; there are: {', '.join(table.name for table in tables[:20])}" if tables else ": there is no table"
        raise ConfigurationError(
            f"No table looks like one of contacts{there}",
            hint="Name another schema with --schema, or write the mapping by hand: docs/mapping.md",
        )
    contacts, why = found
    workspace = find_workspace(contacts, tables)
    scene = Scene(
        tables=tables,
        samples=samples,
        contacts=contacts,
        id=_id_of_contacts(contacts, workspace[0] if workspace else None),
        workspace=workspace[0] if workspace else None,
        workspaces=workspace[1] if workspace else None,
    )
    return "\n\n".join((f"{HEAD}\nversion = 1", *joined(_parts(scene, why, workspace[2] if workspace else "")))) + "\n"


def _id_of_contacts(contacts: SeenTable, workspace: SeenColumn | None) -> SeenColumn:
    """The part of the key that is not the workspace; a view has no key, and its id is what is called so."""
    own = [column for column in contacts.columns if column.name in contacts.primary_key and column != workspace]
    named = [column for column in contacts.columns if column.name.lower() in ("id", "uuid")]
    return (own[-1:] or named or list(contacts.columns))[0]


def _parts(scene: Scene, why: str, why_workspace: str) -> list[Part]:
    documents, values = find_documents(scene.contacts), find_values(scene)
    keys = keys_of(scene.samples.documents(scene.contacts, documents.name)) if documents else []
    declaring, tagging, segments = find_fields(scene, values), find_tagging(scene), find_segments(scene)
    fields = declaring if documents or values else None
    builtins, used = builtins_part(scene, documents, keys)
    activity, counters = activity_part(scene)
    used |= counters | _structural(scene, tagging.array if tagging else None)
    return [
        _ids_part(scene, tagging.type if tagging else None, fields, segments),
        workspaces_part(scene),
        contacts_part(scene, why, why_workspace),
        builtins,
        values_part(scene, documents, values, declaring),
        *tags_parts(scene, tagging),
        activity,
        *events_parts(scene, activity),
        *(fields_parts(scene, fields, used) if fields else field_parts(scene, keys, used)),
        segments_part(scene, segments),
        own_part(scene),
    ]


def _structural(scene: Scene, array: SeenColumn | None) -> set[str]:
    """Columns of contacts that are no fields: keys, the tenant, what marks the deleted, tags."""
    contacts = scene.contacts
    found = {*contacts.primary_key, *(column for column, _ in contacts.references), scene.id.name}
    found |= {column.name for column in contacts.columns if snake(column.name) in (*DELETED_AT, *IS_DELETED)}
    return found | ({array.name} if array else set()) | ({scene.workspace.name} if scene.workspace else set())


def _ids_part(scene: Scene, tag: str | None, fields: SeenTable | None, segments: SeenTable | None) -> Part:
    part = Part("[ids]")
    if scene.workspace is not None:
        part.add("workspace", _id_type(scene.workspace.type))
    part.add("contact", _id_type(scene.id.type))
    if tag is not None:
        part.add("tag", _id_type(tag))
    part.add("field", _type_of_id(scene, fields))
    part.add("segment", _type_of_id(scene, segments))
    return part


def _type_of_id(scene: Scene, table: SeenTable | None) -> str:
    """Where there is no table the file itself, or the names of files, give the ids: texts."""
    own = scene.id_of(table) if table else None
    return _id_type(own.type) if own else "text"


def _id_type(type_: str) -> str:
    return ID_TYPES.get(type_, "text")
