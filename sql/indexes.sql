-- Indexes that make counting fast and that no constraint needs. `segsql init` applies this file after the
-- migrations, statement by statement and outside a transaction, because CONCURRENTLY allows no other way;
-- with psql: psql -f indexes.sql, without -1. Sizes and gains were measured on 1,000,000 contacts and
-- 2,000,000 tag rows (`python -m benchmarks indexes`; the whole table of it is in benchmarks/README.md).
--
-- Already there: contacts by id (members in order, ranges of a shared scan) and tags by contact are primary
-- keys, contacts by address the unique index contacts_email_key, events by message email_events_message.
-- Left out on purpose: contact_activity by last_open_at, 1.3 times faster at 2 % and half as fast at 6 %,
-- and it nearly halves the write rate of the busiest table.

-- created_at: eq, gt, gte, lt, lte, within_days. 41 MB; 7 times faster where 1 % of the contacts match, 1.3 times
-- at 10 %.
CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_created_at ON contacts (workspace_id, created_at);

-- tags contains: from a rare tag to its contacts, without reading the others: 1.3 times faster where 4 % have it,
-- and more the rarer it is. It also finds the rows that are deleted with a tag. 145 MB where rows came in the order
-- of contacts, 104 MB built afterwards.
CREATE INDEX CONCURRENTLY IF NOT EXISTS contact_tags_tag ON contact_tags (workspace_id, tag_id, contact_id);

-- Opt-in. Worth their space where segments ask for the value often and few contacts have it.
--
-- country eq, in: 7 MB; 1.2 times faster at 12 %.
-- CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_country ON contacts (workspace_id, country);
--
-- A custom TEXT or DROPDOWN_SINGLE field, here "plan", eq and in: 7 MB; 1.4 times faster at 20 %,
-- 550 times for a value that nobody has.
-- CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_fields_plan ON contacts (workspace_id, (fields ->> 'plan'));
--
-- A custom NUMBER field, here "age": 32 MB; 28 times faster at 1 %, slower at 50 %. The guard keeps
-- values that are no numbers from failing the cast.
-- CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_fields_age ON contacts (workspace_id,
--     (CASE WHEN jsonb_typeof(fields -> 'age') = 'number' THEN (fields ->> 'age')::numeric END));
--
-- email contains, with the extension pg_trgm: 33 MB; 35 times faster for five characters, nothing gained for two.
-- CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_email_trigram ON contacts USING gin (lower(email) gin_trgm_ops);
