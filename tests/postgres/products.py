"""A database of a foreign schema that holds its part of the world, and segsql on it by the schema's own mapping."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from psycopg import sql

from postgres.conftest import connect, database
from postgres.foreign import create, mapping_of
from segsql.catalog import SegmentFiles
from segsql.store import Database, load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from properties.model import Workspace
    from properties.products import Product
    from segsql.catalog import Catalog, Id, Mapping


def mapping_at(product: Product, folder: Path) -> Mapping:
    """The right mapping, whose folder of definitions, if it has one, is this."""
    mapping = mapping_of(product.name)
    files = mapping.records.segments
    if not isinstance(files, SegmentFiles):
        return mapping
    return replace(mapping, records=replace(mapping.records, segments=replace(files, folder=str(folder))))


@dataclass(frozen=True)
class Filled:
    """A filled database, with a connection of its own."""

    product: Product
    dsn: str
    mapping: Mapping
    connection: psycopg.Connection[Any]

    @cached_property
    def catalogs(self) -> dict[Workspace, Catalog]:
        """What segsql reads of each workspace."""
        ids = self.product.ids
        with closing(Database(self.dsn, mapping=self.mapping)) as opened, opened.reading() as reading:
            return {each: load_catalog(reading, ids.workspace(each)) for each in self.product.workspaces}

    def cuts(self, workspace: Workspace) -> list[Id]:
        """A few contacts' ids, in the order that the database has them in."""
        ids = [self.product.ids.contact(workspace, contact.id) for contact in workspace.contacts[20:90:30]]
        contacts = mapping_of(self.product.name).contacts
        query = sql.SQL("SELECT {id}::text FROM {contacts} WHERE {id}::text = ANY(%s) ORDER BY {id}").format(
            id=sql.Identifier(contacts.id), contacts=sql.Identifier(contacts.relation.name)
        )
        found = self.connection.execute(query, [[str(id_) for id_ in ids]]).fetchall()
        order = [text for (text,) in found]
        return sorted(ids, key=lambda id_: order.index(str(id_)))


AWKWARD = ("timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'", "bytea_output = 'escape'", "extra_float_digits = 0")
"""What an administrator may have set, which no count may depend on."""


@contextmanager
def filled(product: Product, server_dsn: str, name: str, folder: Path) -> Iterator[Filled]:
    """Make such a database, and drop it in the end."""
    with database(server_dsn, name) as dsn:
        with connect(dsn) as administrator:
            for setting in AWKWARD:
                administrator.execute(f"ALTER DATABASE {name} SET {setting}".encode())
        with connect(dsn) as connection:
            with connection.transaction():
                create(connection, product.name)
                product.load(connection, folder)
            connection.execute("ANALYZE")
            yield Filled(product, dsn, mapping_at(product, folder), connection)
