"""Tokens -> parts: the grammar of docs/filters.md, a method for each of its rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from segsql.catalog import Operator
from segsql.errors import Code, InvalidDefinition
from segsql.filters.conditions import METADATA_PREFIX
from segsql.filters.decode import decode
from segsql.filters.hints import did_you_mean
from segsql.filters.limits import MAX_CONDITIONS, MAX_LEVELS, is_group
from segsql.filters.nodes import ActivityOperator, Dialect, Quantifier, Rate
from segsql.filters.text.cursor import Cursor
from segsql.filters.text.literals import unquoted_name
from segsql.filters.text.parts import Condition, Group, JsonCondition, Kind, Part, Subject, Test, deny
from segsql.filters.text.source import Source
from segsql.filters.text.suggestions import ACTIVITY_WORDS, joint_hint, operator_hint
from segsql.filters.text.tokens import Token, TokenKind
from segsql.filters.text.values import read_number, read_text, read_value
from segsql.filters.text.vocabulary import SYMBOLS

_NAME = re.compile(r"[^\W\d]\w*")

_KINDS: Mapping[str, Kind] = {
    "tags": Kind.TAGS,
    "last_activity": Kind.LAST_ACTIVITY,
    "segment": Kind.SEGMENT,
    **dict.fromkeys(Rate, Kind.RATE),
}
"""What is named by its kind alone."""

_COMPARISONS: Mapping[str, Operator] = {
    **{
        SYMBOLS[operator]: operator
        for operator in (Operator.EQ, Operator.NE, Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
    },
    "<>": Operator.NE,
}
_WORDS: Mapping[str, tuple[Operator, Operator]] = {
    "contains": (Operator.CONTAINS, Operator.NOT_CONTAINS),
    "in": (Operator.IN, Operator.NOT_IN),
    "exists": (Operator.EXISTS, Operator.NOT_EXISTS),
}
"""Operators of one word, and what each is after `not`."""

_PARTS: Mapping[str, Operator] = {"starts": Operator.STARTS_WITH, "ends": Operator.ENDS_WITH}
_SIDES: Mapping[str, ActivityOperator] = {"after": ActivityOperator.IS_AFTER, "before": ActivityOperator.IS_BEFORE}


@dataclass(frozen=True, slots=True)
class Written:
    """What a whole text says, and the dialect where it names one."""

    root: Group
    dialect: Dialect | None


def read(source: Source) -> Written:
    """Read the text. Raises InvalidDefinition at the first place that is not as the grammar wants it."""
    return _Reader(source).text()


class _Reader:
    """Reads the rules of the grammar, token by token."""

    def __init__(self, source: Source) -> None:
        self._at = Cursor(source)
        self._conditions = 0

    def text(self) -> Written:
        dialect = Dialect.TYPED if self._at.passed_header("typed") else None
        root = self._body()
        if self._at.next.kind is not TokenKind.END:
            raise self._at.expected("and, or, or the end", joint_hint(self._at.before, self._at.next))
        return Written(root, dialect)

    def _body(self) -> Group:
        start = self._at.next.span.start
        is_any = self._at.passed_header("any")
        alternatives = [self._conjunction()]
        while self._at.passed("or"):
            alternatives.append(self._conjunction())
        span = self._at.since(start)
        match alternatives:
            case [conjunction] if not is_any:
                return conjunction
            case _:
                return Group(Quantifier.ANY, tuple(map(_single, alternatives)), span)

    def _conjunction(self) -> Group:
        start = self._at.next.span.start
        members = [self._member()]
        while self._at.passed("and"):
            members.append(self._member())
        return Group(Quantifier.ALL, tuple(members), self._at.since(start))

    def _member(self) -> Part:
        start = self._at.next.span.start
        denials = 0
        while self._at.passed("not"):
            denials += 1
            if denials > MAX_LEVELS:
                message = f"Groups may be nested {MAX_LEVELS} levels deep at most"
                raise self._at.error(Code.TOO_DEEP, start, message)
        part = self._parenthesised() if self._at.next.text == "(" and self._at.peek().text != ")" else self._condition()
        for _ in range(denials):
            part = deny(part, self._at.since(start))
        return part

    def _parenthesised(self) -> Group:
        start = self._at.take().span.start
        body = self._body()
        if self._at.next.text != ")":
            raise self._at.expected("and, or, or a closing parenthesis", joint_hint(self._at.before, self._at.next))
        self._at.take()
        return Group(body.quantifier, body.members, self._at.since(start))

    def _condition(self) -> Part:
        start = self._at.next.span.start
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            message = f"The text has more than {MAX_CONDITIONS} conditions"
            raise self._at.error(Code.TOO_MANY_CONDITIONS, start, message)
        if self._at.next.text == "(":
            self._at.take()
            self._at.take()
            return Group(Quantifier.ALL, (), self._at.since(start))
        if self._at.is_word("json") and self._at.peek().kind is TokenKind.TEXT:
            self._at.take()
            return self._json(self._at.take(), start)
        subject = self._subject()
        test = self._test(subject)
        return Condition(subject, test, self._at.since(start))

    def _json(self, token: Token, start: int) -> JsonCondition:
        try:
            condition = decode(read_text(self._at, token))
        except InvalidDefinition as error:
            found = error.diagnostics[0]
            raise self._at.error(found.code, token.span.start, found.message) from None
        if not isinstance(condition, dict) or is_group(condition):
            raise self._at.error(Code.TEXT, token.span.start, "After json stands one condition, as a JSON object")
        dialect = Dialect.TYPED if "type" in condition else Dialect.FLAT if "field" in condition else None
        return JsonCondition(condition, dialect, self._at.since(start))

    def _subject(self) -> Subject:
        token = self._at.next
        if token.kind is TokenKind.NAME:
            self._at.take()
            return Subject(Kind.KEY, unquoted_name(token.text), token.span)
        if token.kind is not TokenKind.WORD or not _NAME.fullmatch(token.text) or token.text.lower() in ("and", "or"):
            raise self._at.expected("a condition")
        self._at.take()
        if token.text == "field":
            return self._field_id(token)
        if token.text == "metadata" and self._at.next.text == ".":
            return self._metadata(token)
        return Subject(_KINDS.get(token.text, Kind.KEY), token.text, token.span)

    def _field_id(self, token: Token) -> Subject:
        if self._at.next.kind is not TokenKind.NUMBER and self._at.next.text != "-":
            raise self._at.expected("a field's id", 'A field with the key field is written "field"')
        number = read_number(self._at)
        if not isinstance(number.json, int):
            raise self._at.error(Code.FIELD_ID, number.span.start, "Please provide a valid field_id")
        return Subject(Kind.FIELD_ID, number.json, self._at.since(token.span.start))

    def _metadata(self, token: Token) -> Subject:
        self._at.take()
        key = self._at.next
        if key.kind is TokenKind.NAME:
            name = unquoted_name(key.text)
        elif key.kind is TokenKind.WORD and _NAME.fullmatch(key.text):
            name = key.text
        else:
            raise self._at.expected("a key", 'Any other key stands in double quotes: metadata."2nd key"')
        self._at.take()
        if self._at.next.text == ".":
            raise self._at.expected("an operator", f'A key with a point stands in quotes: metadata."{name}.…"')
        return Subject(Kind.METADATA, METADATA_PREFIX + name, self._at.since(token.span.start))

    def _test(self, subject: Subject) -> Test:
        start = self._at.next.span.start
        operator, every = self._operator(subject)
        span = self._at.since(start)
        if operator in (Operator.EXISTS, Operator.NOT_EXISTS):
            return Test(operator, span)
        value = read_value(self._at)
        if operator is Operator.WITHIN_DAYS and not (self._at.passed("days") or self._at.passed("day")):
            raise self._at.expected("days", did_you_mean(self._at.next.text, ("days",)))
        return Test(operator, span, value, every)

    def _operator(self, subject: Subject) -> tuple[Operator | ActivityOperator, bool]:
        """The operator, and whether it asks for every one of the values."""
        token = self._at.next
        word = token.text.lower()
        if word in _SIDES and subject.kind is Kind.LAST_ACTIVITY:
            self._at.take()
            return _SIDES[word], False
        if word == "within":
            self._at.take()
            return Operator.WITHIN_DAYS, False
        if token.kind is TokenKind.END:
            raise self._at.expected("an operator")
        if subject.kind is Kind.LAST_ACTIVITY:
            message = f"Invalid operator for last activity filter. Must be one of: {ACTIVITY_WORDS}"
            raise self._at.error(Code.TEXT_OPERATOR, token.span.start, message)
        if word in _COMPARISONS:
            self._at.take()
            return _COMPARISONS[word], False
        if word in _PARTS:
            self._at.take()
            self._at.must("with")
            return _PARTS[word], False
        if word == "has":
            self._at.take()
            return Operator.CONTAINS, self._has_all(subject)
        if word == "not":
            self._at.take()
            return self._single_word(token)[1], False
        return self._single_word(token)[0], False

    def _single_word(self, first: Token) -> tuple[Operator, Operator]:
        """An operator of one word and its negative; `first` is where it began."""
        operators = _WORDS.get(self._at.next.text.lower())
        if operators is not None:
            self._at.take()
            return operators
        if self._at.next.kind is TokenKind.END:
            raise self._at.expected("an operator")
        start, hint = first.span.start, operator_hint(self._at.next.text, self._at.peek().text)
        raise self._at.error(Code.TEXT_OPERATOR, start, f"There is no operator {self._at.shown(start)}", hint)

    def _has_all(self, subject: Subject) -> bool:
        if self._at.passed("any"):
            return False
        if not self._at.is_word("all"):
            raise self._at.expected("any or all", did_you_mean(self._at.next.text, ("any", "all")))
        if subject.kind is not Kind.TAGS:
            message, hint = "has all goes only with tags", "Join several conditions with and"
            raise self._at.error(Code.TEXT_OPERATOR, self._at.next.span.start, message, hint)
        self._at.take()
        return True


def _single(conjunction: Group) -> Part:
    """One of several alternatives: what `and` joined as a group, a single member as it is."""
    match conjunction.members:
        case [member]:
            return member
        case _:
            return conjunction
