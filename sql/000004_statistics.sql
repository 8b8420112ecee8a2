-- Statistics that the planner has no other source of.

-- The unique index on addresses is partial, and the planner does not use what ANALYZE learns of a partial
-- index's expressions: it would take each address for half a percent of the contacts, and read all of them
-- for a list of fifty. With 300,000 contacts and 100 addresses: 0.5 ms instead of 44.
CREATE STATISTICS contacts_email_lower ON lower(email) FROM contacts;

INSERT INTO segsql_migrations (version, name) VALUES (4, '000004_statistics.sql');
