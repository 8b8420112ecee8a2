"""`segsql keys`."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import psycopg

    from cli.process import Inside

BOTH = ("--scope", "segments:write", "--scope", "segments:read", "--scope", "segments:read")


@pytest.fixture(autouse=True)
def _workspaces(db: psycopg.Connection) -> None:
    db.execute("INSERT INTO workspaces (id, name) VALUES (1, 'W'), (2, 'W')")


def test_a_key_is_made_and_stored_as_a_hash(inside: Inside, db: psycopg.Connection) -> None:
    made = inside.ok("keys", "create", "-w", "1", *BOTH, "--format", "json").json
    assert list(made) == ["id", "key", "workspace_id", "scopes"]
    assert (made["workspace_id"], made["scopes"]) == (1, ["segments:read", "segments:write"])
    assert re.fullmatch(r"seg_[A-Za-z0-9]{8}_[A-Za-z0-9]{43}", made["key"])
    rows = db.execute("SELECT id, prefix, key_hash, scopes, revoked_at FROM api_keys").fetchall()
    digest = hashlib.sha256(made["key"].encode()).digest()
    assert rows == [(made["id"], made["key"][:12], digest, made["scopes"], None)]


def test_a_table_is_the_key_alone(inside: Inside) -> None:
    done = inside.ok("keys", "create", "-w", "1", "--scope", "segments:read")
    assert re.fullmatch(r"seg_[A-Za-z0-9]{8}_[A-Za-z0-9]{43}\n", done.out)
    assert done.err == "Key 1 of workspace 1, for segments:read: it is not shown again.\n"


def test_what_can_not_be_made(inside: Inside) -> None:
    done = inside("keys", "create", "-w", "9", "--scope", "segments:read")
    assert (done.code, done.err.splitlines()[0]) == (2, "segsql: There is no workspace 9")
    assert inside("keys", "create", "-w", str(2**70), "--scope", "segments:read").code == 2
    assert inside("keys", "create", "-w", "1").code == 2
    assert inside("keys", "create", "-w", "1", "--scope", "everything").code == 2
    assert inside("keys", "create", "--scope", "segments:read").code == 2


def test_keys_are_listed_and_revoked(inside: Inside) -> None:
    keys = [inside.ok("keys", "create", "-w", w, *BOTH).out.strip() for w in ("1", "1", "2")]
    listed = inside.ok("keys", "list", "--format", "json").json
    assert [(key["id"], key["workspace_id"], key["prefix"]) for key in listed] == [
        (1, 1, keys[0][:12]),
        (2, 1, keys[1][:12]),
        (3, 2, keys[2][:12]),
    ]
    assert {key["revoked_at"] for key in listed} == {None}
    assert listed[0]["scopes"] == ["segments:read", "segments:write"]
    table = inside.ok("keys", "list", "-w", "2").out
    assert keys[2][:12] in table
    assert keys[0][:12] not in table
    assert keys[2] not in table
    assert inside.ok("keys", "list", "-w", "9", "--format", "json").json == []

    assert inside.ok("keys", "revoke", "1").err == "Key 1 is revoked.\n"
    revoked = inside.ok("keys", "list", "--format", "json").json
    assert [key["revoked_at"] is None for key in revoked] == [False, True, True]
    assert inside.ok("keys", "revoke", keys[0][:12]).err == "Key 1 is revoked.\n"
    assert inside.ok("keys", "list", "--format", "json").json == revoked
    assert inside.ok("keys", "revoke", keys[2][:12], "-w", "2").err == "Key 3 is revoked.\n"


def test_what_can_not_be_revoked(inside: Inside, db: psycopg.Connection) -> None:
    for name in ("9", "nobody", "-w 1", ""):
        done = inside("keys", "revoke", "--", name)
        assert (done.code, done.err.splitlines()[0]) == (2, f"segsql: There is no key {name}")
    for workspace_id in (1, 2):
        db.execute("INSERT INTO api_keys VALUES (%s, 50, 'seg_same', '', '{}')", (workspace_id,))
    done = inside("keys", "revoke", "seg_same")
    assert done.err.splitlines() == [
        "segsql: Several workspaces have a key seg_same: 1, 2",
        "  Say which one with -w ID.",
    ]
    assert inside("keys", "revoke", "50", "-w", "2").code == 0
