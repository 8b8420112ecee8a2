"""Random definitions on a real server: the compiled statements against the naive evaluator, and the laws.

Every tree is drawn for one of the world's workspaces and looked at from an instant of that workspace.
`SEGSQL_EXAMPLES` says how many examples each test draws (a few draw a fraction of it); together the tests
compile more than four trees an example. Nothing here needs a session: a pooler in transaction mode will do.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations, islice, pairwise, product
from random import Random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from postgres.conftest import connect, database
from properties import near, oracle
from properties.catalogs import catalog_of
from properties.model import Activity, json_text
from properties.pools import SEEN_KEY
from properties.strategies import OPERATORS, complement, definitions, moments, shuffled
from properties.world import DAY_BOUNDARIES, NOW, WORLD, load
from segsql.catalog import ArrayType, Id, Tables, TagArray, default_tables
from segsql.compiler import MAX_SCAN_CONDITIONS, MAX_SCAN_SEGMENTS, WorkspaceCompiler, compile_segment
from segsql.plan import AUTO, ActivityStrategy, Forced, Output, TagStrategy, codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

    from properties.model import Definition, Workspace
    from segsql.render import Statement

EXAMPLES = int(os.environ.get("SEGSQL_EXAMPLES", "500"))


@dataclass(frozen=True)
class Reach:
    """How tags and activity are reached: what the catalog names, and what is forced."""

    tables: Tables
    forced: Forced = AUTO


DEFAULT = Reach(default_tables())
ARRAY = Reach(replace(default_tables(), tag_array=TagArray("tag_ids", ArrayType.INTEGER)))
EVENTS_ALONE = Reach(replace(default_tables(), activity=None))
OF_THE_CATALOG = (DEFAULT, ARRAY, EVENTS_ALONE)
"""The databases of these tests have all that any catalog names: a column of tags, the rollup, and its events."""

FORCED = tuple(Reach(ARRAY.tables, Forced(tags, activity)) for tags, activity in product(TagStrategy, ActivityStrategy))
STRATEGIES = (*OF_THE_CATALOG, *FORCED)
EACH_ONCE = (*OF_THE_CATALOG, *FORCED[::4])
"""Strategies of tags and of activity know nothing of each other: each is forced here, but not with each."""

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

FIRST_DRAWN = 1_000
"""The ids of drawn segments begin here, beside those that the workspaces have stored."""


def examples(share: float = 1) -> settings:
    return settings(
        max_examples=max(1, int(EXAMPLES * share)),
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@dataclass(frozen=True, repr=False)
class Case:
    """Definitions of one workspace, and the instant to look at them from."""

    workspace: Workspace
    now: datetime
    definitions: tuple[Definition, ...]

    def __repr__(self) -> str:
        """Without the workspace's thousands of values."""
        return "\n".join([f"{self.workspace}, {self.now!r}", *map(json_text, self.definitions)])

    def compiled(self, definition: Definition, output: Output, reach: Reach = DEFAULT) -> Statement:
        return compile_segment(
            definition,
            catalog_of(self.workspace, tables=reach.tables),
            workspace_id=self.workspace.id,
            now=self.now,
            output=output,
            strategy=reach.forced,
        )

    def compiler(self, *more: Definition, reach: Reach = DEFAULT) -> tuple[WorkspaceCompiler, list[int]]:
        """A compiler that has the definitions, and more of them, as segments; and their ids."""
        segments = dict[Id, object](enumerate((*self.definitions, *more), start=FIRST_DRAWN))
        catalog = catalog_of(self.workspace, segments, reach.tables)
        compiler = WorkspaceCompiler(catalog, workspace_id=self.workspace.id, now=self.now, strategy=reach.forced)
        return compiler, [int(id_) for id_ in segments]

    def expected(self, definition: Definition) -> list[int]:
        return oracle.members(definition, self.workspace, self.now)


def portions(compiler: WorkspaceCompiler, ids: Iterable[int]) -> list[list[int]]:
    return [[int(id_) for id_ in chunk] for chunk in compiler.chunks(ids)]


@st.composite
def cases(draw: st.DrawFn, at_least: int = 1, at_most: int = 1, only: Workspace | None = None) -> Case:
    workspace = only or draw(st.sampled_from(WORLD.workspaces))
    drawn = draw(st.lists(definitions(workspace), min_size=at_least, max_size=at_most))
    return Case(workspace, draw(moments(workspace)), tuple(drawn))


def conditions(definition: Definition) -> Iterator[Definition]:
    """Each condition of the tree as a definition of its own."""
    for part in definition["filters"]:
        if "filters" in part:
            yield from conditions(part)
        else:
            yield _alone(part)


def every_condition(workspace: Workspace) -> Iterator[Definition]:
    """Each field with each operator and each value that it stores, hits and near misses; tags and rates alike."""
    for field in workspace.fields:
        found = near.stored(workspace, field.source or f"$.{field.key}")
        for operator in (*OPERATORS[field.type], "exists", "not_exists"):
            for value in _values(field.type, operator, found, field.options):
                yield {"type": "field", "field_id": field.id, "operator": operator, "value": value}
        if field.type == "DATE":
            yield from ({"field": field.key, "operator": "within_days", "value": n} for n in near.DAYS_AGO)
    for key in ("it's", "100%", "nick", "ratio", SEEN_KEY):
        found = near.stored(workspace, f"$.{key}")
        for kind in ("TEXT", "NUMBER", "BOOLEAN"):
            for operator in (*OPERATORS[kind], "exists"):
                for value in _values(kind, operator, found, None):
                    word = "neq" if operator == "ne" else operator
                    yield {"field": f"metadata.{key}", "operator": word, "value": value}
        for days in near.DAYS_AGO:
            yield {"field": f"metadata.{key}", "operator": "within_days", "value": days}
    for some in (list(each) for size in range(1, 5) for each in combinations(workspace.tags, size)):
        yield from ({"type": "tags", "operator": one, "value": some} for one in OPERATORS["DROPDOWN_MULTIPLE"])
        yield {"type": "tags", "operator": "contains", "value": some, "match": "all"}
    for name, operator in product(("open_rate", "click_rate"), OPERATORS["NUMBER"]):
        for rate in (0, 1, Decimal("12.5"), 33, Decimal("33.3"), 50, 66, Decimal("99.5"), 100):
            word = "neq" if operator == "ne" else operator
            yield {"field": name, "operator": word, "value": rate}
    for name in ("tags", "open_rate", "click_rate"):
        yield {"field": name, "operator": "exists"}
    times = near.stored(workspace, "last_open_at")
    for operator, value in product(("is_after", "is_before"), _dates(times)):
        yield {"type": "last_activity", "operator": operator, "value": value}
    for days in near.DAYS_AGO:
        yield {"type": "last_activity", "operator": "within_last_days", "value": days}


def _values(kind: str, operator: str, found: near.Stored, options: tuple[str, ...] | None) -> Iterable[Any]:
    if operator in {"exists", "not_exists"}:
        return [None]
    match kind:
        case "TEXT" if operator in {"eq", "ne"}:
            return [*found.texts, *(text.swapcase() for text in found.texts)]
        case "TEXT" if operator in {"in", "not_in"}:
            return ([text.swapcase(), text[1:]] for text in found.texts)
        case "TEXT":
            halves = [half for text in found.texts for half in (text[: len(text) // 2], text[len(text) // 2 :])]
            whole = [text.swapcase() for text in found.texts]
            return list(dict.fromkeys(text for text in (*"%_\\", "\\%", "0_5", *halves, *whole) if text))
        case "NUMBER":
            steps = (Decimal(0), Decimal("1E-30"), Decimal("-1E-30"))
            moved = [near.EXACT.add(Decimal(number), step) for number in found.numbers for step in steps]
            return filter(near.fits, moved)
        case "BOOLEAN":
            return [True, False]
        case "DATE":
            return _dates(found)
        case "DROPDOWN_MULTIPLE":
            lists = [list(one) for one in found.lists if options is None or set(one) <= set(options)]
            return lists if operator in {"eq", "ne"} else filter(None, lists)
        case _:
            texts = near.ISO_COUNTRIES if kind == "COUNTRY" else options or found.texts
            return ([*texts[i : i + 2]] for i in range(len(texts))) if operator in {"in", "not_in"} else texts


def _dates(found: near.Stored) -> list[str]:
    """The days of what is stored and, to the microsecond, its times and those beside them."""
    steps = (timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1))
    usual = [moment for moment in found.instants if 1 < moment.year < 9999]
    times = [(moment + step).isoformat() for moment in usual for step in steps]
    return list(dict.fromkeys([*found.days, *(time[:10] for time in times), *times]))


def _alone(condition: Definition) -> Definition:
    """A definition of this one condition."""
    key, word = ("condition", "AND") if "type" in condition else ("matchType", "all")
    return {key: word, "filters": [condition]}


class Server:
    """Runs compiled statements."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def rows(self, statement: Statement) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement.sql.encode(), statement.params).fetchall()

    def ids(self, statement: Statement) -> list[int]:
        return [id_ for id_, _ in self.rows(statement)]

    def count(self, case: Case, definition: Definition, reach: Reach = DEFAULT) -> int:
        ((count,),) = self.rows(case.compiled(definition, Output.COUNT, reach))
        assert isinstance(count, int)
        return count


TAG_IDS = (
    "ALTER TABLE contacts ADD COLUMN tag_ids integer[]",
    """UPDATE contacts c SET tag_ids = coalesce(
        (SELECT array_agg(t.tag_id ORDER BY t.tag_id DESC) || CASE WHEN c.id % 3 = 0 THEN array_agg(t.tag_id) END
         FROM contact_tags t WHERE t.workspace_id = c.workspace_id AND t.contact_id = c.id),
        CASE WHEN c.id % 2 = 0 THEN '{}'::integer[] END)""",
)
"""Backwards, some of them twice; without tags empty or null."""


def load_every_way(connection: psycopg.Connection[Any]) -> None:
    """The world with its activity as events, of which the trigger makes the rollup, and its tags as an array too."""
    load(WORLD, connection, "events")
    for statement in TAG_IDS:
        connection.execute(statement.encode())
    connection.execute("ANALYZE")


@pytest.fixture(scope="module")
def server(server_dsn: str, template: str, worker: str) -> Iterator[Server]:
    """A database that holds the world and nothing else, every way round; nothing changes it."""
    with (
        database(server_dsn, f"segsql_{worker}_world", template) as dsn,
        connect(dsn) as connection,
    ):
        load_every_way(connection)
        yield Server(connection)


NOISE = (
    """INSERT INTO workspaces (id, name, timezone)
        SELECT id + 1000, 'Noise', 'Pacific/Auckland' FROM workspaces""",
    "INSERT INTO tags (workspace_id, id, name) SELECT workspace_id + 1000, id, 'noise' FROM tags",
    "INSERT INTO tags (workspace_id, id, name) SELECT DISTINCT workspace_id, 1000000, 'unknown' FROM tags",
    """INSERT INTO contacts (workspace_id, id, email, status, first_name, country, fields, created_at)
        SELECT workspace_id + 1000, id, email, status, first_name, country, fields, created_at FROM contacts
        WHERE deleted_at IS NULL""",
    """INSERT INTO contacts (workspace_id, id, email, status, last_name, country, fields, created_at, deleted_at)
        SELECT workspace_id, id + 10000000, email, status, last_name, country, fields, created_at, 'infinity'
        FROM contacts WHERE id < 10000000 AND workspace_id NOT BETWEEN 1000 AND 1099""",
    """INSERT INTO contact_tags (workspace_id, contact_id, tag_id)
        SELECT c.workspace_id, c.id, t.id FROM contacts c JOIN tags t ON t.workspace_id = c.workspace_id
        WHERE c.deleted_at IS NOT NULL OR c.workspace_id BETWEEN 1000 AND 1099 ON CONFLICT DO NOTHING""",
    """INSERT INTO contact_activity SELECT workspace_id, id, 4, 3, 2, created_at, created_at FROM contacts
        WHERE deleted_at IS NOT NULL OR workspace_id BETWEEN 1000 AND 1099 ON CONFLICT DO NOTHING""",
    """INSERT INTO email_events SELECT workspace_id, id, 10000 + m, k, created_at
        FROM contacts, generate_series(1, 3) m, unnest(ARRAY['delivered', 'open', 'click']) k
        WHERE deleted_at IS NOT NULL OR workspace_id BETWEEN 1000 AND 1099""",
    """UPDATE contacts SET tag_ids = ARRAY[1, 2, 3, 1000000]
        WHERE deleted_at IS NOT NULL OR workspace_id BETWEEN 1000 AND 1099""",
    "UPDATE contacts SET fields = fields || jsonb '{\"noise nobody asks for\": [1]}'",
)
"""Other workspaces with the same ids, deleted twins of the living, tags and activity of both, unknown keys."""


@pytest.fixture(scope="module")
def noisy(server_dsn: str, template: str, worker: str) -> Iterator[Server]:
    """A database that holds the world among rows that must not matter."""
    with (
        database(server_dsn, f"segsql_{worker}_noisy", template) as dsn,
        connect(dsn) as connection,
    ):
        load_every_way(connection)
        for statement in NOISE:
            connection.execute(statement.encode())
        yield Server(connection)


@examples(1.2)
@given(case=cases())
def test_the_members_are_the_evaluators(server: Server, case: Case) -> None:
    """With every strategy; and the count is their number, as the literal rendering finds it too."""
    (definition,) = case.definitions
    expected = case.expected(definition)
    event("trivial" if len(expected) in {0, len(case.workspace.living)} else "some are members")
    addresses = {contact.id: contact.email for contact in case.workspace.living}
    for statement in {case.compiled(definition, Output.MEMBERS, reach) for reach in EACH_ONCE}:
        assert server.rows(statement) == [(id_, addresses[id_]) for id_ in expected], statement.sql
    for statement in {case.compiled(definition, Output.COUNT, reach) for reach in EACH_ONCE}:
        assert server.rows(statement) == [(len(expected),)], statement.sql
    literal = case.compiled(definition, Output.COUNT).literal_sql()
    assert server.connection.execute(literal.encode()).fetchall() == [(len(expected),)], literal


@examples(0.6)
@given(case=cases(), reach=st.sampled_from(STRATEGIES))
def test_the_members_of_each_condition_are_the_evaluators(server: Server, case: Case, reach: Reach) -> None:
    """Where a tree has many, the others often hide what one of them gets wrong."""
    for condition in conditions(case.definitions[0]):
        statement = case.compiled(condition, Output.MEMBERS, reach)
        assert server.ids(statement) == case.expected(condition), (condition, statement.sql)


@pytest.mark.parametrize("reach", OF_THE_CATALOG, ids=["default", "array", "events alone"])
@pytest.mark.parametrize("workspace", WORLD.workspaces[:-1], ids=lambda workspace: workspace.name)
def test_every_operator_on_stored_values(server: Server, workspace: Workspace, reach: Reach) -> None:
    """By the thousand and not at random: edges that a draw seldom hits. In the scan, and some in place."""
    place = WORLD.workspaces.index(workspace)
    share = tuple(map(_alone, islice(every_condition(workspace), place, None, len(WORLD.workspaces) - 1)))
    case = Case(workspace, NOW, share)
    compiler, ids = case.compiler(reach=reach)
    expected = {id_: case.expected(definition) for id_, definition in zip(ids, share, strict=True)}
    for chunk in portions(compiler, ids):
        (counts,) = server.rows(compiler.scan(chunk).statement)
        wrong = [id_ for id_, count in zip(chunk, counts, strict=True) if count != len(expected[id_])]
        assert not [share[id_ - ids[0]] for id_ in wrong]
    for id_ in ids[::4]:
        assert server.ids(compiler.segment(id_, Output.MEMBERS)) == expected[id_], share[id_ - ids[0]]


@pytest.mark.parametrize("workspace", WORLD.workspaces[:-1], ids=lambda workspace: workspace.name)
def test_windows_begin_and_end_to_the_microsecond(server: Server, workspace: Workspace) -> None:
    """Looked at from just when a day begins there, and from beside it."""
    fields = ("birthday", "renewal", f"metadata.{SEEN_KEY}", "created_at")
    windows = [
        _alone({"field": field, "operator": "within_days", "value": days})
        for field, days in product(fields, near.DAYS_AGO)
    ]
    beginnings = [datetime.fromisoformat(f"{text}Z") for text in DAY_BOUNDARIES[workspace.timezone]]
    for beginning, step in product(beginnings, (timedelta(microseconds=each) for each in (-1, 0, 1))):
        case = Case(workspace, beginning + step, tuple(windows))
        compiler, ids = case.compiler()
        (counts,) = server.rows(compiler.scan(ids).statement)
        expected = [len(case.expected(window)) for window in windows]
        assert dict(enumerate(counts)) == dict(enumerate(expected)), (case.now, windows)


@pytest.mark.parametrize("missed", [0, 1])
def test_rates_of_counts_of_any_size(server: Server, missed: int) -> None:
    """Nothing overflows, and one message in 9,223,372,036,854,775,807 is not rounded away."""
    small, most = WORLD.workspaces[0], 2**63 - 1
    activity = Activity(delivered_count=most, opens_count=most - missed, clicks_count=missed)
    grown = replace(small, contacts=tuple(replace(one, activity=activity) for one in small.living))
    tests = product(("open_rate", "click_rate"), ("eq", "gt", "gte", "lt", "lte"), (0, 99, 100))
    rates = ({"field": name, "operator": operator, "value": value} for name, operator, value in tests)
    case = Case(grown, NOW, tuple(map(_alone, rates)))
    with server.connection.transaction(force_rollback=True):
        server.connection.execute("DELETE FROM contact_activity")
        server.connection.execute(
            "INSERT INTO contact_activity SELECT workspace_id, id, %s, %s, %s FROM contacts",
            (most, most - missed, missed),
        )
        for definition in case.definitions:
            assert server.count(case, definition) == len(case.expected(definition)), definition


@examples(0.12)
@given(case=cases(10, 14), random=st.randoms(use_true_random=False))
def test_a_shared_scan_counts_as_one_by_one(server: Server, case: Case, random: Random) -> None:
    """Also the workspace's stored segments, a complement, each condition alone, and one of them twice.

    And so do its branches, wherever the ids are cut.
    """
    scans_count_as_one_by_one(server, case, random)


@examples(0.12)
@given(case=cases(10, 14), random=st.randoms(use_true_random=False))
def test_codes_compare_as_their_values(server: Server, case: Case, random: Random) -> None:
    """The same with codes for whatever can have them, however few the tests."""
    with patch.multiple(codes, MIN_NUMBERS=1, MIN_RATES=1, MIN_TEXTS=-1_000_000):
        scans_count_as_one_by_one(server, case, random)


def scans_count_as_one_by_one(server: Server, case: Case, random: Random) -> None:
    more = [segment.definition for segment in case.workspace.segments]
    more += [complement(case.definitions[0]), *(one for whole in case.definitions for one in conditions(whole))]
    compiler, ids = case.compiler(*more)
    scan = compiler.scan([*ids, ids[0]])
    assert scan.segment_ids == (*ids, ids[0])
    (counts,) = server.rows(scan.statement)
    assert list(counts) == [len(case.expected(one)) for one in (*case.definitions, *more, case.definitions[0])]
    literal = scan.statement.literal_sql()
    assert server.connection.execute(literal.encode()).fetchall() == [counts], literal
    own = [contact.id for contact in case.workspace.contacts] or [1]
    cuts = sorted({*random.sample(own, min(3, len(own))), random.choice((-(2**63), 0, 2**63 - 1))})
    branches = compiler.scan([*ids, ids[0]], cuts).statement
    assert server.rows(branches) == [counts], branches.sql
    reached, _ = case.compiler(*more, reach=random.choice((ARRAY, EVENTS_ALONE)))
    branches = reached.scan([*ids, ids[0]], cuts).statement
    assert server.rows(branches) == [counts], branches.sql
    for id_, count in zip(ids, counts[: len(case.definitions)], strict=False):
        assert server.rows(compiler.segment(id_)) == [(count,)], scan.statement.sql


@examples(0.01)
@given(case=cases(14, 20), times=st.integers(2, 40))
def test_chunks_hold_what_one_scan_can_count(server: Server, case: Case, times: int) -> None:
    """All that compile, in order; as many in a chunk as there is room for."""
    compiler, ids = case.compiler({"matchType": "all", "filters": []})
    *valid, invalid = ids
    assert compiler.diagnostics(invalid)
    chunks = portions(compiler, [*valid, invalid, *valid * (times - 1)])
    assert [id_ for chunk in chunks for id_ in chunk] == valid * times
    size = {id_: _size(one, case.workspace) for id_, one in zip(valid, case.definitions, strict=True)}
    for chunk in chunks:
        assert len(chunk) <= MAX_SCAN_SEGMENTS
        assert sum(size[id_] for id_ in chunk) <= MAX_SCAN_CONDITIONS
    for chunk, following in pairwise(chunks):
        conditions = sum(size[id_] for id_ in (*chunk, following[0]))
        assert len(chunk) == MAX_SCAN_SEGMENTS or conditions > MAX_SCAN_CONDITIONS
    expected = [len(case.expected(definition)) for definition in case.definitions]
    counts = [count for chunk in chunks for count in server.rows(compiler.scan(chunk).statement)[0]]
    assert counts == expected * times


def _size(definition: Definition, workspace: Workspace) -> int:
    """How many conditions there are with the segments that are referred to in place."""
    if "filters" in definition:
        return sum(_size(part, workspace) for part in definition["filters"])
    if definition.get("type") != "segment":
        return 1
    referred = [segment for segment in workspace.segments if segment.id in definition["value"]]
    return sum(_size(segment.definition, workspace) for segment in referred)


@examples(0.8)
@given(case=cases(), reach=st.sampled_from(STRATEGIES))
def test_a_tree_and_its_complement_make_the_workspace(server: Server, case: Case, reach: Reach) -> None:
    (definition,) = case.definitions
    other = complement(definition)
    inside, outside = (set(server.ids(case.compiled(one, Output.MEMBERS, reach))) for one in (definition, other))
    assert not inside & outside
    assert inside | outside == {contact.id for contact in case.workspace.living}
    assert server.count(case, other, reach) == len(outside)
    assert outside == set(case.expected(other))


@examples(0.3)
@given(case=cases(), random=st.randoms(use_true_random=False), reach=st.sampled_from(STRATEGIES))
def test_the_order_of_filters_does_not_matter(server: Server, case: Case, random: Any, reach: Reach) -> None:
    (definition,) = case.definitions
    one, other = (
        server.ids(case.compiled(each, Output.MEMBERS, reach)) for each in (definition, shuffled(definition, random))
    )
    assert one == other


@examples(0.08)
@given(case=cases(3, 8))
def test_other_rows_do_not_matter(server: Server, noisy: Server, case: Case) -> None:
    """Neither other workspaces with the same ids, nor deleted contacts, nor tags and keys unknown to all."""
    for definition in case.definitions:
        for statement in {case.compiled(definition, Output.MEMBERS, reach) for reach in EACH_ONCE}:
            assert noisy.rows(statement) == server.rows(statement), statement.sql
    for reach in OF_THE_CATALOG:
        compiler, ids = case.compiler(reach=reach)
        scan = compiler.scan(ids).statement
        assert noisy.rows(scan) == server.rows(scan), scan.sql


@pytest.mark.parametrize("workspace", WORLD.workspaces[:2], ids=lambda workspace: workspace.name)
def test_a_workspace_is_alone(server: Server, workspace: Workspace) -> None:
    """Two share every id; with all the others' rows gone, each of the two has the same members."""

    @examples(0.03)
    @given(case=cases(3, 8, workspace))
    def check(case: Case) -> None:
        for definition in case.definitions:
            for reach in EACH_ONCE:
                members = server.ids(case.compiled(definition, Output.MEMBERS, reach))
                assert members == case.expected(definition)

    check()
    with server.connection.transaction(force_rollback=True):
        server.connection.execute("DELETE FROM workspaces WHERE id <> %s", (workspace.id,))
        check()
    ((others,),) = server.connection.execute("SELECT count(*) FROM workspaces").fetchall()
    assert others == len(WORLD.workspaces)
