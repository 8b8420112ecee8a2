"""Filter -> text: every filter as the one line of the grammar that reads back as the same filter.

Nothing is cut, and nothing that could disturb a terminal comes through. What the grammar has no words for (an
operator that there is not, an object as a value) stands as the JSON that it was: `json '{"field": …}'`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from segsql.catalog import PRESENCE_OPERATORS, Id, Operator
from segsql.filters.decode import Json, holds_object
from segsql.filters.encode import encode
from segsql.filters.nodes import (
    ActivityOperator,
    DateValue,
    Dialect,
    FieldTest,
    Filter,
    Group,
    LastActivityTest,
    MetadataTest,
    Moment,
    Node,
    Quantifier,
    RateTest,
    SegmentTest,
    TagsTest,
    WholeDay,
)
from segsql.filters.text.vocabulary import ACTIVITY, ESCAPES, HAS_ALL, HAS_ANY, PLAIN_NAME, RESERVED, SYMBOLS
from segsql.filters.words import Names

NO_NAMES = Names()

_ESCAPED = {meaning: f"\\{written}" for written, meaning in ESCAPES.items()}


def words(filter_: Filter, names: Names = NO_NAMES) -> str:
    """The filter as text, on one line: `open_rate >= 50 and plan in ('pro', 'team')`.

    An id that `names` knows has the name beside it, as a comment: `tags has any (1 /* VIP */)`. Never fails.
    """
    body = _Printer(names).body(filter_.root)
    return f"typed: {body}" if filter_.dialect is Dialect.TYPED and not _tells_its_dialect(filter_.root) else body


def node_words(node: Node, names: Names = NO_NAMES) -> str:
    """One condition as text, or the conditions of a group, as `words` writes them."""
    printer = _Printer(names)
    if isinstance(node, Group) and node.quantifier is not Quantifier.NONE:
        return printer.body(node)
    return printer.member(node)


def value_words(value: Json) -> str:
    """A value that can stand in a condition: `'it''s'`, `12.50`, `('a', 'b')`, `true`; not an object."""
    match value:
        case str():
            return _text(value)
        case list():
            return f"({', '.join(map(value_words, value))})"
        case _:
            return encode(value)


class _Printer:
    """Prints the nodes of one filter."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def body(self, group: Group) -> str:
        """What a group holds, without the parentheses about it."""
        members = [self.member(member) for member in group.members]
        match group.quantifier, members:
            case Quantifier.NONE, _:
                return self.member(group)
            case Quantifier.ANY, [member]:
                return f"any: {member}"
            case Quantifier.ANY, _:
                return " or ".join(members)
            case _:
                return " and ".join(members) or "()"

    def member(self, node: Node) -> str:
        """A node as one of several: a group in its parentheses."""
        match node:
            case Group(_, Quantifier.NONE, (Group(_, Quantifier.ALL, (_, _, *_)) as group,)):
                return f"not ({self.body(group)})"
            case Group(_, Quantifier.NONE, members):
                return f"not ({' or '.join(map(self.member, members))})"
            case Group():
                return f"({self.body(node)})"
            case FieldTest():
                return self._field(node)
            case MetadataTest():
                return _metadata(node)
            case TagsTest():
                return self._tags(node)
            case RateTest(_, rate, operator, percent):
                return _compared(rate, operator, percent)
            case LastActivityTest():
                return _last_activity(node)
            case SegmentTest(_, negated, segment_ids):
                operator = Operator.NOT_IN if negated else Operator.IN
                return f"segment {SYMBOLS[operator]} {_ids(segment_ids, self._names.segments)}"
            case _:
                assert_never(node)

    def _field(self, test: FieldTest) -> str:
        subject = _name(str(test.field)) if test.by_key else self._by_id(test.field)
        if subject and isinstance(test.operator, Operator) and _has_words(test.operator, test.value):
            return _compared(subject, test.operator, test.value)
        named: dict[str, Json] = {"field": test.field} if test.by_key else {"type": "field", "field_id": test.field}
        return _as_json({**named, "operator": test.operator, "value": test.value})

    def _by_id(self, field_id: Id) -> str:
        return f"field {_labelled(field_id, self._names.fields)}"

    def _tags(self, test: TagsTest) -> str:
        ids = _ids(test.tag_ids, self._names.tags)
        match test.operator:
            case Operator.EXISTS | Operator.NOT_EXISTS:
                return f"tags {SYMBOLS[test.operator]}"
            case Operator.CONTAINS | Operator.NOT_CONTAINS:
                denied = "not " if test.operator is Operator.NOT_CONTAINS else ""
                return f"{denied}tags {HAS_ALL if test.every else HAS_ANY} {ids}"
            case _:
                return f"tags {SYMBOLS[test.operator]} {ids}"


def _metadata(test: MetadataTest) -> str:
    key = test.key if PLAIN_NAME.fullmatch(test.key) else _quoted(test.key)
    value: Json = [*test.value] if isinstance(test.value, tuple) else test.value
    if key:
        return _compared(f"metadata.{key}", test.operator, value)
    return _as_json({"field": f"metadata.{test.key}", "operator": test.operator, "value": value})


def _compared(subject: str, operator: Operator, value: Json) -> str:
    """A subject with its operator and the value; the negative ones that `has any` has stand before it."""
    match operator:
        case Operator.EXISTS | Operator.NOT_EXISTS:
            return f"{subject} {SYMBOLS[operator]}"
        case Operator.WITHIN_DAYS:
            return f"{subject} {_within(value)}"
        case Operator.CONTAINS if isinstance(value, list):
            return f"{subject} {HAS_ANY} {value_words(value)}"
        case Operator.NOT_CONTAINS if isinstance(value, list):
            return f"not {subject} {HAS_ANY} {value_words(value)}"
        case _:
            return f"{subject} {SYMBOLS[operator]} {value_words(value)}"


def _last_activity(test: LastActivityTest) -> str:
    if test.operator is ActivityOperator.WITHIN_LAST_DAYS and isinstance(test.value, int):
        return f"last_activity {_within(test.value)}"
    assert not isinstance(test.value, int), "the parser gives the other operators a date"
    return f"last_activity {ACTIVITY[test.operator]} '{_date(test.value)}'"


def _date(value: DateValue) -> str:
    match value:
        case WholeDay(day):
            return day.isoformat()
        case Moment(at):
            return at.isoformat()
        case _:
            assert_never(value)


def _within(days: Json) -> str:
    return f"within {value_words(days)} day{'' if days == 1 else 's'}"


def _ids(ids: Iterable[Id], names: Mapping[Id, str]) -> str:
    return f"({', '.join(_labelled(id_, names) for id_ in ids)})"


def _labelled(id_: Id, names: Mapping[Id, str]) -> str:
    """An id, with its name, unless it is that itself, in a comment that ends where it seems to."""
    if names.get(id_, id_) == id_:
        return value_words(id_)
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in names[id_])
    return f"{value_words(id_)} /* {name.replace('*/', '* /')} */"


def _has_words(operator: Operator, value: Json) -> bool:
    """Whether the grammar can write this operator with this value."""
    if operator in PRESENCE_OPERATORS:
        return value is None
    return not holds_object(value)


def _name(key: str) -> str:
    """A field's key as it is, or in quotes; nothing where it can't stand so."""
    return key if PLAIN_NAME.fullmatch(key) and key.lower() not in RESERVED else _quoted(key)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""')) if name.isprintable() else ""


def _text(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'" if text.isprintable() else f"e'{''.join(map(_character, doubled))}'"


def _character(character: str) -> str:
    """One character of a text in which a backslash escapes."""
    if escaped := _ESCAPED.get(character):
        return escaped
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _as_json(condition: Json) -> str:
    return f"json {_text(encode(condition))}"


def _tells_its_dialect(node: Node) -> bool:
    """Whether something in the tree is in the typed dialect alone."""
    match node:
        case Group():
            return any(map(_tells_its_dialect, node.members))
        case FieldTest() | LastActivityTest() | SegmentTest():
            return True
        case MetadataTest() | TagsTest() | RateTest():
            return False
        case _:
            assert_never(node)
