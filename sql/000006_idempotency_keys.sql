-- What the HTTP API keeps beside segments.

-- A request with an Idempotency-Key is carried out once in 24 hours: the row is made in the transaction that
-- creates the segment, so that either both are there or neither.
CREATE TABLE idempotency_keys (
    workspace_id bigint NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    response text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, key)
);
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of the request''s body';
COMMENT ON COLUMN idempotency_keys.response IS 'the body that was answered; null only before the transaction ends';

-- Finds what is older than 24 hours.
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- Every request looks its key up by the prefix, whose workspace it does not know yet.
CREATE INDEX api_keys_prefix ON api_keys (prefix);

INSERT INTO segsql_migrations (version, name) VALUES (6, '000006_idempotency_keys.sql');
