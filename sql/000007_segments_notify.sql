-- Tells whoever listens (segsql worker) that a workspace has a segment that is new or edited.

-- A hint and no more: the payload is the workspace's id, equal ones of a transaction arrive as one, and whatever
-- is missed is found by looking. Counts and names change no definition, and tell nobody. Functions of other
-- schemas in the database use the same channel: what they say of another schema's workspace costs a look.
--
-- Commits that notify wait for each other, and a transaction that has notified can't be prepared for a two-phase
-- commit. Where that hurts: ALTER TABLE segments DISABLE TRIGGER USER would also stop updated_at, so name the two,
-- segments_notify_new and segments_notify_edited; the worker then polls.
CREATE FUNCTION notify_of_segment() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_notify('segsql_segments', NEW.workspace_id::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER segments_notify_new AFTER INSERT ON segments
FOR EACH ROW EXECUTE FUNCTION notify_of_segment();

CREATE TRIGGER segments_notify_edited AFTER UPDATE OF definition ON segments
FOR EACH ROW WHEN (OLD.definition IS DISTINCT FROM NEW.definition)
EXECUTE FUNCTION notify_of_segment();

INSERT INTO segsql_migrations (version, name) VALUES (7, '000007_segments_notify.sql');
