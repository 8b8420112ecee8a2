"""The SQL that writes counts back: texts with `$1`, `$2`, … for what a run counted and how it writes.

`$1` to `$5` are the counts, a column each; `$6` is the percentage beyond which one is held, or null; `$7`, where there
is a history, how long it is kept. The texts are made once for a schema, of names that are quoted here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from segsql.catalog import ColumnType, Definition, InColumn, InJson, Relation, SegmentFiles
from segsql.store.columns import constant, quoted
from segsql.store.schema import Schema


@dataclass(frozen=True, slots=True)
class WriteSql:
    """The statements for a schema.

    `write` writes counts and their history; it gives the keys of what it wrote, and those of what it held with what is
    stored. Rows are locked in one order, so that overlapping runs never deadlock. Guard, holding and the count before
    are judged on the newest version of each row. What is too old of the history is found by the primary key, segment by
    segment, and deleted where it lies: the planner, whatever it believes of the table, has no scan of it to choose. A
    count adds one row and takes up to ten away. Two counts of one instant (of a replica that stands still) are both
    written, and the first is in the history.
    """

    prepare: str | None
    """Makes the rows of counts that are missing, where they lie in a table of segsql's own."""
    write: str
    write_what_is_free: str
    """The same without the rows that others keep locked, be it segments or history."""
    still_wanted: str
    """The same guard without a lock: of those that were not written, whose row somebody else holds."""
    there: str
    """Those that are stored already: an earlier try wrote them, and its acknowledgement was lost."""
    held: str
    """What would be held of counts that nobody means to write."""
    has_history: bool
    has_json: bool
    """Whether definitions come as one JSON array; else as an array of texts."""


@lru_cache(maxsize=8)
def write_sql(schema: Schema) -> WriteSql | None:
    """The statements of a schema; None where counts are written nowhere."""
    segments, history = schema.records.segments, schema.records.own.segment_counts
    if not isinstance(segments, SegmentFiles):
        is_same, has_json = _sameness(segments.definition)
        target = _Target(
            schema,
            segments.relation,
            segments.workspace,
            segments.id,
            segments.count,
            segments.counted_at,
            is_same,
            has_json,
        )
    elif segments.counts is not None:
        workspace = "workspace_id" if schema.has_workspaces else None
        at = InColumn("counted_at", ColumnType.TIMESTAMPTZ)
        target = _Target(schema, segments.counts, workspace, "segment_id", "count", at, "true", has_fingerprint=True)
    else:
        return None
    return WriteSql(
        prepare=_prepare(target) if target.has_fingerprint else None,
        write=_write(target, _history(target, history, most_forgotten=10)),
        write_what_is_free=_write(target, _history(target, history, most_forgotten=0), "SKIP LOCKED"),
        still_wanted=f"SELECT v.workspace_id, v.id FROM {target.table} s JOIN {target.new} ON {target.is_it('v')} "
        f"WHERE {target.guard}",
        there=f"SELECT v.workspace_id, v.id FROM {target.table} s JOIN {target.new} ON {target.is_it('v')} "
        f"WHERE {target.is_counted} AND {target.is_stored} AND {target.stored_count} = v.n",
        held=f"SELECT v.workspace_id, v.id, {target.stored_count} FROM {target.table} s JOIN {target.new} "
        f"ON {target.is_it('v')} WHERE {target.holds}",
        has_history=history is not None,
        has_json=target.has_json,
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """The table that counts are written to. `is_same` compares the definition of its row `s` with that of a row `v`."""

    schema: Schema
    relation: Relation
    workspace: str | None
    id: str
    count: str
    counted_at: InColumn
    is_same: str
    has_json: bool = False
    has_fingerprint: bool = False

    @property
    def table(self) -> str:
        return quoted(self.relation.schema, self.relation.name)

    @property
    def new(self) -> str:
        """The counts. Definitions in one JSON array are texts that are JSON as they stand: nothing has to be quoted."""
        workspace_type, id_type = self.schema.workspace_id_type.value, self.schema.ids.segment.value
        columns = f"$1::{workspace_type}[], $2::{id_type}[], $3::bigint[], $4::timestamptz[]"
        functions = (
            f"unnest({columns}), jsonb_array_elements($5::jsonb)" if self.has_json else f"unnest({columns}, $5::text[])"
        )
        return f"ROWS FROM ({functions}) AS v (workspace_id, id, n, at, definition)"

    def is_it(self, other: str) -> str:
        """Whether the row `s` is the segment of another row."""
        where = (f"s.{quoted(name)} = {constant(value)}" for name, value in self.relation.where)
        workspace = (f"s.{quoted(self.workspace)} = {other}.workspace_id",) if self.workspace else ()
        return " AND ".join((*workspace, f"s.{quoted(self.id)} = {other}.id", *where))

    @property
    def keys(self) -> str:
        return ", ".join(f"s.{quoted(name)}" for name in (self.workspace, self.id) if name is not None)

    @property
    def stored_count(self) -> str:
        return f"s.{quoted(self.count)}"

    @property
    def is_local(self) -> bool:
        """Whether the time is kept without a zone, in UTC."""
        return self.counted_at.type is ColumnType.TIMESTAMP

    @property
    def stored_at(self) -> str:
        column = f"s.{quoted(self.counted_at.column)}"
        return f"({column} AT TIME ZONE 'UTC')" if self.is_local else column

    @property
    def is_stored(self) -> str:
        """The time is the one that was written; a column of another database's may keep less than microseconds."""
        if self.schema.is_default:
            return f"{self.stored_at} = v.at"
        return f"abs(extract(epoch FROM {self.stored_at} - v.at)) < 1"

    @property
    def is_counted(self) -> str:
        return "s.fingerprint = v.definition" if self.has_fingerprint else self.is_same

    @property
    def guard(self) -> str:
        """The definition is still the one that was counted; the stored time is older, or impossible."""
        at = self.stored_at
        return f"{self.is_same} AND ({at} IS NULL OR {at} < v.at OR {at} > clock_timestamp())"

    @property
    def holds(self) -> str:
        """No count, or no percentage: nothing is held."""
        stored = f"{self.stored_count}::numeric"
        return f"coalesce(abs(v.n - {stored}) * 100 > $6::numeric * abs({stored}), false)"

    @property
    def changes(self) -> str:
        at = "l.at AT TIME ZONE 'UTC'" if self.is_local else "l.at"
        fingerprint = ", fingerprint = l.definition" if self.has_fingerprint else ""
        return f"{quoted(self.count)} = l.n, {quoted(self.counted_at.column)} = {at}{fingerprint}"


def _write(target: _Target, history: str, skip_locked: str = "") -> str:
    return f"""
WITH v AS MATERIALIZED (
    SELECT * FROM {target.new}
), l AS MATERIALIZED (
    SELECT v.workspace_id, v.id, v.n, v.at, {target.stored_count} AS previous, {target.holds} AS is_held
        {", v.definition" if target.has_fingerprint else ""}
    FROM {target.table} s
    JOIN v ON {target.is_it("v")}
    WHERE {target.guard}
    ORDER BY {target.keys}
    FOR NO KEY UPDATE OF s {skip_locked}
), written AS (
    UPDATE {target.table} s
    SET {target.changes}
    FROM l
    WHERE {target.is_it("l")} AND NOT l.is_held
    RETURNING l.workspace_id, l.id, l.n, l.at, l.previous
){history}
SELECT w.workspace_id, w.id, NULL::bigint FROM written w
UNION ALL
SELECT l.workspace_id, l.id, l.previous FROM l WHERE l.is_held
"""


def _history(target: _Target, history: Relation | None, most_forgotten: int) -> str:
    if history is None:
        return ""
    table = quoted(history.schema, history.name)
    with_workspace = target.schema.has_workspaces
    return f""", noted AS (
    INSERT INTO {table} ({"workspace_id, " if with_workspace else ""}segment_id, counted_at, count, previous_count)
    SELECT {"w.workspace_id, " if with_workspace else ""}w.id, w.at, w.n, w.previous
    FROM written w
    WHERE w.n IS DISTINCT FROM w.previous AND $7::interval > '0'
    ON CONFLICT DO NOTHING
), forgotten AS (
    DELETE FROM {table} h
    WHERE h.ctid = ANY (ARRAY(
        SELECT old.ctid
        FROM written w
        CROSS JOIN LATERAL (
            SELECT o.ctid
            FROM {table} o
            WHERE {"o.workspace_id = w.workspace_id AND " if with_workspace else ""}o.segment_id = w.id
              AND o.counted_at < statement_timestamp() - $7::interval
            ORDER BY o.counted_at
            LIMIT {most_forgotten}
        ) old
    ))
)"""


def _prepare(target: _Target) -> str:
    key = "workspace_id, segment_id" if target.workspace else "segment_id"
    values = "v.workspace_id, v.id" if target.workspace else "v.id"
    return (
        f"INSERT INTO {target.table} ({key}) SELECT {values} FROM {target.new} ORDER BY {values} ON CONFLICT DO NOTHING"
    )


def _sameness(definition: Definition) -> tuple[str, bool]:
    """Whether a row `s` has the definition of a row `v`: as jsonb, or, of json, by the text, which can't fail."""
    document = _document(definition.column)
    is_jsonb = definition.column.type is ColumnType.JSONB
    if definition.match is not None:
        members = f"{constant(definition.match_key)}, s.{quoted(definition.match)}, 'filters', {document}"
        document = f"{'jsonb' if is_jsonb else 'json'}_build_object({members})"
    return (f"{document} = v.definition", True) if is_jsonb else (f"({document})::text = v.definition", False)


def _document(place: InJson) -> str:
    column = f"s.{quoted(place.column)}"
    if not place.path:
        return column
    path = ", ".join(constant(key) for key in place.path)
    return f"({column} #> ARRAY[{path}]::text[])"
