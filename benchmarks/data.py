"""The data of the loads, made by the server from numbers alone: the same rows every time."""

from __future__ import annotations

import psycopg

PLANS = ("free", "starter", "pro", "team", "enterprise")
COUNTRIES = ("DE", "US", "FR", "GB", "BR", "JP", "IN", "NL")
TAGS = 50

_CONTACTS = """
INSERT INTO contacts (workspace_id, id, email, status, country, fields, created_at, updated_at)
SELECT %(workspace)s, i,
       'user' || i || '@' || (ARRAY['example.com', 'example.org', 'example.net'])[1 + i %% 3],
       (ARRAY['subscribed', 'subscribed', 'subscribed', 'unsubscribed', 'bounced'])[1 + (i * 7) %% 5],
       (%(countries)s::text[])[1 + (i * 31 / 7) %% 8],
       jsonb_build_object('plan', (%(plans)s::text[])[1 + (i * 13 / 5) %% 5], 'score', (i * 7919) %% 1000),
       now() - make_interval(secs => (i * 48271) %% 63072000), now()
FROM generate_series(1, %(contacts)s::bigint) i
"""
_ACTIVITY = """
INSERT INTO contact_activity
    (workspace_id, contact_id, delivered_count, opens_count, clicks_count, last_open_at, last_click_at)
SELECT %(workspace)s, i, 20 + i %% 30, (i * 17) %% 20, (i * 29) %% 6,
       CASE WHEN (i * 17) %% 20 > 0 THEN now() - make_interval(secs => (i * 69621) %% 31536000) END,
       CASE WHEN (i * 29) %% 6 > 0 THEN now() - make_interval(secs => (i * 40692) %% 31536000) END
FROM generate_series(1, %(contacts)s::bigint) i
WHERE i %% 20 >= 3
"""
_TAGS = "INSERT INTO tags SELECT %(workspace)s, i, 'tag ' || i FROM generate_series(1, %(tags)s) i"
_CONTACT_TAGS = """
INSERT INTO contact_tags (workspace_id, contact_id, tag_id)
SELECT DISTINCT %(workspace)s, i, 1 + ((i * 7919 + n * n * 104729) %% (%(tags)s * (1 + n)) %% %(tags)s)
FROM generate_series(1, %(contacts)s::bigint) i, generate_series(1, 2) n
"""
_FIELDS = """
INSERT INTO contact_fields (workspace_id, id, key, name, type)
VALUES (%(workspace)s, 101, 'plan', 'Plan', 'TEXT'), (%(workspace)s, 102, 'score', 'Score', 'NUMBER')
"""


def fill(connection: psycopg.Connection, workspace: int, contacts: int) -> None:
    """Make one workspace with so many contacts; 85 % of them have activity, each has about two tags."""
    values = {
        "workspace": workspace,
        "contacts": contacts,
        "tags": TAGS,
        "countries": list(COUNTRIES),
        "plans": list(PLANS),
    }
    connection.execute("INSERT INTO workspaces (id, name) VALUES (%(workspace)s, 'load')", values)
    connection.execute("SELECT declare_builtin_fields(%(workspace)s)", values)
    for statement in (_FIELDS, _TAGS, _CONTACTS, _ACTIVITY, _CONTACT_TAGS):
        connection.execute(statement, values)
