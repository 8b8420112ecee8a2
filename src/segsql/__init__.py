"""segsql compiles saved audience filters into PostgreSQL and keeps every segment's cached count true.

The way of one definition, each stage a pure function from one frozen type to the next, each more strictly
typed than the one before:

    JSON ──parse──▶ Filter ──resolve──▶ Predicate ──plan──▶ Plan ──render──▶ Statement ──count──▶ int
          shape, limits    names, types       strategies,      sqlglot          psycopg
                                              parameters       allow-list

The modules in the order of control flow:

- `errors`: diagnostics with their codes, and the exceptions that carry them.
- `catalog`: what may be queried: field types with their operators, fields, physical tables.
- `filters`: JSON to Filter, in both dialects, within the limits; `filters.text` reads and writes filters as text,
  `filters.interop` those of React Query Builder and JsonLogic.
- `plan`: Filter to Predicate (names and types), Predicate to Plan (strategies and parameters); all but the
  parameters is made once for predicates that differ in values alone.
- `render`: Plan to Statement; the text is made from what is left of the tree once its values are gone.
- `lint`: what is valid and can't have been meant: reasoning about predicates, on the compiler's side.
- `compiler`: the chain in one screen, for one definition and for a whole workspace.
- `store`: connections, catalogs, snapshots, the write-back; `store.migrations` applies the schema.
- `reasons`: why a contact is in a segment, node by node of the filter.
- `recount`: due segments to workspaces to outcomes to a report.
- `worker`: what is due, counted as it becomes due, by a process that stays.
- `http`: the API of both public documents (`segsql serve`), on Starlette.
- `checkup`: what is wrong with a database, and what to do about it.
- `preview`: a segment or a shared scan before it runs: words, SQL, plan; as text, JSON, HTML.
- `embedded`: the bundled PostgreSQL behind `embedded:DIR`.
- `cli`: the command line; one module a command.

What stands here needs no database. To read a catalog from one: `segsql.store.load_catalog`.
"""

from segsql.catalog import (
    Catalog,
    Field,
    FieldType,
    Tables,
    declared_builtins,
    default_mapping,
    read_mapping,
    tables_of,
)
from segsql.compiler import SharedScan, WorkspaceCompiler, compile_segment
from segsql.errors import Code, Diagnostic, InvalidCatalog, InvalidDefinition, SegsqlError, UsageError
from segsql.plan import ActivityStrategy, EavStrategy, Forced, Output, Reason, Strategies, TagStrategy, Taken
from segsql.render import Statement

__version__ = "0.1.0"

__all__ = [
    "ActivityStrategy",
    "Catalog",
    "Code",
    "Diagnostic",
    "EavStrategy",
    "Field",
    "FieldType",
    "Forced",
    "InvalidCatalog",
    "InvalidDefinition",
    "Output",
    "Reason",
    "SegsqlError",
    "SharedScan",
    "Statement",
    "Strategies",
    "Tables",
    "TagStrategy",
    "Taken",
    "UsageError",
    "WorkspaceCompiler",
    "__version__",
    "compile_segment",
    "declared_builtins",
    "default_mapping",
    "read_mapping",
    "tables_of",
]
