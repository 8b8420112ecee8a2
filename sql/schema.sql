CREATE FUNCTION public.add_events_to_contact_activity() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    SET enable_seqscan TO 'off'
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

CREATE FUNCTION public.declare_builtin_fields(workspace_id bigint) RETURNS void
    LANGUAGE sql
    SET search_path TO '$user', 'public'
    AS $$
    INSERT INTO contact_fields (workspace_id, id, key, name, type, source)
    SELECT declare_builtin_fields.workspace_id, b.id, b.key, b.name, b.type, b.key
    FROM (VALUES
        (1, 'email', 'Email', 'TEXT'),
        (2, 'first_name', 'First name', 'TEXT'),
        (3, 'last_name', 'Last name', 'TEXT'),
        (4, 'country', 'Country', 'COUNTRY'),
        (5, 'status', 'Status', 'TEXT'),
        (6, 'created_at', 'Created', 'DATE'),
        (7, 'updated_at', 'Updated', 'DATE'),
        (8, 'last_open_at', 'Last open', 'DATE'),
        (9, 'last_click_at', 'Last click', 'DATE'),
        (10, 'delivered_count', 'Delivered', 'NUMBER'),
        (11, 'opens_count', 'Opens', 'NUMBER'),
        (12, 'clicks_count', 'Clicks', 'NUMBER')
    ) AS b (id, key, name, type)
    ON CONFLICT (workspace_id, key) DO NOTHING
$$;

CREATE FUNCTION public.notify_of_segment() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    PERFORM pg_notify('segsql_segments', NEW.workspace_id::text);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.rebuild_contact_activity(only_workspace bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    SET enable_seqscan TO 'off'
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

CREATE FUNCTION public.set_segment_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;

CREATE TABLE public.api_keys (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    prefix text NOT NULL,
    key_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone
);

ALTER TABLE public.api_keys ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.api_keys_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.contact_activity (
    workspace_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    delivered_count bigint DEFAULT 0 NOT NULL,
    opens_count bigint DEFAULT 0 NOT NULL,
    clicks_count bigint DEFAULT 0 NOT NULL,
    last_open_at timestamp with time zone,
    last_click_at timestamp with time zone,
    CONSTRAINT contact_activity_counts CHECK (((delivered_count >= 0) AND (opens_count >= 0) AND (clicks_count >= 0)))
);

COMMENT ON TABLE public.contact_activity IS 'rollup of email_events: distinct messages of each kind';

CREATE TABLE public.contact_fields (
    workspace_id bigint NOT NULL,
    id integer NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    source text,
    options jsonb,
    CONSTRAINT contact_fields_key_not_reserved CHECK ((key <> ALL (ARRAY['tags'::text, 'open_rate'::text, 'click_rate'::text, 'metadata'::text, 'segment'::text]))),
    CONSTRAINT contact_fields_key_of_builtin CHECK (((NOT (source IS DISTINCT FROM key)) OR (key <> ALL (ARRAY['email'::text, 'first_name'::text, 'last_name'::text, 'country'::text, 'status'::text, 'created_at'::text, 'updated_at'::text, 'last_open_at'::text, 'last_click_at'::text, 'delivered_count'::text, 'opens_count'::text, 'clicks_count'::text])))),
    CONSTRAINT contact_fields_key_shape CHECK ((key ~ '^[a-z][a-z0-9_]*$'::text)),
    CONSTRAINT contact_fields_options_are_texts CHECK (
CASE
    WHEN (jsonb_typeof(options) = 'array'::text) THEN (NOT jsonb_path_exists(options, 'strict $[*]?(@.type() != "string")'::jsonpath))
    ELSE (options IS NULL)
END),
    CONSTRAINT contact_fields_source_is_builtin CHECK ((source = ANY (ARRAY['email'::text, 'first_name'::text, 'last_name'::text, 'country'::text, 'status'::text, 'created_at'::text, 'updated_at'::text, 'last_open_at'::text, 'last_click_at'::text, 'delivered_count'::text, 'opens_count'::text, 'clicks_count'::text]))),
    CONSTRAINT contact_fields_type_known CHECK ((type = ANY (ARRAY['TEXT'::text, 'NUMBER'::text, 'BOOLEAN'::text, 'DATE'::text, 'DROPDOWN_SINGLE'::text, 'DROPDOWN_MULTIPLE'::text, 'COUNTRY'::text])))
);

COMMENT ON COLUMN public.contact_fields.source IS 'the built-in that it reads; null: contacts.fields, by key';

COMMENT ON COLUMN public.contact_fields.options IS 'an array of texts; null: any value';

CREATE TABLE public.contact_tags (
    workspace_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    tag_id integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.contacts (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    email text,
    status text DEFAULT 'subscribed'::text NOT NULL,
    first_name text,
    last_name text,
    country text,
    fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT contacts_fields_is_object CHECK ((jsonb_typeof(fields) = 'object'::text))
);

COMMENT ON COLUMN public.contacts.fields IS 'custom values by field key';

COMMENT ON COLUMN public.contacts.deleted_at IS 'any value: deleted, and counted nowhere';

CREATE TABLE public.email_events (
    workspace_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    message_id bigint NOT NULL,
    kind text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    CONSTRAINT email_events_kind_known CHECK ((kind = ANY (ARRAY['delivered'::text, 'open'::text, 'click'::text])))
);

CREATE TABLE public.idempotency_keys (
    workspace_id bigint NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    response text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON COLUMN public.idempotency_keys.fingerprint IS 'SHA-256 of the request''s body';

COMMENT ON COLUMN public.idempotency_keys.response IS 'the body that was answered; null only before the transaction ends';

CREATE UNLOGGED TABLE public.member_lists (
    workspace_id bigint NOT NULL,
    segment_id bigint NOT NULL,
    reader text NOT NULL,
    definition jsonb NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    ids bytea NOT NULL
);
ALTER TABLE ONLY public.member_lists ALTER COLUMN ids SET STORAGE EXTERNAL;

COMMENT ON COLUMN public.member_lists.reader IS 'the prefix of the API key that pages through it';

COMMENT ON COLUMN public.member_lists.definition IS 'the segment''s when it was taken; of another one the list is of no use';

COMMENT ON COLUMN public.member_lists.ids IS 'eight bytes each, big-endian, in their order';

CREATE TABLE public.segment_counts (
    workspace_id bigint NOT NULL,
    segment_id bigint NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    count bigint NOT NULL,
    previous_count bigint
);

COMMENT ON TABLE public.segment_counts IS 'counts that differed from the one before, by the time that they are of';

COMMENT ON COLUMN public.segment_counts.previous_count IS 'what was stored until then; null: the first count';

CREATE TABLE public.segments (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    public_id text DEFAULT ('c'::text || "left"(replace((gen_random_uuid())::text, '-'::text, ''::text), 24)) NOT NULL,
    name text NOT NULL,
    description text,
    definition jsonb NOT NULL,
    cached_count bigint,
    last_counted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT segments_public_id_begins_with_letter CHECK ((public_id ~ '^[A-Za-z]'::text))
)
WITH (fillfactor='50');

COMMENT ON COLUMN public.segments.updated_at IS 'when the definition changed; counts and names never touch it';

ALTER TABLE public.segments ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.segments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.segsql_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.tags (
    workspace_id bigint NOT NULL,
    id integer NOT NULL,
    name text NOT NULL
);

CREATE TABLE public.workspaces (
    id bigint NOT NULL,
    name text NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    segment_limit integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON COLUMN public.workspaces.timezone IS 'IANA name; decides when a calendar day of this workspace begins';

COMMENT ON COLUMN public.workspaces.segment_limit IS 'null: unlimited; enforced by the API';

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.contact_activity
    ADD CONSTRAINT contact_activity_pkey PRIMARY KEY (workspace_id, contact_id);

ALTER TABLE ONLY public.contact_fields
    ADD CONSTRAINT contact_fields_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.contact_fields
    ADD CONSTRAINT contact_fields_workspace_id_key_key UNIQUE (workspace_id, key);

ALTER TABLE ONLY public.contact_tags
    ADD CONSTRAINT contact_tags_pkey PRIMARY KEY (workspace_id, contact_id, tag_id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (workspace_id, key);

ALTER TABLE ONLY public.member_lists
    ADD CONSTRAINT member_lists_pkey PRIMARY KEY (workspace_id, segment_id, reader);

ALTER TABLE ONLY public.segment_counts
    ADD CONSTRAINT segment_counts_pkey PRIMARY KEY (workspace_id, segment_id, counted_at);

ALTER TABLE ONLY public.segments
    ADD CONSTRAINT segments_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.segments
    ADD CONSTRAINT segments_workspace_id_public_id_key UNIQUE (workspace_id, public_id);

ALTER TABLE ONLY public.segsql_migrations
    ADD CONSTRAINT segsql_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);

CREATE INDEX api_keys_prefix ON public.api_keys USING btree (prefix);

CREATE INDEX contact_tags_tag ON public.contact_tags USING btree (workspace_id, tag_id, contact_id);

CREATE INDEX contacts_created_at ON public.contacts USING btree (workspace_id, created_at);

CREATE UNIQUE INDEX contacts_email_key ON public.contacts USING btree (workspace_id, lower(email) text_pattern_ops) WHERE (deleted_at IS NULL);

CREATE INDEX email_events_message ON public.email_events USING btree (workspace_id, contact_id, kind, message_id, occurred_at);

CREATE INDEX idempotency_keys_created_at ON public.idempotency_keys USING btree (created_at);

CREATE INDEX member_lists_taken_at ON public.member_lists USING btree (taken_at);

CREATE STATISTICS public.contacts_email_lower ON lower(email) FROM public.contacts;

CREATE TRIGGER email_events_rollup AFTER INSERT ON public.email_events REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION public.add_events_to_contact_activity();

CREATE TRIGGER segments_notify_edited AFTER UPDATE OF definition ON public.segments FOR EACH ROW WHEN ((old.definition IS DISTINCT FROM new.definition)) EXECUTE FUNCTION public.notify_of_segment();

CREATE TRIGGER segments_notify_new AFTER INSERT ON public.segments FOR EACH ROW EXECUTE FUNCTION public.notify_of_segment();

CREATE TRIGGER segments_updated_at BEFORE UPDATE OF definition ON public.segments FOR EACH ROW WHEN ((old.definition IS DISTINCT FROM new.definition)) EXECUTE FUNCTION public.set_segment_updated_at();

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_activity
    ADD CONSTRAINT contact_activity_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_fields
    ADD CONSTRAINT contact_fields_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_tags
    ADD CONSTRAINT contact_tags_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_tags
    ADD CONSTRAINT contact_tags_workspace_id_tag_id_fkey FOREIGN KEY (workspace_id, tag_id) REFERENCES public.tags(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.email_events
    ADD CONSTRAINT email_events_workspace_id_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contacts(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.member_lists
    ADD CONSTRAINT member_lists_workspace_id_segment_id_fkey FOREIGN KEY (workspace_id, segment_id) REFERENCES public.segments(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.segment_counts
    ADD CONSTRAINT segment_counts_workspace_id_segment_id_fkey FOREIGN KEY (workspace_id, segment_id) REFERENCES public.segments(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.segments
    ADD CONSTRAINT segments_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;
