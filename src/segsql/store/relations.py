"""What the relations of a mapping are to the server: whether an index can be made on one, and how."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import sqlalchemy as sa

from segsql.catalog import Relation

_KINDS = sa.text("""
    SELECT asked.number, c.relkind::text
    FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) WITH ORDINALITY AS asked (schema, name, number)
    JOIN pg_class c ON c.relname = asked.name
    JOIN pg_namespace n ON n.oid = c.relnamespace
        AND CASE WHEN asked.schema IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = asked.schema END
""")


class RelationKind(StrEnum):
    """What `pg_class.relkind` says of a relation."""

    TABLE = "table"
    PARTITIONED = "partitioned"
    """A table on which an index can't be made CONCURRENTLY."""
    OTHER = "other"
    """A view or a foreign table, which has no indexes."""


_BY_RELKIND = {"r": RelationKind.TABLE, "m": RelationKind.TABLE, "p": RelationKind.PARTITIONED}


def kinds_of(connection: sa.Connection, relations: Iterable[Relation]) -> dict[Relation, RelationKind]:
    """The kind of each relation."""
    asked = list(dict.fromkeys(relations))
    names = {"schemas": [each.schema for each in asked], "names": [each.name for each in asked]}
    found = {int(number): str(relkind) for number, relkind in connection.execute(_KINDS, names)}
    return {
        each: _BY_RELKIND.get(found.get(number, ""), RelationKind.OTHER) for number, each in enumerate(asked, start=1)
    }
