"""What a proposal is made of where names alone decide: tables as they are seen, and no values."""

from __future__ import annotations

import tomllib

import pytest

from segsql.catalog.mapping_file import read_mapping
from segsql.errors import ConfigurationError
from segsql.proposal.contacts import keys_of
from segsql.proposal.names import singular, snake
from segsql.proposal.propose import proposal_text
from segsql.proposal.toml import Part, value_text
from segsql.store.reflection import SeenColumn, SeenTable


class NoSamples:
    def words(self, table: SeenTable, column: str) -> tuple[str, ...]:
        del table, column
        return ()

    def documents(self, table: SeenTable, column: str) -> tuple[object, ...]:
        del table, column
        return ()


def table(name: str, *columns: str, key: str = "id", refers: dict[str, str] | None = None) -> SeenTable:
    """Columns are written `name:type`, with a `!` where they are never null."""
    seen = []
    for each in columns:
        column, _, type_ = each.rstrip("!").partition(":")
        seen.append(SeenColumn(column, type_ or "text", is_nullable=not each.endswith("!")))
    return SeenTable(name, None, tuple(seen), tuple(key.split()), references=tuple((refers or {}).items()))


PEOPLE = table("crm_people", "id:uuid!", "orgId:bigint!", "e_mail", "fname", "active:boolean", refers={"orgId": "orgs"})
ORGS = table("orgs", "id:bigint!", "title")
LOGINS = table("users", "id:bigint!", "email", "password_digest")


def propose(*tables: SeenTable) -> dict[str, object]:
    text = proposal_text(tables, NoSamples())
    read_mapping(text, "proposed")
    return tomllib.loads(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("lastCountedAt", "last_counted_at"), ("EmailEvent", "email_event"), ("Sign-up date", "sign_up_date")],
)
def test_names_in_one_spelling(name: str, expected: str) -> None:
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("people", "person"),
        ("Contacts", "contact"),
        ("crm_companies", "crm_company"),
        ("email_addresses", "email_address"),
        ("status", "status"),
        ("mailing_lists", "mailing_list"),
    ],
)
def test_a_table_is_called_by_its_row(name: str, expected: str) -> None:
    assert singular(name) == expected


def test_who_logs_in_is_no_contact() -> None:
    proposed = propose(LOGINS, ORGS, PEOPLE)
    assert proposed["contacts"] == {
        "table": "crm_people",
        "workspace": "orgId",
        "id": "id",
        "builtins": {"email": "e_mail", "first_name": "fname"},
    }
    assert proposed["workspaces"] == {"table": "orgs", "id": "id", "name": "title"}
    assert proposed["ids"] == {"workspace": "bigint", "contact": "uuid", "field": "text", "segment": "text"}


def test_columns_that_are_nothing_else_are_fields() -> None:
    assert propose(PEOPLE, ORGS)["field"] == [{"key": "active", "type": "BOOLEAN", "place": "active"}]


def test_what_is_not_found_is_said() -> None:
    text = proposal_text([PEOPLE, ORGS], NoSamples())
    for missing in (
        "last_name",
        "country",
        "custom values",
        "tags of contacts",
        "counts of what",
        "events",
        "segments",
    ):
        assert missing in text
    assert "No column says that a contact is deleted" in text


def test_the_time_of_a_count_may_be_called_after_it() -> None:
    audiences = table(
        *("audiences", "id:bigint!", "orgId:bigint!", "title", "rules:jsonb", "Size:integer"),
        "SizeUpdatedAt:timestamptz",
        refers={"orgId": "orgs"},
    )
    assert propose(PEOPLE, ORGS, audiences)["segments"] == {
        "table": "audiences",
        "workspace": "orgId",
        "id": "id",
        "name": "title",
        "definition": "rules",
        "count": "Size",
        "counted_at": "SizeUpdatedAt",
    }


def test_a_column_for_each_time_is_told_to_need_views() -> None:
    sent = table(
        "sent_mails",
        "person_id:uuid!",
        "opened_at:timestamptz",
        "clicked_at:timestamptz",
        refers={"person_id": "crm_people"},
    )
    text = proposal_text([PEOPLE, ORGS, sent], NoSamples())
    assert "# sent_mails has a column for each time: it needs a view for each kind" in text
    assert "[events]" in text.partition("sent_mails has a column")[2]


def test_names_and_words_stay_in_their_comments() -> None:
    part = Part("[contacts]", notes=['one\n"two" = 2\x07'])
    part.add("table", "a\nb", "beside x\ny = 1")
    assert tomllib.loads(part.text()) == {"contacts": {"table": "a\nb"}}


def test_no_contacts() -> None:
    with pytest.raises(ConfigurationError, match="there are: films, orgs"):
        proposal_text([table("films", "id:bigint!"), ORGS], NoSamples())


def test_keys_of_documents_with_their_types() -> None:
    found = keys_of(({"a": 1, "b": {"c": "x", "d": {"e": 1}}}, {"a": None, "b": ["x"], "f": "2020-01-31"}, "no object"))
    assert [(key.path, key.types) for key in found] == [
        (("a",), {"NUMBER"}),
        (("b",), {"DROPDOWN_MULTIPLE"}),
        (("b", "c"), {"TEXT"}),
        (("b", "d"), {""}),
        (("f",), {"DATE"}),
    ]


@pytest.mark.parametrize(
    "value",
    ['App\\Models\\Contact "x"', "Größe", "a\x7fb\n", True, 7, ["a", "b"], {"a b": "x", "null": False, "path": ["ü"]}],
)
def test_values_are_written_as_toml(value: object) -> None:
    assert tomllib.loads(f"key = {value_text(value)}") == {"key": value}
