"""What the filters of one workspace may name: its fields, tags and segments, its time zone, its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from segsql.catalog.fields import BUILTINS, Field, can_be_key, declared_builtins
from segsql.catalog.places import Id, WorkspaceId
from segsql.catalog.tables import Tables, default_tables
from segsql.errors import InvalidCatalog


@dataclass(frozen=True)
class Catalog:
    """What may be queried in one workspace. Plain data: built in code, or read with `segsql.store.load_catalog`.

    `workspace_id` None is a catalog that is true of every workspace, or of the single tenant. `timezone` is an IANA
    name; a name that does not exist makes every segment invalid, not the catalog (spec 4.3). `tags` maps ids to names;
    None where the database lists no tags, and any may be named. `segments` maps the ids of stored segments to their
    definitions (JSON text, or what it decodes to): the ones that a `segment` condition may name.

    Raises InvalidCatalog where two fields share an id or a key, or a key means something else in filters: `tags`,
    `metadata.plan`, the name of a built-in that the database has (unless that is the field's source).
    """

    workspace_id: WorkspaceId = None
    timezone: str = "UTC"
    fields: tuple[Field, ...] = field(default_factory=declared_builtins)
    tags: Mapping[Id, str] | None = field(default_factory=dict)
    segments: Mapping[Id, object] = field(default_factory=dict)
    tables: Tables = field(default_factory=default_tables)

    def __post_init__(self) -> None:
        _refuse_twins("id", (declared.id for declared in self.fields))
        _refuse_twins("key", (declared.key for declared in self.fields))
        for declared in self.fields:
            if not can_be_key(declared.key):
                raise InvalidCatalog(f"{declared.key!r} can't be the key of a field")
            if is_builtins(declared, self.tables):
                raise InvalidCatalog(f"the key {declared.key!r} is kept for the built-in field of that name")

    @cached_property
    def field_by_id(self) -> Mapping[Id, Field]:
        """The declared fields, as the typed dialect names them."""
        return {declared.id: declared for declared in self.fields}

    @cached_property
    def field_by_key(self) -> Mapping[str, Field]:
        """The fields as the flat dialect names them: the database's built-ins, each overridden by its declaration."""
        undeclared = {
            declared.key: declared for declared in declared_builtins() if self.tables.has(BUILTINS[declared.key])
        }
        return undeclared | {declared.key: declared for declared in self.fields}


def is_builtins(declared: Field, tables: Tables) -> bool:
    """Whether a key is kept for the built-in of that name, which the database has and the field does not read."""
    builtin = BUILTINS.get(declared.key)
    return builtin is not None and tables.has(builtin) and declared.source != declared.key


def _refuse_twins(what: str, values: Iterable[Id]) -> None:
    seen: set[Id] = set()
    for value in values:
        if value in seen:
            raise InvalidCatalog(f"two fields have the {what} {value!r}")
        seen.add(value)
