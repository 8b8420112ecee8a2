"""Parts -> the definition that they stand for, as JSON, and where in the text each of its paths was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from segsql.catalog import POSITIVE_TWIN, Operator
from segsql.errors import Code
from segsql.filters.decode import Json
from segsql.filters.nodes import ActivityOperator, Dialect, Place, Quantifier
from segsql.filters.text.parts import Condition, Group, JsonCondition, Kind, Part, Subject, Value
from segsql.filters.text.reader import Written
from segsql.filters.text.source import Source, Span

Definition = dict[str, Json]
Spans = dict[str, Span]
"""By JSON path: `$.filters[0].value`."""

_NEGATIVE: Mapping[Operator, Operator] = {positive: negative for negative, positive in POSITIVE_TWIN.items()}

_GROUP_KEY: Mapping[Dialect, str] = {Dialect.FLAT: "matchType", Dialect.TYPED: "condition"}
_QUANTIFIER: Mapping[Dialect, Mapping[Quantifier, str]] = {
    Dialect.FLAT: {each: each.value for each in Quantifier},
    Dialect.TYPED: {Quantifier.ALL: "AND", Quantifier.ANY: "OR", Quantifier.NONE: "NOT"},
}
_INSTEAD: Mapping[Dialect, str] = {
    Dialect.FLAT: "Name the other fields by their keys too, and leave out last_activity and segment",
    Dialect.TYPED: "Name this field by its id too, as in: field 17",
}


def define(source: Source, written: Written) -> tuple[Definition, Spans]:
    """The definition, with the spans of what is in it. Raises InvalidDefinition where it would be of two dialects."""
    builder = _Builder(_dialect(source, written))
    return builder.group(written.root, Place()), builder.spans


class _Builder:
    """Builds a definition of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.spans: Spans = {}

    def group(self, group: Group, place: Place) -> Definition:
        self.spans[place.path] = group.span
        members: list[Json] = [self._part(member, place.member(index)) for index, member in enumerate(group.members)]
        return {_GROUP_KEY[self._dialect]: _QUANTIFIER[self._dialect][group.quantifier], "filters": members}

    def _part(self, part: Part, place: Place) -> Definition:
        match part:
            case Group():
                return self.group(part, place)
            case JsonCondition(json, _, span):
                self.spans[place.path] = span
                return json
            case Condition(subject, test, span, denied=True) if self._negative(subject, test.operator) is None:
                return self.group(Group(Quantifier.NONE, (Condition(subject, test, span),), span), place)
            case Condition():
                return self._condition(part, place)
            case _:
                assert_never(part)

    def _negative(self, subject: Subject, operator: Operator | ActivityOperator) -> Operator | None:
        """The operator that is the other's complement, where this kind of condition has it in this dialect."""
        if subject.kind is Kind.RATE and self._dialect is Dialect.TYPED:
            return None
        return _NEGATIVE.get(operator) if isinstance(operator, Operator) else None

    def _condition(self, condition: Condition, place: Place) -> Definition:
        subject, test = condition.subject, condition.test
        named = self._named(subject)
        self.spans[place.path] = condition.span
        self.spans |= {place.key(key): subject.span for key in named} | {place.key("operator"): test.span}
        operator = self._negative(subject, test.operator) if condition.denied else test.operator
        assert operator is not None, "a condition without a negative operator was put into a group"
        defined = {**named, "operator": self._operator(subject, operator)}
        if test.value is not None:
            self._locate(test.value, place.key("value"))
            defined["value"] = test.value.json
        if test.every:
            defined["match"] = "all"
        return defined

    def _named(self, subject: Subject) -> Definition:
        if subject.kind is Kind.FIELD_ID:
            return {"type": "field", "field_id": subject.name}
        return {"field" if self._dialect is Dialect.FLAT else "type": subject.name}

    def _operator(self, subject: Subject, operator: Operator | ActivityOperator) -> str:
        """The operator's name; each dialect has its own for `ne`."""
        if operator is Operator.WITHIN_DAYS and subject.kind is Kind.LAST_ACTIVITY:
            return ActivityOperator.WITHIN_LAST_DAYS.value
        if operator is Operator.NE and self._dialect is Dialect.FLAT:
            return "neq"
        return operator.value

    def _locate(self, value: Value, path: str) -> None:
        self.spans[path] = value.span
        for index, member in enumerate(value.members):
            self._locate(member, f"{path}[{index}]")


def _dialect(source: Source, written: Written) -> Dialect:
    """The one dialect that has all of the conditions; where both have, the flat one, unless the text says `typed`."""
    dialect = written.dialect
    for found, span in _dialects(written.root):
        if dialect not in (None, found):
            message = f"This condition is of the {found} dialect, and the text is of the {dialect} one"
            raise source.error(Code.MIXED_DIALECTS, span.start, message, _INSTEAD[dialect])
        dialect = found
    return dialect or Dialect.FLAT


def _dialects(part: Part) -> Iterator[tuple[Dialect, Span]]:
    """The dialects of the conditions that are in one alone, in the order of the text."""
    match part:
        case Group():
            for member in part.members:
                yield from _dialects(member)
        case Condition(subject):
            if subject.kind.dialect is not None:
                yield subject.kind.dialect, subject.span
        case JsonCondition(_, dialect, span):
            if dialect is not None:
                yield dialect, span
        case _:
            assert_never(part)
