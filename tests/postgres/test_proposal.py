"""`segsql map` on the foreign schemas: what it proposes is at most five edits away from what is right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, is_dataclass

import pytest

from postgres.conftest import connect
from postgres.foreign import FOREIGN, create, mapping_of
from segsql.catalog.mapping_file import default_mapping, read_mapping
from segsql.proposal import propose
from segsql.store import Database

MOST_EDITS = 5

SAMPLES = {
    "newsletter": """
        INSERT INTO subscribers (email, attribs)
        SELECT n || '@example.org', jsonb_build_object(
            'note', 'row ' || n, 'plan', (ARRAY['free', 'pro'])[n % 2 + 1], 'score', n, 'vip', n % 3 = 0,
            'birthday', '1990-01-17', 'interests', '["art"]'::jsonb, 'address', jsonb_build_object('country', 'LV')
        ) FROM generate_series(1, 30) n
    """,
    "events": """
        INSERT INTO tenants (id, name) VALUES (1, 'one');
        INSERT INTO profiles (tenant_id, id, properties)
        SELECT 1, 'p' || n, json_build_object(
            'first_name', 'A' || n, 'last_name', 'B', 'country', 'LV', 'status', 'subscribed', 'note', 'row ' || n,
            'plan', (ARRAY['free', 'pro'])[n % 2 + 1], 'score', n, 'vip', n % 3 = 0, 'birthday', '1990-01-17',
            'interests', '["art"]'::json
        ) FROM generate_series(1, 30) n;
        INSERT INTO events (tenant_id, profile_id, name, message_id, occurred_at)
        SELECT 1, 'p1', name, 'm', now()
        FROM unnest(ARRAY['page_viewed', 'email_delivered', 'email_opened', 'email_clicked', 'signed_up']) AS name
    """,
}
"""Rows where only values say what is meant: keys of JSON, words for kinds of events."""


def proposed(dsn: str, schema: str | None = None) -> str:
    with closing(Database(dsn)) as database:
        proposal = propose(database, schema)
    assert proposal.problems == ()
    return proposal.text


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """The keys of a model with their values: what a line of the file says."""
    if is_dataclass(value):
        for each in fields(value):
            yield from leaves(getattr(value, each.name), f"{path}.{each.name}")
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            is_named = isinstance(each, tuple) and each and isinstance(each[0], str)
            name = each[0] if is_named else getattr(each, "key", getattr(each, "kind", number))
            yield from leaves(each[1:] if is_named else each, f"{path}[{name}]")
    elif value is not None:
        yield path, value


def edits(one: object, other: object) -> list[str]:
    left, right = dict(leaves(one)), dict(leaves(other))
    return sorted(key for key in {**left, **right} if left.get(key) != right.get(key))


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_schema_needs_few_edits(empty_dsn: str, name: str) -> None:
    with connect(empty_dsn) as connection:
        create(connection, name)
        connection.execute(SAMPLES.get(name, "").encode())
    text = proposed(empty_dsn)
    wrong = edits(read_mapping(text, "proposed"), mapping_of(name))
    assert len(wrong) <= MOST_EDITS, wrong


def test_the_default_schema_needs_none(dsn: str) -> None:
    assert edits(read_mapping(proposed(dsn), "proposed"), default_mapping()) == []
