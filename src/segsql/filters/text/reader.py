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
from segsql.filters.limits import MAX_CONDITIONS, MAX_LEVELS, MAX_LIST, is_group
from segsql.filters.nodes import ActivityOperator, Dialect, Quantifier, Rate
from segsql.filters.text.literals import BadEscape, unquoted_name, unquoted_text
from segsql.filters.text.parts import Condition, Group, JsonCondition, Kind, Part, Subject, Test, Value, deny
from segsql.filters.text.source import Source, Span
from segsql.filters.text.suggestions import ACTIVITY_WORDS, date_hint, joint_hint, operator_hint, value_hint
from segsql.filters.text.tokens import Token, TokenKind, tokenize
from segsql.filters.text.vocabulary import CONSTANTS, SYMBOLS

_NAME = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

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
        self._source = source
        self._stream = tokenize(source)
        self._before = self._next = next(self._stream)
        self._after_next: Token | None = None
        self._conditions = 0

    def text(self) -> Written:
        dialect = Dialect.TYPED if self._passed_header("typed") else None
        root = self._body()
        if self._next.kind is not TokenKind.END:
            raise self._expected("and, or, or the end", joint_hint(self._before, self._next))
        return Written(root, dialect)

    def _body(self) -> Group:
        start = self._next.span.start
        is_any = self._passed_header("any")
        alternatives = [self._conjunction()]
        while self._passed("or"):
            alternatives.append(self._conjunction())
        span = self._since(start)
        match alternatives:
            case [conjunction] if not is_any:
                return conjunction
            case _:
                return Group(Quantifier.ANY, tuple(map(_single, alternatives)), span)

    def _conjunction(self) -> Group:
        start = self._next.span.start
        members = [self._member()]
        while self._passed("and"):
            members.append(self._member())
        return Group(Quantifier.ALL, tuple(members), self._since(start))

    def _member(self) -> Part:
        start = self._next.span.start
        denials = 0
        while self._passed("not"):
            denials += 1
            if denials > MAX_LEVELS:
                message = f"Groups may be nested {MAX_LEVELS} levels deep at most"
                raise self._source.error(Code.TOO_DEEP, start, message)
        part = self._parenthesised() if self._next.text == "(" and self._peek().text != ")" else self._condition()
        for _ in range(denials):
            part = deny(part, self._since(start))
        return part

    def _parenthesised(self) -> Group:
        start = self._take().span.start
        body = self._body()
        if self._next.text != ")":
            raise self._expected("and, or, or a closing parenthesis", joint_hint(self._before, self._next))
        self._take()
        return Group(body.quantifier, body.members, self._since(start))

    def _condition(self) -> Part:
        start = self._next.span.start
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            message = f"The text has more than {MAX_CONDITIONS} conditions"
            raise self._source.error(Code.TOO_MANY_CONDITIONS, start, message)
        if self._next.text == "(":
            self._take()
            self._take()
            return Group(Quantifier.ALL, (), self._since(start))
        if self._is_word("json") and self._peek().kind is TokenKind.TEXT:
            self._take()
            return self._json(self._take(), start)
        subject = self._subject()
        test = self._test(subject)
        return Condition(subject, test, self._since(start))

    def _json(self, token: Token, start: int) -> JsonCondition:
        try:
            condition = decode(self._text(token))
        except InvalidDefinition as error:
            found = error.diagnostics[0]
            raise self._source.error(found.code, token.span.start, found.message) from None
        if not isinstance(condition, dict) or is_group(condition):
            raise self._source.error(Code.TEXT, token.span.start, "After json stands one condition, as a JSON object")
        dialect = Dialect.TYPED if "type" in condition else Dialect.FLAT if "field" in condition else None
        return JsonCondition(condition, dialect, self._since(start))

    def _subject(self) -> Subject:
        token = self._next
        if token.kind is TokenKind.NAME:
            self._take()
            return Subject(Kind.KEY, unquoted_name(token.text), token.span)
        if token.kind is not TokenKind.WORD or not _NAME.fullmatch(token.text) or token.text.lower() in ("and", "or"):
            raise self._expected("a condition")
        self._take()
        if token.text == "field":
            return self._field_id(token)
        if token.text == "metadata" and self._next.text == ".":
            return self._metadata(token)
        return Subject(_KINDS.get(token.text, Kind.KEY), token.text, token.span)

    def _field_id(self, token: Token) -> Subject:
        if self._next.kind is not TokenKind.NUMBER and self._next.text != "-":
            raise self._expected("a field's id", 'A field with the key field is written "field"')
        number = self._number()
        if not isinstance(number.json, int):
            raise self._source.error(Code.FIELD_ID, number.span.start, "Please provide a valid field_id")
        return Subject(Kind.FIELD_ID, number.json, self._since(token.span.start))

    def _metadata(self, token: Token) -> Subject:
        self._take()
        key = self._next
        if key.kind is TokenKind.NAME:
            name = unquoted_name(key.text)
        elif key.kind is TokenKind.WORD and _NAME.fullmatch(key.text):
            name = key.text
        else:
            raise self._expected("a key", 'Any other key stands in double quotes: metadata."2nd key"')
        self._take()
        if self._next.text == ".":
            raise self._expected("an operator", f'A key with a point stands in quotes: metadata."{name}.…"')
        return Subject(Kind.METADATA, METADATA_PREFIX + name, self._since(token.span.start))

    def _test(self, subject: Subject) -> Test:
        start = self._next.span.start
        operator, every = self._operator(subject)
        span = self._since(start)
        if operator in (Operator.EXISTS, Operator.NOT_EXISTS):
            return Test(operator, span)
        value = self._value()
        if operator is Operator.WITHIN_DAYS and not (self._passed("days") or self._passed("day")):
            raise self._expected("days", did_you_mean(self._next.text, ("days",)))
        return Test(operator, span, value, every)

    def _operator(self, subject: Subject) -> tuple[Operator | ActivityOperator, bool]:
        """The operator, and whether it asks for every one of the values."""
        token = self._next
        word = token.text.lower()
        if word in _SIDES and subject.kind is Kind.LAST_ACTIVITY:
            self._take()
            return _SIDES[word], False
        if word == "within":
            self._take()
            return Operator.WITHIN_DAYS, False
        if token.kind is TokenKind.END:
            raise self._expected("an operator")
        if subject.kind is Kind.LAST_ACTIVITY:
            message = f"Invalid operator for last activity filter. Must be one of: {ACTIVITY_WORDS}"
            raise self._source.error(Code.TEXT_OPERATOR, token.span.start, message)
        if word in _COMPARISONS:
            self._take()
            return _COMPARISONS[word], False
        if word in _PARTS:
            self._take()
            self._must("with")
            return _PARTS[word], False
        if word == "has":
            self._take()
            return Operator.CONTAINS, self._has_all(subject)
        if word == "not":
            self._take()
            return self._single_word(token)[1], False
        return self._single_word(token)[0], False

    def _single_word(self, first: Token) -> tuple[Operator, Operator]:
        """An operator of one word and its negative; `first` is where it began."""
        operators = _WORDS.get(self._next.text.lower())
        if operators is not None:
            self._take()
            return operators
        if self._next.kind is TokenKind.END:
            raise self._expected("an operator")
        written = self._source.text[first.span.start : self._next.span.end]
        hint = operator_hint(self._next.text, self._peek().text)
        raise self._source.error(Code.TEXT_OPERATOR, first.span.start, f"There is no operator {_cut(written)}", hint)

    def _has_all(self, subject: Subject) -> bool:
        if self._passed("any"):
            return False
        if not self._is_word("all"):
            raise self._expected("any or all", did_you_mean(self._next.text, ("any", "all")))
        if subject.kind is not Kind.TAGS:
            message, hint = "has all goes only with tags", "Join several conditions with and"
            raise self._source.error(Code.TEXT_OPERATOR, self._next.span.start, message, hint)
        self._take()
        return True

    def _value(self) -> Value:
        token = self._next
        match token.kind:
            case TokenKind.TEXT:
                self._take()
                return Value(self._text(token), token.span)
            case TokenKind.NUMBER:
                return self._number()
            case TokenKind.SYMBOL if token.text == "-":
                return self._number()
            case TokenKind.SYMBOL if token.text == "(":
                return self._list()
            case TokenKind.WORD if token.text.lower() in CONSTANTS:
                self._take()
                return Value(CONSTANTS[token.text.lower()], token.span)
            case _:
                raise self._expected("a value", value_hint(token))

    def _list(self) -> Value:
        start = self._take().span.start
        members: list[Value] = []
        while not members or self._next.text == ",":
            if members:
                self._take()
            elif self._next.text == ")":
                break
            members.append(self._value())
            if len(members) > MAX_LIST:
                message = f"The list has more than {MAX_LIST:,} values"
                raise self._source.error(Code.LIST_TOO_LONG, members[-1].span.start, message)
        if self._next.text != ")":
            raise self._expected("a comma or a closing parenthesis", date_hint(self._before, self._next))
        self._take()
        return Value([member.json for member in members], self._since(start), tuple(members))

    def _number(self) -> Value:
        start = self._next.span.start
        sign = "-" if self._next.text == "-" else ""
        if sign:
            self._take()
        digits = self._next
        if digits.kind is not TokenKind.NUMBER or not _NUMBER.fullmatch(digits.text):
            raise self._expected("a number")
        self._take()
        return Value(decode(sign + digits.text), self._since(start))

    def _text(self, token: Token) -> str:
        try:
            return unquoted_text(token.text)
        except BadEscape as error:
            message = f"{error.written} means nothing in a text that begins with e'"
            hint = "A backslash is written \\\\"
            raise self._source.error(Code.TEXT, token.span.start + error.at, message, hint) from None

    def _peek(self) -> Token:
        """The token after the next one."""
        if self._after_next is None:
            self._after_next = next(self._stream, self._next)
        return self._after_next

    def _take(self) -> Token:
        self._before, self._next, self._after_next = self._next, self._peek(), None
        return self._before

    def _is_word(self, word: str) -> bool:
        return self._next.kind is TokenKind.WORD and self._next.text.lower() == word

    def _passed(self, word: str) -> bool:
        """Whether the next token is this word, which is then behind."""
        found = self._is_word(word)
        if found:
            self._take()
        return found

    def _passed_header(self, word: str) -> bool:
        found = self._is_word(word) and self._peek().text == ":"
        if found:
            self._take()
            self._take()
        return found

    def _must(self, word: str) -> None:
        if not self._passed(word):
            raise self._expected(word, did_you_mean(self._next.text, (word,)))

    def _since(self, start: int) -> Span:
        """From an offset to the end of what was taken last."""
        return Span(start, max(start, self._before.span.end))

    def _expected(self, what: str, hint: str = "") -> InvalidDefinition:
        where = "where the text ends" if self._next.kind is TokenKind.END else f"not {_cut(self._next.text)}"
        return self._source.error(Code.TEXT, self._next.span.start, f"Expected {what} here, {where}", hint)


def _single(conjunction: Group) -> Part:
    """One of several alternatives: what `and` joined as a group, a single member as it is."""
    match conjunction.members:
        case [member]:
            return member
        case _:
            return conjunction


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
