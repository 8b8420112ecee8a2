"""Whether the contacts lie on a Citus cluster, and by which column they are distributed there."""

from __future__ import annotations

import sqlalchemy as sa

from segsql.catalog import Distribution
from segsql.errors import ConfigurationError
from segsql.store.columns import quoted
from segsql.store.schema import schema_of

_HAS_CITUS = sa.text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")

_DISTRIBUTED_BY = sa.text("""
    SELECT column_to_column_name(logicalrelid, partkey) FROM pg_dist_partition
    WHERE logicalrelid = to_regclass(:contacts) AND partmethod <> 'n'
""")
"""No row where the contacts' is a plain table, or one that Citus keeps whole."""


def distribution_of(connection: sa.Connection) -> Distribution:
    """How the contacts are distributed: looked up once in the life of a connection.

    Raises ConfigurationError where it is by a column that counts cannot be sent by.
    """
    found = connection.info.get(__name__)
    if not isinstance(found, Distribution):
        found = connection.info[__name__] = _look_up(connection)
    return found


def _look_up(connection: sa.Connection) -> Distribution:
    if not connection.scalar(_HAS_CITUS):
        return Distribution.NONE
    contacts = schema_of(connection).mapping.contacts
    name = quoted(contacts.relation.schema, contacts.relation.name)
    column = connection.scalar(_DISTRIBUTED_BY, {"contacts": name})
    if column is None:
        return Distribution.NONE
    if column == contacts.workspace:
        return Distribution.BY_WORKSPACE
    if column == contacts.id:
        return Distribution.BY_CONTACT
    raise ConfigurationError(
        f"The table {contacts.relation.name} is distributed by {column}",
        hint=f"Distribute it by {contacts.workspace or contacts.id}, or by {contacts.id} and what belongs to it "
        "by the contact's id: sql/citus.sql does.",
    )
