"""The SQL that writes counts back: fixed texts, with `$1`, `$2`, … for what a run counted and how it writes.

`$1` to `$5` are the counts, a column each; `$6` is the percentage beyond which one is held, or null; `$7` is how
long the history is kept.
"""

from __future__ import annotations

_PARTS = {
    # The definitions come as one JSON array of texts that are JSON as they stand: nothing has to be quoted.
    "new": """ROWS FROM (
        unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[]), jsonb_array_elements($5::jsonb)
    ) AS v (workspace_id, id, n, at, definition)""",
    # The definition is still the one that was counted; the stored time is older, or impossible.
    "guard": """s.definition = v.definition
        AND (s.last_counted_at IS NULL OR s.last_counted_at < v.at OR s.last_counted_at > clock_timestamp())""",
    # No count, or no percentage: nothing is held.
    "holds": """coalesce(
        abs(v.n - s.cached_count::numeric) * 100 > $6::numeric * abs(s.cached_count::numeric), false
    )""",
}

_WRITE = """
WITH v AS MATERIALIZED (
    SELECT * FROM {new}
), l AS MATERIALIZED (
    SELECT s.workspace_id, s.id, v.n, v.at, s.cached_count AS previous, {holds} AS is_held
    FROM segments s
    JOIN v USING (workspace_id, id)
    WHERE {guard}
    ORDER BY s.workspace_id, s.id
    FOR NO KEY UPDATE OF s {skip_locked}
), written AS (
    UPDATE segments s
    SET cached_count = l.n, last_counted_at = l.at
    FROM l
    WHERE s.workspace_id = l.workspace_id AND s.id = l.id AND NOT l.is_held
    RETURNING s.workspace_id, s.id, l.n, l.at, l.previous
), noted AS (
    INSERT INTO segment_counts (workspace_id, segment_id, counted_at, count, previous_count)
    SELECT w.workspace_id, w.id, w.at, w.n, w.previous
    FROM written w
    WHERE w.n IS DISTINCT FROM w.previous AND $7::interval > '0'
    ON CONFLICT DO NOTHING
), forgotten AS (
    DELETE FROM segment_counts h
    WHERE h.ctid = ANY (ARRAY(
        SELECT old.ctid
        FROM written w
        CROSS JOIN LATERAL (
            SELECT o.ctid
            FROM segment_counts o
            WHERE o.workspace_id = w.workspace_id AND o.segment_id = w.id
              AND o.counted_at < statement_timestamp() - $7::interval
            ORDER BY o.counted_at
            LIMIT {most_forgotten}
        ) old
    ))
)
SELECT w.workspace_id, w.id, NULL::bigint FROM written w
UNION ALL
SELECT l.workspace_id, l.id, l.previous FROM l WHERE l.is_held
"""

WRITE = _WRITE.format(**_PARTS, skip_locked="", most_forgotten=10)
"""Writes counts and their history; gives the keys of what it wrote, and those of what it held with what is stored.

Rows are locked in one order, so that overlapping runs never deadlock. Guard, holding and the count before are
judged on the newest version of each row. What is too old of the history is found by the primary key, segment by
segment, and deleted where it lies: the planner, whatever it believes of the table, has no scan of it to choose. A
count adds one row and takes up to ten away. Two counts of one instant (of a replica that stands still) are both
written, and the first is in the history.
"""

WRITE_WHAT_IS_FREE = _WRITE.format(**_PARTS, skip_locked="SKIP LOCKED", most_forgotten=0)
"""The same without the rows that others keep locked, be it segments or history."""

_STILL_WANTED = "SELECT s.workspace_id, s.id FROM segments s JOIN {new} USING (workspace_id, id) WHERE {guard}"
STILL_WANTED = _STILL_WANTED.format(**_PARTS)
"""The same guard without a lock: of those that were not written, whose row somebody else holds."""

_THERE = """
SELECT s.workspace_id, s.id FROM segments s JOIN {new} USING (workspace_id, id)
WHERE s.definition = v.definition AND s.last_counted_at = v.at AND s.cached_count = v.n
"""
THERE = _THERE.format(**_PARTS)
"""Those that are stored already, to the microsecond: an earlier try wrote them, and its acknowledgement was lost."""

_HELD = "SELECT s.workspace_id, s.id, s.cached_count FROM segments s JOIN {new} USING (workspace_id, id) WHERE {holds}"
HELD = _HELD.format(**_PARTS)
"""What would be held of counts that nobody means to write."""
