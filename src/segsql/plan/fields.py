"""A condition on a field -> a test, by the field's type (spec 4.2): which operators, which values, which reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import ClassVar

import pycountry

from segsql.catalog import (
    FIELD_OPERATORS,
    POSITIVE_TWIN,
    PRESENCE_OPERATORS,
    Field,
    FieldType,
    Operator,
    Tables,
)
from segsql.errors import Code
from segsql.filters import (
    DATE_MESSAGE,
    DAYS_MESSAGE,
    Dialect,
    FieldTest,
    Problems,
    day_count,
    did_you_mean,
    read_date,
)
from segsql.plan.operands import operand_of
from segsql.plan.predicate import (
    BooleanTest,
    Comparison,
    DateTest,
    HasValue,
    Not,
    NumberTest,
    Operand,
    Part,
    Predicate,
    SetEquals,
    SetOverlaps,
    Test,
    TextEquals,
    TextIn,
    TextMatches,
    WithinDays,
)

COMPARISONS: Mapping[Operator, Comparison] = {
    Operator.EQ: Comparison.EQ,
    Operator.LT: Comparison.LT,
    Operator.LTE: Comparison.LTE,
    Operator.GT: Comparison.GT,
    Operator.GTE: Comparison.GTE,
}
PARTS: Mapping[Operator, Part] = {
    Operator.CONTAINS: Part.ANYWHERE,
    Operator.STARTS_WITH: Part.START,
    Operator.ENDS_WITH: Part.END,
}


def resolve_field_test(
    condition: FieldTest, field: Field, dialect: Dialect, tables: Tables, problems: Problems
) -> Predicate | None:
    """The condition as a test of `field`; None, with the problems noted, where it is not one."""
    operand = operand_of(field, tables)
    if isinstance(operand, str):
        message = f"The field {field.key} is declared wrongly: {operand}"
        problems.add(Code.FIELD_DECLARATION, condition.place, "", message)
        return None
    operators = operators_of(field.type, dialect)
    operator = condition.operator
    if not isinstance(operator, Operator) or operator not in operators:
        message = f"Invalid operator for field filter. Must be one of: {', '.join(operators)}"
        hint = did_you_mean(operator, operators)
        problems.add(Code.FIELD_OPERATOR, condition.place, "operator", message, hint=hint)
        return None
    positive = POSITIVE_TWIN.get(operator, operator)
    reader = _Reader(condition, field, operand, problems)
    test = reader.presence() if positive is Operator.EXISTS else reader.by_type[field.type](reader, positive)
    return Not(test) if test is not None and positive is not operator else test


@cache
def operators_of(type_: FieldType, dialect: Dialect) -> tuple[Operator, ...]:
    """The operators that a field of this type takes, in the order in which messages list them (spec 5)."""
    windows = (Operator.WITHIN_DAYS,) if dialect is Dialect.FLAT and type_ is FieldType.DATE else ()
    return (*FIELD_OPERATORS[type_], *windows, *PRESENCE_OPERATORS)


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2, and XK, which Kosovo uses."""
    return frozenset(country.alpha_2 for country in pycountry.countries) | {"XK"}


_TextsTest = TextEquals | TextIn | SetEquals | SetOverlaps


class _Reader:
    """Reads one condition's value as the field's type wants it."""

    def __init__(self, condition: FieldTest, field: Field, operand: Operand, problems: Problems) -> None:
        self._condition = condition
        self._value = condition.value
        self._field = field
        self._operand = operand
        self._problems = problems

    def presence(self) -> Test | None:
        if self._value is not None:
            return self._refuse(f"{self._condition.operator} takes no value")
        return HasValue(self._operand)

    def _text(self, operator: Operator) -> Test | None:
        if operator in PARTS:
            if not isinstance(self._value, str) or not self._value:
                return self._refuse("Value must be a text that is not empty")
            return TextMatches(self._operand, PARTS[operator], self._value)
        return self._membership(operator)

    def _membership(self, operator: Operator) -> TextEquals | TextIn | None:
        if operator is Operator.IN:
            texts = self._texts("Value must be a list of texts that is not empty")
            return TextIn(self._operand, texts) if texts else None
        if not isinstance(self._value, str):
            return self._refuse("Value must be a text")
        return TextEquals(self._operand, self._value)

    def _number(self, operator: Operator) -> Test | None:
        match self._value:
            case bool():
                return self._refuse("Value must be a number")
            case int() | Decimal() as number:
                return NumberTest(self._operand, COMPARISONS[operator], Decimal(number))
            case str():
                return self._refuse("Value must be a number", hint="Write it without quotes.")
            case _:
                return self._refuse("Value must be a number")

    def _boolean(self, operator: Operator) -> Test | None:
        assert operator is Operator.EQ
        if not isinstance(self._value, bool):
            return self._refuse("Value must be true or false")
        return BooleanTest(self._operand, self._value)

    def _date(self, operator: Operator) -> Test | None:
        if operator is Operator.WITHIN_DAYS:
            days = day_count(self._value)
            return self._refuse(DAYS_MESSAGE) if days is None else WithinDays(self._operand, days)
        value = read_date(self._value)
        if value is None:
            return self._refuse(DATE_MESSAGE)
        return DateTest(self._operand, COMPARISONS[operator], value)

    def _choice(self, operator: Operator) -> Test | None:
        return self._among_options(self._membership(operator))

    def _choices(self, operator: Operator) -> Test | None:
        if operator is Operator.EQ:
            texts = self._texts("Value must be a list of texts", empty=True)
            return None if texts is None else self._among_options(SetEquals(self._operand, texts))
        if isinstance(self._value, str):
            return self._among_options(SetOverlaps(self._operand, (self._value,)))
        texts = self._texts("Value must be a text, or a list of texts that is not empty")
        return self._among_options(SetOverlaps(self._operand, texts)) if texts else None

    def _country(self, operator: Operator) -> Test | None:
        test = self._membership(operator)
        unknown = [] if test is None else [text for text in self._given() if text not in country_codes()]
        for text in unknown:
            message = f"{text!r} is not an ISO 3166-1 alpha-2 country code"
            self._refuse(message, code=Code.NOT_A_COUNTRY, hint=_country_hint(text))
        return None if unknown else test

    def _among_options(self, test: _TextsTest | None) -> _TextsTest | None:
        options = self._field.options
        if options is None:
            return test
        unknown = [] if test is None else [text for text in self._given() if text not in options]
        for text in unknown:
            message = f"{text!r} is not an option of the field {self._field.key}"
            self._refuse(message, code=Code.NOT_AN_OPTION, hint=did_you_mean(text, options))
        return None if unknown else test

    def _given(self) -> list[str]:
        """The texts of a value that was read as one or more of them, each once, in the user's order."""
        given = self._value if isinstance(self._value, list) else [self._value]
        return list(dict.fromkeys(map(str, given)))

    def _texts(self, message: str, *, empty: bool = False) -> tuple[str, ...] | None:
        """The value as a set of texts, sorted."""
        if not isinstance(self._value, list) or not (self._value or empty):
            return self._refuse(message)
        texts = [text for text in self._value if isinstance(text, str)]
        if len(texts) != len(self._value):
            return self._refuse(message)
        return tuple(sorted(set(texts)))

    def _refuse(self, message: str, *, code: Code = Code.FIELD_VALUE, hint: str = "") -> None:
        self._problems.add(code, self._condition.place, "value", message, hint=hint)

    by_type: ClassVar[Mapping[FieldType, Callable[[_Reader, Operator], Test | None]]] = {
        FieldType.TEXT: _text,
        FieldType.NUMBER: _number,
        FieldType.BOOLEAN: _boolean,
        FieldType.DATE: _date,
        FieldType.DROPDOWN_SINGLE: _choice,
        FieldType.DROPDOWN_MULTIPLE: _choices,
        FieldType.COUNTRY: _country,
    }


def _country_hint(text: str) -> str:
    if text.upper() in country_codes():
        return f"Did you mean {text.upper()}?"
    found = pycountry.countries.get(name=text)
    return f"Did you mean {found.alpha_2}?" if found else ""
