"""What can be wrong, and how it is said: diagnostics, the exceptions that carry them, the code catalogue.

A definition's problems are values (`Diagnostic`), collected by every stage and raised together, so that a
user repairs a filter once (spec 5). Everything else that goes wrong is one exception of the `SegsqlError`
tree with one clear line and, where there is one, a hint about what to do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The stable code of a problem; its meaning for people is in `CATALOGUE`."""

    NOT_JSON = "SEG100"
    NOT_AN_OBJECT = "SEG101"
    GROUP_CONDITION = "SEG102"
    NO_FILTERS = "SEG103"
    MIXED_DIALECTS = "SEG104"
    UNKNOWN_KEY = "SEG105"
    UNKNOWN_TYPE = "SEG106"
    FIELD_MISSING = "SEG107"
    FIELD_ID = "SEG108"
    OPERATOR = "SEG109"
    VALUE = "SEG110"
    TAGS_VALUE = "SEG111"
    RATE_VALUE = "SEG112"
    METADATA_KEY = "SEG113"
    TEXT_UNCLOSED = "SEG120"
    TEXT = "SEG121"
    TEXT_OPERATOR = "SEG122"
    FOREIGN_SHAPE = "SEG130"
    NOT_EXPRESSIBLE = "SEG131"

    UNKNOWN_FIELD = "SEG201"
    UNKNOWN_TAG = "SEG202"
    UNKNOWN_SEGMENT = "SEG203"
    SEGMENT_CYCLE = "SEG204"
    INVALID_SEGMENT = "SEG205"
    FIELD_OPERATOR = "SEG206"
    FIELD_VALUE = "SEG207"
    NOT_AN_OPTION = "SEG208"
    NOT_A_COUNTRY = "SEG209"
    FIELD_DECLARATION = "SEG210"
    TIME_ZONE = "SEG211"
    NOT_IN_DATABASE = "SEG212"

    TOO_DEEP = "SEG301"
    TOO_MANY_CONDITIONS = "SEG302"
    LIST_TOO_LONG = "SEG303"
    TOO_LARGE = "SEG304"
    TEXT_TOO_LONG = "SEG305"
    NUMBER_TOO_LONG = "SEG306"
    NUL = "SEG307"
    SURROGATE = "SEG308"
    DUPLICATE_KEY = "SEG309"
    NOT_FINITE = "SEG310"

    NEVER_TRUE = "SEG401"
    ALWAYS_TRUE = "SEG402"
    ADDS_NOTHING = "SEG403"
    SAME_SEGMENT = "SEG404"
    NEVER_FOR_LATELY = "SEG405"
    UNUSED_TAG = "SEG406"
    UNUSED_VALUE = "SEG407"
    NO_INDEX = "SEG408"

    MAPPING_SYNTAX = "SEG501"
    MAPPING_KEY = "SEG502"
    MAPPING_MISSING = "SEG503"
    MAPPING_VALUE = "SEG504"
    MAPPING_CONFLICT = "SEG505"
    MAPPING_TABLE = "SEG511"
    MAPPING_COLUMN = "SEG512"
    MAPPING_TYPE = "SEG513"
    MAPPING_NOT_UNIQUE = "SEG514"

    SEGMENT_NAME = "SEG601"
    SEGMENT_NAME_TOO_LONG = "SEG602"
    SEGMENT_LIMIT = "SEG603"
    REQUEST = "SEG604"
    PARAMETER = "SEG605"
    IDEMPOTENCY_KEY = "SEG606"

    INTERNAL = "SEG900"
    FORBIDDEN_SQL = "SEG901"


CATALOGUE: dict[Code, tuple[str, str]] = {
    Code.NOT_JSON: ("The text is not JSON.", "Send one JSON object, in UTF-8."),
    Code.NOT_AN_OBJECT: (
        "A definition, group or condition is not a JSON object.",
        "Write it as { ... }.",
    ),
    Code.GROUP_CONDITION: (
        "A group's `condition` or `matchType` is missing or not one of its values.",
        "The root takes AND, OR (all, any); a group below it also NOT (none).",
    ),
    Code.NO_FILTERS: (
        "A group's `filters` is missing, not a list, or empty.",
        "Give every group at least one filter.",
    ),
    Code.MIXED_DIALECTS: (
        "One definition uses both dialects.",
        "Keep to `condition` and `type`, or to `matchType` and `field`.",
    ),
    Code.UNKNOWN_KEY: (
        "An object has a key that means nothing there.",
        "Remove it, or correct its spelling.",
    ),
    Code.UNKNOWN_TYPE: (
        "A typed condition's `type` is missing or unknown.",
        "Use field, tags, open_rate, click_rate, last_activity or segment.",
    ),
    Code.FIELD_MISSING: ("A flat condition's `field` is missing or not a text.", "Name the field."),
    Code.FIELD_ID: ("A field condition's `field_id` is missing or no integer.", "Give the field's id."),
    Code.OPERATOR: (
        "The operator is missing or not one that this kind of condition has.",
        "Use one of those that the message lists.",
    ),
    Code.VALUE: (
        "The value is missing, or not what the operator takes.",
        "Give the value the message asks for.",
    ),
    Code.TAGS_VALUE: (
        "The value of a tags condition is not a non-empty list of integers.",
        "Give a list of tag ids.",
    ),
    Code.RATE_VALUE: (
        "A rate's value is missing, of the wrong type, or outside 0 to 100.",
        "Give a percentage.",
    ),
    Code.METADATA_KEY: (
        "The key in `metadata.<key>` is empty or longer than 128 characters.",
        "Give one key of the contact's custom values.",
    ),
    Code.TEXT_UNCLOSED: (
        "A quote or comment in a filter's text has no end.",
        "Close it; a quote in a text is doubled.",
    ),
    Code.TEXT: (
        "A filter's text does not go on as the grammar wants it.",
        "Write what the message asks for; docs/filters.md has the grammar.",
    ),
    Code.TEXT_OPERATOR: (
        "A filter's text has an operator that there is not, or not for this kind of condition.",
        "Use one of those that the message lists.",
    ),
    Code.FOREIGN_SHAPE: (
        "What is to be converted does not have the form that `--from` names.",
        "Give a query of React Query Builder, or a rule of JsonLogic, as JSON.",
    ),
    Code.NOT_EXPRESSIBLE: (
        "What is to be converted has something that the other form has no words for.",
        "Write it differently, as the hint says, or leave it out.",
    ),
    Code.UNKNOWN_FIELD: (
        "The workspace has no such field.",
        "Use a field of the workspace, or `metadata.<key>` for an undeclared one.",
    ),
    Code.UNKNOWN_TAG: ("The workspace has no such tag.", "Use ids of the workspace's tags."),
    Code.UNKNOWN_SEGMENT: ("The workspace has no such segment.", "Use ids of the workspace's segments."),
    Code.SEGMENT_CYCLE: ("A segment refers to itself, directly or by way of others.", "Break the circle."),
    Code.INVALID_SEGMENT: (
        "A segment that this one refers to is itself invalid.",
        "Repair that segment first.",
    ),
    Code.FIELD_OPERATOR: (
        "The operator is missing or not one that the field's type has.",
        "Use one of those that the message lists.",
    ),
    Code.FIELD_VALUE: (
        "The value does not fit the field's type.",
        "Give the value the message asks for; numbers are not written as texts.",
    ),
    Code.NOT_AN_OPTION: ("The value is not among the field's options.", "Use one of the field's options."),
    Code.NOT_A_COUNTRY: (
        "The value is no ISO 3166-1 alpha-2 country code.",
        "Use two upper-case letters, such as DE.",
    ),
    Code.FIELD_DECLARATION: (
        "The field's declaration in the workspace contradicts itself: its type does not fit its source.",
        "Correct the field's declaration: its type, or its source.",
    ),
    Code.TIME_ZONE: (
        "The workspace's time zone is not one that the IANA database knows.",
        "Correct the workspace's timezone, such as Europe/Berlin.",
    ),
    Code.NOT_IN_DATABASE: (
        "The mapping names nothing that such a condition could read.",
        "Ask for something else, or add to segsql.toml where it lies.",
    ),
    Code.TOO_DEEP: ("Groups are nested deeper than 32 levels.", "Flatten the definition."),
    Code.TOO_MANY_CONDITIONS: (
        "There are more than 500 conditions, referred segments included.",
        "Split the segment; use in with a list instead of many conditions.",
    ),
    Code.LIST_TOO_LONG: ("A list has more than 1,000 values.", "Split it into several conditions."),
    Code.TOO_LARGE: ("The definition is larger than 256 KiB of compact JSON.", "Split the segment."),
    Code.TEXT_TOO_LONG: ("A text is longer than 1,024 characters.", "Shorten it."),
    Code.NUMBER_TOO_LONG: (
        "A number has more than 30 digits on one side of the point.",
        "Shorten it; contacts hold no such numbers.",
    ),
    Code.NUL: ("A text holds the character NUL, which PostgreSQL cannot store.", "Remove it."),
    Code.SURROGATE: ("A text holds half of a surrogate pair.", "Send whole Unicode characters."),
    Code.DUPLICATE_KEY: ("A JSON object has one key twice.", "Keep one of them."),
    Code.NOT_FINITE: ("NaN and Infinity are not JSON numbers.", "Give a finite number."),
    Code.NEVER_TRUE: (
        "A condition or group can't hold for any contact, by itself or together with others.",
        "Correct the value or the operator, or what the group asks of its members.",
    ),
    Code.ALWAYS_TRUE: (
        "A condition or group holds for every contact, by itself or where others hold.",
        "Correct the value or the operator, or what the group asks of its members.",
    ),
    Code.ADDS_NOTHING: (
        "A condition or group makes no difference beside others.",
        "Remove it, or correct it if something else was meant.",
    ),
    Code.SAME_SEGMENT: (
        "Another segment of the workspace is defined the same, in other words or in the same.",
        "Use one of them everywhere, and delete the others.",
    ),
    Code.NEVER_FOR_LATELY: (
        "`not_exists` of a date, in a segment whose name or description speaks of a span of time.",
        'Where "not lately" is meant, put a window of days into a negating group.',
    ),
    Code.UNUSED_TAG: ("No contact has a tag that is asked for.", "Check that it is the tag that was meant."),
    Code.UNUSED_VALUE: ("No contact has a value of a dropdown that is asked for.", "Check its spelling."),
    Code.NO_INDEX: (
        "No index serves a condition on a text, and the table is large.",
        "Where few contacts match and it is asked for often, make the index that the hint names.",
    ),
    Code.MAPPING_SYNTAX: (
        "The mapping file is not TOML in UTF-8, or of another version.",
        "Correct it at the line that the message names.",
    ),
    Code.MAPPING_KEY: ("The mapping has a key that means nothing there.", "Remove it, or correct its spelling."),
    Code.MAPPING_MISSING: ("The mapping lacks a key that it needs there.", "Add it, as docs/mapping.md shows."),
    Code.MAPPING_VALUE: (
        "A key of the mapping has a value that it does not take.",
        "Give the value the message asks for.",
    ),
    Code.MAPPING_CONFLICT: (
        "Keys of the mapping contradict or exclude one another.",
        "Keep those that are true of the database.",
    ),
    Code.MAPPING_TABLE: (
        "The database has no such table or view.",
        "Correct the name; write schema.table for one that search_path does not lead to.",
    ),
    Code.MAPPING_COLUMN: ("The table or view has no such column.", "Correct the name, or leave the key out."),
    Code.MAPPING_TYPE: (
        "The column's type in the database is not what the mapping says, or no UPDATE can write a count to it.",
        "Write the type that the message names, or make a view that casts the column; for counts name another column.",
    ),
    Code.MAPPING_NOT_UNIQUE: (
        "What the mapping takes for a key can occur twice: no unique index says that it can't.",
        "Name the columns of a key, or create the unique index that the message shows.",
    ),
    Code.SEGMENT_NAME: ("A segment's name is missing, blank or not a text.", "Give a name of 1 to 64 characters."),
    Code.SEGMENT_NAME_TOO_LONG: ("A segment's name is longer than 64 characters.", "Shorten it."),
    Code.SEGMENT_LIMIT: (
        "The workspace has as many segments as its plan allows.",
        "Delete a segment, or raise the workspace's segment_limit.",
    ),
    Code.REQUEST: ("The body is not the JSON object that the endpoint takes.", "Send what docs/http.md shows."),
    Code.PARAMETER: ("A query parameter is not what it may be.", "Give the value the message asks for."),
    Code.IDEMPOTENCY_KEY: (
        "The Idempotency-Key is no key, or belongs to another request.",
        "Send 1 to 255 printable ASCII characters, and another key with every new request.",
    ),
    Code.INTERNAL: (
        "segsql met a case that it should have handled: a bug.",
        "Please report it with the definition.",
    ),
    Code.FORBIDDEN_SQL: (
        "The compiler built SQL that its own allow-list forbids; it was not run: a bug.",
        "Please report it with the definition.",
    ),
}
"""Every code with what it means and what to do; the table in docs/errors.md is made from it."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of a definition.

    `path` points into the document that was given (`$.filters[2].value`, or `column 17` of a text); `message` is for
    the person who wrote the filter and is stable; `hint` says what to do and may be empty. `excerpt` is the line of a
    filter's text that it is about, with a caret under the place; empty for JSON.
    """

    code: Code
    path: str
    message: str
    hint: str = ""
    excerpt: str = ""


def printable(text: str) -> str:
    """A text as one line that steers no terminal: control characters are shown by their number."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class SegsqlError(Exception):
    """The root of everything that segsql raises on purpose; `hint` says what to do and may be empty.

    `sqlstate` is the database's own code, where it was the database that complained and gave one.
    """

    def __init__(self, message: str, *, hint: str = "", sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.sqlstate = sqlstate


class InvalidDefinition(SegsqlError):
    """A definition that does not compile; `diagnostics` holds all its problems in document order."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message, hint=diagnostics[0].hint)
        self.diagnostics = diagnostics


class InvalidCatalog(SegsqlError):
    """A catalog built in code that can't be: two fields with one key, an impossible key, no table of activity."""


class InternalError(SegsqlError):
    """A bug of segsql's own; `code` is one of the SEG9xx."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code}: {message}", hint=CATALOGUE[code][1])
        self.code = code


class UsageError(SegsqlError):
    """The request itself cannot be carried out: an unknown workspace or segment, options that exclude another."""


class ConfigurationError(SegsqlError):
    """The database answers, but not as segsql needs it: credentials, schema, privileges, a malformed DSN."""


class InvalidMapping(ConfigurationError):
    """A mapping that can't be, or not of this database; `diagnostics` holds all its problems in the file's order.

    A problem's path is that of the key (`contacts.builtins.email`); `source` names the file.
    """

    def __init__(self, source: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        first, more = diagnostics[0], len(diagnostics) - 1
        others = f" (and {more} more)" if more else ""
        super().__init__(f"{source}: {first.path}: {first.message}{others}", hint=first.hint)
        self.source = source
        self.diagnostics = diagnostics


class DatabaseUnavailable(SegsqlError):
    """The database cannot be reached or went away."""
