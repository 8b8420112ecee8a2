"""Forms of databases, each with its mapping beside this: together they have everything that a mapping can say."""

from __future__ import annotations

from pathlib import Path

from properties.elsewhere import Form
from segsql.catalog import ColumnType, InColumn, InJson, Place, read_mapping, tables_of

HERE = Path(__file__).parent

_PLACES: dict[str, dict[str, Place]] = {
    "camel": {
        "nick": InColumn("Nick Name", ColumnType.TEXT),
        "ratio": InColumn("ratio", ColumnType.NUMERIC),
        "vip": InColumn("isVip", ColumnType.BOOLEAN),
        "birthday": InColumn("bornOn", ColumnType.DATE),
        "renewal": InColumn("renewsAt", ColumnType.TIMESTAMP),
        "colours": InColumn("colours", ColumnType.TEXT_ARRAY),
        "interests": InJson("interests", ColumnType.JSONB),
        "tier": InJson("profile", ColumnType.JSONB, ("plans", "tier")),
    },
    "single": {"renewal": InColumn("renews_at", ColumnType.TIMESTAMPTZ)},
    "json": {"interests": InJson("interests", ColumnType.JSON)},
}


def form(name: str) -> Form:
    """The form of this name."""
    mapping = read_mapping((HERE / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")
    return Form(name, tables_of(mapping), _PLACES.get(name, {}))


FORMS = {path.stem: form(path.stem) for path in sorted(HERE.glob("*.toml"))}
