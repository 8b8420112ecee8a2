"""segsql.toml -> Mapping: every shape it may have, and every way to be wrong, all told at once."""

from __future__ import annotations

import pytest

from segsql.catalog.fields import EventKind
from segsql.catalog.mapping import (
    ArrayType,
    Contacts,
    DeletedBy,
    Deletion,
    EavTable,
    Events,
    Mapping,
    RollupColumns,
    SegmentFiles,
    SegmentRecords,
    TagArray,
    TagRows,
)
from segsql.catalog.mapping_file import default_mapping, read_mapping
from segsql.catalog.places import ColumnType, Ids, IdType, InColumn, InJson, Relation
from segsql.catalog.types import FieldType
from segsql.errors import Code, ConfigurationError, InvalidMapping

SMALLEST = """
version = 1
[contacts]
table = "subscribers"
id = "id"
[segments]
files = "segments"
"""

STORED = """
version = 1
[contacts]
table = "people"
id = "id"
[segments]
table = "lists"
id = "id"
name = "title"
definition = "rules"
count = "size"
counted_at = "sized_at"
"""


def read(text: str) -> Mapping:
    return read_mapping(text, "segsql.toml")


def faults(text: str) -> list[tuple[Code, str, str, str]]:
    with pytest.raises(InvalidMapping) as caught:
        read(text)
    return [(found.code, found.path, found.message, found.hint) for found in caught.value.diagnostics]


def test_the_default_is_read_once() -> None:
    assert default_mapping() is default_mapping()
    assert default_mapping().contacts == Contacts(
        relation=Relation("contacts"),
        workspace="workspace_id",
        id="id",
        deleted=DeletedBy("deleted_at", Deletion.SET),
        builtins=(
            ("email", InColumn("email", ColumnType.TEXT)),
            ("first_name", InColumn("first_name", ColumnType.TEXT)),
            ("last_name", InColumn("last_name", ColumnType.TEXT)),
            ("country", InColumn("country", ColumnType.TEXT)),
            ("status", InColumn("status", ColumnType.TEXT, never_null=True)),
            ("created_at", InColumn("created_at", ColumnType.TIMESTAMPTZ, never_null=True)),
            ("updated_at", InColumn("updated_at", ColumnType.TIMESTAMPTZ, never_null=True)),
        ),
        custom_values=InJson("fields", ColumnType.JSONB),
    )


def test_the_smallest_file() -> None:
    mapping = read(SMALLEST)
    assert mapping.ids == Ids(segment=IdType.TEXT)
    assert mapping.contacts == Contacts(Relation("subscribers"), None, "id", None, (), None)
    assert (mapping.tag_rows, mapping.tag_array, mapping.activity, mapping.events) == (None, None, None, ())
    assert mapping.records.segments == SegmentFiles("segments", None)
    assert mapping.records.timezone == "UTC"


def test_identifiers_are_taken_literally_and_schemas_named() -> None:
    mapping = read(SMALLEST.replace('"subscribers"', '"crm.Contact"').replace('"id"', '"contactId"'))
    assert mapping.contacts.relation == Relation("Contact", "crm")
    assert mapping.contacts.id == "contactId"


def test_places() -> None:
    mapping = read(
        SMALLEST
        + """
[contacts.builtins]
created_at = { column = "createdAt", type = "timestamp" }
country = { json = "attribs", path = ["address", "country"], type = "json" }
[contacts.custom_values]
json = "attribs"
path = ["custom"]
type = "json"
"""
    )
    assert mapping.contacts.builtins == (
        ("country", InJson("attribs", ColumnType.JSON, ("address", "country"))),
        ("created_at", InColumn("createdAt", ColumnType.TIMESTAMP)),
    )
    assert mapping.contacts.custom_values == InJson("attribs", ColumnType.JSON, ("custom",))


def test_typed_eav() -> None:
    mapping = read(
        SMALLEST
        + """
[contacts.custom_values]
table = "custom_values"
where = { owner_type = "Contact", live = true, version = 2 }
contact = "owner_id"
field = "name"
by = "key"
text = "string_value"
number = "number_value"
date = { column = "time_value", type = "timestamptz" }
"""
    )
    assert mapping.contacts.custom_values == EavTable(
        relation=Relation("custom_values", None, (("owner_type", "Contact"), ("live", True), ("version", 2))),
        workspace=None,
        contact="owner_id",
        field="name",
        is_by_key=True,
        text="string_value",
        number="number_value",
        date=InColumn("time_value", ColumnType.TIMESTAMPTZ),
    )


@pytest.mark.parametrize(
    ("id_type", "written", "type_"),
    [
        ("text", "", ArrayType.TEXT),
        ("uuid", "", ArrayType.UUID),
        ("bigint", "", ArrayType.BIGINT),
        ("integer", "", ArrayType.INTEGER),
        ("text", 'type = "jsonb"', ArrayType.JSONB),
        ("integer", 'type = "jsonb"', ArrayType.JSONB),
    ],
)
def test_arrays_of_tags_hold_ids_of_tags(id_type: str, written: str, type_: ArrayType) -> None:
    mapping = read(SMALLEST + f'[ids]\ntag = "{id_type}"\n[contact_tags]\narray = "tags"\n{written}')
    assert mapping.tag_array == TagArray("tags", type_)
    assert mapping.tag_rows is None


def test_tags_may_be_rows_and_an_array() -> None:
    mapping = read(SMALLEST + '[contact_tags]\ntable = "t"\ncontact = "c"\ntag = "g"\narray = "tag_ids"')
    assert mapping.tag_rows == TagRows(Relation("t"), None, "c", "g")
    assert mapping.tag_array == TagArray("tag_ids", ArrayType.INTEGER)


def test_activity_as_columns_of_the_contact() -> None:
    mapping = read(SMALLEST + '[activity]\nopens_count = "opens"\nlast_open_at = {column = "seen", type = "timestamp"}')
    assert mapping.activity == RollupColumns(
        (
            ("last_open_at", InColumn("seen", ColumnType.TIMESTAMP)),
            ("opens_count", InColumn("opens", ColumnType.NUMERIC)),
        )
    )


def test_events_of_a_table_a_kind_beside_a_common_one() -> None:
    mapping = read(
        SMALLEST
        + """
[events]
table = "events"
contact = "person"
message = "mail"
kind = "type"
at = "at"
words = { delivered = ["sent", "delivered"], click = ["clicked"] }
[events.open]
table = "raw.opens"
contact = "reader"
message = "mail"
at = { column = "seen", type = "timestamp" }
"""
    )
    at = InColumn("at", ColumnType.TIMESTAMPTZ)
    common = Relation("events")
    opens = Events(
        EventKind.OPEN, Relation("opens", "raw"), None, "reader", "mail", InColumn("seen", ColumnType.TIMESTAMP)
    )
    assert mapping.events == (
        Events(EventKind.DELIVERED, common, None, "person", "mail", at, "type", ("sent", "delivered")),
        opens,
        Events(EventKind.CLICK, common, None, "person", "mail", at, "type", ("clicked",)),
    )


def test_fields_of_the_file() -> None:
    mapping = read(
        SMALLEST
        + """
[ids]
field = "text"
[contacts.custom_values]
json = "data"
[[field]]
key = "plan"
type = "DROPDOWN_SINGLE"
options = ["free", "pro"]
[[field]]
id = "9"
key = "joined"
name = "Joined on"
type = "DATE"
place = { column = "joined", type = "date" }
[[field]]
key = "mail"
type = "TEXT"
builtin = "email"
[contacts.builtins]
email = "email"
"""
    )
    fields = [
        (field.id, field.key, field.name, field.type, field.source, field.options, field.place)
        for field in mapping.records.fields
    ]
    assert fields == [
        ("plan", "plan", "plan", FieldType.DROPDOWN_SINGLE, None, ("free", "pro"), None),
        ("9", "joined", "Joined on", FieldType.DATE, None, None, InColumn("joined", ColumnType.DATE)),
        ("mail", "mail", "mail", FieldType.TEXT, "email", None, None),
    ]


def test_definitions_in_two_columns_or_in_json_within_a_column() -> None:
    two = read(STORED.replace('definition = "rules"', 'match = "matchType"\nfilters = {json = "filters", type="json"}'))
    assert isinstance(two.records.segments, SegmentRecords)
    assert two.records.segments.definition.match == "matchType"
    assert two.records.segments.definition.column == InJson("filters", ColumnType.JSON)
    within = read(STORED.replace('"rules"', '{ json = "settings", path = ["filter"] }'))
    assert isinstance(within.records.segments, SegmentRecords)
    assert within.records.segments.definition.column == InJson("settings", ColumnType.JSONB, ("filter",))


@pytest.mark.parametrize(
    ("change", "code", "path", "message", "hint"),
    [
        (
            '[contact]\ntable = "x"',
            Code.MAPPING_KEY,
            "contact",
            "The file has no key contact",
            "Did you mean contacts?",
        ),
        (
            "[contacts.builtins]\nemial = 'e'",
            Code.MAPPING_KEY,
            "contacts.builtins.emial",
            "contacts.builtins has no key emial",
            "Did you mean email?",
        ),
        (
            '[settings]\ntimezone = "Europe/Berln"',
            Code.MAPPING_VALUE,
            "settings.timezone",
            "settings.timezone takes the name of a zone that the IANA database knows",
            "Did you mean Europe/Berlin?",
        ),
        (
            '[ids]\ncontact = "int"',
            Code.MAPPING_VALUE,
            "ids.contact",
            "ids.contact takes one of bigint, integer, uuid, text",
            "Did you mean bigint?",
        ),
        (
            "[contacts.builtins]\nemail = 7",
            Code.MAPPING_VALUE,
            "contacts.builtins.email",
            "contacts.builtins.email takes a text on one line that is not empty",
            'Write email = "…"',
        ),
        (
            "[contacts.builtins]\nemail = '\"Email\"'",
            Code.MAPPING_VALUE,
            "contacts.builtins.email",
            "contacts.builtins.email takes the name of a column: 63 bytes at most, without quotes around it",
            'Write email = "Email"',
        ),
        (
            "[contacts.builtins]\ncreated_at = { column = 'c', type = 'timestmp' }",
            Code.MAPPING_VALUE,
            "contacts.builtins.created_at.type",
            "contacts.builtins.created_at.type takes one of timestamptz, timestamp, date, text",
            "Did you mean timestamp?",
        ),
        (
            "[contacts.builtins]\nemail = { json = 'data' }",
            Code.MAPPING_MISSING,
            "contacts.builtins.email.path",
            "contacts.builtins.email.path is missing",
            'Write the keys that lead to the value: path = ["profile", "country"]',
        ),
        (
            "[contacts.custom_values]\ntable = 'v'\ncontact = 'c'\nfield = 'f'\nvalue = 'v'\nnumber = 'n'",
            Code.MAPPING_CONFLICT,
            "contacts.custom_values.number",
            "contacts.custom_values.number and contacts.custom_values.value exclude each other",
            "",
        ),
        (
            "[contact_tags]\narray = 'tags'\ntype = 'text[]'",
            Code.MAPPING_CONFLICT,
            "contact_tags.type",
            "contact_tags.type is text[], and ids.tag is integer",
            'Write tag = "text" in [ids], or type = "integer[]"',
        ),
        (
            "[events]\ntable = 'e'\ncontact = 'c'\nmessage = 'm'\nat = 'a'\nkind = 'k'",
            Code.MAPPING_MISSING,
            "events.words",
            "events.words is missing",
            'Write the words for each kind: words = { delivered = ["delivered"], open = ["open"] }',
        ),
        (
            "[workspaces]\ntable = 'w'\nid = 'id'",
            Code.MAPPING_CONFLICT,
            "workspaces",
            "There is a table of workspaces, and contacts.workspace is not named",
            "Name the contacts' column that holds the workspace, or leave [workspaces] out: a single tenant",
        ),
        (
            "[tags]\ntable = 't'\nid = 'id'\nname = 'n'\nworkspace = 'w'",
            Code.MAPPING_CONFLICT,
            "tags.workspace",
            "tags.workspace is named, and contacts.workspace is not",
            "Name both or neither",
        ),
        (
            "[[field]]\nid = 1\nkey = 'plan'\ntype = 'TEXT'",
            Code.MAPPING_MISSING,
            "field[0].place",
            "field[0].place is missing",
            'Write place = "…", the column that holds it; or add [contacts.custom_values]',
        ),
        (
            "[contacts.builtins]\nemail = 'e'\n[[field]]\nid = 1\nkey = 'email'\ntype = 'TEXT'\nplace = 'x'",
            Code.MAPPING_CONFLICT,
            "field[0].key",
            "The key email is kept for the built-in field",
            'Write builtin = "email" too',
        ),
        (
            "[activity]\nopens_count = 'n'\n[[field]]\nid = 1\nkey = 's'\ntype = 'TEXT'\nbuiltin = 'opens_count'",
            Code.MAPPING_CONFLICT,
            "field[0].type",
            "The field s: its source opens_count can't be read as TEXT",
            "",
        ),
        (
            "[[field]]\nid = 1\nkey = 'land'\ntype = 'TEXT'\nbuiltin = 'country'",
            Code.MAPPING_CONFLICT,
            "field[0].builtin",
            "The mapping has no place for country",
            "Say where country lies, in [contacts.builtins], [activity] or [events]",
        ),
        (
            "[ids]\nfield = 'uuid'\n[[field]]\nid = '1'\nkey = 'Plan tier'\ntype = 'TEXT'\nplace = 'x'",
            Code.MAPPING_VALUE,
            "field[0].id",
            "field[0].id takes an id of the type that ids.field says: uuid",
            "",
        ),
    ],
)
def test_each_fault_has_a_path_and_says_what_to_do(change: str, code: Code, path: str, message: str, hint: str) -> None:
    assert faults(SMALLEST + change) == [(code, path, message, hint)]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ('count = "id"', "segments.count"),
        ('count = "title"', "segments.count"),
        ('count = "rules"', "segments.count"),
        ('count = "at"\nupdated_at = "at"', "segments.count"),
        ('counted_at = "upd"\nupdated_at = "upd"', "segments.counted_at"),
        ('count = "n"\ncounted_at = "n"', "segments.counted_at"),
        ('count = "kind"\nwhere = { kind = 1 }', "segments.count"),
    ],
)
def test_what_is_written_is_nothing_else(written: str, path: str) -> None:
    """Counts would overwrite it: the key of the segments, say."""
    table = 'table = "s"\nid = "id"\nname = "title"\ndefinition = "rules"'
    rest = "".join(f'\n{key} = "{key}"' for key in ("count", "counted_at") if f"{key} =" not in written)
    text = f'version = 1\n[contacts]\ntable = "c"\nid = "id"\n[segments]\n{table}\n{written}{rest}\n'
    assert [(code, where) for code, where, _, _ in faults(text)] == [(Code.MAPPING_CONFLICT, path)]


def test_where_definitions_are_files_their_ids_are_texts() -> None:
    assert read(SMALLEST).ids == Ids(segment=IdType.TEXT)
    ((code, path, _, hint),) = faults(f'{SMALLEST}[ids]\nsegment = "uuid"\n')
    assert (code, path, hint) == (Code.MAPPING_CONFLICT, "ids.segment", 'Write segment = "text", or leave it out')


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 5_000 + "]" * 5_000])
def test_what_no_reader_takes_is_no_toml(value: str) -> None:
    ((code, path, message, _),) = faults(f"version = {value}\n")
    assert (code, path) == (Code.MAPPING_SYNTAX, "(file)")
    assert "9999" not in message


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ('[contact_tags]\ntable = "t"\ncontact = "c"\ntag = "g"\nwhere = { w = "a\\nb" }', "contact_tags.where.w"),
        ('[contacts.custom_values]\njson = "j"\npath = ["a\\tb"]', "contacts.custom_values.path"),
        ('[contacts.builtins]\nemail = "e\\nmail"', "contacts.builtins.email"),
    ],
)
def test_what_stands_in_sql_is_on_one_line(change: str, path: str) -> None:
    """SQL is laid out in lines, which may not change a text in it."""
    assert [(code, where) for code, where, _, _ in faults(SMALLEST + change)] == [(Code.MAPPING_VALUE, path)]


def test_fields_need_a_place_for_their_values() -> None:
    table = '[fields]\ntable = "f"\nid = "id"\nkey = "k"\nname = "n"\ntype = "t"\n'
    assert [where for _, where, _, _ in faults(SMALLEST + table)] == ["contacts.custom_values"]
    assert read(f'{SMALLEST}{table}source = "s"\n').records.field_records is not None


def test_counts_are_numbers() -> None:
    ((code, path, message, _),) = faults(f'{SMALLEST}[activity]\nopens_count = {{ column = "o", type = "text" }}\n')
    assert (code, path) == (Code.MAPPING_VALUE, "activity.opens_count.type")
    assert message == "activity.opens_count.type takes numeric"


def test_all_problems_are_told_at_once() -> None:
    text = 'version = 2\n[contacts]\nid = "id"\ndeleted = { colum = "d" }\n[segments]\ntable = "s"\n'
    assert [path for _, path, _, _ in faults(text)] == [
        "version",
        "contacts.table",
        "contacts.deleted.colum",
        "contacts.deleted.when",
        "contacts.deleted.column",
        "segments.id",
        "segments.name",
        "segments.definition",
        "segments.count",
        "segments.counted_at",
    ]


def test_an_empty_file_says_what_it_needs() -> None:
    assert [path for _, path, _, _ in faults("")] == ["version", "contacts", "segments"]


def test_what_is_not_toml_is_told_with_its_line() -> None:
    assert faults("version = 1\n[contacts\n") == [
        (
            Code.MAPPING_SYNTAX,
            "(file)",
            "This is not TOML: Expected ']' at the end of a table declaration (at line 2, column 10)",
            "Texts stand in quotes",
        )
    ]


def test_the_exception_speaks_for_its_first_problem() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read("")
    assert str(caught.value) == "segsql.toml: version: version is not 1 (and 2 more)"
    assert caught.value.hint == "Write version = 1"
