"""How a value of a column, or of JSON, is read without ever failing on what is stored (spec 4.2, 4.6).

A value that can't be read as it should is NULL here, which every positive test takes for false. Reading text needs
no such care, since nothing can fail on the way, so there the demand on the JSON type stands beside the bare
`fields ->> 'key'`: that expression is what an index is made on.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from segsql.catalog import ColumnType, SqlType
from segsql.plan.predicate import Reading
from segsql.render import nodes

DAY_SHAPE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"

NUMBER_SHAPE = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$"
"""A number as JSON writes it. With MAX_NUMBER characters and such an exponent every one is a numeric."""

MAX_NUMBER = 1_000

_STRING = r'"([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"'
_SPACE = r"[ \t\n\r]*"
STRINGS_SHAPE = f"^{_SPACE}\\[{_SPACE}({_STRING}{_SPACE}(,{_SPACE}{_STRING}{_SPACE})*)?\\]{_SPACE}$"
"""A JSON array of strings alone, as text."""

ESCAPE = "\\u"
PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
BAD_ESCAPE = r"\\u(0000|[dD][89a-fA-F])"
"""Once pairs of surrogates are left out: an escape for NUL, or for half a pair. `json` stores them, and fails once it
is asked for anything."""


_OTHERWISE = (Reading.NUMBER, Reading.BOOLEAN, Reading.DAY, Reading.DAY_PREFIX, Reading.STRINGS)
"""What a column of text is read as where it is not meant as a text. It may be `citext`, of which patterns match in any
case, or `char(n)`, whose padding they see: so it is cast first, which costs nothing where it is text already."""


@dataclass(frozen=True, slots=True)
class Read:
    """SQL that reads an operand: a value, and a condition without which the value does not count."""

    value: exp.Expression
    only_if: exp.Expression | None = None

    @property
    def guarded(self) -> exp.Expression:
        """The value as one expression, NULL where it does not count."""
        return self.value if self.only_if is None else nodes.case(self.only_if, self.value)


def read_column(value: exp.Expression, type_: ColumnType, reading: Reading) -> Read:
    """A column of a type of SQL; what is not as its own type says is written as text."""
    if type_ is ColumnType.ENUM:
        return Read(nodes.cast(value, SqlType.TEXT))
    if type_ is not ColumnType.TEXT:
        return Read(value, _has_no_null(value)) if reading is Reading.TEXTS else Read(value)
    if reading in _OTHERWISE:
        value = nodes.cast(value, SqlType.TEXT)
    match reading:
        case Reading.NUMBER:
            return Read(_number(value))
        case Reading.BOOLEAN:
            is_one = exp.In(this=value, expressions=[nodes.text("true"), nodes.text("false")])
            return Read(nodes.case(is_one, nodes.cast(value.copy(), SqlType.BOOLEAN)))
        case Reading.DAY:
            return Read(_days(value), _has_shape(value.copy(), f"^{DAY_SHAPE}$"))
        case Reading.DAY_PREFIX:
            ten = exp.Left(this=value, expression=nodes.number(10))
            return Read(_days(ten), _has_shape(value.copy(), f"^{DAY_SHAPE}"))
        case Reading.STRINGS:
            return Read(_strings(value))
        case _:
            return Read(value)


def read_json(document: exp.Expression, path: list[exp.Expression], type_: ColumnType, reading: Reading) -> Read:
    """A value within a document of JSON, under keys that lead to it."""
    json = Json(document, path, type_)
    match reading:
        case Reading.TEXT:
            return json.any_scalar()
        case Reading.STRING:
            return Read(json.text(), json.is_kind("string"))
        case Reading.NUMBER:
            return Read(nodes.case(json.is_kind("number"), json.number()))
        case Reading.BOOLEAN:
            return Read(nodes.case(json.is_kind("boolean"), nodes.cast(json.text(), SqlType.BOOLEAN)))
        case Reading.DAY:
            shape = _has_shape(json.text(), f"^{DAY_SHAPE}$")
            return Read(_days(json.text()), exp.And(this=json.is_kind("string"), expression=shape))
        case Reading.DAY_PREFIX:
            ten = exp.Left(this=json.text(), expression=nodes.number(10))
            shape = _has_shape(json.text(), f"^{DAY_SHAPE}")
            return Read(_days(ten), exp.And(this=json.is_kind("string"), expression=shape))
        case Reading.STRINGS:
            return Read(nodes.case(json.is_kind("array"), json.strings()))
        case Reading.ANY:
            return Read(json.member(), exp.NEQ(this=json.kind(), expression=nodes.text("null")))
        case Reading.DATE | Reading.INSTANT | Reading.TEXTS:
            raise AssertionError(f"JSON has no {reading}")


def _has_no_null(array: exp.Expression) -> exp.Expression:
    """An array that holds a null is contained in none, itself included; of several dimensions all members count."""
    return exp.ArrayContainedBy(this=array.copy(), expression=array.copy())


class Json:
    """What can be asked of a value within a document. Of `json`, as of `jsonb`, the last of equal keys counts."""

    def __init__(self, document: exp.Expression, path: list[exp.Expression], type_: ColumnType) -> None:
        self._is_binary = type_ is ColumnType.JSONB
        self._document = document if self._is_binary else _readable(document)
        self._path = path

    def member(self) -> exp.Expression:
        """The value as JSON."""
        found = self._document.copy()
        for key in self._path:
            found = exp.JSONExtract(this=found, expression=key.copy())
        return found

    def text(self) -> exp.Expression:
        """The value as text: of a string what it says."""
        if not self._path:
            return exp.JSONBExtractScalar(this=self._document.copy(), expression=nodes.text("{}"))
        found = self._document.copy()
        for key in self._path[:-1]:
            found = exp.JSONExtract(this=found, expression=key.copy())
        return exp.JSONExtractScalar(this=found, expression=self._path[-1].copy())

    def kind(self) -> exp.Expression:
        """What the value is: string, number, …"""
        return nodes.call("jsonb_typeof" if self._is_binary else "json_typeof", self.member())

    def is_kind(self, name: str) -> exp.Expression:
        """Whether it is that."""
        return nodes.equal(self.kind(), nodes.text(name))

    def number(self) -> exp.Expression:
        """A number's value; jsonb holds none that is too large to be one."""
        return nodes.cast(self.text(), SqlType.NUMERIC) if self._is_binary else _number(self.text())

    def any_scalar(self) -> Read:
        """A string, or a number or boolean as jsonb prints it."""
        kinds = ["string", "number", "boolean"] if self._is_binary else ["string", "boolean"]
        is_text = exp.In(this=self.kind(), expressions=[nodes.text(name) for name in kinds])
        if self._is_binary:
            return Read(self.text(), is_text)
        printed = nodes.cast(_number(self.text()), SqlType.TEXT)
        texts = exp.If(this=is_text, true=self.text())
        return Read(exp.Case(ifs=[texts, exp.If(this=self.is_kind("number"), true=printed)]))

    def strings(self) -> exp.Expression:
        """An array, as jsonb, that has strings alone: strict, or else `[["a"]]` would pass."""
        if not self._is_binary:
            return _strings(nodes.cast(self.member(), SqlType.TEXT))
        other = nodes.text('strict $[*] ? (@.type() != "string")')
        alone = exp.Not(this=nodes.call("jsonb_path_exists", self.member(), other))
        return nodes.case(alone, self.member())


def _readable(document: exp.Expression) -> exp.Expression:
    """A document of `json` that operators can read, else NULL."""
    text = nodes.cast(document, SqlType.TEXT)
    return nodes.case(_has_readable_escapes(text), document.copy())


def _has_readable_escapes(text: exp.Expression) -> exp.Expression:
    """Escapes are rare; a backslash that is itself escaped begins none, and stands between halves."""
    none = nodes.equal(nodes.call("strpos", text, nodes.text(ESCAPE)), nodes.number(0))
    escapes = nodes.call("replace", text.copy(), nodes.text("\\\\"), nodes.text("/"))
    alone = nodes.call("regexp_replace", escapes, nodes.text(PAIR), nodes.text(""), nodes.text("g"))
    good = exp.Not(this=exp.RegexpLike(this=alone, expression=nodes.text(BAD_ESCAPE)))
    return exp.Or(this=none, expression=good)


def _number(text: exp.Expression) -> exp.Expression:
    is_short = exp.LTE(this=nodes.call("length", text), expression=nodes.number(MAX_NUMBER))
    is_number = exp.And(this=is_short, expression=_has_shape(text.copy(), NUMBER_SHAPE))
    return nodes.case(is_number, nodes.cast(text.copy(), SqlType.NUMERIC))


def _strings(text: exp.Expression) -> exp.Expression:
    """A text that is a JSON array of strings alone, as jsonb."""
    is_array = exp.And(
        this=_has_shape(text, STRINGS_SHAPE), expression=exp.Paren(this=_has_readable_escapes(text.copy()))
    )
    return nodes.case(is_array, nodes.cast(text.copy(), SqlType.JSONB))


def _days(value: exp.Expression) -> exp.Expression:
    """Days are ordered as text, byte by byte, whatever the database's collation."""
    return exp.Collate(this=exp.Paren(this=value), expression=nodes.name("C"))


def _has_shape(text: exp.Expression, pattern: str) -> exp.Expression:
    return exp.RegexpLike(this=text, expression=nodes.text(pattern))
