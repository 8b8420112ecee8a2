"""Whether a mapping fits the database: its tables, columns, types and keys, looked up once before any query runs.

`wanted` says what a mapping names, `live` reads what is there in one query of the system's catalogs, `judge` compares
the two. Privileges are not looked at: `segsql check` does that.
"""

from segsql.store.fitting.judge import misfits, require_fit
from segsql.store.fitting.live import LiveColumn, LiveRelation, read_names, read_relations
from segsql.store.fitting.wanted import WantedColumn, WantedRelation, wanted

__all__ = [
    "LiveColumn",
    "LiveRelation",
    "WantedColumn",
    "WantedRelation",
    "misfits",
    "read_names",
    "read_relations",
    "require_fit",
    "wanted",
]
