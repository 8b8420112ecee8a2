"""Write what is made from the code: the tables of error codes and of faults, and the command line's reference."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import click

from segsql.cli.app import COMMANDS, app
from segsql.errors import CATALOGUE, Code
from segsql.recount.attempts import ATTEMPTS
from segsql.store.failures import RULES, Kind, Phase, kind_of

DOCS = Path(__file__).parent
FAULTS = DOCS.parent / "tests" / "postgres" / "faults" / "rows.py"
FAMILIES = {
    "SEG1": ("Shape", "The JSON does not have the form of a definition. No database is needed to tell."),
    "SEG2": ("Catalog and types", "Names and values against what the workspace declares."),
    "SEG3": ("Limits", "Checked before any other work, and again with referred segments in place."),
    "SEG4": (
        "Mapping",
        "What is wrong with `segsql.toml`, by itself or against the database ([mapping.md](mapping.md)).",
    ),
    "SEG6": ("Requests", "What the HTTP API says of a request, beside what is wrong with its definition."),
    "SEG9": ("Ours", "Bugs of segsql. The statement was not run."),
}


def errors_page() -> str:
    """docs/errors.md."""
    lines = [
        "# Error codes",
        "",
        "Made from the code by `make docs`. Every problem of a definition has a stable code, a path into the JSON",
        "document, a message for the person who wrote the filter, and often a hint.",
    ]
    for family, (title, meaning) in FAMILIES.items():
        lines += ["", f"## {family}xx {title}", "", meaning, ""]
        lines += ["| code | what is wrong | what to do |", "| --- | --- | --- |"]
        codes = [code for code in Code if code.value.startswith(family)]
        lines += [f"| `{code.value}` | {CATALOGUE[code][0]} | {CATALOGUE[code][1]} |" for code in codes]
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """docs/cli.md."""
    parts = ["# Command line", "", "Made from the code by `make docs`.", ""]
    root = app.make_context("segsql", [], resilient_parsing=True, terminal_width=100)
    parts += ["## segsql", "", "```text", app.get_help(root), "```", ""]
    for name in COMMANDS:
        parts += _help(app, name, root)
    return "\n".join(parts)


def _help(group: click.Group, name: str, parent: click.Context) -> list[str]:
    """A command's help, and that of its commands where it has some."""
    command = group.get_command(parent, name)
    assert command is not None
    context = command.make_context(name, [], parent=parent, resilient_parsing=True, terminal_width=100)
    parts = [f"## {context.command_path}", "", "```text", command.get_help(context), "```", ""]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            parts += _help(command, inner, context)
    return parts


FOLLOWS = {
    Kind.CONFIGURATION: "the run stops, 78",
    Kind.UNAVAILABLE: "waited for (`--patience`), then the run stops, 69",
    Kind.LOST: "again on another connection; what meets it twice failed, 1",
    Kind.TRANSIENT: f"again, {ATTEMPTS} times in all; then failed, 1",
    Kind.STATEMENT: "its segment failed, 1",
}


def failures_page() -> str:
    """docs/failures.md."""
    lines = [
        "# Database failures",
        "",
        "Made from the code by `make docs`: what a recount does about each SQLSTATE (a class of them where it is two",
        "characters), by what it was doing, and the exit code in the end. What failed keeps its old count and its old",
        "time, and stops no other segment.",
        "",
        "| SQLSTATE | meaning | connecting | counting | writing, committing | what to do |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for rule in RULES:
        phases = (Phase.CONNECT, Phase.COUNT, Phase.WRITE)
        follows = " | ".join(FOLLOWS[kind_of(rule.sqlstate, phase)] for phase in phases)
        lines.append(f"| `{rule.sqlstate}` | {rule.meaning} | {follows} | {rule.hint} |")
    no_connection = " | ".join((FOLLOWS[Kind.UNAVAILABLE], FOLLOWS[Kind.LOST], FOLLOWS[Kind.LOST]))
    own_fault = " | ".join((FOLLOWS[Kind.UNAVAILABLE], FOLLOWS[Kind.STATEMENT], FOLLOWS[Kind.STATEMENT]))
    lines += [
        f"| any other | the statement's own fault | {own_fault} | |",
        f"| none | no connection, or a broken one; no answer for the statement timeout and 10 s | {no_connection} | |",
        "",
        "A connect that fails never has a SQLSTATE: where the server's words are a refusal that will stay one",
        "(password, database, role, pg_hba.conf), it is as 28000. 57014 after the statement timeout is `timeout`;",
        "before it somebody cancelled the statement: `failed`, and it is not run again.",
    ]
    return "\n".join(lines) + "\n"


def operations_page() -> str:
    """docs/operations.md, as it is, with the table of faults that the tests provoke."""
    table = runpy.run_path(str(FAULTS), run_name="faults")["table"]()
    page = (DOCS / "operations.md").read_text()
    return re.sub(r"(?s)(?<=by make docs -->\n).*(?=<!-- end of faults -->)", lambda _: f"\n{table}\n", page)


PAGES = {
    "errors.md": errors_page,
    "cli.md": cli_page,
    "failures.md": failures_page,
    "operations.md": operations_page,
}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page())
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
