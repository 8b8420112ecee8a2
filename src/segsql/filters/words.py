"""Filter -> plain English: what a table or a log says about a segment, for people who write no JSON.

A translation, not a check: whatever the parser lets through gets its words, also what a later stage refuses
and ids that the catalog doesn't know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import assert_never

from segsql.catalog import Id, Operator
from segsql.filters.decode import Json
from segsql.filters.nodes import (
    ActivityOperator,
    FieldTest,
    Filter,
    Group,
    LastActivityTest,
    MetadataTest,
    Node,
    Quantifier,
    RateTest,
    SegmentTest,
    TagsTest,
)
from segsql.filters.phrases import compared, listed, moment, name, text, written

_SUBJECTS: Mapping[str, str] = {
    "created_at": "created",
    "updated_at": "updated",
    "last_open_at": "last open",
    "last_click_at": "last click",
}
_COUNTED: Mapping[str, str] = {
    "delivered_count": "received",
    "opens_count": "opened",
    "clicks_count": "clicked in",
}
_AMOUNTS: Mapping[Operator, str] = {
    Operator.EQ: "exactly",
    Operator.GT: "more than",
    Operator.LT: "fewer than",
    Operator.GTE: "at least",
    Operator.LTE: "at most",
}
_PRESENCE: Mapping[tuple[str, Operator], str] = {
    ("last_open_at", Operator.EXISTS): "has opened",
    ("last_open_at", Operator.NOT_EXISTS): "never opened",
    ("last_click_at", Operator.EXISTS): "has clicked",
    ("last_click_at", Operator.NOT_EXISTS): "never clicked",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids in a workspace's filters mean: a field's key (or name), the names of tags and segments."""

    fields: Mapping[Id, str] = field(default_factory=dict)
    tags: Mapping[Id, str] = field(default_factory=dict)
    segments: Mapping[Id, str] = field(default_factory=dict)


def describe(filter_: Filter, names: Names) -> str:
    """The filter in words: `opened at least 3 campaigns and last open within 90 days`.

    Ids that `names` doesn't know are printed as such (`field 12`). Never fails, also where the filter is only
    what could be read of a wrong definition.
    """
    return _node(filter_.root, names).text


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words, and the one quantifier under which they need no parentheses; None: under every.

    `tagged VIP or Newsletter` would be read wrongly before `and`, and a list (`plan is one of free, pro`) before
    `or`, which would seem to go on with it.
    """

    text: str
    only_under: Quantifier | None = None

    def inside(self, quantifier: Quantifier) -> str:
        """The words as a member of a group: in parentheses where they need them."""
        return f"({self.text})" if self.only_under not in (None, quantifier) else self.text


def _node(node: Node, names: Names) -> _Phrase:
    match node:
        case Group():
            return _group(node, names)
        case FieldTest():
            return _Phrase(_field(node, names), _under(node.value))
        case MetadataTest(_, key, operator, value):
            json: Json = [*value] if isinstance(value, tuple) else value
            return _Phrase(f"{name(key)} {compared(operator, json)}", _under(value))
        case TagsTest():
            return _tags(node, names)
        case RateTest():
            return _Phrase(_rate(node))
        case LastActivityTest():
            return _Phrase(_last_activity(node))
        case SegmentTest():
            return _Phrase(_segments(node, names), _under(node.segment_ids))
        case _:
            assert_never(node)


def _under(value: object) -> Quantifier | None:
    """Where a value's words may stand: a list of several before `and` alone."""
    return Quantifier.ALL if isinstance(value, list | tuple) and len(value) > 1 else None


def _group(group: Group, names: Names) -> _Phrase:
    members = [_node(member, names) for member in group.members]
    match members, group.quantifier:
        case [], _:
            return _Phrase("no condition")
        case [member], Quantifier.NONE:
            return _Phrase(f"not ({member.text})")
        case [member], _:
            return member
        case _, Quantifier.ALL | Quantifier.ANY as quantifier:
            word = " and " if quantifier is Quantifier.ALL else " or "
            return _Phrase(word.join(member.inside(quantifier) for member in members), quantifier)
        case _:
            return _Phrase(f"none of ({' or '.join(member.inside(Quantifier.ANY) for member in members)})")


def _field(test: FieldTest, names: Names) -> str:
    key = str(test.field) if test.by_key else names.fields.get(test.field, f"field {test.field}")
    subject = _SUBJECTS.get(key) or name(key.replace("_", " "))
    operator, value = test.operator, test.value
    if not isinstance(operator, Operator):
        return f"{subject} {written(operator)} {written(value)}"
    if phrase := _PRESENCE.get((key, operator)):
        return phrase
    if key in _COUNTED and isinstance(value, int | Decimal):
        verb, campaigns = _COUNTED[key], f"{written(value)} campaign{'' if value == 1 else 's'}"
        if operator is Operator.NE:
            return f"not {verb} exactly {campaigns}"
        return f"{verb} {_AMOUNTS.get(operator, operator)} {campaigns}"
    if key in _SUBJECTS and operator in (Operator.EQ, Operator.NE):
        return f"{subject} {'on' if operator is Operator.EQ else 'not on'} {written(value)}"
    return f"{subject} {compared(operator, value)}"


def _tags(test: TagsTest, names: Names) -> _Phrase:
    tags = [text(names.tags[id_]) if id_ in names.tags else f"tag {id_}" for id_ in test.tag_ids]
    every = f"both {listed(tags, 'and')}" if len(tags) == 2 else f"all of {listed(tags)}"
    match test.operator, tags:
        case Operator.EXISTS, _:
            return _Phrase("has tags")
        case Operator.NOT_EXISTS, _:
            return _Phrase("has no tags")
        case Operator.EQ, _:
            return _Phrase(f"tagged exactly {listed(tags, 'and')}", _under(tags))
        case Operator.NE, _:
            return _Phrase(f"not tagged exactly {listed(tags, 'and')}", _under(tags))
        case Operator.NOT_CONTAINS, [tag]:
            return _Phrase(f"not tagged {tag}")
        case Operator.NOT_CONTAINS, _ if test.every:
            return _Phrase(f"not tagged {every}", _under(tags))
        case Operator.NOT_CONTAINS, [one, other]:
            return _Phrase(f"tagged neither {one} nor {other}")
        case Operator.NOT_CONTAINS, _:
            return _Phrase(f"tagged none of {listed(tags)}", Quantifier.ALL)
        case _, [tag]:
            return _Phrase(f"tagged {tag}")
        case _ if test.every:
            return _Phrase(f"tagged {every}", _under(tags))
        case _:
            return _Phrase(f"tagged {listed(tags, 'or')}", Quantifier.ANY)


def _rate(test: RateTest) -> str:
    rate = test.rate.value.replace("_", " ")
    if test.percent is not None:
        return f"{rate} {compared(test.operator, test.percent)} %"
    return f"has {'an' if rate[0] in 'aeiou' else 'a'} {rate}" if test.operator is Operator.EXISTS else f"no {rate}"


def _last_activity(test: LastActivityTest) -> str:
    match test.value:
        case int() as days:
            how = compared(Operator.WITHIN_DAYS, days)
        case date:
            how = f"{'after' if test.operator is ActivityOperator.IS_AFTER else 'before'} {moment(date)}"
    return f"last open or click {how}"


def _segments(test: SegmentTest, names: Names) -> str:
    segments = [text(names.segments[id_]) if id_ in names.segments else str(id_) for id_ in test.segment_ids]
    if len(segments) == 1:
        return f"{'not in' if test.negated else 'in'} segment {segments[0]}"
    return f"in {'none' if test.negated else 'any'} of the segments {listed(segments)}"
