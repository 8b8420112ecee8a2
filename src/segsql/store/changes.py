"""A transaction that changes rows for a person or a client, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from segsql.store.connection import APPLICATION_NAME
from segsql.store.database import Bounds, Database

Transaction = sa.Connection
"""What the functions of this package work in."""


@contextmanager
def changing(database: Database, bounds: Bounds, name: str = APPLICATION_NAME) -> Iterator[Transaction]:
    """Open a read-committed transaction, which commits at the end of the block; `name` tells a DBA what it is for."""
    with database.writing() as connection:
        connection.execute(sa.select(*database.settings(bounds, name)))
        yield connection
