"""What `segsql lint` asks of a database: the titles of segments, what no contact has, what is indexed.

One statement each, in the transaction of the lint, bounded as it is. One that fails leaves the transaction as it was
and raises QueryFailed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from segsql.lint import Choice, IndexKey, Mentioned, TextIndex, Title
from segsql.store.database import given_up_if_busy
from segsql.store.failures import translated
from segsql.store.snapshots import Snapshot
from segsql.store.tables import segments

LARGE_BYTES = 8 * 1024 * 1024
"""A table smaller than this is read faster than an index is worth: PostgreSQL itself finds it too small for workers."""

_TAGS = sa.text("""
    SELECT asked.id
    FROM unnest(CAST(:ids AS int[])) AS asked (id)
    WHERE NOT (SELECT EXISTS (
        SELECT FROM contact_tags t
        JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id
        WHERE t.workspace_id = :workspace_id AND c.workspace_id = :workspace_id AND t.tag_id = asked.id
            AND c.deleted_at IS NULL
    ))
""")
"""A look-up a tag, which ends with the first contact that has it: not a join of all."""

_CHOICES = sa.text("""
    SELECT asked.source, asked.is_builtin, asked.text
    FROM unnest(CAST(:sources AS text[]), CAST(:builtin AS boolean[]), CAST(:texts AS text[]))
        AS asked (source, is_builtin, text)
    WHERE NOT (SELECT EXISTS (
        SELECT FROM contacts c
        WHERE c.workspace_id = :workspace_id AND c.deleted_at IS NULL AND CASE
            WHEN NOT asked.is_builtin THEN c.fields -> asked.source ? asked.text
            ELSE asked.text = CASE asked.source
                WHEN 'status' THEN c.status
                WHEN 'country' THEN c.country
                WHEN 'first_name' THEN c.first_name
                WHEN 'last_name' THEN c.last_name
            END
        END
    ))
""")
"""`?` finds a text, and a member of a list; for a value that is neither it may say that somebody has it."""

_INDEXES = sa.text("""
    SELECT i.indexrelid::bigint, am.amname, pg_get_indexdef(i.indexrelid, k.number, false), o.opcname,
        coalesce(l.collname IN ('C', 'POSIX') OR (l.collname = 'default' AND (
            SELECT d.datcollate IN ('C', 'POSIX') OR d.datlocprovider = 'b'
            FROM pg_database d WHERE d.datname = current_database()
        )), false)
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am am ON am.oid = c.relam
    CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS k (number)
    JOIN pg_opclass o ON o.oid = i.indclass[k.number - 1]
    LEFT JOIN pg_collation l ON l.oid = i.indcollation[k.number - 1]
    WHERE i.indrelid = to_regclass('contacts') AND i.indisvalid
        AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = '(deleted_at IS NULL)')
    ORDER BY i.indexrelid, k.number
""")

_IS_LARGE = sa.text("SELECT pg_relation_size(to_regclass('contacts')) >= :bytes")


def segment_titles(connection: sa.Connection, workspace_id: int) -> Mapping[int, Title]:
    """The names and descriptions of a workspace's segments."""
    row = segments.c
    query = sa.select(row.id, row.name, row.description).where(row.workspace_id == workspace_id)
    return {id_: Title(name, description or "") for id_, name, description in connection.execute(query)}


def unused_tags(opened: Snapshot, workspace_id: int, tag_ids: Collection[int]) -> Mentioned:
    """Those of the tags that no living contact of the workspace has."""
    if not tag_ids:
        return Mentioned()
    rows = _ask(opened, _TAGS, {"workspace_id": workspace_id, "ids": sorted(tag_ids)})
    return Mentioned(tags=frozenset(id_ for (id_,) in rows))


def unused_choices(opened: Snapshot, workspace_id: int, choices: Collection[Choice]) -> Mentioned:
    """Those of the dropdowns' values that no living contact of the workspace has."""
    if not choices:
        return Mentioned()
    asked = list(choices)
    values = {
        "workspace_id": workspace_id,
        "sources": [choice.source for choice in asked],
        "builtin": [choice.is_builtin for choice in asked],
        "texts": [choice.text for choice in asked],
    }
    return Mentioned(choices=frozenset(Choice(*row) for row in _ask(opened, _CHOICES, values)))


def text_indexes(opened: Snapshot) -> tuple[TextIndex, ...] | None:
    """The valid indexes on contacts that hold all living ones; None where the table is small."""
    ((is_large,),) = _ask(opened, _IS_LARGE, {"bytes": LARGE_BYTES})
    if not is_large:
        return None
    rows = _ask(opened, _INDEXES, {})
    return tuple(
        TextIndex(method, tuple(IndexKey(*key) for _, _, *key in keys))
        for (_, method), keys in groupby(rows, key=lambda row: row[:2])
    )


def _ask(opened: Snapshot, query: sa.TextClause, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    connection = opened.connection
    with translated(), connection.begin_nested(), given_up_if_busy(connection):
        return [tuple(row) for row in connection.execute(query, dict(values))]
