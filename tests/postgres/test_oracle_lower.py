"""What the naive evaluator believes of PostgreSQL, asked of PostgreSQL: `lower()`, and numbers in jsonb."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from properties.pools import NUMBERS
from properties.texts import number_text, simple_lower
from properties.world import WORLD, load

if TYPE_CHECKING:
    import psycopg

    from properties.model import Workspace

pytestmark = pytest.mark.planner


def test_lower_is_the_servers(db: psycopg.Connection[Any]) -> None:
    """For the characters of Unicode 3.2, whose mappings every server and Python have long agreed on."""
    known = [
        chr(point)
        for point in range(1, 0x110000)
        if unicodedata.ucd_3_2_0.category(chr(point)) not in {"Cn", "Cs", "Co"}
    ]
    rows = db.execute("SELECT c, lower(c) FROM unnest(%s::text[]) c", (known,)).fetchall()
    assert len(rows) == len(known) > 90_000
    assert not [(c, lower) for c, lower in rows if lower != simple_lower(c)]


def test_lower_of_each_stored_text_is_the_servers(db: psycopg.Connection[Any]) -> None:
    """Whole texts, where a mapping that looks at neighbours (a final sigma) would show."""
    stored = sorted({text for workspace in WORLD.workspaces for text in _texts(workspace)})
    rows = db.execute("SELECT t, lower(t) FROM unnest(%s::text[]) t", (stored,)).fetchall()
    assert len(rows) > 100
    assert not [(text, lower) for text, lower in rows if lower != simple_lower(text)]


def _texts(workspace: Workspace) -> set[str]:
    values = [value for contact in workspace.contacts for value in contact.fields.values()]
    values += [contact.email for contact in workspace.contacts]
    values += [contact.last_name for contact in workspace.contacts]
    return {value for value in values if isinstance(value, str)}


def test_number_text_is_the_servers(db: psycopg.Connection[Any]) -> None:
    spellings = [*(str(number) for number in NUMBERS), "1.50e1", "0.0e-5", "-0e0", "0e10", "12e-1"]
    rows = db.execute("SELECT n, ('[' || n || ']')::jsonb ->> 0 FROM unnest(%s::text[]) n", (spellings,))
    assert not [(n, printed) for n, printed in rows if printed != number_text(Decimal(n))]


def test_the_world_loads_and_events_give_the_same_rollup(db: psycopg.Connection[Any]) -> None:
    load(WORLD, db)
    written = db.execute("SELECT * FROM contact_activity ORDER BY 1, 2").fetchall()
    (contacts,) = db.execute("SELECT count(*) FROM contacts WHERE deleted_at IS NULL").fetchone() or (None,)
    assert contacts == sum(len(workspace.living) for workspace in WORLD.workspaces)
    db.execute("TRUNCATE workspaces CASCADE")
    load(WORLD, db, activity="events")
    rolled_up = db.execute("SELECT * FROM contact_activity ORDER BY 1, 2").fetchall()
    assert rolled_up == [row for row in written if row[2:] != (0, 0, 0, None, None)]
