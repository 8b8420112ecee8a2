-- The members of a segment at one instant, kept while somebody pages through them over the HTTP API.

-- In the database, so that every server process answers of the same list. A page is a slice of `ids`, which therefore is
-- never compressed. Unlogged: it costs no WAL, and after a crash a list is simply read anew.
CREATE UNLOGGED TABLE member_lists (
    workspace_id bigint NOT NULL,
    segment_id bigint NOT NULL,
    reader text NOT NULL,
    definition jsonb NOT NULL,
    taken_at timestamptz NOT NULL,
    ids bytea NOT NULL,
    PRIMARY KEY (workspace_id, segment_id, reader),
    FOREIGN KEY (workspace_id, segment_id) REFERENCES segments ON DELETE CASCADE
);
ALTER TABLE member_lists ALTER ids SET STORAGE EXTERNAL;
COMMENT ON COLUMN member_lists.reader IS 'the prefix of the API key that pages through it';
COMMENT ON COLUMN member_lists.definition IS 'the segment''s when it was taken; of another one the list is of no use';
COMMENT ON COLUMN member_lists.ids IS 'eight bytes each, big-endian, in their order';

-- Finds what is older than an hour.
CREATE INDEX member_lists_taken_at ON member_lists (taken_at);

INSERT INTO segsql_migrations (version, name) VALUES (8, '000008_member_lists.sql');
