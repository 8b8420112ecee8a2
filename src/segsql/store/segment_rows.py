"""The rows of segments under segsql's own names: of a table that stores them, or of files with a table of counts.

| | |
| --- | --- |
| `workspace_id`, `id`, `name`, `description` | as they are called; null where there is no such column |
| `public_id` | the id where there is no such column |
| `definition` | the whole definition, json or jsonb |
| `cached_count`, `last_counted_at` | null where there is none |
| `created_at`, `updated_at` | null where nothing says so; of a file that was edited since its count: infinity |
| `revision` | a text that is another one after each edit |
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import Definition, IdType, Mapping, SegmentFiles, SegmentRecords
from segsql.store.columns import AT, ID_TYPES, Expression, Source, literal
from segsql.store.files import Folder
from segsql.store.own_tables import file_counts


def of_table(described: Mapping, segments: SegmentRecords) -> sa.FromClause:
    """Segments that a table stores."""
    source, text = Source(segments.relation), sa.Text()
    workspace_type = described.ids.workspace if segments.workspace is not None else IdType.TEXT
    id_text = sa.cast(source.column(segments.id, ID_TYPES[described.ids.segment]), text)
    return source.rows(
        "segments",
        {
            "workspace_id": source.column(segments.workspace, ID_TYPES[workspace_type]),
            "id": source.column(segments.id, ID_TYPES[described.ids.segment]),
            "public_id": id_text if segments.public_id is None else source.column(segments.public_id, text),
            "name": source.column(segments.name, text),
            "description": source.column(segments.description, text),
            "definition": definition_of(source, segments.definition),
            "cached_count": source.column(segments.count, sa.BigInteger()),
            "last_counted_at": source.instant(segments.counted_at),
            "created_at": source.instant(segments.created_at),
            "updated_at": source.instant(segments.updated_at),
        },
    )


def definition_of(source: Source, definition: Definition) -> Expression:
    """The definition: one document, or the root's two members put together; json where it comes from json."""
    document = source.document(definition.column)
    if definition.match is None:
        return document
    build = sa.func.jsonb_build_object if isinstance(document.type, postgresql.JSONB) else sa.func.json_build_object
    root = source.column(definition.match, sa.Text())
    return build(literal(definition.match_key), root, literal("filters"), document, type_=document.type)


def of_files(described: Mapping, files: SegmentFiles, folder: Folder, workspaces: sa.FromClause) -> sa.FromClause:
    """The segments of a folder, in every workspace, with the counts that the table for them has."""
    each = list(folder.segments.values())
    given: dict[str, list[str | None]] = {
        "id": [one.id for one in each],
        "name": [one.name for one in each],
        "description": [one.description for one in each],
        "document": [one.document for one in each],
        "path": [",".join(one.path) for one in each],
        "fingerprint": [folder.fingerprints[one.id] for one in each],
    }
    arrays = (sa.cast(values, postgresql.ARRAY(sa.Text)) for values in given.values())
    unnested = sa.func.unnest(*arrays).table_valued(*(sa.column(name, sa.Text) for name in given))
    file = unnested.render_derived("file")
    keys = sa.func.string_to_array(file.c.path, sa.literal_column("','"))
    document = sa.cast(file.c.document, postgresql.JSONB).op("#>", return_type=postgresql.JSONB())(keys)
    found: sa.FromClause = file.join(workspaces, sa.true())
    count: Expression = sa.cast(sa.null(), sa.BigInteger)
    counted_at: Expression = sa.cast(sa.null(), AT)
    edited_at: Expression = counted_at
    if files.counts is not None:
        counts = file_counts(described, files.counts)
        is_its = counts.c.segment_id == file.c.id
        if "workspace_id" in counts.c:
            is_its = sa.and_(counts.c.workspace_id == workspaces.c.id, is_its)
        found = found.outerjoin(counts, is_its)
        count, counted_at = counts.c["count"], counts.c.counted_at
        is_edited = sa.and_(counted_at.is_not(None), counts.c.fingerprint.is_distinct_from(file.c.fingerprint))
        edited_at = sa.case((is_edited, sa.cast(sa.literal_column("'infinity'"), AT)))
    return (
        sa.select(
            workspaces.c.id.label("workspace_id"),
            file.c.id.label("id"),
            file.c.id.label("public_id"),
            file.c.name.label("name"),
            file.c.description.label("description"),
            document.label("definition"),
            count.label("cached_count"),
            counted_at.label("last_counted_at"),
            sa.cast(sa.null(), AT).label("created_at"),
            edited_at.label("updated_at"),
            file.c.fingerprint.label("revision"),
        )
        .select_from(found)
        .subquery("segments")
    )
