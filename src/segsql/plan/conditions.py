"""One filter's tree -> its predicate, and how much it amounts to with referred segments in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from segsql.catalog import BUILTINS, POSITIVE_TWIN, Catalog, Field, Operator
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
    RateTest,
    SegmentTest,
    TagsTest,
    did_you_mean,
)
from segsql.plan import predicate as p
from segsql.plan.fields import COMPARISONS, PARTS, resolve_field_test

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


Refer = Callable[[int], Resolved | Cyclic | None]
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
                return resolve_field_test(node, field, self._source.dialect, self._problems)
            case MetadataTest():
                return _metadata(node)
            case TagsTest():
                return self._tags(node)
            case RateTest():
                return _rate(node)
            case LastActivityTest():
                return _last_activity(node)
            case _:
                assert_never(node)

    def _field(self, node: FieldTest) -> Field | None:
        if isinstance(node.field, int):
            field = self._catalog.field_by_id.get(node.field)
            if field is None:
                message = "The specified field_id does not exist"
                self._problems.add(Code.UNKNOWN_FIELD, node.place, "field_id", message)
            return field
        field = self._catalog.field_by_key.get(node.field)
        if field is None:
            message = f"The specified field does not exist: {node.field}"
            hint = _hint(node.field, self._catalog)
            self._problems.add(Code.UNKNOWN_FIELD, node.place, "field", message, hint=hint)
        return field

    def _tags(self, node: TagsTest) -> p.Predicate:
        for tag_id in node.tag_ids:
            if tag_id not in self._catalog.tags:
                message = f"The specified tag ID does not exist: {tag_id}"
                self._problems.add(Code.UNKNOWN_TAG, node.place, "value", message)
        positive = POSITIVE_TWIN.get(node.operator, node.operator)
        mode = p.TagMode.ALL if node.every else TAG_MODES[positive]
        return _twin(p.TagTest(mode, tuple(sorted(node.tag_ids))), node.operator)

    def _segments(self, node: SegmentTest, level: int) -> p.Predicate | None:
        members = {segment_id: self._reference(segment_id, node, level) for segment_id in node.segment_ids}
        known = tuple(member for segment_id in sorted(members) if (member := members[segment_id]) is not None)
        return p.Not(p.Or(known)) if node.negated else p.Or(known)

    def _reference(self, segment_id: int, node: SegmentTest, level: int) -> p.Predicate | None:
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


def _metadata(node: MetadataTest) -> p.Predicate:
    positive = POSITIVE_TWIN.get(node.operator, node.operator)

    def read(reading: p.Reading) -> p.UndeclaredValue:
        return p.UndeclaredValue(node.key, reading)

    match node.value:
        case None:
            test: p.Test = p.HasValue(read(p.Reading.ANY))
        case bool(value):
            test = p.BooleanTest(read(p.Reading.BOOLEAN), value)
        case int(days):
            test = p.WithinDays(read(p.Reading.DAY_PREFIX), days)
        case Decimal() as number:
            test = p.NumberTest(read(p.Reading.NUMBER), COMPARISONS[positive], number)
        case tuple(texts):
            test = p.TextIn(read(p.Reading.STRING), texts)
        case str(text) if positive in PARTS:
            test = p.TextMatches(read(p.Reading.STRING), PARTS[positive], text)
        case str(text):
            test = p.TextEquals(read(p.Reading.STRING), text)
    return _twin(test, node.operator)


def _rate(node: RateTest) -> p.Predicate:
    if node.percent is None:
        return _twin(p.HasRate(node.rate), node.operator)
    comparison = COMPARISONS[POSITIVE_TWIN.get(node.operator, node.operator)]
    return _twin(p.RateTest(node.rate, comparison, node.percent), node.operator)


def _last_activity(node: LastActivityTest) -> p.Predicate:
    """The last open or the last click: either may satisfy the operator (spec 4.5)."""
    times = tuple(p.Column(BUILTINS[name]) for name in ("last_open_at", "last_click_at"))
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
    near = did_you_mean(key, (*catalog.field_by_key, "tags", "open_rate", "click_rate"))
    return near or f"For a value that is not declared as a field, write metadata.{key}"
