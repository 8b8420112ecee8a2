"""The catalogue of codes is whole, and each stage keeps to its family."""

from __future__ import annotations

import re

import pytest

from segsql.errors import CATALOGUE, Code, Diagnostic, InternalError, InvalidDefinition, SegsqlError


def test_every_code_is_in_the_catalogue() -> None:
    assert set(CATALOGUE) == set(Code)
    assert list(CATALOGUE) == list(Code)


@pytest.mark.parametrize("code", Code)
def test_entries_are_sentences(code: Code) -> None:
    meaning, advice = CATALOGUE[code]
    assert meaning.endswith(".")
    assert advice.endswith(".")
    assert "\n" not in meaning + advice


def test_codes_are_stable_numbers_of_seven_families() -> None:
    assert all(re.fullmatch(r"SEG[1234569][0-9]{2}", code) for code in Code)
    assert sorted(Code) == list(Code)


def test_an_invalid_definition_speaks_for_its_first_problem() -> None:
    problems = (
        Diagnostic(Code.UNKNOWN_TAG, "$.a", "first", "a hint"),
        Diagnostic(Code.UNKNOWN_FIELD, "$.b", "second"),
    )
    error = InvalidDefinition(problems)
    assert (str(error), error.hint, error.diagnostics) == ("first", "a hint", problems)
    assert isinstance(error, SegsqlError)


def test_an_internal_error_names_its_code() -> None:
    error = InternalError(Code.FORBIDDEN_SQL, "what happened")
    assert str(error) == "SEG901: what happened"
    assert error.hint == CATALOGUE[Code.FORBIDDEN_SQL][1]
