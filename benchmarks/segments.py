"""Mixed segments, each as a definition and as the count that a good SQL writer would write by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from benchmarks.data import COUNTRIES, PLANS, TAGS


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition both ways; `activity` tells whether the SQL reads the rollup, as `a`, and how."""

    field: str
    operator: str
    value: object
    sql: str
    activity: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A definition (JSON text) and the hand-written count, whose `{workspace}` is open."""

    definition: str
    sql: str


def _opens(random: Random) -> Condition:
    n = random.randint(1, 18)
    return Condition("opens_count", "gte", n, f"a.opens_count >= {n}", "JOIN")


def _opened_within(random: Random) -> Condition:
    n = random.randint(7, 300)
    sql = f"a.last_open_at >= now() - interval '{n} days' AND a.last_open_at <= now()"
    return Condition("last_open_at", "within_days", n, sql, "JOIN")


def _never_clicked(random: Random) -> Condition:
    del random
    return Condition("last_click_at", "not_exists", None, "a.last_click_at IS NULL", "LEFT JOIN")


def _open_rate(random: Random) -> Condition:
    n = random.randint(1, 60)
    sql = f"a.delivered_count > 0 AND 100 * least(a.opens_count, a.delivered_count) >= {n} * a.delivered_count"
    return Condition("open_rate", "gte", n, sql, "JOIN")


def _tagged(random: Random) -> Condition:
    ids = sorted(random.sample(range(1, TAGS + 1), random.randint(1, 3)))
    return Condition("tags", "contains", ids, f"EXISTS ({_tag_rows(ids)})")


def _untagged(random: Random) -> Condition:
    ids = sorted(random.sample(range(1, TAGS + 1), random.randint(1, 3)))
    return Condition("tags", "not_contains", ids, f"NOT EXISTS ({_tag_rows(ids)})")


def _tag_rows(ids: list[int]) -> str:
    return (
        "SELECT FROM contact_tags t WHERE t.workspace_id = {workspace} AND t.contact_id = c.id "
        f"AND t.tag_id IN ({', '.join(map(str, ids))})"
    )


def _country(random: Random) -> Condition:
    country = random.choice(COUNTRIES)
    return Condition("country", "eq", country, f"c.country = '{country}'")


def _not_country(random: Random) -> Condition:
    country = random.choice(COUNTRIES)
    return Condition("country", "neq", country, f"c.country IS DISTINCT FROM '{country}'")


def _plan(random: Random) -> Condition:
    plans = sorted(random.sample(PLANS, 2))
    quoted = ", ".join(f"'{plan}'" for plan in plans)
    return Condition("plan", "in", plans, f"c.fields->>'plan' IN ({quoted})")


def _score(random: Random) -> Condition:
    n = random.randint(1, 999)
    return Condition("score", "gte", n, f"(c.fields->>'score')::numeric >= {n}")


def _domain(random: Random) -> Condition:
    domain = random.choice(("example.com", "example.org"))
    return Condition("email", "ends_with", domain, f"lower(c.email) LIKE '%{domain}'")


def _email(random: Random) -> Condition:
    part = str(random.randint(10, 99))
    return Condition("email", "contains", part, f"lower(c.email) LIKE '%{part}%'")


def _status(random: Random) -> Condition:
    del random
    return Condition("status", "eq", "subscribed", "c.status = 'subscribed'")


_KINDS: tuple[Callable[[Random], Condition], ...] = (
    _opens, _opened_within, _never_clicked, _open_rate, _tagged, _untagged, _country,
    _not_country, _plan, _score, _domain, _email, _status,
)  # fmt: skip


def mixed_segments(number: int, seed: int = 1) -> list[Segment]:
    """So many segments of one to four conditions, a quarter of them under OR; always the same ones."""
    random = Random(seed)
    return [_segment(random) for _ in range(number)]


def _segment(random: Random) -> Segment:
    kinds = random.sample(_KINDS, random.choice((1, 2, 2, 3, 3, 4)))
    conditions = [kind(random) for kind in kinds]
    is_or = len(conditions) > 1 and random.random() < 0.25
    definition = {
        "matchType": "any" if is_or else "all",
        "filters": [{"field": one.field, "operator": one.operator, "value": one.value} for one in conditions],
    }
    joins = {one.activity for one in conditions if one.activity}
    join = "" if not joins else "LEFT JOIN" if is_or or joins == {"LEFT JOIN"} else "JOIN"
    if joins == {"JOIN", "LEFT JOIN"} and not is_or:
        join = "JOIN"
    activity = f"{join} contact_activity a ON a.workspace_id = c.workspace_id AND a.contact_id = c.id " if join else ""
    glue = " OR " if is_or else " AND "
    where = glue.join(f"({one.sql})" for one in conditions)
    sql = (
        f"SELECT count(*) FROM contacts c {activity}"
        f"WHERE c.workspace_id = {{workspace}} AND c.deleted_at IS NULL AND ({where})"
    )
    return Segment(json.dumps(definition), sql)
