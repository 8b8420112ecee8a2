-- Who may do what: group roles, each with no more than its part of segsql needs. For a DBA, with psql, in the
-- database and schema that hold the tables, after `segsql init`; `init` itself never makes roles:
--
--     psql -1 -f roles.sql
--     PGOPTIONS='-c search_path=app' psql -1 -f roles.sql     where the schema is not public
--
-- It may be run again, and must be after a new version of segsql: what is granted already stays, what is missing is
-- added, nothing is revoked. Roles belong to the whole server, privileges to this database. Needs CREATEROLE, and
-- the right to grant: the tables' owner, or a superuser.
--
-- None of these roles can log in. A login of its own is a member of one of them:
--
--     CREATE ROLE segsql_nightly LOGIN PASSWORD '...' IN ROLE segsql_recounter;
--
-- What follows protects the server from that login, and is a login's own: settings of a group are not inherited.
-- A recount takes two connections for each of --jobs. temp_file_limit is a superuser's to set: a statement that
-- spills more to disk fails (SQLSTATE 53400), and its segment alone with it. The timeouts are for whatever else is
-- done with this login: segsql sets its own in every transaction. Leave transaction_timeout alone: a transaction that
-- writes lasts as long as its workspace takes to count.
--
--     ALTER ROLE segsql_nightly CONNECTION LIMIT 10;
--     ALTER ROLE segsql_nightly SET temp_file_limit = '10GB';
--     ALTER ROLE segsql_nightly SET statement_timeout = '10min';
--     ALTER ROLE segsql_nightly SET lock_timeout = '10s';
--     ALTER ROLE segsql_nightly SET idle_in_transaction_session_timeout = '1min';
--     ALTER ROLE segsql_nightly SET search_path = app;    where the schema is not public
--
-- With --max-replica-lag or --max-xmin-age it looks at standbys and at other sessions:
--
--     GRANT pg_read_all_stats TO segsql_nightly;
--
-- segsql sets row_security off: with a policy on a table that it reads, its login needs BYPASSRLS, or the run ends
-- with an error, and never with a smaller count.

DO $$
DECLARE
    role text;
    schema regnamespace;
BEGIN
    SELECT c.relnamespace::regnamespace INTO schema FROM pg_class c WHERE c.oid = 'segments'::regclass;
    FOREACH role IN ARRAY ARRAY['segsql_reader', 'segsql_recounter', 'segsql_worker', 'segsql_server', 'segsql_keys'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
    FOREACH role IN ARRAY ARRAY['segsql_reader', 'segsql_server', 'segsql_keys'] LOOP
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
        EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', schema, role);
    END LOOP;
END
$$;

-- Reading: segsql count, members, preview, list, validate, check, and recount --dry-run. email_events is read with a
-- forced activity=events_* strategy alone, the ledger segsql_migrations by check.
GRANT SELECT
    ON workspaces, contacts, contact_fields, tags, contact_tags, contact_activity, email_events, segments,
        segsql_migrations
    TO segsql_reader;

-- segsql recount: it also writes a segment's count and time and nothing else of it, and keeps the history, of which
-- a statement that deletes by age must read the age. Who is to look at the history needs SELECT on segment_counts.
GRANT segsql_reader TO segsql_recounter;
GRANT UPDATE (cached_count, last_counted_at) ON segments TO segsql_recounter;
GRANT SELECT, INSERT, DELETE ON segment_counts TO segsql_recounter;

-- segsql worker: it does what a recount does. To listen needs no privilege.
GRANT segsql_recounter TO segsql_worker;

-- segsql serve: whoever has a key sees segments, their members and counts that are not stored, and creates, edits and
-- deletes segments. It never writes a count, and makes no keys. What a caller may see is up to the key alone: this
-- login sees all workspaces.
GRANT SELECT ON workspaces, contacts, contact_fields, tags, contact_tags, contact_activity, segments TO segsql_server;
GRANT INSERT (workspace_id, name, definition), UPDATE (name, definition), DELETE ON segments TO segsql_server;
GRANT SELECT (workspace_id, prefix, key_hash, scopes, revoked_at) ON api_keys TO segsql_server;

-- An Idempotency-Key is taken, given its answer, and cleared when it has outlived its day.
GRANT SELECT, INSERT (workspace_id, key, fingerprint), UPDATE (response), DELETE ON idempotency_keys TO segsql_server;

-- The list of members that a caller pages through.
GRANT SELECT, INSERT, UPDATE, DELETE ON member_lists TO segsql_server;

-- The plan's segment_limit is counted under a lock on the workspace's row, which takes UPDATE on one of its columns:
-- this one says nothing that anything depends on.
GRANT UPDATE (created_at) ON workspaces TO segsql_server;

-- Ids of segments that other programs chose are passed over.
GRANT UPDATE ON SEQUENCE segments_id_seq TO segsql_server;

-- segsql keys: whoever may make keys may do everything that the API does, in every workspace. So it is a role of its own,
-- for an operator and not for the server.
GRANT SELECT (id) ON workspaces TO segsql_keys;
GRANT SELECT (workspace_id, id, prefix, scopes, created_at, revoked_at),
    INSERT (workspace_id, prefix, key_hash, scopes), UPDATE (revoked_at) ON api_keys TO segsql_keys;
