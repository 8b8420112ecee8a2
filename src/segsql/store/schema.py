"""The tables that segsql reads and writes, as the mapping of a database describes them, for SQLAlchemy.

Columns have segsql's own names (`segments.c.last_counted_at`), wherever they lie. A database has one `Schema`, which
every connection of its engine knows (`schema_of`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.catalog import (
    Deletion,
    Id,
    IdType,
    Mapping,
    Relation,
    SegmentFiles,
    SegmentRecords,
    WorkspaceId,
    can_be_id,
    default_mapping,
)
from segsql.errors import ConfigurationError
from segsql.store import own_tables, segment_rows
from segsql.store.columns import COLUMN_TYPES, ID_TYPES, Expression, Source, Type, as_jsonb
from segsql.store.files import Folder, read_folder

OPTION = "segsql_schema"
"""The execution option of an engine by which its connections know the schema."""


class Schema:
    """The tables of a database. `ids` are the types of its keys; a single tenant's id is None."""

    def __init__(self, described: Mapping) -> None:
        self.mapping = described
        self.records = described.records
        self.ids = described.ids
        self.has_workspaces = described.contacts.workspace is not None
        self.workspace_id_type = self.ids.workspace if self.has_workspaces else IdType.TEXT

    @property
    def is_default(self) -> bool:
        """Whether it is the default schema, which segsql's own migrations make."""
        return self.mapping == default_mapping()

    @property
    def writes_counts(self) -> bool:
        """Whether there is a place for counts."""
        segments = self.records.segments
        return not isinstance(segments, SegmentFiles) or segments.counts is not None

    @property
    def folder(self) -> Folder | None:
        """The definitions in files as they are now; None where a table holds them. Raises ConfigurationError."""
        files = self.records.segments
        return read_folder(Path(files.folder)) if isinstance(files, SegmentFiles) else None

    @cached_property
    def workspaces(self) -> sa.FromClause:
        """`id`, `name`, `timezone`, `segment_limit`. A single tenant is one row, whose id is null.

        Where tenants have a column and no table, they are those that have a contact or a segment.
        """
        described, key, text = self.records.workspaces, self.type_of(self.workspace_id_type), sa.Text()
        if described is not None:
            source = Source(described.relation)
            columns = {
                "id": source.column(described.id, key),
                "name": source.column(described.name, text),
                "timezone": source.column(described.timezone_column, text),
                "segment_limit": source.column(described.segment_limit, sa.Integer()),
            }
            return source.rows("workspaces", columns)
        ids = (
            self._tenants().subquery()
            if self.has_workspaces
            else sa.select(sa.cast(sa.null(), key).label("id")).subquery()
        )
        absent: dict[str, Type] = {"name": text, "timezone": text, "segment_limit": sa.Integer()}
        return sa.select(ids.c.id, *(_null(each).label(name) for name, each in absent.items())).subquery("workspaces")

    def _tenants(self) -> sa.Select[Any] | sa.CompoundSelect[Any]:
        """From one tenant to the next by the index that begins with it, however many contacts each has."""
        column = self.contacts.c.workspace_id
        first = sa.select(column.label("id")).order_by(column).limit(1).subquery()
        tenants = sa.select(first.c.id).cte("tenants", recursive=True)
        further = self.contacts.alias("further").c.workspace_id
        next_ = sa.select(further).where(further > tenants.c.id).order_by(further).limit(1).scalar_subquery()
        tenants = tenants.union_all(sa.select(next_).where(tenants.c.id.is_not(None)))
        found = sa.select(tenants.c.id).where(tenants.c.id.is_not(None))
        if isinstance(self.records.segments, SegmentFiles):
            return found
        return found.union(sa.select(self.segments.c.workspace_id))

    def existing(self, workspace_ids: Sequence[WorkspaceId]) -> sa.Select[Any]:
        """The `id` of those of the workspaces that exist; nothing else of them is read."""
        rows = self.workspaces.c
        if not self.has_workspaces or self.records.workspaces is not None:
            return sa.select(rows.id).where(self.is_of(rows.id, workspace_ids))
        asked = sa.func.unnest(self.array(workspace_ids, self.workspace_id_type)).table_valued("id")
        id_ = sa.type_coerce(asked.render_derived("asked").c.id, self.type_of(self.workspace_id_type))
        known: sa.ColumnElement[bool] = sa.exists().where(self.contacts.c.workspace_id == id_)
        if not isinstance(self.records.segments, SegmentFiles):
            known = sa.or_(known, sa.exists().where(self.segments.c.workspace_id == id_))
        return sa.select(id_.label("id")).where(known)

    def timezones(self, workspace_ids: Sequence[WorkspaceId]) -> sa.Select[Any]:
        """`id` and `timezone` of those of the workspaces that exist; null where the database does not say."""
        records, rows = self.records.workspaces, self.workspaces.c
        if records is not None:
            return sa.select(rows.id, rows.timezone).where(self.is_of(rows.id, workspace_ids))
        return self.existing(workspace_ids).add_columns(_null(sa.Text()))

    @cached_property
    def contacts(self) -> sa.FromClause:
        """`workspace_id`, `id` and `deleted`: null where nothing says that the contact is."""
        contacts = self.mapping.contacts
        source = Source(contacts.relation)
        return source.rows("contacts", self.contact_columns(source))

    def contact_columns(self, source: Source) -> dict[str, Expression]:
        """The columns of `contacts`, in a source of the mapping's contacts."""
        contacts = self.mapping.contacts
        columns = {"id": source.column(contacts.id, self.type_of(self.ids.contact))}
        if contacts.workspace is not None:
            columns = {"workspace_id": source.column(contacts.workspace, self.type_of(self.ids.workspace)), **columns}
        if contacts.deleted is not None:
            is_flag = contacts.deleted.when is Deletion.TRUE
            columns["deleted"] = source.column(contacts.deleted.column, sa.Boolean() if is_flag else sa.Text())
        return columns

    def is_living(self, contact: Any) -> sa.ColumnElement[bool]:
        """Whether a row of `contacts`, by its columns, is that of a contact that is not deleted."""
        deleted = self.mapping.contacts.deleted
        if deleted is None:
            return sa.true()
        is_living: sa.ColumnElement[bool] = (
            contact["deleted"].is_not(sa.true()) if deleted.when is Deletion.TRUE else contact["deleted"].is_(None)
        )
        return is_living

    @cached_property
    def fields(self) -> sa.FromClause | None:
        """`workspace_id` (null: every workspace's), `id`, `key`, `name`, `type`, `source`, `options` (as JSON)."""
        described, text = self.records.field_records, sa.Text()
        if described is None:
            return None
        source = Source(described.relation)
        options = described.options
        columns = {
            "workspace_id": source.column(described.workspace, self.type_of(self.workspace_id_type)),
            "id": source.column(described.id, self.type_of(self.ids.field)),
            "key": source.column(described.key, text),
            "name": source.column(described.name, text),
            "type": source.column(described.type, text),
            "source": source.column(described.source, text),
            "options": source.column(options.column, COLUMN_TYPES[options.type])
            if options
            else source.column(None, text),
        }
        return source.rows("fields", columns)

    @cached_property
    def tags(self) -> sa.FromClause | None:
        """`workspace_id` (null: every workspace's), `id`, `name`; None where nothing names tags."""
        described = self.records.tags
        if described is None:
            return None
        source = Source(described.relation)
        columns = {
            "workspace_id": source.column(described.workspace, self.type_of(self.workspace_id_type)),
            "id": source.column(described.id, self.type_of(self.ids.tag)),
            "name": source.column(described.name, sa.Text()),
        }
        return source.rows("tags", columns)

    @property
    def segments(self) -> sa.FromClause:
        """Stored segments, or those of files, which are read anew each time, with their counts (`segment_rows`)."""
        segments = self.records.segments
        if isinstance(segments, SegmentFiles):
            return segment_rows.of_files(self.mapping, segments, read_folder(Path(segments.folder)), self.workspaces)
        return self._stored_segments

    @cached_property
    def _stored_segments(self) -> sa.FromClause:
        segments = self.records.segments
        assert isinstance(segments, SegmentRecords)
        return segment_rows.of_table(self.mapping, segments)

    @property
    def tells_edits(self) -> bool:
        """Whether `updated_at` says when a segment was edited."""
        segments = self.records.segments
        return isinstance(segments, SegmentFiles) or segments.updated_at is not None

    def is_edited(self, edited_at: Expression, counted_at: Expression) -> sa.ColumnElement[bool]:
        """Whether an edit may have come after a count.

        Another program's columns may be of whole seconds or milliseconds, in which what is later can look the same.
        """
        if self.is_default:
            return edited_at > counted_at
        return edited_at >= counted_at

    def definition_text(self, segment: Any) -> Expression:
        """A definition as JSON text, by the columns of its row: no driver rounds its numbers on the way."""
        return sa.cast(segment["definition"], sa.Text)

    def revision(self, segment: Any) -> Expression:
        """A text that is another one after each edit of a segment, by the columns of its row."""
        match self.records.segments:
            case SegmentFiles():
                return sa.type_coerce(segment["revision"], sa.Text)
            case SegmentRecords(updated_at=None):
                return sa.func.md5(self.definition_text(segment), type_=sa.Text())
            case SegmentRecords():
                return sa.cast(segment["updated_at"], sa.Text)

    def definition_json(self, segment: Any) -> Expression:
        """A definition as jsonb; null for one that jsonb does not take."""
        return as_jsonb(segment["definition"])

    @cached_property
    def api_keys(self) -> sa.Table:
        """The API's keys. Raises ConfigurationError where the mapping has no table for them."""
        return own_tables.api_keys(self.mapping, self._own("api_keys"))

    @cached_property
    def idempotency_keys(self) -> sa.Table:
        """Requests that were carried out. Raises ConfigurationError where the mapping has no table for them."""
        return own_tables.idempotency_keys(self.mapping, self._own("idempotency_keys"))

    @cached_property
    def member_lists(self) -> sa.Table | None:
        """Lists of members that are kept; None where the mapping has no table for them."""
        relation = self.records.own.member_lists
        return None if relation is None else own_tables.member_lists(self.mapping, relation)

    def _own(self, name: str) -> Relation:
        relation: Relation | None = getattr(self.records.own, name)
        if relation is None:
            raise ConfigurationError(
                f"The mapping names no table {name}, which serving HTTP needs",
                hint=f'Write {name} = "segsql_{name}" into its section [own], and run: segsql init',
            )
        return relation

    def owner(self, workspace_id: WorkspaceId) -> dict[str, object]:
        """The values that say whose a row of a table of segsql's own is."""
        return {"workspace_id": workspace_id} if self.has_workspaces else {}

    def owner_of(self, row: Any) -> Expression:
        """Whose such a row is; null where there is a single tenant."""
        workspace_id: Expression = row["workspace_id"] if self.has_workspaces else _null(sa.Text())
        return workspace_id

    def is_owned(self, row: Any, workspace_id: WorkspaceId) -> sa.ColumnElement[bool]:
        """Whether such a row is the workspace's."""
        is_its: sa.ColumnElement[bool] = row["workspace_id"] == workspace_id if self.has_workspaces else sa.true()
        return is_its

    def type_of(self, id_type: IdType) -> Type:
        """SQLAlchemy's type for ids of a type."""
        return ID_TYPES[id_type]

    def array(self, ids: Iterable[Id | None], id_type: IdType) -> sa.ColumnElement[Sequence[Any]]:
        """Ids as one parameter, however many: a list of parameters ends at 65,535."""
        return sa.cast(list(ids), postgresql.ARRAY(self.type_of(id_type)))

    def is_of(self, workspace_id: Expression, workspace_ids: Iterable[WorkspaceId]) -> sa.ColumnElement[bool]:
        """Whether a row's workspace is one of these; a single tenant's always is."""
        if not self.has_workspaces:
            return sa.true()
        return workspace_id == sa.any_(self.array(workspace_ids, self.workspace_id_type))

    def is_same(self, one: Any, other: Any) -> sa.ColumnElement[bool]:
        """Whether two rows, by their columns, are of one workspace."""
        if not self.has_workspaces:
            return sa.true()
        same: sa.ColumnElement[bool] = one["workspace_id"] == other["workspace_id"]
        return same

    def can_be_workspace(self, workspace_id: WorkspaceId) -> bool:
        """Whether a look-up may ask for the workspace."""
        return can_be_id(workspace_id, self.ids.workspace) if self.has_workspaces else workspace_id is None


@lru_cache(maxsize=8)
def schema_for(described: Mapping) -> Schema:
    """The schema of a mapping, made once."""
    return Schema(described)


def schema_of(connection: sa.Connection) -> Schema:
    """The schema of the database that a connection leads to."""
    schema = connection.get_execution_options()[OPTION]
    assert isinstance(schema, Schema)
    return schema


def _null(type_: Type) -> Expression:
    return sa.cast(sa.null(), type_)
