"""What the store reads and writes beside the contacts: `[workspaces]`, `[fields]`, `[tags]`, `[segments]`, `[own]`."""

from __future__ import annotations

from segsql.catalog.mapping import (
    Definition,
    FieldRecords,
    OwnTables,
    SegmentFiles,
    SegmentRecords,
    TagRecords,
    WorkspaceRecords,
)
from segsql.catalog.mapping_file.places import (
    INSTANT,
    JSON,
    read_column,
    read_place,
    read_relation,
    relation_named,
    required_column,
)
from segsql.catalog.mapping_file.section import Section, one_of
from segsql.catalog.places import ColumnType, InJson
from segsql.catalog.types import FieldType

OPTIONS = (ColumnType.JSONB, ColumnType.JSON, ColumnType.TEXT_ARRAY)

WORKSPACES_KEYS = ("table", "where", "id", "name", "timezone", "segment_limit")

FIELDS_KEYS = ("table", "where", "workspace", "id", "key", "name", "type", "types", "source", "options")

TAGS_KEYS = ("table", "where", "workspace", "id", "name")

SEGMENTS_KEYS = (
    *("table", "where", "workspace", "id", "public_id", "name", "description", "definition", "match", "match_key"),
    *("filters", "count", "counted_at", "created_at", "updated_at"),
)

FILES_KEYS = ("files", "counts")

OWN_KEYS = ("segment_counts", "api_keys", "idempotency_keys", "member_lists")

ROOT_KEYS_OF_MATCH = ("matchType", "condition")


def read_workspaces(root: Section) -> WorkspaceRecords | None:
    """The tenants' table."""
    section = root.section("workspaces", WORKSPACES_KEYS)
    if section is None:
        return None
    return WorkspaceRecords(
        relation=read_relation(section),
        id=section.required_name("id"),
        name=section.name("name"),
        timezone_column=section.name("timezone"),
        segment_limit=section.name("segment_limit"),
    )


def read_field_records(root: Section) -> FieldRecords | None:
    """The table that declares fields."""
    section = root.section("fields", FIELDS_KEYS)
    if section is None:
        return None
    return FieldRecords(
        relation=read_relation(section),
        workspace=section.name("workspace"),
        id=section.required_name("id"),
        key=section.required_name("key"),
        name=section.required_name("name"),
        type=section.required_name("type"),
        types=_types(section),
        source=section.name("source"),
        options=read_column(section, "options", OPTIONS),
    )


def _types(fields: Section) -> tuple[tuple[str, str], ...]:
    section = fields.section("types")
    if section is None:
        return ()
    for theirs in section.values:
        section.choice(theirs, FieldType, FieldType.TEXT)
    return tuple((theirs, str(ours)) for theirs, ours in section.values.items())


def read_tag_records(root: Section) -> TagRecords | None:
    """The table that names tags."""
    section = root.section("tags", TAGS_KEYS)
    if section is None:
        return None
    return TagRecords(
        relation=read_relation(section),
        workspace=section.name("workspace"),
        id=section.required_name("id"),
        name=section.required_name("name"),
    )


def read_segments(root: Section) -> SegmentRecords | SegmentFiles:
    """Stored segments, or definitions in files."""
    section = root.section("segments")
    if section is None:
        if "segments" not in root:
            root.lacks("segments", '[segments] with table = "…", or with files = "segments" for definitions in files')
        return SegmentFiles("segments", None)
    if "files" in section:
        section = Section(section.values, section.path, section.problems, FILES_KEYS)
        return SegmentFiles(section.text("files") or "segments", relation_named(section, "counts"))
    section = Section(section.values, section.path, section.problems, SEGMENTS_KEYS)
    records = SegmentRecords(
        relation=read_relation(section),
        workspace=section.name("workspace"),
        id=section.required_name("id"),
        public_id=section.name("public_id"),
        name=section.required_name("name"),
        description=section.name("description"),
        definition=_definition(section),
        count=section.required_name("count"),
        counted_at=required_column(section, "counted_at", INSTANT),
        created_at=read_column(section, "created_at", INSTANT),
        updated_at=read_column(section, "updated_at", INSTANT),
    )
    _keep_apart(section, records)
    return records


def _keep_apart(section: Section, segments: SegmentRecords) -> None:
    """What segsql writes may be nothing else too: it would be overwritten with counts."""
    times = [place.column for place in (segments.created_at, segments.updated_at) if place is not None]
    texts = (segments.workspace, segments.public_id, segments.description, segments.definition.match)
    others = {segments.id, segments.name, segments.definition.column.column, *texts, *times}
    others |= {name for name, _ in segments.relation.where}
    for key, column in (("count", segments.count), ("counted_at", segments.counted_at.column)):
        if column in others or (key == "counted_at" and column == segments.count):
            section.contradicts(
                key,
                f"{section.at(key)} is the column {column}, which is something else too: it would be overwritten",
                "Name a column that is for this alone",
            )


def _definition(section: Section) -> Definition:
    """One column of JSON, or the root's two keys in two columns."""
    if "filters" not in section and "match" not in section:
        if "match_key" in section:
            section.contradicts("match_key", "match_key says what match stands for, and there is no match")
        if "definition" not in section:
            section.lacks("definition", 'definition = "…" for one column of JSON, or match = "…" and filters = "…"')
        return Definition(_document(section, "definition"))
    if "definition" in section:
        section.contradicts("definition", "A definition is in one column, or in match and filters", "Keep one of them")
    for key in ("match", "filters"):
        if key not in section:
            section.lacks(key, f'the name of the column: {key} = "…"')
    match_key = section.text("match_key") or ROOT_KEYS_OF_MATCH[0]
    if match_key not in ROOT_KEYS_OF_MATCH:
        section.expects("match_key", one_of(ROOT_KEYS_OF_MATCH), "It is the root key that the column stands for")
    return Definition(_document(section, "filters"), section.name("match") or "match", match_key)


def _document(section: Section, key: str) -> InJson:
    """A column of JSON, jsonb where only its name is given, or a document within it."""
    place = read_place(section, key, JSON) or InJson(key, ColumnType.JSONB)
    return place if isinstance(place, InJson) else InJson(place.column, place.type)


def read_own(root: Section) -> OwnTables:
    """Tables of segsql's own."""
    section = root.section("own", OWN_KEYS)
    if section is None:
        return OwnTables()
    return OwnTables(**{key: relation_named(section, key) for key in OWN_KEYS})
