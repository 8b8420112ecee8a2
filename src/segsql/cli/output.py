"""Printing: results to stdout in the format asked for, everything else to stderr."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

import click

from segsql.errors import Diagnostic, printable

Row = Mapping[str, object]
WIDE = 200
"""Columns of a table that goes to a file or a pipe, where nothing says how wide the reader is."""


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def print_rows(rows: Sequence[Row], columns: Sequence[str], format_: Format, *, title: str = "") -> None:
    """Print rows in a format; `columns` are the keys, in order."""
    match format_:
        case Format.TABLE:
            print_table(rows, columns, title=title)
        case Format.JSON:
            print_json([{key: _plain(row[key]) for key in columns} for row in rows])
        case Format.NDJSON:
            for row in rows:
                click.echo(json.dumps({key: _plain(row[key]) for key in columns}, ensure_ascii=False))
        case Format.CSV:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(["" if row[key] is None else _plain(row[key]) for key in columns] for row in rows)


def print_json(value: object) -> None:
    """Print one JSON value, for people to read too."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(rows: Iterable[Row], columns: Sequence[str], *, title: str = "") -> None:
    """Print a table: numbers to the right, nothing for what is not there."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    is_terminal = sys.stdout.isatty()
    console = Console(width=None if is_terminal else WIDE, highlight=False)
    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold")
    rows = list(rows)
    for column in columns:
        is_number = any(isinstance(row[column], int | float) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(row[column]) if _is_id(column) else _shown(row[column])) for column in columns))
    with console.capture() as printed:
        console.print(table)
    for line in printed.get().splitlines():
        click.echo(line if is_terminal else line.rstrip())


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print what is wrong with a definition to stderr, one problem after the other."""
    for found in diagnostics:
        click.echo(f"{found.code} {printable(found.path)}\n  {printable(found.message)}", err=True)
        for line in found.excerpt.splitlines():
            click.echo(f"    {line}", err=True)
        if found.hint:
            click.echo(f"  {printable(found.hint)}", err=True)


def print_error(message: str, hint: str = "") -> None:
    """Print one clear line about what went wrong, and what to do."""
    click.echo(f"segsql: {printable(message)}", err=True)
    if hint:
        click.echo(f"  {printable(hint)}", err=True)


def _is_id(column: str) -> bool:
    """Ids are names, not amounts: they get no thousands separators."""
    return column == "id" or column.endswith("_id")


def _plain(value: object) -> object:
    return iso(value) if isinstance(value, datetime) else value


def iso(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case _:
            return printable(str(value))


def forget_stdout() -> None:
    """Nothing more can be written to stdout: not now, and not when Python flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
