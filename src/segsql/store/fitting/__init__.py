"""Whether a mapping fits the database: its tables, columns, types and keys, looked up once before any query runs.

`wanted` says what a mapping names, `live` reads what is there in one query of the system's catalogs, `judge` compares
the two. Privileges are not looked at: `segsql check` does that. `indexes` are what statements use, for `segsql check`.
"""

from segsql.store.fitting.indexes import LackingIndex, lacking_indexes, quoted
from segsql.store.fitting.judge import misfits, require_fit
from segsql.store.fitting.live import LiveColumn, LiveRelation, read_names, read_relations
from segsql.store.fitting.wanted import WantedColumn, WantedRelation, wanted

__all__ = [
    "LackingIndex",
    "LiveColumn",
    "LiveRelation",
    "WantedColumn",
    "WantedRelation",
    "lacking_indexes",
    "misfits",
    "quoted",
    "read_names",
    "read_relations",
    "require_fit",
    "wanted",
]
