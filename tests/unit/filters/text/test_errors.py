"""What is wrong with a text: the code, the column with a caret under it, and what was meant."""

from __future__ import annotations

import pytest

from segsql.errors import Code, Diagnostic, InvalidDefinition
from segsql.filters.text import parse_text


def wrong(text: str) -> Diagnostic:
    """The first problem of a text."""
    try:
        found = parse_text(text)
    except InvalidDefinition as error:
        (diagnostic,) = error.diagnostics
        return diagnostic
    return found.pointed(problem.diagnostic for problem in found.parsed.problems)[0]


@pytest.mark.parametrize(
    ("text", "code", "column", "message", "hint"),
    [
        ("", Code.TEXT, 1, "Expected a condition here, where the text ends", ""),
        ("not", Code.TEXT, 4, "Expected a condition here, where the text ends", ""),
        ("a = 1 and", Code.TEXT, 10, "Expected a condition here, where the text ends", ""),
        ("a = 1 or or b = 1", Code.TEXT, 10, "Expected a condition here, not or", ""),
        ("a$ = 1", Code.TEXT_OPERATOR, 2, "There is no operator $", None),
        ("()", Code.NO_FILTERS, 1, "At least one filter is required", ""),
        ("(a = 1", Code.TEXT, 7, "Expected and, or, or a closing parenthesis here, where the text ends", ""),
        ("a = 1)", Code.TEXT, 6, "Expected and, or, or the end here, not )", ""),
        ("a = 1 an b = 1", Code.TEXT, 7, "Expected and, or, or the end here, not an", "Did you mean and?"),
        ("a = 1 && b = 1", Code.TEXT, 7, "Expected and, or, or the end here, not &", "Did you mean and?"),
        ("a = 1 || b = 1", Code.TEXT, 7, "Expected and, or, or the end here, not |", "Did you mean or?"),
        ("a = 1; b = 1", Code.TEXT, 6, "Expected and, or, or the end here, not ;", ""),
        ("a = 1 -- b", Code.TEXT, 7, "Expected and, or, or the end here, not -", None),
        ("a", Code.TEXT, 2, "Expected an operator here, where the text ends", ""),
        ("a not", Code.TEXT, 6, "Expected an operator here, where the text ends", ""),
        ("a gte 5", Code.TEXT_OPERATOR, 3, "There is no operator gte", "Did you mean >=?"),
        ("a NOT_IN ('x')", Code.TEXT_OPERATOR, 3, "There is no operator NOT_IN", "Did you mean not in?"),
        ("a contians 'x'", Code.TEXT_OPERATOR, 3, "There is no operator contians", "Did you mean contains?"),
        ("a start with 'x'", Code.TEXT_OPERATOR, 3, "There is no operator start", "Did you mean starts with?"),
        ("a exsts", Code.TEXT_OPERATOR, 3, "There is no operator exsts", "Did you mean exists?"),
        ("a is null", Code.TEXT_OPERATOR, 3, "There is no operator is", "Did you mean =, exists or not exists?"),
        ("a not like 'x'", Code.TEXT_OPERATOR, 3, "There is no operator not like", None),
        ("a between 1 and 2", Code.TEXT_OPERATOR, 3, "There is no operator between", "Did you mean >= and <=?"),
        ("a after '2026-01-01'", Code.TEXT_OPERATOR, 3, "There is no operator after", "Did you mean >?"),
        ("a any ('x')", Code.TEXT_OPERATOR, 3, "There is no operator any", "Did you mean has any?"),
        ("a == 1", Code.TEXT, 4, "Expected a value here, not =", "Did you mean =?"),
        ("a starts 'x'", Code.TEXT, 10, "Expected with here, not 'x'", ""),
        ("a has anny ('x')", Code.TEXT, 7, "Expected any or all here, not anny", "Did you mean any?"),
        ("a has all ('x')", Code.TEXT_OPERATOR, 7, "has all goes only with tags", "Join several conditions with and"),
        ("a within 5", Code.TEXT, 11, "Expected days here, where the text ends", ""),
        ("a within 5 dyas", Code.TEXT, 12, "Expected days here, not dyas", "Did you mean days?"),
        ("a = pro", Code.TEXT, 5, "Expected a value here, not pro", "A text stands in single quotes: 'pro'"),
        ('a = "pro"', Code.TEXT, 5, 'Expected a value here, not "pro"', "A text stands in single quotes: 'pro'"),
        ("a in ('x' 'y')", Code.TEXT, 11, "Expected a comma or a closing parenthesis here, not 'y'", ""),
        ("a in ('x', )", Code.TEXT, 12, "Expected a value here, not )", ""),
        (
            *("a > 2026-03-01", Code.TEXT, 9, "Expected and, or, or the end here, not -"),
            "A date stands in single quotes: '2026-03-01'",
        ),
        ("a = 01", Code.TEXT, 5, "Expected a number here, not 01", ""),
        ("a = -x", Code.TEXT, 6, "Expected a number here, not x", ""),
        ("a = 'pro", Code.TEXT_UNCLOSED, 5, "What begins with ' here does not end", ""),
        ('"a = 5', Code.TEXT_UNCLOSED, 1, 'What begins with " here does not end', ""),
        ("a = 1 /* or b = 1", Code.TEXT_UNCLOSED, 7, "What begins with /* here does not end", ""),
        ("a = 1 {# or b = 1", Code.TEXT_UNCLOSED, 7, "What begins with {# here does not end", ""),
        (r"a = e'x\y'", Code.TEXT, 8, r"\y means nothing in a text that begins with e'", r"A backslash is written \\"),
        ("a = n'x'", Code.TEXT, 5, "Expected a value here, not n'x'", ""),
        (
            "field = 1",
            Code.TEXT,
            7,
            "Expected a field's id here, not =",
            'A field with the key field is written "field"',
        ),
        ("field 1.5 = 1", Code.FIELD_ID, 7, "Please provide a valid field_id", ""),
        ("metadata.1 = 1", Code.TEXT, 10, "Expected a key here, not 1", None),
        ("metadata.a.b = 1", Code.TEXT, 11, "Expected an operator here, not .", None),
        ("metadata.a = (1)", Code.VALUE, 14, "Value must be a text, a number, true or false, or a list of texts", ""),
        (
            *("last_activity > '2026-01-01'", Code.TEXT_OPERATOR, 15),
            *("Invalid operator for last activity filter. Must be one of: after, before, within", ""),
        ),
        (
            *("tags > 1", Code.OPERATOR, 6),
            "Invalid operator for tags filter. Must be one of: eq, ne, contains, not_contains, exists, not_exists",
            "In a text: =, !=, contains, not contains, exists, not exists",
        ),
        ("tags has any 1", Code.TAGS_VALUE, 14, "Tags filter value must be an array of tag IDs.", ""),
        ("a = 1 and open_rate > 101", Code.RATE_VALUE, 23, "Value must be between 0 and 100", ""),
        ("typed: open_rate > 3.5", Code.RATE_VALUE, 20, "Value must be between 0 and 100", ""),
        (
            *("field 17 = 1 and plan = 'x'", Code.MIXED_DIALECTS, 18),
            "This condition is of the flat dialect, and the text is of the typed one",
            "Name this field by its id too, as in: field 17",
        ),
        (
            *("plan = 'x' and segment in (1)", Code.MIXED_DIALECTS, 16),
            "This condition is of the typed dialect, and the text is of the flat one",
            "Name the other fields by their keys too, and leave out last_activity and segment",
        ),
        ("json '{'", Code.NOT_JSON, 6, None, ""),
        ("json '[]'", Code.TEXT, 6, "After json stands one condition, as a JSON object", ""),
        ("json '{}'", Code.FIELD_MISSING, 1, "Please provide a valid field", ""),
        ("a = 'x\0y'", Code.NUL, 5, "A text holds the character NUL", ""),
        (r"a = e'\ud800'", Code.SURROGATE, 5, "A text holds half of a surrogate pair", ""),
        (
            "a in ('x', '" + "y" * 1025 + "')",
            Code.TEXT_TOO_LONG,
            12,
            "A text has 1025 characters; 1024 are allowed",
            "",
        ),
        ("x" * 1025 + " = 1", Code.TEXT_TOO_LONG, 1, "A word has 1025 characters; 1024 are allowed", ""),
        (
            *("a = " + "9" * 31, Code.NUMBER_TOO_LONG, 5),
            *("A number has 31 digits on one side of the point; 30 are allowed", ""),
        ),
        ("not " * 33 + "a = 1", Code.TOO_DEEP, 1, "Groups may be nested 32 levels deep at most", ""),
        ("(" * 32 + "a = 1" + ")" * 32, Code.TOO_DEEP, 32, "Groups may be nested 32 levels deep at most", ""),
        ("(" * 69 + "a = 1" + ")" * 69, Code.TOO_DEEP, 69, "More than 68 parentheses are open here", ""),
        (" or ".join(["a = 1"] * 501), Code.TOO_MANY_CONDITIONS, 4501, "The text has more than 500 conditions", ""),
        ("a in (" + "1," * 1000 + "1)", Code.LIST_TOO_LONG, 2007, "The list has more than 1,000 values", ""),
    ],
)
def test_where_and_what(text: str, code: Code, column: int, message: str | None, hint: str | None) -> None:
    found = wrong(text)
    assert (found.code, found.path) == (code, f"column {column}")
    assert found.message == message or message is None
    assert found.hint == hint or hint is None
    line, caret = found.excerpt.split("\n")
    pointed = line[caret.index("^") : caret.index("^") + 1]
    assert pointed == text[column - 1 : column] or not pointed.isascii()


def test_the_line_is_told_where_there_are_several() -> None:
    found = wrong("open_rate >= 50\nand plan in ('pro',\n  team)")
    assert found.path == "line 3, column 3"
    assert found.excerpt == "  team)\n  ^"


def test_a_long_line_is_cut_about_the_column() -> None:
    found = wrong(" and ".join(["open_rate >= 50"] * 20) + " and plan = pro and " + "open_rate >= 50")
    line, caret = found.excerpt.split("\n")
    assert len(line) <= 78
    assert line.startswith("…")
    assert line[caret.index("^") :].startswith("pro and open_rate")


def test_the_caret_stands_under_wide_characters_and_control_ones_are_not_printed() -> None:
    assert wrong("a = '日本' b").excerpt == "a = '日本' b\n           ^"
    assert wrong("a = 'e\u0301' b").excerpt == "a = 'e\u0301' b\n        ^"
    assert wrong("a = '\x1b[2J' b").excerpt == "a = '\ufffd[2J' b\n           ^"


HOSTILE = {
    "parentheses": "(" * 100_000,
    "closed parentheses": "(" * 100_000 + ")" * 100_000,
    "a megabyte of parentheses": "(" * 1_000_000,
    "more than a megabyte": "a = 1 or " * 200_000,
    "NUL": "\0" * 1_000_000,
    "quotes": "'" * 1_000_001,
    "double quotes": '"' * 1_000_000,
    "words": "a " * 500_000,
    "one word": "a" * 1_000_000,
    "dashes": "-" * 1_000_000,
    "points": "1." * 500_000,
    "exponents": "1e" * 500_000,
    "comments": "/**/" * 250_000,
    "open comments": "/*" * 500_000,
    "templates": "{{" * 500_000,
    "lines": "\n" * 1_000_000,
    "conditions": "a = 1 and " * 100_000,
    "negations": "not " * 250_000,
    "a list": "a in (" + "1," * 500_000,
    "lists": " and ".join(["a in (" + "1," * 999 + "1)"] * 500),
    "JSON": "json '" + "[" * 1_000_000 + "'",
    "a text": "a = '" + "x" * 1_000_000 + "'",
    "escapes": "a = e'" + "\\\\" * 500_000 + "'",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_shortly(name: str) -> None:
    found = wrong(HOSTILE[name])
    assert found.code.startswith(("SEG1", "SEG3"))
    assert len(found.message) < 200
    assert len(found.excerpt) < 400
