"""Mixed segments, each as a definition and as the count that a good SQL writer would write by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from benchmarks.data import COUNTRIES, NUMBER_KEYS, PLANS, TAGS, TEXT_KEYS

READY_MADE = 20
"""Shapes that all workspaces of the fleet share, as a product offers some ready-made segments."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition both ways; `activity` tells whether the SQL reads the rollup, as `a`, and how."""

    field: str
    operator: str
    value: object
    sql: str
    arguments: tuple[object, ...] = ()
    activity: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A definition (JSON text) and the hand-written count, with `%s` for each of its arguments."""

    workspace_id: int
    id: int
    definition: str
    sql: str
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """Where a condition's values come from: the dice, and the workspace with its fields."""

    random: Random
    workspace_id: int

    @property
    def text_key(self) -> str:
        """The workspace's custom TEXT field."""
        return TEXT_KEYS[(self.workspace_id - 1) % 4]

    @property
    def number_key(self) -> str:
        """The workspace's custom NUMBER field."""
        return NUMBER_KEYS[(self.workspace_id - 1) % 4]

    def tags(self) -> list[int]:
        """One to three of the workspace's tags."""
        return sorted(self.random.sample(range(1, TAGS + 1), self.random.randint(1, 3)))


def _opens(draw: Draw) -> Condition:
    n = draw.random.randint(1, 18)
    return Condition("opens_count", "gte", n, "a.opens_count >= %s", (n,), "JOIN")


def _opened_within(draw: Draw) -> Condition:
    n = draw.random.randint(7, 300)
    sql = "a.last_open_at >= now() - make_interval(days => %s) AND a.last_open_at <= now()"
    return Condition("last_open_at", "within_days", n, sql, (n,), "JOIN")


def _never_clicked(draw: Draw) -> Condition:
    del draw
    return Condition("last_click_at", "not_exists", None, "a.last_click_at IS NULL", (), "LEFT JOIN")


def _open_rate(draw: Draw) -> Condition:
    n = draw.random.randint(1, 60)
    sql = "a.delivered_count > 0 AND 100 * least(a.opens_count, a.delivered_count) >= %s * a.delivered_count"
    return Condition("open_rate", "gte", n, sql, (n,), "JOIN")


_TAG_ROWS = "SELECT FROM contact_tags t WHERE t.workspace_id = %s AND t.contact_id = c.id AND t.tag_id = ANY(%s)"


def _tagged(draw: Draw) -> Condition:
    ids = draw.tags()
    return Condition("tags", "contains", ids, f"EXISTS ({_TAG_ROWS})", (draw.workspace_id, ids))


def _untagged(draw: Draw) -> Condition:
    ids = draw.tags()
    return Condition("tags", "not_contains", ids, f"NOT EXISTS ({_TAG_ROWS})", (draw.workspace_id, ids))


def _country(draw: Draw) -> Condition:
    country = draw.random.choice(COUNTRIES)
    return Condition("country", "eq", country, "c.country = %s", (country,))


def _not_country(draw: Draw) -> Condition:
    country = draw.random.choice(COUNTRIES)
    return Condition("country", "neq", country, "c.country IS DISTINCT FROM %s", (country,))


def _plan(draw: Draw) -> Condition:
    plans = sorted(draw.random.sample(PLANS, 2))
    return Condition(draw.text_key, "in", plans, f"c.fields->>'{draw.text_key}' = ANY(%s)", (plans,))


def _score(draw: Draw) -> Condition:
    n = draw.random.randint(1, 999)
    return Condition(draw.number_key, "gte", n, f"(c.fields->>'{draw.number_key}')::numeric >= %s", (n,))


def _domain(draw: Draw) -> Condition:
    domain = draw.random.choice(("example.com", "example.org"))
    return Condition("email", "ends_with", domain, "lower(c.email) LIKE %s", (f"%{domain}",))


def _email(draw: Draw) -> Condition:
    part = str(draw.random.randint(10, 99))
    return Condition("email", "contains", part, "lower(c.email) LIKE %s", (f"%{part}%",))


def _status(draw: Draw) -> Condition:
    del draw
    return Condition("status", "eq", "subscribed", "c.status = %s", ("subscribed",))


Kind = Callable[[Draw], Condition]

_KINDS: tuple[Kind, ...] = (
    _opens, _opened_within, _never_clicked, _open_rate, _tagged, _untagged, _country,
    _not_country, _plan, _score, _domain, _email, _status,
)  # fmt: skip
_OR_SHARE = 0.25


def mixed_segments(number: int, workspace_id: int = 1, seed: int = 1) -> list[Segment]:
    """So many segments of one to four conditions, a quarter of them under OR; always the same ones."""
    draw = Draw(Random(seed), workspace_id)
    return [_segment(draw, position, _kinds(draw.random), _OR_SHARE) for position in range(1, number + 1)]


def fleet_segments(number: int, workspace_id: int) -> list[Segment]:
    """A workspace's segments: half of ready-made shapes, half of its own; the values are its own in both."""
    ready_made = Random(1)
    shapes = [(_kinds(ready_made), float(ready_made.random() < _OR_SHARE)) for _ in range(READY_MADE)]
    draw = Draw(Random(workspace_id), workspace_id)
    drawn = draw.random.sample(shapes, min(number // 2, READY_MADE))
    drawn += [(_kinds(draw.random), _OR_SHARE) for _ in range(number - len(drawn))]
    return [_segment(draw, position, kinds, or_share) for position, (kinds, or_share) in enumerate(drawn, start=1)]


def _kinds(random: Random) -> list[Kind]:
    return random.sample(_KINDS, random.choice((1, 2, 2, 3, 3, 4)))


def _segment(draw: Draw, position: int, kinds: list[Kind], or_share: float) -> Segment:
    conditions = [kind(draw) for kind in kinds]
    is_or = len(conditions) > 1 and draw.random.random() < or_share
    definition = {
        "matchType": "any" if is_or else "all",
        "filters": [{"field": one.field, "operator": one.operator, "value": one.value} for one in conditions],
    }
    joins = {one.activity for one in conditions if one.activity}
    join = "" if not joins else "LEFT JOIN" if is_or or joins == {"LEFT JOIN"} else "JOIN"
    activity = f"{join} contact_activity a ON a.workspace_id = c.workspace_id AND a.contact_id = c.id " if join else ""
    where = (" OR " if is_or else " AND ").join(f"({one.sql})" for one in conditions)
    sql = f"SELECT count(*) FROM contacts c {activity}WHERE c.workspace_id = %s AND c.deleted_at IS NULL AND ({where})"
    arguments = (draw.workspace_id, *(each for one in conditions for each in one.arguments))
    return Segment(draw.workspace_id, position, json.dumps(definition), sql, arguments)
