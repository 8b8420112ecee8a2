"""What may be queried: field types with their operators, fields, and the physical tables behind them."""

from segsql.catalog.catalog import Catalog
from segsql.catalog.fields import BUILTINS, Builtin, EventKind, Field, declaration_fault, declared_builtins
from segsql.catalog.tables import (
    ActivityTable,
    ContactsTable,
    ContactTagsTable,
    Distribution,
    EventsTable,
    SqlType,
    Tables,
)
from segsql.catalog.types import (
    FIELD_OPERATORS,
    ORDER_OPERATORS,
    POSITIVE_TWIN,
    PRESENCE_OPERATORS,
    RATE_OPERATORS,
    TAGS_OPERATORS,
    FieldType,
    Operator,
    read_operator,
)

__all__ = [
    "BUILTINS",
    "FIELD_OPERATORS",
    "ORDER_OPERATORS",
    "POSITIVE_TWIN",
    "PRESENCE_OPERATORS",
    "RATE_OPERATORS",
    "TAGS_OPERATORS",
    "ActivityTable",
    "Builtin",
    "Catalog",
    "ContactTagsTable",
    "ContactsTable",
    "Distribution",
    "EventKind",
    "EventsTable",
    "Field",
    "FieldType",
    "Operator",
    "SqlType",
    "Tables",
    "declaration_fault",
    "declared_builtins",
    "read_operator",
]
