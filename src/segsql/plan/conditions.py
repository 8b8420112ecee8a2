"""One filter's tree -> its predicate, and how much it amounts to with referred segments in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from segsql.catalog import (
    BUILTINS,
    POSITIVE_TWIN,
    Catalog,
    Field,
    Id,
    Operator,
    can_be_id,
    in_order,
)
from segsql.errors import Code, Diagnostic
from segsql.filters import (
    MAX_BYTES,
    MAX_CONDITIONS,
    MAX_LEVELS,
    ActivityOperator,
    FieldTest,
    Filter,
    Group,
    LastActivityTest,
    MetadataTest,
    Node,
    Problems,
    Quantifier,
    Rate,
    RateTest,
    SegmentTest,
    TagsTest,
    did_you_mean,
)
from segsql.plan import predicate as p
from segsql.plan.fields import COMPARISONS, PARTS, resolve_field_test
from segsql.plan.operands import undeclared

TAG_MODES = {
    Operator.EQ: p.TagMode.EXACTLY,
    Operator.CONTAINS: p.TagMode.ANY,
    Operator.EXISTS: p.TagMode.PRESENT,
}


@dataclass(frozen=True, slots=True)
class Extent:
    """What the limits are on (spec 3): levels of groups, conditions, bytes of JSON; referred segments included."""

    levels: int
    conditions: int
    size: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """A predicate, or else (None) the diagnostics that say why there is none, in document order."""

    predicate: p.Predicate | None
    diagnostics: tuple[Diagnostic, ...] = ()
    extent: Extent = Extent(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Cyclic:
    """A reference that leads back to the segment that makes it."""


RATE_COUNTS = {
    Rate.OPEN: (BUILTINS["opens_count"], BUILTINS["delivered_count"]),
    Rate.CLICK: (BUILTINS["clicks_count"], BUILTINS["delivered_count"]),
}
"""What a rate is a fraction of."""

_LAST_TIMES = (BUILTINS["last_open_at"], BUILTINS["last_click_at"])

Refer = Callable[[Id], Resolved | Cyclic | None]
"""What a segment id refers to; None where there is no such segment."""


class Conditions:
    """Resolves the nodes of one filter, adding to `problems`."""

    def __init__(self, source: Filter, catalog: Catalog, refer: Refer, problems: Problems) -> None:
        self._source = source
        self._catalog = catalog
        self._refer = refer
        self._problems = problems
        self._levels = 0
        self._conditions = 0
        self._size = source.size

    def resolve(self) -> tuple[p.Predicate, Extent]:
        """The whole filter; worth something only where no problem was added."""
        predicate = self._group(self._source.root, 1)
        extent = Extent(self._levels, self._conditions, self._size)
        self._check(extent)
        return predicate, extent

    def _check(self, extent: Extent) -> None:
        if extent.levels <= MAX_LEVELS and extent.conditions <= MAX_CONDITIONS and extent.size <= MAX_BYTES:
            return
        with_segments = "with the segments that it refers to, the definition has"
        for code, what, found, allowed in (
            (Code.TOO_DEEP, "levels of groups", extent.levels, MAX_LEVELS),
            (Code.TOO_MANY_CONDITIONS, "conditions", extent.conditions, MAX_CONDITIONS),
            (Code.TOO_LARGE, "bytes of JSON", extent.size, MAX_BYTES),
        ):
            if found > allowed:
                message = f"{with_segments} {found} {what}; {allowed} are allowed"
                self._problems.add(code, self._source.root.place, "", message[0].upper() + message[1:])

    def _group(self, group: Group, level: int) -> p.Predicate:
        self._levels = max(self._levels, level)
        members = tuple([member for node in group.members if (member := self._node(node, level)) is not None])
        match group.quantifier:
            case Quantifier.ALL:
                return p.And(members)
            case Quantifier.ANY:
                return p.Or(members)
            case Quantifier.NONE:
                return p.Not(p.Or(members))

    def _node(self, node: Node, level: int) -> p.Predicate | None:
        if isinstance(node, Group):
            return self._group(node, level + 1)
        if isinstance(node, SegmentTest):
            return self._segments(node, level)
        self._conditions += 1
        match node:
            case FieldTest():
                field = self._field(node)
                if field is None:
                    return None
                return resolve_field_test(node, field, self._source.dialect, self._catalog.tables, self._problems)
            case MetadataTest():
                return self._metadata(node)
            case TagsTest():
                return self._tags(node)
            case RateTest():
                return self._rate(node)
            case LastActivityTest():
                return self._last_activity(node)
            case _:
                assert_never(node)

    def _field(self, node: FieldTest) -> Field | None:
        if not node.by_key:
            field = self._catalog.field_by_id.get(node.field)
            if field is None:
                message = "The specified field_id does not exist"
                self._problems.add(Code.UNKNOWN_FIELD, node.place, "field_id", message)
            return field
        key = str(node.field)
        field = self._catalog.field_by_key.get(key)
        if field is None and key in BUILTINS:
            return self._lacks(node, key)
        if field is None:
            message = f"The specified field does not exist: {key}"
            hint = _hint(key, self._catalog)
            self._problems.add(Code.UNKNOWN_FIELD, node.place, "field", message, hint=hint)
        return field

    def _lacks(self, node: Node, what: str) -> None:
        """Note that a condition reads what the database does not have."""
        self._problems.add(Code.NOT_IN_DATABASE, node.place, "", f"The database has no {what}")

    def _metadata(self, node: MetadataTest) -> p.Predicate | None:
        reading = _reading(node)
        operand = undeclared(node.key, reading, self._catalog.tables)
        if operand is None:
            return self._lacks(node, "custom values that can be found by their key")
        return _twin(_metadata_test(node, operand), node.operator)

    def _rate(self, node: RateTest) -> p.Predicate | None:
        if lacking := [each for each in RATE_COUNTS[node.rate] if not self._catalog.tables.has(each)]:
            return self._lacks(node, f"{lacking[0].name}, and so no {node.rate.value.replace('_', ' ')}")
        return _rate(node)

    def _last_activity(self, node: LastActivityTest) -> p.Predicate | None:
        """The last open or the last click: either may satisfy the operator (spec 4.5)."""
        times = tuple(p.Activity(builtin) for builtin in _LAST_TIMES if self._catalog.tables.has(builtin))
        if not times:
            return self._lacks(node, "times of opens or clicks")
        return _last_activity(node, times)

    def _tags(self, node: TagsTest) -> p.Predicate | None:
        tables, known = self._catalog.tables, self._catalog.tags
        if tables.tag_rows is None and tables.tag_array is None:
            return self._lacks(node, "tags of contacts")
        for tag_id in node.tag_ids:
            if not can_be_id(tag_id, tables.ids.tag) if known is None else tag_id not in known:
                message = f"The specified tag ID does not exist: {tag_id}"
                self._problems.add(Code.UNKNOWN_TAG, node.place, "value", message)
        positive = POSITIVE_TWIN.get(node.operator, node.operator)
        mode = p.TagMode.ALL if node.every else TAG_MODES[positive]
        return _twin(p.TagTest(mode, tuple(in_order(node.tag_ids))), node.operator)

    def _segments(self, node: SegmentTest, level: int) -> p.Predicate | None:
        members = {segment_id: self._reference(segment_id, node, level) for segment_id in node.segment_ids}
        known = tuple(member for segment_id in in_order(members) if (member := members[segment_id]) is not None)
        return p.Not(p.Or(known)) if node.negated else p.Or(known)

    def _reference(self, segment_id: Id, node: SegmentTest, level: int) -> p.Predicate | None:
        match self._refer(segment_id):
            case None:
                code, message = Code.UNKNOWN_SEGMENT, f"The specified segment ID does not exist: {segment_id}"
            case Cyclic():
                code, message = Code.SEGMENT_CYCLE, f"The segment {segment_id} refers back to this one"
            case Resolved(predicate, _, extent) if predicate is not None:
                self._levels = max(self._levels, level + extent.levels)
                self._conditions += extent.conditions
                self._size += extent.size
                return predicate
            case Resolved(_, diagnostics, _):
                code = Code.INVALID_SEGMENT
                message = f"The segment {segment_id} is itself invalid{_reason(diagnostics[0])}"
        self._problems.add(code, node.place, "value", message)
        return None


def _reading(node: MetadataTest) -> p.Reading:
    """The definition's value says how a stored one is read (spec 4.6)."""
    match node.value:
        case None:
            return p.Reading.ANY
        case bool():
            return p.Reading.BOOLEAN
        case int():
            return p.Reading.DAY_PREFIX
        case Decimal():
            return p.Reading.NUMBER
        case tuple() | str():
            return p.Reading.STRING


def _metadata_test(node: MetadataTest, operand: p.Operand) -> p.Test:
    positive = POSITIVE_TWIN.get(node.operator, node.operator)
    match node.value:
        case None:
            return p.HasValue(operand)
        case bool(value):
            return p.BooleanTest(operand, value)
        case int(days):
            return p.WithinDays(operand, days)
        case Decimal() as number:
            return p.NumberTest(operand, COMPARISONS[positive], number)
        case tuple(texts):
            return p.TextIn(operand, texts)
        case str(text) if positive in PARTS:
            return p.TextMatches(operand, PARTS[positive], text)
        case str(text):
            return p.TextEquals(operand, text)


def _rate(node: RateTest) -> p.Predicate:
    if node.percent is None:
        return _twin(p.HasRate(node.rate), node.operator)
    comparison = COMPARISONS[POSITIVE_TWIN.get(node.operator, node.operator)]
    return _twin(p.RateTest(node.rate, comparison, node.percent), node.operator)


def _last_activity(node: LastActivityTest, times: tuple[p.Activity, ...]) -> p.Predicate:
    value = node.value
    if isinstance(value, int):
        return p.Or(tuple(p.WithinDays(time, value) for time in times))
    comparison = p.Comparison.GT if node.operator is ActivityOperator.IS_AFTER else p.Comparison.LT
    return p.Or(tuple(p.DateTest(time, comparison, value) for time in times))


def _twin(test: p.Test, operator: Operator) -> p.Predicate:
    """The test, or its complement where the operator is a negative one."""
    return p.Not(test) if operator in POSITIVE_TWIN else test


def _reason(first: Diagnostic) -> str:
    """Why a segment is invalid; where that is a segment further on, it is for that one to say."""
    return "" if first.code is Code.INVALID_SEGMENT else f": {first.message}"


def _hint(key: str, catalog: Catalog) -> str:
    if key == "metadata":
        return "Write metadata.<key>"
    if key == "segment":
        return "Segments are referred to in the typed dialect alone"
    rates = (rate for rate, counts in RATE_COUNTS.items() if all(map(catalog.tables.has, counts)))
    near = did_you_mean(key, (*catalog.field_by_key, "tags", *rates))
    if not near and undeclared(key, p.Reading.ANY, catalog.tables) is None:
        return ""
    return near or f"For a value that is not declared as a field, write metadata.{key}"
