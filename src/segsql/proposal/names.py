"""Names as people give them: words that mean the same, in the order in which they are looked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from segsql.store.reflection import SeenColumn, SeenTable

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_IRREGULAR = {"people": "person", "statuses": "status", "status": "status", "sms": "sms", "news": "news"}

CONTACT = ("contact", "subscriber", "recipient", "profile", "customer", "lead", "person", "member", "user")
WORKSPACE = (
    *("workspace", "account", "organization", "organisation", "org", "team", "tenant", "project", "company"),
    *("site", "brand", "shop", "store"),
)
SEGMENT = ("segment", "audience", "smart_list", "dynamic_list", "saved_filter", "saved_search", "filter")
TAG = ("tag", "label", "list", "mailing_list", "topic", "group", "category")
TAGGING = ("tagging", "taggable", "labeling", "labelling")
FIELD = ("field", "attribute", "property", "trait")

EMAIL = ("email", "email_address", "mail", "e_mail")
FIRST_NAME = ("first_name", "firstname", "given_name", "forename", "fname")
LAST_NAME = ("last_name", "lastname", "surname", "family_name", "lname")
COUNTRY = ("country", "country_code", "country_iso", "iso_country")
STATUS = ("status", "state", "subscription_status", "subscriber_status", "email_status")
CREATED_AT = (
    *("created_at", "created", "created_on", "inserted_at", "date_created", "registered_at", "signed_up_at"),
    *("subscribed_at", "joined_at", "date_added", "added_at", "first_seen_at"),
)
UPDATED_AT = (
    *("updated_at", "updated", "updated_on", "modified_at", "last_modified_at", "last_modified", "date_updated"),
    *("modified", "modified_on", "date_modified", "changed_at", "last_seen_at"),
)
DELETED_AT = ("deleted_at", "discarded_at", "removed_at", "trashed_at", "archived_at", "deleted_on")
IS_DELETED = ("is_deleted", "deleted", "is_removed", "removed", "discarded", "is_archived", "archived")
LOGIN = ("password", "password_hash", "encrypted_password", "password_digest", "hashed_password")

CUSTOM_VALUES = (
    *("fields", "custom_fields", "custom_values", "custom", "attributes", "attribs", "attrs", "properties", "props"),
    *("traits", "data", "custom_data", "metadata", "meta", "extra", "details", "profile"),
)
ID = ("id", "uuid", "uid", "guid", "pk")
NAME = ("name", "label", "title", "display_name", "subject")
KEY = ("key", "slug", "code", "handle", "identifier", "api_name", "internal_name", "name")
LABEL = ("label", "name", "title", "display_name", "key")
TYPE = ("type", "field_type", "data_type", "value_type", "datatype", "kind")
SOURCE = ("source", "builtin", "maps_to")
OPTIONS = ("options", "choices", "allowed_values", "enum_values", "values")
TIMEZONE = ("timezone", "time_zone", "tz", "zone", "timezone_name", "iana_timezone")
SEGMENT_LIMIT = ("segment_limit", "segments_limit", "max_segments")
VALUE = ("value", "field_value", "content", "val")
TYPED_VALUE = {
    "text": ("string_value", "text_value", "value_string", "value_text", "str_value"),
    "number": ("number_value", "numeric_value", "decimal_value", "value_number", "value_numeric", "value_decimal"),
    "boolean": ("boolean_value", "bool_value", "value_boolean", "value_bool"),
    "date": ("date_value", "datetime_value", "time_value", "value_date", "value_datetime", "value_time"),
}

DELIVERED = ("delivered_count", "deliveries_count", "delivery_count", "emails_delivered", "delivered")
SENT = ("sent_count", "sends_count", "emails_sent_count", "emails_sent", "total_sent", "sent")
OPENS = ("opens_count", "open_count", "opened_count", "emails_opened", "total_opens", "email_opens", "opens", "opened")
CLICKS = (
    *("clicks_count", "click_count", "clicked_count", "emails_clicked", "total_clicks", "email_clicks", "clicks"),
    "clicked",
)
LAST_OPEN = ("last_open_at", "last_opened_at", "last_opened", "last_open", "last_email_open_at", "last_open_date")
LAST_CLICK = (
    *("last_click_at", "last_clicked_at", "last_clicked", "last_click", "last_email_click_at", "last_click_date"),
)

KIND = ("kind", "event_type", "event_kind", "type", "event", "event_name", "name", "action", "activity")
MESSAGE = (
    *("message_id", "email_id", "mail_id", "send_id", "delivery_id", "campaign_id", "mailing_id", "broadcast_id"),
    *("newsletter_id", "issue_id", "post_id"),
)
AT = ("occurred_at", "happened_at", "event_at", "at", "timestamp", "event_time", "time", "created_at", "inserted_at")

DEFINITION = ("definition", "filter", "rules", "rule", "conditions", "query", "criteria", "filters")
FILTERS = ("filters", "conditions", "rules", "criteria")
MATCH = ("match_type", "match", "condition", "logic", "operator", "conjunction", "combinator")
COUNT = (
    *("cached_count", "contacts_count", "contact_count", "subscribers_count", "subscriber_count", "members_count"),
    *("member_count", "profiles_count", "profile_count", "people_count", "count", "size", "total", "cached_size"),
)
COUNTED_AT = (
    *("last_counted_at", "counted_at", "count_updated_at", "last_calculated_at", "calculated_at", "computed_at"),
    *("last_refreshed_at", "refreshed_at", "cached_at", "synced_at"),
)
ENDINGS_OF_TIMES = ("_at", "_updated_at", "_counted_at", "_calculated_at", "_refreshed_at", "_updated", "_on")
"""Behind the count's name: size_updated_at."""
PUBLIC_ID = ("public_id", "external_id", "cuid", "slug", "uuid")
DESCRIPTION = ("description", "notes", "comment")

TEXTS = ("text",)
WORDS = ("text", "enum")
TIMES = ("timestamptz", "timestamp")
WHOLES = ("bigint", "integer", "smallint")
NUMBERS = (*WHOLES, "numeric", "double precision")
JSON = ("jsonb", "json")
KEYS = ("bigint", "integer", "smallint", "uuid", "text")


def snake(name: str) -> str:
    """`lastCountedAt` and `LastCountedAt` are last_counted_at."""
    return _HUMP.sub("_", name).replace("-", "_").replace(" ", "_").lower()


def singular(name: str) -> str:
    """A table's name as one of its rows would be called."""
    head, under, last = snake(name).rpartition("_")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("ies") and len(last) > len("ties"):
        last = f"{last[:-3]}y"
    elif last.endswith("sses"):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith("ss"):
        last = last[:-1]
    return f"{head}{under}{last}"


def suffixes(name: str) -> list[str]:
    """What a table's rows may be called, the whole first: crm_custom_field, custom_field, field."""
    parts = singular(name).split("_")
    return ["_".join(parts[number:]) for number in range(len(parts))]


LONG = 5
"""So many letters are a word also at the end of another: a site is in website, a shop in workshop."""


def is_called(name: str, words: Collection[str]) -> bool:
    """Whether a table is called by one of the words, or ends in one: crm_contacts, crm_customfield."""
    ends = suffixes(name)
    together = ends[0].replace("_", "")
    return any(word in ends or (len(word) >= LONG and together.endswith(word.replace("_", ""))) for word in words)


def pick(
    table: SeenTable, names: Iterable[str], types: Collection[str] = (), *, but: Collection[str] = ()
) -> SeenColumn | None:
    """The table's column by the first of the names that it has, of one of the types; any type where none is given."""
    by_name = {snake(column.name): column for column in table.columns if column.name not in but}
    for name in names:
        column = by_name.get(name)
        if column is not None and (not types or column.type in types):
            return column
    return None
