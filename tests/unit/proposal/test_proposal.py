"""What a proposal is made of where names alone decide: tables as they are seen, and no values."""

from __future__ import annotations

import tomllib

import pytest

from segsql.catalog.mapping_file import read_mapping
from segsql.errors import ConfigurationError
from segsql.proposal.contacts import keys_of
from segsql.proposal.names import is_called, singular, snake
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


def at(path: str, *tables: SeenTable) -> object:
    """What is proposed at a path, such as contacts.id."""
    value: object = propose(*tables)
    for key in path.split("."):
        assert isinstance(value, dict)
        value = value[key]
    return value


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


def test_an_event_that_lacks_is_said_to_be_lacking() -> None:
    opens = table("mail_opens", "person_id:uuid!", "mail_id:bigint!", "created_at:timestamptz!")
    text = proposal_text([PEOPLE, ORGS, opens], NoSamples())
    assert "# Not found: what was delivered. A table or a view may tell it: [events.delivered]." in text
    assert "# Not found: what was clicked." in text
    assert "# Not found: what was opened." not in text


def test_a_count_tells_a_kind_too() -> None:
    people = table("people", "id:uuid!", "email", "emails_sent:integer!", "opens_count:integer!")
    text = proposal_text([people], NoSamples())
    assert [line for line in text.splitlines() if "Not found: what" in line] == [
        "# Not found: what was clicked. A table or a view may tell it: [events.click]."
    ]


def test_a_time_of_sending_tells_what_was_delivered() -> None:
    statistics = table("statistics_mails", "person_id:uuid!", "mail_id:bigint!", "sent_at:timestamptz")
    text = proposal_text([PEOPLE, ORGS, statistics], NoSamples())
    assert tomllib.loads(text)["events"] == {
        "delivered": {"table": "statistics_mails", "contact": "person_id", "message": "mail_id", "at": "sent_at"}
    }
    assert "# Rows without sent_at count too" in text


CUSTOM_FIELDS = table("crm_custom_fields", "id:bigint!", "slug", "title", "type")


def test_a_key_may_be_any_end_of_a_tables_name() -> None:
    values = table("crm_person_custom_field", "person_id:uuid", "custom_field_id:bigint", "value")
    assert at("contacts.custom_values", PEOPLE, ORGS, CUSTOM_FIELDS, values) == {
        "table": "crm_person_custom_field",
        "contact": "person_id",
        "field": "custom_field_id",
        "value": "value",
    }
    assert at("fields.table", PEOPLE, ORGS, CUSTOM_FIELDS, values) == "crm_custom_fields"


def test_names_are_found_where_words_are_written_together() -> None:
    fields = table("crm_customfield", "id:bigint!", "slug", "title", "type")
    values = table("crm_customfieldvalue", "person_id:uuid", "customfield_id:bigint", "value")
    assert at("fields.table", PEOPLE, ORGS, fields, values) == "crm_customfield"
    assert at("contacts.custom_values.field", PEOPLE, ORGS, fields, values) == "customfield_id"


@pytest.mark.parametrize(
    ("name", "word", "expected"),
    [
        ("crm_customfield", "field", True),
        ("MailingLists", "mailing_list", True),
        ("mailinglists", "mailing_list", True),
        ("websites", "site", False),
        ("workshops", "shop", False),
        ("app_shops", "shop", True),
    ],
)
def test_a_long_word_may_end_another(name: str, word: str, expected: bool) -> None:
    assert is_called(name, (word,)) is expected


def test_fields_without_values_are_not_proposed() -> None:
    text = proposal_text([PEOPLE, ORGS, CUSTOM_FIELDS], NoSamples())
    assert "fields" not in tomllib.loads(text)
    assert "# crm_custom_fields declares fields; there is no [fields], as none could be read." in text


PERSON_AND_TAG = ("person_id:uuid!", "tag_id:bigint!")


def test_the_name_of_a_tag_may_be_called_tag() -> None:
    proposed = propose(PEOPLE, ORGS, table("crm_tags", "id:bigint!", "tag"), table("crm_tags_xref", *PERSON_AND_TAG))
    assert proposed["tags"] == {"table": "crm_tags", "id": "id", "name": "tag"}
    assert proposed["contact_tags"] == {"table": "crm_tags_xref", "contact": "person_id", "tag": "tag_id"}


def test_a_join_table_has_the_pair_for_its_key() -> None:
    tags, log = table("tags", "id:bigint!", "name"), table("a_tag_log", "id:bigint!", *PERSON_AND_TAG)
    joining = table("person_tags", *PERSON_AND_TAG, key="person_id tag_id")
    assert at("contact_tags.table", PEOPLE, ORGS, tags, log, joining) == "person_tags"


def test_events_are_no_tags_where_others_are() -> None:
    tags, lists = table("tags", "id:bigint!", "name"), table("lists", "id:bigint!", "name")
    sent = table("a_mail_stats", *PERSON_AND_TAG, "mail_id:bigint", "date_sent:timestamptz!")
    joining = table("lists_people", "person_id:uuid!", "list_id:bigint!")
    assert at("contact_tags.table", PEOPLE, ORGS, tags, lists, sent, joining) == "lists_people"
    assert at("contact_tags.table", PEOPLE, ORGS, tags, sent) == "a_mail_stats"


@pytest.mark.parametrize(("created", "updated"), [("date_added", "date_modified"), ("created", "modified")])
def test_times_by_other_names(created: str, updated: str) -> None:
    people = table("people", "id:uuid!", "email", f"{created}:timestamptz", f"{updated}:timestamptz")
    assert at("contacts.builtins", people) == {"email": "email", "created_at": created, "updated_at": updated}


@pytest.mark.parametrize("ending", ["_at", "_updated", "_on"])
def test_the_time_of_a_count_by_its_ending(ending: str) -> None:
    segments = table(
        "segments", "id:uuid!", "name", "rules:jsonb", "member_count:integer", f"member_count{ending}:timestamptz"
    )
    assert at("segments.counted_at", table("people", "id:uuid!", "email"), segments) == f"member_count{ending}"


@pytest.mark.parametrize("has_time", [True, False])
def test_segments_whose_edits_are_not_noticed(has_time: bool) -> None:
    segments = table("segments", "id:uuid!", "name", "rules:jsonb", *(["modified:timestamptz"] if has_time else []))
    text = proposal_text([table("people", "id:uuid!", "email"), segments], NoSamples())
    assert ("Edits are noticed only between counting and writing" in text) is not has_time


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
