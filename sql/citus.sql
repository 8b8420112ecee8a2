-- Distributes the default schema over a Citus cluster (Citus 11.2 or newer). For a DBA, with psql, once, on the
-- coordinator, after `segsql init` and best before there are rows:
--
--     psql -1 -f citus.sql                     by workspace: many workspaces, each small enough for one node
--     psql -1 -v by=contact_id -f citus.sql    by contact: one workspace that outgrows a node
--
-- `segsql init` never runs this file; docs/scaling.md says which of the two to choose, and what follows.
--
-- What grows with the contacts is distributed: contacts, contact_tags, contact_activity, email_events and tags, in
-- one colocation group, so that no count ever moves a row between nodes. What people edit stays whole, in plain
-- tables on the coordinator: workspaces, contact_fields, segments, segment_counts, api_keys, idempotency_keys,
-- member_lists. So the
-- write-back, its guard, its locks, the history of counts and the triggers on segments, which keep updated_at and
-- notify the worker, are what they are without Citus.
--
-- What changes for the programs that write these tables:
--
--     * email_events keeps no trigger: a distributed table can't have one. contact_activity is written by the
--       loader, or computed again by rebuild_contact_activity(workspace), below; until then counts see the rollup
--       as it was.
--     * contacts and tags no longer refer to workspaces: a distributed table can't refer to a plain one. A
--       trigger on workspaces still deletes what belongs to a workspace; that a workspace exists is the writer's to
--       see to.
--     * by contact: the index that keeps addresses unique within a workspace would have to hold contacts.id, the
--       distribution column, and then keeps nothing unique. Unique addresses are the application's there.

\set ON_ERROR_STOP on
\if :{?by}
\else
    \set by workspace_id
\endif
SELECT :'by' = 'contact_id' AS by_contact, set_config('segsql.distribute_by', :'by', true) AS by \gset

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        RAISE 'the extension citus is not in this database';
    END IF;
    IF coalesce(current_setting('segsql.distribute_by', true), '') = '' THEN
        RAISE 'this is one transaction: run it with psql -1';
    END IF;
    IF current_setting('segsql.distribute_by') NOT IN ('workspace_id', 'contact_id') THEN
        RAISE 'by is workspace_id or contact_id, not %', current_setting('segsql.distribute_by');
    END IF;
END
$$;

-- All of it is one transaction, in which functions and reference tables are made beside what is distributed:
-- Citus asks for one connection a node then.
SET LOCAL citus.multi_shard_modify_mode = 'sequential';

-- In place of the references to workspaces. Tags come first: where they are a reference table, Citus wants it
-- written before what refers to it.
CREATE FUNCTION delete_contacts_of_workspace() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    DELETE FROM tags t WHERE t.workspace_id = OLD.id;
    DELETE FROM contacts c WHERE c.workspace_id = OLD.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER workspaces_delete_contacts AFTER DELETE ON workspaces
FOR EACH ROW EXECUTE FUNCTION delete_contacts_of_workspace();

-- Computes the rollup again from all events, of one workspace or (null) of all, one after the other. A contact
-- without events ends with zeros. It takes the place of the function of the same name, which locks row by row in
-- key order, as only one node can.
--
-- Each of the two statements runs where the rows are: both tables are distributed alike, and what is inserted
-- is grouped by their distribution column. Nothing adds to the rollup beside it here, so there is nothing to lock
-- but the workspace, against another rebuild. Events inserted meanwhile are in the next one. A large database
-- rebuilds each workspace in a transaction of its own:
--
--     SELECT format('SELECT rebuild_contact_activity(%s)', id) FROM workspaces \gexec
CREATE OR REPLACE FUNCTION rebuild_contact_activity(only_workspace bigint) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    one bigint;
BEGIN
    IF only_workspace IS NULL THEN
        FOR one IN SELECT w.id FROM workspaces w ORDER BY w.id LOOP
            PERFORM rebuild_contact_activity(one);
        END LOOP;
        RETURN;
    END IF;

    PERFORM pg_advisory_xact_lock(
        hashtextextended(concat_ws(' ', 'segsql rebuild', current_schema(), only_workspace), 0)
    );

    UPDATE contact_activity a
    SET delivered_count = 0, opens_count = 0, clicks_count = 0, last_open_at = NULL, last_click_at = NULL
    WHERE a.workspace_id = only_workspace
        AND NOT EXISTS (
            SELECT 1 FROM email_events e
            WHERE e.workspace_id = only_workspace
                AND e.workspace_id = a.workspace_id AND e.contact_id = a.contact_id
        );

    INSERT INTO contact_activity AS a (
        workspace_id, contact_id, delivered_count, opens_count, clicks_count, last_open_at, last_click_at
    )
    SELECT e.workspace_id, e.contact_id,
        count(DISTINCT e.message_id) FILTER (WHERE e.kind = 'delivered'),
        count(DISTINCT e.message_id) FILTER (WHERE e.kind = 'open'),
        count(DISTINCT e.message_id) FILTER (WHERE e.kind = 'click'),
        max(e.occurred_at) FILTER (WHERE e.kind = 'open'),
        max(e.occurred_at) FILTER (WHERE e.kind = 'click')
    FROM email_events e
    WHERE e.workspace_id = only_workspace
    GROUP BY e.workspace_id, e.contact_id
    ON CONFLICT (workspace_id, contact_id) DO UPDATE SET
        delivered_count = EXCLUDED.delivered_count,
        opens_count = EXCLUDED.opens_count,
        clicks_count = EXCLUDED.clicks_count,
        last_open_at = EXCLUDED.last_open_at,
        last_click_at = EXCLUDED.last_click_at;
END
$$;

-- What a distributed table can't have, or not while it is being distributed.
DROP TRIGGER email_events_rollup ON email_events;
DROP FUNCTION add_events_to_contact_activity();
ALTER TABLE contacts DROP CONSTRAINT contacts_workspace_id_fkey;
ALTER TABLE tags DROP CONSTRAINT tags_workspace_id_fkey;
ALTER TABLE contact_tags DROP CONSTRAINT contact_tags_workspace_id_contact_id_fkey;
ALTER TABLE contact_tags DROP CONSTRAINT contact_tags_workspace_id_tag_id_fkey;
ALTER TABLE contact_activity DROP CONSTRAINT contact_activity_workspace_id_contact_id_fkey;
ALTER TABLE email_events DROP CONSTRAINT email_events_workspace_id_contact_id_fkey;

\if :by_contact
    -- Not unique, and still what finds an address.
    DROP INDEX contacts_email_key;
    CREATE INDEX contacts_email ON contacts (workspace_id, lower(email) text_pattern_ops) WHERE deleted_at IS NULL;

    SELECT create_distributed_table('contacts', 'id', colocate_with => 'none');
    SELECT create_distributed_table('contact_tags', 'contact_id', colocate_with => 'contacts');
    SELECT create_distributed_table('contact_activity', 'contact_id', colocate_with => 'contacts');
    SELECT create_distributed_table('email_events', 'contact_id', colocate_with => 'contacts');
    -- A few rows, which the tags of every contact refer to: a copy on each node.
    SELECT create_reference_table('tags');
\else
    SELECT create_distributed_table('contacts', 'workspace_id', colocate_with => 'none');
    SELECT create_distributed_table('contact_tags', 'workspace_id', colocate_with => 'contacts');
    SELECT create_distributed_table('contact_activity', 'workspace_id', colocate_with => 'contacts');
    SELECT create_distributed_table('email_events', 'workspace_id', colocate_with => 'contacts');
    SELECT create_distributed_table('tags', 'workspace_id', colocate_with => 'contacts');
\endif

-- Each of these holds within a node: both sides are distributed by the same of their columns.
ALTER TABLE contact_tags ADD CONSTRAINT contact_tags_workspace_id_contact_id_fkey
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE;
ALTER TABLE contact_tags ADD CONSTRAINT contact_tags_workspace_id_tag_id_fkey
    FOREIGN KEY (workspace_id, tag_id) REFERENCES tags (workspace_id, id) ON DELETE CASCADE;
ALTER TABLE contact_activity ADD CONSTRAINT contact_activity_workspace_id_contact_id_fkey
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE;
ALTER TABLE email_events ADD CONSTRAINT email_events_workspace_id_contact_id_fkey
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE;
