"""One JSON object -> one condition, in either dialect.

The two dialects differ in how a condition names what it tests and in which operators it may use; the values
of tags, rates and dates are read alike (`values`). Messages are the create document's own, byte for byte,
where it has one (spec 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from segsql.catalog import (
    ORDER_OPERATORS,
    POSITIVE_TWIN,
    PRESENCE_OPERATORS,
    RATE_OPERATORS,
    TAGS_OPERATORS,
    Id,
    Ids,
    IdType,
    Operator,
    read_operator,
)
from segsql.catalog.hints import did_you_mean
from segsql.errors import Code
from segsql.filters import values
from segsql.filters.decode import Json
from segsql.filters.metadata import read_metadata
from segsql.filters.nodes import (
    ActivityOperator,
    FieldTest,
    LastActivityTest,
    Node,
    Place,
    Rate,
    RateTest,
    SegmentTest,
    TagsTest,
)
from segsql.filters.problems import Problems

Condition = dict[str, Json]
Reader = Callable[[Condition, Place, Problems, Ids], Node | None]
"""Reads a condition; ids in it are of the given types."""

METADATA_PREFIX = "metadata."

_FLAT_TAGS_OPERATORS = (*TAGS_OPERATORS, *PRESENCE_OPERATORS)
_FLAT_RATE_OPERATORS = (*ORDER_OPERATORS, *PRESENCE_OPERATORS)


def read_typed_condition(condition: Condition, place: Place, problems: Problems, ids: Ids) -> Node | None:
    """Read a condition of the typed dialect, told by its `type`."""
    written = condition.get("type")
    if "type" not in condition and "field" in condition:
        problems.add(
            Code.MIXED_DIALECTS,
            place,
            "field",
            "The definition's root has condition, so its filters have type",
        )
        return None
    kind = _TYPED.get(written) if isinstance(written, str) else None
    if kind is None:
        message = f"Unknown filter type. Must be one of: {', '.join(_TYPED)}"
        problems.add(Code.UNKNOWN_TYPE, place, "type", message, hint=did_you_mean(written, _TYPED))
        return None
    keys, read = kind
    node = read(condition, place, problems, ids)
    _refuse_other_keys(condition, keys, place, problems)
    return node


def read_flat_condition(condition: Condition, place: Place, problems: Problems, ids: Ids) -> Node | None:
    """Read a condition of the flat dialect, told by its `field`."""
    field = condition.get("field")
    if "field" not in condition and "type" in condition:
        problems.add(
            Code.MIXED_DIALECTS,
            place,
            "type",
            "The definition's root has matchType, so its filters have field",
        )
        return None
    if not isinstance(field, str) or not field:
        problems.add(Code.FIELD_MISSING, place, "field", "Please provide a valid field")
        return None
    keys, read = _FLAT.get(field, _FLAT_FIELD)
    node = read(condition, place, problems, ids)
    _refuse_other_keys(condition, keys, place, problems)
    return node


def _read_flat_field(condition: Condition, place: Place, problems: Problems, _: Ids) -> Node | None:
    field = condition["field"]
    assert isinstance(field, str)
    if field.startswith(METADATA_PREFIX):
        return read_metadata(field.removeprefix(METADATA_PREFIX), condition, place, problems)
    return _field_test(place, field, condition, by_key=True)


def _read_typed_field(condition: Condition, place: Place, problems: Problems, ids: Ids) -> Node | None:
    field_id = values.id_(condition.get("field_id"), ids.field)
    if field_id is None:
        problems.add(Code.FIELD_ID, place, "field_id", "Please provide a valid field_id")
        return None
    return _field_test(place, field_id, condition)


def _field_test(place: Place, field: Id, condition: Condition, *, by_key: bool = False) -> FieldTest:
    written = condition.get("operator")
    return FieldTest(place, field, read_operator(written) or written, condition.get("value"), by_key)


def _read_typed_tags(condition: Condition, place: Place, problems: Problems, ids: Ids) -> Node | None:
    return _read_tags(condition, place, problems, ids.tag, TAGS_OPERATORS, neq=False)


def _read_flat_tags(condition: Condition, place: Place, problems: Problems, ids: Ids) -> Node | None:
    return _read_tags(condition, place, problems, ids.tag, _FLAT_TAGS_OPERATORS, neq=True)


def _typed_rate_reader(rate: Rate) -> Reader:
    def read(condition: Condition, place: Place, problems: Problems, _: Ids) -> Node | None:
        return _read_rate(rate, condition, place, problems, RATE_OPERATORS, integer=True)

    return read


def _flat_rate_reader(rate: Rate) -> Reader:
    def read(condition: Condition, place: Place, problems: Problems, _: Ids) -> Node | None:
        return _read_rate(rate, condition, place, problems, _FLAT_RATE_OPERATORS, integer=False)

    return read


def _read_tags(
    condition: Condition,
    place: Place,
    problems: Problems,
    id_type: IdType,
    operators: tuple[Operator, ...],
    *,
    neq: bool,
) -> Node | None:
    operator = _operator(condition, operators, "tags", place, problems, neq=neq)
    every = _match(condition, operator, place, problems)
    if operator in PRESENCE_OPERATORS:
        return TagsTest(place, operator, ()) if values.nothing(condition, place, problems) else None
    tag_ids = values.ids(condition.get("value"), id_type)
    if tag_ids is None:
        message = "Tags filter value must be an array of tag IDs."
        problems.add(Code.TAGS_VALUE, place, "value", message)
    if operator is None or tag_ids is None or every is None:
        return None
    return TagsTest(place, operator, tag_ids, every)


def _match(condition: Condition, operator: Operator | None, place: Place, problems: Problems) -> bool | None:
    """Whether every tag is asked for; None where `match` is wrong."""
    if "match" not in condition:
        return False
    written = condition["match"]
    if written not in ("any", "all"):
        problems.add(Code.VALUE, place, "match", "match must be any or all")
        return None
    if operator is not None and POSITIVE_TWIN.get(operator, operator) is not Operator.CONTAINS:
        problems.add(Code.VALUE, place, "match", "match goes only with contains and not_contains")
        return None
    return written == "all"


def _read_rate(
    rate: Rate,
    condition: Condition,
    place: Place,
    problems: Problems,
    operators: tuple[Operator, ...],
    *,
    integer: bool,
) -> Node | None:
    what = rate.value.replace("_", " ")
    operator = _operator(condition, operators, what, place, problems, neq=not integer)
    if operator in PRESENCE_OPERATORS:
        return RateTest(place, rate, operator, None) if values.nothing(condition, place, problems) else None
    percent = values.percent(condition.get("value"), integer=integer)
    if percent is None:
        problems.add(Code.RATE_VALUE, place, "value", "Value must be between 0 and 100")
    if operator is None or percent is None:
        return None
    return RateTest(place, rate, operator, percent)


def _read_last_activity(condition: Condition, place: Place, problems: Problems, _: Ids) -> Node | None:
    written = condition.get("operator")
    known = [operator.value for operator in ActivityOperator]
    if written not in known:
        message = f"Invalid operator for last activity filter. Must be one of: {', '.join(known)}"
        problems.add(Code.OPERATOR, place, "operator", message, hint=did_you_mean(written, known))
        return None
    operator = ActivityOperator(str(written))
    value = (
        values.days(condition, place, problems)
        if operator is ActivityOperator.WITHIN_LAST_DAYS
        else values.date(condition, place, problems)
    )
    return None if value is None else LastActivityTest(place, operator, value)


def _read_segment(condition: Condition, place: Place, problems: Problems, ids: Ids) -> Node | None:
    operators = (Operator.IN, Operator.NOT_IN)
    operator = _operator(condition, operators, "segment", place, problems, neq=False)
    segment_ids = values.ids(condition.get("value"), ids.segment)
    if segment_ids is None:
        message = "Segment filter value must be an array of segment IDs."
        problems.add(Code.VALUE, place, "value", message)
    if operator is None or segment_ids is None:
        return None
    return SegmentTest(place, operator is Operator.NOT_IN, segment_ids)


def _keys(*names: str) -> AbstractSet[str]:
    """The keys that a condition may have, in the order in which hints try them."""
    return dict.fromkeys(names).keys()


_TYPED: Mapping[str, tuple[AbstractSet[str], Reader]] = {
    "field": (_keys("type", "field_id", "operator", "value"), _read_typed_field),
    "tags": (_keys("type", "operator", "value", "match"), _read_typed_tags),
    "open_rate": (_keys("type", "operator", "value"), _typed_rate_reader(Rate.OPEN)),
    "click_rate": (_keys("type", "operator", "value"), _typed_rate_reader(Rate.CLICK)),
    "last_activity": (_keys("type", "operator", "value"), _read_last_activity),
    "segment": (_keys("type", "operator", "value"), _read_segment),
}
"""Each `type` with its keys and its reader, in the create document's order."""

_FLAT_FIELD: tuple[AbstractSet[str], Reader] = (_keys("field", "operator", "value"), _read_flat_field)
_FLAT: Mapping[str, tuple[AbstractSet[str], Reader]] = {
    "tags": (_keys("field", "operator", "value", "match"), _read_flat_tags),
    "open_rate": (_keys("field", "operator", "value"), _flat_rate_reader(Rate.OPEN)),
    "click_rate": (_keys("field", "operator", "value"), _flat_rate_reader(Rate.CLICK)),
}
"""The `field`s that are no fields, with the keys and the reader of each."""


def _operator(
    condition: Condition,
    operators: tuple[Operator, ...],
    what: str,
    place: Place,
    problems: Problems,
    *,
    neq: bool,
) -> Operator | None:
    """The condition's operator, one of `operators`; `neq` tells whether that spelling of `ne` is taken."""
    written = condition.get("operator")
    operator = read_operator(written)
    if operator in operators and (neq or written != "neq"):
        return operator
    message = f"Invalid operator for {what} filter. Must be one of: {', '.join(operators)}"
    problems.add(Code.OPERATOR, place, "operator", message, hint=did_you_mean(written, operators))
    return None


def _refuse_other_keys(condition: Condition, keys: AbstractSet[str], place: Place, problems: Problems) -> None:
    if condition.keys() <= keys:
        return
    for key in condition:
        if key not in keys:
            hint = did_you_mean(key, keys)
            problems.add(Code.UNKNOWN_KEY, place, key, f"Unknown key {key!r}", hint=hint)
