-- What contacts did with delivered messages: the events, and their rollup per contact.

CREATE TABLE email_events (
    workspace_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    message_id bigint NOT NULL,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL,
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts ON DELETE CASCADE,
    CONSTRAINT email_events_kind_known CHECK (kind IN ('delivered', 'open', 'click'))
);

-- The trigger below looks a message up in it for every new event, and the events_* strategies read it alone.
CREATE INDEX email_events_message ON email_events (workspace_id, contact_id, kind, message_id, occurred_at);

CREATE TABLE contact_activity (
    workspace_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    delivered_count bigint NOT NULL DEFAULT 0,
    opens_count bigint NOT NULL DEFAULT 0,
    clicks_count bigint NOT NULL DEFAULT 0,
    last_open_at timestamptz,
    last_click_at timestamptz,
    PRIMARY KEY (workspace_id, contact_id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts ON DELETE CASCADE,
    CONSTRAINT contact_activity_counts CHECK (delivered_count >= 0 AND opens_count >= 0 AND clicks_count >= 0)
);
COMMENT ON TABLE contact_activity IS 'rollup of email_events: distinct messages of each kind';

-- Adds a statement's events to the rollup.
--
-- Exact under concurrency, because the first statement makes or locks the row of every contact concerned,
-- and only then does the second one look, with a snapshot of its own (read committed), at which messages
-- are new: whoever inserted an event of the same contact earlier has committed or is gone by then, and
-- whoever comes later waits and sees ours. A message is new if every event of it that can be seen came
-- with this very statement, that is, if there are no more of them than the statement brought. At
-- repeatable read the snapshot can't be renewed; there a row that changed since raises 40001 where it is
-- locked, so the count is never wrong.
--
-- Rows are locked in key order, so statements can't deadlock one another; a transaction of several should
-- keep to that order itself. Each statement is one ordered pass over the new rows with an index look-up
-- for each: the form (ON CONFLICT, LATERAL) and enable_seqscan leave no other plan, which matters as a
-- session plans it once, maybe while the tables are small.
CREATE FUNCTION add_events_to_contact_activity() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
BEGIN
    INSERT INTO contact_activity AS a (workspace_id, contact_id)
    SELECT DISTINCT e.workspace_id, e.contact_id FROM new_events e ORDER BY 1, 2
    ON CONFLICT (workspace_id, contact_id) DO UPDATE SET opens_count = a.opens_count WHERE false;

    INSERT INTO contact_activity AS a (
        workspace_id, contact_id, delivered_count, opens_count, clicks_count, last_open_at, last_click_at
    )
    SELECT n.workspace_id, n.contact_id,
        count(*) FILTER (WHERE n.kind = 'delivered' AND NOT known.seen),
        count(*) FILTER (WHERE n.kind = 'open' AND NOT known.seen),
        count(*) FILTER (WHERE n.kind = 'click' AND NOT known.seen),
        max(n.occurred_at) FILTER (WHERE n.kind = 'open'),
        max(n.occurred_at) FILTER (WHERE n.kind = 'click')
    FROM (
        SELECT e.workspace_id, e.contact_id, e.kind, e.message_id,
            count(*) AS times, max(e.occurred_at) AS occurred_at
        FROM new_events e
        GROUP BY e.workspace_id, e.contact_id, e.kind, e.message_id
    ) n
    CROSS JOIN LATERAL (
        SELECT count(*) > n.times AS seen
        FROM (
            SELECT FROM email_events e
            WHERE e.workspace_id = n.workspace_id AND e.contact_id = n.contact_id
                AND e.kind = n.kind AND e.message_id = n.message_id
            LIMIT n.times + 1
        ) m
    ) known
    GROUP BY n.workspace_id, n.contact_id
    ON CONFLICT (workspace_id, contact_id) DO UPDATE SET
        delivered_count = a.delivered_count + EXCLUDED.delivered_count,
        opens_count = a.opens_count + EXCLUDED.opens_count,
        clicks_count = a.clicks_count + EXCLUDED.clicks_count,
        last_open_at = greatest(a.last_open_at, EXCLUDED.last_open_at),
        last_click_at = greatest(a.last_click_at, EXCLUDED.last_click_at);
    RETURN NULL;
END
$$;

CREATE TRIGGER email_events_rollup AFTER INSERT ON email_events
REFERENCING NEW TABLE AS new_events
FOR EACH STATEMENT EXECUTE FUNCTION add_events_to_contact_activity();

-- Computes the rollup again from all events, of one workspace or (null) of all. A contact without events
-- ends with zeros.
--
-- Exact while others insert events, for the trigger's reason: rows are made or locked in key order, a
-- batch at a time, before their events are read with a newer snapshot. Locks last until the caller's
-- transaction ends, and inserts of those contacts' events wait for it. At repeatable read it raises 40001
-- if such an insert came between.
CREATE FUNCTION rebuild_contact_activity(only_workspace bigint) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
DECLARE
    batch_size CONSTANT int := 10000;
    workspace_ids bigint[];
    contact_ids bigint[];
    from_workspace bigint := coalesce(only_workspace, -9223372036854775808);
    from_contact bigint := -9223372036854775808;
    last_workspace CONSTANT bigint := coalesce(only_workspace, 9223372036854775807);
BEGIN
    LOOP
        SELECT array_agg(k.workspace_id ORDER BY k.workspace_id, k.contact_id),
            array_agg(k.contact_id ORDER BY k.workspace_id, k.contact_id)
        INTO workspace_ids, contact_ids
        FROM (
            (SELECT DISTINCT e.workspace_id, e.contact_id FROM email_events e
             WHERE (e.workspace_id, e.contact_id) >= (from_workspace, from_contact)
                AND e.workspace_id <= last_workspace
             ORDER BY 1, 2 LIMIT batch_size)
            UNION
            (SELECT a.workspace_id, a.contact_id FROM contact_activity a
             WHERE (a.workspace_id, a.contact_id) >= (from_workspace, from_contact)
                AND a.workspace_id <= last_workspace
             ORDER BY 1, 2 LIMIT batch_size)
            ORDER BY 1, 2 LIMIT batch_size
        ) k;

        INSERT INTO contact_activity AS a (workspace_id, contact_id)
        SELECT * FROM unnest(workspace_ids, contact_ids) AS k (workspace_id, contact_id) ORDER BY 1, 2
        ON CONFLICT (workspace_id, contact_id) DO UPDATE SET opens_count = a.opens_count WHERE false;

        INSERT INTO contact_activity AS a (
            workspace_id, contact_id, delivered_count, opens_count, clicks_count, last_open_at, last_click_at
        )
        SELECT k.workspace_id, k.contact_id, s.*
        FROM unnest(workspace_ids, contact_ids) AS k (workspace_id, contact_id)
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT e.message_id) FILTER (WHERE e.kind = 'delivered'),
                count(DISTINCT e.message_id) FILTER (WHERE e.kind = 'open'),
                count(DISTINCT e.message_id) FILTER (WHERE e.kind = 'click'),
                max(e.occurred_at) FILTER (WHERE e.kind = 'open'),
                max(e.occurred_at) FILTER (WHERE e.kind = 'click')
            FROM email_events e
            WHERE e.workspace_id = k.workspace_id AND e.contact_id = k.contact_id
        ) s
        ON CONFLICT (workspace_id, contact_id) DO UPDATE SET
            delivered_count = EXCLUDED.delivered_count,
            opens_count = EXCLUDED.opens_count,
            clicks_count = EXCLUDED.clicks_count,
            last_open_at = EXCLUDED.last_open_at,
            last_click_at = EXCLUDED.last_click_at;

        EXIT WHEN cardinality(contact_ids) IS DISTINCT FROM batch_size;
        from_workspace := workspace_ids[batch_size];
        from_contact := contact_ids[batch_size];
    END LOOP;
END
$$;

INSERT INTO segsql_migrations (version, name) VALUES (2, '000002_activity.sql');
