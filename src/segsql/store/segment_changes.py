"""Creating, editing and deleting segments for the API.

A request's body is sent as it came, and PostgreSQL takes the definition out of it: what is stored is what was
written, to the last digit.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from segsql.store.segment_pages import SHOWN, ShownSegment, json_of
from segsql.store.tables import MAX_ID, segments, workspaces

_BEYOND = sa.text("""
    SELECT setval(number.generator, greatest(nextval(number.generator), max(s.id)))
    FROM (SELECT pg_get_serial_sequence('segments', 'id')::regclass AS generator) number
    JOIN segments s ON s.workspace_id = :workspace_id
    GROUP BY number.generator
""")
"""Other programs may choose ids of their own: where the next number is taken, those beyond all of them are not."""


def hold_workspace(connection: sa.Connection, workspace_id: int) -> bool:
    """Let nobody delete the workspace before this transaction has ended; False where somebody has."""
    one = sa.select(workspaces.c.id).where(workspaces.c.id == workspace_id)
    return connection.scalar(one.with_for_update(read=True, key_share=True)) is not None


def has_room(connection: sa.Connection, workspace_id: int) -> bool:
    """Whether the workspace's plan allows one more segment.

    Where the plan has a limit, whoever asks next waits until this transaction has ended: of many who ask for the
    last place, one gets it. Writers of contacts do not wait.
    """
    limit = sa.select(workspaces.c.segment_limit).where(workspaces.c.id == workspace_id)
    if connection.scalar(limit) is None:
        return True
    most = connection.scalar(limit.with_for_update(key_share=True))
    own = sa.select(sa.func.count()).select_from(segments).where(segments.c.workspace_id == workspace_id)
    return most is None or connection.execute(own).scalar_one() < most


def lock_definitions(connection: sa.Connection, workspace_id: int) -> None:
    """Let no other edit of the workspace's definitions come between: two may not make a circle of references."""
    connection.execute(
        sa.select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update(key_share=True)
    )


def add_segment(connection: sa.Connection, workspace_id: int, name: str, body: str) -> ShownSegment:
    """Store a segment; its definition is the member `filters` of the JSON text `body`."""
    values = {"workspace_id": workspace_id, "name": name, "definition": _definition(body)}
    insert = postgresql.insert(segments).values(values).on_conflict_do_nothing().returning(*SHOWN)
    while (row := connection.execute(insert).one_or_none()) is None:
        connection.execute(_BEYOND, {"workspace_id": workspace_id})
    return ShownSegment(*row)


def edit_segment(
    connection: sa.Connection, workspace_id: int, segment_id: int, *, name: str | None, body: str | None
) -> ShownSegment | None:
    """Change a segment's name, or its definition to the member `filters` of `body`, or both; None: it is not there.

    The count and its time stay until there are new ones.
    """
    if abs(segment_id) > MAX_ID:
        return None
    values: dict[str, object] = {} if name is None else {"name": name}
    if body is not None:
        values["definition"] = _definition(body)
    one = sa.update(segments).where(segments.c.workspace_id == workspace_id, segments.c.id == segment_id)
    row = connection.execute(one.values(values).returning(*SHOWN)).one_or_none()
    return None if row is None else ShownSegment(*row)


def delete_segment(connection: sa.Connection, workspace_id: int, segment_id: int) -> bool:
    """Delete a segment; False where it is not there."""
    one = sa.delete(segments).where(segments.c.workspace_id == workspace_id, segments.c.id == segment_id)
    return abs(segment_id) <= MAX_ID and connection.execute(one).rowcount == 1


def _definition(body: str) -> sa.ColumnElement[Any]:
    return sa.func.jsonb_extract_path(json_of(body), "filters")
