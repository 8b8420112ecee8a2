"""Many predicates -> one plan: the shared scan, in which what several segments ask is computed once (spec 6).

Three things make a scan of many segments cheaper than its tests one by one: values that many tests compare have
codes; a dear test that stands several times is a column of its own; and within AND and OR the cheap tests stand
first, as PostgreSQL stops at the first that decides.

A segment's condition is made once for its outline and what the scan does with its tests; a scan then finds the
slots for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from segsql.catalog import Catalog, SqlType, Tables
from segsql.filters import Rate
from segsql.plan import predicate as p
from segsql.plan import shape as s
from segsql.plan import values
from segsql.plan.bind import Reach, Source, bind
from segsql.plan.codes import CodeBook, choose_codes
from segsql.plan.costs import estimate
from segsql.plan.fold import fold
from segsql.plan.kept import kept
from segsql.plan.outline import Asked, ask
from segsql.plan.plan import IdRange, Parameter, Placed, Plan, ScanForm, TagPass, Value
from segsql.plan.strategy import AUTO, MAX_BITS, Choice, Forced, choose_for_scan, read_mentioned_alone
from segsql.plan.values import Context, codable, mentioned, zone_of

SHARED_FROM = 2
"""A dear test that stands so often is computed once."""


def plan_scan(
    predicates: Sequence[p.Predicate],
    catalog: Catalog,
    *,
    workspace_id: int,
    now: datetime,
    split_ids: Sequence[int] = (),
    windows: Sequence[tuple[int, int | None]] = (),
    forced: Forced = AUTO,
) -> Plan:
    """Plan one statement that counts many segments of `workspace_id` in one scan of its contacts.

    `split_ids`, in order, cut the contacts into ranges, which the server scans in parallel; or `windows` are the
    ranges, from the first id on and before the second, if any, and other contacts are not counted. A distributed scan
    is always one piece: its nodes work side by side already, and a cluster would run branches in turn. Nor is
    anything but stored values computed once there, as no fence would keep it so.
    """
    tables = catalog.tables
    asked = [ask(fold(predicate)) for predicate in predicates]
    tests = _Tests.of(asked)
    choice = choose_for_scan(tests.numbers, tables, forced)
    grouped = choice.grouped
    tags = mentioned(grouped) if read_mentioned_alone(grouped) else ()
    context = Context(now, zone_of(catalog), tags)
    work = _Work() if tables.is_distributed else _work(tests, context)
    slots = _Slots(replace(context, books=work.books), Parameter(tables.workspace_id_type, workspace_id))

    def ids(values_: Sequence[int]) -> list[s.Slot]:
        return [slots.new(tables.contact_id_type, each) for each in values_]

    ranges = tuple(IdRange(*ids([id_ for id_ in window if id_ is not None])) for window in windows)
    ranges = ranges or _ranges(ids(() if tables.is_distributed else split_ids))
    by_bits = 0 < len(tags) <= MAX_BITS
    tag_pass = TagPass(slots.new(tables.tag_ids_type, tags) if tags else None, by_bits) if grouped else None
    for book in work.books.values():
        slots.add_book(book)
    way = _Way(choice, tables, forced, by_bits, work)
    form = ScanForm(
        tables,
        ranges,
        tuple([_placed(each, numbers, way, slots) for each, numbers in zip(asked, tests.of_each, strict=True)]),
        tag_pass,
        choice.activity,
        slots.workspace,
    )
    return Plan(form, tuple(slots.parameters), choice.strategies)


@dataclass(frozen=True, slots=True)
class _Tests:
    """The tests of a scan by number, from 0: those of each segment in its own order, and how often each stands."""

    numbers: Mapping[p.Test, int]
    of_each: Sequence[Sequence[int]]
    times: Mapping[int, int]

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> _Tests:
        numbers: dict[p.Test, int] = {}
        of_each = [[numbers.setdefault(test, len(numbers)) for test in each.tests] for each in asked]
        stand = [own[place] for each, own in zip(asked, of_each, strict=True) for place in each.places]
        return cls(numbers, of_each, Counter(stand))


@dataclass(frozen=True, slots=True)
class _Work:
    """What a scan computes once: codes by what they are of, which tests compare those, which have a column."""

    books: Mapping[p.Operand | Rate, CodeBook] = field(default_factory=dict)
    coded: Mapping[int, CodeBook] = field(default_factory=dict)
    shared: AbstractSet[int] = frozenset()


def _work(tests: _Tests, context: Context) -> _Work:
    codables = {number: found for test, number in tests.numbers.items() if (found := codable(test, context))}
    chosen = choose_codes(found for number, found in codables.items() for _ in range(tests.times[number]))
    books = {book.of: book for book in chosen}
    coded = {number: books[found.of] for number, found in codables.items() if found.of in books} if books else {}
    shared = {
        number
        for test, number in tests.numbers.items()
        if tests.times[number] >= SHARED_FROM and number not in coded and _is_dear(test)
    }
    return _Work(books, coded, shared)


def _is_dear(test: p.Test) -> bool:
    """Whether a test, of values and not of codes, costs more than to read its outcome from a column."""
    return not isinstance(test, p.HasValue | p.HasRate)


class _Slots:
    """The slots of a statement as they are taken, with their values."""

    def __init__(self, context: Context, workspace_id: Parameter) -> None:
        self._context = context
        self._taken: dict[tuple[Hashable, values.Make], s.Slot] = {}
        self.parameters: list[Parameter] = []
        self.workspace = self.new(workspace_id.type, workspace_id.value)

    def new(self, type_: SqlType, value: Value) -> s.Slot:
        """A slot for a value."""
        self.parameters.append(Parameter(type_, value))
        return s.slot(len(self.parameters), type_)

    def add_book(self, book: CodeBook) -> None:
        """The slots that all tests with codes of one operand share."""
        if isinstance(book.of, p.UndeclaredValue) and (book.of.key, values.key) not in self._taken:
            self._taken[book.of.key, values.key] = self.new(SqlType.TEXT, book.of.key)
        self._taken[book.of, values.book] = self.new(book.type, book.values)

    def of(self, source: Source, test: p.Test, number: int) -> s.Slot:
        """The slot of a source: a new one, unless it was taken for an equal test or is shared with one."""
        owner = source.shared_by(test) if source.shared_by else number
        taken = self._taken.get((owner, source.make))
        if taken is None:
            taken = self._taken[owner, source.make] = self.new(source.type, source.make(test, self._context))
        return taken


@dataclass(frozen=True, slots=True)
class _Way:
    """How a scan answers its tests."""

    choice: Choice
    tables: Tables
    forced: Forced
    by_bits: bool
    work: _Work


@dataclass(frozen=True, slots=True)
class _Part:
    """A segment in any scan that does the same with its tests."""

    condition: s.Condition | bool
    sources: tuple[Source, ...]


def _placed(asked: Asked, numbers: Sequence[int], way: _Way, slots: _Slots) -> Placed | bool:
    """A segment with its slots of the scan."""
    coded = {own: way.work.coded[number] for own, number in enumerate(numbers) if number in way.work.coded}
    shared = tuple([own for own, number in enumerate(numbers) if number in way.work.shared])

    def make() -> _Part:
        codes = {asked.tests[own]: book for own, book in coded.items()}
        bound = bind(asked, Reach(way.choice, way.tables.tag_ids_type, way.by_bits, codes))
        if isinstance(bound.shape, bool):
            return _Part(bound.shape, ())
        arranged = _arranged(bound.shape, {bound.tests[own] for own in shared})
        return _Part(s.Condition(arranged), bound.sources)

    kinds = tuple([(own, book.kind, book.type) for own, book in coded.items()])
    part = kept(make, _Part, asked.outline, way.tables, way.forced, way.by_bits, kinds, shared)
    if isinstance(part.condition, bool):
        return part.condition
    own_slots = [slots.of(source, asked.tests[source.test], numbers[source.test]) for source in part.sources]
    return Placed(part.condition, (slots.workspace, *own_slots))


def _arranged(shape: s.Shape, shared: AbstractSet[s.Test]) -> s.Shape:
    """The shape with its shared tests named as such, and each group in the order that decides soonest."""
    match shape:
        case s.All(members):
            return s.All(_quickest_first(members, shared, is_and=True))
        case s.AnyOf(members):
            return s.AnyOf(_quickest_first(members, shared, is_and=False))
        case s.Complement(test):
            return s.Complement(s.Once(test) if test in shared else test)
        case _:
            return s.Once(shape) if shape in shared else shape


def _quickest_first(members: tuple[s.Shape, ...], shared: AbstractSet[s.Test], *, is_and: bool) -> tuple[s.Shape, ...]:
    """The members in the order in which the first that decides is found soonest."""
    arranged = [_arranged(member, shared) for member in members]
    return tuple(sorted(arranged, key=lambda member: estimate(member).rank(is_and=is_and)))


def _ranges(cuts: Sequence[s.Slot]) -> tuple[IdRange, ...]:
    """The ranges between the ids that split them."""
    return tuple(IdRange(lower, upper) for lower, upper in zip([None, *cuts], [*cuts, None], strict=True))
