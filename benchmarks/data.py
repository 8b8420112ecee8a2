"""The data of the loads, made by the server from numbers alone: the same rows every time."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

PLANS = ("free", "starter", "pro", "team", "enterprise")
COUNTRIES = ("DE", "US", "FR", "GB", "BR", "JP", "IN", "NL")
TAGS = 50
TEXT_KEYS = ("plan", "tier", "package", "level")
NUMBER_KEYS = ("score", "points", "rating", "value")
"""A workspace's two custom fields are named in one of four ways."""

_WORKSPACES = "INSERT INTO workspaces (id, name) SELECT unnest(%(workspaces)s::bigint[]), 'load'"
_BUILTINS = "SELECT count(declare_builtin_fields(id)) FROM workspaces"
_FIELDS = """
INSERT INTO contact_fields (workspace_id, id, key, name, type)
SELECT w.id, f.id, f.keys[1 + (w.id - 1) %% 4], 'Custom', f.type
FROM workspaces w, (VALUES (101, %(text_keys)s::text[], 'TEXT'), (102, %(number_keys)s::text[], 'NUMBER'))
    f (id, keys, type)
"""
_TAGS = "INSERT INTO tags SELECT w.id, i, 'tag ' || i FROM workspaces w, generate_series(1, %(tags)s) i"
_ARRIVALS = """
CREATE TEMP TABLE arrivals AS
SELECT workspace_id, i, i + (workspace_id - 1) * 7919 AS n,
       row_number() OVER (ORDER BY hashint8extended(
           (workspace_id << 32) + CASE WHEN i <= contacts / 2 THEN i / 50 ELSE i END, 0), i) AS id
FROM unnest(%(workspaces)s::bigint[], %(contacts)s::bigint[]) w (workspace_id, contacts),
     generate_series(1, contacts) i
"""
"""Half of a workspace's contacts come as lists of 50, half one by one; all workspaces' among one another.

The id is the place in that order. `n` is what the values of a contact are made from.
"""
_CONTACTS = """
INSERT INTO contacts (workspace_id, id, email, status, country, fields, created_at, updated_at)
SELECT workspace_id, id,
       'user' || i || '@' || (ARRAY['example.com', 'example.org', 'example.net'])[1 + i %% 3],
       (ARRAY['subscribed', 'subscribed', 'subscribed', 'unsubscribed', 'bounced'])[1 + (n * 7) %% 5],
       (%(countries)s::text[])[1 + (n * 31 / 7) %% 8],
       jsonb_build_object((%(text_keys)s::text[])[1 + (workspace_id - 1) %% 4],
                          (%(plans)s::text[])[1 + (n * 13 / 5) %% 5],
                          (%(number_keys)s::text[])[1 + (workspace_id - 1) %% 4], (n * 7919) %% 1000),
       now() - make_interval(secs => (n * 48271) %% 63072000), now()
FROM arrivals ORDER BY id
"""
_ACTIVITY = """
INSERT INTO contact_activity
    (workspace_id, contact_id, delivered_count, opens_count, clicks_count, last_open_at, last_click_at)
SELECT workspace_id, id, 20 + n %% 30, (n * 17) %% 20, (n * 29) %% 6,
       CASE WHEN (n * 17) %% 20 > 0 THEN now() - make_interval(secs => (n * 69621) %% 31536000) END,
       CASE WHEN (n * 29) %% 6 > 0 THEN now() - make_interval(secs => (n * 40692) %% 31536000) END
FROM arrivals WHERE n %% 20 >= 3 ORDER BY id
"""
_CONTACT_TAGS = """
INSERT INTO contact_tags (workspace_id, contact_id, tag_id)
SELECT DISTINCT workspace_id, id, 1 + ((n * 7919 + m * m * 104729) %% (%(tags)s * (1 + m)) %% %(tags)s)
FROM arrivals, generate_series(1, 2) m
ORDER BY id
"""


def fill(connection: psycopg.Connection, contacts: Mapping[int, int]) -> None:
    """Make workspaces, each with so many contacts; 85 % of them have activity, each has about two tags."""
    values = {
        "workspaces": list(contacts),
        "contacts": list(contacts.values()),
        "tags": TAGS,
        "countries": list(COUNTRIES),
        "plans": list(PLANS),
        "text_keys": list(TEXT_KEYS),
        "number_keys": list(NUMBER_KEYS),
    }
    made = (_WORKSPACES, _BUILTINS, _FIELDS, _TAGS, _ARRIVALS, _CONTACTS, _ACTIVITY, _CONTACT_TAGS)
    for statement in made:
        connection.execute(statement.encode(), values)
    connection.execute("DROP TABLE arrivals")
    connection.execute("VACUUM ANALYZE")
