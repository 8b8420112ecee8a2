-- How each segment's count went: one row whenever a count that is written differs from the one before.

-- A recount writes it in the statement that writes the count, and in the same statement deletes what is older than
-- --keep-history of the segments that it counted. Rows are inserted and deleted, never updated. The primary key is
-- the only index: it finds a segment's oldest rows, shows its history in order, and serves the foreign key.
CREATE TABLE segment_counts (
    workspace_id bigint NOT NULL,
    segment_id bigint NOT NULL,
    counted_at timestamptz NOT NULL,
    count bigint NOT NULL,
    previous_count bigint,
    PRIMARY KEY (workspace_id, segment_id, counted_at),
    FOREIGN KEY (workspace_id, segment_id) REFERENCES segments ON DELETE CASCADE
);
COMMENT ON TABLE segment_counts IS 'counts that differed from the one before, by the time that they are of';
COMMENT ON COLUMN segment_counts.previous_count IS 'what was stored until then; null: the first count';

INSERT INTO segsql_migrations (version, name) VALUES (5, '000005_segment_counts.sql');
