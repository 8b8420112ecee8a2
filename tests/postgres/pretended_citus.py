"""A plain database that says it is a Citus cluster: what segsql and `sql/citus.sql` ask of one, and no more.

The extension's row, the two functions that distribute a table, and the catalog that says by which column. The
functions refuse what Citus documents that it refuses: triggers, unique indexes without the distribution column,
foreign keys to or from what is not distributed alike. Rows stay where they are, so that every count can be
compared with that of a plain database.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from postgres.dump_schema import bundled

if TYPE_CHECKING:
    import psycopg

CITUS_SQL = Path(__file__).parents[2] / "sql" / "citus.sql"

_EXTENSION = """
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT 99999, 'citus', oid, 'pg_catalog'::regnamespace, false, '13.0-1' FROM pg_roles WHERE rolname = current_user
"""

_STANDS_IN = r"""
CREATE TABLE pg_dist_partition (
    logicalrelid regclass PRIMARY KEY, partmethod "char" NOT NULL, partkey text, colocated_with regclass
);

CREATE FUNCTION column_to_column_name(table_name regclass, column_var_text text) RETURNS text
LANGUAGE sql RETURN column_var_text;

CREATE FUNCTION refuse_what_citus_refuses(given regclass, distribution_column text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = given AND NOT tgisinternal) THEN
        RAISE 'cannot distribute relation "%" because it has triggers', given;
    END IF;
    IF EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND given IN (conrelid, confrelid)) THEN
        RAISE 'relation "%" has foreign keys', given;
    END IF;
    IF EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = given AND i.indisunique AND distribution_column NOT IN (
            SELECT a.attname FROM pg_attribute a WHERE a.attrelid = given AND a.attnum = ANY (i.indkey)
        )
    ) THEN
        RAISE 'relation "%" has a unique index without "%"', given, distribution_column;
    END IF;
END
$$;

CREATE FUNCTION create_distributed_table(
    table_name regclass, distribution_column text, colocate_with text DEFAULT 'default'
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_what_citus_refuses(table_name, distribution_column);
    INSERT INTO pg_dist_partition
    VALUES (table_name, 'h', distribution_column, coalesce(to_regclass(nullif(colocate_with, 'none')), table_name));
END
$$;

CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_what_citus_refuses(table_name, NULL);
    INSERT INTO pg_dist_partition VALUES (table_name, 'n', NULL, NULL);
END
$$;
"""

FOREIGN_KEYS_THAT_CITUS_REFUSES = """
    SELECT f.conname FROM pg_constraint f
    LEFT JOIN pg_dist_partition here ON here.logicalrelid = f.conrelid
    LEFT JOIN pg_dist_partition there ON there.logicalrelid = f.confrelid
    WHERE f.contype = 'f' AND NOT CASE
        WHEN here IS NULL THEN there IS NULL
        WHEN there IS NULL THEN false
        WHEN there.partmethod = 'n' THEN true
        ELSE here.colocated_with = there.colocated_with AND array_position(
            f.conkey, (SELECT attnum FROM pg_attribute WHERE attrelid = f.conrelid AND attname = here.partkey)
        ) = array_position(
            f.confkey, (SELECT attnum FROM pg_attribute WHERE attrelid = f.confrelid AND attname = there.partkey)
        )
    END
"""
"""Allowed are keys within plain tables, to a reference table, and between tables that are distributed alike, by
the columns that distribute them."""


def pretend(connection: psycopg.Connection) -> None:
    """Make the database say that it has the extension; none of its tables is distributed yet."""
    with connection.transaction():
        connection.execute("SET LOCAL allow_system_table_mods = on")
        connection.execute(_EXTENSION)
        connection.execute(_STANDS_IN.encode())


def distribute(dsn: str, by: str | None = None, options: tuple[str, ...] = ("-1",)) -> subprocess.CompletedProcess[str]:
    """Run `sql/citus.sql` as a DBA does, on a pretended cluster or a real one."""
    chosen = () if by is None else ("-v", f"by={by}")
    command = (bundled("psql"), "-X", "-q", *options, *chosen, "-d", dsn, "-f", str(CITUS_SQL))
    return subprocess.run(command, check=False, capture_output=True, text=True)
